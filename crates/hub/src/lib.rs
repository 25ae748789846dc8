//! What one can do with Watchkeep: operations, the context they run in, and the one way to call them.
//!
//! **What it is.** [`Op`] says what an operation is, [`OPS`] lists them all, [`call`](call()) checks, runs and records
//! one call. An operation gets a [`Ctx`]; what it can do is the type of that context. Answers leave as bytes that are
//! the same at every door.
//!
//! **What it never does.** It knows no HTTP, no JSON-RPC and no page: those are `server`'s. It holds no SQL: that is
//! `store`'s. Nothing in it asks the system for the time or for chance but [`clock`] and [`rng`], and nothing spawns
//! but [`tasks`].
//!
//! **Where to start.** [`op`], then [`OPS`], then one file under `ops/`, then [`call`](mod@call).
#![forbid(unsafe_code)]

pub mod admin;
mod bucket;
pub mod call;
pub mod canonical;
pub mod clock;
pub mod ctx;
pub mod demo;
pub mod dropzone;
pub mod error;
pub mod exchange;
mod hub;
pub mod idempotency;
pub mod identity;
pub mod import;
pub mod ingest;
pub mod jobs;
pub mod oauth;
pub mod op;
pub mod ops;
pub mod page;
pub mod prompts;
pub mod proposals;
pub mod rate;
pub mod register;
pub mod resources;
pub mod rng;
pub mod schema;
pub mod shape;
pub mod sheet;
mod state;
pub mod tasks;

pub use call::{CallMeta, Called, Door, call};
pub use clock::{Clock, FixedClock, SystemClock};
pub use ctx::{Ctx, Read, Write};
pub use error::{Error, Flaw, Kind};
pub use hub::{BadList, Hub, Lists, Parts, Ready, hub_parts};
pub use op::{Cap, Dialect, Doors, Op, OpDef, Rate, Verb};
pub use ops::OPS;
pub use page::{Answer, Item, Page, Paging, Reply};
pub use rate::{Limits, RateState};
pub use rng::Rng;
pub use tasks::Tasks;
