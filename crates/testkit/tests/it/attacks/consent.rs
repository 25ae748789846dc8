//! 40, 41, 54, 55: the question, and who answers it.
use watchkeep_testkit::oauth::{App, Browser, Tokens};

use super::scene::{MALLORY, Scene, forbidden, told};

const ALLOW: &[(&str, &str)] = &[("tenant", "acme"), ("decision", "allow")];

pub(super) async fn csrf(s: &Scene) {
    let (mut browser, app) = (s.ana().await, s.app().await);
    let (_, form) = browser.asked(&app, &[]).await;
    let origin = s.hub.hub.public_url.clone();
    let own = ("origin", origin.as_str());
    let good = form.filled(ALLOW);
    for headers in [
        &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")][..],
        &[("origin", "https://evil.example")],
        &[own, ("sec-fetch-site", "cross-site")],
        &[own, ("sec-fetch-site", "same-site")],
        &[("origin", "null")],
        &[("origin", "null"), ("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "cross-site")],
    ] {
        forbidden(&browser.post_from("/consent", &good, headers).await, &format!("{headers:?}"));
    }
    for without in ["form", "ticket"] {
        let fields = form.filled(&[ALLOW, &[(without, "")]].concat());
        forbidden(&browser.post(&form.action, &fields).await, without);
        let other = "0".repeat(form.value(without).len());
        let fields = form.filled(&[ALLOW, &[(without, &other)]].concat());
        forbidden(&browser.post(&form.action, &fields).await, without);
    }
    // without the session nothing is anybody's
    let mut stranger = Browser::new(&s.hub);
    let answer = stranger.post(&form.action, &good).await;
    assert!(answer.status == 403 || answer.header("location").starts_with("/sign-in"), "{}", answer.status);
    assert!(s.events(&s.acme).await.iter().all(|event| event != "mcp_authorization_granted"));
    // a page under no-referrer sends its own origin as null
    let answer = browser.post_from("/consent", &good, &[("origin", "null"), ("sec-fetch-site", "same-origin")]).await;
    assert!(answer.header("location").starts_with(&app.redirect), "{}", answer.status);
}

pub(super) async fn ticket(s: &Scene) {
    let (mut browser, app) = (s.ana().await, s.app().await);
    // twice
    let (_, form) = browser.asked(&app, &[]).await;
    let first = browser.submit(&form, ALLOW).await;
    assert!(first.header("location").contains("code="), "{}", first.header("location"));
    forbidden(&browser.submit(&form, ALLOW).await, "the same ticket again");

    // the request of another page
    let other = App::public(&s.hub, "other").await;
    let (_, form) = browser.asked(&app, &[]).await;
    let (_, theirs) = browser.asked(&other, &[]).await;
    let swapped = form.filled(&[ALLOW, &[("request", theirs.value("request"))]].concat());
    forbidden(&browser.post(&form.action, &swapped).await, "another's request");
    let torn = form.filled(&[ALLOW, &[("request", &form.value("request").replace(['A', 'a'], "b"))]].concat());
    forbidden(&browser.post(&form.action, &torn).await, "a changed request");

    // another session, of the same person and of another
    for email in [super::scene::ANA, MALLORY] {
        let mut elsewhere = Browser::of(&s.hub, email).await;
        let (_, own) = elsewhere.asked(&app, &[]).await;
        let mut fields = form.filled(ALLOW);
        fields.retain(|(name, _)| name != "form");
        fields.push(("form".into(), own.value("form").into()));
        forbidden(&elsewhere.post(&form.action, &fields).await, email);
    }

    // more than is asked for, and what the form does not have
    let mut browser = s.ana().await;
    let (_, form) = browser.asked(&app, &[]).await;
    let more = [
        ("scope", "mcp:read"),
        ("scope", "mcp.acknowledge"),
        ("scope", "api:write"),
        ("redirect_uri", "https://evil.example"),
    ];
    let answer = browser.submit(&form, &[ALLOW, &more].concat()).await;
    assert!(answer.header("location").starts_with(&app.redirect), "{}", answer.header("location"));
    let code = watchkeep_testkit::oauth::query(answer.header("location"), "code").pop().unwrap();
    assert_eq!(Tokens::of(&app.redeem(&s.hub, &code, &[]).await).scope, "mcp:read");

    // too late
    let (_, form) = browser.asked(&app, &[]).await;
    s.advance(16 * 60);
    forbidden(&browser.submit(&form, ALLOW).await, "after a quarter of an hour");
}

pub(super) async fn confused_deputy(s: &Scene) {
    let (mut browser, app, _) = s.connected().await;
    // the one that was allowed is asked about again, too: it cannot prove that it is the same
    let (page, _) = browser.asked(&app, &[]).await;
    assert!(page.text().contains("app.example"), "{}", page.text());
    let evil = App::registered(&s.hub, "app", "https://evil.example/cb", "none").await;
    assert_ne!(evil.id, app.id);
    let (page, _) = browser.asked(&evil, &[]).await;
    assert!(page.text().contains("evil.example"), "{}", page.text());
    told(&s.hub, &evil, &browser.get(&evil.request(&[("prompt", "none")])).await, "consent_required");
}

pub(super) async fn prompt_none(s: &Scene) {
    let app = s.app().await;
    let silent = app.request(&[("prompt", "none")]);
    told(&s.hub, &app, &Browser::new(&s.hub).get(&silent).await, "login_required");
    told(&s.hub, &app, &s.ana().await.get(&silent).await, "consent_required");
    let both = app.request(&[("prompt", "none login")]);
    told(&s.hub, &app, &Browser::new(&s.hub).get(&both).await, "invalid_request");
    // and a denial is told as one
    let mut browser = s.ana().await;
    let (_, form) = browser.asked(&app, &[]).await;
    told(&s.hub, &app, &browser.submit(&form, &[("decision", "deny")]).await, "access_denied");
}
