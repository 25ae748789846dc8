//! Two tenants with the same names: nothing of one is ever told, counted, changed or found by the other.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use watchkeep_hub::Ready;
use watchkeep_model::register::Kind;

use crate::calling::{Way, call};
use crate::examples::{example, named};
use crate::ledger::{self, Expected, one_row};
use crate::world::{Done, Side, World, mark, on_each_engine};

/// Every id in a JSON answer: any text that is a UUID.
fn ids(v: &Value, all: &mut BTreeSet<String>) {
    match v {
        Value::String(s) => {
            for part in s.split([':', '/']) {
                if part.len() == 36 && part.parse::<uuid::Uuid>().is_ok() {
                    all.insert(part.to_owned());
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|v| ids(v, all)),
        Value::Object(members) => members.values().for_each(|v| ids(v, all)),
        _ => {}
    }
}

/// Every answer that a tenant can get.
async fn everything(side: &Side) -> Vec<Value> {
    let mut all = vec![
        side.asked("list_kris", json!({})).await,
        side.asked("list_integrations", json!({})).await,
        side.asked("search", json!({ "query": "a" })).await,
        side.asked("search", json!({ "query": "known to" })).await,
        side.asked("list_controls", json!({})).await,
        side.asked("list_risks", json!({})).await,
        side.asked("list_outcomes", json!({})).await,
        side.asked("list_vendors", json!({})).await,
        side.asked("get_asset_inventory", json!({})).await,
        side.asked("get_risk", json!({ "id": "outage" })).await,
        side.rpc("resources/list", json!({})).await,
    ];
    for slug in side.slugs(json!({})).await {
        all.push(side.kri(&slug).await);
        all.push(side.asked("fetch", json!({ "id": format!("kri:{slug}") })).await);
        all.push(side.rpc("resources/read", json!({ "uri": format!("kri://{slug}") })).await);
    }
    for kind in Kind::ALL {
        all.push(side.asked("fetch", json!({ "id": format!("{kind}:{}", named(*kind)) })).await);
    }
    for i in all[1]["items"].as_array().unwrap().clone() {
        let id = format!("integration:{}", i["id"].as_str().unwrap());
        all.push(side.asked("fetch", json!({ "id": id })).await);
    }
    all
}

#[tokio::test]
async fn the_same_names_hold_each_tenants_own_and_nothing_of_the_other() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let [ours, theirs] = [everything(&w.acme).await, everything(&w.contoso).await];
        assert_eq!(ours.len(), theirs.len());
        let [mut our_ids, mut their_ids] = [BTreeSet::new(), BTreeSet::new()];
        ours.iter().for_each(|v| ids(v, &mut our_ids));
        theirs.iter().for_each(|v| ids(v, &mut their_ids));
        assert!(our_ids.len() >= 9 && their_ids.len() >= 9, "{our_ids:?}");
        assert_eq!(our_ids.intersection(&their_ids).count(), 0);
        let [ours, theirs] = [json!(ours).to_string(), json!(theirs).to_string()];
        assert!(ours.contains(&mark("acme")) && theirs.contains(&mark("contoso")));
        assert!(!ours.contains("contoso") && !theirs.contains("acme"));
        assert_eq!(w.acme.kri("vuln_critical_open").await["value"], 20.0);
        assert_eq!(w.contoso.kri("vuln_critical_open").await["value"], 80.0);
    })
    .await;
}

/// The arguments of an operation with each id of the other tenant in the place of its own.
async fn with_foreign_ids(w: &World, ready: &Ready, foreign: &Foreign) -> Vec<Value> {
    let good = example(w, &w.acme, ready.def.name).await;
    let with = |name: &str, value: Value| {
        let mut args = good.clone();
        args[name] = value;
        args
    };
    let kri = &foreign.kri;
    match ready.def.name {
        "get_kri" | "update_kri" | "archive_kri" | "record_kri_value" => vec![with("id", json!(kri))],
        "fetch" => vec![
            with("id", json!(format!("kri:{kri}"))),
            with("id", json!(format!("integration:{}", foreign.integration))),
            with("id", json!(format!("risk:{}", foreign.entries[&Kind::Risk]))),
            with("id", json!(format!("person:{}", foreign.entries[&Kind::Person]))),
        ],
        "get_risk" | "accept_risk" | "withdraw_acceptance" | "add_treatment_action" => {
            vec![with("id", json!(foreign.entries[&Kind::Risk]))]
        }
        "update_treatment_action" => {
            vec![with("id", json!(foreign.entries[&Kind::Risk])), with("actionId", json!(foreign.action))]
        }
        "get_entry" | "comment_on_entry" | "link_entry" | "unlink_entry" => {
            let kind: Kind = good["kind"].as_str().unwrap().parse().unwrap();
            vec![with("id", json!(foreign.entries[&kind]))]
        }
        "create_control" => vec![with("kris", json!([{ "kri": kri }]))],
        "update_risk" => vec![
            with("id", json!(foreign.entries[&Kind::Risk])),
            with("kris", json!([kri])),
            with("controls", json!([foreign.entries[&Kind::Control]])),
        ],
        op if op
            .split_once('_')
            .is_some_and(|(verb, kind)| ["update", "archive"].contains(&verb) && kind.parse::<Kind>().is_ok()) =>
        {
            let kind: Kind = op.split_once('_').unwrap().1.parse().unwrap();
            vec![with("id", json!(foreign.entries[&kind]))]
        }
        op if op.strip_prefix("create_").is_some_and(|kind| kind.parse::<Kind>().is_ok()) => vec![],
        "list_kris" => {
            vec![with("source", json!(foreign.integration)), with("controlId", json!(foreign.entries[&Kind::Control]))]
        }
        "post_samples" => vec![
            with("integrationId", json!(foreign.integration)),
            with("samples", json!([{ "kri": kri, "value": 1 }])),
        ],
        "import_kri_samples" => vec![with("csv", json!(format!("kri,value\n{kri},1\n")))],
        "import_register" => {
            let risk = |field: &str, id: &str| json!({ "risks": [{ "title": "Of theirs", field: [id] }] }).to_string();
            let control = &foreign.entries[&Kind::Control];
            [risk("kris", kri), risk("controls", control)]
                .map(|file| json!({ "content": file, "apply": true, "skipBad": false }))
                .to_vec()
        }
        "submit_dropzone_artifact" | "run_integration" | "list_proposals" => {
            vec![with("integrationId", json!(foreign.integration))]
        }
        "get_run" => vec![with("id", json!(foreign.run))],
        // these take no ids
        "list_controls"
        | "list_risks"
        | "list_outcomes"
        | "list_vendors"
        | "get_asset_inventory"
        | "list_simulations"
        | "list_catalog_risks"
        | "list_catalog_controls"
        | "export_register"
        | "adopt_catalog_risk"
        | "adopt_catalog_control" => vec![],
        "search" | "list_integrations" | "list_signals" | "create_kri" | "add_source" | "proposal_lineage" => vec![],
        other => panic!("does {other} take ids? add it to tests/it/tenants.rs"),
    }
}

struct Foreign {
    kri: String,
    integration: String,
    run: String,
    entries: BTreeMap<Kind, String>,
    action: String,
}

impl Foreign {
    /// A text with an id that nobody has in the place of each of these.
    fn blind(&self, text: &str, nobodys: &str) -> String {
        let all = [&self.kri, &self.integration, &self.run, &self.action].into_iter().chain(self.entries.values());
        all.fold(text.to_owned(), |text, id| text.replace(id, nobodys))
    }
}

#[tokio::test]
async fn ids_of_the_other_tenant_are_as_good_as_none() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let theirs = w.contoso.kri("own_indicator").await;
        let foreign = Foreign {
            kri: theirs["id"].as_str().unwrap().to_owned(),
            integration: theirs["source"]["integrationId"].as_str().unwrap().to_owned(),
            run: {
                let listed = w.contoso.asked("list_integrations", json!({ "kind": "csv" })).await;
                listed["items"][0]["lastRun"]["id"].as_str().unwrap().to_owned()
            },
            entries: {
                let mut all = BTreeMap::new();
                for kind in Kind::ALL {
                    let path = w.contoso.path(&format!("/register/{kind}/{}", named(*kind)));
                    all.insert(*kind, w.contoso.key.get(&path).await.done()["id"].as_str().unwrap().to_owned());
                }
                all
            },
            action: {
                let risk = w.contoso.asked("get_risk", json!({ "id": "outage" })).await;
                risk["actions"][0]["id"].as_str().unwrap().to_owned()
            },
        };
        let nobodys = "019a9f3c-7b00-7c3e-9b1a-3f5d7e9a1b2c";
        let their_register = ledger::register(&w.hub, &w.contoso).await;
        let their_rows = ledger::mark(&w.hub, &w.contoso).await;
        let mut tried = 0;
        for ready in w.hub.hub.ops() {
            for args in with_foreign_ids(&w, ready, &foreign).await {
                for way in Way::of(ready) {
                    let our_register = ledger::register(&w.hub, &w.acme).await;
                    w.tick();
                    let before = ledger::mark(&w.hub, &w.acme).await;
                    let client = if way == Way::Mcp { &w.acme.pat } else { &w.acme.key };
                    let told = call(client, way, "acme", ready, &args).await;
                    let about = format!("{} over {way:?} with {args}: {}", ready.def.name, told.text);
                    assert!(matches!(&*told.word, "not_found" | "invalid"), "{about}");
                    let said = String::from_utf8_lossy(&told.answer.body).into_owned();
                    assert!(!said.contains("contoso") && !said.contains(&mark("contoso")), "{about}");
                    let expected = Expected { way, op: ready.def.name, outcome: &told.word, args: Some(&args) };
                    one_row(&w.hub, &w.acme, before, &told, &expected).await;
                    assert_eq!(ledger::register(&w.hub, &w.acme).await, our_register, "{about}");

                    // an id that nobody has is told in the very same words
                    let none: Value = serde_json::from_str(&foreign.blind(&args.to_string(), nobodys)).unwrap();
                    let nothing = call(client, way, "acme", ready, &none).await;
                    assert_eq!((&nothing.word, nothing.answer.status), (&told.word, told.answer.status), "{about}");
                    assert_eq!(foreign.blind(&told.text, nobodys), nothing.text, "{about}");
                    tried += 1;
                }
            }
        }
        assert!(tried >= 12, "{tried}");
        assert_eq!(ledger::register(&w.hub, &w.contoso).await, their_register);
        assert_eq!(ledger::mark(&w.hub, &w.contoso).await, their_rows);
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn what_one_tenant_does_leaves_the_other_as_it_was() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let (register, rows) = (ledger::register(&w.hub, &w.contoso).await, ledger::mark(&w.hub, &w.contoso).await);
        for ready in w.hub.hub.ops() {
            for way in Way::of(ready) {
                let args = example(&w, &w.acme, ready.def.name).await;
                let client = if way == Way::Mcp { &w.acme.pat } else { &w.acme.key };
                assert_eq!(call(client, way, "acme", ready, &args).await.word, "ok");
            }
        }
        // the same slugs and names as the neighbour's, changed and taken away
        let own = w.acme.path("/kris/own_indicator");
        assert_eq!(w.acme.key.json("PATCH", &own, json!({ "red": 50 })).await.status, 200);
        assert_eq!(w.acme.key.json("DELETE", &own, json!({})).await.status, 200);
        assert_eq!(ledger::register(&w.hub, &w.contoso).await, register);
        assert_eq!(ledger::mark(&w.hub, &w.contoso).await, rows);
    })
    .await;
}

#[tokio::test]
async fn one_person_in_two_tenants_sees_one_with_each_token() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let admin = w.hub.admin();
        admin.join(&w.contoso.tenant.scope, "ana@acme.example", watchkeep_model::Role::Admin, false).await.unwrap();
        let token = w.hub.client(&w.hub.token(&w.acme.tenant, "mcp:read").await);
        let args = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "list_kris", "arguments": {} } });
        assert_eq!(token.rpc_at("/api/mcp/t/acme", args.clone()).await.status, 200);
        assert_eq!(token.rpc_at("/api/mcp/t/contoso", args.clone()).await.status, 404);
        let text = String::from_utf8(token.rpc(args).await.body).unwrap();
        assert!(text.contains(&mark("acme")) && !text.contains("contoso"), "{text}");
    })
    .await;
}
