//! The crates of the house, their floors, and the arrows between them.

use super::tree::{Package, Tree};

/// A crate of the house: its name without `watchkeep-`, and the floor it stands on.
struct Room {
    name: &'static str,
    floor: u8,
}

/// Every crate that exists or is planned. Arrows go to a lower number only.
const HOUSE: &[Room] = &[
    Room { name: "watchkeep", floor: 50 },
    Room { name: "server", floor: 40 },
    Room { name: "hub", floor: 30 },
    Room { name: "store", floor: 20 },
    Room { name: "outbound", floor: 20 },
    Room { name: "score", floor: 15 },
    Room { name: "mapping", floor: 10 },
    Room { name: "loss", floor: 10 },
    Room { name: "vuln", floor: 10 },
    Room { name: "detect", floor: 10 },
    Room { name: "authz", floor: 10 },
    Room { name: "model", floor: 0 },
    Room { name: "wire", floor: 0 },
    // beside the house
    Room { name: "agent", floor: 5 },
    Room { name: "testkit", floor: 45 },
    Room { name: "xtask", floor: 0 },
];

/// The highest of the floors that know no I/O, async, clock or chance.
const PURE: u8 = 15;

/// What the agent may use of ours: it runs on other people's machines and stays small.
const AGENT_USES: &[&str] = &["wire"];

/// Crates that bring I/O, async, time or chance with them.
const IMPURE_CRATES: &[&str] = &[
    "tokio",
    "tokio-util",
    "async-trait",
    "futures",
    "futures-util",
    "mio",
    "rand",
    "rand_core",
    "getrandom",
    "fastrand",
    "tempfile",
    "walkdir",
    "tracing",
    "log",
    "libc",
    "rustix",
    "nix",
    "socket2",
    "chrono",
    "time",
];

/// What pure code does not say.
const IMPURE_WORDS: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::io::std",
    "SystemTime",
    "async fn",
    "async move",
];

fn short(package: &str) -> &str {
    package.strip_prefix("watchkeep-").unwrap_or(package)
}

fn floor(package: &str) -> Option<u8> {
    HOUSE.iter().find(|room| room.name == short(package)).map(|room| room.floor)
}

fn is_pure(package: &Package) -> bool {
    let name = short(&package.name);
    name != "agent" && name != "xtask" && floor(name).is_some_and(|floor| floor <= PURE)
}

/// Arrows between our crates: only those that the house has, and only downwards.
pub(crate) fn arrows(tree: &Tree) -> Vec<String> {
    let ours: Vec<&str> = tree.members().map(|package| package.name.as_str()).collect();
    let mut found = Vec::new();
    for package in tree.members() {
        let name = short(&package.name);
        let Some(from) = floor(name) else {
            found.push(format!(
                "crate `{name}` is not in the table of xtask/src/tidy/house.rs: give it a floor, or merge it"
            ));
            continue;
        };
        for arrow in package.dependencies.iter().filter(|arrow| ours.contains(&arrow.name.as_str())) {
            let to = short(&arrow.name);
            let dev = arrow.kind.as_deref() == Some("dev");
            let wrong = match (name, to) {
                ("xtask", _) => Some("xtask links no crate of the product"),
                (_, "testkit") if !dev => Some("testkit is a development dependency only"),
                (_, "testkit") => None,
                ("agent", to) if !AGENT_USES.contains(&to) => Some("the agent uses `wire` only"),
                (_, to) if !dev && floor(to).is_some_and(|to| to >= from) => Some("arrows go downwards only"),
                _ => None,
            };
            if let Some(why) = wrong {
                found.push(format!(
                    "`{name}` depends on `{to}`: {why}; move the code, or ask for what you need by a trait"
                ));
            }
        }
    }
    found
}

/// Floors 0 and 1 name neither crates nor parts of std that reach out.
pub(crate) fn pure(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for package in tree.members().filter(|package| is_pure(package)) {
        let name = short(&package.name);
        let normal = package.dependencies.iter().filter(|line| line.kind.is_none());
        for line in normal.filter(|line| IMPURE_CRATES.contains(&line.name.as_str())) {
            found.push(format!("`{name}` depends on `{}`, but is pure: take what it gives as an argument", line.name));
        }
        let folder = format!("crates/{name}/src/");
        for file in tree.rust().filter(|file| file.path.starts_with(&folder) && !file.is_test()) {
            for (number, line) in file.code() {
                if let Some(word) = IMPURE_WORDS.iter().find(|word| line.contains(**word)) {
                    found.push(file.at(number, format_args!("`{word}` in a pure crate: take it as an argument")));
                }
            }
        }
    }
    found
}

/// Each crate's root says what the crate is, what it never does, and where to start reading.
pub(crate) fn introductions(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for package in tree.members() {
        let folder = folder(package);
        let root = ["lib.rs", "main.rs"].iter().find_map(|name| tree.file(&format!("{folder}/src/{name}")));
        let Some(root) = root else {
            found.push(format!("{folder} has neither src/lib.rs nor src/main.rs"));
            continue;
        };
        let said: String = root.text.lines().take_while(|line| line.starts_with("//!")).collect::<Vec<_>>().join("\n");
        let said = said.to_lowercase();
        for (word, what) in [("never", "what it never does"), ("start", "where to start reading")] {
            if !said.contains(word) {
                found.push(root.at(1, format_args!("the crate's documentation does not say {what} (`{word}`)")));
            }
        }
    }
    found
}

/// Each manifest takes the lints of the workspace.
pub(crate) fn lints(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for package in tree.members() {
        let path = format!("{}/Cargo.toml", folder(package));
        let Some(file) = tree.file(&path) else { continue };
        let manifest: toml::Table = file.text.parse().unwrap_or_default();
        let taken = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        if taken != Some(true) {
            found.push(format!("{path} lacks `[lints] workspace = true`"));
        }
    }
    found
}

/// Versions and features of dependencies stand in the root manifest alone.
pub(crate) fn inherited(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for package in tree.members() {
        let path = format!("{}/Cargo.toml", folder(package));
        let Some(file) = tree.file(&path) else { continue };
        let manifest: toml::Table = file.text.parse().unwrap_or_default();
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let lines = manifest.get(table).and_then(toml::Value::as_table).into_iter().flatten();
            for (name, line) in
                lines.filter(|(_, line)| line.get("workspace").and_then(toml::Value::as_bool) != Some(true))
            {
                found.push(format!("{path}: `{name} = {line}`: put the version into the root manifest, and here `{name}.workspace = true`"));
            }
        }
    }
    found
}

/// The package's folder from the root: `crates/NAME` or `xtask`.
fn folder(package: &Package) -> String {
    let name = short(&package.name);
    if package.manifest_path.contains("/crates/") { format!("crates/{name}") } else { String::from(name) }
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::{arrows, inherited, introductions, lints, pure};

    #[test]
    fn an_arrow_downwards_is_fine() {
        let tree = sample::members(&[
            ("watchkeep-server", &["watchkeep-hub", "axum", "dev:watchkeep-testkit"]),
            ("watchkeep-hub", &["watchkeep-model"]),
            ("watchkeep-model", &["serde"]),
            ("watchkeep-testkit", &["watchkeep-server"]),
        ]);
        assert!(arrows(&tree).is_empty(), "{:?}", arrows(&tree));
    }

    #[test]
    fn wrong_arrows_are_found() {
        for (from, to) in [
            ("watchkeep-hub", "watchkeep-server"),
            ("watchkeep-store", "watchkeep-outbound"),
            ("watchkeep-model", "watchkeep-wire"),
            ("watchkeep-server", "watchkeep-testkit"),
            ("watchkeep-agent", "watchkeep-model"),
            ("xtask", "watchkeep-model"),
        ] {
            let tree = sample::members(&[(from, &[to]), (to, &[])]);
            assert_eq!(arrows(&tree).len(), 1, "{from} -> {to}");
        }
        let tree = sample::members(&[("watchkeep-utils", &[])]);
        assert!(arrows(&tree)[0].contains("not in the table"));
    }

    #[test]
    fn a_pure_crate_neither_waits_nor_reads() {
        let mut tree = sample::members(&[("watchkeep-model", &["tokio", "dev:tempfile"])]);
        let file = "use std::fs;\n// std::net is fine in a comment\n#[cfg(test)]\nmod tests {\n    use std::env;\n}\n";
        tree.files = sample::files(&[("crates/model/src/a.rs", file), ("crates/hub/src/a.rs", file)]).files;
        let found = pure(&tree);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[1].starts_with("crates/model/src/a.rs:1:"));
    }

    #[test]
    fn a_crate_without_words_is_found() {
        let mut tree = sample::members(&[("watchkeep-model", &[]), ("watchkeep-hub", &[]), ("watchkeep-store", &[])]);
        let good = "//! The hub. It never sleeps.\n//! Start at `call`.\n";
        let files =
            [("crates/model/src/lib.rs", "//! The model.\nfn never_start() {}\n"), ("crates/hub/src/lib.rs", good)];
        tree.files = sample::files(&files).files;
        let found = introductions(&tree);
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn a_manifest_without_lints_is_found() {
        let mut tree = sample::members(&[("watchkeep-model", &[]), ("watchkeep-hub", &[])]);
        let files = [
            ("crates/model/Cargo.toml", "[package]\nname = \"x\"\n"),
            ("crates/hub/Cargo.toml", "[package]\nname = \"x\"\n[lints]\nworkspace = true\n"),
        ];
        tree.files = sample::files(&files).files;
        assert_eq!(lints(&tree), ["crates/model/Cargo.toml lacks `[lints] workspace = true`"]);
    }

    #[test]
    fn a_version_in_a_member_is_found() {
        let mut tree = sample::members(&[("watchkeep-hub", &[])]);
        let manifest = "[dependencies]\na.workspace = true\nb = \"1\"\n[dev-dependencies]\nc = { workspace = true }\n";
        tree.files = sample::files(&[("crates/hub/Cargo.toml", manifest)]).files;
        let found = inherited(&tree);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("`b.workspace = true`"));
    }
}
