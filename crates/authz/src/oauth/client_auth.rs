//! Client authentication at the token and revocation endpoints (RFC 6749 sections 2.3 and 3.2.1).

use data_encoding::BASE64_NOPAD;
use ring::digest::{SHA256, digest};

use super::params::{self, Params};
use super::{AuthMethod, Client, Reason, TokenError};

/// How a client says who it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Presented {
    /// By its id alone.
    None {
        /// The id.
        client_id: String,
    },
    /// By HTTP Basic.
    Basic {
        /// The id, decoded.
        id: String,
        /// The secret, decoded.
        secret: String,
    },
    /// By fields of the form.
    Post {
        /// The id.
        id: String,
        /// The secret.
        secret: String,
    },
}

impl Presented {
    /// The client that it says it is. Nothing is proven before [`judge`].
    #[must_use]
    pub fn client_id(&self) -> &str {
        match self {
            Self::None { client_id: id } | Self::Basic { id, .. } | Self::Post { id, .. } => id,
        }
    }

    /// True where HTTP Basic was tried.
    #[must_use]
    pub const fn basic(&self) -> bool {
        matches!(self, Self::Basic { .. })
    }

    /// The refusal where no client has this id (RFC 6749 section 5.2).
    #[must_use]
    pub fn unknown(&self) -> TokenError {
        let text = "client_id is not of a client of this hub. Register the client again.";
        TokenError::client(self.basic(), Reason::ClientUnknown, text)
    }
}

impl std::fmt::Debug for Presented {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Presented").field(&self.client_id()).finish()
    }
}

/// Reads who the client says it is, from the `Authorization` header and the form.
///
/// # Errors
/// `invalid_client` where nobody is named, or by a way that is not offered; `invalid_request` for two ways at once
/// (RFC 6749 section 2.3: a client uses one per request) or two ids.
pub fn presented(authorization: Option<&str>, params: &Params) -> Result<Presented, TokenError> {
    if let Some(name) = params.duplicate() {
        return Err(TokenError::duplicate(name));
    }
    if params.get("client_assertion").is_some() || params.get("client_assertion_type").is_some() {
        return Err(failed(false, "client_assertion is not supported. Use none or a client secret."));
    }
    let (id, secret) = (params.get("client_id"), params.get("client_secret"));
    let Some(header) = authorization else {
        return match (id, secret) {
            (Some(id), None) => Ok(Presented::None { client_id: id.to_owned() }),
            (Some(id), Some(secret)) => Ok(Presented::Post { id: id.to_owned(), secret: secret.to_owned() }),
            (None, _) => Err(failed(false, "client_id is missing.")),
        };
    };
    let (basic_id, basic_secret) =
        basic(header).ok_or_else(|| failed(true, "The Authorization header is not HTTP Basic with id and secret."))?;
    let twice = |text: &str| TokenError::bad("invalid_request", Reason::ClientAuthFailed, text);
    if secret.is_some() {
        return Err(twice("The client secret is sent twice, by HTTP Basic and in the form. Send it in one way."));
    }
    if id.is_some_and(|id| id != basic_id) {
        return Err(twice("client_id in the form is another than in the Authorization header."));
    }
    Ok(Presented::Basic { id: basic_id, secret: basic_secret })
}

/// Judges whether `presented` proves to be `client`, by the one method that the client has.
///
/// # Errors
/// `invalid_client`, 401: the client is switched off, uses another method, or has another secret.
pub fn judge(client: &Client, presented: &Presented) -> Result<(), TokenError> {
    let basic = presented.basic();
    if presented.client_id() != client.id {
        return Err(presented.unknown());
    }
    if client.disabled {
        let text = "This client was switched off. Ask an administrator of this hub.";
        return Err(TokenError::client(basic, Reason::ClientDisabled, text));
    }
    match (client.auth, presented) {
        (AuthMethod::None, Presented::None { .. }) => Ok(()),
        (AuthMethod::Basic | AuthMethod::Secret, Presented::Basic { secret, .. })
        | (AuthMethod::Post | AuthMethod::Secret, Presented::Post { secret, .. }) => {
            if known(&client.secrets, secret) {
                Ok(())
            } else {
                Err(failed(basic, "The client secret is wrong."))
            }
        }
        (method, _) => Err(failed(basic, &format!("This client authenticates by {}.", method.as_str()))),
    }
}

/// True if `secret` is one of those with these hashes. Takes as long for a near miss as for a far one.
fn known(hashes: &[[u8; 32]], secret: &str) -> bool {
    let given = digest(&SHA256, secret.as_bytes());
    hashes.iter().fold(false, |found, kept| {
        let differs = kept.iter().zip(given.as_ref()).fold(0, |differs, (a, b)| differs | (a ^ b));
        found | (differs == 0)
    })
}

/// Id and secret of HTTP Basic: form-encoded, joined by a colon, in Base64 (RFC 6749 section 2.3.1, RFC 7617).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, rest) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let joined = {
        // with or without its padding
        let plain = rest.trim();
        let plain = plain.strip_suffix("==").or_else(|| plain.strip_suffix('=')).unwrap_or(plain);
        BASE64_NOPAD.decode(plain.as_bytes()).ok()?
    };
    let colon = joined.iter().position(|c| *c == b':')?;
    let (id, secret) = (params::decode(&joined[..colon]).ok()?, params::decode(&joined[colon + 1..]).ok()?);
    (!id.is_empty()).then_some((id, secret))
}

fn failed(basic: bool, text: &str) -> TokenError {
    TokenError::client(basic, Reason::ClientAuthFailed, text)
}

#[cfg(test)]
mod tests;
