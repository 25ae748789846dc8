//! What the authorization server remembers: clients, grants with their codes, generations of tokens, attempts.
//!
//! Codes and tokens are kept as SHA-256 only. A row is found by that hash, across tenants, and yields the scope of its
//! tenant; what is then changed is changed inside it, with the audit row in the same commit.
use ring::digest::{SHA256, digest};

pub mod attempts;
pub mod clients;
pub mod grants;
pub mod refresh;

/// SHA-256 of a code, a token or a secret: what is kept of it.
#[must_use]
pub fn hash(secret: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
    out
}
