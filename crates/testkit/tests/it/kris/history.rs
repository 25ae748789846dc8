//! Ninety days of values, also where they come in late, and the trend over them.
use serde_json::{Value, json};
use watchkeep_model::{Span, Timestamp};

use super::{now, pass};
use crate::world::{World, on_each_engine};

/// Today, as its first moment, so many days ago.
fn day(w: &World, ago: i64) -> Timestamp {
    w.hub.now().start_of_day().minus(Span::days(ago))
}

/// The points of a KRI as `(days ago, value, state, status)`, oldest first.
async fn points(w: &World, slug: &str) -> Vec<(i64, Option<f64>, String, String)> {
    let kri = w.acme.kri(slug).await;
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let today = w.hub.now().start_of_day();
    let one = |p: &Value| {
        let at: Timestamp = text(&p["at"]).parse().unwrap();
        (today.since(at).micros() / Span::days(1).micros(), p["value"].as_f64(), text(&p["state"]), text(&p["status"]))
    };
    kri["samples"].as_array().unwrap().iter().map(one).collect()
}

#[tokio::test]
async fn values_that_come_in_late_fill_the_days_they_are_of() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let at = |ago: i64| day(&w, ago).plus(Span::hours(12)).to_string();
        w.acme.posted(json!([{ "kri": "vuln_kev_open", "value": 1 }])).await;
        w.acme.posted(json!([{ "kri": "vuln_kev_open", "value": 7, "observedAt": at(10) }])).await;
        let p =
            |ago: i64, value: f64, state: &str, status: &str| (ago, Some(value), state.to_owned(), status.to_owned());
        // fresh for two days, then stale, and red all the time, as it would have been
        let mut expected = vec![p(10, 7.0, "ok", "red"), p(9, 7.0, "ok", "red")];
        expected.extend((1..=8).rev().map(|ago| p(ago, 7.0, "stale", "red")));
        // today it had been settled with a margin from nothing: one is amber
        expected.push(p(0, 1.0, "ok", "amber"));
        assert_eq!(points(&w, "vuln_kev_open").await, expected);
        assert_eq!(
            now(&w.acme.kri("vuln_kev_open").await),
            (Some(1.0), "ok", "amber"),
            "the current value stays the current one"
        );

        // one in between changes the days after it, and not those before
        w.acme.posted(json!([{ "kri": "vuln_kev_open", "value": 0, "observedAt": at(5) }])).await;
        let found = points(&w, "vuln_kev_open").await;
        assert_eq!(found[..5], expected[..5]);
        assert_eq!(found[5], p(5, 0.0, "ok", "green"));
        assert_eq!(found[6], p(4, 0.0, "ok", "green"));
        assert_eq!(found[7], p(3, 0.0, "stale", "unknown"));
        assert_eq!(found.last(), expected.last());
        // what could not be had leaves a day without a value, not a zero
        w.acme.posted(json!([{ "kri": "vuln_kev_open", "state": "error", "observedAt": at(4) }])).await;
        let found = points(&w, "vuln_kev_open").await;
        assert_eq!(found[6], (4, None, "error".into(), "unknown".into()));
    })
    .await;
}

#[tokio::test]
async fn the_order_in_which_values_come_in_does_not_matter() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let at = |ago: i64| day(&w, ago).plus(Span::hours(6)).to_string();
        let one = |ago: i64, value: i64, kri: &str| json!({ "kri": kri, "value": value, "observedAt": at(ago) });
        let story = [(9, 12), (7, 3), (6, 0), (4, 55), (3, 51), (1, 49), (0, 9)];
        for (ago, value) in story {
            w.acme.posted(json!([one(ago, value, "vuln_high_open")])).await;
        }
        for i in [3, 0, 6, 1, 5, 2, 4] {
            let (ago, value) = story[i];
            w.acme.posted(json!([one(ago, value, "sca_high_open")])).await;
        }
        let all: Vec<Value> = story.iter().map(|(ago, value)| one(*ago, *value, "vuln_epss_gt_50pct_open")).collect();
        w.acme.posted(json!(all)).await;
        let one_by_one = points(&w, "vuln_high_open").await;
        // both have the thresholds 10 and 50
        assert_eq!(points(&w, "sca_high_open").await, one_by_one);
        let values = |points: Vec<(i64, Option<f64>, String, String)>| {
            points.into_iter().map(|p| (p.0, p.1, p.2)).collect::<Vec<_>>()
        };
        assert_eq!(values(points(&w, "vuln_epss_gt_50pct_open").await), values(one_by_one));
    })
    .await;
}

#[tokio::test]
async fn the_trend_over_ninety_days_says_where_a_value_goes() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let mut csv = "kri,value,observed_at\n".to_owned();
        for ago in (0..90).rev() {
            let at = day(&w, ago).plus(Span::hours(5));
            let n = 90 - ago;
            csv.push_str(&format!("vuln_high_open,{n},{at}\nsca_high_open,{ago},{at}\n"));
            csv.push_str(&format!("mfa_enforced_pct,{},{at}\nedr_coverage_pct,{},{at}\n", 5 + n, 100 - n));
            csv.push_str(&format!("vuln_kev_open,{},{at}\n", n % 2));
        }
        csv.push_str(&format!("vuln_critical_open,4,{}\n", day(&w, 1)));
        let body = json!({ "csv": csv, "apply": true });
        assert_eq!(w.acme.key.post(&w.acme.path("/imports/kris"), body).await.json()["written"], 90 * 5 + 1);
        for (slug, trend, slope) in [
            ("vuln_high_open", "worsening", Some(1.0)),
            ("sca_high_open", "improving", Some(-1.0)),
            ("mfa_enforced_pct", "improving", Some(1.0)),
            ("edr_coverage_pct", "worsening", Some(-1.0)),
            ("vuln_kev_open", "stable", Some(0.0)),
            ("vuln_critical_open", "insufficient", None),
        ] {
            let k = w.acme.kri(slug).await;
            assert_eq!((k["trend"].as_str(), k["slopePerDay"].as_f64()), (Some(trend), slope), "{slug}");
            let listed = w.acme.asked("list_kris", json!({ "query": slug })).await;
            let listed = listed["items"].as_array().unwrap().iter().find(|i| i["slug"] == slug).unwrap().clone();
            assert_eq!((&listed["trend"], &listed["value"]), (&k["trend"], &k["value"]), "{slug}");
        }
        let all = points(&w, "vuln_high_open").await;
        assert_eq!((all.len(), all[0].0, all[0].1, all[89].1), (90, 89, Some(1.0), Some(90.0)));
    })
    .await;
}

#[tokio::test]
async fn a_value_is_never_told_twice_for_a_day_and_history_ends_after_ninety() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let mut samples = vec![];
        for ago in 0..130 {
            for hour in [2, 7] {
                let at = day(&w, ago).plus(Span::hours(hour)).to_string();
                samples.push(json!({ "kri": "vuln_kev_open", "value": ago + hour, "observedAt": at }));
            }
        }
        for chunk in samples.chunks(200) {
            w.acme.posted(json!(chunk)).await;
        }
        let all = points(&w, "vuln_kev_open").await;
        assert!(all.len() == 91 && all.iter().all(|p| (0..=90).contains(&p.0)), "{}", all.len());
        assert!(all.windows(2).all(|pair| pair[0].0 > pair[1].0));
        // the last of a day is the day's
        assert_eq!(all.last().unwrap().1, Some(7.0));
    })
    .await;
}

#[tokio::test]
async fn a_history_that_came_in_day_by_day_is_the_one_that_comes_in_at_once() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        // monthly: a restore test ages; weekly with holes: somebody counts
        for side in [&w.acme, &w.contoso] {
            let weekly = json!({ "signal": "vuln_kev_open", "cadenceHours": 168 });
            assert_eq!(side.key.post(&side.path("/kris"), weekly).await.status, 200);
        }
        let mut said = vec![];
        let end = w.hub.now();
        w.hub.clock.advance(Span::days(-80));
        for day in 0..=80 {
            let at = w.hub.now().to_string();
            let mut today = vec![];
            if day % 30 == 0 || day == 80 {
                today.push(json!({ "kri": "backup_restore_test_age_days", "value": 60 + day, "observedAt": at }));
            }
            if day % 7 == 0 && !(20..50).contains(&day) || day == 80 {
                today.push(json!({ "kri": "vuln_kev_open", "value": 80 - day, "observedAt": at }));
            }
            if !today.is_empty() {
                w.acme.posted(json!(today)).await;
                said.extend(today);
            }
            if day < 80 {
                pass(&w, Span::days(1)).await;
            }
        }
        assert_eq!(w.hub.now(), end);
        // the same at once, in the other tenant
        w.contoso.posted(json!(said)).await;
        for slug in ["backup_restore_test_age_days", "vuln_kev_open"] {
            let (ours, theirs) = (w.acme.kri(slug).await, w.contoso.kri(slug).await);
            assert_eq!(ours["samples"].as_array().unwrap().len(), 81, "a point for each day, {slug}");
            assert_eq!(ours["samples"], theirs["samples"], "{slug}");
            for field in ["value", "state", "status", "trend", "slopePerDay"] {
                assert_eq!(ours.get(field), theirs.get(field), "{field} of {slug}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_status_tells_since_when_also_where_its_days_came_in_late() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let since = async |slug: &str| w.acme.kri(slug).await["statusSince"].clone();
        let at = |ago: i64| day(&w, ago).plus(Span::hours(12)).to_string();
        let told = |t: Timestamp| json!(t.to_string());
        // red for nine days, by a file that came today
        let days: Vec<Value> = (0..10).rev().map(|ago| json!({ "kri": "vuln_kev_open", "value": if ago == 9 { 0 } else { 7 }, "observedAt": if ago == 0 { w.hub.now().to_string() } else { at(ago) } })).collect();
        w.acme.posted(json!(days)).await;
        assert_eq!(since("vuln_kev_open").await, told(day(&w, 8)));
        // better for an hour, then red again: since that moment
        w.hub.clock.advance(Span::hours(1));
        w.acme.posted(json!([{ "kri": "vuln_kev_open", "value": 0 }])).await;
        assert_eq!(since("vuln_kev_open").await, told(w.hub.now()));
        w.hub.clock.advance(Span::hours(1));
        w.acme.posted(json!([{ "kri": "vuln_kev_open", "value": 7 }])).await;
        let again = w.hub.now();
        assert_eq!(since("vuln_kev_open").await, told(again));
        // and it stays so over the days
        for _ in 0..3 {
            pass(&w, Span::days(1)).await;
            w.acme.posted(json!([{ "kri": "vuln_kev_open", "value": 7 }])).await;
        }
        let kept = since("vuln_kev_open").await;
        assert!(kept == told(again) || kept == told(again.start_of_day()), "{kept}");
    })
    .await;
}
