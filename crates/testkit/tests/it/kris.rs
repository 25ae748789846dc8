//! KRIs for real: what comes in by the product's doors, and what is told of it.
use serde_json::Value;
use watchkeep_hub::admin::NewIntegration;
use watchkeep_hub::jobs;
use watchkeep_model::Span;
use watchkeep_model::kri::SourceKind;

use crate::world::{Side, World};

mod archive;
mod csv;
mod freshness;
mod history;
mod lines;
mod manual;
mod samples;
mod sources;

/// `[value, state, status]` of a KRI.
pub(crate) fn now(kri: &Value) -> (Option<f64>, &str, &str) {
    (kri["value"].as_f64(), kri["state"].as_str().unwrap(), kri["status"].as_str().unwrap())
}

/// Makes an integration with this rank and tells its id.
async fn source(w: &World, side: &Side, name: &str, priority: i64) -> String {
    let new = NewIntegration { name: name.into(), vendor: "V".into(), kind: SourceKind::Api, priority: Some(priority) };
    w.hub.admin().create_integration(&side.tenant.scope, &new).await.unwrap().id.to_string()
}

/// Lets time pass and the jobs run that are due by then.
async fn pass(w: &World, span: Span) {
    jobs::install(&w.hub.hub).await.unwrap();
    w.hub.clock.advance(span);
    w.hub.run_jobs().await;
}
