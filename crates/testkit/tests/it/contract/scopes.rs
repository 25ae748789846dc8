//! What a good credential does not open: other scopes, roles, tenants.
use serde_json::json;
use watchkeep_hub::Cap;
use watchkeep_model::Role;
use watchkeep_store::people;
use watchkeep_testkit::Answer;

use crate::calling::{Way, call};
use crate::examples::example;
use crate::ledger::{self, Expected, one_row};
use crate::world::{World, on_each_engine};

#[tokio::test]
async fn a_missing_scope_is_challenged_with_all_that_is_needed_and_leaves_one_row() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let before_all = ledger::register(&w.hub, &w.acme).await;
        for ready in w.hub.hub.ops() {
            for way in Way::of(ready) {
                let args = example(&w, &w.acme, ready.def.name).await;
                // the one scope of the door that this operation does not need alone
                let (has, missing, challenge) = match (way, ready.def.cap) {
                    (Way::Mcp, Cap::Read) => ("mcp:write", "mcp:read", "scope=\"mcp:read\""),
                    (Way::Mcp, Cap::Write) => ("mcp:read", "mcp:write", "scope=\"mcp:read mcp:write\""),
                    (Way::Rest, Cap::Read) => ("api:write", "api:read", "scope=\"api:read\""),
                    (Way::Rest, Cap::Write) => ("api:read", "api:write", "scope=\"api:write\""),
                };
                let credential = match way {
                    Way::Mcp => w.hub.token(&w.acme.tenant, has).await,
                    Way::Rest => w.hub.key(&w.acme.tenant, has).await,
                };
                w.tick();
                let before = ledger::mark(&w.hub, &w.acme).await;
                let told = call(&w.hub.client(&credential), way, "acme", ready, &args).await;
                let about = format!("{} over {way:?}: {}", ready.def.name, told.text);
                let word = if way == Way::Mcp { "insufficient_scope" } else { "forbidden" };
                assert_eq!((told.answer.status, &*told.word), (403, word), "{about}");
                assert!(told.text.contains(missing), "{about}");
                let header = told.answer.header("www-authenticate");
                assert!(header.starts_with("Bearer error=\"insufficient_scope\"") && header.contains(challenge), "{about}: {header}");
                if way == Way::Mcp {
                    let metadata = "resource_metadata=\"http://127.0.0.1:8420/.well-known/oauth-protected-resource/api/mcp/t/acme\"";
                    assert!(header.contains(metadata), "{about}: {header}");
                } else {
                    assert_eq!(told.content["scope"], missing, "{about}");
                }
                let expected = Expected { way, op: ready.def.name, outcome: "forbidden", args: Some(&args) };
                one_row(&w.hub, &w.acme, before, &told, &expected).await;
            }
        }
        // examples made some KRIs of their own; what was there is as it was
        let after = ledger::register(&w.hub, &w.acme).await;
        assert!(before_all.lines().all(|line| after.contains(line)));
        assert_eq!(w.acme.slugs(json!({ "query": "own indicator" })).await, ["own_indicator"]);
    })
    .await;
}

#[tokio::test]
async fn a_viewer_gets_nothing_from_a_connector_and_leaves_one_row() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let (person, now) = (w.acme.tenant.person, w.hub.now());
        let demote =
            async move |tx: &mut watchkeep_store::Tx<'_>| people::join(tx, person, Role::Viewer, true, now).await;
        w.hub.store().write(&w.acme.tenant.scope, w.hub.call("membership_changed"), demote).await.unwrap();
        for ready in w.hub.hub.ops() {
            if !Way::of(ready).contains(&Way::Mcp) {
                continue;
            }
            let args = example(&w, &w.acme, ready.def.name).await;
            w.tick();
            let before = ledger::mark(&w.hub, &w.acme).await;
            let told = call(&w.acme.pat, Way::Mcp, "acme", ready, &args).await;
            assert_eq!((told.answer.status, &*told.word), (403, "access_denied"), "{}: {told:?}", ready.def.name);
            assert!(told.text.contains("viewer") && told.text.contains("analyst"), "{}", told.text);
            let expected = Expected { way: Way::Mcp, op: ready.def.name, outcome: "forbidden", args: Some(&args) };
            one_row(&w.hub, &w.acme, before, &told, &expected).await;
        }
        for method in ["tools/list", "initialize", "resources/list"] {
            let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": {} });
            assert_eq!(w.acme.pat.rpc(message).await.status, 403, "{method}");
        }
    })
    .await;
}

/// All that a caller sees but the id of the request.
fn seen(answer: &Answer) -> (u16, Vec<u8>, Vec<(String, String)>) {
    let mut headers: Vec<(String, String)> = (answer.headers.iter())
        .filter(|(name, _)| *name != "x-request-id")
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    (answer.status, answer.body.clone(), headers)
}

#[tokio::test]
async fn another_tenants_door_is_one_that_does_not_exist_and_the_row_is_the_callers() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        for ready in w.hub.hub.ops() {
            for way in Way::of(ready) {
                let args = example(&w, &w.acme, ready.def.name).await;
                let client = if way == Way::Mcp { &w.contoso.pat } else { &w.contoso.key };
                let acme_before = ledger::mark(&w.hub, &w.acme).await;
                let mut answers = vec![];
                for slug in ["acme", "nobody-has-this", "a", "ACME", "acme%00", "contoso "] {
                    w.tick();
                    let before = ledger::mark(&w.hub, &w.contoso).await;
                    let told = call(client, way, &crate::calling::encoded(slug), ready, &args).await;
                    assert_eq!(told.answer.status, 404, "{} at {slug} over {way:?}", ready.def.name);
                    // over REST nothing of a request to a foreign path is read
                    let known = (way == Way::Mcp).then_some(&args);
                    let expected = Expected { way, op: ready.def.name, outcome: "not_found", args: known };
                    one_row(&w.hub, &w.contoso, before, &told, &expected).await;
                    answers.push(seen(&told.answer));
                }
                assert!(answers.iter().all(|a| *a == answers[0]), "{}: {answers:?}", ready.def.name);
                assert_eq!(ledger::mark(&w.hub, &w.acme).await, acme_before, "{}", ready.def.name);
            }
        }
        // every other message as well, and before the method is looked at
        for method in
            ["initialize", "ping", "tools/list", "prompts/list", "resources/list", "resources/read", "no/such"]
        {
            let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": {} });
            let there = w.contoso.pat.rpc_at("/api/mcp/t/acme", message.clone()).await;
            let nowhere = w.contoso.pat.rpc_at("/api/mcp/t/nobody-has-this", message).await;
            assert_eq!(there.status, 404, "{method}");
            assert_eq!(seen(&there), seen(&nowhere), "{method}");
        }
        w.chains().await;
    })
    .await;
}
