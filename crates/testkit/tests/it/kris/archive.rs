//! KRIs that were taken out of the register.
use serde_json::json;

use crate::calling::{of_mcp, of_rest};
use crate::ledger;
use crate::world::{Done, World, on_each_engine};

#[tokio::test]
async fn an_archived_kri_is_gone_from_everything_that_reads() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let id = w.acme.kri("own_indicator").await["id"].as_str().unwrap().to_owned();
        let path = w.acme.path("/kris/own_indicator");
        let gone = w.acme.key.json("DELETE", &path, json!({})).await.done();
        assert_eq!((gone["slug"].as_str(), gone["id"].as_str()), (Some("own_indicator"), Some(&*id)));
        assert_eq!(w.acme.slugs(json!({})).await, ["mfa_enforced_pct", "vuln_critical_open"]);
        assert!(w.acme.slugs(json!({ "query": "own" })).await.is_empty());
        assert_eq!(w.acme.asked("search", json!({ "query": "own_indicator" })).await["results"], json!([]));
        for which in ["own_indicator", &id] {
            for (tool, args) in
                [("get_kri", json!({ "id": which })), ("fetch", json!({ "id": format!("kri:{which}") }))]
            {
                let told = of_mcp(w.acme.pat.tool(tool, args).await);
                assert_eq!(told.word, "not_found", "{tool} {which}: {told:?}");
                assert!(!told.text.contains("did you mean `own_indicator`"), "{}", told.text);
            }
            let read = w.acme.rpc("resources/read", json!({ "uri": format!("kri://{which}") })).await;
            assert!(read["error"]["message"].as_str().unwrap().contains("there is no KRI"), "{read}");
            for (method, path) in [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/values")] {
                let path = w.acme.path(&format!("/kris/{which}{path}"));
                let told = of_rest(
                    w.acme
                        .key
                        .json(method, &path, json!(if method == "POST" { json!({ "value": 1 }) } else { json!({}) }))
                        .await,
                );
                assert_eq!(told.answer.status, 404, "{method} {path}: {}", told.text);
            }
        }
        let listed = w.acme.rpc("resources/list", json!({})).await.to_string();
        assert!(!listed.contains("own_indicator") && listed.contains("kri://mfa_enforced_pct"), "{listed}");
        // the neighbour's of the same slug is where it was
        assert_eq!(w.contoso.kri("own_indicator").await["value"], 2.0);
    })
    .await;
}

#[tokio::test]
async fn the_slug_of_an_archived_kri_stays_taken_and_whoever_uses_it_is_told_so() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        for slug in ["own_indicator", "mfa_enforced_pct"] {
            w.acme.key.json("DELETE", &w.acme.path(&format!("/kris/{slug}")), json!({})).await.done();
        }
        let before = ledger::register(&w.hub, &w.acme).await;
        let own = json!({ "name": "Own indicator", "category": "c", "unit": "count", "direction": "higherIsWorse", "amber": 1, "red": 5 });
        for body in [own, json!({ "signal": "mfa_enforced_pct" })] {
            let told = of_rest(w.acme.key.post(&w.acme.path("/kris"), body.clone()).await);
            assert_eq!((told.answer.status, &*told.word), (409, "conflict"), "{body}: {}", told.text);
            assert!(told.text.contains("archived"), "{body}: {}", told.text);
        }
        // a signal whose KRI was archived does not come back by itself
        let told = of_rest(w.acme.post(json!([{ "kri": "mfa_enforced_pct", "value": 90 }])).await);
        assert_eq!((told.answer.status, &*told.word, told.text.contains("archived")), (409, "conflict", true), "{}", told.text);
        let body = json!({ "csv": "kri,value\nmfa_enforced_pct,90\n", "apply": true });
        let told = of_rest(w.acme.key.post(&w.acme.path("/imports/kris"), body).await);
        assert_eq!((&*told.word, told.text.contains("archived")), ("conflict", true), "{}", told.text);
        let told = of_rest(w.acme.post(json!([{ "kri": "own_indicator", "value": 1 }])).await);
        assert_eq!((told.answer.status, &*told.word), (422, "invalid"), "{}", told.text);
        // but for the run that failed, nothing of it was kept
        let after = ledger::register(&w.hub, &w.acme).await;
        let kris = |all: &str| all.lines().filter(|l| !l.starts_with("IntegrationRow")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(kris(&after), kris(&before));
    })
    .await;
}
