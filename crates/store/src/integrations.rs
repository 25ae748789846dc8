//! Integrations: where samples come from.
use watchkeep_model::kri::SourceKind;
use watchkeep_model::{IntegrationId, RunId, Timestamp};

use crate::{Reader, Result, Tx};

statements! {
    Tenant PAGE = "select i.id, i.name, i.vendor, i.source_kind, i.schedule, i.enabled, i.auth_state, i.priority, i.demo, i.created_at, i.next_run_at, (select count(*) from proposal p where p.tenant_id = $1 and p.integration_id = i.id and p.status = 'pending') as open_proposals, r.id as run_id, r.started_at as run_at, r.ended_at as run_ended_at, r.status as run_status, r.written as run_written, r.skipped as run_skipped, r.calls as run_calls, r.cap as run_cap, r.error as run_error from integration i left join integration_run r on r.tenant_id = i.tenant_id and r.id = i.last_run_id where i.tenant_id = $1 and i.name > $2 and ($3 = '' or i.source_kind = $3) and ($4 = '' or case when i.enabled = 0 then 'disabled' when i.auth_state not in ('ok', 'none') then 'reauthorize' when r.status is null then 'never_run' when r.status = 'failed' then 'failing' when r.status = 'running' then 'running' else 'ok' end = $4) order by i.name limit $5";
    Tenant GET = "select i.id, i.name, i.vendor, i.source_kind, i.schedule, i.enabled, i.auth_state, i.priority, i.demo, i.created_at, i.next_run_at, (select count(*) from proposal p where p.tenant_id = $1 and p.integration_id = i.id and p.status = 'pending') as open_proposals, r.id as run_id, r.started_at as run_at, r.ended_at as run_ended_at, r.status as run_status, r.written as run_written, r.skipped as run_skipped, r.calls as run_calls, r.cap as run_cap, r.error as run_error from integration i left join integration_run r on r.tenant_id = i.tenant_id and r.id = i.last_run_id where i.tenant_id = $1 and i.id = $2";
    Tenant NAMES = "select id, name, source_kind, priority from integration where tenant_id = $1";
    Tenant ONE = "select id, name, source_kind, priority from integration where tenant_id = $1 and id = $2";
    Tenant BY_NAME = "select id, name, source_kind, priority from integration where tenant_id = $1 and name = $2";
    Tenant OF_KIND = "select id, name, source_kind, priority from integration where tenant_id = $1 and source_kind = $2 and enabled = 1 order by id limit 1";
    Tenant ADD = "insert into integration (tenant_id, id, name, vendor, source_kind, schedule, enabled, auth_state, priority, demo, created_at, search, last_run_id, next_run_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, null, null)";
    Tenant SEARCH = "select id, name, source_kind, priority from integration where tenant_id = $1 and search like $2 escape '!' order by name limit $3";
    Tenant ENABLE = "update integration set enabled = $3 where tenant_id = $1 and id = $2";
    Tenant RAN = "update integration set last_run_id = $3 where tenant_id = $1 and id = $2";
}

crate::row! {
    /// An integration with its last run.
    pub struct IntegrationRow {
        /// The id.
        pub id: IntegrationId,
        /// Its name, unique in the tenant.
        pub name: String,
        /// The vendor.
        pub vendor: String,
        /// What kind of source.
        pub source_kind: SourceKind,
        /// When it runs by itself, as a cron line.
        pub schedule: Option<String>,
        /// False: it takes and pulls nothing.
        pub enabled: bool,
        /// `none` (needs none), `ok`, or what is missing.
        pub auth_state: String,
        /// The lower wins where two report the same subject.
        pub priority: i64,
        /// Made by the demo.
        pub demo: bool,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it runs next.
        pub next_run_at: Option<Timestamp>,
        /// Proposals that wait for a person.
        pub open_proposals: i64,
        /// The last run.
        pub run_id: Option<RunId>,
        /// When it began.
        pub run_at: Option<Timestamp>,
        /// When it ended.
        pub run_ended_at: Option<Timestamp>,
        /// How it ended.
        pub run_status: Option<String>,
        /// Samples written.
        pub run_written: Option<i64>,
        /// Samples skipped (known already, or refused).
        pub run_skipped: Option<i64>,
        /// Calls to the vendor.
        pub run_calls: Option<i64>,
        /// Calls allowed.
        pub run_cap: Option<i64>,
        /// What went wrong.
        pub run_error: Option<String>,
    }
}
impl IntegrationRow {
    /// One that has not run yet, with the priority of its kind and nothing else set.
    pub fn new(id: IntegrationId, name: String, vendor: &str, kind: SourceKind, now: Timestamp) -> Self {
        Self {
            id,
            name,
            vendor: vendor.to_owned(),
            source_kind: kind,
            schedule: None,
            enabled: true,
            auth_state: "none".into(),
            priority: kind.priority(),
            demo: false,
            created_at: now,
            next_run_at: None,
            open_proposals: 0,
            run_id: None,
            run_at: None,
            run_ended_at: None,
            run_status: None,
            run_written: None,
            run_skipped: None,
            run_calls: None,
            run_cap: None,
            run_error: None,
        }
    }
}
crate::row! {
    /// An integration's name and rank.
    pub struct Named {
        /// The id.
        pub id: IntegrationId,
        /// Its name.
        pub name: String,
        /// What kind of source.
        pub source_kind: SourceKind,
        /// The lower wins.
        pub priority: i64,
    }
}

/// Which integrations to list; empty text means all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The kind's word.
    pub kind: String,
    /// The health's word: `ok`, `failing`, `running`, `never_run`, `reauthorize`, `disabled`.
    pub health: String,
}

/// Integrations after a name, by name.
///
/// # Errors
/// Of the database.
pub async fn page(r: Reader<'_>, f: &Filter, after: &str, limit: i64) -> Result<Vec<IntegrationRow>> {
    r.all(PAGE, params![after, &f.kind, &f.health, limit]).await
}
/// One integration with its last run.
///
/// # Errors
/// Of the database.
pub async fn get(r: Reader<'_>, id: IntegrationId) -> Result<Option<IntegrationRow>> {
    r.opt(GET, params![id]).await
}
/// Names of all integrations of the tenant.
///
/// # Errors
/// Of the database.
pub async fn names(r: Reader<'_>) -> Result<Vec<Named>> {
    r.all(NAMES, []).await
}
/// The same inside a write.
///
/// # Errors
/// Of the database.
pub async fn names_in(tx: &mut Tx<'_>) -> Result<Vec<Named>> {
    tx.all(NAMES, []).await
}
/// One integration by id.
///
/// # Errors
/// Of the database.
pub async fn by_id(tx: &mut Tx<'_>, id: IntegrationId) -> Result<Option<Named>> {
    tx.opt(ONE, params![id]).await
}
/// One integration by name.
///
/// # Errors
/// Of the database.
pub async fn by_name(r: Reader<'_>, name: &str) -> Result<Option<Named>> {
    r.opt(BY_NAME, params![name]).await
}
/// One integration by name, inside a write.
///
/// # Errors
/// Of the database.
pub async fn by_name_in(tx: &mut Tx<'_>, name: &str) -> Result<Option<Named>> {
    tx.opt(BY_NAME, params![name]).await
}
/// Integrations whose name or vendor holds the text, by name. `pattern` is a `like` pattern with `!` as its escape.
///
/// # Errors
/// Of the database.
pub async fn search(r: Reader<'_>, pattern: &str, limit: i64) -> Result<Vec<Named>> {
    r.all(SEARCH, params![pattern, limit]).await
}
/// The oldest enabled integration of a kind.
///
/// # Errors
/// Of the database.
pub async fn of_kind(tx: &mut Tx<'_>, kind: SourceKind) -> Result<Option<Named>> {
    tx.opt(OF_KIND, params![kind]).await
}
/// Makes an integration.
///
/// # Errors
/// A unique violation if the name is in use.
pub async fn add(tx: &mut Tx<'_>, i: &IntegrationRow) -> Result<()> {
    let search = format!("{} {}", i.name, i.vendor).to_lowercase();
    let p = params![
        i.id,
        &i.name,
        &i.vendor,
        i.source_kind,
        i.schedule.as_deref(),
        i.enabled,
        &i.auth_state,
        i.priority,
        i.demo,
        i.created_at,
        &search
    ];
    tx.exec(ADD, p).await?;
    Ok(())
}
/// Switches an integration on or off; false if there is none.
///
/// # Errors
/// Of the database.
pub async fn enable(tx: &mut Tx<'_>, id: IntegrationId, on: bool) -> Result<bool> {
    Ok(tx.exec(ENABLE, params![id, on]).await? > 0)
}
/// Notes the last run.
///
/// # Errors
/// Of the database.
pub async fn ran(tx: &mut Tx<'_>, id: IntegrationId, run: RunId) -> Result<()> {
    tx.exec(RAN, params![id, run]).await?;
    Ok(())
}
