//! Makes samples of what was accepted and that nobody has run since.
use watchkeep_model::RequestId;
use watchkeep_store::{Actor, ActorKind, Call, Stopwatch};

use super::JobDef;
use crate::canonical;
use crate::dropzone::land;
use crate::error::Error;

const KIND: &str = "dropzone.materialise";

pub(super) const JOB: JobDef = JobDef {
    kind: KIND,
    about: "Makes KRI samples of accepted proposals of Drop Zones.",
    every: "* * * * *",
    run: |up, _| Box::pin(run(up)),
};

/// Drop Zones in one job: the next minute goes on.
const ZONES: i64 = 100;

async fn run(up: super::Upkeep) -> Result<(), Error> {
    let hub = &up.hub;
    let now = hub.now();
    for (scope, of) in hub.store.landing(now, ZONES).await? {
        let call = Call {
            event: land::EVENT.into(),
            op: KIND.into(),
            connector: None,
            actor: Actor {
                kind: ActorKind::Job,
                id: None,
                person: None,
                name: "dropzone.materialise".into(),
                client: None,
            },
            args: canonical::digest(&serde_json::Map::new()),
            at: now,
            watch: Stopwatch::start(),
            request: RequestId::new(hub.rng.id(now)),
            client: None,
            address: None,
            target: None,
        };
        let begun = land::begin(hub.store.clone(), hub.rng.clone(), scope.clone(), call.clone(), of).await?;
        if begun.new {
            land::go_on(hub.store.clone(), hub.rng.clone(), scope, call, of, begun.run).await?;
        }
    }
    Ok(())
}
