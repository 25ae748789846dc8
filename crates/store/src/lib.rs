//! All SQL of Watchkeep, for SQLite and PostgreSQL.
//!
//! **What it is.** A small facade over two engines ([`Store`]), the scopes that open it ([`TenantScope`],
//! [`PersonScope`], [`InstallationScope`]), and one file of statements and row types per family of tables
//! ([`kris`], [`samples`], [`tokens`], ...). One SQL text serves both engines; a write and its audit row are one
//! commit; a tenant is bound by the facade, so that the callers have no way to name another one.
//!
//! **What it never does.** It decides nothing (that is `hub` and the pure crates), reads no clock and knows no HTTP.
//! There is no ORM, no repository trait and no mock: the test double is a throw-away SQLite file.
//!
//! **Where to start.** [`sql`] for what a text must look like, [`Store::write`] for what a
//! write is, `engine/sqlite/writer.rs` for the group commit, `audit.rs` for the chain.
#![forbid(unsafe_code)]
#![expect(
    clippy::manual_async_fn,
    reason = "a write inside an `async fn` hides from callers that the whole is Send; said in the signature, they need not look"
)]

#[macro_use]
pub mod sql;
#[macro_use]
pub mod value;

pub mod artifacts;
pub mod audit;
pub mod backup;
mod call;
mod engine;
mod error;
pub mod idempotency;
pub mod identity;
pub mod integrations;
pub mod jobs;
pub mod kris;
mod migrate;
pub mod oauth;
pub mod people;
pub mod proposals;
pub mod register;
pub mod registry;
pub mod runs;
pub mod samples;
pub mod schedules;
mod scope;
pub mod seal;
pub mod seals;
mod store;
pub mod tables;
pub mod tenants;
pub mod tokens;

pub use call::{Actor, ActorKind, Call, Outcome, Stopwatch};
pub use engine::{Group, Stats};
pub use error::{Error, ErrorKind, Result};
pub use scope::{InstallationScope, PersonScope, TenantScope};
pub use seal::Keyring;
pub use store::{Database, Options, Reader, Store, Tx};
pub use tokens::{Access, Connectors, Refusal, TokenKind};
pub use value::{Col, FromRow, Param, Row};
