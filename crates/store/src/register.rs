//! The register around the KRIs: one table for each of controls, risks, outcomes and vendors, one for assets,
//! applications and people; links in tables of their own.
//!
//! An entry's `body` is what was said of it, as JSON; the columns beside it are what follows from it, to find, filter and
//! sort by, and are written with it. The tables differ in what follows, so the statements that all of them need are
//! declared once, for each table.
use watchkeep_model::register::{Kind, Link};
use watchkeep_model::{EntryId, Timestamp};

use crate::sql::{Statement, Tenant};
use crate::{FromRow, Reader, Result, Row, Tx};

/// The columns of an entry, without its links.
macro_rules! columns {
    ($kind:literal, $follows:literal) => {
        concat!(
            "e.id, ",
            $kind,
            " as kind, e.code, e.name, e.body, ",
            $follows,
            ", e.demo, e.version, e.created_at, e.updated_at, e.archived_at, "
        )
    };
}
/// The links of an entry under one name, a line each: name, code, role, number, and the name of what it leads to.
macro_rules! lines {
    ($name:literal, $code:literal, $role:literal, $number:literal, $from:literal) => {
        concat!(
            "coalesce((select string_agg('",
            $name,
            "\t' || ",
            $code,
            " || '\t' || ",
            $role,
            " || '\t' || ",
            $number,
            " || '\t' || t.name, '\n' order by ",
            $code,
            ") from ",
            $from,
            " and t.archived_at is null), '')"
        )
    };
}
/// What every text about controls begins with.
macro_rules! control {
    () => {
        concat!(
            "select ", columns!("'control'", "e.catalog_slug, e.base_version"),
            lines!("kris", "t.slug", "coalesce(x.role, '')", "coalesce(cast(x.weight as text), '')", "control_kri x join kri t on t.tenant_id = x.tenant_id and t.id = x.kri_id where x.tenant_id = $1 and x.control_id = e.id"),
            " || '\n' || ",
            lines!("in risks", "t.code", "''", "''", "risk_control x join risk t on t.tenant_id = x.tenant_id and t.id = x.risk_id where x.tenant_id = $1 and x.control_id = e.id"),
            " as links"
        )
    };
}
/// What every text about risks begins with.
macro_rules! risk {
    () => {
        concat!(
            "select ", columns!("'risk'", "e.catalog_slug, e.base_version"),
            lines!("controls", "t.code", "''", "''", "risk_control x join control t on t.tenant_id = x.tenant_id and t.id = x.control_id where x.tenant_id = $1 and x.risk_id = e.id"),
            " || '\n' || ",
            lines!("kris", "t.slug", "''", "''", "risk_kri x join kri t on t.tenant_id = x.tenant_id and t.id = x.kri_id where x.tenant_id = $1 and x.risk_id = e.id"),
            " || '\n' || ",
            lines!("in outcomes", "t.code", "''", "coalesce(cast(x.share as text), '')", "outcome_risk x join outcome t on t.tenant_id = x.tenant_id and t.id = x.outcome_id where x.tenant_id = $1 and x.risk_id = e.id"),
            " as links"
        )
    };
}
/// What every text about outcomes begins with.
macro_rules! outcome {
    () => {
        concat!(
            "select ", columns!("'outcome'", "cast(null as text) as catalog_slug, cast(null as bigint) as base_version"),
            lines!("risks", "t.code", "''", "coalesce(cast(x.share as text), '')", "outcome_risk x join risk t on t.tenant_id = x.tenant_id and t.id = x.risk_id where x.tenant_id = $1 and x.outcome_id = e.id"),
            " as links"
        )
    };
}
/// What every text about vendors begins with.
macro_rules! vendor {
    () => {
        concat!(
            "select ", columns!("'vendor'", "cast(null as text) as catalog_slug, cast(null as bigint) as base_version"),
            lines!("assets", "t.code", "''", "''", "vendor_asset x join asset t on t.tenant_id = x.tenant_id and t.id = x.asset_id where x.tenant_id = $1 and x.vendor_id = e.id and t.kind = 'asset'"),
            " || '\n' || ",
            lines!("applications", "t.code", "''", "''", "vendor_asset x join asset t on t.tenant_id = x.tenant_id and t.id = x.asset_id where x.tenant_id = $1 and x.vendor_id = e.id and t.kind = 'application'"),
            " as links"
        )
    };
}
/// What every text about assets, applications and people begins with.
macro_rules! asset {
    () => {
        concat!(
            "select ", columns!("e.kind", "cast(null as text) as catalog_slug, cast(null as bigint) as base_version"),
            lines!("owners", "t.code", "''", "''", "asset_owner x join asset t on t.tenant_id = x.tenant_id and t.id = x.owner_id where x.tenant_id = $1 and x.asset_id = e.id"),
            " || '\n' || ",
            lines!("in vendors", "t.code", "''", "''", "vendor_asset x join vendor t on t.tenant_id = x.tenant_id and t.id = x.vendor_id where x.tenant_id = $1 and x.asset_id = e.id"),
            " || '\n' || ",
            lines!("in assets", "t.code", "''", "''", "asset_owner x join asset t on t.tenant_id = x.tenant_id and t.id = x.asset_id where x.tenant_id = $1 and x.owner_id = e.id"),
            " as links"
        )
    };
}

/// The statements of a table: those that each has, told by what their texts begin with, its name and what else an insert
/// says; then its own.
macro_rules! table {
    ($select:ident $table:literal $more:literal $value:literal; $($rest:tt)*) => {
            statements! {
                Tenant ADD = concat!("insert into ", $table, " (tenant_id, id, key, code, name, category, owner, body, search, demo, version, created_at, updated_at", $more, ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $11", $value, ")");
                Tenant GET = concat!($select!(), " from ", $table, " e where e.tenant_id = $1 and e.id = $2");
                Tenant BY_KEY = concat!($select!(), " from ", $table, " e where e.tenant_id = $1 and e.key = $2");
                Tenant ALL_OF = concat!($select!(), " from ", $table, " e where e.tenant_id = $1 and e.archived_at is null and e.key > $2 order by e.key limit $3");
                Tenant KEYS = concat!("select key, code, case when archived_at is null then 0 else 1 end as archived from ", $table, " where tenant_id = $1", " order by key");
                Tenant SEARCH = concat!($select!(), " from ", $table, " e where e.tenant_id = $1 and e.archived_at is null and e.search like $2 escape '!' order by e.key limit $3");
                Tenant CATEGORIES = concat!("select distinct category from ", $table, " where tenant_id = $1 and archived_at is null and category <> '' order by category");
                Tenant EDIT = concat!("update ", $table, " set name = $3, category = $4, owner = $5, body = $6, search = $7, updated_at = $8, version = version + 1 where tenant_id = $1 and id = $2");
                Tenant TOUCH = concat!("update ", $table, " set updated_at = $3, version = version + 1 where tenant_id = $1 and id = $2");
                Tenant ARCHIVE = concat!("update ", $table, " set archived_at = $3, version = version + 1 where tenant_id = $1 and id = $2 and archived_at is null");
                $($rest)*
            }
            pub(super) const TABLE: super::Table = super::Table {
                add: ADD,
                get: GET,
                by_key: BY_KEY,
                all_of: ALL_OF,
                keys: KEYS,
                search: SEARCH,
                categories: CATEGORIES,
                edit: EDIT,
                touch: TOUCH,
                archive: ARCHIVE,
            };
    };
}
pub mod assets;
pub mod controls;
pub mod edges;
pub mod kris;
pub mod notes;
pub mod outcomes;
pub mod risks;
pub mod vendors;

/// The statements of one table.
struct Table {
    add: Statement<Tenant, 10>,
    get: Statement<Tenant, 1>,
    by_key: Statement<Tenant, 1>,
    all_of: Statement<Tenant, 2>,
    keys: Statement<Tenant, 0>,
    search: Statement<Tenant, 2>,
    categories: Statement<Tenant, 0>,
    edit: Statement<Tenant, 7>,
    touch: Statement<Tenant, 2>,
    archive: Statement<Tenant, 2>,
}

const fn table(kind: Kind) -> &'static Table {
    match kind {
        Kind::Control => &controls::TABLE,
        Kind::Risk => &risks::TABLE,
        Kind::Outcome => &outcomes::TABLE,
        Kind::Vendor => &vendors::TABLE,
        Kind::Asset | Kind::Application | Kind::Person => &assets::TABLE,
    }
}

/// By what an entry is looked up: its code in lower case, for those that share a table after their kind.
pub fn key(kind: Kind, code: &str) -> String {
    let code = code.to_ascii_lowercase();
    if shared(kind) { format!("{kind}:{code}") } else { code }
}

/// True for the kinds that share a table.
const fn shared(kind: Kind) -> bool {
    matches!(kind, Kind::Asset | Kind::Application | Kind::Person)
}

crate::row! {
    /// An entry of the register.
    pub struct EntryRow {
        /// The id.
        pub id: EntryId,
        /// What kind of entry.
        pub kind: Kind,
        /// The name in files and links.
        pub code: String,
        /// The name for people.
        pub name: String,
        /// What was said of it: a JSON object.
        pub body: String,
        /// The entry of the catalogue that it follows.
        pub catalog_slug: Option<String>,
        /// The version of that which was adopted.
        pub base_version: Option<i64>,
        /// Made by the demo.
        pub demo: bool,
        /// Grows with each edit.
        pub version: i64,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was edited last.
        pub updated_at: Timestamp,
        /// When it was taken out of the register.
        pub archived_at: Option<Timestamp>,
        /// Its links, as text; see [`EntryRow::lines`].
        pub links: String,
    }
}

/// A link of an entry, or one that leads to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line<'a> {
    /// The field that holds it; `in risks` where the other entry holds it, in its field of that kind.
    pub name: &'a str,
    /// The link: what it leads to, or comes from.
    pub link: Link,
    /// The name of that for people.
    pub title: &'a str,
}

impl EntryRow {
    /// Its links and those that lead to it, by field, then by code. What is archived is not among them.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.links.lines().filter_map(|line| {
            let mut parts = line.splitn(5, '\t');
            let (name, to, role, number) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
            let link = Link { to: to.to_owned(), role: role.parse().ok(), number: number.parse().ok() };
            Some(Line { name, link, title: parts.next()? })
        })
    }
}

/// An entry with the value that a list is sorted by.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// The entry.
    pub entry: EntryRow,
    /// Its place in the order: less comes first.
    pub rank: f64,
}
impl FromRow for Ranked {
    // the columns of an entry, and `rank` behind them
    const COLUMNS: &'static [&'static str] = &[];
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self { entry: EntryRow::from_row(r)?, rank: r.next()? })
    }
}

/// After which item a page goes on. The start is [`After::START`].
#[derive(Clone, Debug)]
pub struct After {
    /// The rank of the last item.
    pub rank: f64,
    /// Its name, where a list is sorted by names.
    pub name: String,
    /// Its key.
    pub key: String,
}
impl After {
    /// Before everything.
    pub const START: Self = Self { rank: f64::MIN, name: String::new(), key: String::new() };
}

/// What is written of an entry: what was said, and what follows from it.
#[derive(Clone, Debug)]
pub struct Written {
    /// The id.
    pub id: EntryId,
    /// What kind of entry.
    pub kind: Kind,
    /// The name in files and links; never changes.
    pub code: String,
    /// The name for people.
    pub name: String,
    /// What it is about; empty if nobody said.
    pub category: String,
    /// Who answers for it; empty if nobody said.
    pub owner: String,
    /// What was said of it: a JSON object.
    pub body: String,
    /// What words find it by.
    pub search: String,
    /// Made by the demo.
    pub demo: bool,
    /// Now.
    pub at: Timestamp,
    /// What follows for its own kind alone.
    pub follows: Follows,
}

/// What follows from what was said, kind by kind.
#[derive(Clone, Debug)]
pub enum Follows {
    /// Of a control.
    Control(controls::Columns),
    /// Of a risk.
    Risk(risks::Columns),
    /// Of a vendor.
    Vendor(vendors::Columns),
    /// Nothing more.
    Nothing,
}

/// Makes an entry.
///
/// # Errors
/// A unique violation if the code is in use, also by one that is archived.
pub async fn add(tx: &mut Tx<'_>, w: &Written) -> Result<()> {
    let (key, owner) = (key(w.kind, &w.code), w.owner.to_lowercase());
    let p = params![w.id, &key, &w.code, &w.name, &w.category, &owner, &w.body, &w.search, w.demo, w.at];
    tx.exec(table(w.kind).add, p).await?;
    if shared(w.kind) {
        assets::set_kind(tx, w.id, w.kind).await?;
    }
    follow(tx, w).await
}
/// Changes an entry; its version grows.
///
/// # Errors
/// Of the database.
pub async fn edit(tx: &mut Tx<'_>, w: &Written) -> Result<()> {
    let owner = w.owner.to_lowercase();
    tx.exec(table(w.kind).edit, params![w.id, &w.name, &w.category, &owner, &w.body, &w.search, w.at]).await?;
    follow(tx, w).await
}
async fn follow(tx: &mut Tx<'_>, w: &Written) -> Result<()> {
    match &w.follows {
        Follows::Control(c) => controls::follow(tx, w.id, c).await,
        Follows::Risk(c) => risks::follow(tx, w.id, c, w.at).await,
        Follows::Vendor(c) => vendors::follow(tx, w.id, c).await,
        Follows::Nothing => Ok(()),
    }
}
/// An edit of an entry's links alone; its version grows.
///
/// # Errors
/// Of the database.
pub async fn touch(tx: &mut Tx<'_>, kind: Kind, id: EntryId, at: Timestamp) -> Result<()> {
    tx.exec(table(kind).touch, params![id, at]).await?;
    Ok(())
}
/// Takes an entry out of all lists; its code stays taken. False if it was not there.
///
/// # Errors
/// Of the database.
pub async fn archive(tx: &mut Tx<'_>, kind: Kind, id: EntryId, at: Timestamp) -> Result<bool> {
    Ok(tx.exec(table(kind).archive, params![id, at]).await? > 0)
}
/// An entry by its id, also one that is archived.
///
/// # Errors
/// Of the database.
pub async fn get(r: Reader<'_>, kind: Kind, id: EntryId) -> Result<Option<EntryRow>> {
    Ok(r.opt(table(kind).get, params![id]).await?.filter(|e: &EntryRow| e.kind == kind))
}
/// The same inside a write.
///
/// # Errors
/// Of the database.
pub async fn get_in(tx: &mut Tx<'_>, kind: Kind, id: EntryId) -> Result<Option<EntryRow>> {
    Ok(tx.opt(table(kind).get, params![id]).await?.filter(|e: &EntryRow| e.kind == kind))
}
/// An entry by its code in any case, also one that is archived.
///
/// # Errors
/// Of the database.
pub async fn by_code(r: Reader<'_>, kind: Kind, code: &str) -> Result<Option<EntryRow>> {
    r.opt(table(kind).by_key, params![&key(kind, code)]).await
}
/// The same inside a write.
///
/// # Errors
/// Of the database.
pub async fn by_code_in(tx: &mut Tx<'_>, kind: Kind, code: &str) -> Result<Option<EntryRow>> {
    tx.opt(table(kind).by_key, params![&key(kind, code)]).await
}
/// Active entries of a kind after a code, by code.
///
/// # Errors
/// Of the database.
pub async fn all_of(r: Reader<'_>, kind: Kind, after: &str, limit: i64) -> Result<Vec<EntryRow>> {
    // a kind's keys lie together, and no code is empty
    let rows: Vec<EntryRow> = r.all(table(kind).all_of, params![&key(kind, after), limit]).await?;
    Ok(rows.into_iter().take_while(|e| e.kind == kind).collect())
}
/// The code of every entry of a kind, and whether it is archived.
///
/// # Errors
/// Of the database.
pub async fn codes(r: Reader<'_>, kind: Kind) -> Result<Vec<(String, bool)>> {
    let rows: Vec<(String, String, bool)> = r.all(table(kind).keys, []).await?;
    let own = format!("{kind}:");
    let of_kind = rows.into_iter().filter(|(key, ..)| !shared(kind) || key.starts_with(&own));
    Ok(of_kind.map(|(_, code, archived)| (code, archived)).collect())
}
/// Entries whose code, name or description holds the text; those that share a table are found together. `pattern` is a
/// `like` pattern with `!` as its escape.
///
/// # Errors
/// Of the database.
pub async fn search(r: Reader<'_>, kind: Kind, pattern: &str, limit: i64) -> Result<Vec<EntryRow>> {
    r.all(table(kind).search, params![pattern, limit]).await
}
/// The categories that the tenant has entries in.
///
/// # Errors
/// Of the database.
pub async fn categories(r: Reader<'_>, kind: Kind) -> Result<Vec<String>> {
    Ok(r.all::<(String,), 0>(table(kind).categories, []).await?.into_iter().map(|(c,)| c).collect())
}
