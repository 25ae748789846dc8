//! `cargo xtask test`: every check, in order, each counted, none left out because an earlier one failed.
//!
//! What a machine lacks is installed where that can be done; where it cannot, the checks that need it are skipped and
//! said so, except in CI (`CI=true`), where that is a failure.

mod clients;
mod counts;
mod steps;
mod suites;

use std::path::Path;

use crate::hub::Variant;
use crate::postgres::Cluster;
use crate::process::run;
use crate::{Result, Told, r#gen, hub, interrupt, setup, tidy};
use clients::Language;
use counts::Counts;
use steps::{Steps, When};

const USAGE: &str = "usage: cargo xtask test [--all] [WORD...]: with words, only the checks whose name contains one";

/// Runs the everyday checks or, with `--all`, everything. The last line printed is `N passed, N failed, N skipped`.
pub(crate) fn chore(args: &[String]) -> Result {
    let (flags, words): (Vec<&String>, Vec<&String>) = args.iter().partition(|arg| arg.starts_with('-'));
    if flags.iter().any(|flag| *flag != "--all") {
        return Err(USAGE.into());
    }
    let mut steps = Steps::new(!flags.is_empty(), words.into_iter().cloned().collect());
    check(&mut steps, !flags.is_empty());
    if interrupt::interrupted() {
        steps.interrupted();
    }
    let total = steps.finish();
    if total.failed == 0 && total.total() > 0 { Ok(()) } else { Err(Told.into()) }
}

fn check(steps: &mut Steps, all: bool) {
    use When::{All, Everyday};
    steps.run(Everyday, "format", || cargo(&["fmt", "--all", "--check"]));
    steps.run(Everyday, "tidy", || tidy::check().map(|(passed, failed)| Counts { passed, failed, skipped: 0 }));
    steps.run(Everyday, "lints", || {
        cargo(&[
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--locked",
            "--keep-going",
            "--",
            "--deny=warnings",
        ])
    });
    steps.run(All, "documentation", suites::documentation);
    steps.run(Everyday, "generated files", fresh);

    if steps.wants(Everyday, TESTS) || steps.wants(Everyday, EXAMPLES) {
        let installed = steps.need("PostgreSQL", setup::postgres);
        let cluster = installed.and_then(|()| steps.need("cluster", Cluster::start));
        steps.run(Everyday, TESTS, || suites::tests(cluster.as_ref(), all));
        steps.run(Everyday, EXAMPLES, || suites::examples(cluster.as_ref()));
    }
    with_hub(steps);
}

const TESTS: &str = "tests";
const EXAMPLES: &str = "tests in documentation";
const PRODUCT: &str = "conformance: product";
const AUTHORIZATION: &str = "conformance: sign-in";
const FIXTURES: &str = "conformance: fixtures";
const BASELINE: &str = "conformance: baseline";
const BROWSER: &str = "browser";

/// The checks from outside, by other people's programs.
fn with_hub(steps: &mut Steps) {
    let wanted = |steps: &Steps, language: Language| {
        clients::ALL.iter().any(|client| client.language == language && steps.wants(client.when, client.name))
    };
    let suite = [PRODUCT, AUTHORIZATION, FIXTURES, BASELINE, BROWSER].iter().any(|name| steps.wants(When::All, name));
    let (in_node, in_python) = (wanted(steps, Language::Node), wanted(steps, Language::Python));
    let node = if in_node || in_python || suite { steps.need("MCP clients", setup::node) } else { None };
    let python = if in_python { steps.need("Python clients", setup::python) } else { None };
    let chromium = if steps.wants(When::All, BROWSER) { steps.need("chromium", setup::chromium) } else { None };

    let hubs = [Variant::Plain, Variant::RegistrationOnly, Variant::Localhost];
    let hubs: Vec<_> = hubs.into_iter().filter(|variant| !of(steps, *variant).is_empty()).collect();
    let watchkeep = if hubs.is_empty() { None } else { steps.need("watchkeep", hub::build) };
    for (variant, watchkeep) in hubs.into_iter().zip(watchkeep.iter().cycle()) {
        against(steps, (variant, watchkeep), (node.as_deref(), python.as_deref(), chromium.as_deref()));
    }
    if let Some(node) = &node {
        steps.run(When::All, BASELINE, || suites::baseline(node));
        steps.run(When::All, FIXTURES, || suites::conformance_fixture(node));
    }
}

/// The names of the wanted checks that need a certain hub.
fn of(steps: &Steps, variant: Variant) -> Vec<&'static str> {
    let clients = clients::ALL.iter().filter(|one| one.hub == variant).map(|one| (one.when, one.name));
    let suites: &[&str] = match variant {
        Variant::Plain => &[PRODUCT, AUTHORIZATION],
        Variant::RegistrationOnly => &[],
        Variant::Localhost => &[BROWSER],
    };
    let suites = suites.iter().map(|name| (When::All, *name));
    clients.chain(suites).filter(|(when, name)| steps.wants(*when, name)).map(|(_, name)| name).collect()
}

/// The checks that need a certain hub, against a fresh one.
fn against(
    steps: &mut Steps,
    (variant, watchkeep): (Variant, &Path),
    (node, python, chromium): (Option<&Path>, Option<&Path>, Option<&Path>),
) {
    let Some(demo) = steps.need("demo hub", || hub::Demo::start(watchkeep, variant)) else { return };
    for client in clients::ALL.iter().filter(|one| one.hub == variant) {
        let program = match client.language {
            Language::Node => node,
            Language::Python => python,
        };
        if let Some(program) = program {
            steps.run(client.when, client.name, || client.run(program, node, &demo));
        }
    }
    match (variant, node, chromium) {
        (Variant::Plain, Some(node), _) => {
            steps.run(When::All, AUTHORIZATION, || suites::authorization(node, &demo));
            steps.run(When::All, PRODUCT, || suites::conformance(node, &demo.told, "product"));
        }
        (Variant::Localhost, Some(node), Some(chromium)) => {
            steps.run(When::All, BROWSER, || suites::browser(node, chromium, &demo));
        }
        _ => {}
    }
}

/// A check by Cargo that holds or does not.
fn cargo(args: &[&str]) -> Result<Counts> {
    run("cargo").args(args).show().map(|()| Counts::PASSED)
}

/// Generated files are as the program prints them.
fn fresh() -> Result<Counts> {
    let stale = r#gen::outdated()?;
    for (path, _) in &stale {
        println!("not ok {path}: out of date, run `cargo xtask gen`");
    }
    Ok(Counts { passed: r#gen::FILES.len() - stale.len(), failed: stale.len(), skipped: 0 })
}
