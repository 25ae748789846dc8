//! What each attack finds: two tenants with an analyst each, and what is expected of answers.
use std::time::Duration;

use watchkeep_hub::{Limits, Lists};
use watchkeep_model::Span;
use watchkeep_testkit::oauth::{App, Browser, STATE, Tokens, call, query};
use watchkeep_testkit::{Answer, Engine, Tenant, TestHub};

use crate::ledger::rows_after;

/// A hub with two tenants that have nothing to do with each other.
pub(super) struct Scene {
    pub(super) engine: Engine,
    pub(super) hub: TestHub,
    pub(super) acme: Tenant,
    pub(super) contoso: Tenant,
}

/// The analyst of the first tenant.
pub(super) const ANA: &str = "ana@acme.example";
/// The analyst of the second.
pub(super) const MALLORY: &str = "ana@contoso.example";

impl Scene {
    pub(super) async fn new(engine: Engine) -> Self {
        let hub = TestHub::with(engine, Lists::PRODUCT, Limits::NONE).await;
        let (acme, contoso) = (hub.tenant("acme").await, hub.tenant("contoso").await);
        Self { engine, hub, acme, contoso }
    }

    /// Ana's browser, signed in.
    pub(super) async fn ana(&self) -> Browser {
        Browser::of(&self.hub, ANA).await
    }
    /// A public client that asks for nothing in particular.
    pub(super) async fn app(&self) -> App {
        App::public(&self.hub, "app").await
    }
    /// A code that ana allowed a client for her tenant.
    pub(super) async fn code(&self, browser: &mut Browser, app: &App) -> String {
        browser.allow(app, "acme", &["mcp:read"]).await.code()
    }
    /// A client with tokens for ana's tenant.
    pub(super) async fn connected(&self) -> (Browser, App, Tokens) {
        let (mut browser, app) = (self.ana().await, self.app().await);
        let code = self.code(&mut browser, &app).await;
        let tokens = Tokens::of(&app.redeem(&self.hub, &code, &[]).await);
        self.lives(&tokens.access).await;
        (browser, app, tokens)
    }

    pub(super) fn advance(&self, seconds: i64) {
        self.hub.clock.advance(Span::seconds(seconds));
    }
    /// The access token opens the risk connector.
    pub(super) async fn lives(&self, token: &str) {
        let answer = call(&self.hub, token, "/api/mcp").await;
        assert_eq!(answer.status, 200, "{}", answer.json());
        assert!(answer.json()["result"]["tools"].is_array(), "{}", answer.json());
        // that it was used is noted beside the answer
        assert!(self.hub.hub.tasks.idle(Duration::from_secs(10)).await);
    }
    /// It does not: 401, as RFC 6750 has it.
    pub(super) async fn dead(&self, token: &str) {
        let answer = call(&self.hub, token, "/api/mcp").await;
        assert_eq!(answer.status, 401, "{}", answer.json());
        assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""), "{:?}", answer.headers);
    }
    /// The events of a tenant's chain.
    pub(super) async fn events(&self, tenant: &Tenant) -> Vec<String> {
        // who was second in a race has a row that says so
        let rows = rows_after(&self.hub, &tenant.scope, 0).await;
        rows.into_iter().filter(|row| row.outcome != "conflict").map(|row| row.event).collect()
    }
}

/// A page that leads nowhere.
pub(super) fn page(answer: &Answer, about: &str) {
    assert_eq!(answer.status, 400, "{about}: {}", answer.header("location"));
    assert_eq!(answer.header("location"), "", "{about}");
    assert!(answer.header("content-type").starts_with("text/html"), "{about}");
    assert!(answer.headers.get("refresh").is_none(), "{about}");
}

/// Forbidden, and no way to the client.
pub(super) fn forbidden(answer: &Answer, about: &str) {
    assert_eq!(answer.status, 403, "{about}: {}", answer.header("location"));
    assert_eq!(answer.header("location"), "", "{about}");
}

/// The client is told at its own address.
pub(super) fn told(hub: &TestHub, app: &App, answer: &Answer, error: &str) {
    let to = answer.header("location");
    assert_eq!(answer.status, 303, "{error}: {}", String::from_utf8_lossy(&answer.body));
    assert!(to.starts_with(&format!("{}?", app.redirect)), "{to}");
    assert_eq!(query(to, "error"), [error], "{to}");
    assert_eq!(query(to, "state"), [STATE], "{to}");
    assert_eq!(query(to, "iss"), [hub.hub.public_url.as_str()], "{to}");
    assert_eq!(query(to, "code"), [""; 0], "{to}");
}

/// A refusal of the token endpoint.
pub(super) fn refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!((answer.status, answer.json()["error"].as_str()), (status, Some(error)), "{}", answer.json());
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.json().get("access_token").is_none());
}
