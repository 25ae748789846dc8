//! The doors, over the real router, hub and store: what every revision, every kind of caller and every kind of bad input
//! gets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#[path = "../../../hub/tests/it/fixture.rs"]
mod fixture;

mod doors;
mod gate;
mod health;
mod hostile;
mod limits;
mod list;
mod mcp;
mod openapi;
mod rest;
mod sockets;
mod wellknown;
mod wire;
