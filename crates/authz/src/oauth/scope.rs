//! Scopes as they are asked for (RFC 6749 section 3.3).

use watchkeep_model::{Connector, Scope, Scopes};

/// The words of a request's `scope`, sorted out for one connector.
pub(super) struct Asked {
    /// The scopes of the connector.
    pub(super) scopes: Scopes,
    /// True if `offline_access` is among the words. Refresh tokens are given in any case.
    pub(super) offline: bool,
    /// True if a word is neither the connector's nor `offline_access`.
    pub(super) unknown: bool,
}

/// Reads `text` for `connector`: words of the other connector and of REST are unknown here.
pub(super) fn read(text: &str, connector: Connector) -> Asked {
    let mut asked = Asked { scopes: Scopes::NONE, offline: false, unknown: false };
    for word in text.split_whitespace() {
        match word.parse::<Scope>() {
            Ok(scope) if scope.connector() == Some(connector) => asked.scopes = asked.scopes.with(scope),
            _ if word == "offline_access" => asked.offline = true,
            _ => asked.unknown = true,
        }
    }
    asked
}

/// The connector whose dialect the words speak: `mcp:x` the risk connector's, `mcp.x` the fleet connector's. None if
/// they speak neither or both.
pub(super) fn dialect(text: &str) -> Option<Connector> {
    let speaks = |prefix: &str| text.split_whitespace().any(|word| word.starts_with(prefix));
    match (speaks("mcp:"), speaks("mcp.")) {
        (true, false) => Some(Connector::Risk),
        (false, true) => Some(Connector::Fleet),
        _ => None,
    }
}
