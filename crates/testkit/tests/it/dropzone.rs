//! The Drop Zone through its doors: evidence in, proposals, decisions, KRIs out.
use serde_json::{Value, json};
use watchkeep_hub::admin::{NewZone, Wanted};
use watchkeep_hub::proposals::Proposal;
use watchkeep_model::kri::SourceKind;
use watchkeep_model::{IntegrationId, ProposalId};
use watchkeep_store::integrations::{self, IntegrationRow};

use crate::calling::of_mcp;
use crate::world::{Side, World};

mod bodies;
mod decisions;
mod doors;
mod gate;
mod pattern;

/// Makes a Drop Zone and tells its id.
pub(crate) async fn zone(w: &World, side: &Side, name: &str) -> IntegrationId {
    let new = NewZone { name: name.into(), vendor: "Watchkeep".into(), priority: None };
    w.hub.admin().create_zone(&side.tenant.scope, &new).await.unwrap().id
}

/// An integration of a kind that nothing in this version makes, such as one that is pulled.
pub(crate) async fn source(w: &World, side: &Side, name: &str, kind: SourceKind) -> IntegrationId {
    let now = w.hub.now();
    let row = IntegrationRow::new(IntegrationId::new(w.hub.hub.rng.id(now)), name.into(), "V", kind, now);
    let id = row.id;
    w.hub
        .store()
        .write(&side.tenant.scope, w.hub.call("integration_created"), async move |tx| integrations::add(tx, &row).await)
        .await
        .unwrap();
    id
}

/// A report of `npm audit --json` that names its totals; with another stamp it is another text that says the same.
pub(crate) fn npm(critical: u32, high: u32, stamp: u32) -> String {
    let findings: Vec<String> = (0..critical)
        .map(|n| (n, "critical"))
        .chain((0..high).map(|n| (n, "high")))
        .map(|(n, severity)| {
            format!(r#""{severity}-{n}":{{"name":"{severity}-{n}","severity":"{severity}","via":[{stamp}]}}"#)
        })
        .collect();
    let (total, known) = (critical + high, 1_000 + stamp);
    format!(
        r#"{{"auditReportVersion":2,"vulnerabilities":{{{}}},"metadata":{{"vulnerabilities":{{"info":0,"low":0,"moderate":0,"high":{high},"critical":{critical},"total":{total}}},"dependencies":{{"prod":{known},"total":{known}}}}}}}"#,
        findings.join(",")
    )
}

/// Pushes a text over MCP, about a project; the answer of the tool.
pub(crate) async fn push(side: &Side, zone: IntegrationId, subject: &str, text: &str) -> Value {
    let mut args = json!({ "integrationId": zone, "content": text, "filename": "audit.json" });
    if !subject.is_empty() {
        args["subject"] = json!(subject);
    }
    side.asked("submit_dropzone_artifact", args).await
}

/// What the tool says where it refuses: its word and its text.
pub(crate) async fn refused(side: &Side, tool: &str, args: Value) -> (String, String) {
    let told = of_mcp(side.pat.tool(tool, args).await);
    (told.word, told.text)
}

/// Runs a Drop Zone; the answer of the tool.
pub(crate) async fn run(side: &Side, zone: IntegrationId) -> Value {
    side.asked("run_integration", json!({ "integrationId": zone })).await
}

/// All proposals, newest first.
pub(crate) async fn proposals(w: &World, side: &Side) -> Vec<Proposal> {
    w.hub.admin().proposals(&side.tenant.scope, &Wanted::default(), 500).await.unwrap()
}

/// The newest proposal for a KRI.
pub(crate) async fn newest(w: &World, side: &Side, kri: &str) -> Proposal {
    let wanted = Wanted { kri: kri.into(), ..Wanted::default() };
    w.hub.admin().proposals(&side.tenant.scope, &wanted, 1).await.unwrap().remove(0)
}

/// The words of the decisions about a proposal, oldest first.
pub(crate) async fn decisions(w: &World, side: &Side, id: ProposalId) -> Vec<String> {
    let told = w.hub.admin().proposal(&side.tenant.scope, &w.hub.keys, id).await.unwrap();
    told.decisions.into_iter().map(|d| d.decision).collect()
}
