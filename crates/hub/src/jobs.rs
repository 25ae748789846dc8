//! What the hub does by itself. A new job is one file under `jobs/` and one line in [`JOBS`].
//!
//! Jobs are rows of the store, so several hubs share them: a due schedule becomes one job, a job is held by one worker at
//! a time under a lease, and what a worker does after its lease was taken over changes nothing (its fence is old).
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use croner::Cron;
use watchkeep_model::{JobId, ScheduleId, Span, Timestamp};
use watchkeep_store::Keyring;
use watchkeep_store::jobs::Claimed;

use crate::error::Error;
use crate::hub::Hub;

mod artifacts;
mod checkpoint;
mod housekeeping;
mod materialise;
mod refresh;

/// What jobs need besides the hub.
#[derive(Clone)]
pub struct Upkeep {
    /// The hub.
    pub hub: Arc<Hub>,
    /// Signs the checkpoints.
    pub keys: Arc<Keyring>,
    /// Where checkpoints are kept, outside the database.
    pub checkpoints: PathBuf,
}

impl std::fmt::Debug for Upkeep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upkeep").field("checkpoints", &self.checkpoints).finish_non_exhaustive()
    }
}

type Running = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// One kind of job.
#[derive(Clone, Copy)]
pub struct JobDef {
    /// Its name in the table.
    pub kind: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// When it runs by itself: a cron line, UTC.
    pub every: &'static str,
    /// Does it. An error puts the job back for later, until its tries are used up.
    pub run: fn(Upkeep, Claimed) -> Running,
}

impl std::fmt::Debug for JobDef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobDef").field("kind", &self.kind).field("every", &self.every).finish_non_exhaustive()
    }
}

/// Every kind of job.
pub const JOBS: &[JobDef] = &[refresh::JOB, materialise::JOB, checkpoint::JOB, housekeeping::JOB, artifacts::JOB];

/// How long a worker holds a job without a sign of life.
const LEASE: Span = Span::minutes(2);
/// Jobs of one tenant in a round, and jobs in a round.
const PER_TENANT: i64 = 4;
const PER_ROUND: i64 = 16;
/// Between two looks for due work.
const PAUSE: Duration = Duration::from_secs(1);

/// Makes the schedules of all kinds, at the start.
///
/// # Errors
/// Of the store.
pub async fn install(hub: &Hub) -> Result<(), Error> {
    let now = hub.now();
    for def in JOBS {
        let next = next_after(def.every, now)?;
        let id = ScheduleId::new(hub.rng.id(now));
        hub.store.schedule(hub.store.operator(), id, def.kind, def.every.to_owned(), next).await?;
    }
    Ok(())
}

/// The first time after `now` that a cron line (five fields, UTC) names.
///
/// # Errors
/// If the line is none.
pub fn next_after(every: &str, now: Timestamp) -> Result<Timestamp, Error> {
    let cron =
        Cron::from_str(every).map_err(|e| Error::flaw("schedule", &format!("`{every}` is no cron line: {e}")))?;
    let at =
        jiff::Timestamp::from_microsecond(now.micros()).map_err(Error::internal)?.to_zoned(jiff::tz::TimeZone::UTC);
    let next = cron
        .find_next_occurrence(&at, false)
        .map_err(|e| Error::flaw("schedule", &format!("`{every}` never comes: {e}")))?;
    Ok(Timestamp::from_micros(next.timestamp().as_microsecond()))
}

/// One round: fires what is due, takes jobs and does them. Tells how many it did.
///
/// # Errors
/// Of the store; a job that fails is no error of the round.
pub async fn round(up: Upkeep, worker: String) -> Result<usize, Error> {
    let (hub, now) = (up.hub.clone(), up.hub.now());
    for due in hub.store.due_schedules(now, 64).await? {
        let next = next_after(&due.spec, now)?;
        let id = JobId::new(hub.rng.id(now));
        hub.store.fire_schedule(due, next, id, now).await?;
    }
    let jobs = hub.store.claim_jobs(now, &worker, LEASE, PER_TENANT, PER_ROUND).await?;
    let count = jobs.len();
    for job in jobs {
        work(up.clone(), job).await?;
    }
    Ok(count)
}

async fn work(up: Upkeep, job: Claimed) -> Result<(), Error> {
    let hub = up.hub.clone();
    let Some(def) = JOBS.iter().find(|d| d.kind == job.kind) else {
        let told = format!("this version has no job of the kind {}", job.kind);
        hub.store.finish_job(&job, Some(told), hub.now()).await?;
        return Ok(());
    };
    let ended = held(up.clone(), job.clone(), (def.run)(up, job.clone())).await;
    let now = hub.now();
    let kept = match ended {
        Ok(()) => hub.store.finish_job(&job, None, now).await?,
        Err(e) if job.attempt < job.max_attempts => {
            tracing::warn!(kind = def.kind, attempt = job.attempt, error = %reason(&e), "a job failed and is put back");
            hub.store.retry_job(&job, reason(&e), now.plus(backoff(&hub, job.attempt))).await?
        }
        Err(e) => {
            tracing::error!(kind = def.kind, attempts = job.attempt, error = %reason(&e), "a job failed for good");
            hub.store.finish_job(&job, Some(reason(&e)), now).await?
        }
    };
    if !kept {
        tracing::warn!(kind = def.kind, "a job was taken over by another worker before it ended");
    }
    Ok(())
}

/// Runs a job and prolongs its lease while it runs.
async fn held(up: Upkeep, job: Claimed, run: Running) -> Result<(), Error> {
    let third = Duration::from_micros(u64::try_from(LEASE.micros() / 3).unwrap_or(1));
    let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + third, third);
    tokio::pin!(run);
    loop {
        tokio::select! {
            ended = &mut run => return ended,
            _ = beat.tick() => {
                if !up.hub.store.renew_job(&job, up.hub.now().plus(LEASE)).await? {
                    return Err(Error::conflict("the job was taken over by another worker"));
                }
            }
        }
    }
}

fn reason(e: &Error) -> String {
    match std::error::Error::source(e) {
        Some(source) => format!("{e}: {source}"),
        None => e.to_string(),
    }
}

/// Exponential, with full jitter: between nothing and 10 s, 20 s, 40 s, ... at most an hour.
fn backoff(hub: &Hub, attempt: i64) -> Span {
    let most = (10_i64 << attempt.clamp(0, 9)).min(3_600);
    let chance = u64::from_be_bytes(hub.rng.bytes::<8>()) % 1_000;
    Span::from_micros(most * 1_000 * i64::try_from(chance).unwrap_or_default())
}

/// Works until the hub stops.
pub async fn run(up: Upkeep) {
    let worker = up.hub.rng.id(up.hub.now()).to_string();
    let tasks = up.hub.tasks.clone();
    loop {
        if let Err(e) = round(up.clone(), worker.clone()).await {
            tracing::warn!(error = %reason(&e), "a round of jobs failed; the next one follows");
        }
        tokio::select! {
            () = tasks.stopping() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_has_a_schedule_that_comes() {
        let now: Timestamp = "2026-11-20T08:00:30Z".parse().unwrap();
        for def in JOBS {
            let next = next_after(def.every, now).unwrap();
            assert!(next > now && next < now.plus(Span::days(32)), "{}: {next}", def.kind);
            assert!(def.about.ends_with('.'));
        }
        assert_eq!(next_after("*/10 * * * *", now).unwrap().to_string(), "2026-11-20T08:10:00Z");
        assert!(next_after("every now and then", now).is_err());
    }
}
