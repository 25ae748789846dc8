//! Health, metrics and the headers of every answer.
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::Request;
use serde_json::{Value, json};
use watchkeep_hub::Limits;
use watchkeep_server::peer::Peer;

use crate::doors::Doors;
use crate::fixture::{key, pat};

fn from(ip: [u8; 4], path: &str) -> http::request::Builder {
    Request::get(path).extension(Peer(SocketAddr::from((ip, 1))))
}

#[tokio::test]
async fn the_hub_says_how_it_is() {
    let doors = Doors::new().await;
    let health = doors.send(Request::get("/healthz").header("host", "10.0.0.1:8840"), "").await;
    assert_eq!((health.status, &*health.body), (200, &b"ok\n"[..]));
    let ready = doors.send(Request::get("/readyz"), "").await;
    assert_eq!((ready.status, ready.json()), (200, json!({ "ready": true, "store": "ok" })));
}

#[tokio::test]
async fn metrics_are_for_this_machine_or_the_bearer() {
    let doors = Doors::with(Limits::NONE, |s| s.metrics_token = Some("scrape-me".into())).await;
    doors.tool("/api/mcp", &pat("acme", 'a'), "list_sources", json!({})).await;
    doors.tool("/api/mcp", &pat("acme", 'a'), "no_such_tool", json!({})).await;
    let near = doors.send(from([127, 0, 0, 1], "/metrics"), "").await;
    let page = String::from_utf8(near.body.clone()).unwrap();
    for line in [
        "watchkeep_requests_total{door=\"mcp\",op=\"list_sources\",status=\"ok\"} 1",
        "watchkeep_requests_total{door=\"mcp\",op=\"unknown\",status=\"not_found\"} 1",
        "watchkeep_request_duration_seconds_count{door=\"mcp\",op=\"list_sources\"} 1",
        "watchkeep_requests_in_flight 1",
        "watchkeep_connections 0",
        "watchkeep_store_groups_total",
        "store=\"sqlite\"",
        "# EOF",
    ] {
        assert!(page.contains(line), "{line} in {page}");
    }
    assert!(!page.contains("no_such_tool"), "a caller's word is no label");

    let status = async |request: http::request::Builder| doors.send(request, "").await.status;
    assert_eq!(status(from([192, 0, 2, 1], "/metrics")).await, 401);
    assert_eq!(status(from([192, 0, 2, 1], "/metrics").header("authorization", "Bearer scrape-me")).await, 200);
    assert_eq!(status(from([192, 0, 2, 1], "/metrics").header("authorization", "Bearer scrape-m")).await, 401);
    // everybody behind a proxy on this machine looks near
    assert_eq!(status(from([127, 0, 0, 1], "/metrics").header("x-forwarded-for", "127.0.0.1")).await, 401);
    assert_eq!(status(from([127, 0, 0, 1], "/metrics").header("forwarded", "for=127.0.0.1")).await, 401);
}

#[tokio::test]
async fn every_answer_has_its_id_and_its_guards() {
    let doors = Doors::new().await;
    for path in ["/", "/healthz", "/api/mcp", "/api/v1/tenants/acme/sources", "/nothing", "/.well-known/x"] {
        let answer = doors.send(Request::get(path).header("x-request-id", "mine"), "").await;
        let id = answer.header("x-request-id");
        assert!(id.len() == 36 && id.as_bytes()[14] == b'7', "{path}: {id}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cache-control", "no-store"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
    }
}

#[tokio::test]
async fn the_audit_log_has_the_clients_address() {
    let doors = Doors::with(Limits::NONE, |s| s.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()]).await;
    let ask = async |peer: [u8; 4], forwarded: &str| {
        let request = Request::post("/api/mcp")
            .extension(Peer(SocketAddr::from((peer, 1))))
            .header("authorization", format!("Bearer {}", pat("acme", 'a')))
            .header("content-type", "application/json")
            .header("user-agent", "tests/2 (\u{202e}hidden)".replace('\u{202e}', ""))
            .header("x-forwarded-for", forwarded);
        doors.send(request, crate::doors::call("list_sources", json!({ "limit": 1 })).to_string()).await;
        let row = doors.house.rows("acme").await.pop().unwrap();
        assert!(row.metadata.contains("tests/2"), "{}", row.metadata);
        row.address.unwrap()
    };
    assert_eq!(ask([10, 0, 0, 9], "8.8.8.8, 203.0.113.4").await, "203.0.113.4");
    assert_eq!(ask([203, 0, 113, 5], "8.8.8.8").await, "203.0.113.5");
}

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_an_answer_like_any_other() {
    let doors = Doors::new().await;
    let answer = doors.send(Request::delete("/healthz"), "").await;
    assert_eq!(
        (answer.status, answer.header("x-request-id").len(), answer.header("x-content-type-options")),
        (405, 36, "nosniff")
    );
}

/// Everything that is logged, as JSON lines.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_the_request_and_no_secret() {
    let log = Log::default();
    let lines = log.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || lines.clone()).finish();
    let _on_this_thread = tracing::subscriber::set_default(subscriber);
    let doors = Doors::new().await;
    let request = Request::get("/api/v1/tenants/acme/fail?how=internal&x=looked-for")
        .header("authorization", format!("Bearer {}", key("acme", '1')))
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let refused = doors.send(request, "").await;
    let failed = doors.get("/api/v1/tenants/acme/fail?how=internal", &key("acme", '1')).await;
    doors.send(Request::get("/healthz"), "").await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let of = |answer: &crate::doors::Answer| {
        let id = answer.header("x-request-id").to_owned();
        let lines = text.lines().filter(|line| line.contains(&id));
        lines.map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    let access = &of(&refused)[0];
    assert_eq!(access["target"], "watchkeep::access");
    let fields = &access["fields"];
    assert_eq!(
        (&fields["status"], &fields["op"], &fields["outcome"]),
        (&json!(422), &json!("fail_on_purpose"), &json!("invalid"))
    );
    assert_eq!((&fields["path"], &fields["address"]), (&json!("/api/v1/tenants/acme/fail"), &json!("192.0.2.7")));
    assert_eq!(fields["trace"], "0af7651916cd43dd8448eb211c80319c");
    assert!(
        of(&failed)[0]["fields"]["error"].as_str().unwrap().contains("secret detail"),
        "what lies behind stands in the log"
    );
    assert!(!text.contains("looked-for") && !text.contains(&"1".repeat(20)) && !text.contains("healthz"), "{text}");
}
