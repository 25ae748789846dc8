//! The doors of their own: a file with an API key, the webhook with the Drop Zone's token. Here by their functions; the
//! HTTP side is tested where it stands.
use std::sync::Arc;

use watchkeep_hub::call::{CallMeta, Door};
use watchkeep_hub::dropzone::{self, Body, Push};
use watchkeep_hub::{Kind, Limits};
use watchkeep_model::IntegrationId;
use watchkeep_store::{Access, Stopwatch};

use super::{npm, zone};
use crate::ledger;
use crate::world::{World, on_each_engine};

fn meta(w: &World) -> CallMeta {
    CallMeta {
        door: Door::Rest,
        client: Some("curl/8".into()),
        address: Some("192.0.2.7".into()),
        request: w.hub.hub.request_id(),
        watch: Stopwatch::start(),
    }
}

fn file(id: IntegrationId, body: Body) -> Push {
    Push { integration: id, body, filename: Some("a.json".into()), mime: None, subject: Some("shop".into()) }
}

async fn access(w: &World, scopes: &str) -> Arc<Access> {
    let key = w.hub.key(&w.acme.tenant, scopes).await;
    Arc::new(w.hub.store().authenticate(&key, w.hub.now()).await.unwrap().unwrap())
}

#[tokio::test]
async fn a_file_comes_in_with_a_key_that_may_write() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let id = zone(&w, &w.acme, "Drops").await;
        let theirs = zone(&w, &w.contoso, "Drops").await;
        let spool = w.hub.database.folder.path().join("spool");
        std::fs::write(&spool, npm(2, 0, 1)).unwrap();
        let (reader, writer) = (access(&w, "api:read").await, access(&w, "api:read api:write").await);
        let hub = &w.hub.hub;
        assert!(dropzone::admit(hub, &writer, id).await.is_ok());
        let e = dropzone::admit(hub, &reader, id).await.unwrap_err();
        assert!(matches!(e.kind, Kind::Forbidden { .. }), "{e}");
        assert_eq!(dropzone::admit(hub, &writer, theirs).await.unwrap_err().kind, Kind::NotFound);

        let rows = async || ledger::rows_after(&w.hub, &w.acme.tenant.scope, 0).await;
        for (who, to, outcome) in [(&reader, id, "forbidden"), (&writer, theirs, "not_found")] {
            let told = dropzone::upload(hub, who, meta(&w), file(to, Body::File(spool.clone()))).await;
            assert_eq!(told.result.unwrap_err().word(), outcome);
            let row = rows().await.pop().unwrap();
            assert_eq!((&*row.op, &*row.outcome, &*row.event), ("upload_artifact", outcome, "api_called"));
        }
        let told = dropzone::upload(hub, &writer, meta(&w), file(id, Body::File(spool.clone()))).await.result.unwrap();
        let row = rows().await.pop().unwrap();
        assert_eq!((&*row.outcome, row.target), ("ok", Some(told.artifact_id.to_string())));
        let all = w.hub.admin().artifacts(&w.acme.tenant.scope, Some("Drops"), 10).await.unwrap();
        assert_eq!((all[0].via.as_str(), all[0].pushed_by.as_str()), ("api", "test"));
        assert_eq!(all[0].client.as_deref(), Some("curl/8"));
        let again = dropzone::upload(hub, &writer, meta(&w), file(id, Body::File(spool))).await.result.unwrap();
        assert_eq!(again.duplicate_of, Some(told.artifact_id));
        assert_eq!(rows().await.pop().unwrap().outcome, "ok");
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn the_webhook_opens_for_its_own_token_alone() {
    on_each_engine(async |engine| {
        let limits = Limits { write: 2, ..Limits::NONE };
        let w = World::with(engine, watchkeep_hub::Lists::PRODUCT, limits).await;
        let (id, other) = (zone(&w, &w.acme, "Drops").await, zone(&w, &w.acme, "Other").await);
        let (hub, admin, scope) = (&w.hub.hub, w.hub.admin(), w.acme.tenant.scope.clone());
        let first = admin.rotate_zone_token(&scope, "Drops").await.unwrap();
        let token = admin.rotate_zone_token(&scope, &id.to_string()).await.unwrap();
        let theirs = admin.rotate_zone_token(&scope, "Other").await.unwrap();
        assert!(token.secret.starts_with("wdz_") && token.secret.len() == 68 && token.secret != first.secret);
        let id_text = id.to_string();
        for (which, secret) in [
            (&*id_text, &*first.secret),
            (&*id_text, &*theirs.secret),
            (&*other.to_string(), &*token.secret),
            (&*id_text, ""),
            ("nonsense", &*token.secret),
            ("019a9f3c-7b00-7c3e-9b1a-3f5d7e9a1b2c", &*token.secret),
        ] {
            assert!(dropzone::zone(hub, which, secret).await.unwrap().is_none(), "{which} {secret}");
        }
        let opened = dropzone::zone(hub, &id_text, &token.secret).await.unwrap().unwrap();
        assert_eq!((opened.integration(), opened.slug().as_str()), (id, "acme"));
        // whatever the push says, it lands in the zone of the token
        let told = dropzone::hook(hub, opened.clone(), meta(&w), file(other, Body::Bytes(npm(2, 0, 1).into()))).await;
        assert!(told.rate.is_some());
        let told = told.result.unwrap();
        let all = admin.artifacts(&scope, Some("Drops"), 10).await.unwrap();
        assert_eq!(
            (all[0].id, all[0].via.as_str(), all[0].pushed_by.as_str()),
            (told.artifact_id, "webhook", "webhook of Drops")
        );
        // it is limited like a key
        dropzone::hook(hub, opened.clone(), meta(&w), file(id, Body::Bytes(b"x".to_vec()))).await.result.unwrap();
        let told = dropzone::hook(hub, opened.clone(), meta(&w), file(id, Body::Bytes(b"y".to_vec()))).await;
        let e = told.result.unwrap_err();
        assert!(matches!(e.kind, Kind::Limited { .. }), "{e}");
        let rows = ledger::rows_after(&w.hub, &scope, 0).await;
        assert_eq!((&*rows.last().unwrap().op, &*rows.last().unwrap().outcome), ("dropzone_hook", "limited"));
        // a closed tenant is as good as none
        admin.switch_tenant("acme".parse().unwrap(), false).await.unwrap();
        assert!(dropzone::zone(hub, &id_text, &token.secret).await.unwrap().is_none());
    })
    .await;
}
