//! 57, 66 to 69: doors that are not there, and acts that leave a row. What none of the steps over HTTP can see is looked
//! at here.
use http::{Method, Request};
use serde_json::json;
use watchkeep_hub::Lists;
use watchkeep_model::Timestamp;
use watchkeep_testkit::oauth::{App, Browser, Tokens, register};
use watchkeep_testkit::{Engine, TestHub};

use super::scene::Scene;

/// How many clients are kept.
pub(super) async fn clients_kept(s: &Scene) -> i64 {
    s.hub.store().oauth_clients_since(s.hub.store().operator(), Timestamp::EPOCH).await.unwrap()
}

/// A second hub on the same data, which throttles its callers.
pub(super) async fn throttled(s: &Scene) -> TestHub {
    s.hub.beside_throttled(Lists::PRODUCT).await
}

/// None of these is there: for a stranger, a token, a key and a person.
async fn nothing_there(s: &Scene, paths: &[&str]) {
    let (pat, key) = (s.hub.token(&s.acme, "mcp:read mcp:write").await, s.hub.key(&s.acme, "api:read api:write").await);
    let mut browser = s.ana().await;
    for path in paths {
        for method in [Method::GET, Method::POST] {
            let request =
                || Request::builder().method(method.clone()).uri(*path).header("content-type", "application/json");
            for (who, client) in
                [("stranger", s.hub.stranger()), ("token", s.hub.client(&pat)), ("key", s.hub.client(&key))]
            {
                let answer = client.send(request(), "{}").await;
                // below the API a credential is asked for before anything is told
                let closed = path.starts_with("/api/v1") && who != "key" && answer.status == 401;
                assert!(answer.status == 404 || closed, "{method} {path} for a {who}: {}", answer.status);
            }
            let origin = s.hub.hub.public_url.clone();
            let headers = [("content-type", "application/json"), ("origin", &*origin)];
            let answer = browser.send(method.clone(), path, &headers, "{}".into()).await;
            assert_eq!(answer.status, 404, "{method} {path} for a person");
        }
    }
}

pub(super) async fn introspection(s: &Scene) {
    nothing_there(s, &["/introspect", "/mcp/oauth/introspect", "/oauth/introspect", "/userinfo", "/jwks.json"]).await;
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        let metadata = s.hub.stranger().get(path).await.json();
        for name in ["introspection_endpoint", "userinfo_endpoint", "jwks_uri"] {
            assert!(metadata.get(name).is_none(), "{name}");
        }
        assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(metadata["response_types_supported"], json!(["code"]));
    }
}

pub(super) async fn upstream(s: &Scene) {
    let paths = [
        "/sign-in/oidc",
        "/sign-in/callback",
        "/sign-in/saml",
        "/callback",
        "/oauth/callback",
        "/oidc/callback",
        "/saml/acs",
    ];
    nothing_there(s, &paths).await;
    // nor a grant that takes somebody else's word
    let app = s.app().await;
    for grant in [
        "password",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:device_code",
    ] {
        let fields =
            [("grant_type", grant), ("username", super::scene::ANA), ("password", "x"), ("assertion", "e30.e30.")];
        super::scene::refused(&app.token(&s.hub, &fields).await, 400, "unsupported_grant_type");
    }
}

/// The words of acts that no model may ever take.
const ACTS: &[&str] =
    &["isolate", "release", "kill", "lock", "unlock", "kernel_update", "emergency", "totp", "approve"];

pub(super) async fn emergency(s: &Scene) {
    let paths = [
        "/api/v1/tenants/acme/emergency",
        "/api/v1/tenants/acme/emergency/isolate",
        "/api/v1/tenants/acme/agents/1/isolate",
        "/api/v1/tenants/acme/actions/KillProcess",
        "/api/v1/me/emergency",
        "/emergency",
    ];
    nothing_there(s, &paths).await;
    let pat = s.hub.token(&s.acme, "mcp:read mcp:write").await;
    let list = watchkeep_testkit::oauth::call(&s.hub, &pat, "/api/mcp").await.json();
    for tool in list["result"]["tools"].as_array().unwrap() {
        let name = tool["name"].as_str().unwrap();
        assert!(ACTS.iter().all(|act| !name.split('_').any(|word| word == *act)), "{name}");
    }
    for name in ["isolate_network", "kill_process", "monsys_isolate_host"] {
        let answer =
            s.hub.client(&pat).tool(name, json!({ "agent": "x", "totp": "000000", "reason": "x".repeat(20) })).await;
        assert!(answer.json()["error"].is_object() || answer.json()["result"]["isError"] == true, "{}", answer.json());
    }
}

pub(super) async fn orders(s: &Scene) {
    nothing_there(
        s,
        &["/agent", "/agent/orders", "/agent/v1/report", "/api/v1/agent/orders", "/api/v1/tenants/acme/orders"],
    )
    .await;
}

pub(super) async fn audit(s: &Scene) {
    let (mut browser, app) = (s.ana().await, s.app().await);
    let code = s.code(&mut browser, &app).await;
    let tokens = Tokens::of(&app.redeem(&s.hub, &code, &[]).await);
    let second = Tokens::of(&app.refresh(&s.hub, &tokens.refresh, &[]).await);
    s.lives(&second.access).await;
    let events = s.events(&s.acme).await;
    for event in ["mcp_authorization_granted", "oauth_code_redeemed", "oauth_token_refreshed"] {
        assert_eq!(events.iter().filter(|other| *other == event).count(), 1, "{event} in {events:?}");
    }
    if s.engine != Engine::Postgres {
        // the file has no second door through which a test could make a row fail; that effect and row are one commit is
        // what the store's own suite proves of this engine
        return;
    }
    let code = s.code(&mut browser, &app).await;
    let (_, form) = browser.asked(&app, &[]).await;
    let kept = clients_kept(s).await;
    s.hub.database.refuse_rows("audit_log").await;
    let new = register(&s.hub, json!({ "client_name": "new", "redirect_uris": ["https://new.example/cb"] })).await;
    assert!(new.status >= 500 && new.json()["client_id"].is_null(), "{}", new.status);
    assert_eq!(clients_kept(s).await, kept);
    let consent = browser.submit(&form, &[("tenant", "acme"), ("decision", "allow")]).await;
    assert!(consent.status >= 500 && consent.header("location").is_empty(), "{}", consent.status);
    for answer in [app.redeem(&s.hub, &code, &[]).await, app.refresh(&s.hub, &second.refresh, &[]).await] {
        assert!(answer.status >= 500 && answer.json()["access_token"].is_null(), "{}", answer.status);
    }
    let mut stranger = Browser::new(&s.hub);
    let visit = stranger.sign_in(super::scene::ANA, watchkeep_testkit::oauth::PASSWORD).await;
    assert!(visit.answer.status >= 500 && !stranger.cookies.contains_key("wk_session"), "{}", visit.answer.status);
    // once rows can be written again, nothing of it has happened
    s.hub.database.take_rows("audit_log").await;
    Tokens::of(&app.redeem(&s.hub, &code, &[]).await);
    Tokens::of(&app.refresh(&s.hub, &second.refresh, &[]).await);
    let _same: &App = &app;
}
