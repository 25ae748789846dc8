//! Entries as rows of a table and as objects, in the form in which [`read`](super::read()) takes them.
use serde_json::{Map, Value};
use watchkeep_model::register::{Field, Holds, Kind};

use super::{BASE_VERSION, CATALOG_SLUG, has_catalog};
use crate::error::Error;
use crate::register::Entry;
use crate::sheet;

/// The member `format` of a whole register in JSON.
pub const FORMAT: &str = "watchkeep-register";
/// The member `version` of it; goes up where an older hub could not read it.
pub const VERSION: u32 = 1;

/// A CSV file of entries of one kind; an empty register gives the header alone.
///
/// # Errors
/// Ours, if a table cannot be written to memory.
pub fn csv(kind: Kind, entries: &[Entry]) -> Result<String, Error> {
    let mut header: Vec<&str> = kind.fields().iter().map(|f| f.name).collect();
    if has_catalog(kind) {
        header.extend([CATALOG_SLUG, BASE_VERSION]);
    }
    let row = |entry: &Entry| {
        let mut cells: Vec<String> = kind.fields().iter().map(|f| cell(f, entry)).collect();
        if has_catalog(kind) {
            let (slug, version) = entry.follows.clone().map(|(slug, v)| (slug, v.to_string())).unwrap_or_default();
            cells.extend([slug, version]);
        }
        cells
    };
    sheet::write(&header, entries.iter().map(row))
}

fn cell(field: &Field, entry: &Entry) -> String {
    let text = match field.links() {
        Some(links) => entry.links.get(field.name).map(|l| links.all_to_text(l)).unwrap_or_default(),
        None if field.holds == Holds::Code => entry.code.clone(),
        None => entry.own.get(field.name).map(|v| field.to_text(v)).unwrap_or_default(),
    };
    // a number begins no formula, and an apostrophe would make it a text
    match field.holds {
        Holds::Number { .. } | Holds::Whole { .. } => text.strip_suffix(".0").map(str::to_owned).unwrap_or(text),
        _ => sheet::guarded(&text),
    }
}

/// Entries as JSON objects, with the fields that were said of them and no others.
#[must_use]
pub fn objects(kind: Kind, entries: &[Entry]) -> Vec<Map<String, Value>> {
    entries.iter().map(|entry| object(kind, entry)).collect()
}

fn object(kind: Kind, entry: &Entry) -> Map<String, Value> {
    let mut object = Map::new();
    for field in kind.fields() {
        let value = match field.links() {
            Some(links) => {
                let all = entry.links.get(field.name).filter(|l| !l.is_empty());
                all.map(|all| all.iter().map(|l| links.to_json(l)).collect())
            }
            None if field.holds == Holds::Code => Some(entry.code.as_str().into()),
            None => entry.own.get(field.name).filter(|v| !v.is_null()).cloned(),
        };
        if let Some(value) = value {
            object.insert(field.name.to_owned(), value);
        }
    }
    if let Some((slug, version)) = &entry.follows {
        object.insert(CATALOG_SLUG.to_owned(), slug.as_str().into());
        object.insert(BASE_VERSION.to_owned(), (*version).into());
    }
    object
}
