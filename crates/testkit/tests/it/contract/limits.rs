//! Too many calls.
use watchkeep_hub::{Limits, Rate};
use watchkeep_model::Span;

use crate::calling::{Way, call};
use crate::examples::example;
use crate::extra;
use crate::ledger::{self, Expected, one_row};
use crate::world::{World, on_each_engine};

#[tokio::test]
async fn over_its_limit_a_credential_is_told_how_long_to_wait_and_leaves_one_row() {
    on_each_engine(async |engine| {
        let limits = Limits { light: 2, heavy: 2, write: 2 };
        let w = World::with(engine, extra::lists(), limits).await;
        for side in [&w.acme, &w.contoso] {
            let new = |slug: &str| {
                serde_json::from_value(serde_json::json!({ "signal": "mfa_enforced_pct", "slug": slug })).unwrap()
            };
            for slug in ["mfa_enforced_pct", "own_indicator"] {
                w.hub.admin().create_kri(&side.tenant.scope, &new(slug)).await.unwrap();
            }
        }
        let ops = w.hub.hub.ops().to_vec();
        for ready in &ops {
            for way in Way::of(ready) {
                let credential = match way {
                    Way::Mcp => w.hub.token(&w.acme.tenant, "mcp:read mcp:write").await,
                    Way::Rest => w.hub.key(&w.acme.tenant, "api:read api:write").await,
                };
                let client = w.hub.client(&credential);
                let class = match ready.def.rate {
                    Rate::Light => "light",
                    Rate::Heavy => "heavy",
                    Rate::Write => "write",
                };
                let about = format!("{} over {way:?}", ready.def.name);
                for left in [1, 0] {
                    let mut args = example(&w, &w.acme, ready.def.name).await;
                    if ready.def.name == "update_kri" {
                        // two thresholds of this KRI's own kind
                        args = serde_json::json!({ "id": "own_indicator", "name": "Own" });
                    }
                    let told = call(&client, way, "acme", ready, &args).await;
                    assert!(told.word != "limited", "{about}: {}", told.text);
                    assert_eq!(told.answer.header("ratelimit-policy"), format!("\"{class}\";q=2;w=60"), "{about}");
                    let state = told.answer.header("ratelimit");
                    assert!(state.starts_with(&format!("\"{class}\";r={left};t=")), "{about}: {state}");
                }
                let args = example(&w, &w.acme, ready.def.name).await;
                let register = ledger::register(&w.hub, &w.acme).await;
                w.tick();
                let before = ledger::mark(&w.hub, &w.acme).await;
                let told = call(&client, way, "acme", ready, &args).await;
                assert_eq!(told.word, "limited", "{about}: {}", told.text);
                assert_eq!(told.content["retryAfter"], 30, "{about}: {}", told.content);
                assert!(told.text.contains("wait 30 s"), "{about}: {}", told.text);
                assert_eq!(told.answer.header("ratelimit"), format!("\"{class}\";r=0;t=60"), "{about}");
                if way == Way::Rest {
                    assert_eq!((told.answer.status, told.answer.header("retry-after")), (429, "30"), "{about}");
                }
                let expected = Expected { way, op: ready.def.name, outcome: "limited", args: Some(&args) };
                one_row(&w.hub, &w.acme, before, &told, &expected).await;
                assert_eq!(ledger::register(&w.hub, &w.acme).await, register, "{about} wrote something");

                // nobody else is concerned: another credential of the same person, the neighbour
                let other = w.hub.token(&w.acme.tenant, "mcp:read").await;
                assert!(w.hub.client(&other).tool("list_kris", serde_json::json!({})).await.content().is_object());
                // and the same one after the wait
                w.hub.clock.advance(Span::seconds(31));
                let args = example(&w, &w.acme, ready.def.name).await;
                let told = call(&client, way, "acme", ready, &args).await;
                assert!(told.word != "limited", "{about}: {}", told.text);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn refused_and_flawed_calls_use_up_the_limit_too() {
    on_each_engine(async |engine| {
        let w = World::with(engine, extra::lists(), Limits { light: 3, heavy: 3, write: 3 }).await;
        let client = w.hub.client(&w.hub.token(&w.acme.tenant, "mcp:read").await);
        for args in [serde_json::json!({ "limit": 0 }), serde_json::json!({ "x": 1 }), serde_json::json!({ "status": "rde" })] {
            assert_eq!(crate::calling::of_mcp(client.tool("list_kris", args).await).word, "invalid");
        }
        let told = crate::calling::of_mcp(client.tool("list_kris", serde_json::json!({})).await);
        assert_eq!(told.word, "limited");
        // a resource is read by the same operation, so it has no limit of its own
        let message = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": { "uri": "kri://x" } });
        let told = crate::calling::of_mcp(client.rpc(message).await);
        assert!(told.text.contains("too many calls"), "{told:?}");
    })
    .await;
}
