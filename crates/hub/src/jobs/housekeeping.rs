//! Removes what has had its time, in slices, so that no write waits long: idempotency keys and counts of sign-in attempts
//! after a day, ended jobs after a week, sessions after a month; of the authorization server codes that nobody redeemed,
//! tokens that ended and clients that nobody allowed anything.
use watchkeep_model::Span;

use super::JobDef;
use crate::error::Error;
use crate::oauth::attempts;

pub(super) const JOB: JobDef = JobDef {
    kind: "housekeeping",
    about: "Removes idempotency keys older than a day, jobs that ended a week ago, and tokens, sessions and clients that have had their time.",
    every: "17 * * * *",
    run: |up, _| Box::pin(run(up)),
};

async fn run(up: super::Upkeep) -> Result<(), Error> {
    let (store, now) = (&up.hub.store, up.hub.now());
    while store.clear_idempotency(now).await? > 0 {}
    while store.prune_jobs(now.minus(Span::days(7))).await? > 0 {}
    while store.clear_sign_in(now).await? > 0 {}
    store.clear_attempts(now.minus(attempts::KEPT)).await?;
    // a refresh token that comes after its end is told apart from one that never was for a month
    store.clear_refresh(now.minus(Span::days(30))).await?;
    store.clear_grants(now.minus(Span::days(1)), now.minus(Span::days(1)), now.minus(Span::days(90))).await?;
    while store.clear_clients(now.minus(Span::days(1)), now.minus(Span::days(90))).await? > 0 {}
    Ok(())
}
