//! The promises of `hub::call`, over a real store.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod calls;
mod fixture;
