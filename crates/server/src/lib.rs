//! The doors of Watchkeep: MCP, REST, health and metrics.
//!
//! **What it is.** Routes made from the hub's lists: an MCP endpoint per connector ([`gate`], then `mcp`), the REST API
//! with its OpenAPI document ([`rest`], [`openapi`]), files that are pushed ([`uploads`]), the well-known documents, health
//! and metrics. It is the only place that knows an HTTP status ([`error`]).
//!
//! **What it never does.** It decides nothing about data: each call ends in [`watchkeep_hub::call`](fn@watchkeep_hub::call),
//! which checks, limits and records it. It holds no session and no token: a credential is looked up on each request, so a
//! revocation holds at once. rmcp is named in `mcp` and nowhere else.
//!
//! **Where to start.** [`Server`], then [`app`] for what is mounted where, then [`gate`].
#![forbid(unsafe_code)]

pub mod app;
pub mod bearer;
pub mod body;
pub mod error;
pub mod gate;
pub mod health;
pub mod incoming;
pub mod listen;
pub mod mcp;
pub mod me;
pub mod metrics;
pub mod oauth;
pub mod openapi;
pub mod pages;
pub mod peer;
pub mod public;
pub mod rest;
mod server;
pub mod settings;
pub mod tls;
pub mod uploads;
pub mod wellknown;

pub use listen::Listener;
pub use public::Public;
pub use server::Server;
pub use settings::{MOUNTS, Mount, Settings};
