//! An application asks; what it calls itself stays text, and the person's answer goes where it belongs.
use http::Request;
use serde_json::{Value, json};
use watchkeep_model::Span;
use watchkeep_testkit::TestHub;

use super::browser::{Browser, PASSWORD, form};
use crate::world::on_each_engine;

const MARKUP: &str = "Nice <img src=x onerror=alert(1)> \"client\" 'x'";
const CALLBACK: &str = "https://client.example/callback";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

async fn register(browser: &mut Browser, callback: &str) -> String {
    let wanted = json!({ "client_name": MARKUP, "redirect_uris": [callback] }).to_string();
    let request = Request::post("/register").header("content-type", "application/json");
    let made = browser.send(request, "/register", wanted).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made: Value = serde_json::from_str(&made.text).unwrap();
    made["client_id"].as_str().unwrap().to_owned()
}

fn authorize(client: &str, callback: &str) -> String {
    let query = form(&[
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", callback),
        ("scope", "mcp:read mcp:write"),
        ("state", "s1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("resource", "http://127.0.0.1:8420/api/mcp"),
    ]);
    format!("/authorize?{query}")
}

#[tokio::test]
async fn from_the_application_through_sign_in_to_the_answer() {
    on_each_engine(async |engine| {
        let hub = TestHub::new(engine).await;
        let acme = hub.tenant("acme").await;
        Browser::new(&hub).let_in(&hub, &acme).await;
        // a new password cuts off what was allowed up to then
        hub.clock.advance(Span::seconds(1));
        let mut browser = Browser::new(&hub);
        let client = register(&mut browser, CALLBACK).await;

        let page = browser.get(&authorize(&client, CALLBACK)).await;
        let sign_in = page.to().to_owned();
        assert!(sign_in.starts_with("/sign-in?request="), "{sign_in}");
        let page = browser.get(&sign_in).await;
        assert!(page.text.contains("An application asks for access"));
        let (token, request) = (page.field("/sign-in", "form"), page.field("/sign-in", "request"));
        let fields = [("form", &*token), ("request", &*request), ("email", "ana@acme.example"), ("password", PASSWORD)];
        let consent = browser.post("/sign-in", &fields).await.to().to_owned();
        assert!(consent.starts_with("/consent?request="), "{consent}");

        let page = browser.get(&consent).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(!page.text.contains("<img src=x") && page.text.contains("Nice &#60;img"), "{}", page.text);
        assert!(page.header("content-security-policy").ends_with("form-action 'self' https://client.example"));
        for text in [
            "client.example",
            "Unverified",
            "The acme company",
            "Allow access",
            "Deny",
            "mcp:write",
            "ana@acme.example",
        ] {
            assert!(page.text.contains(text), "{text}");
        }
        assert!(!page.text.contains("value=\"mcp:write\" checked"), "writing starts off");

        let send = |page: &super::browser::Page, decision: &'static str, tenant: &'static str| {
            let mut all: Vec<(String, String)> =
                ["form", "request", "ticket"].map(|name| (name.to_owned(), page.field("/consent", name))).to_vec();
            all.extend(
                [("decision", decision), ("tenant", tenant), ("scope", "mcp:read")]
                    .map(|(n, v)| (n.to_owned(), v.to_owned())),
            );
            all
        };
        let post = async |browser: &mut Browser, all: Vec<(String, String)>| {
            let all: Vec<(&str, &str)> = all.iter().map(|(n, v)| (&**n, &**v)).collect();
            browser.post("/consent", &all).await
        };
        // a tenant that is not theirs, and none at all
        let answer = post(&mut browser, send(&page, "allow", "contoso")).await;
        assert_eq!(answer.status, 403, "{}", answer.text);
        assert!(answer.text.contains("You do not have access to that tenant") && answer.header("location").is_empty());
        let answer = post(&mut browser, send(&page, "allow", "")).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert!(answer.text.contains("href=\"#tenant\""), "{}", answer.text);

        let page = browser.get(&consent).await;
        let denied = post(&mut browser, send(&page, "deny", "acme")).await.to().to_owned();
        assert!(
            denied.starts_with(CALLBACK) && denied.contains("error=access_denied") && denied.contains("state=s1"),
            "{denied}"
        );

        let page = browser.get(&authorize(&client, CALLBACK)).await;
        let consent = page.to().to_owned();
        let page = browser.get(&consent).await;
        // a ticket of another question
        let mut wrong = send(&page, "allow", "acme");
        wrong.iter_mut().find(|(n, _)| n == "ticket").unwrap().1 = "0".repeat(64);
        assert_eq!(post(&mut browser, wrong).await.status, 403);
        let allowed = post(&mut browser, send(&page, "allow", "acme")).await.to().to_owned();
        assert!(allowed.starts_with(CALLBACK) && allowed.contains("code=") && allowed.contains("iss="), "{allowed}");

        assert!(browser.get("/account/apps").await.text.contains("Nothing is connected"), "a code is no access yet");
        let code = allowed.split("code=").nth(1).unwrap().split('&').next().unwrap();
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("client_id", &*client),
            ("code_verifier", VERIFIER),
        ];
        let tokens = browser.post_as(Request::post("/token"), "/token", &fields).await;
        assert_eq!(tokens.status, 200, "{}", tokens.text);
        let page = browser.get("/account/apps").await;
        assert!(page.text.contains(&client) && page.text.contains("Nice &#60;img") && !page.text.contains("<img"));
        let (_, rest) = page.text.split_once("/account/apps/").unwrap();
        let revoke = format!("/account/apps/{}", rest.split('"').next().unwrap());
        assert_eq!(browser.submit("/account/apps", &revoke, &[]).await.to(), "/account/apps?done=app");
        assert!(browser.get("/account/apps").await.text.contains("Nothing is connected"));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_go_on_sends_the_browser_nowhere() {
    on_each_engine(async |engine| {
        let hub = TestHub::new(engine).await;
        let mut browser = Browser::new(&hub);
        let client = register(&mut browser, CALLBACK).await;
        for path in [
            "/authorize".to_owned(),
            authorize("mcp_00000000000000000000000000000000", CALLBACK),
            authorize(&client, "https://evil.example/callback"),
            authorize(&client, "javascript:alert(1)"),
            "/consent?request=made-up".to_owned(),
        ] {
            let page = browser.get(&path).await;
            assert_eq!(page.status, 400, "{path}");
            assert!(page.header("location").is_empty(), "{path}");
            assert!(page.text.contains("Reason code: <code>"), "{path}: {}", page.text);
        }
        // a request that waits is no address: nothing that was made up is carried along
        let page = browser.get("/sign-in?request=https%3A%2F%2Fevil.example").await;
        assert!(!page.text.contains("evil.example"));
    })
    .await;
}

#[tokio::test]
async fn a_form_of_a_custom_scheme_may_lead_there() {
    on_each_engine(async |engine| {
        let hub = TestHub::new(engine).await;
        let acme = hub.tenant("acme").await;
        let mut browser = Browser::new(&hub);
        browser.let_in(&hub, &acme).await;
        for (callback, source) in [
            ("cursor://anysphere.cursor-retrieval/oauth/callback", "cursor:"),
            ("http://127.0.0.1:33418/callback", "http://127.0.0.1:33418"),
        ] {
            let client = register(&mut browser, callback).await;
            let consent = browser.get(&authorize(&client, callback)).await.to().to_owned();
            let page = browser.get(&consent).await;
            assert!(
                page.header("content-security-policy").ends_with(&format!("form-action 'self' {source}")),
                "{callback}: {}",
                page.header("content-security-policy")
            );
        }
    })
    .await;
}
