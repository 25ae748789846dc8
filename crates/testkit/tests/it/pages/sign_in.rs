//! Signing in and out.
use watchkeep_testkit::TestHub;

use super::browser::{Browser, PASSWORD, email};
use crate::world::on_each_engine;

#[tokio::test]
async fn from_the_link_to_the_account_and_out_and_in_again() {
    on_each_engine(async |engine| {
        let hub = TestHub::new(engine).await;
        let acme = hub.tenant("acme").await;
        let mut browser = Browser::new(&hub);
        assert_eq!(browser.get("/account").await.to(), "/sign-in");

        let link = hub.admin().invite(&email(&acme)).await.unwrap();
        let path = format!("/link/{}", link.token);
        // looking uses nothing up
        for _ in 0..3 {
            let page = browser.get(&path).await;
            assert_eq!(page.status, 200);
            assert!(page.text.contains("ana@acme.example") && page.text.contains("Welcome to Watchkeep"));
        }
        let page = browser.submit(&path, &path, &[("password", PASSWORD), ("again", "another")]).await;
        assert_eq!(page.status, 422);
        assert!(page.text.contains("not the same") && !page.text.contains("brass"), "nothing typed is repeated");
        let page = browser.submit(&path, &path, &[("password", "password1234"), ("again", "password1234")]).await;
        assert_eq!(page.status, 422, "{}", page.text);
        assert!(page.text.contains("id=\"password-wrong\""));
        let page = browser.submit(&path, &path, &[("password", PASSWORD), ("again", PASSWORD)]).await;
        assert_eq!(page.to(), "/account");
        assert_eq!(browser.get(&path).await.status, 404, "a link works once");

        let page = browser.get("/account").await;
        assert_eq!(page.status, 200);
        for text in ["Ana Lyst", "The acme company", "no second factor", "1 signed in"] {
            assert!(page.text.contains(text), "{text}: {}", page.text);
        }
        let old = browser.cookies["wk_session"].clone();
        let page = browser.submit("/account", "/sign-out", &[]).await;
        assert_eq!(page.to(), "/sign-in?done=out");
        assert!(!browser.cookies.contains_key("wk_session"));
        assert!(browser.get("/sign-in?done=out").await.text.contains("You are signed out."));

        // the cookie of an ended session opens nothing
        let mut thief = Browser::new(&hub);
        thief.cookies.insert("wk_session".into(), old.clone());
        assert_eq!(thief.get("/account").await.to(), "/sign-in");

        let page = browser.sign_in("ANA@acme.example ", PASSWORD).await;
        assert_eq!(page.to(), "/account");
        assert_ne!(browser.cookies["wk_session"], old);
        assert_eq!(browser.get("/sign-in").await.to(), "/account", "whoever is signed in goes on");
    })
    .await;
}

#[tokio::test]
async fn a_stranger_learns_nothing_about_accounts() {
    on_each_engine(async |engine| {
        let hub = TestHub::new(engine).await;
        let acme = hub.tenant("acme").await;
        Browser::new(&hub).let_in(&hub, &acme).await;
        let mut told = vec![];
        for who in ["ana@acme.example", "nobody@acme.example"] {
            let mut browser = Browser::new(&hub);
            let page = browser.sign_in(who, "wrong wrong wrong").await;
            assert_eq!(page.status, 401, "{}", page.text);
            assert!(page.text.contains(&format!("value=\"{who}\"")), "the address stays in its field");
            assert!(!page.text.contains("wrong wrong"), "the password does not");
            assert!(!browser.cookies.contains_key("wk_session"));
            assert!(page.text.contains("<title>Error: Sign in"));
            let text = page.text.replace(who, "WHO");
            // the token of the form is the browser's own
            let token = page.field("/sign-in", "form");
            told.push(text.replace(&token, "TOKEN"));
        }
        assert_eq!(told[0], told[1]);
        let mut browser = Browser::new(&hub);
        // longer than any password is, longer than a form is, longer than is even read past
        for (length, says) in [(60_000, 401), (1_000_000, 413), (3_000_000, 413)] {
            let page = browser.sign_in("ana@acme.example", &"x".repeat(length)).await;
            assert_eq!(page.status, says, "{length}");
        }
        assert!(!browser.cookies.contains_key("wk_session"));
    })
    .await;
}

#[tokio::test]
async fn a_second_factor_is_set_up_and_then_asked_for() {
    on_each_engine(async |engine| {
        let hub = TestHub::new(engine).await;
        let acme = hub.tenant("acme").await;
        let mut browser = Browser::new(&hub);
        browser.let_in(&hub, &acme).await;
        assert_eq!(
            browser.submit("/account/security", "/account/totp", &[("step", "begin")]).await.to(),
            "/account/totp"
        );
        let page = browser.get("/account/totp").await;
        assert!(page.text.contains("data:image/svg+xml,%3Csvg"), "{}", page.text);
        let (token, state) = (page.field("/account/totp", "form"), page.field("/account/totp", "state"));
        let secret = |text: &str| text.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
        let send = [("form", &*token), ("state", &*state), ("step", "confirm"), ("code", "000000")];
        let again = browser.post("/account/totp", &send).await;
        assert_eq!(again.status, 422);
        assert!(again.text.contains("id=\"code-wrong\""), "{}", again.text);
        assert_eq!(secret(&again.text), secret(&page.text), "a wrong code keeps the secret that was scanned");

        let code = code_of(&secret(&page.text), hub.now());
        let send = [("form", &*token), ("state", &*state), ("step", "confirm"), ("code", &*code)];
        let page = browser.post("/account/totp", &send).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("Keep your recovery codes"));
        let recovery = page.text.split("<li>").nth(1).unwrap().split('<').next().unwrap().to_owned();
        assert!(browser.get("/account/security").await.text.contains("Turn it off"));

        let mut other = Browser::new(&hub);
        assert_eq!(other.sign_in("ana@acme.example", PASSWORD).await.to(), "/sign-in/second");
        for closed in ["/account", "/account/tokens", "/account/apps"] {
            assert_eq!(other.get(closed).await.to(), "/sign-in/second", "{closed}");
        }
        assert_eq!(other.get("/api/v1/me").await.status, 401);
        let page = other.submit("/sign-in/second", "/sign-in/second", &[("code", "12")]).await;
        assert_eq!(page.status, 401, "{}", page.text);
        let half = other.cookies["wk_session"].clone();
        let page = other.submit("/sign-in/second", "/sign-in/second", &[("code", &recovery)]).await;
        assert_eq!(page.to(), "/account");
        assert_ne!(other.cookies["wk_session"], half, "a new secret with each step");
        let page = other.submit("/sign-in/second?back=security", "/sign-in/second", &[("code", &recovery)]).await;
        assert_eq!(page.status, 401, "a recovery code works once");
    })
    .await;
}

/// The six digits of RFC 6238 (SHA-1, 30 seconds) for a secret in base32, as an app counts them.
fn code_of(secret: &str, now: watchkeep_model::Timestamp) -> String {
    let mut bits: Vec<u8> = vec![];
    for c in secret.chars().filter(|c| c.is_ascii_alphanumeric()) {
        let value = match c {
            'A'..='Z' => c as u8 - b'A',
            _ => c as u8 - b'2' + 26,
        };
        bits.extend((0..5).rev().map(|i| value >> i & 1));
    }
    let seed: Vec<u8> = bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |all, bit| all << 1 | bit)).collect();
    let step = (now.micros() / 30_000_000).to_be_bytes();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &seed);
    let mac = ring::hmac::sign(&key, &step);
    let mac = mac.as_ref();
    let at = usize::from(mac[19] & 15);
    let number = u32::from_be_bytes(mac[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}
