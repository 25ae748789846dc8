//! 43 to 47: what pages say and to whom.
use http::Request;
use serde_json::json;
use watchkeep_testkit::oauth::{App, Browser, Form, PASSWORD, STATE, query, register};
use watchkeep_testkit::{Answer, TestHub};

use super::scene::{ANA, Scene, page};

fn framed_nowhere(answer: &Answer, about: &str) {
    assert_eq!(answer.header("x-frame-options"), "DENY", "{about}");
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"), "{about}: {policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{about}: {policy}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{about}");
    assert_eq!(answer.header("referrer-policy"), "no-referrer", "{about}");
    assert!(answer.header("cache-control").contains("no-store"), "{about}");
}

pub(super) async fn clickjacking(s: &Scene) {
    let app = s.app().await;
    let mut stranger = Browser::new(&s.hub);
    for path in ["/sign-in", "/forgot", "/link/0000", "/authorize", "/sign-in/second"] {
        framed_nowhere(&stranger.get(path).await, path);
    }
    framed_nowhere(&stranger.visit(&app.request(&[])).await.answer, "sign-in for a client");
    framed_nowhere(&stranger.get(&app.request(&[("redirect_uri", "https://evil.example")])).await, "an error");
    let mut browser = s.ana().await;
    for path in ["", "/security", "/sessions", "/tokens", "/apps", "/connections"] {
        let path = format!("/account{path}");
        let answer = browser.get(&path).await;
        assert_eq!(answer.status, 200, "{path}");
        framed_nowhere(&answer, &path);
    }
    let (visit, _) = browser.asked(&app, &[]).await;
    framed_nowhere(&visit.answer, "consent");
    assert!(visit.answer.header("content-security-policy").contains("form-action 'self' https://app.example"));
}

/// No markup, no character that changes how others are read, nothing of the attacker's in an attribute.
fn harmless(answer: &Answer, about: &str) {
    let html = String::from_utf8_lossy(&answer.body);
    for bad in ["<script>alert", "<img src=x", "onerror=\"alert", "\u{202e}", "\u{200b}", "=\"javascript:"] {
        assert!(!html.contains(bad), "{about}: {bad} in {html}");
    }
}

pub(super) async fn markup(s: &Scene) {
    let name = "<script>alert(1)</script>\"'><img src=x onerror=\"alert(1)\">\u{202e}\u{200b}";
    let body = json!({ "client_name": name, "redirect_uris": ["https://app.example/cb"], "client_uri": "javascript:alert(1)",
        "logo_uri": "javascript:alert(1)", "scope": "<script>alert(1)</script>" });
    let answer = register(&s.hub, body).await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    assert!(!answer.json().to_string().contains('\u{202e}'));
    let id = answer.json()["client_id"].as_str().unwrap().to_owned();
    let app = App { id, secret: None, method: "none", redirect: "https://app.example/cb".into(), extra: Vec::new() };

    let bad = "\"><script>alert(1)</script>\u{202e}";
    let mut browser = s.ana().await;
    let (visit, form) = browser.asked(&app, &[("state", bad)]).await;
    harmless(&visit.answer, "consent");
    assert!(visit.text().contains("&lt;script&gt;") || visit.text().contains("&#60;script"), "shown as text");
    let there = browser.submit(&form, &[("tenant", "acme"), ("decision", "allow")]).await;
    let to = there.header("location").to_owned();
    assert_eq!(query(&to, "state"), [bad]);
    assert!(to.bytes().all(|c| c.is_ascii_graphic() && !b"\"<>".contains(&c)), "{to}");
    for path in ["/account/apps", "/account/connections"] {
        harmless(&browser.get(path).await, path);
    }
    for (field, value) in [("redirect_uri", bad), ("client_id", bad), ("redirect_uri", "javascript:alert(1)")] {
        let answer = browser.get(&app.request(&[(field, value)])).await;
        page(&answer, field);
        harmless(&answer, field);
    }
    let refused = browser.get(&app.request(&[("scope", bad)])).await;
    let to = refused.header("location");
    assert!(to.starts_with("https://app.example/cb?error=invalid_scope"), "{to}");
    assert!(to.bytes().all(|c| c.is_ascii_graphic() && !b"\"<>".contains(&c)), "{to}");
    // what a person typed comes back to them as they typed it, as text
    let wrong = Browser::new(&s.hub).sign_in("\"><script>alert(1)</script>", "x").await;
    harmless(&wrong.answer, "sign-in");
}

pub(super) async fn see_other(s: &Scene) {
    let app = s.app().await;
    drop(s.ana().await);
    let mut browser = Browser::new(&s.hub);
    let visit = browser.visit(&app.request(&[])).await;
    assert!(visit.path.starts_with("/sign-in"), "{}", visit.path);
    let form = Form::of(&visit.answer, &["email", "password"]);
    let there = browser.submit(&form, &[("email", ANA), ("password", PASSWORD)]).await;
    assert_eq!(there.status, 303, "{}", String::from_utf8_lossy(&there.body));
    let visit = browser.follow(there).await;
    assert!(visit.path.starts_with("/consent"), "{}", visit.path);
    for decision in ["deny", "allow"] {
        let (_, form) = browser.asked(&app, &[]).await;
        let answer = browser.submit(&form, &[("tenant", "acme"), ("decision", decision)]).await;
        assert_eq!(answer.status, 303, "{decision}");
        assert!(answer.header("location").starts_with(&app.redirect));
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(answer.header("cache-control").contains("no-store"));
    }
}

async fn issuer(hub: &TestHub) -> String {
    let answer = hub.stranger().get("/.well-known/oauth-authorization-server").await;
    assert_eq!(answer.json()["authorization_response_iss_parameter_supported"], true);
    answer.json()["issuer"].as_str().unwrap().to_owned()
}

pub(super) async fn mix_up(s: &Scene) {
    let (mut browser, app) = (s.ana().await, s.app().await);
    let issuer = [issuer(&s.hub).await];
    // a client cannot bring one of its own
    let more = [("iss", "https://evil.example")];
    let (_, form) = browser.asked(&app, &more).await;
    let good =
        browser.submit(&form, &[("tenant", "acme"), ("decision", "allow"), ("iss", "https://evil.example")]).await;
    let (_, form) = browser.asked(&app, &[]).await;
    let denied = browser.submit(&form, &[("decision", "deny")]).await;
    let refused = browser.get(&app.request(&[("scope", "nonsense"), ("iss", "https://evil.example")])).await;
    for answer in [good, denied, refused] {
        let to = answer.header("location");
        assert_eq!(query(to, "iss"), issuer, "{to}");
        assert_eq!(query(to, "state"), [STATE], "{to}");
        assert_eq!(query(to, "code").len() + query(to, "error").len(), 1, "{to}");
    }
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/api/mcp"] {
        assert_eq!(s.hub.stranger().get(path).await.json()["issuer"], issuer[0], "{path}");
    }
}

pub(super) async fn host(s: &Scene) {
    let issuer = issuer(&s.hub).await;
    let names =
        [("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example"), ("x-forwarded-proto", "https")];
    for (name, value) in names {
        for path in ["/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource/api/mcp"] {
            let answer = s.hub.stranger().send(Request::get(path).header(name, value), "").await;
            assert_eq!(answer.status, 200, "{path}");
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(text.contains(&issuer) && !text.contains("evil"), "{name}: {text}");
        }
        let app = s.app().await;
        let answer = s.hub.stranger().send(Request::get(app.request(&[("scope", "x")])).header(name, value), "").await;
        assert_eq!(query(answer.header("location"), "iss"), [issuer.as_str()]);
    }
    for path in
        ["/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource", "/sign-in", "/authorize"]
    {
        let answer = s.hub.stranger().as_host("evil.example").get(path).await;
        assert!(!String::from_utf8_lossy(&answer.body).contains("evil.example"), "{path}");
        assert!(!answer.header("location").contains("evil.example"), "{path}");
    }
}
