//! What a person does with a proposal.
use serde_json::json;
use watchkeep_hub::Kind;
use watchkeep_hub::proposals::{Decision, Edit};
use watchkeep_model::autonomy::ProposalStatus as Status;
use watchkeep_model::kri::State;
use watchkeep_model::{ProposalId, Span};

use super::{decisions, newest, npm, push, run, zone};
use crate::kris::now;
use crate::world::{World, on_each_engine};

const LOOSE: &str = "We think that about 7 critical vulnerabilities are open in the pilot group.\n";

#[tokio::test]
async fn accept_edit_reject_and_note_each_leave_their_row() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let (id, admin, scope) = (zone(&w, &w.acme, "Drops").await, w.hub.admin(), w.acme.tenant.scope.clone());
        let strict = watchkeep_hub::proposals::SetAutonomy { threshold: Some(1.0), ..Default::default() };
        admin.set_autonomy(&scope, watchkeep_model::autonomy::ProposalKind::Extraction, &strict).await.unwrap();
        push(&w.acme, id, "shop", &npm(3, 60, 1)).await;
        let (critical, high) =
            (newest(&w, &w.acme, "sca_critical_open").await, newest(&w, &w.acme, "sca_high_open").await);
        assert_eq!((critical.status, high.status), (Status::Pending, Status::Pending));
        w.tick();

        let noted = admin.decide(&scope, critical.id, Decision::Note { note: "who owns this?".into() }).await.unwrap();
        assert_eq!((noted.status, noted.note.as_deref()), (Status::Pending, Some("who owns this?")));
        let edit = Edit { value: Some(4.0), subject: Some("webshop".into()), ..Edit::default() };
        let edited = admin.decide(&scope, critical.id, Decision::Edit { edit, note: None }).await.unwrap();
        assert_eq!((edited.status, edited.waits_for_run), (Status::Edited, true));
        assert_eq!((edited.value, edited.edit.as_ref().unwrap().value), (Some(3.0), Some(4.0)), "both are told");
        assert_eq!(edited.decided_by.as_deref(), Some("command line (test)"));
        let rejected =
            admin.decide(&scope, high.id, Decision::Reject { note: Some("a test run".into()) }).await.unwrap();
        assert_eq!((rejected.status, rejected.waits_for_run), (Status::Rejected, false));
        run(&w.acme, id).await;
        let kri = w.acme.kri("sca_critical_open").await;
        assert_eq!((now(&kri), &kri["lineage"][0]["subject"]), ((Some(4.0), "ok", "amber"), &json!("webshop")));
        assert_eq!(kri["quality"], "manual", "a person typed it");
        assert!(!w.acme.slugs(json!({})).await.contains(&"sca_high_open".to_owned()));
        assert_eq!(decisions(&w, &w.acme, critical.id).await, ["queued", "edited"]);
        assert_eq!(decisions(&w, &w.acme, high.id).await, ["queued", "rejected"]);

        // what does not fit says what it is now, and changes nothing
        for (which, decision, says) in [
            (critical.id, Decision::Accept { note: None }, "the proposal is edited (by command line (test))"),
            (critical.id, Decision::Reject { note: None }, "undo it first"),
            (high.id, Decision::Undo { note: None }, "only what was accepted can be undone"),
            (high.id, Decision::Reject { note: None }, "the proposal is rejected"),
        ] {
            let e = admin.decide(&scope, which, decision).await.unwrap_err();
            assert!(e.kind == Kind::Conflict && e.to_string().contains(says), "{e}");
        }
        for (decision, says) in [
            (Decision::Edit { edit: Edit::default(), note: None }, "edit: changes nothing"),
            (
                Decision::Edit { edit: Edit { value: Some(1.5), ..Edit::default() }, note: None },
                "value: a count is a whole",
            ),
            (Decision::Edit { edit: Edit { value: Some(-1.0), ..Edit::default() }, note: None }, "value: "),
            (
                Decision::Edit { edit: Edit { signal: Some("sca_critical".into()), ..Edit::default() }, note: None },
                "signal: there is no signal `sca_critical` in the catalogue",
            ),
            (Decision::Note { note: " \u{200b}".into() }, "note: must not be empty"),
        ] {
            let e = admin.decide(&scope, high.id, decision).await.unwrap_err();
            assert!(matches!(e.kind, Kind::Invalid(_)) && e.to_string().contains(says), "{e}");
        }
        let nobody = ProposalId::new(uuid::Uuid::from_u128(1));
        let e = admin.decide(&scope, nobody, Decision::Accept { note: None }).await.unwrap_err();
        assert_eq!(e.kind, Kind::NotFound);
        // another tenant's is not there
        let e = admin.decide(&w.contoso.tenant.scope, high.id, Decision::Accept { note: None }).await.unwrap_err();
        assert_eq!(e.kind, Kind::NotFound);
        // a rejected one may still be accepted
        admin.decide(&scope, high.id, Decision::Accept { note: None }).await.unwrap();
        run(&w.acme, id).await;
        assert_eq!(now(&w.acme.kri("sca_high_open").await), (Some(60.0), "ok", "red"));
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn undo_takes_the_sample_back_and_erases_nothing() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let (id, admin, scope) = (zone(&w, &w.acme, "Drops").await, w.hub.admin(), w.acme.tenant.scope.clone());
        push(&w.acme, id, "shop", &npm(2, 0, 1)).await;
        run(&w.acme, id).await;
        w.hub.clock.advance(Span::days(1));
        push(&w.acme, id, "shop", &npm(30, 0, 2)).await;
        let wrong = newest(&w, &w.acme, "sca_critical_open").await;
        run(&w.acme, id).await;
        assert_eq!(now(&w.acme.kri("sca_critical_open").await), (Some(30.0), "ok", "red"));
        w.hub.clock.advance(Span::hours(3));
        let undone =
            admin.decide(&scope, wrong.id, Decision::Undo { note: Some("wrong branch".into()) }).await.unwrap();
        assert_eq!(undone.status, Status::Undone);
        let kri = w.acme.kri("sca_critical_open").await;
        assert_eq!((now(&kri), kri["lineage"].as_array().unwrap().len()), ((Some(2.0), "ok", "amber"), 1));
        let today = kri["samples"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((today["value"].as_f64(), &today["status"]), (Some(2.0), &json!("amber")), "{kri}");
        // nothing is gone
        let db = w.hub.store().at(&scope);
        let row = watchkeep_store::kris::by_slug(db, "sca_critical_open", w.hub.now()).await.unwrap().unwrap();
        let all = watchkeep_store::samples::before(db, row.id, watchkeep_model::Timestamp::MAX, 10).await.unwrap();
        assert_eq!(all.iter().map(|s| s.value).collect::<Vec<_>>(), [Some(30.0), Some(2.0)]);
        // a day later the history is made anew, and it still does not count
        w.hub.clock.advance(Span::days(1));
        push(&w.acme, id, "shop", &npm(1, 0, 3)).await;
        run(&w.acme, id).await;
        let kri = w.acme.kri("sca_critical_open").await;
        let values: Vec<_> = kri["samples"].as_array().unwrap().iter().map(|s| s["value"].as_f64()).collect();
        assert_eq!(values, [Some(2.0), Some(2.0), Some(1.0)], "{kri}");
        // accepted after all: it counts again
        admin.decide(&scope, wrong.id, Decision::Accept { note: None }).await.unwrap();
        run(&w.acme, id).await;
        let all = watchkeep_store::samples::before(db, row.id, watchkeep_model::Timestamp::MAX, 10).await.unwrap();
        assert_eq!(all.len(), 4);
        assert_eq!(decisions(&w, &w.acme, wrong.id).await, ["auto_accepted", "undone", "accepted"]);
        let kri = w.acme.kri("sca_critical_open").await;
        let values: Vec<_> = kri["samples"].as_array().unwrap().iter().map(|s| s["value"].as_f64()).collect();
        assert_eq!(values, [Some(2.0), Some(30.0), Some(1.0)], "{kri}");
        // undone before it became a sample, it never becomes one
        push(&w.acme, id, "other", &npm(5, 0, 9)).await;
        let p = newest(&w, &w.acme, "sca_critical_open").await;
        admin.decide(&scope, p.id, Decision::Undo { note: None }).await.unwrap();
        run(&w.acme, id).await;
        assert_eq!(w.acme.kri("sca_critical_open").await["subjects"], 1);
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn a_value_that_another_file_says_too_stands_after_an_undo() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let (id, admin, scope) = (zone(&w, &w.acme, "Drops").await, w.hub.admin(), w.acme.tenant.scope.clone());
        // the same report twice, in other bytes, at the same moment
        push(&w.acme, id, "shop", &npm(3, 0, 1)).await;
        let first = newest(&w, &w.acme, "sca_critical_open").await;
        push(&w.acme, id, "shop", &format!("{}\n", npm(3, 0, 1))).await;
        let second = newest(&w, &w.acme, "sca_critical_open").await;
        assert_ne!(first.id, second.id);
        let ran = run(&w.acme, id).await;
        assert_eq!((&ran["written"], &ran["skipped"]), (&json!(2), &json!(2)), "{ran}");
        admin.decide(&scope, first.id, Decision::Undo { note: None }).await.unwrap();
        assert_eq!(now(&w.acme.kri("sca_critical_open").await).0, Some(3.0));
        admin.decide(&scope, second.id, Decision::Undo { note: None }).await.unwrap();
        let kri = w.acme.kri("sca_critical_open").await;
        assert_eq!((now(&kri), &kri["subjects"]), ((None, "unknown", "unknown"), &json!(0)));
    })
    .await;
}

#[tokio::test]
async fn a_kri_that_was_archived_takes_nothing() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let (id, admin, scope) = (zone(&w, &w.acme, "Drops").await, w.hub.admin(), w.acme.tenant.scope.clone());
        push(&w.acme, id, "shop", &npm(3, 0, 1)).await;
        run(&w.acme, id).await;
        push(&w.acme, id, "shop", &npm(4, 0, 2)).await;
        admin.archive_kri(&scope, "sca_critical_open").await.unwrap();
        let ran = run(&w.acme, id).await;
        assert_eq!((&ran["status"], &ran["skipped"]), (&json!("ok"), &json!(2)), "{ran}");
        let p = newest(&w, &w.acme, "sca_critical_open").await;
        assert_eq!((p.status, p.reason.as_str()), (Status::Pending, "impossible"));
        let e = admin.decide(&scope, p.id, Decision::Accept { note: None }).await.unwrap_err();
        assert!(e.to_string().contains("was archived"), "{e}");
        push(&w.acme, id, "shop", &npm(5, 0, 3)).await;
        assert_eq!(newest(&w, &w.acme, "sca_critical_open").await.status, Status::Pending);
        // undo of what became a sample before
        let wanted = watchkeep_hub::admin::Wanted {
            status: Some(Status::Accepted),
            kri: "sca_critical_open".into(),
            ..Default::default()
        };
        let old = admin.proposals(&scope, &wanted, 1).await.unwrap().remove(0);
        admin.decide(&scope, old.id, Decision::Undo { note: None }).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn the_words_that_a_proposal_was_read_from_are_shown() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let (id, admin, scope) = (zone(&w, &w.acme, "Drops").await, w.hub.admin(), w.acme.tenant.scope.clone());
        push(&w.acme, id, "", LOOSE).await;
        let p = newest(&w, &w.acme, "vuln_critical_open").await;
        assert_eq!((p.status, p.value, p.state), (Status::Pending, Some(7.0), State::Ok), "{p:?}");
        let told = admin.proposal(&scope, &w.hub.keys, p.id).await.unwrap();
        assert!(told.excerpt.as_deref().unwrap().contains('7'), "{told:?}");
        assert!(LOOSE.contains(told.excerpt.as_deref().unwrap()), "{told:?}");
        assert_eq!(told.artifact.as_ref().unwrap().filename.as_deref(), Some("audit.json"));
        assert_eq!(told.features["hasValue"], true);
    })
    .await;
}
