//! The two ways of saying no: to a person at the authorization endpoint, to a program at the others.

use super::reason::Reason;

/// A request at the authorization endpoint that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {text}")]
pub struct Refused {
    /// For the connection doctor.
    pub reason: Reason,
    /// The word of RFC 6749 section 4.1.2.1, RFC 8707 section 2 or OpenID Connect Core section 3.1.2.6.
    pub error: &'static str,
    /// What is wrong, with which field, and what to do. May repeat cleaned text of the request; never a secret.
    pub text: String,
}

impl Refused {
    pub(crate) fn new(reason: Reason, error: &'static str, text: impl Into<String>) -> Self {
        Self { reason, error, text: text.into() }
    }
}

/// How a refusal at the token, registration or revocation endpoint is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
    /// 400.
    BadRequest,
    /// 401.
    Unauthorized {
        /// True where HTTP Basic was tried, so that the answer carries `WWW-Authenticate: Basic` (RFC 6749 section 5.2).
        basic: bool,
    },
    /// 429, with `Retry-After`.
    TooMany,
    /// 503, with `Retry-After`.
    Unavailable,
}

/// A refusal of the token endpoint (RFC 6749 section 5.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {description}")]
pub struct TokenError {
    /// `invalid_request`, `invalid_client`, `invalid_grant`, `invalid_scope`, `invalid_target`,
    /// `unsupported_grant_type`, `temporarily_unavailable`.
    pub error: &'static str,
    /// The sentence for whoever builds the client, in the characters that RFC 6749 allows.
    pub description: String,
    /// How it is answered.
    pub status: TokenStatus,
    /// For the connection doctor. It may say more than the description does: it is shown only to the person whose
    /// grant it is, so that a stranger cannot tell an expired token from one that never was.
    pub reason: Reason,
}

impl TokenError {
    /// A refusal that is answered with 400.
    #[must_use]
    pub fn bad(error: &'static str, reason: Reason, description: impl AsRef<str>) -> Self {
        Self { error, description: description_text(description.as_ref()), status: TokenStatus::BadRequest, reason }
    }

    /// `invalid_client`, answered with 401.
    #[must_use]
    pub fn client(basic: bool, reason: Reason, description: impl AsRef<str>) -> Self {
        Self {
            error: "invalid_client",
            description: description_text(description.as_ref()),
            status: TokenStatus::Unauthorized { basic },
            reason,
        }
    }

    /// A limit was reached; the door says when to come back.
    #[must_use]
    pub fn too_many(description: impl AsRef<str>) -> Self {
        Self {
            error: "temporarily_unavailable",
            description: description_text(description.as_ref()),
            status: TokenStatus::TooMany,
            reason: Reason::RateLimited,
        }
    }

    /// `invalid_request` for a field that must not be there twice (RFC 6749 section 3.2).
    #[must_use]
    pub fn duplicate(name: &str) -> Self {
        Self::bad(
            "invalid_request",
            Reason::DuplicateParameter,
            format!("{name} is sent more than once. Send it once."),
        )
    }
}

/// `text` in the characters of an `error_description`: printable ASCII without the double quote and the backslash
/// (RFC 6749 section 5.2), at most 500 of them.
pub(crate) fn description_text(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' | '\\' => '\'',
            c if c.is_ascii_graphic() || c == ' ' => c,
            _ => '?',
        })
        .take(500)
        .collect()
}
