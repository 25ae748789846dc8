//! The product through its doors: every operation against every way a call can go wrong, two tenants with the same
//! names, KRIs from file to answer, and bad input. Each test runs on both engines, through the real router.
//!
//! Start at [`world`] for what a test finds, [`calling`] for how an operation is called, [`examples`] for the arguments
//! of a new operation.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails loudly")]

mod answers;
mod attacks;
mod bad_input;
mod calling;
mod contract;
mod crowd;
mod demo;
mod dropzone;
mod examples;
mod exchange;
mod extra;
mod idempotency;
mod identity;
mod kris;
mod ledger;
mod lost_keyring;
mod pages;
mod register;
mod tenants;
mod uploads;
mod world;
