//! What a credential looks like, so that a wrong one can be told which form is right. Nothing here checks whether a
//! credential is good, and no secret is kept or repeated: neither in a [`Form`] nor in a message.

use std::fmt;

use crate::slug::Slug;

/// The recognised form of a credential, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A personal access token, `drx_pat_<tenant-slug>.<64 hex digits>`: opens its MCP connector.
    Pat {
        /// The tenant it says it is for.
        slug: Slug,
    },
    /// An API key, `drx_api_<tenant-slug>.<64 hex digits>`: opens REST.
    ApiKey {
        /// The tenant it says it is for.
        slug: Slug,
    },
    /// An OAuth access token, `mat_<64 hex digits>`.
    Access,
    /// An OAuth refresh token, `mrt_<64 hex digits>`.
    Refresh,
    /// An OAuth client id, `mcp_<32 hex digits>`; not a secret.
    Client,
}

impl Form {
    /// The tenant that the credential says it is for.
    #[must_use]
    pub const fn slug(&self) -> Option<&Slug> {
        match self {
            Self::Pat { slug } | Self::ApiKey { slug } => Some(slug),
            Self::Access | Self::Refresh | Self::Client => None,
        }
    }

    /// What it is called and how it is written.
    const fn kind(&self) -> Kind {
        match self {
            Self::Pat { .. } => Kind::Pat,
            Self::ApiKey { .. } => Kind::ApiKey,
            Self::Access => Kind::Access,
            Self::Refresh => Kind::Refresh,
            Self::Client => Kind::Client,
        }
    }
}

impl fmt::Display for Form {
    /// What it is called: `a personal access token`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().name())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Pat,
    ApiKey,
    Access,
    Refresh,
    Client,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Pat, Self::ApiKey, Self::Access, Self::Refresh, Self::Client];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Pat => "drx_pat_",
            Self::ApiKey => "drx_api_",
            Self::Access => "mat_",
            Self::Refresh => "mrt_",
            Self::Client => "mcp_",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Pat => "a personal access token",
            Self::ApiKey => "an API key",
            Self::Access => "an access token",
            Self::Refresh => "a refresh token",
            Self::Client => "a client id",
        }
    }

    const fn form(self) -> &'static str {
        match self {
            Self::Pat => "drx_pat_<tenant-slug>.<hex>, 64 hex digits",
            Self::ApiKey => "drx_api_<tenant-slug>.<hex>, 64 hex digits",
            Self::Access => "mat_<hex>, 64 hex digits",
            Self::Refresh => "mrt_<hex>, 64 hex digits",
            Self::Client => "mcp_<hex>, 32 hex digits",
        }
    }

    const fn has_slug(self) -> bool {
        matches!(self, Self::Pat | Self::ApiKey)
    }

    const fn digits(self) -> usize {
        match self {
            Self::Client => 32,
            _ => 64,
        }
    }

    fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| text.starts_with(kind.prefix()))
    }

    /// What was probably meant: the prefix in another case, with `-` for `_`, in quotes or after the word `Bearer`.
    fn meant(text: &str) -> Option<Self> {
        let text = text.trim_start_matches([' ', '\t', '"', '\'', '`', '<']);
        let text = match text.get(..7) {
            Some(word) if word.eq_ignore_ascii_case("bearer ") => text[7..].trim_start(),
            _ => text,
        };
        let start: String = text.chars().take(8).map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect();
        Self::of(&start).or_else(|| start.starts_with("drx_").then_some(Self::Pat))
    }
}

/// Text that has the form of no credential. The message names the form of what was probably meant and repeats nothing
/// of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormError {
    meant: Option<Kind>,
    reason: String,
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.meant {
            Some(kind) => write!(f, "{} has the form {}: {}", kind.name(), kind.form(), self.reason),
            None => write!(
                f,
                "this is no token of this hub; a personal access token has the form {}, an API key the form {}",
                Kind::Pat.form(),
                Kind::ApiKey.form()
            ),
        }
    }
}

impl std::error::Error for FormError {}

/// Recognises the form of a credential.
///
/// # Errors
/// [`FormError`] says which form was probably meant and what is wrong with it.
pub fn parse(text: &str) -> Result<Form, FormError> {
    let Some(kind) = Kind::of(text) else {
        let meant = Kind::meant(text);
        let reason = format!("it begins with `{}`, with nothing before it", meant.map_or("", Kind::prefix));
        return Err(FormError { meant, reason });
    };
    let wrong = |reason: String| FormError { meant: Some(kind), reason };
    let rest = &text[kind.prefix().len()..];
    let (slug, secret) = if kind.has_slug() {
        let Some((slug, secret)) = rest.split_once('.') else {
            return Err(wrong("the point between the slug and the digits is missing".to_owned()));
        };
        let Ok(slug) = slug.parse::<Slug>() else {
            return Err(wrong("what stands before the point is not the slug of a tenant".to_owned()));
        };
        (Some(slug), secret)
    } else {
        (None, rest)
    };
    if secret.bytes().any(|c| !matches!(c, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(wrong("the digits are 0 to 9 and a to f, in lower case, with nothing after them".to_owned()));
    }
    if secret.len() != kind.digits() {
        return Err(wrong(format!("it has {} hex digits; was it copied whole?", secret.len())));
    }
    Ok(match (kind, slug) {
        (Kind::Pat, Some(slug)) => Form::Pat { slug },
        (Kind::ApiKey, Some(slug)) => Form::ApiKey { slug },
        (Kind::Refresh, _) => Form::Refresh,
        (Kind::Client, _) => Form::Client,
        (_, _) => Form::Access,
    })
}

/// What of a credential may stand in a log: its prefix and tenant, then `…`. Of text without a known prefix nothing is
/// kept, since nobody knows which part of it is secret.
#[must_use]
pub fn redact(credential: &str) -> String {
    let Some(kind) = Kind::of(credential) else { return "…".to_owned() };
    let rest = &credential[kind.prefix().len()..];
    match rest.split_once('.').map(|(slug, _)| slug.parse::<Slug>()) {
        Some(Ok(slug)) if kind.has_slug() => format!("{}{slug}.…", kind.prefix()),
        _ => format!("{}…", kind.prefix()),
    }
}

#[cfg(test)]
mod tests;
