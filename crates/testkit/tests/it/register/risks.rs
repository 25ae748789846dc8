//! Risks: scores, decisions, treatment.
use serde_json::{Value, json};
use watchkeep_model::Span;

use super::refused;
use crate::world::{Done, World, on_each_engine};

#[tokio::test]
async fn the_top_five_risks_by_current_score_are_those_that_the_analyst_scored_highest() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        for (title, score, inherent, loss) in [
            ("Fire", Some(20.0), Some(30.0), Some(5e6)),
            ("Ransomware", Some(81.5), Some(95.0), Some(2e6)),
            ("Fraud", Some(64.0), None, None),
            ("Insider", Some(64.0), Some(99.0), Some(1e3)),
            ("Outage", Some(0.0), Some(10.0), Some(0.0)),
            ("Never scored", None, Some(70.0), None),
            ("Leak", Some(72.0), Some(72.0), Some(9e6)),
        ] {
            let mut risk = json!({ "title": title });
            for (name, value) in [("currentScore", score), ("inherentScore", inherent), ("annualLossMean", loss)] {
                if let Some(value) = value {
                    risk[name] = json!(value);
                }
            }
            w.acme.keep("risks", risk).await;
        }
        let top = w.acme.asked("list_risks", json!({ "limit": 5 })).await;
        let told: Vec<(&str, Option<f64>, &Value)> = top["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| (r["slug"].as_str().unwrap(), r["currentScore"].as_f64(), &r["scoreSource"]))
            .collect();
        let analyst = json!("analyst");
        assert_eq!(
            told,
            [
                ("ransomware", Some(81.5), &analyst),
                ("leak", Some(72.0), &analyst),
                ("fraud", Some(64.0), &analyst),
                ("insider", Some(64.0), &analyst),
                ("fire", Some(20.0), &analyst),
            ]
        );
        let listed = async |filter| w.acme.listed("list_risks", filter).await;
        assert_eq!(listed(json!({ "sort": "inherentScore", "limit": 3 })).await, ["insider", "ransomware", "leak"]);
        assert_eq!(listed(json!({ "sort": "lossExpectancy", "limit": 2 })).await, ["leak", "fire"]);
        let all = listed(json!({})).await;
        // not known is not 0, and not good: it is last and is never filtered away
        assert_eq!(all[5..], ["outage", "never-scored"]);
        assert_eq!(listed(json!({ "minScore": 70 })).await, ["ransomware", "leak", "never-scored"]);
        let unknown = w.acme.asked("get_risk", json!({ "id": "never-scored" })).await;
        assert_eq!((unknown.get("currentScore"), unknown.get("annualLoss")), (None, None));
        assert_eq!(unknown["explanation"][0], "Nobody has given a current score: how bad it is is not known.");
    })
    .await;
}

#[tokio::test]
async fn an_edit_of_another_version_is_a_conflict_that_names_the_current_one() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let made = w.acme.keep("risks", json!({ "title": "Fire", "currentScore": 20, "owner": "Ana" })).await;
        assert_eq!((&made["version"], &made["code"], &made["changed"]), (&json!(1), &json!("fire"), &json!(true)));
        let told = w.acme.change("/risks/fire", json!({ "currentScore": 30, "version": 1 })).await.done();
        assert_eq!(told["version"], 2);
        refused(
            w.acme.change("/risks/fire", json!({ "owner": "Bo", "version": 1 })).await,
            "conflict",
            "version: the risk `fire` is at version 2 now, not 1; read it again",
        );
        // the same again changes nothing
        let same = w.acme.change("/risks/FIRE", json!({ "currentScore": 30, "version": 2 })).await.done();
        assert_eq!((&same["version"], &same["changed"]), (&json!(2), &json!(false)));
        // cleared is not known, and not 0
        w.acme.change("/risks/fire", json!({ "clear": ["currentScore", "owner"] })).await.done();
        let risk = w.acme.asked("get_risk", json!({ "id": made["id"] })).await;
        assert_eq!((risk.get("currentScore"), risk.get("owner"), &risk["version"]), (None, None, &json!(3)));
        refused(
            w.acme.change("/risks/fire", json!({ "owner": "Bo", "clear": ["owner"] })).await,
            "invalid",
            "clear: `owner` is given a value, too",
        );
        refused(w.acme.change("/risks/fire", json!({ "clear": ["title"] })).await, "invalid", "clear[0]: ");
        refused(w.acme.change("/risks/fir", json!({ "owner": "Bo" })).await, "not_found", "did you mean `fire`?");
        assert_eq!(w.acme.drop("/risks/fire").await.status, 200);
        refused(w.acme.change("/risks/fire", json!({ "owner": "Bo" })).await, "not_found", "there is no risk");
        refused(w.acme.drop("/risks/fire").await, "not_found", "there is no risk");
        assert!(!w.acme.listed("list_risks", json!({})).await.contains(&"fire".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn an_acceptance_that_has_expired_stays_visible_and_says_so() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        w.acme.keep("risks", json!({ "title": "Fire", "currentScore": 20 })).await;
        let path = w.acme.path("/risks/fire/acceptance");
        let accept = async |why: &str, until: &str| {
            w.acme.key.post(&path, json!({ "by": "The board", "why": why, "until": until })).await
        };
        accept("cheap", "2026-12-01").await.done();
        let accepted = async || w.acme.asked("list_risks", json!({})).await["items"][0]["accepted"].clone();
        assert_eq!(
            accepted().await,
            json!({ "by": "The board", "why": "cheap", "at": "2026-11-20T08:00:00Z", "until": "2026-12-01T00:00:00Z", "expired": false })
        );
        w.hub.clock.advance(Span::days(30));
        assert_eq!((&accepted().await["expired"], &accepted().await["why"]), (&json!(true), &json!("cheap")));
        let risk = w.acme.asked("get_risk", json!({ "id": "fire" })).await;
        assert!(risk["explanation"].to_string().contains("Its acceptance by The board ended on 2026-12-01."), "{risk}");
        refused(accept("again", "2026-12-10").await, "invalid", "until: 2026-12-10T00:00:00Z is past");
        refused(accept("\u{200b}", "2027-12-10").await, "invalid", "why: must not be empty");
        accept("again", "2027-12-10").await.done();
        assert_eq!(accepted().await["expired"], false);
        for withdrawn in [true, false] {
            assert_eq!(w.acme.drop("/risks/fire/acceptance").await.done()["withdrawn"], withdrawn);
        }
        assert_eq!(accepted().await, Value::Null);
        let history = w.acme.asked("get_risk", json!({ "id": "fire" })).await["acceptances"].clone();
        assert_eq!((history.as_array().unwrap().len(), &history[0]["why"]), (2, &json!("again")));
        assert!(history[0]["withdrawnAt"].is_string() && history[1]["withdrawnAt"].is_string(), "{history}");
    })
    .await;
}

#[tokio::test]
async fn actions_and_reviews_that_are_overdue_are_told() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        w.acme.keep("risks", json!({ "title": "Fire", "reviewDue": "2026-11-25" })).await;
        let path = w.acme.path("/risks/fire/actions");
        let first = json!({ "title": "Sprinklers", "owner": "Bo", "due": "2026-11-22" });
        let action = w.acme.key.post(&path, first).await.done();
        assert_eq!((&action["state"], &action["overdue"]), (&json!("open"), &json!(false)));
        w.acme.key.post(&path, json!({ "title": "Drill", "due": "2026-12-31" })).await.done();
        w.hub.clock.advance(Span::days(7));
        let told = async || w.acme.asked("list_risks", json!({})).await["items"][0].clone();
        let risk = told().await;
        assert_eq!(
            (&risk["actionsOpen"], &risk["actionsOverdue"], &risk["reviewOverdue"]),
            (&json!(2), &json!(1), &json!(true))
        );
        assert!(risk["explanation"].to_string().contains("1 of 2 open treatment actions are overdue."), "{risk}");
        let one = format!("/risks/fire/actions/{}", action["id"].as_str().unwrap());
        let done = w.acme.change(&one, json!({ "state": "done", "version": 1 })).await.done();
        assert_eq!((&done["overdue"], &done["version"], done["endedAt"].is_string()), (&json!(false), &json!(2), true));
        refused(w.acme.change(&one, json!({ "note": "late", "version": 1 })).await, "conflict", "is at version 2 now");
        let risk = told().await;
        assert_eq!((&risk["actionsOpen"], &risk["actionsOverdue"]), (&json!(1), &json!(0)));
        let again = w.acme.change(&one, json!({ "state": "open" })).await.done();
        assert_eq!((&again["overdue"], again.get("endedAt")), (&json!(true), None));
        refused(
            w.acme.change(&one.replace(action["id"].as_str().unwrap(), made_up()), json!({ "note": "x" })).await,
            "not_found",
            "actionId: the risk has no such action",
        );
    })
    .await;
}

const fn made_up() -> &'static str {
    "019a9f3c-7b00-7c3e-9b1a-3f5d7e9a1b2c"
}

#[tokio::test]
async fn the_change_in_seven_days_is_that_of_the_score_and_absent_where_it_is_not_known() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        w.acme.keep("risks", json!({ "title": "Fire", "currentScore": 20 })).await;
        let change = async || w.acme.asked("list_risks", json!({})).await["items"][0].get("change7d").cloned();
        let score = async |score: Value| w.acme.change("/risks/fire", json!({ "currentScore": score })).await.done();
        assert_eq!(change().await, None, "there is no week before");
        w.hub.clock.advance(Span::days(3));
        score(json!(35.5)).await;
        assert_eq!(change().await, None);
        w.hub.clock.advance(Span::days(4));
        assert_eq!(change().await, Some(json!(15.5)));
        w.hub.clock.advance(Span::days(3));
        assert_eq!(change().await, Some(json!(0.0)));
        score(json!(10)).await;
        assert_eq!(change().await, Some(json!(-25.5)));
        w.acme.change("/risks/fire", json!({ "clear": ["currentScore"] })).await.done();
        assert_eq!(change().await, None);
        w.hub.clock.advance(Span::days(8));
        score(json!(10)).await;
        assert_eq!(change().await, None, "a week ago it was not known");
        let history = w.acme.asked("get_risk", json!({ "id": "fire" })).await["history"].clone();
        let scores: Vec<Option<f64>> = history.as_array().unwrap().iter().map(|p| p["currentScore"].as_f64()).collect();
        assert_eq!(scores, [Some(20.0), Some(35.5), None, Some(10.0)]);
    })
    .await;
}
