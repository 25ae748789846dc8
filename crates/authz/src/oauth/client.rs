//! What is known of a client.

use watchkeep_model::{Connector, Scopes, TenantId};

/// Which of the two paths of the same endpoint was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alias {
    /// `/authorize`, `/token`, `/register`.
    Root,
    /// `/mcp/oauth/authorize`, `/mcp/oauth/token`, `/mcp/oauth/register`.
    Fleet,
}

impl Alias {
    /// The connector that is meant where neither resource nor scope says it.
    #[must_use]
    pub const fn connector(self) -> Connector {
        match self {
            Self::Root => Connector::Risk,
            Self::Fleet => Connector::Fleet,
        }
    }
}

/// How the hub came to know a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientKind {
    /// It registered itself (RFC 7591); nothing it says of itself is proven.
    Registered,
    /// Its id is the address of its metadata document.
    Document,
    /// A person made it.
    Static,
}

/// How a client proves at the token endpoint that it is itself (RFC 6749 section 2.3, RFC 7591 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// Not at all: a public client. Its codes are safe by PKCE.
    None,
    /// `client_secret_basic`: id and secret in the `Authorization` header.
    Basic,
    /// `client_secret_post`: id and secret in the form.
    Post,
    /// Either of the two: a client that an admin made, since nobody has said how it sends its secret.
    Secret,
}

impl AuthMethod {
    /// Those that a client can register with.
    pub const ALL: &'static [Self] = &[Self::None, Self::Basic, Self::Post];

    /// The word of RFC 7591; `client_secret` for either.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
            Self::Secret => "client_secret",
        }
    }

    /// The method with this word, of those that a client can register with.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.as_str() == word)
    }
}

/// A client, as it is kept or as its document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// `mcp_<32 hex digits>`, or the address of its document.
    pub id: String,
    /// What it calls itself, already cleaned.
    pub name: String,
    /// How the hub came to know it.
    pub kind: ClientKind,
    /// Where it may be answered.
    pub redirect_uris: Vec<String>,
    /// How it proves that it is itself.
    pub auth: AuthMethod,
    /// SHA-256 of its secrets: two while one replaces the other, none for a public client.
    pub secrets: Vec<[u8; 32]>,
    /// The only tenant that it may reach, if a person said so.
    pub tenant: Option<TenantId>,
    /// What it may ask for at most; none: anything that a connector offers.
    pub scopes: Option<Scopes>,
    /// True once it was switched off.
    pub disabled: bool,
    /// True where nothing proves that it is what its name says.
    pub unverified: bool,
}
