//! What a credential may do: the scopes of the two MCP connectors and of REST keys.
//!
//! The words are part of the interface: `mcp:read` and `mcp:write` are the risk connector's, `mcp.read` and
//! `mcp.acknowledge` the fleet connector's, `api:read` and `api:write` belong to REST keys. No scope includes another.

use std::fmt;
use std::str::FromStr;

use crate::word::UnknownWord;

crate::word::words! {
    /// One of the two MCP connectors, each an OAuth resource of its own.
    pub enum Connector ("connector") {
        /// KRIs, controls, risks, outcomes, vendors, assets: at `/api/mcp`.
        Risk = "risk",
        /// Hosts, alerts, detections, CVEs, SLAs, trust: at `/mcp`.
        Fleet = "fleet",
    }
}

crate::word::words! {
    /// One thing that a credential may do.
    pub enum Scope ("scope") {
        /// Read over REST.
        ApiRead = "api:read",
        /// Write over REST.
        ApiWrite = "api:write",
        /// Acknowledge detections over the fleet connector.
        FleetWrite = "mcp.acknowledge",
        /// Read over the fleet connector.
        FleetRead = "mcp.read",
        /// Read over the risk connector.
        RiskRead = "mcp:read",
        /// Write over the risk connector.
        RiskWrite = "mcp:write",
    }
}

impl Scope {
    /// The connector that the scope is for; none for REST.
    #[must_use]
    pub const fn connector(self) -> Option<Connector> {
        match self {
            Self::ApiRead | Self::ApiWrite => None,
            Self::FleetRead | Self::FleetWrite => Some(Connector::Fleet),
            Self::RiskRead | Self::RiskWrite => Some(Connector::Risk),
        }
    }

    /// What reading over `connector` needs.
    #[must_use]
    pub const fn read(connector: Connector) -> Self {
        match connector {
            Connector::Risk => Self::RiskRead,
            Connector::Fleet => Self::FleetRead,
        }
    }

    /// What writing over `connector` needs.
    #[must_use]
    pub const fn write(connector: Connector) -> Self {
        match connector {
            Connector::Risk => Self::RiskWrite,
            Connector::Fleet => Self::FleetWrite,
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of scopes. Written as the words, sorted, with one blank between: `mcp:read mcp:write`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    /// The empty set: may do nothing.
    pub const NONE: Self = Self(0);

    /// The set of one.
    #[must_use]
    pub const fn one(scope: Scope) -> Self {
        Self(scope.bit())
    }

    /// This set and `scope`.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | scope.bit())
    }

    /// True if `scope` is in the set.
    #[must_use]
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// True if all of `other` is in the set.
    #[must_use]
    pub const fn contains_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// True if nothing is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// True if a scope of `connector` is in it.
    #[must_use]
    pub fn reaches(self, connector: Connector) -> bool {
        self.iter().any(|scope| scope.connector() == Some(connector))
    }

    /// The scopes, sorted by their words.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        scopes.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, scope) in self.iter().enumerate() {
            write!(f, "{}{scope}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scopes({self})")
    }
}

impl FromStr for Scopes {
    type Err = UnknownWord;

    /// Reads words with blanks between, in any order, doubled ones too. The empty text is the empty set.
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        text.split_whitespace().map(Scope::from_str).collect()
    }
}

crate::word::serde_as_text!(Scopes, "scopes with a blank between, such as `mcp:read mcp:write`");

impl schemars::JsonSchema for Scopes {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scopes".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests;
