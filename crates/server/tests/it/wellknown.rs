//! Well-known documents, and the paths that people type by mistake.
use http::Request;
use serde_json::json;

use crate::doors::{BASE, Doors};

#[tokio::test]
async fn each_mounted_form_has_its_metadata() {
    let doors = Doors::new().await;
    for (path, resource, scope) in [
        ("/api/mcp", "/api/mcp", "mcp:read"),
        ("/api/mcp/t/acme", "/api/mcp/t/acme", "mcp:read"),
        ("/api/mcp/t/no-such-tenant", "/api/mcp/t/no-such-tenant", "mcp:read"),
        ("/mcp", "/mcp", "mcp.read"),
        ("/mcp/t/acme", "/mcp/t/acme", "mcp.read"),
        ("", "", "mcp.read"),
    ] {
        let answer = doors.send(Request::get(format!("/.well-known/oauth-protected-resource{path}")), "").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{path}");
        assert_eq!(
            answer.json(),
            json!({
                "resource": format!("{BASE}{resource}"),
                "authorization_servers": [BASE],
                "scopes_supported": [scope],
                "bearer_methods_supported": ["header"],
                "resource_name": "Watchkeep"
            })
        );
    }
}

#[tokio::test]
async fn the_authorization_server_describes_itself_by_the_configured_address_alone() {
    let doors = Doors::new().await;
    let first = doors.send(Request::get("/.well-known/oauth-authorization-server"), "").await;
    let document = first.json();
    assert_eq!((first.status, document["issuer"].as_str()), (200, Some(BASE)));
    for (member, path) in [
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("registration_endpoint", "/register"),
        ("revocation_endpoint", "/revoke"),
    ] {
        assert_eq!(document[member], format!("{BASE}{path}"), "{member}");
    }
    assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(document["response_types_supported"], json!(["code"]));
    assert_eq!(document["authorization_response_iss_parameter_supported"], json!(true));
    // RFC 7662 is not offered, so nothing says that it is
    assert!(document.get("introspection_endpoint").is_none());
    for path in [
        "/.well-known/oauth-authorization-server/api/mcp",
        "/.well-known/openid-configuration",
        "/.well-known/openid-configuration/mcp",
        "/api/mcp/.well-known/openid-configuration",
        "/mcp/.well-known/oauth-authorization-server",
    ] {
        let request =
            Request::get(path).header("x-forwarded-host", "evil.example").header("origin", "https://page.example");
        let answer = doors.send(request, "").await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, "*"), "{path}");
        assert_eq!(answer.json(), document, "{path}");
    }
}

#[tokio::test]
async fn everything_else_is_told_in_json() {
    let doors = Doors::new().await;
    for (method, path, text) in [
        ("GET", "/.well-known/nothing", "there is no such document; see /.well-known/oauth-authorization-server"),
        ("GET", "/.well-known/oauth-protected-resource/api/mcp/t/Not_a_slug", "there is no MCP endpoint at this path"),
        ("GET", "/.well-known/oauth-protected-resource/etc/passwd", "there is no MCP endpoint at this path"),
        (
            "POST",
            "/mcp/oauth/nothing",
            "there is nothing at this path for POST; see /.well-known/oauth-authorization-server",
        ),
        ("POST", "/api", "use /api/mcp"),
        ("GET", "/api/", "use /api/mcp"),
    ] {
        let answer = doors.send(Request::builder().method(method).uri(path), "").await;
        assert_eq!((answer.status, answer.header("content-type")), (404, "application/json"), "{path}");
        assert_eq!(answer.json(), json!({ "error": "not_found", "error_description": text }), "{path}");
    }
    for path in ["/nothing", "/api/v1", "/api/v1/tenants", "/api/v1/tenants/acme/nothing", "/api/v2/x", "/admin"] {
        let answer = doors.send(Request::get(path), "").await;
        assert_eq!((answer.status, answer.header("content-type")), (404, "application/problem+json"), "{path}");
        assert_eq!(answer.json()["type"], "/problems/not_found");
    }
    let root = doors.send(Request::get("/"), "").await;
    let page = String::from_utf8(root.body.clone()).unwrap();
    assert!(
        root.status == 200
            && page.starts_with("Watchkeep ")
            && page.contains("MCP (risk) at https://hub.example/api/mcp\n"),
        "{page}"
    );
}
