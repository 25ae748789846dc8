//! What lies in the demo's Drop Zone: a scanner's report that the gate accepts, a note and an export that wait for a person.
use std::sync::Arc;

use serde_json::json;
use watchkeep_model::kri::SourceKind;
use watchkeep_store::{Keyring, TenantScope, integrations};

use crate::admin::Admin;
use crate::dropzone::{Body, Intake, Push, Via, submit};
use crate::error::Error;

/// One thing that somebody pushed.
struct Pushed {
    filename: &'static str,
    subject: Option<&'static str>,
    text: &'static str,
}

const PUSHED: &[Pushed] = &[
    Pushed {
        filename: "npm-audit.json",
        subject: Some("acme/label-printer"),
        text: r#"{"auditReportVersion":2,"vulnerabilities":{
"tar":{"name":"tar","severity":"high","isDirect":false,"via":["tar"],"range":"<6.2.1","fixAvailable":true},
"ws":{"name":"ws","severity":"high","isDirect":true,"via":["ws"],"range":"<8.17.1","fixAvailable":true}},
"metadata":{"vulnerabilities":{"info":0,"low":0,"moderate":0,"high":2,"critical":0,"total":2},
"dependencies":{"prod":214,"total":214}}}"#,
    },
    Pushed {
        filename: "plant-walk-2026.md",
        subject: None,
        text: "# Walk through plant 2\n\nWe count 9 open critical vulnerabilities in the pilot group of old machines.\n",
    },
    Pushed { filename: "backup-jobs.csv", subject: None, text: "kri,value\nbackup_success_pct,99.5\n" },
];

/// Pushes the demo's evidence into the tenant's Drop Zone, as anybody would. Tells how many proposals wait for a person;
/// nothing where the tenant has no Drop Zone.
///
/// # Errors
/// Of the store.
pub async fn load_evidence(admin: Admin, keys: Keyring, scope: TenantScope) -> Result<usize, Error> {
    let all = integrations::names(admin.store().at(&scope)).await?;
    let Some(zone) = all.into_iter().find(|i| i.source_kind == SourceKind::DropZone) else { return Ok(0) };
    let intake = Intake::new(admin.store().clone(), admin.rng().clone(), Arc::new(keys), None);
    let mut queued = 0;
    for p in PUSHED {
        let push = Push {
            integration: zone.id,
            body: Body::Bytes(p.text.as_bytes().to_vec()),
            filename: Some(p.filename.to_owned()),
            mime: None,
            subject: p.subject.map(str::to_owned),
        };
        let call = admin.act("artifact_submitted", "demo", &json!({ "filename": p.filename }), zone.id);
        queued += submit(intake.clone(), scope.clone(), call, Via::CommandLine, push).await?.proposals.queued;
    }
    Ok(queued)
}
