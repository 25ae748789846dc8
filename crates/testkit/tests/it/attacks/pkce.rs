//! 11 to 15: PKCE (RFC 7636).
use watchkeep_testkit::oauth::{Browser, CHALLENGE, Tokens, VERIFIER};

use super::scene::{Scene, refused, told};

pub(super) async fn none(s: &Scene) {
    let app = s.app().await;
    let mut browser = Browser::new(&s.hub);
    for changes in [&[("code_challenge", "")][..], &[("code_challenge", ""), ("code_challenge_method", "")]] {
        told(&s.hub, &app, &browser.get(&app.request(changes)).await, "invalid_request");
    }
}

pub(super) async fn method(s: &Scene) {
    let app = s.app().await;
    let mut browser = Browser::new(&s.hub);
    for method in ["", "plain", "S512", "s256"] {
        let answer = browser.get(&app.request(&[("code_challenge_method", method)])).await;
        told(&s.hub, &app, &answer, "invalid_request");
    }
    for challenge in [&CHALLENGE[1..], &format!("{CHALLENGE}="), &CHALLENGE.replace('-', "+")] {
        let answer = browser.get(&app.request(&[("code_challenge", challenge)])).await;
        told(&s.hub, &app, &answer, "invalid_request");
    }
}

pub(super) async fn downgrade(s: &Scene) {
    let (mut browser, app) = (s.ana().await, s.app().await);
    let code = s.code(&mut browser, &app).await;
    refused(&app.redeem(&s.hub, &code, &[("code_verifier", "")]).await, 400, "invalid_grant");
    Tokens::of(&app.redeem(&s.hub, &code, &[]).await);
}

pub(super) async fn bad_verifier(s: &Scene) {
    let (mut browser, app) = (s.ana().await, s.app().await);
    let code = s.code(&mut browser, &app).await;
    for verifier in [&VERIFIER[1..], &"a".repeat(129), &VERIFIER.replace('-', "*"), &format!("{VERIFIER} "), "ü"] {
        refused(&app.redeem(&s.hub, &code, &[("code_verifier", verifier)]).await, 400, "invalid_grant");
    }
    Tokens::of(&app.redeem(&s.hub, &code, &[]).await);
}

pub(super) async fn wrong_verifier(s: &Scene) {
    let (mut browser, app) = (s.ana().await, s.app().await);
    let code = s.code(&mut browser, &app).await;
    let wrong = "a".repeat(43);
    for _ in 0..2 {
        refused(&app.redeem(&s.hub, &code, &[("code_verifier", &wrong)]).await, 400, "invalid_grant");
    }
    Tokens::of(&app.redeem(&s.hub, &code, &[]).await);

    let code = s.code(&mut browser, &app).await;
    // the challenge itself is what `plain` would take
    for verifier in [wrong.as_str(), &"b".repeat(43), CHALLENGE] {
        refused(&app.redeem(&s.hub, &code, &[("code_verifier", verifier)]).await, 400, "invalid_grant");
    }
    refused(&app.redeem(&s.hub, &code, &[]).await, 400, "invalid_grant");
}
