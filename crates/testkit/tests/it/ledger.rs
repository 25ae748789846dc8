//! What calls leave behind: rows of the audit chains and of `mcp_call_log`.
use std::collections::BTreeMap;

use serde_json::Value;
use watchkeep_hub::{canonical, register as entries};
use watchkeep_model::register::Kind;
use watchkeep_model::{ArtifactId, ProposalId, Span, Timestamp};
use watchkeep_store::audit::{self, search};
use watchkeep_store::integrations;
use watchkeep_store::{TenantScope, artifacts, kris, proposals, samples};
use watchkeep_testkit::TestHub;

use crate::calling::{Told, Way};
use crate::world::{Side, World};

/// Where a tenant's chain stands, and how many calls over MCP are on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) seq: i64,
    calls: usize,
}

async fn mcp_calls(hub: &TestHub, scope: &TenantScope) -> Vec<search::CallRow> {
    search::calls(hub.store().at(scope), Timestamp::MAX, 100_000).await.unwrap()
}

/// The rows of a chain after a place in it, oldest first.
pub(crate) async fn rows_after(hub: &TestHub, scope: &TenantScope, seq: i64) -> Vec<audit::Row> {
    let mut rows = search::newest(hub.store().at(scope), i64::MAX, "", Timestamp::EPOCH, 2_000).await.unwrap();
    rows.retain(|r| r.seq > seq);
    rows.reverse();
    rows
}

pub(crate) async fn mark(hub: &TestHub, side: &Side) -> Mark {
    let scope = &side.tenant.scope;
    let newest = search::newest(hub.store().at(scope), i64::MAX, "", Timestamp::EPOCH, 1).await.unwrap();
    Mark { seq: newest.first().map_or(0, |r| r.seq), calls: mcp_calls(hub, scope).await.len() }
}

/// What a row of a call must say.
pub(crate) struct Expected<'a> {
    pub(crate) way: Way,
    pub(crate) op: &'a str,
    pub(crate) outcome: &'a str,
    /// None where a door could not read them.
    pub(crate) args: Option<&'a Value>,
}

/// Exactly one row of the call since `before`, in the caller's chain, and one of `mcp_call_log` if it came over MCP.
/// An import and a run write in slices, each with a row that names the call; they are returned.
pub(crate) async fn one_row(hub: &TestHub, side: &Side, before: Mark, told: &Told, expected: &Expected<'_>) -> usize {
    let Expected { way, op, outcome, args } = *expected;
    let about = format!("{op} over {way:?}, {outcome}: {}", told.text);
    let scope = &side.tenant.scope;
    let (own, parts): (Vec<_>, Vec<_>) =
        rows_after(hub, scope, before.seq).await.into_iter().partition(|r| r.event == way.event());
    assert_eq!(own.len(), 1, "{about}: {own:?}");
    let row = &own[0];
    assert_eq!((&*row.op, &*row.outcome), (op, outcome), "{about}");
    assert_eq!(row.request_id.to_string(), told.answer.header("x-request-id"), "{about}");
    assert_eq!(row.at, hub.now().micros(), "{about}");
    assert_eq!(row.address.as_deref(), Some("0.0.0.0"), "{about}");
    let (kind, actor) = match way {
        Way::Mcp => ("token", format!("ana@{}.example", side.slug())),
        Way::Rest => ("key", "test".to_owned()),
    };
    assert_eq!((&*row.actor_kind, &row.actor), (kind, &actor), "{about}");
    assert!(row.metadata.contains("clientId"), "{about}: {}", row.metadata);
    if let Some(args) = args {
        assert_eq!(row.args_hash, canonical::digest(args.as_object().unwrap()), "{about}: {args}");
    }
    for part in &parts {
        let event = match op {
            "run_integration" => "dropzone_run",
            "import_register" => "register_imported",
            _ => "kri_samples_imported",
        };
        assert_eq!((part.request_id, &*part.event), (row.request_id, event), "{about}");
    }

    let calls = mcp_calls(hub, scope).await;
    let more = usize::from(way == Way::Mcp);
    assert_eq!(calls.len(), before.calls + more, "{about}");
    if way == Way::Mcp {
        let call = calls.iter().find(|c| c.request_id == row.request_id).expect("a row of mcp_call_log");
        assert_eq!((&*call.tool_name, &*call.result_status), (op, outcome), "{about}");
        assert_eq!((call.called_at, call.duration_ms), (hub.now(), row.duration_us / 1_000), "{about}");
    }
    parts.len()
}

impl World {
    /// How many rows each chain has, the installation's included. All of them must hold.
    pub(crate) async fn chains(&self) -> BTreeMap<String, i64> {
        let file = self.hub.upkeep().checkpoints;
        let report = self.hub.store().verify(&self.hub.keys, &file).await.unwrap();
        assert!(report.is_clean(), "{report:#?}");
        report.chains.into_iter().map(|c| (c.name, c.rows)).collect()
    }

    /// Rows of `mcp_call_log` of both tenants.
    pub(crate) async fn mcp_calls(&self) -> usize {
        let (a, b) = (&self.acme.tenant.scope, &self.contoso.tenant.scope);
        mcp_calls(&self.hub, a).await.len() + mcp_calls(&self.hub, b).await.len()
    }

    /// Lets time go on, so that rows of different calls differ in it.
    pub(crate) fn tick(&self) {
        self.hub.clock.advance(Span::from_micros(1_000));
    }
}

/// Everything that the register of a tenant holds, as text: two of them are equal if nothing was written between.
pub(crate) async fn register(hub: &TestHub, side: &Side) -> String {
    let (db, now) = (hub.store().at(&side.tenant.scope), hub.now());
    let mut all = vec![];
    for kri in kris::page(db, &kris::Filter::default(), now, "", 100_000).await.unwrap() {
        all.push(format!("{kri:?}"));
        all.push(format!("{:?}", samples::before(db, kri.id, Timestamp::MAX, 100_000).await.unwrap()));
        all.push(format!("{:?}", samples::subjects_now(db, kri.id).await.unwrap()));
        all.push(format!("{:?}", samples::points(db, kri.id, Timestamp::EPOCH).await.unwrap()));
    }
    let found = integrations::page(db, &integrations::Filter::default(), "", 100_000).await.unwrap();
    all.extend(found.iter().map(|i| format!("{i:?}")));
    let (last, artifact) = (ProposalId::new(uuid::Uuid::max()), ArtifactId::new(uuid::Uuid::max()));
    let suggested = proposals::page(db, &proposals::Filter::default(), last, 100_000).await.unwrap();
    all.extend(suggested.iter().map(|p| format!("{p:?}")));
    all.extend(artifacts::page(db, None, artifact, 100_000).await.unwrap().iter().map(|a| format!("{a:?}")));
    for kind in Kind::ALL {
        for entry in entries::all(db, *kind).await.unwrap() {
            all.push(format!("{entry:?} {:?}", entries::comments(db, entry.id).await.unwrap()));
            all.push(format!("{:?}", entries::risks::acceptances(db, entry.id).await.unwrap()));
            all.push(format!("{:?}", entries::risks::actions(db, entry.id, Timestamp::EPOCH).await.unwrap()));
        }
    }
    all.join("\n")
}
