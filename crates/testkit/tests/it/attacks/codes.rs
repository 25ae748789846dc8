//! 16 to 26, 56, 58: codes, and who redeems them.
use futures_util::future::join_all;
use http::Request;
use serde_json::json;
use watchkeep_testkit::oauth::{App, Tokens, VERIFIER, basic};

use super::scene::{Scene, page, refused, told};

pub(super) async fn replay(s: &Scene) {
    let (mut browser, app) = (s.ana().await, s.app().await);
    let code = s.code(&mut browser, &app).await;
    let first = Tokens::of(&app.redeem(&s.hub, &code, &[]).await);
    s.lives(&first.access).await;
    refused(&app.redeem(&s.hub, &code, &[]).await, 400, "invalid_grant");
    s.dead(&first.access).await;
    refused(&app.refresh(&s.hub, &first.refresh, &[]).await, 400, "invalid_grant");
    assert!(s.events(&s.acme).await.iter().any(|event| event == "oauth_code_replayed"));
    // another grant of the same person and client is not touched
    let code = s.code(&mut browser, &app).await;
    s.lives(&Tokens::of(&app.redeem(&s.hub, &code, &[]).await).access).await;
}

pub(super) async fn injection(s: &Scene) {
    let (mut browser, app) = (s.ana().await, s.app().await);
    let other = App { redirect: app.redirect.clone(), ..App::public(&s.hub, "other").await };
    let code = s.code(&mut browser, &app).await;
    refused(&other.redeem(&s.hub, &code, &[]).await, 400, "invalid_grant");
    let tokens = Tokens::of(&app.redeem(&s.hub, &code, &[]).await);
    // nor does another client set off what a replay sets off
    refused(&other.redeem(&s.hub, &code, &[]).await, 400, "invalid_grant");
    s.lives(&tokens.access).await;
}

pub(super) async fn race(s: &Scene) {
    let (mut browser, app) = (s.ana().await, s.app().await);
    let code = s.code(&mut browser, &app).await;
    let all = join_all((0..32).map(|_| app.redeem(&s.hub, &code, &[]))).await;
    let (good, bad): (Vec<_>, Vec<_>) = all.iter().partition(|answer| answer.status == 200);
    assert_eq!(good.len(), 1, "{:?}", all.iter().map(|a| a.status).collect::<Vec<_>>());
    for answer in bad {
        refused(answer, 400, "invalid_grant");
    }
    s.dead(&Tokens::of(good[0]).access).await;
    let redeemed = s.events(&s.acme).await.iter().filter(|event| *event == "oauth_code_redeemed").count();
    assert_eq!(redeemed, 1, "who lost the race redeemed nothing, and no row says so");
}

pub(super) async fn expired(s: &Scene) {
    let (mut browser, app) = (s.ana().await, s.app().await);
    let code = s.code(&mut browser, &app).await;
    s.advance(61);
    refused(&app.redeem(&s.hub, &code, &[]).await, 400, "invalid_grant");
    let code = s.code(&mut browser, &app).await;
    s.advance(59);
    Tokens::of(&app.redeem(&s.hub, &code, &[]).await);
}

pub(super) async fn other_redirect(s: &Scene) {
    let (mut browser, app) = (s.ana().await, s.app().await);
    let code = s.code(&mut browser, &app).await;
    for uri in ["https://evil.example/cb", &format!("{}/", app.redirect), &format!("{}?", app.redirect)] {
        refused(&app.redeem(&s.hub, &code, &[("redirect_uri", uri)]).await, 400, "invalid_grant");
    }
    Tokens::of(&app.redeem(&s.hub, &code, &[]).await);
}

pub(super) async fn duplicates(s: &Scene) {
    let (mut browser, app) = (s.ana().await, s.app().await);
    let code = s.code(&mut browser, &app).await;
    let resource = format!("{}/api/mcp", s.hub.hub.public_url);
    for changes in [
        &[("code", code.as_str()), ("code", "b")][..],
        &[("client_id", &app.id), ("client_id", &app.id)],
        &[("resource", &resource), ("resource", &resource)],
        &[("code_verifier", VERIFIER), ("code_verifier", VERIFIER)],
        &[("grant_type", "authorization_code"), ("grant_type", "authorization_code")],
    ] {
        refused(&app.redeem(&s.hub, &code, changes).await, 400, "invalid_request");
    }
    Tokens::of(&app.redeem(&s.hub, &code, &[]).await);

    for name in ["scope", "resource", "response_type", "code_challenge", "prompt"] {
        let answer = browser.get(&app.request(&[(name, "a"), (name, "b")])).await;
        told(&s.hub, &app, &answer, "invalid_request");
    }
    for (name, value) in [("client_id", &app.id), ("redirect_uri", &app.redirect)] {
        page(&browser.get(&app.request(&[(name, value), (name, value)])).await, name);
    }
}

pub(super) async fn not_a_form(s: &Scene) {
    let (mut browser, app) = (s.ana().await, s.app().await);
    let code = s.code(&mut browser, &app).await;
    let stranger = s.hub.stranger();
    let body =
        json!({ "grant_type": "authorization_code", "code": code, "client_id": app.id, "code_verifier": VERIFIER });
    refused(&stranger.post("/token", body).await, 400, "invalid_request");
    let query = format!("grant_type=authorization_code&code={code}&client_id={}&code_verifier={VERIFIER}", app.id);
    refused(&stranger.raw_form(&format!("/token?{query}"), "").await, 400, "invalid_request");
    refused(&stranger.raw_form("/token?x=1", query.clone()).await, 400, "invalid_request");
    let plain = Request::post("/token").header("content-type", "text/plain");
    refused(&stranger.send(plain, query.clone()).await, 400, "invalid_request");
    assert_eq!(stranger.get(&format!("/token?{query}")).await.status, 405);
    assert_eq!(stranger.raw_form("/token", query).await.status, 200, "the code is still good");
}

/// A client with a secret, and a code for it.
async fn confidential(s: &Scene, method: &'static str) -> (App, String) {
    let mut browser = s.ana().await;
    let app =
        App::registered(&s.hub, method, &format!("https://{}.example/cb", method.replace('_', "-")), method).await;
    let code = s.code(&mut browser, &app).await;
    (app, code)
}

pub(super) async fn two_methods(s: &Scene) {
    let (app, code) = confidential(s, "client_secret_basic").await;
    let secret = app.secret.clone().unwrap();
    for changes in [&[("client_secret", secret.as_str())][..], &[("client_secret", &secret), ("client_id", &app.id)]] {
        let answer = app.redeem(&s.hub, &code, changes).await;
        let is = (answer.status, answer.json()["error"].as_str().unwrap_or_default().to_owned());
        assert!(is == (400, "invalid_request".into()) || is == (401, "invalid_client".into()), "{is:?}");
    }
    refused(&app.redeem(&s.hub, &code, &[("client_id", "other")]).await, 400, "invalid_request");
    Tokens::of(&app.redeem(&s.hub, &code, &[]).await);
}

pub(super) async fn client_secret(s: &Scene) {
    let (_, app, tokens) = s.connected().await;
    refused(&app.refresh(&s.hub, &tokens.refresh, &[("client_secret", "x")]).await, 401, "invalid_client");
    let body = format!("grant_type=refresh_token&refresh_token={}", tokens.refresh);
    refused(&s.hub.stranger().raw_form("/token", body).await, 401, "invalid_client");
    let revoked = s.hub.stranger().raw_form("/revoke", format!("token={}", tokens.refresh)).await;
    refused(&revoked, 401, "invalid_client");
    Tokens::of(&app.refresh(&s.hub, &tokens.refresh, &[]).await);

    let (app, code) = confidential(s, "client_secret_post").await;
    let without = App { method: "none", secret: None, ..app.clone() };
    refused(&without.redeem(&s.hub, &code, &[]).await, 401, "invalid_client");
    let wrong = App { secret: Some("0".repeat(64)), ..app.clone() };
    refused(&wrong.redeem(&s.hub, &code, &[]).await, 401, "invalid_client");
    Tokens::of(&app.redeem(&s.hub, &code, &[]).await);
}

pub(super) async fn other_method(s: &Scene) {
    let (app, code) = confidential(s, "client_secret_basic").await;
    let by_form = App { method: "client_secret_post", ..app.clone() };
    refused(&by_form.redeem(&s.hub, &code, &[]).await, 401, "invalid_client");
    Tokens::of(&app.redeem(&s.hub, &code, &[]).await);
    let (app, code) = confidential(s, "client_secret_post").await;
    let by_basic = App { method: "client_secret_basic", ..app.clone() };
    let answer = by_basic.redeem(&s.hub, &code, &[]).await;
    refused(&answer, 401, "invalid_client");
    assert!(answer.header("www-authenticate").starts_with("Basic"), "{:?}", answer.headers);
}

pub(super) async fn basic_escapes(s: &Scene) {
    let (app, code) = confidential(s, "client_secret_basic").await;
    let secret = app.secret.clone().unwrap();
    let body = format!("grant_type=authorization_code&code={code}&code_verifier={VERIFIER}");
    let send = async |header: String| {
        let request = Request::post("/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", header);
        s.hub.stranger().send(request, body.clone()).await
    };
    let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    for header in [
        "Basic".to_owned(),
        "Basic !!".to_owned(),
        "Basic bm9jb2xvbg==".to_owned(),
        basic(&app.id, "%ff"),
        basic(&app.id, &format!("{secret}%")),
        basic(&format!("{}:", app.id), &secret),
        basic("", &secret),
        format!("Bearer {secret}"),
    ] {
        let answer = send(header.clone()).await;
        refused(&answer, 401, "invalid_client");
        assert!(answer.header("www-authenticate").starts_with("Basic"), "{header}: {:?}", answer.headers);
    }
    Tokens::of(&send(basic(&escaped(&app.id), &escaped(&secret))).await);
}

pub(super) async fn revoke_foreign(s: &Scene) {
    let (_, app, tokens) = s.connected().await;
    let other = App::public(&s.hub, "other").await;
    for token in [&tokens.access, &tokens.refresh] {
        assert_eq!(other.revoke(&s.hub, token).await.status, 200);
    }
    s.lives(&tokens.access).await;
    let tokens = Tokens::of(&app.refresh(&s.hub, &tokens.refresh, &[]).await);
    // its own are: an access token alone, a refresh token with all that came of it
    assert_eq!(app.revoke(&s.hub, "mat_unknown").await.status, 200);
    assert_eq!(app.revoke(&s.hub, &tokens.access).await.status, 200);
    s.dead(&tokens.access).await;
    let tokens = Tokens::of(&app.refresh(&s.hub, &tokens.refresh, &[]).await);
    assert_eq!(app.revoke(&s.hub, &tokens.refresh).await.status, 200);
    s.dead(&tokens.access).await;
    refused(&app.refresh(&s.hub, &tokens.refresh, &[]).await, 400, "invalid_grant");
}

pub(super) async fn enumeration(s: &Scene) {
    let (mut browser, app, tokens) = s.connected().await;
    let other = App::public(&s.hub, "other").await;
    let foreign = s.code(&mut browser, &app).await;
    let expired = s.code(&mut browser, &other).await;
    let body = |answer: watchkeep_testkit::Answer| (answer.status, answer.json());
    let by_foreign = body(other.redeem(&s.hub, &foreign, &[]).await);
    s.advance(61);
    let by_expired = body(other.redeem(&s.hub, &expired, &[]).await);
    let by_unknown = body(other.redeem(&s.hub, &"0".repeat(64), &[]).await);
    assert_eq!(by_unknown.0, 400);
    assert_eq!((&by_foreign, &by_expired), (&by_unknown, &by_unknown));

    let by_foreign = body(other.refresh(&s.hub, &tokens.refresh, &[]).await);
    let by_unknown = body(other.refresh(&s.hub, &format!("mrt_{}", "0".repeat(64)), &[]).await);
    let by_nonsense = body(other.refresh(&s.hub, "nonsense", &[]).await);
    assert_eq!((&by_foreign, &by_nonsense), (&by_unknown, &by_unknown));
    s.advance(31 * 24 * 3600);
    assert_eq!(body(app.refresh(&s.hub, &tokens.refresh, &[]).await), by_unknown);
}
