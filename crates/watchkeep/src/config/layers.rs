//! The layers: defaults, files, environment, command line. What is given later wins, and each value knows its origin.
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};
use watchkeep_model::{text, word};

use super::section::Key;
use super::setting::Given;
use super::{Fault, PREFIX, keys};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody set it.
    Default,
    /// A line of a file.
    File(PathBuf, usize),
    /// A variable of the environment.
    Variable(String),
    /// A secret in a file that a variable or a key names.
    Secret(PathBuf, String),
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(file, line) => write!(f, "{}:{line}", file.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Secret(file, by) => write!(f, "file {} (named by {by})", file.display()),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// The value.
    pub(crate) given: Given,
    /// Where it comes from.
    pub(crate) origin: Origin,
}

/// All values that were given, by the path of their key, the winning one last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layers(BTreeMap<&'static str, Vec<Entry>>);

/// Variables of the repository's own chores, which are no settings of the hub.
const CHORES: &[&str] = &["WATCHKEEP_BIN", "WATCHKEEP_LONG", "WATCHKEEP_TEST_PG"];

/// Short names for what is set most.
const SHORT: &[(&str, &str)] = &[
    ("WATCHKEEP_LISTEN", "server.listen"),
    ("WATCHKEEP_LOG", "log.level"),
    ("WATCHKEEP_PUBLIC_URL", "server.public_url"),
];

/// The short name of a key, where it has one.
pub(crate) fn short(path: &str) -> Option<&'static str> {
    SHORT.iter().find(|(_, p)| *p == path).map(|(name, _)| *name)
}

impl Layers {
    /// The value that counts; the default if none was given.
    pub(crate) fn value(&self, path: &str, default: &str) -> Given {
        self.entries(path).last().map_or_else(|| Given::text(default), |entry| entry.given.clone())
    }

    /// All that was given for a key, the winning one last.
    pub(crate) fn entries(&self, path: &str) -> &[Entry] {
        self.0.get(path).map_or(&[], Vec::as_slice)
    }

    /// Where the value that counts comes from.
    pub(crate) fn origin(&self, path: &str) -> Origin {
        self.entries(path).last().map_or(Origin::Default, |entry| entry.origin.clone())
    }

    fn put(&mut self, key: &'static Key, given: Given, origin: Origin, faults: &mut Vec<Fault>) {
        if !(key.takes)(&given) {
            let got = match (key.secret, given.kind) {
                (true, _) => "something else".to_owned(),
                (false, Some("array" | "table")) => {
                    format!("{} {}", article(given.kind), given.kind.unwrap_or_default())
                }
                (false, Some("string") | None) => format!("`{}`", text::clean(&given.text, 60)),
                (false, Some(kind)) => format!("the {kind} {}", text::clean(&given.text, 60)),
            };
            faults.push(Fault::new(format!("{origin}: {}: expected {}, not {got}", key.path, key.expected)));
            return;
        }
        self.0.entry(key.path).or_default().push(Entry { given, origin });
    }

    /// Reads a TOML file on top.
    pub(crate) fn file(&mut self, file: &Path, text: &str, faults: &mut Vec<Fault>) {
        let line = |at: usize| text.get(..at).unwrap_or(text).matches('\n').count() + 1;
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(e) => {
                let at = e.span().map_or(1, |span| line(span.start));
                faults.push(Fault::new(format!("{}:{at}: not TOML: {}", file.display(), e.message().trim())));
                return;
            }
        };
        let from = File { file, folder: file.parent().unwrap_or(Path::new("")), line: &line };
        self.table(&from, "", table.get_ref(), faults);
    }

    fn table(&mut self, from: &File<'_>, section: &str, table: &DeTable<'_>, faults: &mut Vec<Fault>) {
        for (name, value) in table {
            let path =
                if section.is_empty() { name.get_ref().to_string() } else { format!("{section}.{}", name.get_ref()) };
            let origin = Origin::File(from.file.to_owned(), (from.line)(name.span().start));
            let is_section = super::SECTIONS.iter().any(|s| !s.name.is_empty() && s.name == path);
            match (value.get_ref(), is_section) {
                (DeValue::Table(inner), true) => self.table(from, &path, inner, faults),
                (_, true) => faults.push(Fault::new(format!("{origin}: `{path}` is a section: write it as [{path}]"))),
                (value, false) => match find(&path) {
                    Found::Key(key) => self.put(key, given(value, from.folder), origin, faults),
                    Found::SecretFile(key) => {
                        let Some(file) = value.as_str() else {
                            faults.push(Fault::new(format!("{origin}: {path}: expected a path")));
                            continue;
                        };
                        self.secret(key, &from.folder.join(file), &origin.to_string(), faults);
                    }
                    Found::Nothing => faults.push(unknown(&origin, &path)),
                },
            }
        }
    }

    /// Reads the environment on top.
    pub(crate) fn environment(&mut self, variables: &[(String, String)], faults: &mut Vec<Fault>) {
        for (name, value) in variables {
            let Some(rest) = name.strip_prefix(PREFIX).filter(|_| !CHORES.contains(&name.as_str())) else { continue };
            if name == super::FILE_VARIABLE {
                continue;
            }
            let origin = Origin::Variable(name.clone());
            let path = match SHORT.iter().find(|(short, _)| short == name) {
                Some((_, path)) => (*path).to_owned(),
                None => rest.to_lowercase().replace("__", "."),
            };
            match find(&path) {
                Found::Key(key) => self.put(key, Given::text(value), origin, faults),
                Found::SecretFile(key) => self.secret(key, Path::new(value), name, faults),
                Found::Nothing => faults.push(unknown(&origin, &path)),
            }
        }
    }

    /// Puts a flag of the command line on top.
    pub(crate) fn flag(&mut self, path: &str, flag: &'static str, value: &str, faults: &mut Vec<Fault>) {
        if let Found::Key(key) = find(path) {
            self.put(key, Given::text(value), Origin::Flag(flag), faults);
        }
    }

    fn secret(&mut self, key: &'static Key, file: &Path, by: &str, faults: &mut Vec<Fault>) {
        let origin = Origin::Secret(file.to_owned(), by.to_owned());
        match std::fs::read_to_string(file) {
            Ok(text) => {
                let text = text.trim_end_matches(['\r', '\n']);
                self.put(key, Given::text(text), origin, faults);
            }
            Err(e) => faults.push(Fault::new(format!("{by}: the file {} cannot be read: {e}", file.display()))),
        }
    }
}

struct File<'a> {
    file: &'a Path,
    folder: &'a Path,
    line: &'a dyn Fn(usize) -> usize,
}

enum Found {
    Key(&'static Key),
    SecretFile(&'static Key),
    Nothing,
}

fn find(path: &str) -> Found {
    let key = |path: &str| keys().find(|key| key.path == path);
    if let Some(key) = key(path) {
        return Found::Key(key);
    }
    match path.strip_suffix("_file").and_then(key).filter(|key| key.secret) {
        Some(key) => Found::SecretFile(key),
        None => Found::Nothing,
    }
}

/// The path that was probably meant.
pub(crate) fn nearest(path: &str) -> Option<&'static str> {
    let whole = word::nearest(path, keys().map(|key| key.path));
    // the right name in the wrong section
    let name = path.rsplit('.').next().unwrap_or(path);
    whole.or_else(|| {
        let names = keys().map(|key| key.path.rsplit('.').next().unwrap_or(key.path));
        let near = word::nearest(name, names)?;
        keys().map(|key| key.path).find(|path| path.rsplit('.').next() == Some(near))
    })
}

fn unknown(origin: &Origin, path: &str) -> Fault {
    let shown = text::clean(path, 60);
    let sections = super::SECTIONS.iter().map(|section| section.name).filter(|name| !name.is_empty());
    if !path.contains('.')
        && let Some(section) = word::nearest(path, sections)
    {
        return Fault::new(format!("{origin}: there is no section `{shown}`; did you mean [{section}]?"));
    }
    let near = nearest(path).and_then(|near| keys().find(|key| key.path == near));
    let meant = match (origin, near) {
        (Origin::Variable(_), Some(key)) => format!("; did you mean {}?", key.variable()),
        (_, Some(key)) => format!("; did you mean `{}`?", key.path),
        (_, None) => "; `watchkeep config reference` lists all keys".to_owned(),
    };
    Fault::new(format!("{origin}: there is no key `{shown}`{meant}"))
}

fn article(kind: Option<&str>) -> &'static str {
    if kind == Some("array") { "an" } else { "a" }
}

fn given(value: &DeValue<'_>, folder: &Path) -> Given {
    let (text, items) = match value {
        DeValue::String(text) => (text.to_string(), vec![]),
        DeValue::Integer(n) => (decimal(n.as_str(), n.radix()), vec![]),
        DeValue::Float(n) => (n.as_str().to_owned(), vec![]),
        DeValue::Boolean(b) => (b.to_string(), vec![]),
        DeValue::Datetime(t) => (t.to_string(), vec![]),
        DeValue::Array(items) => (String::new(), items.iter().map(|item| given(item.get_ref(), folder)).collect()),
        DeValue::Table(_) => (String::new(), vec![]),
    };
    Given { kind: Some(value.type_str()), text, items, folder: Some(folder.to_owned()) }
}

/// `0x10` and the like, as a decimal number.
fn decimal(digits: &str, radix: u32) -> String {
    match i128::from_str_radix(digits, radix) {
        Ok(n) => n.to_string(),
        Err(_) => digits.to_owned(),
    }
}
