//! `search` and `fetch` in the shape that ChatGPT needs.
use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::calling::of_mcp;
use crate::world::{World, on_each_engine};

fn members(v: &Value) -> BTreeSet<&str> {
    v.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn search_answers_ids_titles_and_addresses_and_fetch_gets_each_of_them() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let mut fetched = 0;
        for query in ["mfa", "vuln", "own", "csv", "API key", "manual", "a"] {
            let found = w.acme.asked("search", json!({ "query": query })).await;
            assert_eq!(members(&found), ["results"].into(), "{query}");
            let results = found["results"].as_array().unwrap();
            assert!(!results.is_empty(), "{query}");
            for one in results {
                assert_eq!(members(one), ["id", "title", "url"].into(), "{one}");
                assert!(one.as_object().unwrap().values().all(|v| v.as_str().is_some_and(|s| !s.is_empty())), "{one}");
                assert!(one["url"].as_str().unwrap().starts_with("http://127.0.0.1:8420/t/acme/"), "{one}");
                let document = w.acme.asked("fetch", json!({ "id": one["id"] })).await;
                assert_eq!(members(&document), ["id", "metadata", "text", "title", "url"].into());
                for field in ["id", "title", "text", "url"] {
                    assert!(document[field].as_str().is_some_and(|s| !s.is_empty()), "{field} of {document}");
                }
                assert_eq!((&document["id"], &document["url"]), (&one["id"], &one["url"]));
                assert!(!document["metadata"].as_object().unwrap().is_empty());
                fetched += 1;
            }
        }
        assert!(fetched > 10);
        assert_eq!(w.acme.asked("search", json!({ "query": "zzz" })).await["results"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_fetched_kri_says_in_words_what_it_is_and_whether_it_is_known() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        w.acme
            .posted(json!([
                { "kri": "vuln_kev_open", "value": 7 },
                { "kri": "vuln_high_open", "value": 3, "observedAt": "2026-11-01" },
                { "kri": "sca_high_open", "state": "unavailable" },
            ]))
            .await;
        for (slug, says) in [
            ("vuln_kev_open", "Status: red. Value: 7 count."),
            ("vuln_high_open", "Status: unknown. Value: stale; last known 3 count."),
            ("sca_high_open", "Status: unknown. Value: unavailable."),
        ] {
            let document = w.acme.asked("fetch", json!({ "id": format!("kri:{slug}") })).await;
            let text = document["text"].as_str().unwrap();
            assert!(text.contains(says) && text.contains("Source: API key test"), "{text}");
            assert_eq!(document["metadata"]["slug"], slug);
        }
        for id in ["vuln_kev_open", "kri", "incident:1", "", ":"] {
            let told = of_mcp(w.acme.pat.tool("fetch", json!({ "id": id })).await);
            assert_eq!(told.word, "invalid", "{id}: {}", told.text);
            assert!(told.text.starts_with("id: "), "{}", told.text);
        }
    })
    .await;
}

#[tokio::test]
async fn a_question_in_any_order_and_with_small_words_finds_what_it_is_about_first() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        for signal in
            ["mfa_enforced_pct", "mfa_privileged_pct", "phish_sim_click_pct", "vuln_kev_open", "backup_success_pct"]
        {
            let new = json!({ "signal": signal });
            assert_eq!(w.acme.key.post(&w.acme.path("/kris"), new).await.status, 200);
        }
        let ids = async |query: &str| {
            let found = w.acme.asked("search", json!({ "query": query })).await;
            found["results"]
                .as_array()
                .unwrap()
                .iter()
                .map(|r| r["id"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        for (query, first) in [
            ("mfa_enforced_pct", "kri:mfa_enforced_pct"),
            ("privileged MFA", "kri:mfa_privileged_pct"),
            ("How often do people click in phishing simulations?", "kri:phish_sim_click_pct"),
            ("What is the state of known, exploited vulnerabilities?", "kri:vuln_kev_open"),
            ("\"backup\"", "kri:backup_success_pct"),
        ] {
            assert_eq!(ids(query).await.first().map(String::as_str), Some(first), "{query}");
        }
        assert_eq!(ids("mfa").await, ["kri:mfa_enforced_pct", "kri:mfa_privileged_pct"]);
        for nothing in [" ", "\t\n", "\u{200b}"] {
            let told = of_mcp(w.acme.pat.tool("search", json!({ "query": nothing })).await);
            assert_eq!((&*told.word, &*told.text), ("invalid", "query: holds no word to look for"), "{nothing:?}");
        }
        assert!(
            ids("%").await.is_empty() && !ids("_").await.is_empty(),
            "what is special in SQL is a character like any other"
        );
    })
    .await;
}
