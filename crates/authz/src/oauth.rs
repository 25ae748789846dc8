//! The authorization server: OAuth 2.1 as MCP clients speak it, with RFC 6749, 7009, 7591, 7636, 8252, 8707, 9207 and
//! 9700, and Client ID Metadata Documents.
//!
//! Only codes with PKCE (`S256`), refresh tokens that rotate, opaque tokens. There is no implicit grant, no password
//! grant, no `plain`, no signed request and no introspection.

pub mod authorize;
mod client;
pub mod client_auth;
pub mod code;
pub mod document;
mod error;
pub mod params;
pub mod reason;
pub mod redirect;
pub mod refresh;
pub mod register;
pub mod resource;
mod scope;
pub mod token;

pub use client::{Alias, AuthMethod, Client, ClientKind};
pub use error::{Refused, TokenError, TokenStatus};
pub use reason::Reason;
