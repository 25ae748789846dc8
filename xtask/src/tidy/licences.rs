//! Licences of everything that is linked.

use super::tree::Tree;

/// What may be linked into an Apache-2.0 program without asking anybody.
const ALLOWED: &[&str] = &[
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "ISC",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "Unicode-3.0",
    "Zlib",
    "CDLA-Permissive-2.0",
];

/// Packages under MPL-2.0, which is copyleft file by file: their own files stay under it, and whoever changes one gives
/// the change away; a larger work that links them may be under any licence (3.3), and need only tell where their source
/// is. These are linked as they were published, from a registry, where the source of each version can be had for good;
/// NOTICE names them. There is no other implementation of WebAuthn that is as widely reviewed, and passkeys are nothing
/// to write anew. An entry that is no longer in the tree fails.
const FILE_COPYLEFT: &[&str] =
    &["crypto-glue", "webauthn-attestation-ca", "webauthn-rs", "webauthn-rs-core", "webauthn-rs-proto"];

/// Each package from outside can be taken under an allowed licence, or is on the list of exceptions with its own.
pub(crate) fn permissive(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    let mut used = Vec::new();
    for package in tree.cargo.packages.iter().filter(|package| package.source.is_some()) {
        let licence = package.license.as_deref();
        if licence.is_some_and(allowed) {
            continue;
        }
        if licence == Some("MPL-2.0") && FILE_COPYLEFT.contains(&package.name.as_str()) {
            used.push(package.name.as_str());
            continue;
        }
        let licence = licence.unwrap_or("no licence that Cargo knows");
        found.push(format!(
            "`{} {}` has {licence}: use another crate, or argue for the licence",
            package.name, package.version
        ));
    }
    let stale = FILE_COPYLEFT.iter().filter(|name| !used.contains(name));
    found.extend(stale.map(|name| {
        format!("`{name}` is no longer there under MPL-2.0: take it off the list in xtask/src/tidy/licences.rs")
    }));
    found
}

/// Whether an SPDX expression can be met with allowed licences alone. `/` is the old spelling of `OR`.
fn allowed(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut words = words.as_slice();
    any(&mut words) && words.is_empty()
}

/// `all OR all OR ...`
fn any(words: &mut &[&str]) -> bool {
    let mut met = all(words);
    while let ["OR", rest @ ..] = *words {
        *words = rest;
        met |= all(words);
    }
    met
}

/// `one AND one AND ...`
fn all(words: &mut &[&str]) -> bool {
    let mut met = one(words);
    while let ["AND", rest @ ..] = *words {
        *words = rest;
        met &= one(words);
    }
    met
}

/// A licence, with its exception, or something in brackets.
fn one(words: &mut &[&str]) -> bool {
    match *words {
        ["(", rest @ ..] => {
            *words = rest;
            let met = any(words);
            if let [")", rest @ ..] = *words {
                *words = rest;
                return met;
            }
            false
        }
        [licence, "WITH", exception, rest @ ..] => {
            *words = rest;
            ALLOWED.contains(&format!("{licence} WITH {exception}").as_str())
        }
        [licence, rest @ ..] => {
            *words = rest;
            ALLOWED.contains(licence)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::{FILE_COPYLEFT, allowed, permissive};

    #[test]
    fn expressions_are_understood() {
        for yes in [
            "MIT",
            "MIT/Apache-2.0",
            "Unlicense OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "MIT OR Apache-2.0 OR LGPL-2.1-or-later",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(allowed(yes), "{yes}");
        }
        for no in [
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "MPL-2.0 OR GPL-2.0",
            "GPL-2.0 WITH Classpath-exception-2.0",
            "",
            "(MIT",
            "MIT)",
        ] {
            assert!(!allowed(no), "{no}");
        }
    }

    #[test]
    fn a_copyleft_package_is_found() {
        let mut tree = sample::files(&[]);
        tree.cargo.packages.push(sample::outside("good", "1.0.0", "MIT"));
        tree.cargo.packages.push(sample::outside("bad", "1.0.0", "AGPL-3.0-only"));
        tree.cargo.packages.push(sample::outside("other", "1.0.0", "MPL-2.0"));
        for name in FILE_COPYLEFT {
            tree.cargo.packages.push(sample::outside(name, "1.0.0", "MPL-2.0"));
        }
        let found = permissive(&tree);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("`bad 1.0.0` has AGPL-3.0-only"));
        assert!(found[1].contains("`other 1.0.0` has MPL-2.0"));
    }

    #[test]
    fn an_exception_is_for_its_licence_and_stays_only_while_it_is_used() {
        let mut tree = sample::files(&[]);
        for name in FILE_COPYLEFT.iter().skip(1) {
            tree.cargo.packages.push(sample::outside(name, "1.0.0", "MPL-2.0"));
        }
        tree.cargo.packages.push(sample::outside(FILE_COPYLEFT[0], "1.0.0", "GPL-3.0-only"));
        let found = permissive(&tree);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("has GPL-3.0-only"));
        assert!(found[1].contains("no longer there under MPL-2.0"));
    }
}
