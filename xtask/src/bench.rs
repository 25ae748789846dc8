//! Measurements, run as `cargo xtask bench NAME`. They are never part of `test`: their figures belong to the machine
//! and the hour, and are read by people.

mod call;
mod disk;
mod extract;
mod flags;
mod http;
mod hub;
mod load;
mod machine;
mod mcp;
mod oauth;
mod peers;
mod report;
mod sign_in;
mod subject;
mod usage;

const HELP: &str = "\
Measurements of the product.

Usage: cargo xtask bench <NAME> [OPTIONS]

  mcp    one MCP call (token lookup, list of 50 rows, durable audit row) on both engines, beside a FastMCP and a
         TypeScript server that do the same; `cargo xtask bench mcp --help` lists its options
  oauth  refresh rotation, validation of a token and registration, with and without waiting for the disk, beside
         oidc-provider in memory; `cargo xtask bench oauth --help` lists its options
  sign-in
         500 sign-ins at once: memory, and how long health takes meanwhile
  extract
         what `watchkeep extract` reads from reports: precision and recall by format, time and memory for 10 MB beside
         Python; `cargo xtask bench extract --help` lists its options
";

/// Runs the named measurement.
pub(crate) fn run(args: &[String]) -> crate::Result {
    match args.split_first() {
        Some((name, rest)) if name == "mcp" => mcp::run(rest),
        Some((name, rest)) if name == "oauth" => oauth::run(rest),
        Some((name, rest)) if name == "sign-in" => sign_in::run(rest),
        Some((name, rest)) if name == "extract" => extract::run(rest),
        None => {
            print!("{HELP}");
            Ok(())
        }
        Some((name, _)) if matches!(name.as_str(), "help" | "--help" | "-h") => {
            print!("{HELP}");
            Ok(())
        }
        Some((name, _)) => Err(format!("there is no bench `{name}`; `cargo xtask bench` lists them").into()),
    }
}
