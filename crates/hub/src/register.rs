//! The register around the KRIs: entries read, kept, linked, accepted, treated and commented on.
//!
//! What an entry may say is declared once, in [`watchkeep_model::register`]; here a checked [`Sheet`] meets the tenant's
//! data. [`keep()`] is the one way in: for an operation, an import, the command line and the demo alike. What is read
//! comes out as an [`Entry`].
use std::collections::BTreeMap;

use serde_json::{Map, Value};
use watchkeep_model::register::{Kind, Link, Problem, Sheet};
use watchkeep_model::{EntryId, Timestamp, text, word};
use watchkeep_store::Reader;
use watchkeep_store::register::{self as store, EntryRow};

use crate::error::{Error, Flaw};

mod catalog;
mod comments;
mod keep;
mod known;
pub mod risks;

pub use catalog::{changed_upstream, sheet_of_catalog_control, sheet_of_catalog_risk};
pub use comments::{Comment, comment, comments};
pub use keep::{Did, Kept, Mode, Stamp, archive, keep, link, unlink};
pub use known::Known;

/// An entry of the register.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// What kind of entry.
    pub kind: Kind,
    /// Its name in files and links.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// What the tenant said of it.
    pub own: Map<String, Value>,
    /// The same, with what the catalogue says where the tenant said nothing and the entry follows the catalogue.
    pub fields: Map<String, Value>,
    /// Its links, by field.
    pub links: BTreeMap<&'static str, Vec<Link>>,
    /// Its links with the names of what they lead to, and links of others to it (`in risks`, `in vendors`).
    pub around: Vec<Near>,
    /// The entry of the catalogue that it follows, and the version of that which was adopted.
    pub follows: Option<(String, i64)>,
    /// Grows with each edit.
    pub version: i64,
    /// Made by the demo.
    pub demo: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was edited last.
    pub updated_at: Timestamp,
}

/// Something that is linked to an entry.
#[derive(Debug, Clone)]
pub struct Near {
    /// The field that holds the link; `in risks` where the other entry holds it.
    pub name: String,
    /// The link.
    pub link: Link,
    /// The name of the other for people.
    pub title: String,
}

impl From<EntryRow> for Entry {
    fn from(row: EntryRow) -> Self {
        let own: Map<String, Value> = serde_json::from_str(&row.body).unwrap_or_default();
        let follows = row.catalog_slug.clone().zip(row.base_version);
        let fields = catalog::resolved(row.kind, follows.as_ref(), &own);
        let around: Vec<Near> = row
            .lines()
            .map(|l| Near { name: l.name.to_owned(), link: l.link.clone(), title: l.title.to_owned() })
            .collect();
        let mut links: BTreeMap<&'static str, Vec<Link>> = BTreeMap::new();
        for near in &around {
            if let Some(field) = row.kind.field(&near.name) {
                links.entry(field.name).or_default().push(near.link.clone());
            }
        }
        Self {
            id: row.id,
            kind: row.kind,
            code: row.code,
            name: row.name,
            own,
            fields,
            links,
            around,
            follows,
            version: row.version,
            demo: row.demo,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl Entry {
    /// A field as text.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<String> {
        self.fields.get(field).and_then(Value::as_str).map(str::to_owned)
    }

    /// A field as a number.
    #[must_use]
    pub fn number(&self, field: &str) -> Option<f64> {
        self.fields.get(field).and_then(Value::as_f64)
    }

    /// A field as a whole number.
    #[must_use]
    pub fn whole(&self, field: &str) -> Option<i64> {
        self.fields.get(field).and_then(Value::as_i64)
    }

    /// A field as a time.
    #[must_use]
    pub fn time(&self, field: &str) -> Option<Timestamp> {
        self.fields.get(field).and_then(Value::as_str).and_then(|t| t.parse().ok())
    }

    /// A field as one of its words.
    #[must_use]
    pub fn word<T: std::str::FromStr>(&self, field: &str) -> Option<T> {
        self.fields.get(field).and_then(Value::as_str).and_then(|w| w.parse().ok())
    }

    /// The texts of a field; none where it is not there.
    #[must_use]
    pub fn texts(&self, field: &str) -> Vec<String> {
        let items = self.fields.get(field).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// What is linked under that name.
    pub fn near(&self, name: &str) -> impl Iterator<Item = &Near> {
        self.around.iter().filter(move |n| n.name == name)
    }

    /// The codes of what is linked under that name.
    #[must_use]
    pub fn codes(&self, name: &str) -> Vec<String> {
        self.near(name).map(|n| n.link.to.clone()).collect()
    }
}

/// Active entries of a kind, by code: all of them, so for an export.
///
/// # Errors
/// Of the database.
pub async fn all(db: Reader<'_>, kind: Kind) -> Result<Vec<Entry>, Error> {
    const SLICE: i64 = 500;
    let mut found: Vec<Entry> = vec![];
    loop {
        let after = found.last().map(|e| e.code.clone()).unwrap_or_default();
        let rows = store::all_of(db, kind, &after, SLICE).await?;
        let last = rows.len() < usize::try_from(SLICE).unwrap_or(usize::MAX);
        found.extend(rows.into_iter().map(Entry::from));
        if last {
            return Ok(found);
        }
    }
}

/// An active entry by its code, in any case, or its id.
///
/// # Errors
/// Not found, naming the nearest.
pub async fn find(db: Reader<'_>, kind: Kind, code_or_id: &str) -> Result<Entry, Error> {
    Ok(find_row(db, kind, code_or_id).await?.into())
}

pub(crate) async fn find_row(db: Reader<'_>, kind: Kind, code_or_id: &str) -> Result<EntryRow, Error> {
    let found = match store::by_code(db, kind, code_or_id).await? {
        Some(row) => Some(row),
        None => match code_or_id.parse() {
            Ok(id) => store::get(db, kind, id).await?,
            Err(_) => None,
        },
    };
    match found.filter(|row| row.archived_at.is_none()) {
        Some(row) => Ok(row),
        None => {
            let all = store::codes(db, kind).await?;
            let active = all.iter().filter(|(_, archived)| !archived).map(|(code, _)| code.as_str());
            let hint = word::nearest(code_or_id, active).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            let (asked, field) = (text::clean(code_or_id, 80), kind.code_field());
            Err(Error::not_found(format!("there is no {kind} of the id or {field} `{asked}` in the register{hint}")))
        }
    }
}

/// What of a sheet cannot be: at once what the sheet says by itself, and links that lead nowhere.
///
/// # Errors
/// Of the database; [`Kind::Invalid`](crate::error::Kind::Invalid) with every flaw.
pub async fn read(db: Reader<'_>, kind: Kind, given: &Map<String, Value>) -> Result<Sheet, Error> {
    let sheet = Sheet::read(kind, given).map_err(invalid)?;
    if sheet.links.values().any(|links| !links.is_empty()) {
        let problems = Known::read(db).await?.problems(&sheet);
        if !problems.is_empty() {
            return Err(invalid(problems));
        }
    }
    Ok(sheet)
}

pub(crate) fn invalid(problems: Vec<Problem>) -> Error {
    Error::invalid(problems.into_iter().map(|p| Flaw::new(p.field, p.message)).collect())
}

/// An entry that was there a moment ago.
pub(crate) fn gone(kind: Kind) -> Error {
    Error::not_found(format!("the {kind} is not there any more"))
}
