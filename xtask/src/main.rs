//! The chores of the Watchkeep repository, run as `cargo xtask NAME`.
//!
//! They build, check and start the product from the outside, as its users and their clients do: no crate of the product
//! is linked, so that a change there never rebuilds what checks it. They never write outside the build folder, folders
//! for temporary files, the folders of installed clients and, by `gen` alone, `docs/reference`.
//!
//! Start reading at [`mod@test`], which lists all checks.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore talks to the person who started it")]

mod advisories;
mod bench;
mod r#gen;
mod hub;
mod interrupt;
mod postgres;
mod process;
mod setup;
mod test;
mod tidy;
mod world;

use std::fmt;
use std::process::ExitCode;

/// What went wrong, in words for the person who started the chore.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;
/// The result of a chore or a part of it.
pub(crate) type Result<T = ()> = std::result::Result<T, Error>;

/// A failure that has been told already.
#[derive(Debug)]
pub(crate) struct Told;

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("see above")
    }
}

impl std::error::Error for Told {}

const HELP: &str = "\
The chores of this repository.

Usage: cargo xtask <CHORE> [ARGUMENTS]

  demo [ARGUMENTS]   build everything and start a hub with demo data; arguments go to `watchkeep demo`
  test               the everyday checks: format, lints, tidy, tests on both engines, one real client
  test --all         everything: all clients, MCP conformance, long tests
  test WORD...       only the checks whose name contains a word: `test conformance`
  tidy               the rules of the house
  gen [--check]      write (or compare) what the program says about itself in docs/reference
  bench <NAME>       measure; `bench` alone lists what can be measured
  advisories         known vulnerabilities in what is linked
  postgres [--stay]  a throw-away PostgreSQL; prints its URL, runs until standard input ends (or Ctrl-C)
";

fn main() -> ExitCode {
    interrupt::listen();
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let chore = if args.is_empty() { String::from("help") } else { args.remove(0) };
    let done = match chore.as_str() {
        "demo" => hub::demo(&args),
        "test" => test::chore(&args),
        "tidy" => tidy::chore(&args),
        "gen" => r#gen::chore(&args),
        "bench" => bench::run(&args),
        "advisories" => advisories::chore(&args),
        "postgres" => postgres::chore(&args),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("there is no chore `{other}`; `cargo xtask help` lists them").into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Told>() => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
