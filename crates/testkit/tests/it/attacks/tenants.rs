//! 33 to 39: what a token is for.
use http::Request;
use serde_json::json;
use watchkeep_testkit::Answer;
use watchkeep_testkit::oauth::{App, Tokens, call};

use super::scene::{ANA, Scene, forbidden, refused};

/// What a door tells, without what is another in each answer.
fn told(answer: &Answer) -> (u16, String) {
    let mut body = answer.json();
    for name in ["instance", "requestId", "request_id"] {
        if let Some(fields) = body.as_object_mut() {
            fields.remove(name);
        }
    }
    (answer.status, body.to_string().replace(answer.header("x-request-id"), ""))
}

pub(super) async fn audience(s: &Scene) {
    let (mut browser, app, tokens) = s.connected().await;
    for path in ["/mcp", "/mcp/t/acme", "/"] {
        let answer = call(&s.hub, &tokens.access, path).await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.json());
        assert!(answer.header("www-authenticate").contains("invalid_token"), "{path}: {:?}", answer.headers);
    }
    // bound to one address of the connector
    let bound = app.asking("resource", &format!("{}/api/mcp/t/acme", s.hub.hub.public_url));
    let code = s.code(&mut browser, &bound).await;
    let tokens = Tokens::of(&bound.redeem(&s.hub, &code, &[]).await);
    assert_eq!(call(&s.hub, &tokens.access, "/api/mcp/t/acme").await.status, 200);
    assert_eq!(call(&s.hub, &tokens.access, "/api/mcp").await.status, 401);
    // and REST is no connector at all
    let rest = s.hub.client(&tokens.access).get("/api/v1/tenants/acme/kris").await;
    assert_eq!(rest.status, 401, "{}", rest.json());
}

pub(super) async fn crossing(s: &Scene) {
    let (_, _, tokens) = s.connected().await;
    assert_eq!(call(&s.hub, &tokens.access, "/api/mcp/t/acme").await.status, 200);
    let other = call(&s.hub, &tokens.access, "/api/mcp/t/contoso").await;
    let nobody = call(&s.hub, &tokens.access, "/api/mcp/t/nobody-here").await;
    assert_eq!(other.status, 404, "{}", other.json());
    assert_eq!(told(&other).1.replace("contoso", "?"), told(&nobody).1.replace("nobody-here", "?"));
    // neither an argument nor a header leads elsewhere
    let client = s.hub.client(&tokens.access);
    let args = json!({ "tenant": "contoso", "tenantId": s.contoso.person.to_string() });
    let with_args = client.tool("list_kris", args).await;
    assert!(!String::from_utf8_lossy(&with_args.body).contains("contoso company"), "{}", with_args.json());
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
    let request = Request::post("/api/mcp").header("content-type", "application/json").header("x-tenant", "contoso");
    assert_eq!(client.send(request, message).await.status, 200);
    assert!(s.events(&s.contoso).await.iter().all(|event| event != "MCP_TOOL_CALLED"));
}

pub(super) async fn picker(s: &Scene) {
    let (mut browser, app) = (s.ana().await, s.app().await);
    let (page, form) = browser.asked(&app, &[]).await;
    assert!(!page.text().contains("contoso"), "only her own are shown");
    for tenant in ["contoso", "nobody-here", "ACME", "acme/../contoso"] {
        let answer = browser.submit(&form, &[("tenant", tenant), ("decision", "allow")]).await;
        forbidden(&answer, tenant);
    }
    // a membership that ended since the page was shown
    s.hub.admin().leave(&s.acme.scope, ANA).await.unwrap();
    forbidden(&browser.submit(&form, &[("tenant", "acme"), ("decision", "allow")]).await, "no member any more");
    assert!(s.events(&s.acme).await.iter().all(|event| event != "mcp_authorization_granted"));
    assert!(s.events(&s.contoso).await.iter().all(|event| event != "mcp_authorization_granted"));
}

pub(super) async fn membership(s: &Scene) {
    let (_, app, tokens) = s.connected().await;
    s.hub.admin().leave(&s.acme.scope, ANA).await.unwrap();
    s.dead(&tokens.access).await;
    refused(&app.refresh(&s.hub, &tokens.refresh, &[]).await, 400, "invalid_grant");
}

pub(super) async fn pat_slug(s: &Scene) {
    let pat = s.hub.token(&s.acme, "mcp:read").await;
    s.lives(&pat).await;
    let swapped = pat.replace("drx_pat_acme.", "drx_pat_contoso.");
    let unknown = format!("drx_pat_contoso.{}", "0".repeat(64));
    let (swapped, unknown) = (call(&s.hub, &swapped, "/api/mcp").await, call(&s.hub, &unknown, "/api/mcp").await);
    assert_eq!(swapped.status, 401);
    assert_eq!(told(&swapped), told(&unknown));
    assert_eq!(swapped.header("www-authenticate"), unknown.header("www-authenticate"));
}

pub(super) async fn in_query(s: &Scene) {
    let (_, _, tokens) = s.connected().await;
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    for path in ["/api/mcp", "/api/mcp/t/acme"] {
        let path = format!("{path}?access_token={}", tokens.access);
        let answer = s.hub.stranger().rpc_at(&path, message.clone()).await;
        assert_eq!(answer.status, 401, "{}", answer.json());
        assert!(!String::from_utf8_lossy(&answer.body).contains(&tokens.access));
    }
    let form = format!("access_token={}", tokens.access);
    assert_ne!(s.hub.stranger().raw_form("/api/mcp", form).await.status, 200);
}

pub(super) async fn wrong_kind(s: &Scene) {
    let (mut browser, app, tokens) = s.connected().await;
    let code = s.code(&mut browser, &app).await;
    for bearer in [&tokens.refresh, &code, &app.id, &format!("mat_{code}"), &tokens.refresh.replace("mrt_", "mat_")] {
        let answer = call(&s.hub, bearer, "/api/mcp").await;
        assert_eq!(answer.status, 401, "{}", answer.json());
    }
    refused(&app.refresh(&s.hub, &tokens.access, &[]).await, 400, "invalid_grant");
    refused(&app.refresh(&s.hub, &code, &[]).await, 400, "invalid_grant");
    refused(&app.redeem(&s.hub, &tokens.refresh, &[]).await, 400, "invalid_grant");
    let pat = s.hub.token(&s.acme, "mcp:read").await;
    refused(&app.refresh(&s.hub, &pat, &[]).await, 400, "invalid_grant");
    s.lives(&tokens.access).await;
    let _same: &App = &app;
}
