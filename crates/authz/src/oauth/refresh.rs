//! Refreshing (RFC 6749 section 6, RFC 9700 section 4.14): each use gives a new token, a second use is told apart from
//! theft.
//!
//! Programs that share one stored token, or lose an answer, present the same token twice within seconds. Inside a short
//! window they get the same successor, so that nothing forks. After it a second use is what a thief does, unless
//! nothing that came of the first was ever used: then the answer was lost, and it is forgiven once.

use watchkeep_model::{Connector, Scopes, Span, Timestamp};

use super::params::Params;
use super::resource::Resources;
use super::{Reason, TokenError, code, scope};

/// How often one token is answered with its successor again.
pub const MOST_RETRIES: i64 = 64;
/// How many generations a token may be behind, inside the window, and still be answered.
pub const MOST_BEHIND: i64 = 5;

/// What is kept of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshState {
    /// The client that it was given to.
    pub client_id: String,
    /// What was granted.
    pub scopes: Scopes,
    /// The resource that was named, if one was.
    pub resource: Option<String>,
    /// The connector that it is for.
    pub connector: Connector,
    /// When it ends if it is not used.
    pub expires_at: Timestamp,
    /// When the grant ends, however often it is refreshed.
    pub grant_expires_at: Timestamp,
    /// True once the token or its grant was revoked.
    pub revoked: bool,
    /// When it was first used.
    pub used_at: Option<Timestamp>,
    /// How often it was answered again inside the window.
    pub retries: i64,
    /// True if the refresh token of its successor, or an access token of that rotation, was ever used.
    pub successor_used: bool,
    /// True if a lost answer was forgiven for it before.
    pub recovered: bool,
    /// How many generations newer than its own there are. Counted only where it was used.
    pub chain_in_window: i64,
}

/// What becomes of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// Mark it used, if nobody was faster, and give a successor.
    Rotate {
        /// What the new access token may do: what was granted, or less where less was asked for.
        scopes: Scopes,
    },
    /// Answer with the successor that it has, and what is left of its time.
    Retry,
    /// Its answer was lost: revoke the successor, give another, mark it as recovered.
    Recover,
    /// It was used twice: revoke the whole grant, and answer [`unknown`].
    Reused,
    /// Refuse, and change nothing.
    Refuse(TokenError),
}

/// Judges the use of a refresh token by `client_id`, which has proven to be itself. `window` is how long after the first
/// use a second one is taken for a repetition of the same.
///
/// Order: owner, revoked, expired, resource, scope, first or second use.
#[must_use]
pub fn judge(
    now: Timestamp,
    window: Span,
    token: &RefreshState,
    client_id: &str,
    params: &Params,
    resources: &Resources,
) -> Refresh {
    let refuse = |reason| Refresh::Refuse(TokenError { reason, ..unknown() });
    if client_id != token.client_id {
        return refuse(Reason::CodeWrongClient);
    }
    if token.revoked {
        return refuse(Reason::TokenRevoked);
    }
    if now >= token.expires_at || now >= token.grant_expires_at {
        return refuse(Reason::RefreshExpired);
    }
    if !resources.agrees(params, token.resource.as_deref(), token.connector, None) {
        return Refresh::Refuse(code::other_resource());
    }
    let scopes = match narrowed(token, params) {
        Ok(scopes) => scopes,
        Err(refused) => return Refresh::Refuse(refused),
    };
    let Some(used_at) = token.used_at else {
        return Refresh::Rotate { scopes };
    };
    if now.since(used_at) <= window {
        return match (token.chain_in_window > MOST_BEHIND, token.retries >= MOST_RETRIES) {
            (true, _) => Refresh::Reused,
            (false, true) => Refresh::Refuse(TokenError::too_many("This refresh token was sent too often.")),
            (false, false) => Refresh::Retry,
        };
    }
    if token.successor_used || token.recovered { Refresh::Reused } else { Refresh::Recover }
}

/// The answer where there is no such token. An expired, a revoked and another client's token are answered with the same
/// bytes.
#[must_use]
pub fn unknown() -> TokenError {
    let text = "The refresh token is not valid: it is unknown, was replaced, revoked, has expired or is another client's. \
                Start again at the authorization endpoint.";
    TokenError::bad("invalid_grant", Reason::TokenUnknown, text)
}

/// What is asked for: at most what was granted (RFC 6749 section 6). Words that this hub does not know are left out, as
/// they were when the grant was made.
fn narrowed(token: &RefreshState, params: &Params) -> Result<Scopes, TokenError> {
    let asked = params.get("scope").unwrap_or_default();
    let known: Scopes = asked.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let asked = scope::read(asked, token.connector);
    if known.is_empty() && !asked.unknown {
        return Ok(token.scopes);
    }
    if known.is_empty() || !token.scopes.contains_all(known) {
        let text = format!("scope is more than was granted ({}). Ask for less, or start again.", token.scopes);
        return Err(TokenError::bad("invalid_scope", Reason::ScopeUnknown, text));
    }
    Ok(known)
}

#[cfg(test)]
mod tests;
