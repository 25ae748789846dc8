//! Removes what has had its time: idempotency keys after a day, ended jobs after a week. In slices, so that no write
//! waits long.
use watchkeep_model::Span;

use super::JobDef;
use crate::error::Error;

pub(super) const JOB: JobDef = JobDef {
    kind: "housekeeping",
    about: "Removes idempotency keys older than a day and jobs that ended a week ago.",
    every: "17 * * * *",
    run: |up, _| Box::pin(run(up)),
};

async fn run(up: super::Upkeep) -> Result<(), Error> {
    let (store, now) = (&up.hub.store, up.hub.now());
    while store.clear_idempotency(now).await? > 0 {}
    while store.prune_jobs(now.minus(Span::days(7))).await? > 0 {}
    Ok(())
}
