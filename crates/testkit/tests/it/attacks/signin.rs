//! 42, 59 to 65: signing in.
use futures_util::future::join_all;
use http::Method;
use ring::hmac;
use serde_json::{Value, json};
use watchkeep_testkit::Answer;
use watchkeep_testkit::oauth::{Browser, Form, PASSWORD, Visit, plain};

use super::scene::{ANA, Scene, forbidden};

const SESSION: &str = "wk_session";

/// True where the browser is signed in, as far as pages are concerned.
async fn is_in(browser: &mut Browser) -> bool {
    browser.get("/account").await.status == 200
}

pub(super) async fn fixation(s: &Scene) {
    drop(s.ana().await);
    let planted = "a".repeat(64);
    let mut victim = Browser::new(&s.hub);
    victim.cookies.insert(SESSION.into(), planted.clone());
    let there = victim.sign_in(ANA, PASSWORD).await;
    assert!(is_in(&mut victim).await, "{}", there.path);
    let own = victim.cookies[SESSION].clone();
    assert_ne!(own, planted);
    let with = |value: &str| {
        let mut browser = Browser::new(&s.hub);
        browser.cookies.insert(SESSION.into(), value.to_owned());
        browser
    };
    assert!(!is_in(&mut with(&planted)).await);
    assert!(is_in(&mut with(&own)).await);

    // an attacker's form does not sign a victim in: its token belongs to the attacker's cookie
    let mut attacker = Browser::new(&s.hub);
    let form = Form::of(&attacker.get("/sign-in").await, &["email", "password"]);
    let mut other = Browser::new(&s.hub);
    other.get("/sign-in").await;
    forbidden(&other.submit(&form, &[("email", ANA), ("password", PASSWORD)]).await, "another's form");
    assert!(!is_in(&mut other).await);

    // what was signed out is worth nothing
    let page = victim.get("/account").await;
    let out = Form::all(&String::from_utf8_lossy(&page.body)).into_iter().find(|f| f.action == "/sign-out").unwrap();
    assert_eq!(victim.submit(&out, &[]).await.status, 303);
    assert!(!is_in(&mut with(&own)).await);
}

/// A page without what is another each time.
fn told(answer: &Answer, email: &str) -> (u16, String) {
    let html = plain(&String::from_utf8_lossy(&answer.body)).replace(email, "?");
    let hex = |word: &str| word.len() >= 32 && word.bytes().all(|c| c.is_ascii_hexdigit() || c == b'-');
    let words = html.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let ids: Vec<String> = words.filter(|word| hex(word)).map(str::to_owned).collect();
    (answer.status, ids.iter().fold(html.clone(), |html, id| html.replace(id, "id")))
}

pub(super) async fn enumeration(s: &Scene) {
    drop(s.ana().await);
    let mut all = Vec::new();
    // one with a password, one whose account was never opened, one that nobody has
    for email in [ANA, super::scene::MALLORY, "nobody@acme.example"] {
        let mut browser = Browser::new(&s.hub);
        let page = browser.get("/sign-in").await;
        let form = Form::of(&page, &["email", "password"]);
        let answer = browser.submit(&form, &[("email", email), ("password", "wrong horse battery staple")]).await;
        assert_eq!(answer.status, 401, "{email}");
        assert!(!browser.cookies.contains_key(SESSION));
        all.push(told(&answer, email));
    }
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
}

pub(super) async fn spray(s: &Scene) {
    let mut known = s.ana().await;
    let mut stranger = Browser::new(&s.hub);
    for i in 0..12 {
        let visit = stranger.sign_in(ANA, &format!("guess number {i} of many")).await;
        assert!(matches!(visit.answer.status, 401 | 429), "{}", visit.answer.status);
    }
    let locked = Browser::new(&s.hub).sign_in(ANA, PASSWORD).await;
    assert_eq!(locked.answer.status, 429, "a stranger with the right password, while it is locked");
    assert!(locked.answer.header("retry-after").parse::<u32>().unwrap() > 0);
    // she is not locked out where she was before
    known.cookies.remove(SESSION);
    known.sign_in(ANA, PASSWORD).await;
    assert!(is_in(&mut known).await);
    s.advance(16 * 60);
    let mut later = Browser::new(&s.hub);
    later.sign_in(ANA, PASSWORD).await;
    assert!(is_in(&mut later).await);
}

pub(super) async fn long_passwords(s: &Scene) {
    drop(s.ana().await);
    for length in [1_025, 60_000, 900_000, 1_100_000] {
        let visit = Browser::new(&s.hub).sign_in(ANA, &"a".repeat(length)).await;
        assert!(matches!(visit.answer.status, 400 | 401 | 413), "{length}: {}", visit.answer.status);
    }
    let tries = join_all((0..64).map(|i| async move {
        let visit = Browser::new(&s.hub).sign_in(&format!("nobody{i}@acme.example"), "wrong horse battery").await;
        visit.answer
    }));
    let health = async { s.hub.stranger().get("/healthz").await.status };
    let (answers, health) = futures_util::join!(tries, health);
    assert_eq!(health, 200);
    for answer in &answers {
        assert!(matches!(answer.status, 401 | 503), "{}", answer.status);
        assert!(answer.status != 503 || answer.header("retry-after").parse::<u32>().is_ok());
    }
    assert!(answers.iter().any(|answer| answer.status == 503), "the queue is bounded");
    assert!(answers.iter().any(|answer| answer.status == 401));
    let mut browser = Browser::new(&s.hub);
    browser.sign_in(ANA, PASSWORD).await;
    assert!(is_in(&mut browser).await);
}

/// A second factor of ana's.
struct Totp {
    seed: Vec<u8>,
    recovery: Vec<String>,
}

impl Totp {
    /// Turns one on.
    async fn set_up(browser: &mut Browser, s: &Scene) -> Self {
        let page = browser.get("/account/security").await;
        let begin = Form::all(&String::from_utf8_lossy(&page.body))
            .into_iter()
            .find(|form| form.action == "/account/totp" && form.value("step") == "begin")
            .unwrap();
        let there = browser.submit(&begin, &[]).await;
        let page = browser.follow(there).await;
        let secret = between(&page.text(), "class=\"secret\">", "<");
        let mut totp = Self { seed: base32(&secret), recovery: Vec::new() };
        let form = Form::of(&page.answer, &["state", "code"]);
        let there = browser.submit(&form, &[("code", &totp.at(s, 0))]).await;
        let page = browser.follow(there).await;
        let codes = between(&page.text(), "class=\"codes\">", "</ul>");
        totp.recovery = codes.split("<li>").skip(1).map(|rest| between(rest, "", "<")).collect();
        assert_eq!(totp.recovery.len(), 10, "{}", page.text());
        totp
    }
    /// The code so many seconds from now (RFC 6238, section 4).
    fn at(&self, s: &Scene, seconds: i64) -> String {
        let step = (s.hub.now().micros() / 1_000_000 + seconds) / 30;
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.seed);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let offset = usize::from(tag.as_ref()[19] & 15);
        let word = u32::from_be_bytes(tag.as_ref()[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", word % 1_000_000)
    }
}

fn between(text: &str, before: &str, after: &str) -> String {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}")).1;
    plain(rest.split(after).next().unwrap().trim())
}

fn base32(text: &str) -> Vec<u8> {
    let (mut group, mut bits, mut out) = (0_u32, 0, Vec::new());
    for c in text.bytes().filter(|c| !c.is_ascii_whitespace() && *c != b'=') {
        let value = if c.is_ascii_digit() { c - b'2' + 26 } else { c.to_ascii_uppercase() - b'A' };
        group = group << 5 | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push((group >> bits) as u8);
        }
    }
    out
}

/// A browser that stands before the second step.
async fn halfway(s: &Scene) -> (Browser, Form) {
    let mut browser = Browser::new(&s.hub);
    let visit = browser.sign_in(ANA, PASSWORD).await;
    assert!(visit.path.starts_with("/sign-in/second"), "{}", visit.path);
    let form = Form::of(&visit.answer, &["code"]);
    (browser, form)
}

/// Whether this code, sent from a browser of its own, signs in.
async fn signs_in(s: &Scene, code: &str) -> bool {
    let (mut browser, form) = halfway(s).await;
    sends(&mut browser, &form, code).await
}
async fn sends(browser: &mut Browser, form: &Form, code: &str) -> bool {
    let answer = browser.submit(form, &[("code", code)]).await;
    let good = answer.status == 303;
    assert!(good || matches!(answer.status, 400 | 401 | 403 | 429), "{}", answer.status);
    assert_eq!(is_in(browser).await, good);
    good
}

pub(super) async fn totp(s: &Scene) {
    let totp = Totp::set_up(&mut s.ana().await, s).await;
    assert!(!signs_in(s, &totp.at(s, 0)).await, "the step of the set-up is used");
    s.advance(90);
    for away in [-60, 60] {
        assert!(!signs_in(s, &totp.at(s, away)).await, "{away}");
    }
    assert!(signs_in(s, &totp.at(s, 0)).await);
    assert!(!signs_in(s, &totp.at(s, 0)).await, "again");
    assert!(!signs_in(s, &totp.at(s, -30)).await, "an earlier step");
    // at once
    s.advance(90);
    let code = totp.at(s, 0);
    let mut ready = Vec::new();
    for _ in 0..6 {
        ready.push(halfway(s).await);
    }
    let all = join_all(ready.iter_mut().map(|(browser, form)| sends(browser, form, &code))).await;
    assert_eq!(all.iter().filter(|good| **good).count(), 1, "{all:?}");
    // guessed
    s.advance(16 * 60);
    for guess in 0..6 {
        assert!(!signs_in(s, &format!("{:06}", (totp.at(s, 0).parse::<u32>().unwrap() + 7 + guess) % 1_000_000)).await);
    }
    assert!(!signs_in(s, &totp.at(s, 0)).await, "locked");
    s.advance(16 * 60);
    assert!(signs_in(s, &totp.at(s, 0)).await);
}

pub(super) async fn recovery(s: &Scene) {
    let totp = Totp::set_up(&mut s.ana().await, s).await;
    assert!(!signs_in(s, "aaaa-aaaa-aaaa-aaaa").await);
    assert!(signs_in(s, &totp.recovery[0]).await);
    assert!(!signs_in(s, &totp.recovery[0]).await, "again");
    let mut ready = Vec::new();
    for _ in 0..4 {
        ready.push(halfway(s).await);
    }
    let all = join_all(ready.iter_mut().map(|(browser, form)| sends(browser, form, &totp.recovery[1]))).await;
    assert_eq!(all.iter().filter(|good| **good).count(), 1, "{all:?}");
}

pub(super) async fn half(s: &Scene) {
    let app = s.app().await;
    let totp = Totp::set_up(&mut s.ana().await, s).await;
    s.advance(30);
    let (mut browser, form) = halfway(s).await;
    for path in ["/account", "/account/security", "/account/tokens", "/account/apps"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.header("location").starts_with("/sign-in"), "{path}: {}", answer.header("location"));
    }
    for path in ["/api/v1/me", "/api/v1/me/tokens", "/api/v1/me/apps", "/api/v1/tenants/acme/kris"] {
        let answer = browser.get(path).await;
        assert!(matches!(answer.status, 401 | 403), "{path}: {}", answer.status);
    }
    let visit = browser.visit(&app.request(&[])).await;
    assert!(visit.path.starts_with("/sign-in"), "{}", visit.path);
    assert!(!visit.text().contains("name=\"ticket\""));
    for (path, fields) in [
        ("/account/totp", [("step", "remove"), ("code", "000000")]),
        ("/account/tokens", [("tenant", "acme"), ("name", "x")]),
        ("/account/password", [("current", PASSWORD), ("password", "another long secret phrase")]),
        ("/consent", [("tenant", "acme"), ("decision", "allow")]),
    ] {
        let mut filled = form.filled(&fields);
        filled.retain(|(name, _)| name != "request");
        let answer = browser.post(path, &filled).await;
        let to_sign_in = answer.status == 303 && answer.header("location").starts_with("/sign-in");
        assert!(to_sign_in || matches!(answer.status, 401 | 403), "{path}: {}", answer.status);
    }
    assert!(sends(&mut browser, &form, &totp.at(s, 0)).await);
}

pub(super) async fn passkey(s: &Scene) {
    drop(s.ana().await);
    let mut browser = Browser::new(&s.hub);
    let page = Visit { path: "/sign-in".into(), answer: browser.get("/sign-in").await };
    let token = between(&page.text(), "data-form=\"", "\"");
    let origin = s.hub.hub.public_url.clone();
    let send = async |browser: &mut Browser, body: Value, site: &str| {
        let headers = [("content-type", "application/json"), ("origin", &*origin), ("sec-fetch-site", site)];
        browser.send(Method::POST, "/sign-in/passkey", &headers, body.to_string()).await
    };
    let start = send(&mut browser, json!({ "step": "start", "form": token }), "same-origin").await;
    let mut state = json!("");
    if start.status == 200 {
        let options = &start.json()["options"]["publicKey"];
        assert_eq!(options["userVerification"], "required", "{options}");
        assert!(options["challenge"].as_str().unwrap().len() >= 22);
        // nobody is named: no credential of anybody's is listed to a stranger
        assert!(options["allowCredentials"].as_array().is_none_or(Vec::is_empty), "{options}");
        state = start.json()["state"].clone();
    }
    let credential = json!({ "id": "AAAA", "rawId": "AAAA", "type": "public-key", "extensions": {}, "response": {
        "authenticatorData": "AAAA", "clientDataJSON": "e30", "signature": "AAAA", "userHandle": null } });
    for (state, credential) in [
        (state.clone(), credential.clone()),
        (json!("0".repeat(80)), credential),
        (state.clone(), json!({})),
        (state, json!(null)),
    ] {
        let body = json!({ "step": "finish", "form": token, "state": state, "credential": credential });
        let answer = send(&mut browser, body, "same-origin").await;
        assert!((400..500).contains(&answer.status), "{}: {}", answer.status, answer.json());
        assert!(!browser.cookies.contains_key(SESSION));
    }
    forbidden(&send(&mut browser, json!({ "step": "start", "form": token }), "cross-site").await, "from elsewhere");
    forbidden(&send(&mut browser, json!({ "step": "start", "form": "0" }), "same-origin").await, "without its token");
    assert!(!is_in(&mut browser).await);
}
