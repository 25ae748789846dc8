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

/// Each package from outside can be taken under an allowed licence.
pub(crate) fn permissive(tree: &Tree) -> Vec<String> {
    let outside = tree.cargo.packages.iter().filter(|package| package.source.is_some());
    let wrong = outside.filter(|package| !package.license.as_deref().is_some_and(allowed));
    wrong
        .map(|package| {
            let licence = package.license.as_deref().unwrap_or("no licence that Cargo knows");
            format!("`{} {}` has {licence}: use another crate, or argue for the licence", package.name, package.version)
        })
        .collect()
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
    use super::{allowed, permissive};

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
        let found = permissive(&tree);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("`bad 1.0.0` has AGPL-3.0-only"));
    }
}
