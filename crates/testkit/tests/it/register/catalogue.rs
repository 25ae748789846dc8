//! Risks and controls of the catalogue, adopted.
use serde_json::{Value, json};
use watchkeep_model::catalog;

use super::refused;
use crate::world::{Done, World, on_each_engine};

#[tokio::test]
async fn an_adopted_risk_says_what_the_catalogue_says_but_where_the_tenant_said_otherwise() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let of = &catalog::risks()[0];
        let signal = of.signals.first().expect("a risk of the catalogue has signals");
        assert_eq!(w.acme.key.post(&w.acme.path("/kris"), json!({ "signal": signal })).await.status, 200);
        let control = catalog::control(&of.controls[0]).unwrap();
        let adopted = w.acme.keep(&format!("catalog/controls/{}/adopt", control.slug), json!({})).await;
        assert_eq!(adopted["entry"]["code"], control.code.as_str());

        let adopted = w.acme.keep(&format!("catalog/risks/{}/adopt", of.slug), json!({})).await;
        let linked = adopted["linked"].as_array().unwrap();
        assert!(linked.contains(&json!(control.code)) && linked.contains(&json!(signal)), "{adopted}");
        assert_eq!(
            linked.len() + adopted["missing"].as_array().unwrap().len(),
            of.controls.len() + of.signals.len(),
            "{adopted}"
        );
        let risk = async || w.acme.asked("get_risk", json!({ "id": of.slug })).await;
        let first = risk().await;
        assert_eq!(
            (&first["title"], &first["statement"], &first["origin"], &first["own"]),
            (&json!(of.title), &json!(of.statement), &json!("catalogOverride"), &json!([]))
        );
        assert_eq!((&first["catalogSlug"], &first["baseVersion"]), (&json!(of.slug), &json!(of.version)));
        assert_eq!(first.get("upstreamChanged"), None);
        assert_eq!(first.get("currentScore"), None, "nobody scored it yet");

        let path = format!("/risks/{}", of.slug);
        w.acme.change(&path, json!({ "title": "Ours", "currentScore": 55 })).await.done();
        let edited = risk().await;
        assert_eq!((&edited["title"], &edited["statement"]), (&json!("Ours"), &json!(of.statement)));
        assert_eq!(edited["own"], json!(["currentScore", "title"]));
        assert_eq!(w.acme.listed("list_risks", json!({ "category": of.category })).await, [of.slug.as_str()]);
        refused(
            w.acme.key.post(&w.acme.path(&format!("/catalog/risks/{}/adopt", of.slug)), json!({})).await,
            "conflict",
            "already: change that one",
        );

        let all = w.acme.key.get(&w.acme.path("/catalog/risks?limit=200")).await.done();
        let items = all["items"].as_array().unwrap();
        assert_eq!(items.len(), catalog::risks().len());
        let taken: Vec<&Value> = items.iter().filter(|r| r["adopted"] == true).map(|r| &r["slug"]).collect();
        assert_eq!(taken, [&of.slug]);
        let near = of.slug.replacen(|c: char| c.is_ascii_lowercase(), "", 1);
        refused(
            w.acme.key.post(&w.acme.path(&format!("/catalog/risks/{near}/adopt")), json!({})).await,
            "not_found",
            "list_catalog_risks tells them",
        );
    })
    .await;
}

#[tokio::test]
async fn an_adopted_control_is_the_tenants_own_and_known_by_nobody_to_work() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let measured = catalog::controls().iter().find(|c| !c.signals.is_empty() && !c.techniques.is_empty());
        let of = measured.expect("a control that is measured");
        let signal = &of.signals[0];
        assert_eq!(w.acme.key.post(&w.acme.path("/kris"), json!({ "signal": signal.signal })).await.status, 200);
        w.acme.keep(&format!("catalog/controls/{}/adopt", of.code), json!({})).await;
        let all = w.acme.asked("list_controls", json!({})).await;
        let control = &all["items"][0];
        assert_eq!((&control["code"], &control["name"]), (&json!(of.code), &json!(of.name)));
        assert_eq!((&control["effectiveness"]["state"], control.get("status")), (&json!("unknown"), None));
        assert_eq!(control["techniqueCount"], of.techniques.len());
        assert_eq!(
            (&control["kris"][0]["slug"], &control["kris"][0]["role"]),
            (&json!(signal.signal), &json!(signal.role))
        );
        let framework = format!("CSF:{}", of.csf[0]);
        assert_eq!(w.acme.listed("list_controls", json!({ "framework": framework })).await, [of.code.as_str()]);
        let found = w.acme.key.get(&w.acme.path(&format!("/catalog/controls?query={}", of.slug))).await.done();
        assert_eq!((&found["items"][0]["slug"], &found["items"][0]["adopted"]), (&json!(of.slug), &json!(true)));
    })
    .await;
}
