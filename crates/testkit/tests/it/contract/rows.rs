//! A call leaves one row, whatever becomes of it.
use serde_json::json;
use watchkeep_hub::jobs;

use crate::calling::{Way, call};
use crate::examples::example;
use crate::ledger::{self, Expected, one_row};
use crate::world::{World, on_each_engine};

#[tokio::test]
async fn every_operation_answers_its_example_by_every_door_and_leaves_one_row() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        for ready in w.hub.hub.ops() {
            for way in Way::of(ready) {
                let args = example(&w, &w.acme, ready.def.name).await;
                w.tick();
                let before = ledger::mark(&w.hub, &w.acme).await;
                let client = if way == Way::Mcp { &w.acme.pat } else { &w.acme.key };
                let told = call(client, way, "acme", ready, &args).await;
                assert_eq!(told.word, "ok", "{} over {way:?}: {}", ready.def.name, told.text);
                let expected = Expected { way, op: ready.def.name, outcome: "ok", args: Some(&args) };
                let parts = one_row(&w.hub, &w.acme, before, &told, &expected).await;
                let sliced = ["import_kri_samples", "import_register", "run_integration"].contains(&ready.def.name);
                assert_eq!(parts > 0, sliced, "{}: {parts}", ready.def.name);
            }
        }
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_told_by_both_doors_in_the_same_words_and_leaves_one_row() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let missing = [
            ("get_kri", json!({ "id": "mfa_enforced_pc" }), "did you mean `mfa_enforced_pct`?"),
            ("get_kri", json!({ "id": "019a9f3c-7b00-7c3e-9b1a-3f5d7e9a1b2c" }), "list_kris"),
            ("fetch", json!({ "id": "kri:no_such_thing_at_all" }), "list_kris"),
            ("fetch", json!({ "id": "integration:019a9f3c-7b00-7c3e-9b1a-3f5d7e9a1b2c" }), "list_integrations"),
            ("fetch", json!({ "id": "integration:nonsense" }), "list_integrations"),
            ("update_kri", json!({ "id": "own_indicatr", "red": 9 }), "did you mean `own_indicator`?"),
            ("archive_kri", json!({ "id": "own_indicatr" }), "did you mean `own_indicator`?"),
            ("record_kri_value", json!({ "id": "own_indicatr", "value": 9 }), "did you mean `own_indicator`?"),
            (
                "post_samples",
                json!({ "integrationId": "019a9f3c-7b00-7c3e-9b1a-3f5d7e9a1b2c", "samples": [{ "kri": "vuln_kev_open", "value": 1 }] }),
                "integrationId: there is no such integration",
            ),
        ];
        let before_all = ledger::register(&w.hub, &w.acme).await;
        for (name, args, hint) in missing {
            let ready = w.hub.hub.ops().iter().find(|r| r.def.name == name).unwrap();
            for way in Way::of(ready) {
                w.tick();
                let before = ledger::mark(&w.hub, &w.acme).await;
                let client = if way == Way::Mcp { &w.acme.pat } else { &w.acme.key };
                let told = call(client, way, "acme", ready, &args).await;
                let status = if way == Way::Mcp { 200 } else { 404 };
                assert_eq!((told.answer.status, &*told.word), (status, "not_found"), "{name}: {}", told.text);
                assert!(told.text.contains(hint), "{name}: {}", told.text);
                let expected = Expected { way, op: name, outcome: "not_found", args: Some(&args) };
                one_row(&w.hub, &w.acme, before, &told, &expected).await;
            }
        }
        assert_eq!(ledger::register(&w.hub, &w.acme).await, before_all);
    })
    .await;
}

#[tokio::test]
async fn what_the_state_of_things_forbids_is_a_conflict_and_leaves_one_row() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let register = ledger::register(&w.hub, &w.acme).await;
        for (name, args, hint) in [
            ("create_kri", json!({ "signal": "mfa_enforced_pct" }), "there is a KRI `mfa_enforced_pct` already"),
            ("add_source", json!({ "name": "Manual entry" }), "read it again"),
            ("list_kris", json!({ "cursor": "x" }), "cursor: "),
        ] {
            let ready = w.hub.hub.ops().iter().find(|r| r.def.name == name).unwrap();
            for way in Way::of(ready) {
                w.tick();
                let before = ledger::mark(&w.hub, &w.acme).await;
                let client = if way == Way::Mcp { &w.acme.pat } else { &w.acme.key };
                let told = call(client, way, "acme", ready, &args).await;
                let status = if way == Way::Mcp { 200 } else { 409 };
                assert_eq!((told.answer.status, &*told.word), (status, "conflict"), "{name}: {}", told.text);
                assert!(told.text.contains(hint), "{name}: {}", told.text);
                let expected = Expected { way, op: name, outcome: "conflict", args: Some(&args) };
                one_row(&w.hub, &w.acme, before, &told, &expected).await;
            }
        }
        assert_eq!(ledger::register(&w.hub, &w.acme).await, register);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_tool_and_a_hidden_one_are_told_alike_and_leave_one_row_each() {
    on_each_engine(async |engine| {
        let w = World::with(engine, crate::extra::with_admins_tool(), watchkeep_hub::Limits::NONE).await;
        let mut bodies = vec![];
        for name in ["admins_only", "admons_only"] {
            w.tick();
            let before = ledger::mark(&w.hub, &w.acme).await;
            let told = crate::calling::of_mcp(w.acme.pat.tool(name, json!({ "x": 1 })).await);
            assert_eq!((told.answer.status, &*told.word), (200, "rpc -32602"), "{told:?}");
            let args = json!({ "x": 1 });
            let expected = Expected { way: Way::Mcp, op: name, outcome: "not_found", args: Some(&args) };
            one_row(&w.hub, &w.acme, before, &told, &expected).await;
            bodies.push(told.text.replace(name, ""));
        }
        assert_eq!(bodies[0], bodies[1]);
        let listed = w.acme.rpc("tools/list", json!({})).await.to_string();
        assert!(!listed.contains("admins_only"), "{listed}");
        // a key acts as an analyst, too: a route that it may not see is one that is not there
        let hidden = w.acme.key.get(&w.acme.path("/admins")).await;
        let nothing = w.acme.key.get(&w.acme.path("/nothing")).await;
        assert_eq!((hidden.status, &hidden.body), (404, &nothing.body));
    })
    .await;
}

#[tokio::test]
async fn resources_and_prompts_are_recorded_like_calls() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let cases = [
            (
                "resources/read",
                json!({ "uri": "kri://mfa_enforced_pct" }),
                "get_kri",
                "ok",
                json!({ "id": "mfa_enforced_pct" }),
            ),
            ("resources/read", json!({ "uri": "kri://nothing" }), "get_kri", "not_found", json!({ "id": "nothing" })),
            (
                "resources/read",
                json!({ "uri": "file:///etc/passwd" }),
                "resources/read",
                "not_found",
                json!({ "uri": "file:///etc/passwd" }),
            ),
            ("resources/list", json!({}), "list_kris", "ok", json!({})),
            (
                "prompts/get",
                json!({ "name": "top_risks", "arguments": { "count": "3" } }),
                "prompts/get top_risks",
                "ok",
                json!({ "count": "3" }),
            ),
            (
                "prompts/get",
                json!({ "name": "top_risks", "arguments": { "count": "99" } }),
                "prompts/get top_risks",
                "invalid",
                json!({ "count": "99" }),
            ),
            ("prompts/get", json!({ "name": "top_risk" }), "prompts/get top_risk", "not_found", json!({})),
        ];
        for (method, params, op, outcome, args) in cases {
            w.tick();
            let before = ledger::mark(&w.hub, &w.acme).await;
            let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
            let told = crate::calling::of_mcp(w.acme.pat.rpc(message).await);
            assert_eq!(told.word == "ok", outcome == "ok", "{method} {params}: {told:?}");
            one_row(&w.hub, &w.acme, before, &told, &Expected { way: Way::Mcp, op, outcome, args: Some(&args) }).await;
        }
        // what tells nothing of the tenant leaves nothing
        w.tick();
        let before = ledger::mark(&w.hub, &w.acme).await;
        for method in ["tools/list", "prompts/list", "resources/templates/list", "ping"] {
            assert!(w.acme.rpc(method, json!({})).await["result"].is_object(), "{method}");
        }
        assert_eq!(ledger::mark(&w.hub, &w.acme).await, before);
    })
    .await;
}

#[tokio::test]
async fn an_argument_is_kept_as_a_hash_and_in_no_other_form() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let secret = "correct-horse-battery-staple";
        w.acme.pat.tool("search", json!({ "query": secret })).await;
        w.acme.pat.tool("list_kris", json!({ secret: secret })).await;
        let note = json!({ "value": 3, "note": secret });
        assert_eq!(w.acme.key.post(&w.acme.path("/kris/own_indicator/values"), note).await.status, 200);
        let rows = ledger::rows_after(&w.hub, &w.acme.tenant.scope, 0).await;
        assert!(!format!("{rows:?}").contains(secret));
    })
    .await;
}

#[tokio::test]
async fn the_chains_hold_after_calls_jobs_and_checkpoints() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        jobs::install(&w.hub.hub).await.unwrap();
        for _ in 0..3 {
            w.hub.clock.advance(watchkeep_model::Span::days(1));
            w.hub.run_jobs().await;
            w.acme.kri("mfa_enforced_pct").await;
        }
        let file = w.hub.upkeep().checkpoints;
        let report = w.hub.store().verify(&w.hub.keys, &file).await.unwrap();
        assert!(report.is_clean(), "{report:#?}");
        assert!(report.chains.iter().any(|c| c.name == "acme" && c.checkpoints >= 2), "{report:#?}");
    })
    .await;
}
