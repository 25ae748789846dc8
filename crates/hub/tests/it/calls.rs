//! Check, run, record: what each call leaves behind.
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_hub::call::refuse;
use watchkeep_hub::{Door, Error, Kind, Limits, RateState, call, canonical};
use watchkeep_model::{Connector, Span};

use crate::fixture::{House, key, object, pat};

const RISK: Door = Door::Mcp(Connector::Risk);

fn json_of(called: &watchkeep_hub::Called) -> Value {
    serde_json::from_str(&called.result.as_ref().unwrap().json).unwrap()
}

#[tokio::test]
async fn every_call_leaves_one_row_with_its_outcome() {
    let house = House::new().await;
    let before = house.rows("acme").await.len();
    let b = pat("acme", 'b');
    let cases = [
        ("list_sources", json!({}), "ok"),
        ("list_sources", json!({ "limit": 0 }), "invalid"),
        ("get_source", json!({ "id": "nope" }), "not_found"),
        ("get_source", json!({ "id": "source-0001" }), "ok"),
        ("add_source", json!({ "name": "new" }), "ok"),
        ("add_source", json!({ "name": "new" }), "conflict"),
        ("check_source", json!({ "id": "x" }), "ok"),
        ("list_secrets", json!({}), "not_found"),
        ("fail_on_purpose", json!({ "how": "unavailable" }), "unavailable"),
        ("fail_on_purpose", json!({ "how": "full" }), "full"),
        ("fail_on_purpose", json!({ "how": "internal" }), "internal"),
        ("fail_on_purpose", json!({ "how": "panic" }), "internal"),
        ("break_on_purpose", json!({ "name": "broken" }), "conflict"),
        ("break_on_purpose", json!({ "name": "broken", "panic": true }), "internal"),
    ];
    for (i, (name, args, outcome)) in cases.iter().enumerate() {
        house.clock.advance(Span::seconds(1));
        let called = house.tool(&b, name, args.clone()).await;
        let rows = house.rows("acme").await;
        assert_eq!(rows.len(), before + i + 1, "{name} {args}");
        let row = rows.last().unwrap();
        assert_eq!((&*row.op, &*row.outcome, &*row.event), (*name, *outcome, "MCP_TOOL_CALLED"), "{args}");
        assert_eq!(row.args_hash, canonical::digest(&object(args.clone())));
        assert_eq!(
            (row.at, &*row.actor, row.address.as_deref()),
            (house.clock_micros(), "ann@acme.example", Some("192.0.2.1"))
        );
        assert_eq!(called.result.map_or_else(|e| e.word(), |_| "ok"), *outcome);
    }
    // what a row is about, and nothing of what broke
    let rows = house.rows("acme").await;
    assert!(rows[before + 3].target.is_some() && rows[before + 4].target.is_some());
    assert!(house.tool(&b, "get_source", json!({ "id": "broken" })).await.result.is_err());
    // the neighbour's chain has none of it
    assert_eq!(house.rows("contoso").await.len(), before);
}

#[tokio::test]
async fn a_secret_of_ours_is_never_told() {
    let house = House::new().await;
    for how in ["internal", "panic"] {
        let error = house.tool(&pat("acme", 'a'), "fail_on_purpose", json!({ "how": how })).await.result.unwrap_err();
        assert!(!error.public.contains("secret") && error.public.contains("under request 0"), "{error}");
    }
    let error = house
        .tool(&pat("acme", 'b'), "break_on_purpose", json!({ "name": "x", "panic": true }))
        .await
        .result
        .unwrap_err();
    assert!(!error.public.contains("secret"), "{error}");
}

#[tokio::test]
async fn a_scope_that_is_missing_is_a_second_lock() {
    let house = House::new().await;
    let error = house.tool(&pat("acme", 'a'), "add_source", json!({ "name": "x" })).await.result.unwrap_err();
    assert_eq!(error.kind, Kind::Forbidden { scope: "mcp:write".into() });
    let error = house.tool(&pat("acme", 'a'), "monsys_list_sources", json!({})).await.result.unwrap_err();
    assert_eq!(error.kind, Kind::Forbidden { scope: "mcp.read".into() });
    assert_eq!(house.rows("acme").await.last().unwrap().outcome, "forbidden");
    assert_eq!(house.rows("acme").await.last().unwrap().event, "mcp_tool_invoked");
    // an API key has no scope of a connector, and a token none of REST
    let ready = house.hub.ops()[0].clone();
    for (credential, door, scope) in [(key("acme", '0'), RISK, "mcp:read"), (pat("acme", 'b'), Door::Rest, "api:read")]
    {
        let access = house.access(&credential).await;
        let error = call(&house.hub, &access, house.meta(door), &ready, object(json!({}))).await.result.unwrap_err();
        assert_eq!(error.kind, Kind::Forbidden { scope: scope.into() });
    }
}

#[tokio::test]
async fn a_tenant_sees_its_own_only() {
    let house = House::new().await;
    let names = |called: &watchkeep_hub::Called| json_of(called)["items"].as_array().unwrap().len();
    assert_eq!(names(&house.tool(&pat("acme", 'a'), "list_sources", json!({ "limit": 200 })).await), 120);
    assert_eq!(names(&house.tool(&pat("contoso", 'a'), "list_sources", json!({ "limit": 200 })).await), 3);
    let theirs = json_of(&house.tool(&pat("contoso", 'a'), "get_source", json!({ "id": "source-0000" })).await);
    let ours = json_of(&house.tool(&pat("acme", 'a'), "get_source", json!({ "id": "source-0000" })).await);
    assert_ne!(theirs["id"], ours["id"]);
    assert!(house.tool(&pat("contoso", 'a'), "get_source", json!({ "id": "source-0100" })).await.result.is_err());
}

#[tokio::test]
async fn pages_end_and_a_cursor_fits_one_question() {
    let house = House::new().await;
    let (a, mut cursor, mut seen) = (pat("acme", 'a'), None::<String>, vec![]);
    loop {
        let mut args = json!({ "limit": 50 });
        if let Some(c) = &cursor {
            args["cursor"] = json!(c);
        }
        let page = json_of(&house.tool(&a, "list_sources", args).await);
        seen.extend(page["items"].as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap().to_owned()));
        match page["nextCursor"].as_str() {
            Some(c) => cursor = Some(c.into()),
            None => break,
        }
    }
    assert_eq!(seen.len(), 120);
    assert!(seen.is_sorted_by(|a, b| a < b));
    for (credential, args) in [
        (pat("contoso", 'a'), json!({ "cursor": cursor })),
        (a.clone(), json!({ "cursor": cursor, "kind": "csv" })),
        (a.clone(), json!({ "cursor": "abcd" })),
    ] {
        let error = house.tool(&credential, "list_sources", args).await.result.unwrap_err();
        assert!(error.kind == Kind::Conflict && error.public.starts_with("cursor: "), "{error}");
    }
    // a model may write the default out, or null
    assert!(
        house.tool(&a, "list_sources", json!({ "cursor": cursor, "limit": "7", "kind": null })).await.result.is_ok()
    );
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_other_arguments_conflict() {
    let house = House::new().await;
    let b = pat("acme", 'b');
    let go = |name: &'static str, key: &'static str| {
        house.tool(&b, "add_source", json!({ "name": name, "idempotencyKey": key }))
    };
    let (one, two) = tokio::join!(go("one", "k"), go("one", "k"));
    assert_eq!(json_of(&one), json_of(&two));
    let error = go("two", "k").await.result.unwrap_err();
    assert!(error.kind == Kind::Conflict && error.public.starts_with("idempotencyKey: "), "{error}");
    // other keys, other tokens and other tools are other calls
    assert!(go("two", "l").await.result.is_ok());
    let others = house.tool(&pat("acme", 'd'), "add_source", json!({ "name": "three", "idempotencyKey": "k" })).await;
    assert!(others.result.is_ok());
    assert!(house.tool(&b, "check_source", json!({ "id": "one", "idempotencyKey": "k" })).await.result.is_ok());
    // a day later the key is free, and the name is not
    house.clock.advance(Span::hours(24));
    assert_eq!(go("one", "k").await.result.unwrap_err().kind, Kind::Conflict);
    assert!(go("four", "k").await.result.is_ok());
}

#[tokio::test]
async fn an_error_is_not_remembered_and_a_write_that_changed_nothing_is() {
    let house = House::new().await;
    let b = pat("acme", 'b');
    let fail = json!({ "name": "broken", "idempotencyKey": "k" });
    for _ in 0..2 {
        assert_eq!(
            house.tool(&b, "break_on_purpose", fail.clone()).await.result.unwrap_err().public,
            "it broke on purpose"
        );
    }
    let checked = house.tool(&b, "check_source", json!({ "id": "x", "idempotencyKey": "k" })).await;
    assert_eq!(json_of(&checked)["name"], "x");
    let rows = house.rows("acme").await.len();
    assert!(house.tool(&b, "check_source", json!({ "id": "x", "idempotencyKey": "k" })).await.result.is_ok());
    assert_eq!(
        house.tool(&b, "check_source", json!({ "id": "y", "idempotencyKey": "k" })).await.result.unwrap_err().word(),
        "conflict"
    );
    assert_eq!(house.rows("acme").await.len(), rows + 2, "a repeat and a refusal are rows, too");
}

#[tokio::test]
async fn twenty_twins_at_once_do_it_once() {
    let house = Arc::new(House::new().await);
    let twins: Vec<_> = (0..20)
        .map(|_| {
            let house = house.clone();
            let tasks = house.hub.tasks.clone();
            tasks.spawn(async move {
                let args = json!({ "name": "only-once", "idempotencyKey": "k" });
                json_of(&house.tool(&pat("acme", 'b'), "add_source", args).await)["id"].clone()
            })
        })
        .collect();
    let mut ids = vec![];
    for twin in twins {
        ids.push(twin.await.unwrap());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
}

#[tokio::test]
async fn a_call_whose_caller_hangs_up_still_ends_with_a_row() {
    let house = House::new().await;
    let before = house.rows("acme").await.len();
    let a = pat("acme", 'a');
    let mut calling = Box::pin(house.tool(&a, "fail_on_purpose", json!({ "how": "slow" })));
    assert!(tokio::time::timeout(Duration::from_millis(50), &mut calling).await.is_err());
    drop(calling);
    assert!(house.hub.tasks.idle(Duration::from_secs(10)).await);
    let rows = house.rows("acme").await;
    assert_eq!((rows.len(), &*rows[before].outcome), (before + 1, "ok"));
}

#[tokio::test]
async fn too_many_calls_are_told_how_long_to_wait() {
    let house = House::with(Limits { light: 2, heavy: 1, write: 1 }).await;
    let a = pat("acme", 'a');
    let first = house.tool(&a, "list_sources", json!({})).await;
    assert_eq!(first.rate, Some(RateState { class: watchkeep_hub::Rate::Light, limit: 2, remaining: 1, reset: 30 }));
    // bad arguments count, too
    assert!(house.tool(&a, "list_sources", json!({ "limit": 0 })).await.result.is_err());
    let third = house.tool(&a, "list_sources", json!({})).await;
    assert_eq!(third.result.unwrap_err().kind, Kind::Limited { retry_after: 30 });
    assert_eq!(house.rows("acme").await.last().unwrap().outcome, "limited");
    // another token of the same person has its own bucket
    assert!(house.tool(&pat("acme", 'b'), "list_sources", json!({})).await.result.is_ok());
    house.clock.advance(Span::seconds(30));
    assert!(house.tool(&a, "list_sources", json!({})).await.result.is_ok());
}

#[tokio::test]
async fn what_a_door_refuses_is_recorded_with_a_clean_name() {
    let house = House::new().await;
    let access = house.access(&pat("acme", 'a')).await;
    let args = object(json!({ "x": 1 }));
    let name = format!("\u{202e}drop table{}", "x".repeat(200));
    refuse(&house.hub, &access, house.meta(RISK), &name, &args, &Error::nothing_here()).await.unwrap();
    let rows = house.rows("acme").await;
    let row = rows.last().unwrap();
    assert!(row.op.starts_with("drop tablexxx") && row.op.chars().count() == 80, "{}", row.op);
    assert_eq!((&*row.outcome, row.args_hash), ("not_found", canonical::digest(&args)));
}

#[tokio::test]
async fn arguments_are_forgiven_to_a_model_and_not_to_a_program() {
    let house = House::new().await;
    let ready = house.hub.ops()[0].clone();
    let args = object(json!({ "limit": "3", "kind": null }));
    let model = call(&house.hub, &house.access(&pat("acme", 'a')).await, house.meta(RISK), &ready, args.clone()).await;
    assert_eq!(json_of(&model)["items"].as_array().unwrap().len(), 3);
    let program = call(&house.hub, &house.access(&key("acme", '1')).await, house.meta(Door::Rest), &ready, args).await;
    assert!(matches!(program.result.unwrap_err().kind, Kind::Invalid(flaws) if flaws.len() == 2));
}
