//! What may be in the dependency tree, how often, and where it comes from.

use std::collections::BTreeMap;

use super::tree::Tree;

/// Crates that nothing may bring in, and what to do instead.
const BANNED: &[(&str, &str)] = &[
    ("aws-lc-rs", "the one TLS stack is rustls on ring: switch off the default features that bring it"),
    ("aws-lc-sys", "the one TLS stack is rustls on ring: switch off the default features that bring it"),
    ("openssl", "the one TLS stack is rustls on ring"),
    ("openssl-sys", "the one TLS stack is rustls on ring"),
    ("native-tls", "the one TLS stack is rustls on ring"),
    ("async-std", "the runtime is tokio"),
];

/// Crates that are in the tree in several versions, and why that is bearable. An entry that is no longer true fails.
const DOUBLED: &[(&str, &str)] = &[
    ("argon2", "ours hashes passwords; the older one comes with webauthn-rs, which never calls it for us"),
    ("base64", "postgres-protocol is one version ahead of everybody else"),
    ("blake2", "comes with the two argon2"),
    ("block-buffer", "comes with the two digest"),
    ("const-oid", "tokio-postgres-rustls and the digest crates are on two generations of RustCrypto"),
    ("cpufeatures", "comes with the two argon2"),
    ("crypto-common", "comes with the two digest"),
    ("darling", "zxcvbn and serde_with are on two versions; build time only"),
    ("darling_core", "comes with the two darling"),
    ("darling_macro", "comes with the two darling"),
    ("der", "tokio-postgres-rustls is a generation of RustCrypto behind webauthn-rs"),
    ("der_derive", "comes with the two der"),
    ("digest", "the argon2 of webauthn-rs is a generation behind the rest"),
    ("fallible-iterator", "rusqlite and postgres-protocol are on two versions; a few dozen lines"),
    ("fancy-regex", "zxcvbn is one version behind jsonschema, which only tests use"),
    ("getrandom", "ring is on 0.2, the rest on a newer one"),
    ("hashbrown", "in the lock file for a feature of serde_with that is off"),
    ("indexmap", "in the lock file for a feature of serde_with that is off"),
    ("password-hash", "comes with the two argon2"),
    ("r-efi", "on no platform of ours"),
    ("rand_core", "comes with the two password-hash"),
    ("schemars", "in the lock file for a feature of serde_with that is off"),
    ("spki", "comes with the two der"),
    ("strum", "croner is one version behind jsonschema, which only tests use"),
    ("strum_macros", "comes with the two strum"),
    ("syn", "derive crates are moving from 2 to 3; build time only"),
    ("synstructure", "comes with the two syn; build time only"),
    ("thiserror", "webauthn-rs-core is still on 1; it makes code while building and is nothing at run time"),
    ("thiserror-impl", "comes with the two thiserror"),
    ("wasi", "comes with the two getrandom, on no platform of ours"),
    ("windows-sys", "on no platform of ours"),
    ("x509-cert", "tokio-postgres-rustls and the doctor are a generation of RustCrypto behind webauthn-rs"),
];

/// No banned crate, and nothing that comes from elsewhere than a registry, where a version never changes.
pub(crate) fn banned(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for package in &tree.cargo.packages {
        if let Some((name, instead)) = BANNED.iter().find(|(name, _)| *name == package.name) {
            found.push(format!("`{name}` is banned: {instead} (`cargo tree -i {name}` shows who brings it)"));
        }
        if let Some(source) = package.source.as_deref().filter(|source| !source.starts_with("registry+")) {
            found.push(format!("`{}` comes from {source}: take a released version", package.name));
        }
    }
    found
}

/// Each crate in one version, but for the listed ones.
pub(crate) fn doubled(tree: &Tree) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in &tree.cargo.packages {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    versions.retain(|_, versions| versions.len() > 1);
    let mut found: Vec<String> = versions
        .iter()
        .filter(|(name, _)| !DOUBLED.iter().any(|(listed, _)| listed == *name))
        .map(|(name, versions)| {
            let versions = versions.join(" and ");
            format!("`{name}` is in the tree as {versions}: bring one side up to date, or list it with its reason")
        })
        .collect();
    let stale = DOUBLED.iter().filter(|(name, _)| !versions.contains_key(name));
    found.extend(
        stale.map(|(name, _)| {
            format!("`{name}` is no longer doubled: take it off the list in xtask/src/tidy/versions.rs")
        }),
    );
    found
}

/// A lock file that names where a package was fetched from works on one machine only; the hashes say what it must be.
pub(crate) fn registries(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for file in &tree.files {
        let npm = file.path.ends_with("package-lock.json");
        let pip = file.path.ends_with("requirements.lock");
        for (index, line) in file.text.lines().enumerate() {
            let line = line.trim();
            let foreign = npm && line.starts_with("\"resolved\"");
            let option = pip
                && ["--index-url", "--extra-index-url", "--find-links", "--trusted-host"]
                    .iter()
                    .any(|o| line.starts_with(o));
            if foreign || option {
                found.push(file.at(index + 1, "names a registry of one machine: make the lock file without it"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tree::sample;
    use super::{DOUBLED, banned, doubled, registries};

    #[test]
    fn a_second_tls_stack_and_a_git_dependency_are_found() {
        let mut tree = sample::files(&[]);
        tree.cargo.packages.push(sample::outside("openssl-sys", "0.9.0", "MIT"));
        let mut git = sample::outside("thing", "0.1.0", "MIT");
        git.source = Some(String::from("git+https://example.com/thing"));
        tree.cargo.packages.push(git);
        assert_eq!(banned(&tree).len(), 2);
    }

    #[test]
    fn two_versions_and_a_stale_entry_are_found() {
        let mut tree = sample::files(&[]);
        for (name, _) in DOUBLED.iter().skip(1) {
            tree.cargo.packages.push(sample::outside(name, "1.0.0", "MIT"));
            tree.cargo.packages.push(sample::outside(name, "2.0.0", "MIT"));
        }
        tree.cargo.packages.push(sample::outside("hyper", "0.14.0", "MIT"));
        tree.cargo.packages.push(sample::outside("hyper", "1.0.0", "MIT"));
        let found = doubled(&tree);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("`hyper` is in the tree as 0.14.0 and 1.0.0"));
        assert!(found[1].contains("no longer doubled"));
    }

    #[test]
    fn a_private_mirror_in_a_lock_file_is_found() {
        let npm = "\"resolved\": \"http://mirror.local/a\"\n";
        let files = [("a/package-lock.json", npm), ("a/requirements.lock", "--find-links /x\nmcp==1\n")];
        assert_eq!(registries(&sample::files(&files)).len(), 2);
    }
}
