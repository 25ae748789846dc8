//! Controls: effectiveness, filters, orders.
use serde_json::{Value, json};
use watchkeep_model::Span;

use super::refused;
use crate::world::{Done, World, on_each_engine};

#[tokio::test]
async fn a_control_of_unknown_effectiveness_does_not_hide_from_the_weak_ones() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        for (code, more) in [
            ("good", json!({ "status": "operating", "effectiveness": 0.9, "effectivenessLow": 0.8, "effectivenessUntil": "2026-12-01" })),
            ("weak", json!({ "status": "operating", "effectiveness": 0.3, "owner": "Bo Builder", "frameworks": ["800-53:AC-2"] })),
            ("gap", json!({ "status": "gap", "effectiveness": 0.9 })),
            ("unsaid", json!({ "owner": "Ana", "frameworks": ["CSF:PR.AA-01"], "techniques": ["T1078", "T1110"], "category": "identity" })),
            ("none", json!({ "status": "notApplicable", "effectiveness": 0.9 })),
        ] {
            let mut control = json!({ "code": code, "name": format!("The {code} one") });
            control.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            w.acme.keep("controls", control).await;
        }
        let listed = async |filter| w.acme.listed("list_controls", filter).await;
        assert_eq!(listed(json!({ "sort": "effectiveness" })).await, ["gap", "weak", "good", "none", "unsaid"]);
        assert_eq!(listed(json!({ "sort": "effectiveness", "maxEffectiveness": 0.5 })).await, ["gap", "weak", "none", "unsaid"]);
        assert_eq!(listed(json!({ "sort": "techniqueCount", "limit": 2 })).await, ["unsaid", "gap"]);
        assert_eq!(listed(json!({})).await, ["gap", "good", "none", "unsaid", "weak"]);
        assert_eq!(listed(json!({ "owner": "build" })).await, ["weak"]);
        assert_eq!(listed(json!({ "framework": "pr.aa" })).await, ["unsaid"]);
        assert_eq!(listed(json!({ "framework": "800-53" })).await, ["weak"]);
        assert_eq!(listed(json!({ "category": "identity" })).await, ["unsaid"]);
        let told = crate::calling::of_mcp(w.acme.pat.tool("list_controls", json!({ "category": "identitty" })).await);
        assert!(told.text.contains("did you mean `identity`?"), "{}", told.text);

        let effect = async |code: &str| {
            let all = w.acme.asked("list_controls", json!({})).await;
            let found = all["items"].as_array().unwrap().iter().find(|c| c["code"] == code).cloned();
            found.unwrap()["effectiveness"].clone()
        };
        let good = json!({ "state": "ok", "value": 0.9, "low": 0.8, "measuredShare": 0.0, "manual": 0.9, "manualUntil": "2026-12-01T00:00:00Z", "source": "analyst" });
        assert_eq!(effect("good").await, good);
        assert_eq!(effect("unsaid").await, json!({ "state": "unknown", "measuredShare": 0.0 }));
        assert_eq!(effect("gap").await, json!({ "state": "ok", "value": 0.0, "measuredShare": 0.0, "manual": 0.9, "source": "analyst" }));
        assert_eq!(effect("none").await["state"], "unknown");

        // a word that does not count any more is told as such, and is not good
        w.hub.clock.advance(Span::days(30));
        assert_eq!((&effect("good").await["state"], &effect("good").await["value"]), (&json!("stale"), &json!(0.9)));
        assert_eq!(listed(json!({ "sort": "effectiveness", "maxEffectiveness": 0.0 })).await, ["gap", "good", "none", "unsaid"]);
    })
    .await;
}

#[tokio::test]
async fn an_entry_is_read_whole_with_what_people_said() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let path = w.acme.path("/register/control/AC-1/comments");
        for text in ["First.", "Then <b>this</b>\u{202e}."] {
            w.acme.key.post(&path, json!({ "text": text })).await.done();
            w.hub.clock.advance(Span::seconds(1));
        }
        refused(w.acme.key.post(&path, json!({ "text": "\u{200b}" })).await, "invalid", "text: must not be empty");
        let whole = w.acme.key.get(&w.acme.path("/register/control/ac-1")).await.done();
        assert_eq!(whole["fields"]["frameworks"], json!(["CSF:PR.AA-01"]));
        assert_eq!((&whole["origin"], &whole["version"]), (&json!("custom"), &json!(1)));
        let comments: Vec<&Value> = whole["comments"].as_array().unwrap().iter().map(|c| &c["text"]).collect();
        assert_eq!(comments, ["Then <b>this</b>.", "First."]);
        assert_eq!(whole["comments"][0]["by"], "test");
        let links: Vec<(&Value, &Value)> =
            whole["links"].as_array().unwrap().iter().map(|l| (&l["field"], &l["to"])).collect();
        assert_eq!(links, [(&json!("kris"), &json!("mfa_enforced_pct")), (&json!("in risks"), &json!("outage"))]);
        refused(
            w.acme.key.get(&w.acme.path("/register/asset/crm")).await,
            "not_found",
            "there is no asset of the id or slug `crm`",
        );
    })
    .await;
}
