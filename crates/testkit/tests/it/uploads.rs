//! Files that are pushed into a Drop Zone through the two doors for them: upload with a key, webhook with a token.
use http::Request;
use serde_json::{Value, json};
use watchkeep_hub::admin::NewZone;
use watchkeep_hub::{Limits, canonical};
use watchkeep_model::IntegrationId;
use watchkeep_store::audit;
use watchkeep_testkit::{Answer, Client};

use crate::extra;
use crate::ledger::{mark, rows_after};
use crate::world::{Done, Side, World, on_each_engine};

/// An audit by npm with one critical and one high finding.
pub(crate) const NPM: &str = r#"{"auditReportVersion":2,"vulnerabilities":{"lodash":{"name":"lodash","severity":"critical","via":[{"severity":"critical"}]},"qs":{"name":"qs","severity":"high","via":[{"severity":"high"}]}},"metadata":{"vulnerabilities":{"info":0,"low":0,"moderate":0,"high":1,"critical":1,"total":2}}}"#;
const BOUNDARY: &str = "----wk-boundary";

/// A Drop Zone with a token.
struct Zone {
    id: IntegrationId,
    token: String,
}

async fn zone(w: &World, side: &Side, name: &str) -> Zone {
    let admin = w.hub.admin();
    let new = NewZone { name: name.into(), vendor: String::new(), priority: None };
    let id = admin.create_zone(&side.tenant.scope, &new).await.unwrap().id;
    let token = admin.rotate_zone_token(&side.tenant.scope, &id.to_string()).await.unwrap().secret;
    Zone { id, token }
}

impl Zone {
    fn upload(&self, side: &Side, query: &str) -> String {
        side.path(&format!("/dropzone/{}/artifacts{query}", self.id))
    }

    async fn hook(&self, client: &Client, token: Option<&str>, body: &str) -> Answer {
        hook(client, &self.id.to_string(), token, body).await
    }
}

async fn hook(client: &Client, id: &str, token: Option<&str>, body: &str) -> Answer {
    let request = Request::post(format!("/api/v1/hooks/dropzone/{id}?filename=npm-audit.json&subject=shop"));
    let request = token.into_iter().fold(request, |request, token| request.header("x-extractor-token", token));
    client.send(request, body.to_owned()).await
}

/// A form of these parts: name, file name, text.
fn form(parts: &[(&str, Option<&str>, &str)]) -> String {
    let mut body = String::new();
    for (name, file, text) in parts {
        let file = file.map_or_else(String::new, |f| format!("; filename=\"{f}\"\r\nContent-Type: application/json"));
        body.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{text}\r\n"
        ));
    }
    body + &format!("--{BOUNDARY}--\r\n")
}

async fn send_form(client: &Client, path: &str, body: String) -> Answer {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    client.send(Request::post(path).header("content-type", kind), body).await
}

fn hex(bytes: &[u8]) -> String {
    canonical::sha256(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

async fn uploads_of(w: &World, side: &Side, seq: i64) -> Vec<audit::Row> {
    rows_after(&w.hub, &side.tenant.scope, seq).await
}

#[tokio::test]
async fn a_key_uploads_a_file_and_its_values_are_read() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let acme = &w.acme;
        let zone = zone(&w, acme, "drops").await;
        let path = zone.upload(acme, "?filename=npm-audit.json&subject=shop");
        let pushed = acme.key.send(Request::post(&path).header("content-type", "application/json"), NPM).await.done();
        assert_eq!(pushed["sha256"], hex(NPM.as_bytes()));
        assert_eq!((&pushed["duplicateOf"], pushed["artifactId"].is_string()), (&Value::Null, true), "{pushed}");
        let counts = &pushed["proposals"];
        let all: i64 = ["autoAccepted", "queued", "dismissed"].iter().map(|n| counts[*n].as_i64().unwrap()).sum();
        assert_eq!(all, 2, "{pushed}");
        let kept = w.hub.admin().artifacts(&acme.tenant.scope, None, 10).await.unwrap();
        let kept = serde_json::to_value(&kept).unwrap();
        assert_eq!(kept[0]["id"], pushed["artifactId"]);
        assert_eq!(
            (&kept[0]["filename"], &kept[0]["subject"], &kept[0]["mime"], &kept[0]["via"]),
            (&json!("npm-audit.json"), &json!("shop"), &json!("application/json"), &json!("api"))
        );
        assert_eq!(kept[0]["size"], NPM.len());

        // the same bytes again change nothing, whatever they are called
        let again = acme.key.send(Request::post(zone.upload(acme, "?filename=other.json")), NPM).await.done();
        assert_eq!((&again["duplicateOf"], &again["sha256"]), (&pushed["artifactId"], &pushed["sha256"]));
        assert_eq!(w.hub.admin().artifacts(&acme.tenant.scope, None, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_form_carries_a_file_too() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let acme = &w.acme;
        let zone = zone(&w, acme, "drops").await;
        let path = zone.upload(acme, "");
        let body = form(&[("subject", None, "shop"), ("file", Some("npm-audit.json"), NPM)]);
        let pushed = send_form(&acme.key, &path, body).await.done();
        assert_eq!(pushed["sha256"], hex(NPM.as_bytes()), "the file without its wrapping");
        let kept = w.hub.admin().artifacts(&acme.tenant.scope, None, 10).await.unwrap();
        let kept = serde_json::to_value(&kept).unwrap();
        assert_eq!(
            (&kept[0]["filename"], &kept[0]["subject"], &kept[0]["mime"]),
            (&json!("npm-audit.json"), &json!("shop"), &json!("application/json"))
        );
        // a name that is given goes before the file's own
        let body = form(&[("file", Some("a.txt"), "MFA: 91%\n"), ("filename", None, "b.txt")]);
        send_form(&acme.key, &path, body).await.done();
        let kept = w.hub.admin().artifacts(&acme.tenant.scope, None, 1).await.unwrap();
        assert_eq!(serde_json::to_value(&kept).unwrap()[0]["filename"], "b.txt");

        for (parts, wrong) in [
            (form(&[("subject", None, "shop")]), "file: is required"),
            (form(&[("file", Some("a"), "x"), ("file", Some("b"), "y")]), "one file at a time"),
            (form(&[("file", Some("a"), "x"), ("subjct", None, "y")]), "did you mean `subject`?"),
            (form(&[("subject", None, "x"), ("subject", None, "y"), ("file", Some("a"), "z")]), "is given twice"),
            (form(&[("subject", None, &"x".repeat(5_000)), ("file", Some("a"), "z")]), "longer than 4096 bytes"),
            (form(&[("file", Some("a"), "")]), "the file is empty"),
        ] {
            let answer = send_form(&acme.key, &path, parts).await;
            assert_eq!(answer.status, 422, "{wrong}: {}", answer.json());
            assert!(answer.json()["detail"].as_str().unwrap().contains(wrong), "{wrong}: {}", answer.json());
        }
        let cut = form(&[("file", Some("a"), NPM)]);
        let answer = send_form(&acme.key, &path, cut[..cut.len() - 60].to_owned()).await;
        assert_eq!((answer.status, &answer.json()["type"]), (400, &json!("/problems/malformed")));
        let answer = acme.key.send(Request::post(&path).header("content-type", "multipart/form-data"), "x").await;
        assert_eq!(answer.status, 400, "no boundary");
        assert_eq!(w.hub.admin().artifacts(&acme.tenant.scope, None, 10).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_taken_is_told_and_recorded() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let acme = &w.acme;
        let zone = zone(&w, acme, "drops").await;
        let post = |query: &str| Request::post(zone.upload(acme, query));
        let large = || vec![b'x'; 64 * 1024 * 1024 + 1];
        let cases: Vec<(http::request::Builder, axum::body::Body, u16, &str)> = vec![
            (post(""), "".into(), 422, "the file is empty"),
            (post("?subjekt=x"), NPM.into(), 422, "did you mean `subject`?"),
            (post("?subject=x&subject=y"), NPM.into(), 422, "is given twice"),
            (post("").header("content-encoding", "gzip"), NPM.into(), 415, "Content-Encoding"),
            (post("").header("content-type", "multipart/mixed; boundary=x"), NPM.into(), 415, "multipart/form-data"),
            (post("").header("content-length", "67108865"), NPM.into(), 413, "64 MiB (67108864 bytes)"),
            // nobody tells the length of this one beforehand
            (post(""), large().into(), 413, "64 MiB (67108864 bytes)"),
        ];
        for (request, body, status, text) in cases {
            let before = mark(&w.hub, acme).await;
            w.tick();
            let answer = acme.key.send(request, body).await;
            assert_eq!(answer.status, status, "{text}: {}", answer.json());
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert!(answer.json()["detail"].as_str().unwrap().contains(text), "{text}: {}", answer.json());
            let rows = uploads_of(&w, acme, before.seq).await;
            assert_eq!(rows.len(), 1, "{text}: {rows:?}");
            assert_ne!(rows[0].outcome, "ok", "{text}");
            assert_eq!(rows[0].request_id.to_string(), answer.header("x-request-id"));
        }
        assert!(w.hub.admin().artifacts(&acme.tenant.scope, None, 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn who_may_not_push_gets_what_any_other_call_gets() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let (acme, contoso) = (&w.acme, &w.contoso);
        let (mine, theirs) = (zone(&w, acme, "drops").await, zone(&w, contoso, "drops").await);
        let reads = w.hub.client(&w.hub.key(&acme.tenant, "api:read").await);
        let pat = w.hub.client(&w.hub.token(&acme.tenant, "mcp:read mcp:write").await);
        let source = acme.posted(json!([{ "kri": "vuln_critical_open", "value": 1 }])).await;
        assert!(source["runId"].is_string());
        let list = acme.key.get(&acme.path("/integrations")).await.json();
        let other = list["items"].as_array().unwrap().iter().find(|i| i["isDropZone"] == false).unwrap();
        let other = other["id"].as_str().unwrap().to_owned();
        let at = |side: &Side, id: &str| side.path(&format!("/dropzone/{id}/artifacts"));
        for (client, path, status) in [
            (&w.hub.stranger(), mine.upload(acme, ""), 401),
            (&pat, mine.upload(acme, ""), 401),
            (&reads, mine.upload(acme, ""), 403),
            (&contoso.key, mine.upload(acme, ""), 404),
            (&acme.key, theirs.upload(acme, ""), 404),
            (&acme.key, at(acme, "no-id"), 404),
            (&acme.key, at(acme, "00000000-0000-7000-8000-000000000000"), 404),
            (&acme.key, at(acme, &other), 409),
            (&acme.key, mine.upload(contoso, ""), 404),
        ] {
            let answer = client.send(Request::post(&path), NPM).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.json());
        }
        for verb in ["GET", "PUT", "DELETE"] {
            let answer = acme.key.json(verb, &mine.upload(acme, ""), json!({})).await;
            assert_eq!(answer.status, 405, "{verb}");
        }
        for side in [acme, contoso] {
            assert!(w.hub.admin().artifacts(&side.tenant.scope, None, 10).await.unwrap().is_empty());
        }
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn a_webhook_pushes_with_the_token_of_its_zone() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let (acme, nobody) = (&w.acme, w.hub.stranger());
        let zone = zone(&w, acme, "drops").await;
        let before = mark(&w.hub, acme).await;
        let answer = zone.hook(&nobody, Some(&zone.token), NPM).await;
        let request = answer.header("x-request-id").to_owned();
        let pushed = answer.done();
        assert_eq!(pushed["sha256"], hex(NPM.as_bytes()));
        let kept = serde_json::to_value(w.hub.admin().artifacts(&acme.tenant.scope, None, 10).await.unwrap()).unwrap();
        assert_eq!((&kept[0]["id"], &kept[0]["via"]), (&pushed["artifactId"], &json!("webhook")));
        let rows = uploads_of(&w, acme, before.seq).await;
        assert!(rows.iter().any(|r| r.request_id.to_string() == request && r.outcome == "ok"), "{rows:?}");
        assert_eq!(zone.hook(&nobody, Some(&zone.token), NPM).await.done()["duplicateOf"], pushed["artifactId"]);

        // bad input is told as at the other door
        for (body, status) in [("", 422), (NPM, 200)] {
            assert_eq!(zone.hook(&nobody, Some(&zone.token), body).await.status, status);
        }
        // a new token ends the old one
        let new = w.hub.admin().rotate_zone_token(&acme.tenant.scope, &zone.id.to_string()).await.unwrap().secret;
        assert_eq!(zone.hook(&nobody, Some(&zone.token), NPM).await.status, 401);
        assert_eq!(zone.hook(&nobody, Some(&new), NPM).await.status, 200);
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_learns_from_a_webhook_which_zones_there_are() {
    on_each_engine(async |engine| {
        let w = World::new(engine).await;
        let nobody = w.hub.stranger();
        let (mine, theirs) = (zone(&w, &w.acme, "drops").await, zone(&w, &w.contoso, "drops").await);
        let mut wrong = mine.token.clone();
        let last = if wrong.ends_with('0') { "1" } else { "0" };
        wrong.replace_range(wrong.len() - 1.., last);
        let id = mine.id.to_string();
        let mut told = vec![];
        for (id, token) in [
            (id.as_str(), Some(wrong.as_str())),
            (id.as_str(), Some(theirs.token.as_str())),
            (id.as_str(), Some("")),
            (id.as_str(), Some("drx_api_acme.00")),
            (id.as_str(), None),
            ("00000000-0000-7000-8000-000000000000", Some(mine.token.as_str())),
            ("no-id", Some(mine.token.as_str())),
            ("%00", Some(mine.token.as_str())),
        ] {
            let answer = hook(&nobody, id, token, NPM).await;
            assert_eq!(answer.status, 401, "{id} {token:?}");
            told.push(answer.body);
        }
        told.dedup();
        assert_eq!(told.len(), 1, "one answer for all");
        // the token is in no answer, and opens nothing else
        assert!(!String::from_utf8_lossy(&told[0]).contains(&mine.token));
        let client = w.hub.client(&mine.token);
        assert_eq!(client.get(&w.acme.path("/kris")).await.status, 401);
        assert_eq!(client.tool("list_kris", json!({})).await.status, 401);
        assert_eq!(client.get(&format!("/api/v1/hooks/dropzone/{id}")).await.status, 405);
        for side in [&w.acme, &w.contoso] {
            assert!(w.hub.admin().artifacts(&side.tenant.scope, None, 10).await.unwrap().is_empty());
        }
        // after many wrong ones there is a pause, also for the right one
        let mut limited = None;
        for n in 0..80 {
            let answer = mine.hook(&nobody, Some(&wrong), NPM).await;
            if answer.status == 429 {
                assert!(answer.header("retry-after").parse::<u32>().unwrap() <= 60);
                limited = Some(n);
                break;
            }
        }
        assert!(limited.is_some(), "nobody is stopped");
        assert_eq!(mine.hook(&nobody, Some(&mine.token), NPM).await.status, 429);
        w.hub.clock.advance(watchkeep_model::Span::minutes(2));
        assert_eq!(mine.hook(&nobody, Some(&mine.token), NPM).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn pushes_are_counted_against_the_limit_of_who_pushes() {
    on_each_engine(async |engine| {
        let limits = Limits { light: 0, heavy: 0, write: 2 };
        let w = World::with(engine, extra::lists(), limits).await;
        let (acme, nobody) = (&w.acme, w.hub.stranger());
        let zone = zone(&w, acme, "drops").await;
        for (n, status) in [(1, 200), (2, 200), (3, 429)] {
            let answer = acme.key.send(Request::post(zone.upload(acme, "")), format!("MFA: 9{n}%\n")).await;
            assert_eq!(answer.status, status, "{n}: {}", answer.json());
            assert!(answer.header("ratelimit").contains("\"write\""), "{:?}", answer.headers);
        }
        for (n, status) in [(1, 200), (2, 200), (3, 429)] {
            let answer = zone.hook(&nobody, Some(&zone.token), &format!("MFA: 8{n}%\n")).await;
            assert_eq!(answer.status, status, "{n}: {}", answer.json());
        }
    })
    .await;
}
