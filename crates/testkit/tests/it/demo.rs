//! The demo, as it is loaded and read.
use std::collections::BTreeSet;

use serde_json::{Value, json};
use watchkeep_hub::admin::NewPat;
use watchkeep_hub::{Limits, Lists, demo};
use watchkeep_model::Connector;
use watchkeep_testkit::{Client, Engine, TestHub, engines};

use crate::world::on_each_engine;

const SEED: u64 = 7;

async fn loaded(engine: Engine) -> (TestHub, Vec<Client>) {
    let hub = TestHub::with(engine, Lists::PRODUCT, Limits::NONE).await;
    let admin = hub.admin();
    let slugs = demo::load(admin.clone(), SEED).await.unwrap();
    assert_eq!(slugs.iter().map(ToString::to_string).collect::<Vec<_>>(), ["acme", "contoso"]);
    let mut clients = vec![];
    for tenant in demo::tenants(SEED, hub.now()) {
        let analyst = tenant.people.iter().find(|p| p.role.reaches(watchkeep_model::Role::Analyst)).unwrap();
        let new = NewPat {
            user: analyst.email.clone(),
            name: "t".into(),
            connectors: vec![Connector::Risk],
            write: false,
            lifetime: "1d".parse().unwrap(),
        };
        let scope = admin.tenant(&tenant.slug).await.unwrap();
        clients.push(hub.client(&admin.create_pat(&scope, &new).await.unwrap().secret));
    }
    (hub, clients)
}

async fn all_kris(client: &Client) -> Vec<Value> {
    let (mut all, mut args) = (vec![], json!({ "limit": 10 }));
    loop {
        let page = client.tool("list_kris", args.clone()).await.content();
        all.extend(page["items"].as_array().unwrap().clone());
        match page.get("nextCursor") {
            Some(cursor) => args["cursor"] = cursor.clone(),
            None => return all,
        }
    }
}

fn words(kris: &[Value], field: &str) -> BTreeSet<String> {
    kris.iter().map(|k| k[field].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_demo_is_a_register_with_every_status_state_and_trend_and_is_marked() {
    on_each_engine(async |engine| {
        let (hub, clients) = loaded(engine).await;
        let mut counts = vec![];
        for (client, tenant) in clients.iter().zip(demo::tenants(SEED, hub.now())) {
            let kris = all_kris(client).await;
            assert_eq!(kris.len(), tenant.kris.len(), "{}", tenant.slug);
            let slugs = words(&kris, "slug");
            assert_eq!(slugs.len(), kris.len());
            assert!(kris.iter().all(|k| k["demo"] == true));
            counts.push(kris.len());
            let page = client.tool("list_integrations", json!({ "limit": 200 })).await.content();
            let sources = page["items"].as_array().unwrap();
            assert_eq!(sources.len(), tenant.integrations.len());
            assert!(
                sources.iter().all(|i| i["demo"] == true && i["name"].as_str().unwrap().ends_with("(demo)")),
                "{page}"
            );
            if tenant.slug.as_str() == "acme" {
                assert_eq!(words(&kris, "status"), ["amber", "green", "red", "unknown"].map(String::from).into());
                let states = words(&kris, "state");
                assert!(states.contains("ok") && states.contains("stale") && states.len() >= 3, "{states:?}");
                assert_eq!(words(&kris, "trend").len(), 4, "{:?}", words(&kris, "trend"));
                assert!(kris.iter().any(|k| k["quality"] == "partial" && k["state"] == "ok"));
                assert!(sources.iter().any(|i| i["health"] == "reauthorize"), "{page}");
            }
            // a value that is not there is never good
            for k in &kris {
                assert!(k["state"] == "ok" || k["status"] != "green", "{k}");
                let detail = client.tool("get_kri", json!({ "id": k["slug"] })).await.content();
                for field in ["value", "state", "status", "trend"] {
                    assert_eq!(detail.get(field), k.get(field), "{}", k["slug"]);
                }
                let samples = detail["samples"].as_array().unwrap();
                assert!(samples.iter().all(|s| s["state"] == "ok" || s["status"] != "green"), "{}", k["slug"]);
            }
            let long = client.tool("get_kri", json!({ "id": "mfa_enforced_pct" })).await.content();
            assert!(long["samples"].as_array().unwrap().len() >= 80, "{long}");
        }
        assert!(counts[0] >= 30 && counts[1] >= 10, "{counts:?}");
        let found = clients[0].tool("search", json!({ "query": "mfa" })).await.content();
        assert!(!found["results"].as_array().unwrap().is_empty());
        let report = hub.store().verify(&hub.keys, &hub.upkeep().checkpoints).await.unwrap();
        assert!(report.is_clean(), "{report:#?}");
        // a second time is refused, and changes nothing
        let error = demo::load(hub.admin(), SEED).await.unwrap_err();
        assert_eq!(error.word(), "conflict", "{error}");
        assert_eq!(all_kris(&clients[0]).await.len(), counts[0]);
    })
    .await;
}

#[tokio::test]
async fn the_same_seed_and_end_give_the_same_values_in_every_database() {
    let mut all = vec![];
    for engine in [engines(), vec![Engine::Sqlite]].concat() {
        let (_hub, clients) = Box::pin(loaded(engine)).await;
        let mut told = vec![];
        for client in &clients {
            for k in all_kris(client).await {
                let mut detail = client.tool("get_kri", json!({ "id": k["slug"] })).await.content();
                without_ids(&mut detail);
                told.push(detail);
            }
        }
        all.push(told);
    }
    assert!(all.len() >= 2 && all.iter().all(|told| *told == all[0]));
}

/// Takes away what is made anew in each database.
fn without_ids(v: &mut Value) {
    match v {
        Value::Object(members) => {
            members.retain(|name, _| name != "id" && !name.ends_with("Id"));
            members.values_mut().for_each(without_ids);
        }
        Value::Array(items) => items.iter_mut().for_each(without_ids),
        _ => {}
    }
}

#[tokio::test]
async fn the_demo_has_evidence_that_was_accepted_and_some_that_waits_for_a_person() {
    on_each_engine(async |engine| {
        let (hub, clients) = loaded(engine).await;
        let admin = hub.admin();
        let before = all_kris(&clients[0]).await;
        let acme = admin.tenant(&"acme".parse().unwrap()).await.unwrap();
        assert_eq!(admin.load_demo_evidence(&acme, &hub.keys).await.unwrap(), 2);
        let queue = clients[0].tool("list_proposals", json!({})).await.content();
        let waiting: BTreeSet<(&str, &str)> = queue["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| (p["kri"].as_str().unwrap(), p["reason"].as_str().unwrap()))
            .collect();
        assert_eq!(
            waiting,
            BTreeSet::from([("backup_success_pct", "would_improve"), ("vuln_critical_open", "below_threshold")])
        );
        let zones = admin.zones(&acme).await.unwrap();
        assert_eq!((zones.len(), zones[0].artifacts, zones[0].open_proposals, zones[0].waiting), (1, 3, 2, 2));
        // what was accepted lands beside what is pulled, and improves nothing by itself
        admin.run_zone(&acme, &zones[0].id.to_string()).await.unwrap();
        let after = all_kris(&clients[0]).await;
        assert_eq!(words(&before, "slug"), words(&after, "slug"));
        for (b, a) in before.iter().zip(&after) {
            assert_eq!(b["status"], a["status"], "{}", b["slug"]);
            // GitHub tells no high ones of that project, so the report adds its two
            let more = if b["slug"] == "sca_high_open" { 2.0 } else { 0.0 };
            let value = |k: &Value| k["value"].as_f64();
            assert_eq!(value(a), value(b).map(|v| v + more), "{}", b["slug"]);
        }
        // the other tenant has no Drop Zone, or one with the same evidence; nothing of acme's is in it
        let contoso = admin.tenant(&"contoso".parse().unwrap()).await.unwrap();
        admin.load_demo_evidence(&contoso, &hub.keys).await.unwrap();
    })
    .await;
}
