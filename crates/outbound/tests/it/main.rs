//! The door out, against servers that mean harm.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails; it starts servers and measures how long it really took"
)]

mod document;
mod guard;
mod line;
mod peer;
mod server;
