//! The account, and the same over REST.
use http::Request;
use serde_json::{Value, json};
use watchkeep_testkit::TestHub;

use super::browser::{Browser, PASSWORD};
use crate::world::on_each_engine;

#[tokio::test]
async fn a_token_is_made_shown_once_used_and_revoked() {
    on_each_engine(async |engine| {
        let hub = TestHub::new(engine).await;
        let (acme, contoso) = (hub.tenant("acme").await, hub.tenant("contoso").await);
        let (mut ana, mut other) = (Browser::new(&hub), Browser::new(&hub));
        ana.let_in(&hub, &acme).await;
        other.let_in(&hub, &contoso).await;
        let fields = [("tenant", "acme"), ("name", "Nightly <b>report</b>"), ("connector", "risk"), ("expires", "30d")];
        let page = ana.submit("/account/tokens", "/account/tokens", &fields).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let token = page.text.split("value=\"drx_pat_acme.").nth(1).unwrap().split('"').next().unwrap();
        let token = format!("drx_pat_acme.{token}");
        assert!(hub.client(&token).tool("list_kris", json!({})).await.status == 200);
        assert!(page.text.contains("Nightly &#60;b&#62;report"));

        let page = ana.get("/account/tokens").await;
        assert!(!page.text.contains(&token), "shown once");
        assert!(page.text.contains("Nightly") && page.text.contains("Reads only"));
        let (_, rest) = page.text.split_once("/account/tokens/").unwrap();
        let revoke = format!("/account/tokens/{}", rest.split('"').next().unwrap());
        // somebody else's token is as good as none
        let form = other.get("/account/tokens").await.field("/account/tokens", "form");
        assert_eq!(other.post(&revoke, &[("form", &form)]).await.status, 404);
        assert_eq!(hub.client(&token).tool("list_kris", json!({})).await.status, 200);
        let page = ana.submit("/account/tokens", &revoke, &[]).await;
        assert_eq!(page.to(), "/account/tokens?done=token");
        assert_eq!(hub.client(&token).tool("list_kris", json!({})).await.status, 401);

        for (bad, field) in [
            (&[("tenant", "contoso"), ("name", "x"), ("connector", "risk")][..], "tenant"),
            (&[("tenant", "acme"), ("name", ""), ("connector", "risk")], "name"),
            (&[("tenant", "acme"), ("name", "x")], "connector"),
        ] {
            let page = ana.submit("/account/tokens", "/account/tokens", bad).await;
            assert_eq!(page.status, 422, "{field}");
            assert!(page.text.contains(&format!("href=\"#{field}\"")), "{field}: {}", page.text);
        }
    })
    .await;
}

#[tokio::test]
async fn sessions_are_seen_and_ended() {
    on_each_engine(async |engine| {
        let hub = TestHub::new(engine).await;
        let acme = hub.tenant("acme").await;
        let (mut ana, mut phone) = (Browser::new(&hub), Browser::new(&hub));
        ana.let_in(&hub, &acme).await;
        phone.sign_in("ana@acme.example", PASSWORD).await;
        let page = ana.get("/account/sessions").await;
        assert!(page.text.contains("This one") && page.text.contains("Firefox on Linux"), "{}", page.text);
        let (_, rest) = page.text.split_once("action=\"/account/sessions/").unwrap();
        let end = format!("/account/sessions/{}", rest.split('"').next().unwrap());
        assert_eq!(ana.submit("/account/sessions", &end, &[]).await.to(), "/account/sessions?done=session");
        assert_eq!(phone.get("/account").await.to(), "/sign-in");
        phone.sign_in("ana@acme.example", PASSWORD).await;
        let page = ana.submit("/account/sessions", "/account/sessions/end-others", &[]).await;
        assert_eq!(page.to(), "/account/sessions?done=sessions");
        assert_eq!(phone.get("/account").await.to(), "/sign-in");

        phone.sign_in("ana@acme.example", PASSWORD).await;
        let new = "quite another set of words";
        let change = |current: &'static str| [("current", current), ("password", new), ("again", new)];
        let page = ana.submit("/account/security", "/account/password", &change("wrong")).await;
        assert_eq!(page.status, 401);
        assert!(page.text.contains("id=\"current-wrong\""), "{}", page.text);
        let page = ana.submit("/account/security", "/account/password", &change(PASSWORD)).await;
        assert_eq!(page.to(), "/account/security?done=password");
        assert_eq!(ana.get("/account").await.status, 200);
        assert_eq!(phone.get("/account").await.to(), "/sign-in");
        assert_eq!(phone.sign_in("ana@acme.example", PASSWORD).await.status, 401);
        assert_eq!(phone.sign_in("ana@acme.example", new).await.to(), "/account");
    })
    .await;
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"))
}

#[tokio::test]
async fn the_same_over_rest() {
    on_each_engine(async |engine| {
        let hub = TestHub::new(engine).await;
        let acme = hub.tenant("acme").await;
        let mut ana = Browser::new(&hub);
        let refused = ana.get("/api/v1/me").await;
        assert_eq!((refused.status, refused.header("content-type")), (401, "application/problem+json"));
        // no bearer opens a person's own things
        let token = hub.token(&acme, "mcp:read").await;
        let key = hub.key(&acme, "api:read api:write").await;
        for bearer in [token, key] {
            assert_eq!(hub.client(&bearer).get("/api/v1/me").await.status, 401);
        }
        ana.let_in(&hub, &acme).await;
        let me = value(&ana.get("/api/v1/me").await.text);
        assert_eq!((&me["email"], &me["tenants"][0]["slug"]), (&json!("ana@acme.example"), &json!("acme")));
        assert_eq!(value(&ana.get("/api/v1/me/sessions").await.text)["items"].as_array().unwrap().len(), 1);
        for list in ["passkeys", "apps", "connections"] {
            assert!(value(&ana.get(&format!("/api/v1/me/{list}")).await.text)["items"].is_array(), "{list}");
        }
        let post = || Request::post("/").header("content-type", "application/json");
        let wanted = json!({"tenant": "acme", "name": "script"}).to_string();
        let made =
            ana.send(post().header("origin", "http://127.0.0.1:8420"), "/api/v1/me/tokens", wanted.clone()).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let made = value(&made.text);
        assert!(made["token"].as_str().unwrap().starts_with("drx_pat_acme."));
        let path = format!("/api/v1/me/tokens/{}", made["id"].as_str().unwrap());
        for (what, request) in [
            ("another origin", post().header("origin", "https://evil.example")),
            ("cross-site", post().header("sec-fetch-site", "cross-site")),
        ] {
            assert_eq!(ana.send(request, "/api/v1/me/tokens", wanted.clone()).await.status, 403, "{what}");
        }
        assert_eq!(ana.send(Request::post("/"), "/api/v1/me/tokens", wanted.clone()).await.status, 415);
        assert_eq!(ana.send(post(), "/api/v1/me/tokens", "{".into()).await.status, 422);
        assert_eq!(
            ana.send(post(), "/api/v1/me/tokens", json!({"tenant": "contoso", "name": "x"}).to_string()).await.status,
            422
        );
        let gone = |ana: &mut Browser| {
            let mut b = ana.clone();
            let path = path.clone();
            async move { b.send(Request::delete("/"), &path, String::new()).await.status }
        };
        assert_eq!(gone(&mut ana).await, 204);
        assert_eq!(gone(&mut ana).await, 404);
        for bad in ["/api/v1/me/tokens/x", "/api/v1/me/sessions/x", "/api/v1/me/apps/x", "/api/v1/me/passkeys/x"] {
            assert_eq!(ana.send(Request::delete("/"), bad, String::new()).await.status, 404, "{bad}");
        }
    })
    .await;
}
