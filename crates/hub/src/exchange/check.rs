//! A file held against the tenant's register. Writes nothing.
use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::Serialize;
use watchkeep_model::register::{self, Code, Kind};
use watchkeep_store::TenantScope;

use super::{File, MOST_PROBLEMS, ORDER, Problem, Row};
use crate::error::{Error, Flaw};
use crate::hub::Hub;
use crate::register::{self as entries, Entry, Known};

/// What would become of the rows of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Rows that can be kept.
    pub good: usize,
    /// Entries that would be made.
    pub new: usize,
    /// Entries that would change.
    pub changed: usize,
    /// Entries that are so already.
    pub same: usize,
}

/// A file that was held against a tenant's register.
#[derive(Debug)]
pub struct Checked {
    /// Rows that can be kept, in the order in which they must be.
    pub(super) good: Vec<Row>,
    /// What is wrong with the others, at most [`MOST_PROBLEMS`].
    pub problems: Vec<Problem>,
    /// How many rows the file has.
    pub rows: usize,
    /// What would become of the good ones.
    pub counts: BTreeMap<Kind, Counts>,
}

impl Checked {
    /// How many rows can be kept.
    #[must_use]
    pub fn good(&self) -> usize {
        self.good.len()
    }

    /// The problems as flaws of the argument that held the file.
    #[must_use]
    pub fn flaws(&self) -> Vec<Flaw> {
        let place = |p: &Problem| format!("content, {}, row {}, column {}", p.kind.plural(), p.row, p.column);
        self.problems.iter().map(|p| Flaw::new(place(p), &p.problem)).collect()
    }
}

/// Holds a file against the tenant's register: whether links lead somewhere, whether an entry would be whole, and what
/// would become of it.
///
/// # Errors
/// Of the store.
pub async fn check(hub: &Hub, scope: &TenantScope, file: File) -> Result<Checked, Error> {
    let db = hub.store.at(scope);
    let mut known = Known::read(db).await?;
    let File { mut rows, mut problems, count } = file;
    let (mut good, mut counts) = (vec![], BTreeMap::new());
    for kind in ORDER {
        let Some(of_kind) = rows.remove(&kind) else { continue };
        let all = entries::all(db, kind).await?;
        let there: HashMap<String, &Entry> = all.iter().map(|e| (e.code.to_ascii_lowercase(), e)).collect();
        let (mut seen, mut count): (HashMap<String, usize>, Counts) = (HashMap::new(), Counts::default());
        for mut row in of_kind {
            match judged(&mut row, &there, &known, &mut seen) {
                Ok(fate) => {
                    count.good += 1;
                    match fate {
                        Fate::New => count.new += 1,
                        Fate::Changed => count.changed += 1,
                        Fate::Same => count.same += 1,
                    }
                    good.push(row);
                }
                Err(more) => {
                    problems.extend(more.into_iter().map(|(column, why)| Problem::new(kind, row.line, &column, &why)));
                }
            }
        }
        // rows of later kinds may lead to these
        good.iter().filter(|r| r.says.kind == kind).for_each(|r| {
            if let Some(code) = &r.says.code {
                known.add(kind, code.as_str());
            }
        });
        counts.insert(kind, count);
    }
    problems.sort_by(|a, b| (a.kind, a.row, &a.column).cmp(&(b.kind, b.row, &b.column)));
    problems.truncate(MOST_PROBLEMS);
    Ok(Checked { good, problems, rows: count, counts })
}

enum Fate {
    New,
    Changed,
    Same,
}

/// What would become of a row, or what is wrong with it, by column.
fn judged(
    row: &mut Row,
    there: &HashMap<String, &Entry>,
    known: &Known,
    seen: &mut HashMap<String, usize>,
) -> Result<Fate, Vec<(String, String)>> {
    let says = &mut row.says;
    let kind = says.kind;
    let code = match &says.code {
        Some(code) => code.clone(),
        None => named(says).ok_or_else(|| {
            let why = format!("is required: none can be made of the {}", kind.name_field());
            vec![(kind.code_field().to_owned(), why)]
        })?,
    };
    says.code = Some(code.clone());
    let told = |column: &str, why: String| (column.to_owned(), why);
    let mut problems = vec![];
    if let Some(before) = seen.insert(code.key(), row.line) {
        problems.push(told(kind.code_field(), format!("`{code}` stands in row {before} already: leave one out")));
    }
    if known.archived(kind, code.as_str()) {
        let why = format!("`{code}` is the name of an archived {kind}, and stays taken: choose another");
        problems.push(told(kind.code_field(), why));
    }
    let entry = there.get(&code.key());
    if entry.is_some() || says.follows.is_none() {
        let mut whole = entry.map(|e| e.fields.clone()).unwrap_or_default();
        whole.extend(says.fields.iter().map(|(name, value)| (name.clone(), value.clone())));
        problems.extend(register::Sheet::whole(kind, &whole).into_iter().map(|p| (p.field, p.message)));
    }
    problems.extend(known.problems(says).into_iter().map(|p| (p.field, p.message)));
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(match entry {
        None => Fate::New,
        Some(entry) if same(says, entry) => Fate::Same,
        Some(_) => Fate::Changed,
    })
}

/// The code that follows from the name, where none was said.
fn named(says: &register::Sheet) -> Option<Code> {
    says.kind.field(says.kind.code_field()).filter(|f| !f.required)?;
    Code::from_name(says.fields.get(says.kind.name_field())?.as_str()?)
}

/// True if an entry is as a row says.
fn same(says: &register::Sheet, entry: &Entry) -> bool {
    let fields = says.fields.iter().all(|(name, value)| match entry.own.get(name) {
        Some(kept) => kept == value,
        None => value.is_null(),
    });
    let links = says.links.iter().all(|(name, links)| {
        let plain = |links: &[register::Link]| -> BTreeSet<String> {
            links.iter().map(|l| format!("{}|{:?}|{:?}", l.to.to_ascii_lowercase(), l.role, l.number)).collect()
        };
        plain(links) == entry.links.get(name).map(|l| plain(l)).unwrap_or_default()
    });
    fields && links && says.follows.as_ref().is_none_or(|f| entry.follows.as_ref() == Some(f))
}
