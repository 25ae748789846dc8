//! Who gets in, and what the others are told.
use http::Request;
use serde_json::json;

use crate::doors::{BASE, Doors, call};
use crate::fixture::{key, pat};

#[tokio::test]
async fn each_key_opens_its_own_door() {
    let doors = Doors::new().await;
    let (a, f, api) = (pat("acme", 'a'), pat("acme", 'f'), key("acme", '0'));
    for (path, token, want) in [
        ("/api/mcp", &a, 200),
        ("/api/mcp/", &a, 200),
        ("/api/mcp/t/acme", &a, 200),
        ("/api/mcp/t/contoso", &a, 404),
        ("/api/mcp/t/nobody", &a, 404),
        ("/api/mcp/t/Not_a_Slug", &a, 404),
        ("/mcp", &a, 401),
        ("/", &a, 401),
        ("/mcp", &f, 200),
        ("/mcp/t/acme", &f, 200),
        ("/", &f, 200),
        ("/api/mcp", &f, 401),
        ("/api/mcp", &api, 401),
        ("/mcp", &api, 401),
    ] {
        let answer = doors.rpc(path, token, &json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" })).await;
        assert_eq!(answer.status, want, "{path} {token}");
    }
    // no token of a connector opens REST, at any route
    for ready in doors.house.hub.ops() {
        let Some((verb, path)) = ready.def.doors.rest else { continue };
        let path = format!("/api/v1/tenants/acme{}", path.replace("{id}", "x"));
        for token in
            [pat("acme", 'a'), pat("acme", 'b'), pat("acme", 'd'), pat("acme", 'f'), format!("mat_{}", "0".repeat(64))]
        {
            let request = Request::builder().method(format!("{verb:?}").to_uppercase().as_str()).uri(&path);
            let request =
                request.header("authorization", format!("Bearer {token}")).header("content-type", "application/json");
            assert_eq!(doors.send(request, "{}").await.status, 401, "{path} {token}");
        }
    }
}

#[tokio::test]
async fn a_challenge_names_the_metadata_of_the_typed_path() {
    let doors = Doors::new().await;
    for (path, metadata, scope) in [
        ("/api/mcp", "/.well-known/oauth-protected-resource/api/mcp", "mcp:read"),
        ("/api/mcp/", "/.well-known/oauth-protected-resource/api/mcp", "mcp:read"),
        ("/api/mcp/t/acme", "/.well-known/oauth-protected-resource/api/mcp/t/acme", "mcp:read"),
        ("/api/mcp/t/nobody", "/.well-known/oauth-protected-resource/api/mcp/t/nobody", "mcp:read"),
        ("/mcp", "/.well-known/oauth-protected-resource/mcp", "mcp.read"),
        ("/", "/.well-known/oauth-protected-resource", "mcp.read"),
    ] {
        for method in ["POST", "GET", "DELETE", "OPTIONS"] {
            if (path, method) != ("/", "POST") && path == "/" {
                continue; // the bare origin takes POST only
            }
            let answer = doors.send(Request::builder().method(method).uri(path), "").await;
            let want = format!("Bearer scope=\"{scope}\", resource_metadata=\"{BASE}{metadata}\"");
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, &*want), "{method} {path}");
            assert_eq!(answer.json()["error"], "unauthorized");
        }
    }
}

#[tokio::test]
async fn a_bad_token_is_told_what_is_wrong_with_it() {
    let doors = Doors::new().await;
    let missing_point = format!("drx_pat_acme{}", "a".repeat(64));
    for (authorization, part) in [
        (format!("Bearer {}", pat("acme", 'e')), "has expired"),
        (format!("Bearer {}", pat("acme", '9')), "nobody has this credential"),
        (format!("Bearer {}", pat("contoso", 'a').replace("contoso", "nobody")), "nobody has this credential"),
        (format!("Bearer {missing_point}"), "drx_pat_<tenant-slug>.<hex>"),
        ("Bearer drx_pat_acme.<token>".to_owned(), "drx_pat_<tenant-slug>.<hex>"),
        ("Bearer nonsense".to_owned(), "drx_pat_<tenant-slug>.<hex>"),
        (format!("Bearer {}", key("acme", '0')), "an API key opens the REST API only"),
        (format!("Bearer {}", pat("acme", 'f')), "does not open the risk connector"),
    ] {
        let answer = doors.send(Request::post("/api/mcp").header("authorization", &authorization), "{}").await;
        let body = answer.json();
        assert_eq!((answer.status, body["error"].as_str()), (401, Some("invalid_token")), "{authorization}");
        assert!(body["error_description"].as_str().unwrap().contains(part), "{authorization}: {body}");
        let challenge = answer.header("www-authenticate");
        assert!(
            challenge.starts_with("Bearer error=\"invalid_token\", error_description=\"")
                && challenge.contains("resource_metadata="),
            "{challenge}"
        );
        let told = format!("{body}{challenge}");
        assert!(!told.contains(&"a".repeat(20)) && !told.contains(&"9".repeat(20)), "a secret is repeated: {told}");
    }
    for authorization in ["Basic abc", "Bearer", "Bearer ", "bearer\tx", ""] {
        let answer = doors.send(Request::post("/api/mcp").header("authorization", authorization), "{}").await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (401, Some("unauthorized")), "{authorization}");
    }
    let page = doors.app.metrics.text().unwrap();
    assert!(page.contains("watchkeep_refused_total{door=\"mcp\",reason=\"expired\"} 1"), "{page}");
    // nobody's requests leave no row in anybody's log
    assert_eq!(doors.rows().await.0, 1);
}

#[tokio::test]
async fn a_revoked_token_and_a_disabled_member_are_out_at_once() {
    let doors = Doors::new().await;
    let (house, a) = (&doors.house, pat("acme", 'a'));
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    assert_eq!(doors.rpc("/api/mcp", &a, &ping).await.status, 200);
    let access = house.access(&a).await;
    let (token, person) = (access.token, access.person.unwrap());
    let scope = house.scope("acme").await;
    let call = crate::fixture::operator_call("token_revoked");
    house
        .hub
        .store
        .write(&scope, call, async move |tx| watchkeep_store::tokens::revoke(tx, token, crate::fixture::NOW).await)
        .await
        .unwrap();
    let answer = doors.rpc("/api/mcp", &a, &ping).await;
    assert_eq!(
        (answer.status, answer.json()["error_description"].as_str()),
        (401, Some("this credential was revoked; make a new one"))
    );
    let call = crate::fixture::operator_call("member_disabled");
    house
        .hub
        .store
        .write(&scope, call, async move |tx| watchkeep_store::people::leave(tx, person, crate::fixture::NOW).await)
        .await
        .unwrap();
    let answer = doors.rpc("/api/mcp", &pat("acme", 'b'), &ping).await;
    assert_eq!(
        (answer.status, answer.json()["error_description"].as_str()),
        (401, Some("You do not have access to that tenant"))
    );
}

#[tokio::test]
async fn a_missing_scope_is_challenged_with_all_that_is_needed_and_recorded() {
    let doors = Doors::new().await;
    let (before, ..) = doors.rows().await;
    let answer = doors.tool("/api/mcp/t/acme", &pat("acme", 'a'), "add_source", json!({ "name": "x" })).await;
    assert_eq!((answer.status, answer.json()["error"].as_str()), (403, Some("insufficient_scope")));
    let challenge = answer.header("www-authenticate");
    for part in [
        "error=\"insufficient_scope\"",
        "scope=\"mcp:read mcp:write\"",
        "resource_metadata=\"https://hub.example/.well-known/oauth-protected-resource/api/mcp/t/acme\"",
    ] {
        assert!(challenge.contains(part), "{challenge}");
    }
    assert_eq!(doors.rows().await, (before + 1, "add_source".into(), "forbidden".into()));
    // the same arguments, refused or not, have the same hash
    let refused = doors.house.rows("acme").await.pop().unwrap().args_hash;
    doors.tool("/api/mcp", &pat("acme", 'b'), "add_source", json!({ "name": "x" })).await;
    assert_eq!(doors.house.rows("acme").await.pop().unwrap().args_hash, refused);
}

#[tokio::test]
async fn a_viewer_is_told_that_connectors_are_for_analysts() {
    let doors = Doors::new().await;
    let (before, ..) = doors.rows().await;
    let answer = doors.tool("/api/mcp", &pat("acme", 'c'), "list_sources", json!({})).await;
    assert_eq!((answer.status, answer.json()["error"].as_str()), (403, Some("access_denied")));
    assert_eq!(doors.rows().await, (before + 1, "list_sources".into(), "forbidden".into()));
}

#[tokio::test]
async fn a_token_at_another_tenants_path_is_recorded_in_its_own() {
    let doors = Doors::new().await;
    let (before, ..) = doors.rows().await;
    let theirs = doors.house.rows("contoso").await.len();
    let real = doors.tool("/api/mcp/t/contoso", &pat("acme", 'a'), "list_sources", json!({})).await;
    assert_eq!(doors.rows().await, (before + 1, "list_sources".into(), "not_found".into()));
    let none = doors.tool("/api/mcp/t/nobody", &pat("acme", 'a'), "list_sources", json!({})).await;
    assert_eq!((real.status, &real.body), (404, &none.body));
    assert_eq!(doors.house.rows("contoso").await.len(), theirs);
}

#[tokio::test]
async fn only_post_is_taken() {
    let doors = Doors::new().await;
    for method in ["GET", "DELETE", "PUT", "PATCH", "OPTIONS"] {
        let request = Request::builder()
            .method(method)
            .uri("/api/mcp")
            .header("authorization", format!("Bearer {}", pat("acme", 'a')));
        let answer = doors.send(request, "").await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{method}");
        assert_eq!(answer.json()["error"]["code"], -32600);
    }
}

#[tokio::test]
async fn accept_and_content_type_are_checked_kindly() {
    let doors = Doors::new().await;
    let ask = async |accept: Option<&str>, kind: Option<&str>| {
        let mut request = Request::post("/api/mcp").header("authorization", format!("Bearer {}", pat("acme", 'a')));
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let answer = doors.send(request, call("list_sources", json!({ "limit": 1 })).to_string()).await;
        (answer.status, answer.json()["error"]["code"].as_i64())
    };
    let json = Some("application/json");
    for accept in [
        None,
        Some("*/*"),
        Some("application/*"),
        json,
        Some("application/json, text/event-stream"),
        Some("text/html, */*;q=0.1"),
        Some("Application/JSON;q=0.9"),
    ] {
        assert_eq!(ask(accept, json).await, (200, None), "{accept:?}");
    }
    for accept in ["text/event-stream", "text/html", "application/jsonp", ""] {
        assert_eq!(ask(Some(accept), json).await, (406, Some(-32600)), "{accept}");
    }
    for kind in [json, Some("application/json; charset=utf-8"), Some("Application/Json")] {
        assert_eq!(ask(None, kind).await, (200, None), "{kind:?}");
    }
    for kind in
        [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonlines"), Some("")]
    {
        assert_eq!(ask(None, kind).await, (415, Some(-32600)), "{kind:?}");
    }
}

#[tokio::test]
async fn a_foreign_host_or_origin_is_refused() {
    let doors = Doors::new().await;
    for path in ["/api/mcp", "/mcp", "/api/v1/tenants/acme/sources"] {
        for (host, origin, want) in [
            ("hub.example", None, true),
            ("hub.example:443", None, true),
            ("hub.example", Some("https://hub.example"), true),
            ("hub.example", Some("https://hub.example:443"), true),
            ("evil.example", None, false),
            ("hub.example:8443", None, false),
            ("hub.example", Some("https://evil.example"), false),
            ("hub.example", Some("http://hub.example"), false),
            ("hub.example", Some("null"), false),
        ] {
            let method = if path.starts_with("/api/v1") { "GET" } else { "POST" };
            let token = match path {
                "/api/mcp" => pat("acme", 'a'),
                "/mcp" => pat("acme", 'f'),
                _ => key("acme", '0'),
            };
            let mut request = Request::builder().method(method).uri(path).header("host", host);
            request =
                request.header("authorization", format!("Bearer {token}")).header("content-type", "application/json");
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let answer = doors.send(request, r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#).await;
            assert_eq!(answer.status, if want { 200 } else { 403 }, "{path} {host} {origin:?}");
        }
    }
}
