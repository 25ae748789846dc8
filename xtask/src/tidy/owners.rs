//! Dangerous dependencies and the one crate that may name each in its manifest.

use super::tree::Tree;

/// An outside crate (`axum`, or `tower-*` for a family) and who may name it.
struct Owned {
    name: &'static str,
    by: &'static [&'static str],
}

const OWNED: &[Owned] = &[
    Owned { name: "clap", by: &["watchkeep", "xtask"] },
    Owned { name: "clap_complete", by: &["watchkeep"] },
    // testkit serves the conformance suite's own tools on the product's transport
    Owned { name: "axum", by: &["server", "testkit"] },
    Owned { name: "axum-*", by: &["server"] },
    Owned { name: "tower", by: &["server", "testkit"] },
    Owned { name: "tower-*", by: &["server"] },
    Owned { name: "askama", by: &["server"] },
    Owned { name: "rust-embed", by: &["server"] },
    Owned { name: "hyper", by: &["server", "outbound"] },
    Owned { name: "hyper-util", by: &["server", "outbound"] },
    // who does not know HTTP does not know its statuses
    Owned { name: "http", by: &["server", "outbound", "testkit"] },
    Owned { name: "http-body-util", by: &["server", "outbound", "testkit"] },
    // one module on each side
    Owned { name: "rmcp", by: &["server", "outbound", "testkit"] },
    Owned { name: "rusqlite", by: &["store"] },
    Owned { name: "tokio-postgres", by: &["store", "testkit"] },
    Owned { name: "postgres-types", by: &["store"] },
    Owned { name: "deadpool-postgres", by: &["store"] },
    Owned { name: "tokio-postgres-rustls", by: &["store"] },
    Owned { name: "reqwest", by: &["outbound"] },
    Owned { name: "webpki-roots", by: &["outbound"] },
    Owned { name: "lettre", by: &["outbound"] },
    Owned { name: "rustls", by: &["server", "store", "outbound", "agent"] },
    Owned { name: "tokio-rustls", by: &["server", "outbound"] },
    Owned { name: "argon2", by: &["authz"] },
    Owned { name: "zxcvbn", by: &["authz"] },
    Owned { name: "webauthn-rs*", by: &["hub"] },
    Owned { name: "serde_json_path", by: &["mapping"] },
    // `server` reads its own log in a test
    Owned { name: "tracing-subscriber", by: &["watchkeep", "agent", "testkit", "server"] },
    Owned { name: "prometheus-client", by: &["server"] },
    // time is jiff, a static value is std's LazyLock
    Owned { name: "chrono", by: &[] },
    Owned { name: "time", by: &[] },
    Owned { name: "lazy_static", by: &[] },
    Owned { name: "once_cell", by: &[] },
];

impl Owned {
    fn covers(&self, name: &str) -> bool {
        match self.name.strip_suffix('*') {
            Some(family) => name.starts_with(family),
            None => self.name == name,
        }
    }
}

/// No crate names what another one owns, not even for its tests.
pub(crate) fn owned(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for package in tree.members() {
        let name = package.name.strip_prefix("watchkeep-").unwrap_or(&package.name);
        for line in &package.dependencies {
            if let Some(owned) = OWNED.iter().find(|owned| owned.covers(&line.name) && !owned.by.contains(&name)) {
                let instead = match owned.by {
                    [] => String::from("is nobody's: std or jiff does it"),
                    by => format!("belongs to {}: call the owner instead", by.join(", ")),
                };
                found.push(format!("`{name}` names `{}`, which {instead}", line.name));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::owned;

    #[test]
    fn an_owner_names_what_it_owns() {
        let tree =
            sample::members(&[("watchkeep-store", &["rusqlite", "serde"]), ("watchkeep-server", &["tower-http"])]);
        assert!(owned(&tree).is_empty());
    }

    #[test]
    fn a_stranger_does_not() {
        let tree = sample::members(&[("watchkeep-hub", &["dev:rusqlite", "tower-http", "serde", "http"])]);
        assert_eq!(owned(&tree).len(), 3, "{:?}", owned(&tree));
    }
}
