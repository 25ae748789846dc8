//! The register around the KRIs, as analysts fill it and models read it.
use serde_json::{Value, json};
use watchkeep_testkit::Answer;

use crate::calling::{Told, of_rest};
use crate::world::{Done, Side, World, on_each_engine};

mod catalogue;
mod controls;
mod risks;

impl Side {
    /// Posts an entry that must be kept.
    async fn keep(&self, plural: &str, entry: Value) -> Value {
        self.key.post(&self.path(&format!("/{plural}")), entry).await.done()
    }

    async fn change(&self, path: &str, change: Value) -> Answer {
        self.key.json("PATCH", &self.path(path), change).await
    }

    async fn drop(&self, path: &str) -> Answer {
        self.key.json("DELETE", &self.path(path), json!({})).await
    }

    /// The codes or slugs of a list, as a model reads it.
    async fn listed(&self, tool: &str, filter: Value) -> Vec<String> {
        let page = self.asked(tool, filter).await;
        let name = |item: &Value| item.get("code").or(item.get("slug")).and_then(Value::as_str).unwrap().to_owned();
        page["items"].as_array().unwrap().iter().map(name).collect()
    }
}

fn refused(answer: Answer, word: &str, says: &str) -> Told {
    let told = of_rest(answer);
    assert_eq!((&*told.word, told.text.contains(says)), (word, true), "{}; wanted {says}", told.text);
    told
}

#[tokio::test]
async fn links_lead_from_a_kri_to_the_risks_and_back() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let k = w.acme.kri("mfa_enforced_pct").await;
        let controls = json!([{ "code": "AC-1", "name": "Accounts known to acme only", "role": "coverage", "weight": 1.0, "effectiveness": 0.1 }]);
        assert_eq!(k["controls"], controls);
        let risk = json!({ "slug": "outage", "title": "Outage known to acme only", "currentScore": 10.0 });
        let through = |direct: bool| json!([{ "slug": risk["slug"], "title": risk["title"], "currentScore": 10.0, "direct": direct }]);
        assert_eq!(k["risks"], through(false));
        assert_eq!(w.acme.kri("own_indicator").await["risks"], through(true));
        assert_eq!(w.acme.kri("vuln_critical_open").await["risks"], json!([]));

        assert_eq!(w.acme.slugs(json!({ "controlId": "ac-1" })).await, ["mfa_enforced_pct"]);
        assert!(w.acme.slugs(json!({ "controlId": "AC-1", "query": "nothing" })).await.is_empty());
        let none = crate::calling::of_mcp(w.acme.pat.tool("list_kris", json!({ "controlId": "AC-2" })).await);
        assert_eq!((&*none.word, none.text.contains("did you mean `AC-1`?")), ("not_found", true), "{}", none.text);

        // a second KRI, by itself
        let to = json!({ "field": "kris", "to": "vuln_critical_open", "role": "timeliness", "number": 3 });
        let told = w.acme.key.json("PUT", &w.acme.path("/register/control/AC-1/links"), to.clone()).await.done();
        assert_eq!((&told["changed"], &told["version"]), (&json!(true), &json!(2)));
        let again = w.acme.key.json("PUT", &w.acme.path("/register/control/AC-1/links"), to).await.done();
        assert_eq!((&again["changed"], &again["version"]), (&json!(false), &json!(2)));
        assert_eq!(w.acme.slugs(json!({ "controlId": "AC-1" })).await, ["mfa_enforced_pct", "vuln_critical_open"]);
        let first = w.acme.asked("list_kris", json!({ "controlId": "AC-1", "limit": 1 })).await;
        let args = json!({ "controlId": "AC-1", "limit": 1, "cursor": first["nextCursor"] });
        assert_eq!(w.acme.slugs(args).await, ["vuln_critical_open"]);

        let risk = w.acme.asked("get_risk", json!({ "id": "outage" })).await;
        let kris: Vec<(&str, &Value)> =
            risk["kriDetails"].as_array().unwrap().iter().map(|k| (k["slug"].as_str().unwrap(), &k["controls"])).collect();
        let by_control = json!(["AC-1"]);
        assert_eq!(kris, [("mfa_enforced_pct", &by_control), ("own_indicator", &json!([])), ("vuln_critical_open", &by_control)]);
        assert_eq!(risk["controlDetails"][0]["effectiveness"]["value"], 0.1);
        assert_eq!(risk["outcomeDetails"][0], json!({ "slug": "standstill", "name": "Standstill known to acme only", "share": 0.5 }));

        let cut = "/register/control/AC-1/links/kris/vuln_critical_open";
        assert_eq!(w.acme.drop(cut).await.status, 200);
        refused(w.acme.drop(cut).await, "not_found", "to: the control has no link to `vuln_critical_open` in kris");
        assert_eq!(w.acme.slugs(json!({ "controlId": "AC-1" })).await, ["mfa_enforced_pct"]);

        // an archived end is told by nobody
        assert_eq!(w.acme.drop("/controls/AC-1").await.status, 200);
        let risk = w.acme.asked("get_risk", json!({ "id": "outage" })).await;
        assert_eq!((&risk["controls"], &risk["controlDetails"]), (&json!([]), &json!([])));
        assert_eq!(w.acme.kri("mfa_enforced_pct").await["risks"], json!([]));
        let told = refused(
            w.acme.key.post(&w.acme.path("/controls"), json!({ "code": "ac-1", "name": "Again" })).await,
            "conflict",
            "the control `AC-1` was archived, and its code stays taken: use another code",
        );
        assert_eq!(told.answer.status, 409);
    })
    .await;
}

#[tokio::test]
async fn a_link_to_nothing_names_its_place_and_what_was_meant() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let before = crate::ledger::register(&w.hub, &w.acme).await;
        for (plural, entry, says) in [
            (
                "risks",
                json!({ "title": "x", "controls": ["AC-1", "AC-l"] }),
                "controls[1]: there is no control `AC-l` in the register; did you mean `AC-1`?",
            ),
            (
                "controls",
                json!({ "code": "X", "name": "x", "kris": [{ "kri": "mfa_enforce_pct" }] }),
                "kris[0]: there is no KRI `mfa_enforce_pct`; did you mean `mfa_enforced_pct`?",
            ),
            (
                "controls",
                json!({ "code": "X", "name": "x", "kris": [{ "kri": "backup_success_pct" }] }),
                "kris[0]: the tenant has no KRI of the signal `backup_success_pct` yet; make it first",
            ),
            ("outcomes", json!({ "name": "x", "risks": [{ "risk": "outag" }] }), "did you mean `outage`?"),
            ("vendors", json!({ "name": "x", "assets": ["crm"] }), "assets[0]: there is no asset `crm`"),
            ("assets", json!({ "name": "x", "owners": ["ana", "Ana"] }), "owners: `Ana` is named twice"),
            (
                "risks",
                json!({ "title": "x", "currentScore": 101 }),
                "currentScore: 101 is out of range; allowed: 0 to 100",
            ),
            ("risks", json!({ "title": "\u{200b}\u{202e}" }), "title: must not be empty"),
            (
                "risks",
                json!({ "title": "x", "annualLossP50": 9, "annualLossP10": 10 }),
                "annualLossP50: 9.0 is less than `annualLossP10`, which is 10.0",
            ),
            ("risks", json!({ "title": "€€" }), "slug: none can be made of this title"),
            ("risks", json!({ "title": "x", "slug": "outage" }), "there is a risk `outage` already"),
            (
                "people",
                json!({ "name": "x", "exposure": "internet" }),
                "exposure: \"internet\" is not a value of it; allowed: standard, elevated, privileged",
            ),
        ] {
            let told = of_rest(w.acme.key.post(&w.acme.path(&format!("/{plural}")), entry.clone()).await);
            assert!(told.answer.status == 422 || told.answer.status == 409, "{entry}: {}", told.text);
            assert!(told.text.contains(says), "{entry}: {}; wanted {says}", told.text);
        }
        assert_eq!(crate::ledger::register(&w.hub, &w.acme).await, before);
    })
    .await;
}

#[tokio::test]
async fn vendors_and_the_inventory_tell_what_is_not_known() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        for vendor in [
            json!({ "name": "Never Reviewed Ltd", "tier": 1 }),
            json!({ "name": "Late Ltd", "tier": 2, "lastReview": "2026-01-01", "compositeScore": 70, "exposureScore": 80, "findingsOpen": 2 }),
            json!({ "name": "Fine Ltd", "tier": 4, "lastReview": "2026-01-01", "compositeScore": 0, "dataClasses": ["payment"] }),
            json!({ "name": "Said Ltd", "tier": 1, "lastReview": "2026-11-01", "nextReview": "2026-11-10", "compositeScore": 30 }),
        ] {
            w.acme.keep("vendors", vendor).await;
        }
        let all = w.acme.asked("list_vendors", json!({})).await;
        let slugs: Vec<&Value> = all["items"].as_array().unwrap().iter().map(|v| &v["slug"]).collect();
        assert_eq!(slugs, ["late-ltd", "said-ltd", "fine-ltd", "never-reviewed-ltd"]);
        let [late, fine, never] = [&all["items"][0], &all["items"][2], &all["items"][3]];
        assert_eq!((&late["nextReview"], &late["overdue"]), (&json!("2026-06-30T00:00:00Z"), &json!(true)));
        assert_eq!((&late["parts"], &late["scoreSource"]), (&json!({ "exposure": 80.0 }), &json!("analyst")));
        assert_eq!((&fine["compositeScore"], &fine["overdue"], &fine["findingsOpen"]), (&json!(0.0), &json!(false), &Value::Null));
        assert_eq!((never.get("compositeScore"), never.get("scoreSource"), &never["overdue"]), (None, None, &json!(true)));
        assert_eq!(w.acme.listed("list_vendors", json!({ "overdue": true })).await, ["late-ltd", "said-ltd", "never-reviewed-ltd"]);
        assert_eq!(w.acme.listed("list_vendors", json!({ "overdue": false })).await, ["fine-ltd"]);
        assert_eq!(w.acme.listed("list_vendors", json!({ "minScore": 50 })).await, ["late-ltd", "never-reviewed-ltd"]);
        assert_eq!(w.acme.listed("list_vendors", json!({ "tier": 1 })).await, ["said-ltd", "never-reviewed-ltd"]);

        w.acme.keep("people", json!({ "name": "Ana Lyst", "email": "ana@acme.example", "exposure": "privileged" })).await;
        w.acme.keep("assets", json!({ "name": "Web 1", "owners": ["ana-lyst"], "criticality": "high", "exposure": "internet" })).await;
        w.acme.keep("applications", json!({ "name": "Web 1", "lastSeen": "2026-11-19" })).await;
        let all = w.acme.asked("get_asset_inventory", json!({ "limit": 1 })).await;
        assert_eq!(all["counts"], json!({ "asset": 1, "application": 1, "person": 1 }));
        assert_eq!((&all["items"][0]["kind"], all["nextCursor"].is_string()), (&json!("application"), true));
        let asset = w.acme.asked("get_asset_inventory", json!({ "kind": "asset", "query": "WEB" })).await;
        assert_eq!((&asset["items"][0]["owners"], asset["items"].as_array().unwrap().len()), (&json!(["ana-lyst"]), 1));
        assert_eq!(asset["items"][0].get("lastSeen"), None);
        let whole = w.acme.asked("get_asset_inventory", json!({})).await.to_string();
        assert!(!whole.contains("ana@acme.example"), "the list names no addresses: {whole}");

        let none = w.acme.asked("list_simulations", json!({})).await;
        assert_eq!(none, json!({ "items": [], "truncated": false }));
    })
    .await;
}

#[tokio::test]
async fn everything_is_found_by_words_and_fetched_whole() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let found = w.acme.asked("search", json!({ "query": "known to acme" })).await;
        let ids: Vec<&str> = found["results"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
        for id in [
            "kri:own_indicator",
            "risk:outage",
            "control:AC-1",
            "outcome:standstill",
            "vendor:hoster",
            "asset:web-1",
            "application:crm",
            "person:ana",
        ] {
            assert!(ids.contains(&id), "{id}: {ids:?}");
            let document = w.acme.asked("fetch", json!({ "id": id })).await;
            assert!(document["text"].as_str().unwrap().contains("known to acme only"), "{document}");
            let url = format!(
                "http://127.0.0.1:8420/t/acme/{}",
                document["url"].as_str().unwrap().rsplit_once("/t/acme/").unwrap().1
            );
            assert_eq!(document["url"], url);
        }
        let risk = w.acme.asked("fetch", json!({ "id": "risk:outage" })).await;
        assert!(risk["text"].as_str().unwrap().contains("The current score 10 is an analyst's word"), "{risk}");
        assert_eq!(risk["metadata"]["controlDetails"][0]["code"], "AC-1");

        let listed = w.acme.rpc("resources/list", json!({ "cursor": "1." })).await["result"]["resources"].clone();
        let uri = listed[0]["uri"].as_str().unwrap().to_owned();
        assert!(uri.starts_with("risk://0") && listed[0]["title"] == "Outage known to acme only", "{listed}");
        for uri in [uri.as_str(), "risk://outage"] {
            let read = w.acme.rpc("resources/read", json!({ "uri": uri })).await;
            let text: Value = serde_json::from_str(read["result"]["contents"][0]["text"].as_str().unwrap()).unwrap();
            assert_eq!(text["slug"], "outage", "{read}");
        }
    })
    .await;
}

#[tokio::test]
async fn no_tool_changes_a_risk() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let tools = w.acme.rpc("tools/list", json!({})).await["result"]["tools"].as_array().unwrap().clone();
        let writing = tools.iter().filter(|t| t["annotations"]["readOnlyHint"] == false);
        let mut names: Vec<&str> = writing.map(|t| t["name"].as_str().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, ["add_source", "run_integration", "submit_dropzone_artifact"]);
        for name in [
            "list_controls",
            "list_risks",
            "get_risk",
            "list_outcomes",
            "list_vendors",
            "get_asset_inventory",
            "list_simulations",
        ] {
            assert!(tools.iter().any(|t| t["name"] == name), "{name}");
        }
    })
    .await;
}
