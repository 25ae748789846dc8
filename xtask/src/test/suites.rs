//! The big steps: the workspace's own tests, its documentation, and MCP conformance.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use super::clients::counted;
use super::counts::{self, Counts};
use crate::hub::{self, Demo, Told, first_line};
use crate::postgres::Cluster;
use crate::process::{Finished, Run, run};
use crate::{Result, process, setup, world};

/// The workspace's tests on both engines. `long` runs also those that take minutes.
pub(crate) fn tests(postgres: Option<&Cluster>, long: bool) -> Result<Counts> {
    let nextest = has_nextest();
    let mut command = if nextest {
        run("cargo").args([
            "nextest",
            "run",
            "--workspace",
            "--locked",
            "--no-fail-fast",
            "--no-tests=pass",
            "--status-level=slow",
        ])
    } else {
        run("cargo").args(["test", "--workspace", "--locked", "--no-fail-fast", "--all-targets"])
    };
    if long {
        command = command.env("WATCHKEEP_LONG", "1");
        command =
            if nextest { command.args(["--run-ignored", "all"]) } else { command.args(["--", "--include-ignored"]) };
    }
    let done = with_cluster(command, postgres).tee()?;
    let counts = if nextest { counts::nextest(&done.output) } else { counts::libtest(&done.output) };
    told(&done, counts)
}

/// The examples in documentation, of which many prove that something does not compile.
pub(crate) fn examples(postgres: Option<&Cluster>) -> Result<Counts> {
    let command = run("cargo").args(["test", "--doc", "--workspace", "--locked", "--no-fail-fast"]);
    let done = with_cluster(command, postgres).tee()?;
    told(&done, counts::libtest(&done.output))
}

/// The documentation builds and its links lead somewhere.
pub(crate) fn documentation() -> Result<Counts> {
    let command = run("cargo").args([
        "doc",
        "--quiet",
        "--workspace",
        "--no-deps",
        "--document-private-items",
        "--keep-going",
        "--locked",
    ]);
    command.env("RUSTDOCFLAGS", "--deny=warnings").show().map(|()| Counts::PASSED)
}

/// The MCP conformance suite against a connector of a running hub; `baseline` names what it may not pass, and why.
pub(crate) fn conformance(node: &Path, hub: &Told, baseline: &str) -> Result<Counts> {
    let folder = world::root().join("tests/conformance");
    let suite = run(node).arg("run.mjs").dir(folder).arg(format!("{baseline}.yaml"));
    let suite = suite.env("WATCHKEEP_MCP_RISK", &hub.mcp.risk).env("WATCHKEEP_TOKEN", &hub.token);
    counted(suite.limit(Duration::from_secs(900)).tee()?)
}

/// The same suite's scenarios for authorization servers.
pub(crate) fn authorization(node: &Path, hub: &Demo) -> Result<Counts> {
    let suite = run(node).arg("authorization.mjs").dir(world::root().join("tests/conformance"));
    counted(hub.tell(suite).limit(Duration::from_secs(300)).tee()?)
}

/// The pages in a real browser; the pictures of each are left in the build folder.
pub(crate) fn browser(node: &Path, chromium: &Path, hub: &Demo) -> Result<Counts> {
    let driver = run(node).arg("run.mjs").dir(setup::browser());
    let driver = driver.env("CHROMIUM", chromium).env("WATCHKEEP_PICTURES", world::target().join("browser"));
    counted(hub.tell(driver).limit(Duration::from_secs(900)).tee()?)
}

/// Whether the baseline finds what it must find.
pub(crate) fn baseline(node: &Path) -> Result<Counts> {
    counted(run(node).arg("baseline.test.mjs").dir(world::root().join("tests/conformance")).tee()?)
}

/// The same against a server with the suite's own tools, prompts and resources on the product's transport.
pub(crate) fn conformance_fixture(node: &Path) -> Result<Counts> {
    let fixture = hub::build_package("watchkeep-testkit", "conformance-fixture")?;
    let mut server = run(fixture).into_command().stdout(Stdio::piped()).spawn()?;
    let outcome = first_line(&mut server)
        .and_then(|line| Ok(serde_json::from_str::<Told>(&line)?))
        .and_then(|told| conformance(node, &told, "fixture"));
    process::stop(&mut server);
    outcome
}

fn has_nextest() -> bool {
    run("cargo").args(["nextest", "--version"]).capture().is_ok_and(|done| done.status.success())
}

fn with_cluster(command: Run, postgres: Option<&Cluster>) -> Run {
    let command = command.env("CARGO_TERM_COLOR", "never");
    match postgres {
        Some(cluster) => command.env("WATCHKEEP_TEST_PG", cluster.url()),
        None => command.without_env("WATCHKEEP_TEST_PG"),
    }
}

/// A runner that ends badly without naming a failed test did not get as far as running them all.
fn told(done: &Finished, mut counts: Counts) -> Result<Counts> {
    if !done.status.success() && counts.failed == 0 {
        println!("the tests ended with {}", done.status);
        counts.failed += 1;
    }
    Ok(counts)
}
