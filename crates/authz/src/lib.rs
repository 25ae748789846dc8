//! OAuth and sign-in as decisions: a request and what is kept about it go in, a verdict and what to keep come out.
//!
//! The hub's own authorization server lives here as far as it can be subtly wrong: which [redirect](oauth::redirect)
//! address is one that a client registered, what an [authorization request](oauth::authorize) may ask for, whether a
//! [code](oauth::code) or a [refresh token](oauth::refresh) still buys tokens, and which [reason](oauth::reason) a
//! person is told where not.
//!
//! This crate never reads a clock, a random number, a file, a socket or a database: times are arguments, and so is
//! whatever is kept. It knows no HTTP status beyond what RFC 6749 names, writes no page and no row, and trusts no
//! address that it did not compare byte by byte. No secret is part of an error text.
//!
//! Start at [`oauth::authorize::judge`]: the first step of each connection. Then [`oauth::code::judge`] and
//! [`oauth::refresh::judge`].
#![forbid(unsafe_code)]

pub mod oauth;
pub mod signin;
