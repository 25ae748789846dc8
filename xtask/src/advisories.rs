//! Known vulnerabilities in what is linked, by `cargo audit` and the RustSec database.

use std::path::PathBuf;

use crate::process::run;
use crate::{Result, Told, world};

/// `cargo xtask advisories`. The database is fetched where the network allows; where it does not, an older copy is
/// asked; without a copy the check says so and is no failure.
pub(crate) fn chore(args: &[String]) -> Result {
    if !args.is_empty() {
        return Err("usage: cargo xtask advisories".into());
    }
    if world::find("cargo-audit").is_none() {
        println!("skipped: no database (cargo-audit is not installed: `cargo install cargo-audit`)");
        return Ok(());
    }
    let fresh = run("cargo").args(["audit", "--color=never"]).capture()?;
    print!("{}", fresh.output);
    if fresh.status.success() {
        return Ok(());
    }
    // a finding names its crate; anything else is a database that could not be fetched
    if fresh.output.lines().any(|line| line.starts_with("Crate:")) {
        return Err(Told.into());
    }
    match copy() {
        Some(database) => run("cargo").args(["audit", "--no-fetch", "--stale", "--db"]).arg(database).show(),
        None => {
            println!("skipped: no database");
            Ok(())
        }
    }
}

/// The copy that an earlier run left.
fn copy() -> Option<PathBuf> {
    let cargo = world::env("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(PathBuf::from(world::env("HOME")?).join(".cargo")))?;
    Some(cargo.join("advisory-db")).filter(|folder| folder.join("crates").is_dir())
}
