//! Several sources and several subjects of one KRI.
use serde_json::{Value, json};
use watchkeep_model::Span;

use super::{now, pass, source};
use crate::world::{Done, Side, World, on_each_engine};

/// Posts one sample of a source, observed so many hours ago.
async fn say(w: &World, side: &Side, integration: &str, kri: &str, subject: &str, value: Value, hours: i64) -> Value {
    let at = w.hub.now().minus(Span::hours(hours)).to_string();
    let mut sample = json!({ "kri": kri, "observedAt": at });
    if !subject.is_empty() {
        sample["subject"] = json!(subject);
    }
    match value {
        Value::String(state) => sample["state"] = json!(state),
        value => sample["value"] = value,
    }
    let body = json!({ "integrationId": integration, "samples": [sample] });
    side.key.post(&side.path("/samples"), body).await.done()
}

#[tokio::test]
async fn of_two_sources_for_the_same_subject_the_lower_number_wins_while_it_is_fresh() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let (first, second) = (source(&w, &w.acme, "First", 10).await, source(&w, &w.acme, "Second", 20).await);
        let kri = async || w.acme.kri("vuln_kev_open").await;
        let names = |k: &Value| {
            (k["source"]["name"].as_str().unwrap().to_owned(), k["alsoSources"][0]["name"].as_str().map(str::to_owned))
        };
        say(&w, &w.acme, &second, "vuln_kev_open", "shop", json!(2), 0).await;
        assert_eq!(names(&kri().await), ("Second".into(), None));
        // older, but ranked higher and fresh
        say(&w, &w.acme, &first, "vuln_kev_open", "shop", json!(6), 5).await;
        let k = kri().await;
        assert_eq!((now(&k), names(&k)), ((Some(6.0), "ok", "red"), ("First".into(), Some("Second".into()))));
        assert_eq!((&k["subjects"], &k["missing"]), (&json!(1), &json!(0)));
        assert_eq!(k["lineage"].as_array().unwrap().len(), 2, "what was overruled is told, too");
        // a newer value of the lower rank changes nothing
        w.hub.clock.advance(Span::hours(1));
        say(&w, &w.acme, &second, "vuln_kev_open", "shop", json!(1), 0).await;
        assert_eq!(now(&kri().await), (Some(6.0), "ok", "red"));
        // the first goes stale (two days and five minutes after 03:00), the second stays fresh
        pass(&w, Span::hours(45)).await;
        let k = kri().await;
        assert_eq!((now(&k), names(&k)), ((Some(1.0), "ok", "amber"), ("Second".into(), Some("First".into()))));
        // and comes back
        say(&w, &w.acme, &first, "vuln_kev_open", "shop", json!(0), 0).await;
        let k = kri().await;
        assert_eq!((now(&k), names(&k).0), ((Some(0.0), "ok", "green"), "First".into()));
        // a source that fails is overruled by one that knows
        w.hub.clock.advance(Span::hours(1));
        say(&w, &w.acme, &first, "vuln_kev_open", "shop", json!("error"), 0).await;
        assert_eq!((now(&kri().await), names(&kri().await).0), ((Some(1.0), "ok", "amber"), "Second".into()));
    })
    .await;
}

#[tokio::test]
async fn different_subjects_add_up_and_shares_are_one_share() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let (a, b) = (source(&w, &w.acme, "Code scanner", 10).await, source(&w, &w.acme, "Host scanner", 20).await);
        say(&w, &w.acme, &a, "vuln_critical_open", "shop", json!(3), 0).await;
        say(&w, &w.acme, &a, "vuln_critical_open", "api", json!(2), 0).await;
        say(&w, &w.acme, &b, "vuln_critical_open", "db-1", json!(4), 0).await;
        let k = w.acme.kri("vuln_critical_open").await;
        assert_eq!(
            (now(&k), k["subjects"].as_i64(), &k["quality"]),
            ((Some(9.0), "ok", "amber"), Some(3), &json!("complete"))
        );
        assert_eq!(
            (&k["source"]["name"], &k["alsoSources"][0]["name"]),
            (&json!("Code scanner"), &json!("Host scanner"))
        );

        w.acme
            .posted(json!([
                { "kri": "mfa_enforced_pct", "subject": "staff", "numerator": 990, "denominator": 1000 },
                { "kri": "mfa_enforced_pct", "subject": "partners", "numerator": 5, "denominator": 10 },
                { "kri": "backup_restore_test_age_days", "subject": "erp", "value": 10 },
                { "kri": "backup_restore_test_age_days", "subject": "mail", "value": 95 },
            ]))
            .await;
        let mfa = w.acme.kri("mfa_enforced_pct").await;
        let share = 100.0 * 995.0 / 1010.0;
        assert!((mfa["value"].as_f64().unwrap() - share).abs() < 1e-9, "{mfa}");
        assert_eq!((mfa["numerator"].as_f64(), mfa["denominator"].as_f64()), (Some(995.0), Some(1010.0)));
        // of ages the worst counts
        assert_eq!(now(&w.acme.kri("backup_restore_test_age_days").await), (Some(95.0), "ok", "amber"));
        // where one part tells no denominator, the worst share counts
        w.acme.posted(json!([{ "kri": "mfa_enforced_pct", "subject": "robots", "value": 91 }])).await;
        assert_eq!(now(&w.acme.kri("mfa_enforced_pct").await).0, Some(50.0));
    })
    .await;
}

#[tokio::test]
async fn a_count_of_a_large_fleet_is_judged_per_thousand() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        for (value, fleet, status) in
            [(9, 150, "amber"), (10, 150, "red"), (40, 5_000, "amber"), (60, 5_000, "red"), (2, 5_000, "green")]
        {
            let kri =
                w.acme.posted(json!([{ "kri": "vuln_critical_open", "value": value, "denominator": fleet }])).await;
            assert_eq!(kri["kris"][0]["status"], status, "{value} of {fleet}");
            w.hub.clock.advance(Span::hours(1));
        }
    })
    .await;
}

#[tokio::test]
async fn a_subject_that_goes_dark_makes_the_value_partial_and_never_better() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let one = source(&w, &w.acme, "Scanner", 10).await;
        say(&w, &w.acme, &one, "vuln_kev_open", "shop", json!(3), 0).await;
        say(&w, &w.acme, &one, "vuln_kev_open", "api", json!(4), 0).await;
        w.hub.clock.advance(Span::hours(1));
        say(&w, &w.acme, &one, "vuln_kev_open", "api", json!("error"), 0).await;
        let k = w.acme.kri("vuln_kev_open").await;
        assert_eq!((now(&k), &k["quality"], &k["missing"]), ((Some(7.0), "ok", "red"), &json!("partial"), &json!(1)));
        // the same for a share: the part that is gone was the bad one
        for (subject, value) in [("staff", json!(99)), ("partners", json!(60))] {
            say(&w, &w.acme, &one, "mfa_enforced_pct", subject, value, 0).await;
        }
        w.hub.clock.advance(Span::hours(1));
        say(&w, &w.acme, &one, "mfa_enforced_pct", "partners", json!("unavailable"), 0).await;
        let k = w.acme.kri("mfa_enforced_pct").await;
        assert_eq!(
            (now(&k), &k["lineage"][0]["subject"]),
            ((Some(60.0), "ok", "red"), &json!("partners")),
            "the worst first"
        );
        // and one that never had a value is missing, no more
        say(&w, &w.acme, &one, "vuln_high_open", "shop", json!(3), 0).await;
        say(&w, &w.acme, &one, "vuln_high_open", "api", json!("unknown"), 0).await;
        let k = w.acme.kri("vuln_high_open").await;
        assert_eq!((now(&k), &k["quality"], &k["missing"]), ((Some(3.0), "ok", "green"), &json!("partial"), &json!(1)));
    })
    .await;
}
