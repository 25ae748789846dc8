//! Definitions and values that people bring.
use serde_json::{Value, json};
use watchkeep_model::Span;

use super::{now, pass};
use crate::calling::of_rest;
use crate::ledger;
use crate::world::{Done, World, on_each_engine};

async fn typed(w: &World, slug: &str, body: Value) -> Value {
    w.acme.key.post(&w.acme.path(&format!("/kris/{slug}/values")), body).await.done()
}

#[tokio::test]
async fn a_typed_value_does_not_override_a_fresh_measured_one_and_counts_once_that_is_stale() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        w.acme.posted(json!([{ "kri": "vuln_kev_open", "value": 6 }])).await;
        w.hub.clock.advance(Span::hours(40));
        let told = typed(&w, "vuln_kev_open", json!({ "value": 0, "note": "all is well, trust me" })).await;
        assert_eq!((&told["value"], &told["status"]), (&json!(6.0), &json!("red")), "{told}");
        let k = w.acme.kri("vuln_kev_open").await;
        assert_eq!((now(&k), &k["source"]["kind"]), ((Some(6.0), "ok", "red"), &json!("api")));
        assert_eq!(k["alsoSources"][0]["name"], "Manual entry");
        // the measured one is stale, the typed one fresh
        pass(&w, Span::hours(9)).await;
        let k = w.acme.kri("vuln_kev_open").await;
        assert_eq!(
            (now(&k), &k["source"]["kind"], &k["quality"]),
            ((Some(0.0), "ok", "green"), &json!("manual"), &json!("manual"))
        );
        let line = k["lineage"].as_array().unwrap().iter().find(|l| l["integration"] == "Manual entry").unwrap();
        assert_eq!((&line["note"], &line["by"]), (&json!("all is well, trust me"), &json!("test")));
        // measured again: that counts
        w.acme.posted(json!([{ "kri": "vuln_kev_open", "value": 2 }])).await;
        assert_eq!(now(&w.acme.kri("vuln_kev_open").await), (Some(2.0), "ok", "amber"));
    })
    .await;
}

#[tokio::test]
async fn a_tenants_own_kri_is_made_valued_changed_and_judged_anew() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let kris = w.acme.path("/kris");
        let new = json!({
            "name": "Unreviewed suppliers", "category": "Procurement", "unit": "count", "direction": "higherIsWorse",
            "amber": 3, "red": 6, "target": 0, "cadenceHours": 720, "about": "Suppliers without a review.", "owner": "Bo",
        });
        let made = w.acme.key.post(&kris, new.clone()).await.done();
        assert_eq!((&made["slug"], &made["name"]), (&json!("unreviewed_suppliers"), &json!("Unreviewed suppliers")));
        let k = w.acme.kri("unreviewed_suppliers").await;
        assert_eq!((now(&k), &k["category"], &k["owner"]), ((None, "unknown", "unknown"), &json!("procurement"), &json!("Bo")));
        assert!(k.get("signal").is_none() && k.get("source").is_none() && k["samples"] == json!([]), "{k}");
        assert_eq!(w.acme.slugs(json!({ "category": "procurement" })).await, ["unreviewed_suppliers"]);
        assert_eq!(w.acme.kri(made["id"].as_str().unwrap()).await, k);

        let told = typed(&w, "unreviewed_suppliers", json!({ "value": 4 })).await;
        assert_eq!((&told["status"], &told["state"]), (&json!("amber"), &json!("ok")));
        let change = json!({ "red": 4, "name": "Suppliers to review" });
        w.acme.key.json("PATCH", &format!("{kris}/unreviewed_suppliers"), change).await.done();
        let k = w.acme.kri("unreviewed_suppliers").await;
        assert_eq!((now(&k), &k["name"]), ((Some(4.0), "ok", "red"), &json!("Suppliers to review")));
        assert_eq!(w.acme.slugs(json!({ "query": "to review" })).await, ["unreviewed_suppliers"]);

        // the name again is the slug again
        let told = of_rest(w.acme.key.post(&kris, new).await);
        assert_eq!((told.answer.status, &*told.word), (409, "conflict"));
        assert!(told.text.contains("there is a KRI `unreviewed_suppliers` already"), "{}", told.text);
    })
    .await;
}

#[tokio::test]
async fn a_definition_that_cannot_be_is_refused_with_every_flaw() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let before = ledger::register(&w.hub, &w.acme).await;
        let base = json!({ "name": "Some share", "category": "c", "unit": "percent", "direction": "lowerIsWorse", "amber": 90, "red": 80 });
        let with = |more: Value| {
            let mut all = base.clone();
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            all
        };
        for (body, says) in [
            (json!({}), &["name: is required", "category: is required", "unit: is required", "direction: is required", "amber: is required", "red: is required"][..]),
            (json!({ "signal": "mfa_enforced" }), &["signal: there is no signal `mfa_enforced` in the catalogue", "did you mean `mfa_enforced_pct`?"]),
            (with(json!({ "red": 95 })), &["red: with lowerIsWorse red is at least as bad as amber"]),
            (with(json!({ "amber": 120, "red": -1 })), &["amber: 120 is more than 100", "red: -1 is less than 0"]),
            (with(json!({ "target": 50 })), &["target: a target is green, but 50 would be red"]),
            (with(json!({ "direction": "higherIsWorse", "amber": 0, "red": 10 })), &["amber: at 0 with higherIsWorse nothing could ever be green"]),
            (with(json!({ "slug": "Not A Slug" })), &["slug: `Not A Slug` is not a slug"]),
            (with(json!({ "name": "\u{200b}\u{202e}" })), &["name: is required"]),
            (with(json!({ "name": "€€€" })), &["slug: no slug can be made of this name"]),
        ] {
            let told = of_rest(w.acme.key.post(&w.acme.path("/kris"), body.clone()).await);
            assert_eq!((told.answer.status, &*told.word), (422, "invalid"), "{body}: {}", told.text);
            for says in says {
                assert!(told.text.contains(says), "{body}: {}; wanted {says}", told.text);
            }
        }
        let path = w.acme.path("/kris/own_indicator");
        for (body, says) in [
            (json!({ "red": 0.5 }), "red: with higherIsWorse red is at least as bad as amber"),
            (json!({ "amber": 0 }), "amber: at 0"),
            (json!({ "target": 100 }), "target: a target is green"),
        ] {
            let told = of_rest(w.acme.key.json("PATCH", &path, body.clone()).await);
            assert_eq!((told.answer.status, told.text.contains(says)), (422, true), "{body}: {}", told.text);
        }
        assert_eq!(ledger::register(&w.hub, &w.acme).await, before);
    })
    .await;
}

#[tokio::test]
async fn a_signal_becomes_a_kri_with_other_thresholds_where_the_tenant_wants_them() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let new =
            json!({ "signal": "critical_cves_unpatched_gt_30d", "amber": 5, "red": 9, "name": "Old critical holes" });
        let made = w.acme.key.post(&w.acme.path("/kris"), new).await.done();
        assert_eq!(made["slug"], "vuln_critical_open_gt_30d");
        w.acme.posted(json!([{ "kri": "critical_cves_unpatched_gt_30d", "value": 4 }])).await;
        let k = w.acme.kri("vuln_critical_open_gt_30d").await;
        assert_eq!((now(&k), &k["name"]), ((Some(4.0), "ok", "green"), &json!("Old critical holes")));
        assert_eq!(k["signal"], "vuln_critical_open_gt_30d");
        let signals = w.acme.key.get(&w.acme.path("/signals?limit=200")).await.done();
        assert_eq!(signals["items"].as_array().unwrap().len(), 84);
        let found = w.acme.key.get(&w.acme.path("/signals?query=2fa")).await.done();
        assert_eq!(found["items"][0]["slug"], "mfa_enforced_pct");
    })
    .await;
}
