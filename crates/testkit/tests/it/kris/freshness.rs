//! Values that nobody says again.
use serde_json::json;
use watchkeep_model::Span;

use super::{now, pass};
use crate::ledger;
use crate::world::{World, on_each_engine};

#[tokio::test]
async fn one_of_several_subjects_that_goes_stale_makes_the_value_partial() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let early = w.hub.now().minus(Span::hours(40)).to_string();
        w.acme
            .posted(json!([
                { "kri": "vuln_kev_open", "subject": "shop", "value": 3 },
                { "kri": "vuln_kev_open", "subject": "api", "value": 4, "observedAt": early },
            ]))
            .await;
        let k = w.acme.kri("vuln_kev_open").await;
        assert_eq!((now(&k), &k["quality"], &k["missing"]), ((Some(7.0), "ok", "red"), &json!("complete"), &json!(0)));
        // daily: fresh for two days and five minutes
        pass(&w, Span::hours(8)).await;
        assert_eq!(w.acme.kri("vuln_kev_open").await["missing"], 0);
        pass(&w, Span::minutes(6)).await;
        let k = w.acme.kri("vuln_kev_open").await;
        // its last known share stays in the sum: silence does not make it better
        assert_eq!((now(&k), &k["quality"], &k["missing"]), ((Some(7.0), "ok", "red"), &json!("partial"), &json!(1)));
        let states: Vec<_> =
            k["lineage"].as_array().unwrap().iter().map(|l| (l["subject"].clone(), l["state"].clone())).collect();
        assert_eq!(states, [(json!("api"), json!("stale")), (json!("shop"), json!("ok"))]);
    })
    .await;
}

#[tokio::test]
async fn when_all_is_stale_the_value_is_the_last_known_one_and_green_is_unknown_but_red_stays_red() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        w.acme
            .posted(json!([
                { "kri": "vuln_kev_open", "value": 7 },
                { "kri": "vuln_high_open", "value": 0 },
                { "kri": "mfa_enforced_pct", "value": 95 },
                { "kri": "backup_restore_test_age_days", "value": 5 },
            ]))
            .await;
        let told = async || {
            let mut all = vec![];
            for slug in ["vuln_kev_open", "vuln_high_open", "mfa_enforced_pct", "backup_restore_test_age_days"] {
                let k = w.acme.kri(slug).await;
                let (value, state, status) = now(&k);
                all.push((value.unwrap(), state.to_owned(), status.to_owned()));
            }
            all
        };
        let say = |value: f64, state: &str, status: &str| (value, state.to_owned(), status.to_owned());
        let fresh = [say(7.0, "ok", "red"), say(0.0, "ok", "green"), say(95.0, "ok", "amber"), say(5.0, "ok", "green")];
        let stale = [
            say(7.0, "stale", "red"),
            say(0.0, "stale", "unknown"),
            say(95.0, "stale", "amber"),
            say(5.0, "ok", "green"),
        ];
        assert_eq!(told().await, fresh);
        // to the last moment it is fresh
        w.hub.clock.advance(Span::hours(48).plus(Span::minutes(5)));
        assert_eq!(told().await, fresh);
        // a reading knows before any job ran, in one KRI and in lists and their filters
        w.hub.clock.advance(Span::from_micros(1));
        assert_eq!(told().await, stale);
        assert_eq!(w.acme.slugs(json!({ "status": "green" })).await, ["backup_restore_test_age_days"]);
        assert_eq!(w.acme.slugs(json!({ "status": "unknown" })).await, ["vuln_high_open"]);
        assert_eq!(w.acme.slugs(json!({ "status": "red" })).await, ["vuln_kev_open"]);
        let found = w.acme.asked("search", json!({ "query": "high" })).await;
        assert!(found["results"][0]["title"].as_str().unwrap().contains("(unknown, stale)"), "{found}");
        // and the job writes the same down, once
        let rows = ledger::mark(&w.hub, &w.acme).await;
        pass(&w, Span::minutes(2)).await;
        assert_eq!(told().await, stale);
        let after = ledger::rows_after(&w.hub, &w.acme.tenant.scope, 0).await;
        assert_eq!(after.iter().filter(|r| r.event == "kri_refreshed" && r.actor_kind == "job").count(), 3);
        assert_ne!(ledger::mark(&w.hub, &w.acme).await, rows);
        pass(&w, Span::minutes(2)).await;
        let again = ledger::rows_after(&w.hub, &w.acme.tenant.scope, 0).await;
        assert_eq!(again.iter().filter(|r| r.event == "kri_refreshed").count(), 3);
        // silence is no improvement: what comes back in the margin is still red
        w.acme.posted(json!([{ "kri": "vuln_kev_open", "value": 5 }, { "kri": "vuln_high_open", "value": 1 }])).await;
        assert_eq!(now(&w.acme.kri("vuln_kev_open").await), (Some(5.0), "ok", "red"));
        assert_eq!(now(&w.acme.kri("vuln_high_open").await), (Some(1.0), "ok", "green"));
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn the_expected_cadence_is_the_tenants_and_counts_for_what_comes_after_it() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        w.acme.posted(json!([{ "kri": "vuln_kev_open", "value": 0 }])).await;
        let path = w.acme.path("/kris/vuln_kev_open");
        assert_eq!(w.acme.key.json("PATCH", &path, json!({ "cadenceHours": 1 })).await.status, 200);
        w.hub.clock.advance(Span::minutes(1));
        w.acme.posted(json!([{ "kri": "vuln_kev_open", "value": 0 }])).await;
        let k = w.acme.kri("vuln_kev_open").await;
        assert_eq!(k["freshUntil"], json!(w.hub.now().plus(Span::minutes(125)).to_string()), "{k}");
        w.hub.clock.advance(Span::minutes(126));
        assert_eq!(now(&w.acme.kri("vuln_kev_open").await), (Some(0.0), "stale", "unknown"));
    })
    .await;
}

#[tokio::test]
async fn samples_that_come_in_stale_are_told_so_at_once() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let told = w.acme.posted(json!([{ "kri": "vuln_kev_open", "value": 0, "observedAt": "2026-11-01" }])).await;
        assert_eq!((&told["kris"][0]["state"], &told["kris"][0]["status"]), (&json!("stale"), &json!("unknown")));
        let k = w.acme.kri("vuln_kev_open").await;
        assert_eq!((now(&k), &k["quality"]), ((Some(0.0), "stale", "unknown"), &json!("partial")));
        // red counts, however old
        let told = w.acme.posted(json!([{ "kri": "vuln_kev_open", "value": 9, "observedAt": "2026-11-02" }])).await;
        assert_eq!((&told["kris"][0]["state"], &told["kris"][0]["status"]), (&json!("stale"), &json!("red")));
        assert_eq!(now(&w.acme.kri("vuln_kev_open").await), (Some(9.0), "stale", "red"));
    })
    .await;
}
