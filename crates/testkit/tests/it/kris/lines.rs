//! Lines of the list are kept as they were written last; nobody may notice.
use serde_json::{Value, json};
use watchkeep_model::Span;

use super::{pass, source};
use crate::world::{Done, Side, World, on_each_engine};

/// Each line of the list says what the KRI says by itself, and the text says what the structure says.
async fn agrees(side: &Side) -> Vec<Value> {
    let answer = side.pat.tool("list_kris", json!({})).await.json();
    let list = answer["result"]["structuredContent"].clone();
    let text: Value = serde_json::from_str(answer["result"]["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(text, list);
    let lines = list["items"].as_array().unwrap().clone();
    for line in &lines {
        let whole = side.kri(line["slug"].as_str().unwrap()).await;
        for (name, value) in line.as_object().unwrap() {
            assert_eq!(value, &whole[name], "{name} of {}", line["slug"]);
        }
    }
    lines
}

#[tokio::test]
async fn a_line_tells_the_kri_as_it_is_now() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let before = agrees(&w.acme).await;
        assert_eq!(agrees(&w.acme).await, before, "nothing has changed");
        let others = agrees(&w.contoso).await;
        let line = |lines: &[Value], slug: &str| lines.iter().find(|k| k["slug"] == slug).cloned();

        w.acme.posted(json!([{ "kri": "mfa_enforced_pct", "numerator": 7, "denominator": 8, "subject": "all" }])).await;
        let after = agrees(&w.acme).await;
        assert_ne!(line(&after, "mfa_enforced_pct"), line(&before, "mfa_enforced_pct"), "a new value");

        let path = w.acme.path("/kris/own_indicator");
        w.acme.key.json("PATCH", &path, json!({ "name": "Another name", "red": 50 })).await.done();
        let own = line(&agrees(&w.acme).await, "own_indicator").unwrap();
        assert_eq!((&own["name"], &own["thresholds"]["red"]), (&json!("Another name"), &json!(50.0)));

        let id = source(&w, &w.acme, "A second \"source\"", 5).await;
        let sample = json!([{ "kri": "vuln_critical_open", "value": 3, "subject": "shop" }]);
        let body = json!({ "integrationId": id, "samples": sample });
        w.acme.key.post(&w.acme.path("/samples"), body).await.done();
        let told = line(&agrees(&w.acme).await, "vuln_critical_open").unwrap();
        assert!(told.to_string().contains("A second"), "{told}");

        // no write, only time: what was green is unknown
        pass(&w, Span::days(30)).await;
        let old = agrees(&w.acme).await;
        assert!(old.iter().all(|k| k["state"] == "stale" && k["status"] != "green"), "{old:?}");

        w.acme.key.json("DELETE", &path, json!({})).await.done();
        assert_eq!(line(&agrees(&w.acme).await, "own_indicator"), None, "archived");

        let theirs = agrees(&w.contoso).await;
        assert_eq!(theirs.len(), others.len());
        assert_eq!(line(&theirs, "own_indicator").unwrap()["name"], line(&others, "own_indicator").unwrap()["name"]);
    })
    .await;
}

#[tokio::test]
async fn another_hubs_change_is_told_at_once() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        agrees(&w.acme).await;
        let other = w.hub.beside(crate::extra::lists()).await;
        let there = w.acme.at(&other).await;
        there.posted(json!([{ "kri": "vuln_critical_open", "value": 1234, "subject": "shop" }])).await;
        let lines = agrees(&w.acme).await;
        assert!(
            lines.iter().any(|k| k["slug"] == "vuln_critical_open" && k["value"].as_f64() >= Some(1234.0)),
            "{lines:?}"
        );
    })
    .await;
}
