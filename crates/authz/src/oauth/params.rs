//! The fields of a form or a query, read strictly.

/// The names that may stand in a request at most once (RFC 6749 sections 3.1 and 3.2). A second `resource` would be
/// lawful (RFC 8707 section 2); a token of this hub has one audience, so it is refused too.
const KNOWN: &[&str] = &[
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "grant_type",
    "nonce",
    "prompt",
    "redirect_uri",
    "refresh_token",
    "request",
    "request_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "token",
    "token_type_hint",
];

/// The most bytes that are read.
pub const MOST_BYTES: usize = 64 * 1024;
/// The most fields that are read.
pub const MOST_FIELDS: usize = 100;

/// A form or a query that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// Beyond [`MOST_BYTES`].
    #[error("the request is longer than 64 KiB")]
    TooLong,
    /// Beyond [`MOST_FIELDS`].
    #[error("the request has more than 100 fields")]
    TooMany,
    /// A name or a value is no UTF-8 once decoded.
    #[error("the request is not UTF-8")]
    NotUtf8,
    /// A name or a value has a NUL character.
    #[error("the request has a NUL character")]
    Nul,
}

/// The fields in their order. An empty value is an absent one (RFC 6749 section 3.1).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads `application/x-www-form-urlencoded`: the body of a form, or a query without its `?`.
    ///
    /// # Errors
    /// Where the limits are passed or the text is no UTF-8 without NUL. A `%` that begins no escape stands for itself.
    pub fn parse(raw: &[u8]) -> Result<Self, ParamsError> {
        if raw.len() > MOST_BYTES {
            return Err(ParamsError::TooLong);
        }
        let fields = || raw.split(|c| *c == b'&').filter(|field| !field.is_empty());
        if fields().count() > MOST_FIELDS {
            return Err(ParamsError::TooMany);
        }
        fields()
            .map(|field| {
                let mut halves = field.splitn(2, |c| *c == b'=');
                let name = decode(halves.next().unwrap_or_default())?;
                Ok((name, decode(halves.next().unwrap_or_default())?))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The first value of `name`; none if it is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next().filter(|value| !value.is_empty())
    }

    /// Every value of `name`, in order, empty ones too.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A name of OAuth's that stands more than once, empty or not.
    #[must_use]
    pub fn duplicate(&self) -> Option<&str> {
        KNOWN.iter().copied().find(|name| self.all(name).nth(1).is_some())
    }
}

impl std::fmt::Debug for Params {
    /// The names alone: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// One name or value, decoded (RFC 6749 appendix B).
pub(super) fn decode(raw: &[u8]) -> Result<String, ParamsError> {
    let hex = |at: usize| raw.get(at).and_then(|c| char::from(*c).to_digit(16));
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(c) = raw.get(at) {
        match (c, hex(at + 1), hex(at + 2)) {
            (b'+', ..) => out.push(b' '),
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 2;
            }
            _ => out.push(*c),
        }
        at += 1;
    }
    if out.contains(&0) {
        return Err(ParamsError::Nul);
    }
    String::from_utf8(out).map_err(|_| ParamsError::NotUtf8)
}

#[cfg(test)]
mod tests;
