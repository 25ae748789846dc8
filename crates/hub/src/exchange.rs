//! The register in files: import with a preview, and export that imports again to the same.
//!
//! Which columns there are, what a cell may say and how it is written is the one declaration of fields in
//! [`watchkeep_model::register`]; nothing here knows a kind of entry by name, but that controls and risks can follow one
//! of the catalogue. [`read()`] is pure; [`check()`] holds a file against the tenant's register and writes nothing;
//! [`apply()`] keeps the good rows in slices, so that no write takes long. A row is found again by its code: a second
//! import of a file changes what is different and nothing else. What a file does not say stays as it is.
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use watchkeep_model::register::{Holds, Kind, Sheet};
use watchkeep_model::{catalog, text, word};

mod apply;
mod check;
mod export;
mod json;
mod read;

pub use apply::{Applied, apply};
pub use check::{Checked, Counts, check};
pub use export::{FORMAT, VERSION, csv, objects};
pub use read::{File, Row, read};

/// The kinds in the order in which they are kept: what links lead to comes first.
pub const ORDER: [Kind; 7] =
    [Kind::Person, Kind::Asset, Kind::Application, Kind::Vendor, Kind::Control, Kind::Risk, Kind::Outcome];

/// Problems told at most.
pub const MOST_PROBLEMS: usize = 200;

/// The column that names the entry of the catalogue which a row follows.
const CATALOG_SLUG: &str = "catalogSlug";
/// The column with the version of that entry when it was adopted.
const BASE_VERSION: &str = "baseVersion";

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
// an import of samples has problems of its own, and a schema's name is there once
#[schemars(rename = "RegisterProblem")]
pub struct Problem {
    /// What kind of entry the row is.
    pub kind: Kind,
    /// The line of a CSV file, the header being 1; in JSON the place in the list, the first being 1.
    pub row: usize,
    /// The column or member.
    pub column: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Problem {
    fn new(kind: Kind, row: usize, column: &str, problem: &str) -> Self {
        Self { kind, row, column: text::clean(column, 60), problem: text::clean(problem, 400) }
    }
}

/// Says that nothing holds of a field any more: a value is taken back, links are cut.
///
/// # Errors
/// A sentence, if there is no such field or an entry cannot be without it.
pub fn clear(says: &mut Sheet, name: &str) -> Result<(), String> {
    let kind = says.kind;
    let Some(field) = kind.field(name) else {
        let near = word::nearest(name, kind.fields().iter().map(|f| f.name));
        let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        return Err(format!("{} has no such field{near}", kind.with_article()));
    };
    if field.required || field.holds == Holds::Code {
        return Err(format!("cannot be cleared: {} has one", kind.with_article()));
    }
    if field.links().is_some() {
        says.links.insert(field.name, vec![]);
    } else {
        says.fields.insert(field.name.to_owned(), Value::Null);
    }
    Ok(())
}

/// The newest version of an entry of the catalogue; none where there is no such entry.
fn catalog_version(kind: Kind, slug: &str) -> Option<i64> {
    let version = match kind {
        Kind::Control => catalog::control(slug).filter(|c| c.slug == slug)?.version,
        Kind::Risk => catalog::risk(slug)?.version,
        _ => return None,
    };
    Some(version.into())
}

/// True where the catalogue has entries of the kind.
const fn has_catalog(kind: Kind) -> bool {
    matches!(kind, Kind::Control | Kind::Risk)
}

#[cfg(test)]
mod tests {
    use watchkeep_model::register::Target;

    use super::*;

    /// So no link leads in a circle either.
    #[test]
    fn what_links_lead_to_comes_first() {
        for (place, kind) in ORDER.iter().enumerate() {
            for field in kind.fields() {
                if let Some(Target::Entry(to)) = field.links().map(|l| l.to) {
                    assert!(ORDER.iter().take(place).any(|k| *k == to), "{kind}.{} leads to {to}", field.name);
                }
            }
        }
        assert!(Kind::ALL.iter().all(|kind| ORDER.contains(kind)));
    }
}
