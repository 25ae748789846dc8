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
async fn this_version_has_no_metadata_of_the_fleet() {
    let doors = Doors::with(watchkeep_hub::Limits::NONE, |s| s.mounts = watchkeep_server::MOUNTS).await;
    for path in ["", "/mcp", "/mcp/t/acme"] {
        let answer = doors.send(Request::get(format!("/.well-known/oauth-protected-resource{path}")), "").await;
        assert_eq!(answer.status, 404, "{path}");
    }
    assert_eq!(doors.send(Request::post("/mcp"), "").await.status, 404);
    assert_eq!(doors.send(Request::post("/"), "").await.status, 405);
}

#[tokio::test]
async fn everything_else_is_told_in_json() {
    let doors = Doors::new().await;
    for (method, path, text) in [
        (
            "GET",
            "/.well-known/oauth-authorization-server",
            "sign-in is not built into this version; use a personal access token",
        ),
        (
            "GET",
            "/.well-known/oauth-authorization-server/api/mcp",
            "sign-in is not built into this version; use a personal access token",
        ),
        (
            "GET",
            "/.well-known/openid-configuration",
            "sign-in is not built into this version; use a personal access token",
        ),
        ("GET", "/.well-known/oauth-protected-resource/api/mcp/t/Not_a_slug", "there is no MCP endpoint at this path"),
        ("GET", "/.well-known/oauth-protected-resource/etc/passwd", "there is no MCP endpoint at this path"),
        ("GET", "/authorize?client_id=x", "sign-in is not built into this version; use a personal access token"),
        ("POST", "/token", "sign-in is not built into this version; use a personal access token"),
        ("POST", "/register", "sign-in is not built into this version; use a personal access token"),
        ("POST", "/mcp/oauth/register", "sign-in is not built into this version; use a personal access token"),
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
