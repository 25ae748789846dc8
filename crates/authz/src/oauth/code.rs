//! Redeeming an authorization code (RFC 6749 section 4.1.3, OAuth 2.1 section 4.1.3, RFC 7636 section 4.6).

use data_encoding::BASE64URL_NOPAD;
use ring::digest::{SHA256, digest};
use watchkeep_model::{Connector, Scopes, Slug, Timestamp};

use super::params::Params;
use super::resource::Resources;
use super::{Reason, TokenError};

/// Wrong verifiers after which a code buys nothing more.
pub const MOST_TRIES: i64 = 3;

/// What is kept of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeState {
    /// The client that it was made for.
    pub client_id: String,
    /// Where it was sent, as asked.
    pub redirect_uri: String,
    /// The PKCE challenge of the request.
    pub challenge: String,
    /// The resource that was named, if one was.
    pub resource: Option<String>,
    /// The connector that it is for.
    pub connector: Connector,
    /// The tenant that it is for.
    pub slug: Option<Slug>,
    /// When it ends: at most 60 seconds after it was made.
    pub expires_at: Timestamp,
    /// When it was redeemed.
    pub used_at: Option<Timestamp>,
    /// Wrong verifiers so far.
    pub tries: i64,
    /// What was granted.
    pub scopes: Scopes,
}

/// What becomes of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redeem {
    /// Mark it used, if nobody was faster, and give tokens.
    Issue,
    /// It was redeemed before: revoke all that came of it, and answer [`unknown`] (OAuth 2.1 section 4.1.3).
    Replayed,
    /// Count the try, and refuse.
    WrongTry(TokenError),
    /// Refuse, and leave the code as it is: whoever it belongs to can still redeem it.
    Refuse(TokenError),
}

/// Judges the redemption of a code by `client_id`, which has proven to be itself.
///
/// Order: owner, replay, tries, expiry, redirect URI, resource, verifier. The owner comes first, so that no other client
/// can burn a code or set off what a replay sets off.
#[must_use]
pub fn judge(now: Timestamp, code: &CodeState, client_id: &str, params: &Params, resources: &Resources) -> Redeem {
    let refuse = |reason| Redeem::Refuse(TokenError { reason, ..unknown() });
    if client_id != code.client_id {
        return refuse(Reason::CodeWrongClient);
    }
    if code.used_at.is_some() {
        return Redeem::Replayed;
    }
    if code.tries >= MOST_TRIES {
        return refuse(Reason::PkceWrong);
    }
    if now >= code.expires_at {
        return refuse(Reason::CodeExpired);
    }
    // RFC 6749 has it sent again, OAuth 2.1 no longer does: where it is sent it must be the same
    if params.get("redirect_uri").is_some_and(|uri| uri != code.redirect_uri) {
        let text = "redirect_uri is another than at the authorization endpoint.";
        return Redeem::Refuse(TokenError::bad("invalid_grant", Reason::RedirectDiffers, text));
    }
    if !resources.agrees(params, code.resource.as_deref(), code.connector, code.slug.as_ref()) {
        return Redeem::Refuse(other_resource());
    }
    let Some(verifier) = params.get("code_verifier") else {
        let text = "code_verifier is missing: the code was asked for with a code_challenge.";
        return Redeem::Refuse(TokenError::bad("invalid_grant", Reason::PkceMissing, text));
    };
    if !is_verifier(verifier) {
        let text = "code_verifier must have 43 to 128 characters of A-Z a-z 0-9 - . _ ~.";
        return Redeem::Refuse(TokenError::bad("invalid_grant", Reason::PkceMalformed, text));
    }
    if !verifier_matches(&code.challenge, verifier) {
        let text = "code_verifier is not that of the code_challenge.";
        return Redeem::WrongTry(TokenError::bad("invalid_grant", Reason::PkceWrong, text));
    }
    Redeem::Issue
}

/// The answer where there is no such code. An expired, a used and another client's code are answered with the same
/// bytes, so that nothing can be learned by asking.
#[must_use]
pub fn unknown() -> TokenError {
    let text = "The code is not valid: it is unknown, was used, has expired or is another client's. \
                Start again at the authorization endpoint.";
    TokenError::bad("invalid_grant", Reason::CodeUnknown, text)
}

/// True if `verifier` is the one whose hash is `challenge` (RFC 7636 section 4.6, `S256`).
#[must_use]
pub fn verifier_matches(challenge: &str, verifier: &str) -> bool {
    is_verifier(verifier) && BASE64URL_NOPAD.encode(digest(&SHA256, verifier.as_bytes()).as_ref()) == challenge
}

/// The form of RFC 7636 section 4.1.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"-._~".contains(&c))
}

/// `invalid_target` (RFC 8707 section 2.2).
pub(super) fn other_resource() -> TokenError {
    let text = "resource is another than the one that was granted. Send the same, or leave it out.";
    TokenError::bad("invalid_target", Reason::ResourceUnknown, text)
}

#[cfg(test)]
mod tests;
