//! A repeated write does nothing more: by key, by twins at once, on one hub and on two.
use futures_util::future::join_all;
use serde_json::{Value, json};
use watchkeep_hub::{Cap, Ready};
use watchkeep_model::Span;

use crate::calling::{Told, Way, call};
use crate::examples::example;
use crate::extra;
use crate::ledger;
use crate::world::{Side, World, on_each_engine};

/// The same arguments with one of them changed, so that they would still be good.
fn others(op: &str, args: &Value) -> Value {
    let mut other = args.clone();
    match op {
        "create_kri" => other["name"] = json!("Another one"),
        "update_kri" => other["red"] = json!(8.5),
        "archive_kri" => other["id"] = json!("mfa_enforced_pct"),
        "record_kri_value" => other["value"] = json!(4),
        "post_samples" => other["samples"][0]["value"] = json!(2),
        "import_kri_samples" => other["filename"] = json!("other.csv"),
        "import_register" => other["content"] = json!("slug,name\nhost-2,Host\n"),
        "submit_dropzone_artifact" => other["content"] = json!("Another text"),
        "run_integration" => other["integrationId"] = json!("019a9f3c-7b00-7c3e-9b1a-3f5d7e9a1b2c"),
        "add_source" => other["name"] = json!("Another one"),
        "comment_on_entry" => other["text"] = json!("Another one."),
        "link_entry" => other["number"] = json!(3),
        "unlink_entry" => other["to"] = json!("web-1"),
        "accept_risk" => other["why"] = json!("Another reason."),
        "add_treatment_action" => other["title"] = json!("Another one"),
        "update_treatment_action" => other["note"] = json!("Another one"),
        "withdraw_acceptance" => other["id"] = json!("another"),
        "adopt_catalog_risk" | "adopt_catalog_control" => other["id"] = json!("another"),
        op if op.starts_with("create_") || op.starts_with("update_") => other["note"] = json!("Another one"),
        op if op.starts_with("archive_") => other["id"] = json!("another"),
        op => panic!("change an argument of {op} in tests/it/idempotency.rs"),
    }
    other
}

fn client(side: &Side, way: Way) -> &watchkeep_testkit::Client {
    if way == Way::Mcp { &side.pat } else { &side.key }
}

/// Every write, by each of its doors.
fn writes(w: &World) -> Vec<(std::sync::Arc<Ready>, Way)> {
    let all = w.hub.hub.ops().iter().filter(|r| r.def.cap == Cap::Write);
    all.flat_map(|r| Way::of(r).into_iter().map(move |way| (r.clone(), way))).collect()
}

#[tokio::test]
async fn the_same_key_and_arguments_give_the_same_bytes_and_one_effect_and_others_conflict() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        for (ready, way) in writes(&w) {
            let mut args = example(&w, &w.acme, ready.def.name).await;
            args["idempotencyKey"] = json!(format!("once {way:?}"));
            let about = format!("{} over {way:?}", ready.def.name);
            let go = async |args: &Value| call(client(&w.acme, way), way, "acme", &ready, args).await;
            let first = go(&args).await;
            assert_eq!(first.word, "ok", "{about}: {}", first.text);
            let register = ledger::register(&w.hub, &w.acme).await;
            let before = ledger::mark(&w.hub, &w.acme).await;
            for _ in 0..2 {
                w.hub.clock.advance(Span::hours(7));
                let again = go(&args).await;
                assert_eq!((&again.word, &again.answer.body), (&first.word, &first.answer.body), "{about}");
            }
            let conflict = go(&others(ready.def.name, &args)).await;
            assert_eq!(conflict.word, "conflict", "{about}: {}", conflict.text);
            assert!(
                conflict.text.starts_with("idempotencyKey: this key was used with other arguments"),
                "{}",
                conflict.text
            );
            w.hub.clock.advance(Span::hours(-14));
            assert_eq!(ledger::register(&w.hub, &w.acme).await, register, "{about} had a second effect");
            // each of the three is on record all the same
            let rows = ledger::rows_after(&w.hub, &w.acme.tenant.scope, 0).await;
            let last: Vec<&str> = rows.iter().rev().take(3).map(|r| &*r.outcome).collect();
            assert_eq!(last, ["conflict", "ok", "ok"], "{about}");
            assert_ne!(ledger::mark(&w.hub, &w.acme).await, before);
        }
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn a_key_belongs_to_its_credential_and_operation_and_lives_for_a_day() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let key = |client: &watchkeep_testkit::Client, slug: &str, value: i64| {
            let (client, path) = (client.clone(), format!("/api/v1/tenants/{slug}/kris/own_indicator/values"));
            async move { client.post(&path, json!({ "value": value, "idempotencyKey": "k" })).await }
        };
        let first = key(&w.acme.key, "acme", 3).await;
        assert_eq!(first.status, 200);
        assert_eq!(key(&w.acme.key, "acme", 4).await.status, 409);
        // another key of the same tenant, the other tenant, another operation
        let second = w.hub.client(&w.hub.key(&w.acme.tenant, "api:write").await);
        assert_eq!(key(&second, "acme", 4).await.status, 200);
        assert_eq!(key(&w.contoso.key, "contoso", 4).await.status, 200);
        let body = json!({ "samples": [{ "kri": "own_indicator", "value": 1 }], "idempotencyKey": "k" });
        assert_eq!(w.acme.key.post(&w.acme.path("/samples"), body).await.status, 200);
        // the header is the same key
        let request =
            http::Request::post(w.acme.path("/kris/own_indicator/values")).header("content-type", "application/json");
        let by_header =
            w.acme.key.send(request.header("idempotency-key", "\"k\""), json!({ "value": 3 }).to_string()).await;
        assert_eq!(by_header.body, first.body);

        w.hub.clock.advance(Span::from_micros(Span::hours(24).micros() - 1));
        assert_eq!(key(&w.acme.key, "acme", 3).await.body, first.body);
        w.hub.clock.advance(Span::from_micros(1));
        let later = key(&w.acme.key, "acme", 4).await;
        assert_eq!(later.status, 200, "a day later the key is free");
    })
    .await;
}

#[tokio::test]
async fn an_error_is_not_remembered() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let go = async |value: Value| {
            let body = json!({ "samples": [{ "kri": "own_indicator", "value": value }], "idempotencyKey": "k" });
            w.acme.key.post(&w.acme.path("/samples"), body).await
        };
        assert_eq!(go(json!(1)).await.status, 422, "there is no such KRI yet");
        let new = json!({ "name": "Own indicator", "category": "c", "unit": "count", "direction": "higherIsWorse", "amber": 1, "red": 5 });
        assert_eq!(w.acme.key.post(&w.acme.path("/kris"), new).await.status, 200);
        assert_eq!(go(json!(1)).await.status, 200);
        assert_eq!(go(json!(2)).await.status, 409);
    })
    .await;
}

/// Either the one answer, or word that another hub has just given it.
fn one_answer(all: &[Told]) -> Vec<u8> {
    let ok: Vec<&Told> = all.iter().filter(|t| t.word == "ok").collect();
    assert!(!ok.is_empty(), "{:?}", all.iter().map(|t| &t.text).collect::<Vec<_>>());
    for told in all.iter().filter(|t| t.word != "ok") {
        assert_eq!(told.word, "conflict", "{}", told.text);
        assert!(told.text.contains("has just been answered elsewhere; repeat it with the same key"), "{}", told.text);
    }
    assert!(ok.iter().all(|t| t.answer.body == ok[0].answer.body));
    ok[0].answer.body.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twins_at_once_on_one_hub_get_one_answer_and_have_one_effect() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        for (ready, way) in writes(&w) {
            let mut args = example(&w, &w.acme, ready.def.name).await;
            args["idempotencyKey"] = json!(format!("twins {way:?}"));
            let all = join_all((0..12).map(|_| call(client(&w.acme, way), way, "acme", &ready, &args))).await;
            assert!(all.iter().all(|t| t.word == "ok"), "{}: on one hub a twin waits", ready.def.name);
            one_answer(&all);
        }
        let sources = w.acme.asked("list_integrations", json!({ "kind": "api" })).await;
        // the API key's own one, and one of `add_source` by each door
        assert_eq!(sources["items"].as_array().unwrap().len(), 3);
        w.chains().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twins_at_once_on_two_hubs_have_one_effect_and_a_repeat_gets_the_answer() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let second = w.hub.beside(extra::lists()).await;
        // the same credentials on both hubs
        let (pat, key) = (
            w.hub.token(&w.acme.tenant, "mcp:read mcp:write").await,
            w.hub.key(&w.acme.tenant, "api:read api:write").await,
        );
        for (ready, way) in writes(&w) {
            let mut args = example(&w, &w.acme, ready.def.name).await;
            args["idempotencyKey"] = json!(format!("hubs {way:?}"));
            let before = count(&w).await;
            let credential = if way == Way::Mcp { &pat } else { &key };
            let clients = [w.hub.client(credential), second.client(credential)];
            let all = join_all((0..12).map(|n| call(&clients[n % 2], way, "acme", &ready, &args))).await;
            let answer = one_answer(&all);
            for client in &clients {
                let again = call(client, way, "acme", &ready, &args).await;
                assert_eq!((&*again.word, &again.answer.body), ("ok", &answer), "{}", ready.def.name);
            }
            let after = count(&w).await;
            let grown = match ready.def.name {
                "create_kri" => (1, 0),
                "record_kri_value" | "post_samples" | "import_kri_samples" => (i64::from(after.0 > before.0), 1),
                "archive_kri" => (-1, 0),
                _ => (0, 0),
            };
            assert_eq!((after.0 - before.0, after.1 - before.1), grown, "{} over {way:?}", ready.def.name);
        }
        w.chains().await;
    })
    .await;
}

/// KRIs and samples of acme.
async fn count(w: &World) -> (i64, i64) {
    let db = w.hub.store().at(&w.acme.tenant.scope);
    let slugs = watchkeep_store::kris::slugs(db).await.unwrap();
    let mut samples = 0;
    for (id, _) in &slugs {
        let all = watchkeep_store::samples::before(db, *id, watchkeep_model::Timestamp::MAX, 100_000).await.unwrap();
        samples += all.len() as i64;
    }
    (slugs.len() as i64, samples)
}
