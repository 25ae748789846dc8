//! Valid arguments for each operation. A new operation needs one line here; without it the contract tests fail.
use serde_json::{Value, json};
use watchkeep_hub::ops::kris::edit::CreateKri;
use watchkeep_hub::register::{self, Kept, Mode, Stamp};
use watchkeep_model::register::{Kind, Sheet};
use watchkeep_model::{EntryId, catalog};
use watchkeep_store::Tx;

use crate::dropzone::{npm, zone};
use crate::world::{Side, World};

/// Arguments that answer well in a filled world, whenever they are used. What they need is made at the operator's desk,
/// before any row is counted.
pub(crate) async fn example(world: &World, side: &Side, op: &str) -> Value {
    match op {
        "list_kris" => json!({ "limit": 2, "query": "mfa" }),
        "get_kri" => json!({ "id": "mfa_enforced_pct" }),
        "list_integrations" => json!({ "limit": 2 }),
        "search" => json!({ "query": "mfa" }),
        "fetch" => json!({ "id": "kri:mfa_enforced_pct" }),
        "list_signals" => json!({ "limit": 3, "category": "identity" }),
        "create_kri" => new_kri(&unused(world)),
        "update_kri" => json!({ "id": "own_indicator", "red": 7.5, "cadenceHours": 48 }),
        "archive_kri" => {
            let slug = unused(world);
            let new: CreateKri = serde_json::from_value(new_kri(&slug)).unwrap();
            world.hub.admin().create_kri(&side.tenant.scope, &new).await.unwrap();
            json!({ "id": slug })
        }
        "record_kri_value" => json!({ "id": "own_indicator", "value": 3, "note": "counted" }),
        "post_samples" => json!({ "samples": [{ "kri": "vuln_kev_open", "value": 1, "subject": "shop" }] }),
        "import_kri_samples" => json!({ "csv": "kri,value\nvuln_kev_open,2\n", "filename": "k.csv", "apply": true }),
        "submit_dropzone_artifact" => {
            let zone = zone(world, side, &unused(world)).await;
            json!({ "integrationId": zone, "content": npm(1, 0, 1), "filename": "audit.json", "subject": "shop" })
        }
        "run_integration" => json!({ "integrationId": zone(world, side, &unused(world)).await }),
        "get_run" => {
            let (zone, admin) = (zone(world, side, &unused(world)).await, world.hub.admin());
            let run = admin.run_zone(&side.tenant.scope, &zone.to_string()).await.unwrap();
            json!({ "id": run.run_id })
        }
        "list_proposals" => json!({ "limit": 2, "status": "accepted" }),
        "proposal_lineage" => json!({ "days": 30 }),
        "import_register" => json!({ "kind": "asset", "content": "slug,name\nhost-1,Host\n", "apply": true }),
        "export_register" => json!({ "kind": "control" }),
        "add_source" => json!({ "name": unused(world) }),
        op => of_register(world, side, op).await,
    }
}

/// The same for the operations on the register.
async fn of_register(world: &World, side: &Side, op: &str) -> Value {
    let taken = |kind| async move {
        let all = watchkeep_store::register::codes(world.hub.store().at(&side.tenant.scope), kind).await.unwrap();
        all.into_iter().map(|(code, _)| code).collect::<Vec<_>>()
    };
    match op {
        "list_controls" => json!({ "limit": 2, "sort": "effectiveness", "framework": "CSF", "maxEffectiveness": 0.9 }),
        "list_risks" => json!({ "limit": 2, "minScore": 5.5, "category": "availability" }),
        "list_outcomes" | "list_simulations" | "list_catalog_risks" | "list_catalog_controls" => json!({ "limit": 2 }),
        "list_vendors" => json!({ "limit": 2, "tier": 1, "overdue": false }),
        "get_asset_inventory" => json!({ "limit": 2, "kind": "asset" }),
        "get_risk" => json!({ "id": "outage" }),
        "get_entry" => json!({ "kind": "vendor", "id": "hoster" }),
        "comment_on_entry" => json!({ "kind": "control", "id": "AC-1", "text": "Looks well." }),
        "link_entry" => {
            json!({ "kind": "control", "id": "AC-1", "field": "kris", "to": "vuln_critical_open", "number": 2 })
        }
        "unlink_entry" => {
            let (to, code, stamp) = (new_entry(world, side, Kind::Application).await, unused(world), stamp(world));
            let vendor = json!({ "slug": code, "name": "A new one", "applications": [to] });
            let sheet = Sheet::read(Kind::Vendor, vendor.as_object().unwrap()).unwrap();
            desk(world, side, async move |tx| register::keep(tx, &stamp, &sheet, Mode::Create).await).await;
            json!({ "kind": "vendor", "id": code, "field": "applications", "to": to })
        }
        "accept_risk" => {
            json!({ "id": "outage", "by": "The board", "why": "Cheaper than the cure.", "until": "2027-01-31" })
        }
        "withdraw_acceptance" => json!({ "id": "outage" }),
        "add_treatment_action" => json!({ "id": "outage", "title": "Buy a second line", "due": "2027-01-31" }),
        "update_treatment_action" => {
            let db = world.hub.store().at(&side.tenant.scope);
            let action = match found(world, side, Kind::Risk).await {
                Some(risk) => register::risks::actions(db, risk, world.hub.now()).await.unwrap()[0].id,
                None => EntryId::new(world.hub.hub.request_id().uuid()),
            };
            json!({ "id": "outage", "actionId": action, "note": "Ordered." })
        }
        "adopt_catalog_risk" => {
            let taken = taken(Kind::Risk).await;
            json!({ "id": catalog::risks().iter().find(|r| !taken.contains(&r.slug)).unwrap().slug })
        }
        "adopt_catalog_control" => {
            let taken = taken(Kind::Control).await;
            json!({ "id": catalog::controls().iter().find(|c| !taken.contains(&c.code)).unwrap().slug })
        }
        _ => {
            let (verb, kind) = op.split_once('_').unwrap_or_default();
            match (verb, kind.parse::<Kind>()) {
                ("create", Ok(kind)) => entry(kind, &unused(world)),
                ("update", Ok(kind)) => json!({ "id": named(kind), "note": format!("changed {}", unused(world)) }),
                ("archive", Ok(kind)) => json!({ "id": new_entry(world, side, kind).await }),
                _ => panic!("no example for {op}: add one line in tests/it/examples.rs"),
            }
        }
    }
}

/// The entry of a kind that a filled world has.
pub(crate) fn named(kind: Kind) -> &'static str {
    match kind {
        Kind::Control => "AC-1",
        Kind::Risk => "outage",
        Kind::Outcome => "standstill",
        Kind::Vendor => "hoster",
        Kind::Asset => "web-1",
        Kind::Application => "crm",
        Kind::Person => "ana",
    }
}

/// A new entry, with a value in each field that has one of its own and with each link that a filled world allows.
fn entry(kind: Kind, code: &str) -> Value {
    let mut entry = json!({ kind.code_field(): code, kind.name_field(): "A new one", "note": "made for a test" });
    match kind {
        Kind::Control => entry["kris"] = json!([{ "kri": "mfa_enforced_pct", "role": "coverage", "weight": 2 }]),
        Kind::Risk => entry["controls"] = json!(["AC-1"]),
        Kind::Outcome => entry["risks"] = json!([{ "risk": "outage", "share": 0.25 }]),
        Kind::Vendor => entry["assets"] = json!(["web-1"]),
        Kind::Asset | Kind::Application => entry["owners"] = json!(["ana"]),
        Kind::Person => entry["email"] = json!("bo@example.com"),
    }
    entry
}

async fn found(world: &World, side: &Side, kind: Kind) -> Option<EntryId> {
    register::find(world.hub.store().at(&side.tenant.scope), kind, named(kind)).await.ok().map(|e| e.id)
}

fn stamp(world: &World) -> Stamp {
    Stamp { fresh: world.hub.hub.request_id().uuid(), at: world.hub.now(), by: "test".into(), demo: false }
}

/// A write at the operator's desk.
async fn desk<F>(world: &World, side: &Side, f: F)
where
    F: AsyncFn(&mut Tx<'_>) -> Result<Kept, watchkeep_hub::Error> + Send + Sync + 'static,
{
    let call = world.hub.call("register_changed");
    world.hub.store().write(&side.tenant.scope, call, f).await.unwrap();
}

/// Makes an entry of that kind; its code.
async fn new_entry(world: &World, side: &Side, kind: Kind) -> String {
    let (code, stamp) = (unused(world), stamp(world));
    let named = json!({ kind.code_field(): code, kind.name_field(): "A new one" });
    let sheet = Sheet::read(kind, named.as_object().unwrap()).unwrap();
    desk(world, side, async move |tx| register::keep(tx, &stamp, &sheet, Mode::Create).await).await;
    code
}

fn new_kri(slug: &str) -> Value {
    json!({
        "name": "An own one", "slug": slug, "category": "governance", "unit": "count", "direction": "higherIsWorse",
        "amber": 1, "red": 5,
    })
}

/// A name that nothing has yet.
fn unused(world: &World) -> String {
    format!("own_{}", world.hub.hub.request_id()).replace('-', "_")
}
