//! Runs of integrations: to begin one, and to see how it went.
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use watchkeep_model::kri::SourceKind;
use watchkeep_model::{IntegrationId, RunId, Timestamp, text};
use watchkeep_store::runs::{self, RunRow};
use watchkeep_store::{Reader, integrations};

use crate::dropzone::{land, no_zone};
use crate::{Ctx, Doors, Error, Op, Read, Verb, Write};

/// How long a call waits for the end of a run.
const WAIT: Duration = Duration::from_secs(20);
/// Between two looks at a run of somebody else.
const LOOK: Duration = Duration::from_millis(100);

/// A run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Its id.
    pub run_id: RunId,
    /// How it went: running, ok, partial or failed.
    pub status: String,
    /// The integration.
    pub integration_id: IntegrationId,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Who started it.
    pub started_by: String,
    /// Samples written.
    pub written: i64,
    /// What was known already, or went back to a person.
    pub skipped: i64,
    /// Calls made to the vendor.
    pub calls: i64,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl From<RunRow> for Run {
    fn from(r: RunRow) -> Self {
        Self {
            run_id: r.id,
            status: r.status,
            integration_id: r.integration_id,
            started_at: r.started_at,
            ended_at: r.ended_at,
            started_by: r.started_by,
            written: r.written,
            skipped: r.skipped,
            calls: r.calls,
            error: r.error.map(|e| text::clean(&e, 500)),
        }
    }
}

/// One run.
///
/// # Errors
/// Not found; of the store.
pub(crate) async fn run_of(db: Reader<'_>, id: RunId) -> Result<Run, Error> {
    runs::get(db, id).await?.map(Run::from).ok_or_else(|| {
        Error::not_found("id: there is no such run; list_integrations tells the last run of each integration")
    })
}

/// Runs an integration.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunIntegration {
    /// The integration: list_integrations tells it.
    pub integration_id: IntegrationId,
}

impl Op for RunIntegration {
    const NAME: &'static str = "run_integration";
    const TITLE: &'static str = "Run an integration";
    const ABOUT: &'static str = "Runs an integration now and waits up to 20 seconds for the end; get_run follows one that \
                                 takes longer. A Drop Zone makes KRI values of what was accepted. A run under way is \
                                 returned, not doubled.";
    const DOORS: Doors = Doors::risk().rest(Verb::Post, "/integrations/{integrationId}/runs").repeatable();
    const OUTSIDE: &'static [&'static str] = &["startedBy", "error"];
    type Cap = Write;
    type Answer = Run;

    async fn run(self, cx: Ctx<Write>) -> Result<Run, Error> {
        let of = self.integration_id;
        let found = integrations::get(cx.db(), of).await?.ok_or_else(no_zone)?;
        if found.source_kind != SourceKind::DropZone {
            return Err(Error::conflict(format!(
                "integrationId: this source has no pull in this version: `{}` is {}, and takes what is brought to it; \
                 only a Drop Zone can be run",
                text::clean(&found.name, 80),
                found.source_kind
            )));
        }
        if !found.enabled {
            return Err(Error::conflict("integrationId: this Drop Zone is switched off; switch it on first"));
        }
        let (hub, scope, call) = (cx.hub().clone(), cx.access().scope.clone(), cx.call().clone());
        let begun = land::begin(hub.store.clone(), hub.rng.clone(), scope.clone(), call.clone(), of).await?;
        cx.about(begun.run);
        if begun.new {
            // it goes on to its end, whoever waits
            let (store, rng, scope) = (hub.store.clone(), hub.rng.clone(), scope.clone());
            let going = hub.tasks.spawn(land::go_on(store, rng, scope, call, of, begun.run));
            if let Ok(ended) = tokio::time::timeout(WAIT, going).await {
                ended.map_err(Error::internal)??;
            }
        } else {
            let ended = async {
                loop {
                    match runs::get(cx.db(), begun.run).await? {
                        Some(run) if run.status == "running" => tokio::time::sleep(LOOK).await,
                        _ => return Ok::<_, Error>(()),
                    }
                }
            };
            if let Ok(ended) = tokio::time::timeout(WAIT, ended).await {
                ended?;
            }
        }
        let told = run_of(cx.db(), begun.run).await?;
        cx.write(async move |_| Ok(told.clone())).await
    }
}

/// Gets a run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GetRun {
    /// The run's id, as run_integration tells it.
    pub id: RunId,
}

impl Op for GetRun {
    const NAME: &'static str = "get_run";
    const TITLE: &'static str = "Get a run";
    const ABOUT: &'static str = "One run of an integration: its status, and how many samples it wrote.";
    const DOORS: Doors = Doors::risk().rest(Verb::Get, "/runs/{id}").repeatable();
    const OUTSIDE: &'static [&'static str] = &["startedBy", "error"];
    type Cap = Read;
    type Answer = Run;

    async fn run(self, cx: Ctx<Read>) -> Result<Run, Error> {
        cx.about(self.id);
        run_of(cx.db(), self.id).await
    }
}
