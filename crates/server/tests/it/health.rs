//! Health, metrics and the headers of every answer.
use std::net::SocketAddr;

use http::Request;
use serde_json::json;
use watchkeep_hub::Limits;
use watchkeep_server::peer::Peer;

use crate::doors::Doors;
use crate::fixture::pat;

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
