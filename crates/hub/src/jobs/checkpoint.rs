//! Signs where each audit chain stands, and keeps that outside the database.
use super::JobDef;
use crate::error::Error;

pub(super) const JOB: JobDef = JobDef {
    kind: "audit.checkpoint",
    about: "Signs the heads of the audit chains into the checkpoint file.",
    every: "*/10 * * * *",
    run: |up, _| Box::pin(run(up)),
};

async fn run(up: super::Upkeep) -> Result<(), Error> {
    let taken = up.hub.store.checkpoint(&up.keys, &up.checkpoints, up.hub.now()).await?;
    tracing::debug!(taken, "audit checkpoints");
    Ok(())
}
