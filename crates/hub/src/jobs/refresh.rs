//! Settles KRIs of which something went stale: a value never stays good because nobody said anything.
use watchkeep_model::RequestId;
use watchkeep_store::{Actor, ActorKind, Call, Stopwatch};

use super::JobDef;
use crate::canonical;
use crate::error::Error;
use crate::ingest;

const KIND: &str = "kri.refresh";

pub(super) const JOB: JobDef = JobDef {
    kind: KIND,
    about: "Settles KRIs of which a sample went stale.",
    every: "* * * * *",
    run: |up, _| Box::pin(run(up)),
};

/// KRIs in one read, and reads in one job: the next minute goes on.
const PAGE: i64 = 100;
const PAGES: usize = 20;

async fn run(up: super::Upkeep) -> Result<(), Error> {
    let hub = &up.hub;
    for _ in 0..PAGES {
        let now = hub.now();
        let due = hub.store.going_stale(now, PAGE).await?;
        if due.is_empty() {
            return Ok(());
        }
        for (scope, kri) in due {
            let call = Call {
                event: "kri_refreshed".into(),
                op: KIND.into(),
                connector: None,
                actor: Actor { kind: ActorKind::Job, id: None, person: None, name: KIND.into(), client: None },
                args: canonical::digest(&serde_json::Map::new()),
                at: now,
                watch: Stopwatch::start(),
                request: RequestId::new(hub.rng.id(now)),
                client: None,
                address: None,
                target: Some(kri.to_string()),
            };
            hub.store
                .write(&scope, call, async move |tx| {
                    ingest::settle(tx, kri, now, now).await?;
                    Ok::<_, Error>(())
                })
                .await?;
        }
    }
    Ok(())
}
