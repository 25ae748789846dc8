//! Runs of integrations: what came in together.
use watchkeep_model::{IntegrationId, RunId, Timestamp};

use crate::{Reader, Result, Tx};

statements! {
    Tenant START = "insert into integration_run (tenant_id, id, integration_id, started_at, ended_at, status, started_by, written, skipped, calls, cap, error) values ($1, $2, $3, $4, null, 'running', $5, 0, 0, 0, null, null)";
    Tenant COUNT = "update integration_run set written = written + $3, skipped = skipped + $4 where tenant_id = $1 and id = $2";
    Tenant END = "update integration_run set ended_at = $3, status = $4, error = $5 where tenant_id = $1 and id = $2";
    Tenant RUNNING = "select r.id, r.integration_id, r.started_at, r.ended_at, r.status, r.started_by, r.written, r.skipped, r.calls, r.cap, r.error from integration i join integration_run r on r.tenant_id = i.tenant_id and r.id = i.last_run_id where i.tenant_id = $1 and i.id = $2 and r.status = 'running'";
    Tenant ONE = "select id, integration_id, started_at, ended_at, status, started_by, written, skipped, calls, cap, error from integration_run where tenant_id = $1 and id = $2";
}

crate::row! {
    /// One run.
    pub struct RunRow {
        /// The id.
        pub id: RunId,
        /// Of which integration.
        pub integration_id: IntegrationId,
        /// When it began.
        pub started_at: Timestamp,
        /// When it ended.
        pub ended_at: Option<Timestamp>,
        /// `running`, `ok`, `partial`, `failed`.
        pub status: String,
        /// Who started it.
        pub started_by: String,
        /// Samples written.
        pub written: i64,
        /// Samples skipped.
        pub skipped: i64,
        /// Calls to the vendor.
        pub calls: i64,
        /// Calls allowed.
        pub cap: Option<i64>,
        /// What went wrong.
        pub error: Option<String>,
    }
}

/// Begins a run.
///
/// # Errors
/// Of the database.
pub async fn start(tx: &mut Tx<'_>, id: RunId, of: IntegrationId, by: &str, now: Timestamp) -> Result<()> {
    tx.exec(START, params![id, of, now, by]).await?;
    Ok(())
}
/// Adds to a run's counts.
///
/// # Errors
/// Of the database.
pub async fn count(tx: &mut Tx<'_>, id: RunId, written: i64, skipped: i64) -> Result<()> {
    tx.exec(COUNT, params![id, written, skipped]).await?;
    Ok(())
}
/// Ends a run.
///
/// # Errors
/// Of the database.
pub async fn end(tx: &mut Tx<'_>, id: RunId, status: &str, error: Option<&str>, now: Timestamp) -> Result<()> {
    tx.exec(END, params![id, now, status, error]).await?;
    Ok(())
}
/// One run.
///
/// # Errors
/// Of the database.
pub async fn get(r: Reader<'_>, id: RunId) -> Result<Option<RunRow>> {
    r.opt(ONE, params![id]).await
}
/// The last run of an integration, if it is still under way, inside a write.
///
/// # Errors
/// Of the database.
pub async fn running(tx: &mut Tx<'_>, of: IntegrationId) -> Result<Option<RunRow>> {
    tx.opt(RUNNING, params![of]).await
}
