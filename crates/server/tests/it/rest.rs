//! The REST door.
use http::Request;
use serde_json::{Value, json};

use crate::doors::Doors;
use crate::fixture::{key, pat};

const SOURCES: &str = "/api/v1/tenants/acme/sources";

#[tokio::test]
async fn a_key_opens_its_tenant_and_nothing_else() {
    let doors = Doors::new().await;
    let read = key("acme", '1');
    assert_eq!(doors.get(SOURCES, &read).await.status, 200);
    let (before, ..) = doors.rows().await;
    let mut bodies = vec![];
    for slug in ["contoso", "nobody", "Not_a_slug"] {
        let answer = doors.get(&format!("/api/v1/tenants/{slug}/sources"), &read).await;
        assert_eq!(answer.status, 404, "{slug}");
        bodies.push(answer.body);
    }
    bodies.push(doors.get("/api/v1/tenants/acme/no-such-path", &read).await.body);
    bodies.push(doors.get("/api/v1/tenants/acme/secrets", &read).await.body);
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "another tenant, none, no such path and a role too low look the same");
    let rows = doors.house.rows("acme").await;
    assert_eq!(
        (rows.len(), &*rows.last().unwrap().event, &*rows.last().unwrap().outcome),
        (before + 4, "api_called", "not_found")
    );
    assert_eq!(doors.house.rows("contoso").await.len(), 1);

    let none = doors.send(Request::get(SOURCES), "").await;
    assert_eq!((none.status, none.header("www-authenticate")), (401, "Bearer realm=\"watchkeep\""));
    assert!(none.json()["detail"].as_str().unwrap().contains("drx_api_<tenant-slug>.<hex>"));
    let wrong = doors.get(SOURCES, &pat("acme", 'b')).await;
    assert_eq!((wrong.status, wrong.json()["detail"].as_str().unwrap().contains("opens MCP only")), (401, true));
}

#[tokio::test]
async fn a_read_key_writes_nothing() {
    let doors = Doors::new().await;
    let answer = doors.post(SOURCES, &key("acme", '1'), &json!({ "name": "x" })).await;
    assert_eq!((answer.status, answer.json()["scope"].as_str()), (403, Some("api:write")));
    assert_eq!(answer.header("www-authenticate"), "Bearer error=\"insufficient_scope\", scope=\"api:write\"");
    assert_eq!(doors.rows().await.2, "forbidden");
}

#[tokio::test]
async fn arguments_come_from_path_query_and_body() {
    let doors = Doors::new().await;
    let (read, write) = (key("acme", '1'), key("acme", '0'));
    let page = doors.get(&format!("{SOURCES}?limit=2&kind=csv"), &read).await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let one = doors.get(&format!("{SOURCES}/source%2D0003"), &read).await.json();
    assert_eq!(one["name"], "source-0003");
    let many = doors.get(&format!("{SOURCES}/-/export?kind=csv&kind=api"), &read).await.json();
    assert_eq!(many["name"], "csv+api");
    let made = doors
        .post(SOURCES, &write, &json!({ "name": "made", "labels": { "a": "b" }, "firstRunAt": "2026-11-21T00:00:00Z" }))
        .await;
    assert_eq!((made.status, made.json()["nextRunAt"].as_str()), (200, Some("2026-11-21T00:00:00Z")));
    assert_eq!(made.json()["name"], "made");
    let request = Request::put(format!("{SOURCES}/made/check")).header("authorization", format!("Bearer {write}"));
    assert_eq!(doors.send(request, "").await.json(), json!({ "name": "made", "changed": false }));
    assert_eq!(doors.post(SOURCES, &write, &json!({ "name": "made" })).await.status, 409);
}

#[tokio::test]
async fn bad_requests_are_problems_that_name_the_field() {
    let doors = Doors::new().await;
    let (read, write) = (key("acme", '1'), key("acme", '0'));
    for (path, status, field) in [
        ("?limit=many", 422, "limit"),
        ("?limit=0", 422, "limit"),
        ("?limit=1&limit=2", 422, "limit"),
        ("?lmit=1", 422, "lmit"),
        ("?kind=", 422, "kind"),
        ("/-/export?kind=csv&kind=nope", 422, "kind[1]"),
        ("/source-0001?id=x", 422, "id"),
        ("?cursor=abc", 409, ""),
    ] {
        let answer = doors.get(&format!("{SOURCES}{path}"), &read).await;
        let problem = answer.json();
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (status, "application/problem+json"),
            "{path} {problem}"
        );
        assert_eq!(problem["errors"][0]["field"].as_str().unwrap_or_default(), field, "{path} {problem}");
        assert_eq!(problem["status"], status);
    }
    let send = async |kind: &str, body: Vec<u8>| {
        let request =
            Request::post(SOURCES).header("authorization", format!("Bearer {write}")).header("content-type", kind);
        let answer = doors.send(request, body).await;
        assert_eq!(answer.header("content-type"), "application/problem+json");
        (answer.status, answer.json()["detail"].as_str().unwrap().to_owned())
    };
    let json = "application/json";
    for (kind, body, status, part) in [
        ("text/plain", &b"{}"[..], 415, "Content-Type must be application/json"),
        ("", b"{}", 415, "Content-Type"),
        (json, b"{", 400, "is not JSON"),
        (json, b"[]", 400, "must be a JSON object"),
        (json, b"{\"name\":\"\xff\"}", 400, "not UTF-8 at byte 9"),
        (json, b"{}", 422, "name: is required"),
        (json, b"", 422, "name: is required"),
        (json, br#"{"name":"x","labels":null}"#, 422, "labels: must be an object, not null"),
        (json, br#"{"name":"x","limit":"1"}"#, 422, "limit: there is no such argument"),
        (json, br#"{"name":"x","firstRunAt":"soon"}"#, 422, "firstRunAt: "),
    ] {
        let (got, detail) = send(kind, body.to_vec()).await;
        assert!(got == status && detail.contains(part), "{kind} {}: {got} {detail}", String::from_utf8_lossy(body));
    }
    let deep = format!("{{\"labels\":{}1{}}}", "[".repeat(80), "]".repeat(80));
    assert_eq!(send(json, deep.into_bytes()).await.0, 400);
    assert_eq!(send(json, vec![b' '; 4 * 1024 * 1024 + 1]).await.0, 413);
    let (_, _, outcome) = doors.rows().await;
    assert_eq!(outcome, "invalid", "a bad request of a good key leaves its row");
}

#[tokio::test]
async fn each_kind_of_failure_has_its_status() {
    let doors = Doors::new().await;
    for (how, status) in
        [("not_found", 404), ("conflict", 409), ("unavailable", 503), ("full", 507), ("internal", 500), ("panic", 500)]
    {
        let answer = doors.get(&format!("/api/v1/tenants/acme/fail?how={how}"), &key("acme", '1')).await;
        let problem = answer.json();
        assert_eq!((answer.status, problem["status"].as_u64()), (status, Some(u64::from(status))), "{how}");
        assert!(!problem.to_string().contains("secret"), "{problem}");
        if status == 500 {
            assert!(problem["detail"].as_str().unwrap().contains(answer.header("x-request-id")));
        }
    }
}

#[tokio::test]
async fn the_idempotency_header_is_the_argument() {
    let doors = Doors::new().await;
    let send = async |name: &str, key_header: Option<&str>, argument: Option<&str>| {
        let mut request = Request::post(SOURCES).header("authorization", format!("Bearer {}", key("acme", '0')));
        request = request.header("content-type", "application/json");
        if let Some(value) = key_header {
            request = request.header("idempotency-key", value);
        }
        let mut body = json!({ "name": name });
        if let Some(value) = argument {
            body["idempotencyKey"] = value.into();
        }
        let answer = doors.send(request, body.to_string()).await;
        (answer.status, answer.json())
    };
    let (_, first) = send("one", Some("\"k\""), None).await;
    assert_eq!(send("one", Some("k"), None).await, (200, first.clone()));
    assert_eq!(send("one", None, Some("k")).await, (200, first));
    assert_eq!(send("two", Some("k"), None).await.0, 409);
    let (status, problem) = send("two", Some("k"), Some("l")).await;
    assert_eq!((status, problem["errors"][0]["field"].as_str()), (422, Some("idempotencyKey")));
    assert_eq!(send("two", Some(&"k".repeat(129)), None).await.0, 422);
}

#[tokio::test]
async fn other_methods_are_named_in_allow() {
    let doors = Doors::new().await;
    let request = Request::delete(SOURCES).header("authorization", format!("Bearer {}", key("acme", '0')));
    let answer = doors.send(request, "").await;
    assert_eq!((answer.status, answer.json()["type"].as_str()), (405, Some("/problems/method")));
    assert!(
        answer.header("allow").contains("GET") && answer.header("allow").contains("POST"),
        "{}",
        answer.header("allow")
    );
    assert_ne!(answer.json()["detail"], Value::Null);
}
