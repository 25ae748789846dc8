//! What the product tests stand on: throw-away databases on both engines, a hub with a fixed clock, tenants with the
//! same names beside each other, and calls through the real router.
//!
//! It never mocks: the database is a real one, and a call goes through the doors that a client would use.
//!
//! Start at [`TestHub`].
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot be set up fails loudly")]

mod client;
mod database;
mod hub;
pub mod oauth;

pub use client::{Answer, Client};
pub use database::{Database, Engine, engines};
pub use hub::{Tenant, TestHub};
