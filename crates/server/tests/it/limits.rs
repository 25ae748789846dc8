//! Rate limits, as each door tells them.
use serde_json::json;
use watchkeep_hub::Limits;
use watchkeep_model::Span;

use crate::doors::Doors;
use crate::fixture::{key, pat};

#[tokio::test]
async fn headers_tell_what_is_left_and_how_long_to_wait() {
    let doors = Doors::with(Limits { light: 2, heavy: 1, write: 1 }, |_| {}).await;
    let a = pat("acme", 'a');
    let first = doors.tool("/api/mcp", &a, "list_sources", json!({})).await;
    assert_eq!(
        (first.header("ratelimit-policy"), first.header("ratelimit")),
        ("\"light\";q=2;w=60", "\"light\";r=1;t=30")
    );
    doors.tool("/api/mcp", &a, "list_sources", json!({})).await;
    let third = doors.tool("/api/mcp", &a, "list_sources", json!({})).await;
    let result = third.result();
    assert_eq!((third.status, result["isError"].as_bool()), (200, Some(true)));
    assert_eq!(result["_meta"]["watchkeep/error"], json!({ "kind": "limited", "retryAfter": 30 }));
    assert_eq!(result["content"][0]["text"], "too many calls with this token (2 a minute); wait 30 s and call again");
    assert_eq!(third.header("ratelimit"), "\"light\";r=0;t=60");
    // what asks for nothing of the tenant is free
    assert_eq!(
        doors.rpc("/api/mcp", &a, &json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })).await.status,
        200
    );

    let path = "/api/v1/tenants/acme/sources";
    for want in [200, 200, 429] {
        let answer = doors.get(path, &key("acme", '1')).await;
        assert_eq!(answer.status, want);
        assert!(answer.header("ratelimit").starts_with("\"light\";r="), "{answer:?}");
        if want == 429 {
            assert_eq!((answer.header("retry-after"), answer.json()["retryAfter"].as_u64()), ("30", Some(30)));
        }
    }
    doors.house.clock.advance(Span::seconds(30));
    assert_eq!(doors.get(path, &key("acme", '1')).await.status, 200);
    let page = doors.app.metrics.text().unwrap();
    assert!(page.contains("watchkeep_rate_limited_total{class=\"light\"} 2"), "{page}");
}
