//! Lists: whole in pages, cut where they are too long, and cursors that fit one question.
use std::collections::BTreeSet;

use serde_json::{Value, json};
use watchkeep_hub::Ready;
use watchkeep_hub::admin::NewIntegration;
use watchkeep_hub::register::{self, Mode, Stamp};
use watchkeep_model::ProposalId;
use watchkeep_model::autonomy::{ProposalKind, ProposalStatus, Reason, Verdict};
use watchkeep_model::catalog;
use watchkeep_model::kri::{SourceKind, State, Unit};
use watchkeep_model::register::{Kind, Sheet};
use watchkeep_store::integrations;
use watchkeep_store::proposals::{self, ProposalRow};

use crate::calling::{Told, Way, call};
use crate::world::{Side, World, on_each_engine};

/// The most characters of a list, as it is promised.
const MOST: usize = 100_000;

/// Every list operation.
fn lists(w: &World) -> Vec<std::sync::Arc<Ready>> {
    let lists = w.hub.hub.ops().iter().filter(|r| r.shape.field("cursor").is_some());
    // there are no simulations yet, so there is nothing to leaf through
    let all: Vec<_> = lists.filter(|r| r.def.name != "list_simulations").cloned().collect();
    assert!(all.len() >= 3);
    all
}

fn client(side: &Side, way: Way) -> &watchkeep_testkit::Client {
    if way == Way::Mcp { &side.pat } else { &side.key }
}

/// What names an item: its id, or its slug.
fn name(item: &Value) -> String {
    let id = item.get("id").or_else(|| item.get("slug")).expect("an item has an id or a slug");
    id.as_str().unwrap().to_owned()
}

/// Asks for page after page until there is no cursor.
async fn pages(side: &Side, way: Way, ready: &Ready, filter: &Value) -> Vec<Value> {
    let (mut all, mut args) = (vec![], filter.clone());
    loop {
        let told: Told = call(client(side, way), way, side.slug(), ready, &args).await;
        assert_eq!(told.word, "ok", "{}: {}", ready.def.name, told.text);
        let cursor = told.content.get("nextCursor").cloned();
        all.push(told.content);
        assert!(all.len() < 1_000, "{} never ends", ready.def.name);
        match cursor {
            Some(cursor) => args["cursor"] = cursor,
            None => return all,
        }
    }
}

fn items(pages: &[Value]) -> Vec<&Value> {
    pages.iter().flat_map(|p| p["items"].as_array().unwrap()).collect()
}

/// Many of everything, each with names as long as they may be.
async fn crowded(engine: watchkeep_testkit::Engine) -> World {
    let w = World::new(engine).await;
    for side in [&w.acme, &w.contoso] {
        for n in 0..230 {
            // three bytes a character: the limit counts what is sent
            let long: String = format!("{n:03} ") + &"€".repeat(110);
            let kri = json!({
                "name": long, "slug": format!("kri_{n:03}"), "category": "€".repeat(60), "unit": "count",
                "direction": "higherIsWorse", "amber": 1, "red": 5, "about": "€".repeat(400),
            });
            w.hub.admin().create_kri(&side.tenant.scope, &serde_json::from_value(kri).unwrap()).await.unwrap();
            let source =
                NewIntegration { name: long, vendor: "€".repeat(110), kind: SourceKind::Api, priority: None };
            w.hub.admin().create_integration(&side.tenant.scope, &source).await.unwrap();
        }
        suggest(&w, side).await;
        for kind in [Kind::Control, Kind::Risk, Kind::Outcome, Kind::Vendor, Kind::Application] {
            for tens in 0..23 {
                crowd(&w, side, kind, tens * 10).await;
            }
        }
    }
    w
}

/// Many proposals that wait for a person.
async fn suggest(w: &World, side: &Side) {
    let zone = integrations::names(w.hub.store().at(&side.tenant.scope)).await.unwrap()[0].id;
    let now = w.hub.now();
    let all: Vec<ProposalRow> = (0..230)
        .map(|_| ProposalRow {
            id: ProposalId::new(w.hub.hub.rng.id(now)),
            kind: ProposalKind::Extraction,
            status: ProposalStatus::Pending,
            verdict: Verdict::Queued,
            reason: Reason::BelowThreshold,
            integration_id: zone,
            artifact_id: None,
            signal: "sca_critical_open".into(),
            subject: "€".repeat(200),
            value: Some(1.0),
            numerator: None,
            denominator: None,
            unit: Unit::Count,
            state: State::Ok,
            observed_at: now,
            span_start: None,
            span_end: None,
            confidence: 0.5,
            reasoning: "€".repeat(400),
            features: "{}".into(),
            threshold: 0.85,
            floor: 0.35,
            edit: None,
            note: None,
            created_at: now,
            decided_by: None,
            decided_at: None,
            to_land: false,
            kri_id: None,
            sample_id: None,
            sample_at: None,
            run_id: None,
            landed_at: None,
        })
        .collect();
    w.hub
        .store()
        .write(&side.tenant.scope, w.hub.call("artifact_submitted"), async move |tx| {
            for p in &all {
                proposals::add(tx, p).await?;
            }
            Ok::<_, watchkeep_hub::Error>(())
        })
        .await
        .unwrap();
}

/// Ten entries of a kind, from this number on.
async fn crowd(w: &World, side: &Side, kind: Kind, from: u16) {
    let mut sheets = vec![];
    for n in from..from + 10 {
        let long = format!("{n:03} ") + &"€".repeat(110);
        let mut entry = serde_json::Map::new();
        entry.insert(kind.code_field().into(), json!(format!("e-{n:03}")));
        for (field, text) in [(kind.name_field(), long), ("owner", "€".repeat(110)), ("category", "€".repeat(60))] {
            if kind.field(field).is_some() {
                entry.insert(field.into(), json!(text));
            }
        }
        // some share a score, some have none
        if kind == Kind::Risk && n % 3 > 0 {
            entry.insert("currentScore".into(), json!(n % 7));
        }
        let (fresh, by) = (w.hub.hub.request_id().uuid(), "test".to_owned());
        sheets.push((Stamp { fresh, at: w.hub.now(), by, demo: false }, Sheet::read(kind, &entry).unwrap()));
    }
    w.hub
        .store()
        .write(&side.tenant.scope, w.hub.call("register_filled"), async move |tx| {
            for (stamp, sheet) in &sheets {
                register::keep(tx, stamp, sheet, Mode::Create).await?;
            }
            Ok::<_, watchkeep_hub::Error>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_list_that_is_too_long_is_cut_between_items_and_its_cursor_leads_through_all_of_it_once() {
    on_each_engine(async |engine| {
        let w = crowded(engine).await;
        for ready in lists(&w) {
            for way in Way::of(&ready) {
                let all = pages(&w.acme, way, &ready, &json!({ "limit": 200 })).await;
                for page in &all {
                    let sent = page.to_string();
                    assert!(sent.len() <= MOST, "{}: {} bytes", ready.def.name, sent.len());
                    let (count, cut) = (page["items"].as_array().unwrap().len(), page["truncated"] == true);
                    assert!(count > 0 && count <= 200, "{}: {count}", ready.def.name);
                    // a page is shorter than asked for only where it is cut or the last
                    assert!(cut || count == 200 || page.get("nextCursor").is_none(), "{}: {count}", ready.def.name);
                    assert!(!cut || page.get("nextCursor").is_some(), "{}: a cut page goes on", ready.def.name);
                }
                let found: Vec<String> = items(&all).into_iter().map(name).collect();
                let once: BTreeSet<&String> = found.iter().collect();
                assert_eq!(found.len(), once.len(), "{}: an item came twice", ready.def.name);
                let (count, must_be_cut) = match ready.def.name {
                    "list_signals" => (84, false),
                    "list_catalog_risks" => (catalog::risks().len(), false),
                    "list_catalog_controls" => (catalog::controls().len(), false),
                    "list_kris"
                    | "list_integrations"
                    | "list_proposals"
                    | "list_controls"
                    | "list_risks"
                    | "list_outcomes"
                    | "list_vendors"
                    | "get_asset_inventory" => (230, true),
                    other => panic!("how many has {other}?"),
                };
                assert_eq!(found.len(), count, "{}", ready.def.name);
                let cut = all.iter().any(|p| p["truncated"] == true);
                assert_eq!(cut, must_be_cut, "{} over {way:?}: {} pages", ready.def.name, all.len());

                // the same in small pages, in the same order
                let small = pages(&w.acme, way, &ready, &json!({ "limit": 17 })).await;
                assert!(small.iter().rev().skip(1).all(|p| p["items"].as_array().unwrap().len() == 17));
                let again: Vec<String> = items(&small).into_iter().map(name).collect();
                assert_eq!(again, found, "{}", ready.def.name);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_cursor_fits_its_tenant_its_operation_and_its_question_and_no_other() {
    on_each_engine(async |engine| {
        let w = crowded(engine).await;
        let mut cursors = vec![];
        for ready in lists(&w) {
            let way = Way::of(&ready)[0];
            let told = call(client(&w.acme, way), way, "acme", &ready, &json!({ "limit": 5 })).await;
            cursors.push((ready.def.name, told.content["nextCursor"].as_str().unwrap().to_owned()));
        }
        for ready in lists(&w) {
            let own = &cursors.iter().find(|(name, _)| *name == ready.def.name).unwrap().1;
            let filter = match ready.def.name {
                "list_kris" => json!({ "query": "0" }),
                "list_proposals" => json!({ "kri": "sca_critical_open" }),
                "list_integrations" => json!({ "kind": "api" }),
                "list_signals" | "list_controls" | "list_catalog_controls" => json!({ "category": "identity" }),
                "list_risks" | "list_catalog_risks" => json!({ "category": "malware" }),
                "list_vendors" => json!({ "overdue": true }),
                "get_asset_inventory" => json!({ "kind": "application" }),
                // takes no filter
                "list_outcomes" => Value::Null,
                other => panic!("a filter of {other} is needed here"),
            };
            for way in Way::of(&ready) {
                let mut foreign: Vec<(Value, &Side)> = vec![(json!({ "cursor": own }), &w.contoso)];
                if filter.is_object() {
                    let mut filtered = filter.clone();
                    filtered["cursor"] = json!(own);
                    foreign.push((filtered, &w.acme));
                }
                for (name, cursor) in &cursors {
                    if *name != ready.def.name {
                        foreign.push((json!({ "cursor": cursor }), &w.acme));
                    }
                }
                let mut chars: Vec<char> = own.chars().collect();
                let last = chars.len() - 2;
                chars[last] = if chars[last] == 'A' { 'B' } else { 'A' };
                let changed: String = chars.into_iter().collect();
                for made_up in
                    ["x", "AAAAAAAAAAAAAAAA", "é", "../..", &changed, &format!("{own}A"), &format!("{own}="), &own[1..]]
                {
                    foreign.push((json!({ "cursor": made_up }), &w.acme));
                }
                for (args, side) in foreign {
                    let told = call(client(side, way), way, side.slug(), &ready, &args).await;
                    let about = format!("{} over {way:?} with {args}: {}", ready.def.name, told.text);
                    assert_eq!(told.word, "conflict", "{about}");
                    assert!(
                        told.text.starts_with("cursor: ") && told.text.contains("call again without it"),
                        "{about}"
                    );
                }
                // another limit is the same question, and so is a default that is written out
                let told =
                    call(client(&w.acme, way), way, "acme", &ready, &json!({ "cursor": own, "limit": 50 })).await;
                assert_eq!(told.word, "ok", "{}: {}", ready.def.name, told.text);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn filters_tell_apart_what_they_name() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        for (filter, slugs) in [
            (json!({ "status": "red" }), vec!["vuln_critical_open"]),
            (json!({ "status": "amber" }), vec!["mfa_enforced_pct", "own_indicator"]),
            (json!({ "status": "green" }), vec![]),
            (json!({ "category": "identity" }), vec!["mfa_enforced_pct"]),
            (json!({ "category": "cloud" }), vec![]),
            (json!({ "source": "manual" }), vec!["own_indicator"]),
            (json!({ "source": "Manual entry" }), vec!["own_indicator"]),
            (json!({ "query": "MFA" }), vec!["mfa_enforced_pct"]),
            (json!({ "query": "_" }), vec!["mfa_enforced_pct", "own_indicator", "vuln_critical_open"]),
            (json!({ "query": "%" }), vec![]),
            (
                json!({ "query": "open", "status": "red", "category": "vulnerability", "source": "api" }),
                vec!["vuln_critical_open"],
            ),
            (json!({ "query": "open", "status": "amber" }), vec![]),
        ] {
            assert_eq!(w.acme.slugs(filter.clone()).await, slugs, "{filter}");
        }
        for (filter, says) in [
            (json!({ "category": "identitty" }), "did you mean `identity`?"),
            (json!({ "source": "Manual entri" }), "did you mean `Manual entry`?"),
        ] {
            let told = crate::calling::of_mcp(w.acme.pat.tool("list_kris", filter.clone()).await);
            assert_eq!((&*told.word, told.text.contains(says)), ("invalid", true), "{filter}: {}", told.text);
        }
        let healthy = w.acme.asked("list_integrations", json!({ "health": "ok" })).await;
        assert_eq!(healthy["items"].as_array().unwrap().len(), 3, "{healthy}");
        for health in ["failing", "running", "never_run", "reauthorize", "disabled"] {
            assert_eq!(
                w.acme.asked("list_integrations", json!({ "health": health })).await["items"],
                json!([]),
                "{health}"
            );
        }
        let csv = w.acme.asked("list_integrations", json!({ "kind": "csv" })).await;
        assert_eq!(csv["items"][0]["name"], "CSV import");
    })
    .await;
}
