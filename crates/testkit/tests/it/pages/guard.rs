//! What stands before every page and form.
use http::Request;
use watchkeep_server::{Server, Settings};
use watchkeep_testkit::TestHub;

use super::browser::{Browser, PASSWORD, Page, email};
use crate::world::on_each_engine;

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; \
                      base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

fn has_headers(page: &Page) {
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("cross-origin-opener-policy", "same-origin"),
        ("permissions-policy", "publickey-credentials-get=(self), publickey-credentials-create=(self)"),
    ] {
        assert_eq!(page.header(name), value, "{}: {name}", page.path);
    }
}

#[tokio::test]
async fn every_page_has_its_headers_and_nothing_foreign() {
    on_each_engine(async |engine| {
        let hub = TestHub::new(engine).await;
        let acme = hub.tenant("acme").await;
        let mut stranger = Browser::new(&hub);
        let mut browser = Browser::new(&hub);
        let link = hub.admin().invite(&email(&acme)).await.unwrap();
        let mut pages = vec![stranger.get(&format!("/link/{}", link.token)).await];
        browser.let_in(&hub, &acme).await;
        for path in ["/sign-in", "/forgot", "/link/nothing", "/authorize", "/consent", "/account", "/sign-in/second"] {
            pages.push(stranger.get(path).await);
        }
        for path in [
            "/account",
            "/account/security",
            "/account/totp",
            "/account/sessions",
            "/account/tokens",
            "/account/apps",
            "/account/connections",
            "/consent",
            "/authorize?client_id=unknown",
            "/mcp/oauth/authorize",
        ] {
            let page = browser.get(path).await;
            assert!(page.status == 200 || page.status == 400, "{path}: {}", page.status);
            pages.push(page);
        }
        pages.push(stranger.sign_in("ana@acme.example", "wrong wrong wrong").await);
        pages.push(browser.post("/sign-out", &[]).await);
        for page in &pages {
            has_headers(page);
            for address in page.text.split(['"', '\'', ' ']).filter(|word| word.contains("://")) {
                let own = address.contains("127.0.0.1:8420")
                    || address.contains("localhost:8420")
                    || address.contains("w3.org");
                assert!(own, "{}: {address}", page.path);
            }
        }
        // what the pages load is there, for good
        let style = pages[1].text.split("href=\"/assets/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let asset = stranger.get(&format!("/assets/{style}")).await;
        assert_eq!((asset.status, asset.header("content-type")), (200, "text/css; charset=utf-8"));
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(stranger.get("/assets/pages-00000000.css").await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn forms_are_taken_from_our_own_pages_only() {
    on_each_engine(async |engine| {
        let hub = TestHub::new(engine).await;
        let acme = hub.tenant("acme").await;
        let mut browser = Browser::new(&hub);
        browser.let_in(&hub, &acme).await;
        let page = browser.get("/account/sessions").await;
        let good = page.field("/sign-out", "form");
        let mut other = Browser::new(&hub);
        other.sign_in("ana@acme.example", PASSWORD).await;
        let foreign = other.get("/account").await.field("/sign-out", "form");
        let purpose = browser.get("/account/security").await.field("/account/password", "form");
        assert_ne!(good, foreign);
        assert_ne!(good, purpose);

        let post = || Request::post("/sign-out");
        for (what, from, form) in [
            ("no token", post(), ""),
            ("another session's token", post(), &*foreign),
            ("another purpose's token", post(), &*purpose),
            ("cut", post(), &good[..62]),
            ("another origin", post().header("origin", "https://evil.example"), &*good),
            ("https for http", post().header("origin", "https://127.0.0.1:8420"), &*good),
            ("another port", post().header("origin", "http://127.0.0.1:1"), &*good),
            ("null", post().header("origin", "null"), &*good),
            ("cross-site", post().header("sec-fetch-site", "cross-site"), &*good),
            ("same-site", post().header("sec-fetch-site", "same-site"), &*good),
            ("a lie", post().header("sec-fetch-site", "cross-site").header("origin", "http://127.0.0.1:8420"), &*good),
        ] {
            let page = browser.post_as(from, "/sign-out", &[("form", form)]).await;
            assert_eq!(page.status, 403, "{what}");
            assert!(page.text.contains("nothing was done"), "{what}");
            has_headers(&page);
            assert_eq!(browser.get("/account").await.status, 200, "{what}: still signed in");
        }
        let json = Request::post("/sign-out").header("content-type", "application/json");
        assert_eq!(browser.send(json, "/sign-out", format!("{{\"form\":\"{good}\"}}")).await.status, 415);
        let large = "x".repeat(70_000);
        assert_eq!(browser.post("/sign-out", &[("form", &good), ("more", &large)]).await.status, 413);
        assert_eq!(browser.get("/sign-out").await.status, 405);

        let from = Request::post("/sign-out")
            .header("origin", "http://127.0.0.1:8420")
            .header("sec-fetch-site", "same-origin");
        assert_eq!(browser.post_as(from, "/sign-out", &[("form", &good)]).await.to(), "/sign-in?done=out");
    })
    .await;
}

#[tokio::test]
async fn a_strangers_form_is_tied_to_their_browser() {
    on_each_engine(async |engine| {
        let hub = TestHub::new(engine).await;
        let acme = hub.tenant("acme").await;
        Browser::new(&hub).let_in(&hub, &acme).await;
        let (mut mine, mut theirs) = (Browser::new(&hub), Browser::new(&hub));
        let page = mine.get("/sign-in").await;
        let cookies = page.set_cookies();
        assert_eq!(cookies.len(), 1);
        assert!(
            cookies[0].starts_with("wk_form=") && cookies[0].ends_with("; Path=/; HttpOnly; SameSite=Lax"),
            "{cookies:?}"
        );
        assert!(mine.get("/sign-in").await.set_cookies().is_empty(), "one that is there stays");
        let token = page.field("/sign-in", "form");
        theirs.get("/sign-in").await;
        let fields = [("form", &*token), ("email", "ana@acme.example"), ("password", PASSWORD)];
        // nobody is signed in to an account that somebody else chose
        assert_eq!(theirs.post("/sign-in", &fields).await.status, 403);
        theirs.cookies.clear();
        assert_eq!(theirs.post("/sign-in", &fields).await.status, 403);
        let page = mine.post("/sign-in", &fields).await;
        assert_eq!(page.to(), "/account");
        let cookies = page.set_cookies();
        assert!(
            cookies.iter().any(|c| c.starts_with("wk_session=") && c.ends_with("; Path=/; HttpOnly; SameSite=Lax")),
            "{cookies:?}"
        );
        assert!(
            cookies.iter().any(|c| c.starts_with("wk_device=") && c.ends_with("; Max-Age=31536000")),
            "{cookies:?}"
        );
        assert!(cookies.iter().any(|c| c.starts_with("wk_form=;") && c.ends_with("Max-Age=0")), "{cookies:?}");
    })
    .await;
}

#[tokio::test]
async fn on_https_the_cookies_belong_to_this_host_alone() {
    on_each_engine(async |engine| {
        let hub = TestHub::new(engine).await;
        let acme = hub.tenant("acme").await;
        Browser::new(&hub).let_in(&hub, &acme).await;
        let router = Server::new(hub.hub.clone(), Settings::new("https://hub.example")).unwrap().router();
        let mut browser = Browser::at(router, "hub.example");
        let page = browser.sign_in("ana@acme.example", PASSWORD).await;
        assert_eq!(page.to(), "/account");
        assert_eq!(page.header("strict-transport-security"), "max-age=31536000");
        for line in page.set_cookies() {
            assert!(line.starts_with("__Host-") && line.contains("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{line}");
            assert!(!line.to_lowercase().contains("domain"), "{line}");
        }
        assert_eq!(browser.get("/account").await.status, 200);
        // the names of plain http mean nothing here
        let secret = browser.cookies["__Host-session"].clone();
        browser.cookies.clear();
        browser.cookies.insert("wk_session".into(), secret);
        assert_eq!(browser.get("/account").await.to(), "/sign-in");
    })
    .await;
}

#[tokio::test]
async fn plain_http_and_other_names_get_no_form() {
    on_each_engine(async |engine| {
        let hub = TestHub::new(engine).await;
        let router = Server::new(hub.hub.clone(), Settings::new("http://hub.example:8840")).unwrap().router();
        let mut browser = Browser::at(router, "hub.example:8840");
        for path in ["/sign-in", "/account", "/link/x", "/consent", "/authorize"] {
            let page = browser.get(path).await;
            assert_eq!(page.status, 403, "{path}");
            assert!(
                page.text.contains("Sign-in needs https") && page.text.contains("http://hub.example:8840"),
                "{path}"
            );
            assert!(!page.text.contains("<form") && page.set_cookies().is_empty(), "{path}");
            has_headers(&page);
        }
        assert_eq!(browser.get("/api/v1/me").await.status, 403);
        // a name of somebody else's that points at this machine
        let mut browser = Browser::at(hub.router.clone(), "evil.example:8420");
        let page = browser.get("/sign-in").await;
        assert_eq!(page.status, 421);
        assert!(page.text.contains("http://127.0.0.1:8420") && !page.text.contains("<form"));
    })
    .await;
}
