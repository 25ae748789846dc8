//! The store's suite: every case runs on a throw-away SQLite file and on a throw-away PostgreSQL database.
//!
//! PostgreSQL is asked for by `WATCHKEEP_TEST_PG`, the URL of a superuser on a cluster whose data are worth nothing
//! (`cargo xtask postgres` starts one); without it those cases count as ignored. `WATCHKEEP_LONG=1` makes the cases
//! that kill processes longer.
//!
//! It never looks inside: what is set up goes through the store's own functions, and what an attacker does goes around
//! them, as a superuser. Start at `home.rs` for the databases and `given.rs` for what is in them.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::exit,
    reason = "tests may"
)]

use std::process::ExitCode;

mod case;
mod given;
mod home;
mod raw;

mod audit;
mod backup;
mod child;
mod cluster;
mod crash;
mod dropzone;
mod engines;
mod facade;
mod idempotency;
mod identity;
mod jobs;
mod migrations;
mod register;
mod samples;
mod schema;
mod seals;
mod statements;
mod tamper;
mod tenancy;
mod tokens;

use case::Case;

/// Every file of cases. One that is not listed here does not compile without a warning.
const FILES: &[(&str, &[Case])] = &[
    ("audit", audit::CASES),
    ("backup", backup::CASES),
    ("crash", crash::CASES),
    ("dropzone", dropzone::CASES),
    ("engines", engines::CASES),
    ("facade", facade::CASES),
    ("idempotency", idempotency::CASES),
    ("identity", identity::CASES),
    ("jobs", jobs::CASES),
    ("migrations", migrations::CASES),
    ("register", register::CASES),
    ("samples", samples::CASES),
    ("schema", schema::CASES),
    ("seals", seals::CASES),
    ("statements", statements::CASES),
    ("tamper", tamper::CASES),
    ("tenancy", tenancy::CASES),
    ("tokens", tokens::CASES),
];

fn main() -> ExitCode {
    if child::run() {
        return ExitCode::SUCCESS;
    }
    let arguments = libtest_mimic::Arguments::from_args();
    let trials = FILES.iter().flat_map(|(file, cases)| cases.iter().flat_map(move |c| c.trials(file))).collect();
    let told = libtest_mimic::run(&arguments, trials).exit_code();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(home::Home::close());
    told
}
