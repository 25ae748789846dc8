//! Many clients at once, on one hub and on two.
use futures_util::future::join_all;
use serde_json::{Value, json};
use watchkeep_hub::jobs;
use watchkeep_model::Span;

use crate::extra;
use crate::kris::now;
use crate::ledger;
use crate::world::{Side, World, on_each_engine};

const CLIENTS: usize = 16;
const ROUNDS: usize = 6;

/// Each client posts its own subjects, round after round, and reads between.
async fn post_all(sides: &[&Side]) {
    join_all((0..CLIENTS).map(async |n| {
        let side = sides[n % sides.len()];
        for round in 0..ROUNDS {
            let samples: Vec<Value> = (0..3)
                .map(|i| json!({ "kri": "vuln_critical_open", "value": 1, "subject": format!("host {n}-{round}-{i}") }))
                .chain([json!({ "kri": "vuln_kev_open", "value": round, "subject": format!("client {n}") })])
                .collect();
            let told = side.posted(json!(samples)).await;
            assert_eq!((&told["written"], &told["skipped"]), (&json!(4), &json!(0)), "client {n}, round {round}");
            let listed = side.asked("list_kris", json!({})).await;
            assert!(!listed["items"].as_array().unwrap().is_empty());
        }
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_clients_at_once_lose_nothing_and_count_nothing_twice() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let before = ledger::mark(&w.hub, &w.acme).await;
        post_all(&[&w.acme]).await;
        let total = (CLIENTS * ROUNDS * 3) as f64;
        assert_eq!(now(&w.acme.kri("vuln_critical_open").await), (Some(total), "ok", "red"));
        // of each client its last word
        let last = (CLIENTS * (ROUNDS - 1)) as f64;
        assert_eq!(now(&w.acme.kri("vuln_kev_open").await), (Some(last), "ok", "red"));
        // one row for each post and each list, and one source
        let rows = ledger::rows_after(&w.hub, &w.acme.tenant.scope, 0).await;
        let calls = |event: &str| rows.iter().filter(|r| r.event == event).count();
        assert_eq!((calls("api_called"), calls("MCP_TOOL_CALLED")), (CLIENTS * ROUNDS, CLIENTS * ROUNDS + 2));
        assert_ne!(ledger::mark(&w.hub, &w.acme).await, before);
        assert_eq!(w.acme.asked("list_integrations", json!({})).await["items"].as_array().unwrap().len(), 1);
        w.chains().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hubs_on_one_database_keep_one_register_and_one_chain() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let second = w.hub.beside(extra::lists()).await;
        let there = w.acme.at(&second).await;
        post_all(&[&w.acme, &there]).await;
        let total = (CLIENTS * ROUNDS * 3) as f64;
        for side in [&w.acme, &there] {
            assert_eq!(now(&side.kri("vuln_critical_open").await), (Some(total), "ok", "red"));
        }
        // what one hub revokes or changes holds on the other at once
        let token = w.hub.token(&w.acme.tenant, "mcp:read").await;
        assert!(second.client(&token).tool("list_kris", json!({})).await.content().is_object());
        w.hub.admin().revoke_tokens_of("ana@acme.example").await.unwrap();
        assert_eq!(second.client(&token).tool("list_kris", json!({})).await.status, 401);
        // a cursor of one hub goes on at the other
        let key = w.hub.key(&w.acme.tenant, "api:read").await;
        let page = w.hub.client(&key).get(&w.acme.path("/kris?limit=1")).await.json();
        let next = format!("/kris?limit=1&cursor={}", page["nextCursor"].as_str().unwrap());
        assert_eq!(second.client(&key).get(&w.acme.path(&next)).await.json()["items"][0]["slug"], "vuln_kev_open");
        // a KRI that both make at once is made once
        let posts = join_all((0..CLIENTS).map(|n| {
            let side = if n % 2 == 0 { &w.acme } else { &there };
            side.post(json!([{ "kri": "sca_high_open", "value": 1, "subject": format!("repo {n}") }]))
        }))
        .await;
        assert!(posts.iter().all(|p| p.status == 200), "{:?}", posts.iter().map(|p| p.json()).collect::<Vec<_>>());
        let found = w.hub.client(&key).get(&w.acme.path("/kris/sca_high_open")).await.json();
        assert_eq!(found["value"], CLIENTS as f64);
        w.chains().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_due_is_done_once_however_many_hubs_look() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let second = w.hub.beside(extra::lists()).await;
        w.acme.posted(json!([{ "kri": "vuln_kev_open", "value": 1 }, { "kri": "vuln_high_open", "value": 1 }])).await;
        for hub in [&w.hub, &second] {
            jobs::install(&hub.hub).await.unwrap();
        }
        w.hub.clock.advance(Span::days(3));
        join_all([&w.hub, &second, &w.hub, &second].map(|hub| hub.run_jobs())).await;
        w.hub.run_jobs().await;
        let rows = ledger::rows_after(&w.hub, &w.acme.tenant.scope, 0).await;
        assert_eq!(rows.iter().filter(|r| r.event == "kri_refreshed").count(), 2);
        assert_eq!(now(&w.acme.kri("vuln_kev_open").await), (Some(1.0), "stale", "amber"));
        w.chains().await;
    })
    .await;
}
