//! Removes the bytes of artifacts after their time, and what was laid down of a push that never came to its end. In
//! slices, so that no write waits long. The rows of artifacts stay.
use watchkeep_model::{ArtifactId, RequestId, Span};
use watchkeep_store::{Actor, ActorKind, Call, Stopwatch, TenantScope, artifacts};

use super::JobDef;
use crate::canonical;
use crate::error::Error;
use crate::hub::Hub;

const KIND: &str = "dropzone.artifacts";

pub(super) const JOB: JobDef = JobDef {
    kind: KIND,
    about: "Removes the bytes of artifacts after 90 days, and those of pushes that were cut off.",
    every: "23 * * * *",
    run: |up, _| Box::pin(run(up)),
};

/// Parts (of one MiB) in one write.
const PARTS: i64 = 4;
/// Artifacts in one read, and reads in one job: the next hour goes on.
const PAGE: i64 = 50;
const PAGES: usize = 20;
/// What was laid down and has no artifact after that time never gets one.
const CUT_OFF: Span = Span::hours(2);

async fn run(up: super::Upkeep) -> Result<(), Error> {
    let hub = &up.hub;
    for _ in 0..PAGES {
        let due = hub.store.expired_artifacts(hub.now(), PAGE).await?;
        if due.is_empty() {
            break;
        }
        for (scope, id) in due {
            clear(hub, scope, id, true).await?;
        }
    }
    for _ in 0..PAGES {
        let due = hub.store.staged_before(hub.now().minus(CUT_OFF), PAGE).await?;
        if due.is_empty() {
            break;
        }
        for (scope, id) in due {
            clear(hub, scope, id, false).await?;
        }
    }
    Ok(())
}

/// Removes the parts, then notes that: whoever is stopped between goes on where it stopped.
async fn clear(hub: &Hub, scope: TenantScope, id: ArtifactId, kept: bool) -> Result<(), Error> {
    loop {
        let now = hub.now();
        let call = Call {
            event: "artifact_body_removed".into(),
            op: KIND.into(),
            connector: None,
            actor: Actor {
                kind: ActorKind::Job,
                id: None,
                person: None,
                name: "dropzone.artifacts".into(),
                client: None,
            },
            args: canonical::digest(&serde_json::Map::new()),
            at: now,
            watch: Stopwatch::start(),
            request: RequestId::new(hub.rng.id(now)),
            client: None,
            address: None,
            target: Some(id.to_string()),
        };
        let more = hub
            .store
            .write(&scope, call, async move |tx| {
                let gone = artifacts::drop_parts(tx, id, PARTS).await?;
                if i64::try_from(gone).is_ok_and(|gone| gone == PARTS) {
                    return Ok::<_, Error>(true);
                }
                if kept {
                    artifacts::body_removed(tx, id, now).await?;
                } else {
                    artifacts::unstage(tx, id).await?;
                }
                Ok(false)
            })
            .await?;
        if !more {
            return Ok(());
        }
    }
}
