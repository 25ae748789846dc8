//! Jobs as rows: a lease, a fence, one alive per key, retry with jitter, enqueued in the caller's transaction.
//!
//! A claimed row yields the scope of its run. Correctness rests on the compare-and-set of state, lease and fence; an
//! answer of a worker whose lease was taken over changes nothing.
use uuid::Uuid;
use watchkeep_model::{JobId, Slug, Span, TenantId, Timestamp};

use crate::scope::INSTALLATION;
use crate::{InstallationScope, Result, Store, TenantScope, Tx, sql::Crossing};

statements! {
    Tenant ENQUEUE = "insert into job (tenant_id, id, kind, payload, state, run_at, lease_until, lease_by, fence, attempt, max_attempts, unique_key, last_error, created_at, ended_at) values ($1, $2, $3, $4, 'ready', $5, null, null, 0, 0, $6, $7, null, $8, null) on conflict (tenant_id, kind, unique_key) where state in ('ready', 'leased') do nothing";
    Crossing JOB = "insert into job (tenant_id, id, kind, payload, state, run_at, lease_until, lease_by, fence, attempt, max_attempts, unique_key, last_error, created_at, ended_at) values ($1, $2, $3, $4, 'ready', $5, null, null, 0, 0, $6, $7, null, $8, null) on conflict (tenant_id, kind, unique_key) where state in ('ready', 'leased') do nothing";
    Crossing CLAIM = "update job set state = 'leased', lease_by = $2, lease_until = $3, fence = fence + 1, attempt = attempt + 1 where (tenant_id, id) in (select tenant_id, id from (select tenant_id, id, run_at, row_number() over (partition by tenant_id order by run_at, id) as place from job where run_at <= $1 and state in ('ready', 'leased') and (state = 'ready' or lease_until < $1)) due where place <= $4 order by run_at, id limit $5) and state in ('ready', 'leased') and (state = 'ready' or lease_until < $1) returning tenant_id, id, kind, payload, fence, attempt, max_attempts";
    Crossing RENEW = "update job set lease_until = $4 where tenant_id = $1 and id = $2 and fence = $3 and state = 'leased'";
    Crossing FINISH = "update job set state = $4, ended_at = $5, last_error = $6, lease_by = null, lease_until = null where tenant_id = $1 and id = $2 and fence = $3 and state = 'leased'";
    Crossing RETRY = "update job set state = 'ready', run_at = $4, last_error = $5, lease_by = null, lease_until = null where tenant_id = $1 and id = $2 and fence = $3 and state = 'leased'";
    Crossing JOBS = "select j.id, j.kind, j.state, j.run_at, j.attempt, j.max_attempts, j.last_error, j.ended_at, t.slug from job j left join tenant t on t.id = j.tenant_id where j.run_at >= $1 order by j.run_at desc, j.id limit $2";
    Crossing PRUNE = "delete from job where (tenant_id, id) in (select tenant_id, id from job where state in ('done', 'dead') and ended_at < $1 order by ended_at limit 500)";
}

crate::row! {
    struct ClaimedRow {
        tenant_id: TenantId, id: JobId, kind: String, payload: String, fence: i64, attempt: i64, max_attempts: i64,
    }
}
crate::row! {
    /// A job as the operator sees it.
    pub struct JobRow {
        /// The id.
        pub id: JobId,
        /// What it does.
        pub kind: String,
        /// `ready`, `leased`, `done`, `dead`.
        pub state: String,
        /// When it is or was due.
        pub run_at: Timestamp,
        /// How often it was tried.
        pub attempt: i64,
        /// How often it may be tried.
        pub max_attempts: i64,
        /// What went wrong last.
        pub last_error: Option<String>,
        /// When it ended.
        pub ended_at: Option<Timestamp>,
        /// The tenant; none for the installation's own.
        pub slug: Option<Slug>,
    }
}

/// Whose job it is.
#[derive(Clone, Debug)]
pub enum JobScope {
    /// One tenant's.
    Tenant(TenantScope),
    /// The installation's.
    Installation(InstallationScope),
}

/// A job that this worker holds.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The id.
    pub id: JobId,
    /// What it does.
    pub kind: String,
    /// A JSON object.
    pub payload: String,
    /// Grows with each claim: side effects carry it.
    pub fence: i64,
    /// The how-manieth try this is, from 1.
    pub attempt: i64,
    /// How many tries there are.
    pub max_attempts: i64,
    /// What it may touch.
    pub scope: JobScope,
    tenant: Uuid,
}

/// A job to be made.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// The id.
    pub id: JobId,
    /// What it does.
    pub kind: &'static str,
    /// A JSON object.
    pub payload: String,
    /// When it is due.
    pub run_at: Timestamp,
    /// How many tries.
    pub max_attempts: i64,
    /// At most one job of the kind is alive with this key.
    pub unique_key: Option<String>,
}

/// Makes a tenant's job in the caller's transaction; false if one with its key is alive.
///
/// # Errors
/// Of the database.
pub async fn enqueue(tx: &mut Tx<'_>, j: &NewJob, now: Timestamp) -> Result<bool> {
    let p = params![j.id, j.kind, &j.payload, j.run_at, j.max_attempts, j.unique_key.as_deref(), now];
    Ok(tx.exec(ENQUEUE, p).await? > 0)
}
/// The same for any chain, from a schedule.
pub(crate) async fn enqueue_for(
    tx: &mut Tx<'_, Crossing>,
    tenant: Uuid,
    j: &NewJob,
    kind: &str,
    now: Timestamp,
) -> Result<bool> {
    let p = params![tenant, j.id, kind, &j.payload, j.run_at, j.max_attempts, j.unique_key.as_deref(), now];
    Ok(tx.exec(JOB, p).await? > 0)
}

impl Store {
    /// Takes up to `limit` due jobs, at most `per_tenant` of each tenant, for `lease`.
    ///
    /// A job whose worker died is due again when its lease ends, however often it was tried: one that comes with
    /// `attempt > max_attempts` is to be ended, not run.
    ///
    /// # Errors
    /// Of the database.
    pub fn claim_jobs(
        &self,
        now: Timestamp,
        worker: &str,
        lease: Span,
        per_tenant: i64,
        limit: i64,
    ) -> impl Future<Output = Result<Vec<Claimed>>> + Send {
        async move {
            let worker = worker.to_owned();
            let rows: Vec<ClaimedRow> = self
                .write_quietly(async move |tx| {
                    tx.all(CLAIM, params![now, &worker, now.plus(lease), per_tenant, limit]).await
                })
                .await?;
            let tenants = self.tenants(self.operator()).await?;
            let scope = |id: TenantId| match tenants.iter().find(|t| t.id == id) {
                Some(t) => Some(JobScope::Tenant(TenantScope::new(t.id, t.slug.clone()))),
                None if id.uuid() == INSTALLATION => Some(JobScope::Installation(InstallationScope::new())),
                None => {
                    tracing::error!(tenant = %id, "a job belongs to a tenant that is not there; it is left alone");
                    None
                }
            };
            let claimed = rows.into_iter().filter_map(|r| {
                Some(Claimed {
                    id: r.id,
                    kind: r.kind,
                    payload: r.payload,
                    fence: r.fence,
                    attempt: r.attempt,
                    max_attempts: r.max_attempts,
                    scope: scope(r.tenant_id)?,
                    tenant: r.tenant_id.uuid(),
                })
            });
            Ok(claimed.collect())
        }
    }
    /// Prolongs the lease; false if the job was taken over.
    ///
    /// # Errors
    /// Of the database.
    pub fn renew_job(&self, j: &Claimed, until: Timestamp) -> impl Future<Output = Result<bool>> + Send {
        async move {
            let (tenant, id, fence) = (j.tenant, j.id, j.fence);
            let n = self.write_quietly(async move |tx| tx.exec(RENEW, params![tenant, id, fence, until]).await).await?;
            Ok(n > 0)
        }
    }
    /// Ends a job: `None` is done, `Some(error)` is dead. False if it was taken over.
    ///
    /// # Errors
    /// Of the database.
    pub fn finish_job(
        &self,
        j: &Claimed,
        error: Option<String>,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool>> + Send {
        async move {
            let (tenant, id, fence) = (j.tenant, j.id, j.fence);
            let state = if error.is_some() { "dead" } else { "done" }.to_owned();
            let n = self
                .write_quietly(async move |tx| {
                    tx.exec(FINISH, params![tenant, id, fence, &state, now, error.as_deref()]).await
                })
                .await?;
            Ok(n > 0)
        }
    }
    /// Puts a failed job back for later. False if it was taken over.
    ///
    /// # Errors
    /// Of the database.
    pub fn retry_job(&self, j: &Claimed, error: String, at: Timestamp) -> impl Future<Output = Result<bool>> + Send {
        async move {
            let (tenant, id, fence) = (j.tenant, j.id, j.fence);
            let n = self
                .write_quietly(async move |tx| tx.exec(RETRY, params![tenant, id, fence, at, &error]).await)
                .await?;
            Ok(n > 0)
        }
    }
    /// Jobs due since a moment, newest first.
    ///
    /// # Errors
    /// Of the database.
    pub async fn jobs(&self, _: InstallationScope, since: Timestamp, limit: i64) -> Result<Vec<JobRow>> {
        self.crossing().all(JOBS, params![since, limit]).await
    }
    /// Removes jobs that ended before a moment, at most 500 at a time.
    ///
    /// # Errors
    /// Of the database.
    pub fn prune_jobs(&self, before: Timestamp) -> impl Future<Output = Result<u64>> + Send {
        async move { self.write_quietly(async move |tx| tx.exec(PRUNE, params![before]).await).await }
    }
}
