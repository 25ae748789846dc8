//! Valid arguments for each operation. A new operation needs one line here; without it the contract tests fail.
use serde_json::{Value, json};
use watchkeep_hub::ops::kris::edit::CreateKri;

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
        "add_source" => json!({ "name": unused(world) }),
        other => panic!("no example for {other}: add one line in tests/it/examples.rs"),
    }
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
