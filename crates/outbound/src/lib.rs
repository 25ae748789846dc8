//! Everything that dials out.
//!
//! A [`Guard`] takes a URL that somebody else wrote and either refuses it or dials it, at an address that was checked
//! and at no other. [`Documents`] fetches small JSON documents through it: the metadata that an OAuth client publishes
//! about itself.
//!
//! This crate never dials what the guard has not let through, never follows a redirect unchecked, never reads an answer beyond
//! its cap or its deadline, and never sends a cookie or a credential that it was not given for that very address. It
//! keeps nothing: what must be remembered, its callers remember. It never reads a clock that could be set: the time is
//! an argument, and only waiting is measured.
//!
//! Start at [`guard`], then at [`Documents::get`].

pub mod document;
pub mod guard;

pub use document::{DocumentLimits, Documents, FetchError, FetchErrorKind, Fetched};
pub use guard::{Allowed, Bounds, Guard, Identity, Line, Network, Refused, Request, Resolver, SystemResolver, Trust};
