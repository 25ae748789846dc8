//! KRIs: their definition, and their current value as columns that lists can filter and sort by.
//!
//! A value that was fresh when it was written may be stale when it is read, so every read takes `now` and tells
//! state and status as of then: a stale red stays red, a stale green is unknown.
use watchkeep_model::kri::{Aggregation, Direction, Quality, SourceKind, State, Status, Trend, Unit};
use watchkeep_model::{IntegrationId, KriId, TenantId, Timestamp};

use crate::{Reader, Result, Store, TenantScope, Tx};

/// State as of `$2`.
macro_rules! state {
    () => {
        "case when k.state = 'ok' and k.fresh_until < $2 then 'stale' else k.state end"
    };
}
/// Status as of `$2`.
macro_rules! status {
    () => {
        "case when k.status = 'green' and k.fresh_until < $2 then 'unknown' else k.status end"
    };
}
macro_rules! select {
    () => {
        concat!(
            "select k.id, k.slug, k.signal, k.name, k.about, k.category, k.unit, k.direction, k.amber, k.red, k.target, \
             k.aggregation, k.per_thousand, k.cadence_us, k.owner, k.demo, k.version, k.rev, k.value, k.numerator, k.denominator, ",
            state!(),
            " as state, ",
            status!(),
            " as status, k.status_since, k.trend, k.slope_per_day, k.quality, k.observed_at, k.fresh_until, k.source_id, \
             k.also, k.subjects, k.missing, i.name as source_name, i.source_kind from kri k left join integration i \
             on i.tenant_id = k.tenant_id and i.id = k.source_id where k.tenant_id = $1 and k.archived_at is null "
        )
    };
}
/// Those of a filter, after a slug.
macro_rules! page {
    () => {
        concat!(
            "and k.slug > $3 and ($4 = '' or ",
            status!(),
            " = $4) and ($5 = '' or k.category = $5) and (k.source_id = $6 or $6 is null) and ($7 = '' or exists \
             (select 1 from integration s where s.tenant_id = $1 and s.id = k.source_id and s.source_kind = $7)) \
             and ($8 = '' or k.search like $8 escape '!') order by k.slug limit $9"
        )
    };
}

statements! {
    Tenant PAGE = concat!(select!(), page!());
    Tenant MARKS = concat!("select k.id, k.slug, k.rev, k.fresh_until from kri k where k.tenant_id = $1 and k.archived_at is null ", page!());
    Tenant BY_SLUG = concat!(select!(), "and k.slug = $3");
    Tenant BY_ID = concat!(select!(), "and k.id = $3");
    Tenant CATEGORIES = "select distinct category from kri where tenant_id = $1 and archived_at is null order by category";
    Tenant SLUGS = "select id, slug from kri where tenant_id = $1 and archived_at is null";
    Tenant ARCHIVED = "select slug from kri where tenant_id = $1 and archived_at is not null order by slug";
    Tenant COUNTS = concat!("select ", status!(), " as status, count(*) as n from kri k where k.tenant_id = $1 and k.archived_at is null group by 1");
    Tenant ADD = "insert into kri (tenant_id, id, slug, signal, name, about, category, unit, direction, amber, red, target, aggregation, per_thousand, cadence_us, owner, search, demo, version, rev, created_at, archived_at, value, numerator, denominator, state, status, status_since, trend, slope_per_day, quality, observed_at, fresh_until, refresh_at, source_id, also, subjects, missing) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 1, 1, $19, null, null, null, null, 'unknown', 'unknown', null, 'insufficient', null, 'complete', null, null, null, null, '[]', 0, 0)";
    Tenant EDIT = "update kri set name = $3, about = $4, amber = $5, red = $6, target = $7, owner = $8, search = $9, cadence_us = $10, version = version + 1, rev = rev + 1 where tenant_id = $1 and id = $2";
    Tenant ARCHIVE = "update kri set archived_at = $3, refresh_at = null, version = version + 1, rev = rev + 1 where tenant_id = $1 and id = $2 and archived_at is null";
    Tenant SETTLE = "update kri set value = $3, numerator = $4, denominator = $5, state = $6, status = $7, status_since = $8, trend = $9, slope_per_day = $10, quality = $11, observed_at = $12, fresh_until = $13, refresh_at = $14, source_id = $15, also = $16, subjects = $17, missing = $18, rev = rev + 1 where tenant_id = $1 and id = $2";
    Crossing GOING_STALE = "select k.tenant_id, t.slug, k.id from kri k join tenant t on t.id = k.tenant_id where k.refresh_at <= $1 and k.archived_at is null order by k.refresh_at limit $2";
}

crate::row! {
    /// A KRI with its value as of a moment.
    pub struct KriRow {
        /// The id.
        pub id: KriId,
        /// The name in addresses and files, unique in the tenant.
        pub slug: String,
        /// The catalogue signal it measures; none for a KRI of the tenant's own.
        pub signal: Option<String>,
        /// The name for people.
        pub name: String,
        /// What it measures, in a sentence.
        pub about: String,
        /// The category's slug.
        pub category: String,
        /// The unit.
        pub unit: Unit,
        /// Which way is worse.
        pub direction: Direction,
        /// From here on it is amber.
        pub amber: f64,
        /// From here on it is red.
        pub red: f64,
        /// Where it should be.
        pub target: Option<f64>,
        /// How subjects become one value.
        pub aggregation: Aggregation,
        /// Judged per 1,000 assets in a large fleet.
        pub per_thousand: bool,
        /// How often a sample is expected, microseconds.
        pub cadence_us: i64,
        /// Who answers for it.
        pub owner: Option<String>,
        /// Made by the demo.
        pub demo: bool,
        /// Grows with each edit.
        pub version: i64,
        /// Grows with each change, also of the value.
        pub rev: i64,
        /// The value; the last known one if the state is `stale`.
        pub value: Option<f64>,
        /// What a percentage counts.
        pub numerator: Option<f64>,
        /// Out of how many.
        pub denominator: Option<f64>,
        /// Whether there is a value, and if not, why.
        pub state: State,
        /// Green, amber, red or unknown.
        pub status: Status,
        /// Since when it has this status.
        pub status_since: Option<Timestamp>,
        /// Where it is going.
        pub trend: Trend,
        /// Units per day.
        pub slope_per_day: Option<f64>,
        /// How sure the value is.
        pub quality: Quality,
        /// When it was observed.
        pub observed_at: Option<Timestamp>,
        /// Until when it counts as fresh.
        pub fresh_until: Option<Timestamp>,
        /// The integration that the value comes from.
        pub source_id: Option<IntegrationId>,
        /// Further integrations that speak of it: a JSON array of ids.
        pub also: String,
        /// Of how many subjects the value is made.
        pub subjects: i64,
        /// How many of them are stale or unknown.
        pub missing: i64,
        /// The name of the source.
        pub source_name: Option<String>,
        /// What kind of source.
        pub source_kind: Option<SourceKind>,
    }
}

crate::row! {
    /// Which KRI it is, and whether what was told of it still holds.
    pub struct Mark {
        /// The id.
        pub id: KriId,
        /// The name in addresses and files.
        pub slug: String,
        /// Grows with each change of the row.
        pub rev: i64,
        /// Until when the value counts as fresh; state and status depend on it.
        pub fresh_until: Option<Timestamp>,
    }
}

/// Which KRIs to list; empty text and `None` mean all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The status's word.
    pub status: String,
    /// The category's slug.
    pub category: String,
    /// One integration.
    pub source: Option<IntegrationId>,
    /// The kind of source.
    pub source_kind: String,
    /// A `like` pattern with `!` as its escape, lower case.
    pub pattern: String,
}

/// A text that somebody searches for, as a `like` pattern for the `search` columns.
pub fn like(text: &str) -> String {
    let mut p = String::with_capacity(text.len() + 2);
    p.push('%');
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            p.push('!');
        }
        p.push(c);
    }
    p.push('%');
    p
}

/// KRIs after a slug, by slug.
///
/// # Errors
/// Of the database.
pub async fn page(r: Reader<'_>, f: &Filter, now: Timestamp, after: &str, limit: i64) -> Result<Vec<KriRow>> {
    r.all(PAGE, params![now, after, &f.status, &f.category, f.source, &f.source_kind, &f.pattern, limit]).await
}
/// The same KRIs as [`page()`], without what they say.
///
/// # Errors
/// Of the database.
pub async fn marks(r: Reader<'_>, f: &Filter, now: Timestamp, after: &str, limit: i64) -> Result<Vec<Mark>> {
    r.all(MARKS, params![now, after, &f.status, &f.category, f.source, &f.source_kind, &f.pattern, limit]).await
}
/// A KRI by slug.
///
/// # Errors
/// Of the database.
pub async fn by_slug(r: Reader<'_>, slug: &str, now: Timestamp) -> Result<Option<KriRow>> {
    r.opt(BY_SLUG, params![now, slug]).await
}
/// A KRI by id.
///
/// # Errors
/// Of the database.
pub async fn by_id(r: Reader<'_>, id: KriId, now: Timestamp) -> Result<Option<KriRow>> {
    r.opt(BY_ID, params![now, id]).await
}
/// The same inside a write.
///
/// # Errors
/// Of the database.
pub async fn by_id_in(tx: &mut Tx<'_>, id: KriId, now: Timestamp) -> Result<Option<KriRow>> {
    tx.opt(BY_ID, params![now, id]).await
}
/// A KRI by slug, inside a write.
///
/// # Errors
/// Of the database.
pub async fn by_slug_in(tx: &mut Tx<'_>, slug: &str, now: Timestamp) -> Result<Option<KriRow>> {
    tx.opt(BY_SLUG, params![now, slug]).await
}
/// The categories that the tenant has KRIs in.
///
/// # Errors
/// Of the database.
pub async fn categories(r: Reader<'_>) -> Result<Vec<String>> {
    Ok(r.all::<(String,), 0>(CATEGORIES, []).await?.into_iter().map(|(c,)| c).collect())
}
/// Ids and slugs of all KRIs.
///
/// # Errors
/// Of the database.
pub async fn slugs(r: Reader<'_>) -> Result<Vec<(KriId, String)>> {
    r.all(SLUGS, []).await
}
/// Slugs of KRIs that were archived: they stay taken.
///
/// # Errors
/// Of the database.
pub async fn archived(r: Reader<'_>) -> Result<Vec<String>> {
    Ok(r.all::<(String,), 0>(ARCHIVED, []).await?.into_iter().map(|(s,)| s).collect())
}
/// The same inside a write.
///
/// # Errors
/// Of the database.
pub async fn archived_in(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    Ok(tx.all::<(String,), 0>(ARCHIVED, []).await?.into_iter().map(|(s,)| s).collect())
}
/// How many KRIs have which status.
///
/// # Errors
/// Of the database.
pub async fn counts(r: Reader<'_>, now: Timestamp) -> Result<Vec<(Status, i64)>> {
    r.all(COUNTS, params![now]).await
}

/// A KRI to be made.
#[derive(Clone, Debug)]
pub struct NewKri {
    /// The id.
    pub id: KriId,
    /// The slug, unique in the tenant.
    pub slug: String,
    /// The catalogue signal.
    pub signal: Option<String>,
    /// The name.
    pub name: String,
    /// What it measures.
    pub about: String,
    /// The category's slug.
    pub category: String,
    /// The unit.
    pub unit: Unit,
    /// Which way is worse.
    pub direction: Direction,
    /// From here on it is amber.
    pub amber: f64,
    /// From here on it is red.
    pub red: f64,
    /// Where it should be.
    pub target: Option<f64>,
    /// How subjects become one value.
    pub aggregation: Aggregation,
    /// Judged per 1,000 assets in a large fleet.
    pub per_thousand: bool,
    /// How often a sample is expected, microseconds.
    pub cadence_us: i64,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Made by the demo.
    pub demo: bool,
}
impl NewKri {
    /// The row that it will be: without a value.
    pub fn row(&self) -> KriRow {
        let k = self.clone();
        KriRow {
            id: k.id,
            slug: k.slug,
            signal: k.signal,
            name: k.name,
            about: k.about,
            category: k.category,
            unit: k.unit,
            direction: k.direction,
            amber: k.amber,
            red: k.red,
            target: k.target,
            aggregation: k.aggregation,
            per_thousand: k.per_thousand,
            cadence_us: k.cadence_us,
            owner: k.owner,
            demo: k.demo,
            version: 1,
            rev: 1,
            value: None,
            numerator: None,
            denominator: None,
            state: State::Unknown,
            status: Status::Unknown,
            status_since: None,
            trend: Trend::Insufficient,
            slope_per_day: None,
            quality: Quality::Complete,
            observed_at: None,
            fresh_until: None,
            source_id: None,
            also: "[]".into(),
            subjects: 0,
            missing: 0,
            source_name: None,
            source_kind: None,
        }
    }
}
fn searchable(slug: &str, name: &str, about: &str) -> String {
    format!("{slug} {name} {about}").to_lowercase()
}

/// Makes a KRI without a value: its state and status are unknown.
///
/// # Errors
/// A unique violation if the slug is in use.
pub async fn add(tx: &mut Tx<'_>, k: &NewKri, now: Timestamp) -> Result<()> {
    let search = searchable(&k.slug, &k.name, &k.about);
    let p = params![
        k.id,
        &k.slug,
        k.signal.as_deref(),
        &k.name,
        &k.about,
        &k.category,
        k.unit,
        k.direction,
        k.amber,
        k.red,
        k.target,
        k.aggregation,
        k.per_thousand,
        k.cadence_us,
        k.owner.as_deref(),
        &search,
        k.demo,
        now
    ];
    tx.exec(ADD, p).await?;
    Ok(())
}
/// Changes what a tenant may change of a KRI; the value is settled by the caller afterwards.
///
/// # Errors
/// Of the database.
pub async fn edit(tx: &mut Tx<'_>, k: &KriRow) -> Result<()> {
    let search = searchable(&k.slug, &k.name, &k.about);
    let p = params![k.id, &k.name, &k.about, k.amber, k.red, k.target, k.owner.as_deref(), &search, k.cadence_us];
    tx.exec(EDIT, p).await?;
    Ok(())
}
/// Takes a KRI out of all lists; its samples stay. False if it was not there.
///
/// # Errors
/// Of the database.
pub async fn archive(tx: &mut Tx<'_>, id: KriId, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(ARCHIVE, params![id, now]).await? > 0)
}

/// The computed part of a KRI.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The value.
    pub value: Option<f64>,
    /// What a percentage counts.
    pub numerator: Option<f64>,
    /// Out of how many.
    pub denominator: Option<f64>,
    /// Whether there is a value.
    pub state: State,
    /// The status.
    pub status: Status,
    /// Since when.
    pub status_since: Option<Timestamp>,
    /// Where it is going.
    pub trend: Trend,
    /// Units per day.
    pub slope_per_day: Option<f64>,
    /// How sure.
    pub quality: Quality,
    /// When it was observed.
    pub observed_at: Option<Timestamp>,
    /// Until when it is fresh.
    pub fresh_until: Option<Timestamp>,
    /// When it has to be settled again without a new sample.
    pub refresh_at: Option<Timestamp>,
    /// The integration it comes from.
    pub source: Option<IntegrationId>,
    /// A JSON array of further integrations.
    pub also: String,
    /// Of how many subjects.
    pub subjects: i64,
    /// How many of them are missing.
    pub missing: i64,
}
/// Writes the computed part.
///
/// # Errors
/// Of the database.
pub async fn settle(tx: &mut Tx<'_>, id: KriId, s: &Settled) -> Result<()> {
    let p = params![
        id,
        s.value,
        s.numerator,
        s.denominator,
        s.state,
        s.status,
        s.status_since,
        s.trend,
        s.slope_per_day,
        s.quality,
        s.observed_at,
        s.fresh_until,
        s.refresh_at,
        s.source,
        &s.also,
        s.subjects,
        s.missing
    ];
    tx.exec(SETTLE, p).await?;
    Ok(())
}

impl Store {
    /// KRIs whose value has to be settled again because something in it went stale, with the scopes to do it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn going_stale(&self, now: Timestamp, limit: i64) -> Result<Vec<(TenantScope, KriId)>> {
        let rows: Vec<(TenantId, watchkeep_model::Slug, KriId)> =
            self.crossing().all(GOING_STALE, params![now, limit]).await?;
        Ok(rows.into_iter().map(|(t, slug, id)| (TenantScope::new(t, slug), id)).collect())
    }
}
