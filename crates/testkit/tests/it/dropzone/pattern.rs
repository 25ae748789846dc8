//! The pattern of the documents: find the Drop Zone, push, run, read.
use serde_json::json;
use watchkeep_model::Span;

use super::{npm, proposals, push, run, zone};
use crate::kris::now;
use crate::world::{World, on_each_engine};

#[tokio::test]
async fn evidence_becomes_kris_with_their_lineage() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let id = zone(&w, &w.acme, "EDR drops").await;
        let listed = w.acme.asked("list_integrations", json!({ "kind": "drop_zone" })).await;
        let found = &listed["items"][0];
        assert_eq!((&found["isDropZone"], &found["id"]), (&json!(true), &json!(id)));
        assert_eq!((&found["priority"], &found["openProposals"]), (&json!(60), &json!(0)));

        let told = push(&w.acme, id, "shop", &npm(2, 3, 1)).await;
        assert_eq!(told["proposals"], json!({ "autoAccepted": 2, "queued": 0, "dismissed": 0 }), "{told}");
        assert_eq!(told["format"], "npm-audit", "{told}");
        assert!(told.get("duplicateOf").is_none() && told["sha256"].as_str().unwrap().len() == 64, "{told}");
        // nothing is a value before the run
        assert!(!w.acme.slugs(json!({})).await.contains(&"sca_critical_open".to_owned()));

        w.hub.clock.advance(Span::seconds(5));
        let ran = run(&w.acme, id).await;
        assert_eq!((&ran["status"], &ran["written"], &ran["skipped"]), (&json!("ok"), &json!(2), &json!(0)), "{ran}");
        let again = w.acme.asked("get_run", json!({ "id": ran["runId"] })).await;
        assert_eq!(again, ran);

        let kri = w.acme.kri("sca_critical_open").await;
        assert_eq!(now(&kri), (Some(2.0), "ok", "amber"));
        assert_eq!((&kri["quality"], &kri["source"]["kind"]), (&json!("extracted"), &json!("drop_zone")));
        let line = &kri["lineage"][0];
        assert_eq!((&line["subject"], &line["by"]), (&json!("shop"), &json!("ana@acme.example")));
        assert_eq!(line["run"]["id"], ran["runId"]);
        let evidence = &line["evidence"];
        assert_eq!(evidence["artifactId"], told["artifactId"]);
        assert_eq!(evidence["sha256"], told["sha256"]);
        assert_eq!((&evidence["filename"], &evidence["via"]), (&json!("audit.json"), &json!("mcp")));
        assert_eq!((&evidence["pushedBy"], &evidence["acceptedBy"]), (&json!("ana@acme.example"), &json!("gate")));
        assert!(evidence["span"]["end"].as_i64().unwrap() > evidence["span"]["start"].as_i64().unwrap(), "{evidence}");
        assert_eq!(now(&w.acme.kri("sca_high_open").await), (Some(3.0), "ok", "green"));

        // the same again changes nothing
        let before = crate::ledger::register(&w.hub, &w.acme).await;
        let twice = push(&w.acme, id, "shop", &npm(2, 3, 1)).await;
        assert_eq!((&twice["artifactId"], &twice["duplicateOf"]), (&told["artifactId"], &told["artifactId"]));
        assert_eq!(twice["proposals"], json!({ "autoAccepted": 0, "queued": 0, "dismissed": 0 }));
        assert_eq!(crate::ledger::register(&w.hub, &w.acme).await, before);
        let ran = run(&w.acme, id).await;
        assert_eq!((&ran["status"], &ran["written"]), (&json!("ok"), &json!(0)), "{ran}");
        // another Drop Zone is another place
        let other = zone(&w, &w.acme, "Another").await;
        assert!(push(&w.acme, other, "shop", &npm(2, 3, 1)).await.get("duplicateOf").is_none());
        // and so is another tenant's
        let theirs = zone(&w, &w.contoso, "EDR drops").await;
        assert!(push(&w.contoso, theirs, "shop", &npm(2, 3, 1)).await.get("duplicateOf").is_none());
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn twins_at_once_become_one_artifact() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let id = zone(&w, &w.acme, "Drops").await;
        let text = npm(1, 0, 7);
        let all = futures_util::future::join_all((0..8).map(|_| push(&w.acme, id, "shop", &text))).await;
        let first = &all[0]["artifactId"];
        assert!(all.iter().all(|told| told["artifactId"] == *first), "{all:?}");
        let new: Vec<_> = all.iter().filter(|told| told.get("duplicateOf").is_none()).collect();
        assert_eq!(new.len(), 1, "{all:?}");
        assert!(all.iter().all(|told| told.get("duplicateOf").is_none_or(|d| d == first)));
        assert_eq!(proposals(&w, &w.acme).await.len(), 2);
        let admin = w.hub.admin();
        assert_eq!(admin.artifacts(&w.acme.tenant.scope, None, 10).await.unwrap().len(), 1);
        // and runs at once are one run
        let runs = futures_util::future::join_all((0..4).map(|_| run(&w.acme, id))).await;
        assert_eq!(runs.iter().map(|r| r["written"].as_i64().unwrap()).max(), Some(2), "{runs:?}");
        let kri = w.acme.kri("sca_critical_open").await;
        assert_eq!((now(&kri), kri["subjects"].as_i64()), ((Some(1.0), "ok", "amber"), Some(1)));
    })
    .await;
}

#[tokio::test]
async fn what_is_accepted_becomes_a_value_within_the_minute_though_nobody_runs_it() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        watchkeep_hub::jobs::install(&w.hub.hub).await.unwrap();
        let id = zone(&w, &w.acme, "Drops").await;
        push(&w.acme, id, "shop", &npm(1, 0, 1)).await;
        w.hub.clock.advance(Span::seconds(61));
        w.hub.run_jobs().await;
        let kri = w.acme.kri("sca_critical_open").await;
        assert_eq!(now(&kri), (Some(1.0), "ok", "amber"));
        assert_eq!(kri["lineage"][0]["run"]["startedBy"], "dropzone.materialise");
        assert_eq!(kri["lineage"][0]["by"], "ana@acme.example", "who pushed stands on the sample");
        // many, more than one slice holds
        for n in 0..30 {
            push(&w.acme, id, &format!("project-{n:02}"), &npm(1, 1, n)).await;
        }
        w.hub.clock.advance(Span::seconds(61));
        w.hub.run_jobs().await;
        let kri = w.acme.kri("sca_critical_open").await;
        assert_eq!((now(&kri), kri["subjects"].as_i64()), ((Some(31.0), "ok", "red"), Some(31)));
    })
    .await;
}

#[tokio::test]
async fn a_report_that_says_nothing_is_unknown_and_never_zero() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let id = zone(&w, &w.acme, "Drops").await;
        push(&w.acme, id, "shop", &npm(12, 0, 1)).await;
        run(&w.acme, id).await;
        assert_eq!(now(&w.acme.kri("sca_critical_open").await), (Some(12.0), "ok", "red"));
        w.hub.clock.advance(Span::hours(1));
        let told = push(&w.acme, id, "shop", r#"{"error":{"code":"ENOLOCK","summary":"no lockfile"}}"#).await;
        let all = proposals(&w, &w.acme).await;
        let new: Vec<_> =
            all.iter().filter(|p| p.artifact_id.is_some_and(|a| told["artifactId"] == json!(a))).collect();
        assert!(!new.is_empty() && new.iter().all(|p| p.value.is_none() && p.state.as_str() == "unknown"), "{told}");
        run(&w.acme, id).await;
        let kri = w.acme.kri("sca_critical_open").await;
        assert_ne!(kri["status"], "green");
        assert_ne!(kri["value"], json!(0));
        assert_eq!(kri["status"], "red", "going dark never improves: {kri}");
        assert_eq!(kri["lineage"][0]["state"], "unknown");
    })
    .await;
}
