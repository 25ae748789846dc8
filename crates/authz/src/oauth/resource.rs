//! Resource indicators (RFC 8707): which connector, and which tenant, a token is for.

use watchkeep_model::{Connector, Slug};

use super::params::Params;

/// The resources of this hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resources {
    /// The public origin, without a slash: `https://hub.example`.
    pub base: String,
    /// The path of the risk connector: `/api/mcp`.
    pub risk: &'static str,
    /// The path of the fleet connector: `/mcp`.
    pub fleet: &'static str,
    /// True where the bare origin is a resource too: the fleet connector's.
    pub bare: bool,
}

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// The connector.
    pub connector: Connector,
    /// The tenant in the address, where it has one. Whether there is such a tenant is not known here.
    pub slug: Option<Slug>,
    /// The resource, without a slash at its end. None: no resource was named, so any address of the connector is meant.
    pub url: Option<String>,
}

impl Audience {
    /// Any address of `connector`.
    #[must_use]
    pub const fn any(connector: Connector) -> Self {
        Self { connector, slug: None, url: None }
    }
}

impl Resources {
    /// The resources of the hub at `base`, with the paths that the connectors' documents name.
    #[must_use]
    pub fn at(base: impl Into<String>) -> Self {
        Self { base: base.into(), risk: "/api/mcp", fleet: "/mcp", bare: true }
    }

    /// The audience that `text` names. Compared byte by byte: nothing is normalised but one slash at the end.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<Audience> {
        let path = text.strip_prefix(&self.base)?;
        let path = path.strip_suffix('/').unwrap_or(path);
        let (connector, slug) = if path.is_empty() {
            (self.bare.then_some(Connector::Fleet)?, None)
        } else if let Some(rest) = path.strip_prefix(self.risk) {
            (Connector::Risk, tenant(rest)?)
        } else {
            (Connector::Fleet, tenant(path.strip_prefix(self.fleet)?)?)
        };
        Some(Audience { connector, slug, url: Some(format!("{}{path}", self.base)) })
    }

    /// True if the `resource` of a token request, where it has one, is no other than what was granted (RFC 8707
    /// section 2.2). Where none was named at first, an address of the connector may be named now, with no other tenant
    /// than `slug` in it.
    pub(super) fn agrees(
        &self,
        params: &Params,
        bound: Option<&str>,
        connector: Connector,
        slug: Option<&Slug>,
    ) -> bool {
        let Some(asked) = params.get("resource") else {
            return true;
        };
        let Some(audience) = self.read(asked) else {
            return false;
        };
        match bound {
            Some(bound) => audience.url.as_deref() == Some(bound.strip_suffix('/').unwrap_or(bound)),
            None => audience.connector == connector && (audience.slug.is_none() || audience.slug.as_ref() == slug),
        }
    }
}

/// Nothing, or the tenant of `/t/{slug}`. None if it is neither.
fn tenant(rest: &str) -> Option<Option<Slug>> {
    if rest.is_empty() {
        return Some(None);
    }
    rest.strip_prefix("/t/")?.parse().ok().map(Some)
}

#[cfg(test)]
mod tests;
