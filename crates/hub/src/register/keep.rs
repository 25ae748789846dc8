//! The one way in: a sheet becomes an entry, or changes one.
use serde_json::{Map, Value};
use uuid::Uuid;
use watchkeep_model::register::{
    Code, Effectiveness, Field, Kind, Link, Links, Problem, Sheet, Standing, Target, next_review,
};
use watchkeep_model::{EntryId, Timestamp, catalog};
use watchkeep_store::register::{self as store, Follows, Written, controls, edges, risks, vendors};
use watchkeep_store::{ErrorKind, Tx, kris};

use super::known::nowhere;
use super::{Entry, gone, invalid};
use crate::error::Error;

/// When and by whom something is written, and the id that it gets if it is new.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// The id of what is made.
    pub fresh: Uuid,
    /// Now.
    pub at: Timestamp,
    /// Who writes.
    pub by: String,
    /// Made by the demo.
    pub demo: bool,
}

/// How a sheet is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A new entry; one of that code is a conflict.
    Create,
    /// A change of this entry; if a version is given, of that version and no other.
    Update(EntryId, Option<i64>),
    /// A change of the entry of that code, or a new one.
    Upsert,
}

/// What became of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// A new entry.
    Made,
    /// A changed one.
    Changed,
    /// Nothing: the entry said so already.
    Same,
}

/// An entry after [`keep()`].
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its id.
    pub id: EntryId,
    /// What kind of entry.
    pub kind: Kind,
    /// Its name in files and links.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// Its version now.
    pub version: i64,
    /// What was done.
    pub did: Did,
}

/// Keeps what a sheet says: makes an entry or changes one, with its links. Links to what is not there are refused.
///
/// # Errors
/// [`Invalid`](crate::error::Kind::Invalid) with every flaw of the whole entry; a conflict if the code is in use, was
/// that of an entry that is archived, or if another version was changed; not found if the entry is gone.
pub async fn keep(tx: &mut Tx<'_>, stamp: &Stamp, sheet: &Sheet, mode: Mode) -> Result<Kept, Error> {
    let kind = sheet.kind;
    let before = match mode {
        Mode::Update(id, _) => Some(store::get_in(tx, kind, id).await?.ok_or_else(|| gone(kind))?),
        Mode::Create | Mode::Upsert => store::by_code_in(tx, kind, code_of(sheet)?.as_str()).await?,
    };
    match (before, mode) {
        (None, _) => make(tx, stamp, sheet).await,
        (Some(row), Mode::Update(..)) if row.archived_at.is_some() => Err(gone(kind)),
        (Some(row), _) if row.archived_at.is_some() => Err(taken_by_archived(kind, &row.code)),
        (Some(row), Mode::Create) => {
            let told = format!(
                "there is {} `{}` already: change that one, or choose another {}",
                kind.with_article(),
                row.code,
                kind.code_field()
            );
            Err(Error::conflict(told))
        }
        (Some(row), Mode::Update(_, seen)) => {
            if let Some(seen) = seen
                && seen != row.version
            {
                let told = format!(
                    "version: the {kind} `{}` is at version {} now, not {seen}; read it again, then repeat the change",
                    row.code, row.version
                );
                return Err(Error::conflict(told));
            }
            if sheet.code.as_ref().is_some_and(|code| code.key() != row.code.to_ascii_lowercase()) {
                let told = format!("never changes: it is `{}`", row.code);
                return Err(Error::flaw(kind.code_field(), &told));
            }
            change(tx, stamp, sheet, row.into()).await
        }
        (Some(row), Mode::Upsert) => change(tx, stamp, sheet, row.into()).await,
    }
}

/// The code that was given, or one made of the name.
fn code_of(sheet: &Sheet) -> Result<Code, Error> {
    if let Some(code) = &sheet.code {
        return Ok(code.clone());
    }
    let (kind, field) = (sheet.kind, sheet.kind.code_field());
    if kind.field(field).is_some_and(|f| f.required) {
        return Err(Error::flaw(field, "is required"));
    }
    let name = sheet.fields.get(kind.name_field()).and_then(Value::as_str);
    let Some(name) = name else { return Err(Error::flaw(kind.name_field(), "is required")) };
    Code::from_name(name).ok_or_else(|| {
        Error::flaw(field, &format!("none can be made of this {}: give one, such as my-entry", kind.name_field()))
    })
}

fn taken_by_archived(kind: Kind, code: &str) -> Error {
    let field = kind.code_field();
    Error::conflict(format!("the {kind} `{code}` was archived, and its {field} stays taken: use another {field}"))
}

async fn make(tx: &mut Tx<'_>, stamp: &Stamp, sheet: &Sheet) -> Result<Kept, Error> {
    let (kind, code) = (sheet.kind, code_of(sheet)?);
    let own = said(Map::new(), sheet);
    let written = written(stamp, EntryId::new(stamp.fresh), kind, code.as_str(), own, sheet.follows.clone())?;
    store::add(tx, &written).await.map_err(|e| match e.kind() {
        ErrorKind::Conflict => Error::conflict(format!("there is {} `{code}` already", kind.with_article())),
        _ => e.into(),
    })?;
    for (field, links) in linked(sheet) {
        relink(tx, stamp.at, written.id, &[], (field, links)).await?;
    }
    Ok(Kept { id: written.id, kind, code: written.code, name: written.name, version: 1, did: Did::Made })
}

async fn change(tx: &mut Tx<'_>, stamp: &Stamp, sheet: &Sheet, entry: Entry) -> Result<Kept, Error> {
    let own = said(entry.own.clone(), sheet);
    let follows = sheet.follows.clone().or_else(|| entry.follows.clone());
    let same = own == entry.own && follows == entry.follows;
    let written = written(stamp, entry.id, entry.kind, &entry.code, own, follows)?;
    if !same {
        store::edit(tx, &written).await?;
    }
    let mut relinked = false;
    for (field, links) in linked(sheet) {
        let before = entry.links.get(field.name).map(Vec::as_slice).unwrap_or_default();
        relinked |= relink(tx, stamp.at, entry.id, before, (field, links)).await?;
    }
    if same && relinked {
        store::touch(tx, entry.kind, entry.id, stamp.at).await?;
    }
    let did = if same && !relinked { Did::Same } else { Did::Changed };
    let version = entry.version + i64::from(did == Did::Changed);
    Ok(Kept { id: entry.id, kind: entry.kind, code: entry.code, name: written.name, version, did })
}

/// The fields with those of the sheet put in, and those that it clears taken out.
fn said(mut own: Map<String, Value>, sheet: &Sheet) -> Map<String, Value> {
    for (name, value) in &sheet.fields {
        if value.is_null() {
            own.remove(name);
        } else {
            own.insert(name.clone(), value.clone());
        }
    }
    own
}

/// The links of a sheet with what their field declares.
fn linked(sheet: &Sheet) -> impl Iterator<Item = (&'static Field, &[Link])> {
    sheet.links.iter().filter_map(|(name, links)| Some((sheet.kind.field(name)?, links.as_slice())))
}

/// What is written of an entry with these fields, if they fit each other.
fn written(
    stamp: &Stamp,
    id: EntryId,
    kind: Kind,
    code: &str,
    own: Map<String, Value>,
    follows: Option<(String, i64)>,
) -> Result<Written, Error> {
    let fields = super::catalog::resolved(kind, follows.as_ref(), &own);
    let problems = Sheet::whole(kind, &fields);
    if !problems.is_empty() {
        return Err(invalid(problems));
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (name, category, owner) = (text(kind.name_field()), text("category"), text("owner"));
    let search = [code, &name, &category, &text("about"), &text("statement"), &text("email")].join(" ").to_lowercase();
    let follows = columns(kind, &fields, follows, stamp.at);
    let body = Value::Object(own).to_string();
    let (code, demo, at) = (code.to_owned(), stamp.demo, stamp.at);
    Ok(Written { id, kind, code, name, category, owner, body, search, demo, at, follows })
}

/// What follows for its own kind from the fields of an entry.
fn columns(kind: Kind, fields: &Map<String, Value>, follows: Option<(String, i64)>, now: Timestamp) -> Follows {
    let number = |name: &str| fields.get(name).and_then(Value::as_f64);
    let word = |name: &str| fields.get(name).and_then(Value::as_str);
    let time = |name: &str| word(name).and_then(|t| t.parse::<Timestamp>().ok());
    let list = |name: &str| fields.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let (catalog_slug, base_version) = follows.unzip();
    match kind {
        Kind::Control => {
            let standing = word("status").and_then(|s| s.parse::<Standing>().ok());
            let (said, until) = (number("effectiveness"), time("effectivenessUntil"));
            // the end is a column of its own: what is read later is as of then
            let now_known = Effectiveness::stated(standing, said, None, now);
            let by_word = !matches!(standing, Some(s) if s != Standing::Operating);
            let frameworks: Vec<&str> = list("frameworks").iter().filter_map(Value::as_str).collect();
            Follows::Control(controls::Columns {
                catalog_slug,
                base_version,
                frameworks: frameworks.join(";").to_lowercase(),
                effectiveness: now_known.value,
                effective_until: until.filter(|_| by_word),
                technique_count: i64::try_from(list("techniques").len()).unwrap_or(i64::MAX),
            })
        }
        Kind::Risk => Follows::Risk(risks::Columns {
            catalog_slug,
            base_version,
            inherent_score: number("inherentScore"),
            current_score: number("currentScore"),
            annual_loss: number("annualLossMean"),
        }),
        Kind::Vendor => {
            let tier = fields.get("tier").and_then(Value::as_i64);
            Follows::Vendor(vendors::Columns {
                tier,
                composite_score: number("compositeScore"),
                next_review: next_review(time("nextReview"), time("lastReview"), tier),
            })
        }
        Kind::Outcome | Kind::Asset | Kind::Application | Kind::Person => Follows::Nothing,
    }
}

/// Makes the links of one field be these; false if they were.
async fn relink(
    tx: &mut Tx<'_>,
    now: Timestamp,
    from: EntryId,
    before: &[Link],
    (field, wanted): (&'static Field, &[Link]),
) -> Result<bool, Error> {
    let Some(links) = field.links() else { return Ok(false) };
    let mut kept: Vec<(Uuid, Link)> = vec![];
    let mut problems = vec![];
    for (i, link) in wanted.iter().enumerate() {
        match target(tx, links, &link.to, now).await? {
            Some((id, name)) if kept.iter().all(|(other, _)| *other != id) => {
                kept.push((id, Link { to: name, ..link.clone() }));
            }
            // two names of the same KRI
            Some((_, name)) => {
                problems.push(Problem::new(&format!("{}[{i}]", field.name), format!("`{name}` is named twice")))
            }
            None => problems.push(Problem::new(&format!("{}[{i}]", field.name), nowhere(links.to, &link.to))),
        }
    }
    if !problems.is_empty() {
        return Err(invalid(problems));
    }
    let mut changed = false;
    for (id, link) in &kept {
        if !before.contains(link) {
            edges::put(tx, links.edge, from, *id, link).await?;
            changed = true;
        }
    }
    for old in before {
        if kept.iter().all(|(_, link)| link.to != old.to)
            && let Some((id, _)) = target(tx, links, &old.to, now).await?
        {
            edges::cut(tx, links.edge, from, id).await?;
            changed = true;
        }
    }
    Ok(changed)
}

/// The id and the own name of what a link leads to; none if there is nothing, or it is archived.
pub(super) async fn target(
    tx: &mut Tx<'_>,
    links: Links,
    to: &str,
    now: Timestamp,
) -> Result<Option<(Uuid, String)>, Error> {
    Ok(match links.to {
        Target::Entry(kind) => {
            let row = store::by_code_in(tx, kind, to).await?.filter(|row| row.archived_at.is_none());
            row.map(|row| (row.id.uuid(), row.code))
        }
        Target::Kri => {
            let mut row = kris::by_slug_in(tx, to, now).await?;
            if row.is_none()
                && let Ok(id) = to.parse()
            {
                row = kris::by_id_in(tx, id, now).await?;
            }
            if row.is_none()
                && let Some(signal) = catalog::signal(to)
            {
                row = kris::by_slug_in(tx, &signal.slug, now).await?;
            }
            row.map(|row| (row.id.uuid(), row.slug))
        }
    })
}

/// Adds one link to an entry; one to the same gets its role and number.
///
/// # Errors
/// As [`keep()`]; a flaw, if the kind has no such links.
pub async fn link(
    tx: &mut Tx<'_>,
    stamp: &Stamp,
    kind: Kind,
    id: EntryId,
    field: &str,
    link: Link,
) -> Result<Kept, Error> {
    let (field, links) = linking(kind, field)?;
    let Some((_, to)) = target(tx, links, &link.to, stamp.at).await? else {
        return Err(Error::flaw("to", &nowhere(links.to, &link.to)));
    };
    let mut all = links_of(tx, kind, id, field).await?;
    all.retain(|other| other.to != to);
    all.push(Link { to, ..link });
    let mut sheet = Sheet::new(kind);
    sheet.links.insert(field.name, all);
    keep(tx, stamp, &sheet, Mode::Update(id, None)).await
}

/// Takes one link of an entry away.
///
/// # Errors
/// Not found, if there is none; as [`keep()`].
pub async fn unlink(
    tx: &mut Tx<'_>,
    stamp: &Stamp,
    kind: Kind,
    id: EntryId,
    field: &str,
    to: &str,
) -> Result<Kept, Error> {
    let (field, links) = linking(kind, field)?;
    let mut all = links_of(tx, kind, id, field).await?;
    let before = all.len();
    let to = target(tx, links, to, stamp.at).await?.map_or_else(|| to.to_owned(), |(_, name)| name);
    all.retain(|other| other.to != to);
    if all.len() == before {
        let shown = watchkeep_model::text::clean(&to, 80);
        return Err(Error::not_found(format!("to: the {kind} has no link to `{shown}` in {}", field.name)));
    }
    let mut sheet = Sheet::new(kind);
    sheet.links.insert(field.name, all);
    keep(tx, stamp, &sheet, Mode::Update(id, None)).await
}

fn linking(kind: Kind, field: &str) -> Result<(&'static Field, Links), Error> {
    let declared = kind.field(field).and_then(|f| Some((f, f.links()?)));
    declared.ok_or_else(|| Error::flaw("field", &format!("{} has no links of this name", kind.with_article())))
}

async fn links_of(tx: &mut Tx<'_>, kind: Kind, id: EntryId, field: &Field) -> Result<Vec<Link>, Error> {
    let row = store::get_in(tx, kind, id).await?.filter(|row| row.archived_at.is_none());
    let mut entry: Entry = row.ok_or_else(|| gone(kind))?.into();
    Ok(entry.links.remove(field.name).unwrap_or_default())
}

/// Takes an entry out of all lists. Its links and its history stay, and its code stays taken.
///
/// # Errors
/// Not found, if it was not there.
pub async fn archive(tx: &mut Tx<'_>, kind: Kind, id: EntryId, at: Timestamp) -> Result<(), Error> {
    if store::get_in(tx, kind, id).await?.is_none() || !store::archive(tx, kind, id, at).await? {
        return Err(gone(kind));
    }
    Ok(())
}
