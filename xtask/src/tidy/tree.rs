//! What the rules read: the workspace as Cargo sees it, and the text of its files.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::process::run;
use crate::{Result, world};

/// The whole repository.
pub(crate) struct Tree {
    /// Packages and how they depend on each other, all platforms.
    pub(crate) cargo: Cargo,
    /// Text files, sorted by path.
    pub(crate) files: Vec<File>,
}

/// The part of `cargo metadata` that the rules read.
#[derive(Deserialize)]
pub(crate) struct Cargo {
    pub(crate) packages: Vec<Package>,
    pub(crate) workspace_members: Vec<String>,
}

/// One package of the tree, ours or from outside.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    /// `None` for a package in this repository.
    pub(crate) source: Option<String>,
    pub(crate) manifest_path: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A line of a manifest.
#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None`, `dev` or `build`.
    pub(crate) kind: Option<String>,
}

/// A text file of the repository.
pub(crate) struct File {
    /// From the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Folders that hold what somebody else wrote or a program made.
const NOT_OURS: &[&str] = &[".git", ".cache", "target", "node_modules", "dist", ".venv", "__pycache__"];
const TEXT: &[&str] = &[
    "rs", "toml", "md", "sql", "mjs", "js", "ts", "tsx", "css", "html", "py", "yaml", "yml", "json", "in", "lock", "sh",
];

impl Tree {
    /// Reads the repository that the chore runs in.
    pub(crate) fn read() -> Result<Self> {
        let json = run("cargo").args(["metadata", "--format-version=1", "--all-features"]).read()?;
        let mut files = Vec::new();
        walk(world::root(), "", &mut files)?;
        files.sort_by(|a: &File, b: &File| a.path.cmp(&b.path));
        Ok(Self { cargo: serde_json::from_str(&json)?, files })
    }

    /// Our own packages.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.cargo.packages.iter().filter(|package| self.cargo.workspace_members.contains(&package.id))
    }

    /// The Rust files, but for the rules themselves, whose samples break the rules.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs") && !file.is_rule())
    }

    /// The file at a path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
}

fn walk(folder: &Path, prefix: &str, into: &mut Vec<File>) -> Result {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) {
            walk(&entry.path(), &format!("{path}/"), into)?;
        } else if kind.is_file() && (prefix == ".ci/" || TEXT.iter().any(|end| name.ends_with(&format!(".{end}")))) {
            // what is not UTF-8 is test data, not text
            if let Ok(text) = fs::read_to_string(entry.path()) {
                into.push(File { path, text });
            }
        }
    }
    Ok(())
}

impl File {
    /// Whether it is one of the rules, whose samples break the rules.
    pub(crate) fn is_rule(&self) -> bool {
        self.path.starts_with("xtask/src/tidy")
    }

    /// Whether it holds tests and nothing else.
    pub(crate) fn is_test(&self) -> bool {
        let in_folder = |name: &str| self.path.split('/').rev().skip(1).any(|folder| folder == name);
        in_folder("tests")
            || in_folder("benches")
            || in_folder("examples")
            || self.path.ends_with("/tests.rs")
            || in_folder("testkit")
    }

    /// The lines that are no test module, with their numbers from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut test = false;
        let mut armed = false;
        self.text.lines().enumerate().filter_map(move |(index, line)| {
            if test {
                test = line != "}";
                return None;
            }
            if armed && line.starts_with("mod ") && line.ends_with('{') {
                (test, armed) = (true, false);
                return None;
            }
            // attributes between `#[cfg(test)]` and its module belong to it
            armed = line == "#[cfg(test)]" || (armed && line.starts_with("#["));
            (!armed).then_some((index + 1, line))
        })
    }

    /// The lines of code: no test module, no comment line.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// A finding about a line.
    pub(crate) fn at(&self, line: usize, text: impl std::fmt::Display) -> String {
        format!("{}:{line}: {text}", self.path)
    }
}

/// Trees made up for the tests of the rules.
#[cfg(test)]
pub(crate) mod sample {
    use super::{Cargo, Dependency, File, Package, Tree};

    /// A tree of files alone.
    pub(crate) fn files(files: &[(&str, &str)]) -> Tree {
        let file = |(path, text): &(&str, &str)| File { path: String::from(*path), text: String::from(*text) };
        let cargo = Cargo { packages: Vec::new(), workspace_members: Vec::new() };
        Tree { cargo, files: files.iter().map(file).collect() }
    }

    /// A tree of packages of ours: name and the lines of the manifest, a development one as `dev:NAME`.
    pub(crate) fn members(members: &[(&str, &[&str])]) -> Tree {
        let mut tree = files(&[]);
        for (name, dependencies) in members {
            let mut package = outside(name, "0.1.0", "Apache-2.0");
            package.source = None;
            package.dependencies = dependencies.iter().map(|line| dependency(line)).collect();
            tree.cargo.workspace_members.push(package.id.clone());
            tree.cargo.packages.push(package);
        }
        tree
    }

    /// A package from outside.
    pub(crate) fn outside(name: &str, version: &str, license: &str) -> Package {
        let folder = name.strip_prefix("watchkeep-").unwrap_or(name);
        Package {
            id: format!("{name}@{version}"),
            name: String::from(name),
            version: String::from(version),
            license: Some(String::from(license)),
            source: Some(String::from("registry+sample")),
            manifest_path: format!("/repo/crates/{folder}/Cargo.toml"),
            dependencies: Vec::new(),
        }
    }

    fn dependency(line: &str) -> Dependency {
        match line.split_once(':') {
            Some((kind, name)) => Dependency { name: String::from(name), kind: Some(String::from(kind)) },
            None => Dependency { name: String::from(line), kind: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::File;

    #[test]
    fn test_modules_and_comments_are_no_code() {
        let text = "//! doc\nfn a() {}\n\n#[cfg(test)]\n#[expect(x)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n";
        let file = File { path: String::from("a.rs"), text: String::from(text) };
        let code: Vec<_> = file.code().filter(|(_, line)| !line.is_empty()).collect();
        assert_eq!(code, [(2, "fn a() {}"), (9, "fn c() {}")]);
    }

    #[test]
    fn a_test_module_in_its_own_file_hides_nothing() {
        let text = "#[cfg(test)]\nmod tests;\nfn c() {}\n";
        let file = File { path: String::from("a.rs"), text: String::from(text) };
        assert_eq!(file.lines().map(|(number, _)| number).collect::<Vec<_>>(), [2, 3]);
    }
}
