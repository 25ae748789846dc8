//! The bytes of what was pushed: sealed, in parts, gone after their time.
use serde_json::json;
use watchkeep_hub::dropzone::{Body, Push};
use watchkeep_hub::jobs;
use watchkeep_model::{IntegrationId, Span};
use watchkeep_testkit::Engine;

use super::{newest, npm, push, refused, run, zone};
use crate::kris::now;
use crate::world::{Side, World, on_each_engine};

async fn file(w: &World, side: &Side, id: IntegrationId, bytes: Vec<u8>) -> watchkeep_hub::dropzone::Submitted {
    let push = Push {
        integration: id,
        body: Body::Bytes(bytes),
        filename: Some("/var/reports/audit.json".into()),
        mime: None,
        subject: Some("shop".into()),
    };
    w.hub.admin().push(&side.tenant.scope, &w.hub.keys, None, push).await.unwrap()
}

#[tokio::test]
async fn a_long_report_is_kept_in_sealed_parts_and_gone_after_ninety_days() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        jobs::install(&w.hub.hub).await.unwrap();
        let id = zone(&w, &w.acme, "Drops").await;
        let scope = w.acme.tenant.scope.clone();
        // four parts, and the finding stands in the last
        let filler = format!("the-canary-of-the-report {} ", "x".repeat(100)).repeat(28_000);
        let long = npm(2, 0, 1).replacen('{', &format!("{{\"padding\":\"{filler}\","), 1);
        assert!(long.len() > 3 << 20);
        let told = file(&w, &w.acme, id, long.clone().into_bytes()).await;
        assert_eq!(told.proposals.auto_accepted, 2, "{told:?}");
        assert!(w.hub.store().staged_before(watchkeep_model::Timestamp::MAX, 10).await.unwrap().is_empty());
        let p = newest(&w, &w.acme, "sca_critical_open").await;
        assert!(p.span.unwrap().start > 3 << 20, "{p:?}");
        let shown = w.hub.admin().proposal(&scope, &w.hub.keys, p.id).await.unwrap();
        assert!(shown.excerpt.as_deref().unwrap().contains("critical"), "{:?}", shown.excerpt);
        assert_eq!(shown.artifact.as_ref().unwrap().filename.as_deref(), Some("audit.json"), "no folders");
        if w.hub.database.engine == Engine::Sqlite {
            let files = std::fs::read_dir(w.hub.database.folder.path()).unwrap();
            let all: Vec<u8> = files.flat_map(|f| std::fs::read(f.unwrap().path()).unwrap()).collect();
            let canary = b"the-canary-of-the-report";
            assert!(all.len() > 3 << 20 && !all.windows(canary.len()).any(|w| w == canary));
        }
        run(&w.acme, id).await;
        assert_eq!(file(&w, &w.acme, id, long.clone().into_bytes()).await.duplicate_of, Some(told.artifact_id));

        w.hub.clock.advance(Span::days(89));
        w.hub.run_jobs().await;
        assert!(w.hub.admin().proposal(&scope, &w.hub.keys, p.id).await.unwrap().excerpt.is_some());
        w.hub.clock.advance(Span::days(1).plus(Span::hours(1)));
        w.hub.run_jobs().await;
        let shown = w.hub.admin().proposal(&scope, &w.hub.keys, p.id).await.unwrap();
        assert!(shown.excerpt.is_none() && shown.artifact.unwrap().body_removed_at.is_some());
        // the row stays: the same bytes are still the same, and the value still tells where it is from
        assert_eq!(file(&w, &w.acme, id, long.into_bytes()).await.duplicate_of, Some(told.artifact_id));
        let kri = w.acme.at(&w.hub).await.kri("sca_critical_open").await;
        assert_eq!(kri["lineage"][0]["evidence"]["sha256"], json!(told.sha256));
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_push_left_behind_that_was_cut_off_is_removed() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        jobs::install(&w.hub.hub).await.unwrap();
        let id = watchkeep_model::ArtifactId::new(uuid::Uuid::from_u128(7));
        let now_ = w.hub.now();
        for n in 0..9 {
            w.hub.store().stage_part(&w.acme.tenant.scope, id, n, vec![1; 1000], now_).await.unwrap();
        }
        let left = async || w.hub.store().staged_before(watchkeep_model::Timestamp::MAX, 10).await.unwrap().len();
        w.hub.clock.advance(Span::hours(1));
        w.hub.run_jobs().await;
        assert_eq!(left().await, 1, "it may still be under way");
        w.hub.clock.advance(Span::hours(2));
        w.hub.run_jobs().await;
        assert_eq!(left().await, 0);
        let db = w.hub.store().at(&w.acme.tenant.scope);
        let part = watchkeep_store::artifacts::part(db, &w.hub.keys, w.acme.tenant.scope.tenant(), id, 0).await;
        assert!(part.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn bodies_that_cannot_be_are_told() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let id = zone(&w, &w.acme, "Drops").await;
        let theirs = zone(&w, &w.contoso, "Drops").await;
        let long = "€".repeat((1 << 20) / 3 + 1);
        let before = crate::ledger::register(&w.hub, &w.acme).await;
        for (args, word, says) in [
            (json!({ "integrationId": id, "content": "" }), "invalid", "content: "),
            (json!({ "integrationId": id, "content": long }), "invalid", "1048576"),
            (
                json!({ "integrationId": theirs, "content": "x" }),
                "not_found",
                "integrationId: there is no such integration",
            ),
            (json!({ "integrationId": "nonsense", "content": "x" }), "invalid", "integrationId"),
            (json!({ "content": "x" }), "invalid", "integrationId"),
        ] {
            let (kind, text) = refused(&w.acme, "submit_dropzone_artifact", args).await;
            assert_eq!(kind, word, "{text}");
            assert!(text.contains(says), "{text}");
        }
        let listed = w.acme.asked("list_integrations", json!({ "kind": "csv" })).await;
        let csv = listed["items"][0]["id"].as_str().unwrap().to_owned();
        let (kind, text) =
            refused(&w.acme, "submit_dropzone_artifact", json!({ "integrationId": csv, "content": "x" })).await;
        assert!(kind == "conflict" && text.contains("is no Drop Zone (it is csv)"), "{kind} {text}");
        let (kind, text) = refused(&w.acme, "run_integration", json!({ "integrationId": csv })).await;
        assert!(kind == "conflict" && text.contains("has no pull in this version"), "{kind} {text}");
        let (kind, _) = refused(&w.acme, "run_integration", json!({ "integrationId": theirs })).await;
        assert_eq!(kind, "not_found");
        w.hub.admin().switch_integration(&w.acme.tenant.scope, "Drops", false).await.unwrap();
        let args = json!({ "integrationId": id, "content": "x" });
        let (kind, text) = refused(&w.acme, "submit_dropzone_artifact", args).await;
        assert!(kind == "conflict" && text.contains("switched off"), "{kind} {text}");
        w.hub.admin().switch_integration(&w.acme.tenant.scope, "Drops", true).await.unwrap();
        assert_eq!(crate::ledger::register(&w.hub, &w.acme).await, before, "nothing was half-written");
        // bytes that are nothing are an artifact that says so
        let told = file(&w, &w.acme, id, vec![0, 159, 146, 150, 0, 1]).await;
        assert!(told.proposals == Default::default() && !told.notes.is_empty(), "{told:?}");
        let told = push(&w.acme, id, "shop", &npm(1, 0, 1)).await;
        assert_eq!(told["proposals"]["autoAccepted"], 2);
        run(&w.acme, id).await;
        assert_eq!(now(&w.acme.kri("sca_critical_open").await).0, Some(1.0));
    })
    .await;
}
