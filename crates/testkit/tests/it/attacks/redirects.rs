//! 1 to 10: where answers may go.
use serde_json::json;
use watchkeep_testkit::oauth::{App, Browser, register};

use super::scene::{Scene, page, refused};

/// A request for each of these addresses ends on a page.
async fn pages_for(s: &Scene, app: &App, asked: &[&str]) {
    let mut browser = Browser::new(&s.hub);
    for uri in asked {
        page(&browser.get(&app.request(&[("redirect_uri", uri)])).await, uri);
        // nor where something else is wrong, which a client would be told
        page(&browser.get(&app.request(&[("redirect_uri", uri), ("code_challenge", "")])).await, uri);
    }
}

/// A client at `https://client.example/cb`.
async fn remote(s: &Scene) -> App {
    App::registered(&s.hub, "client", "https://client.example/cb", "none").await
}

pub(super) async fn unregistered(s: &Scene) {
    let app = remote(s).await;
    pages_for(s, &app, &["https://evil.example/cb", "https://evil", "javascript:alert(1)", "//evil.example/cb", "/cb"])
        .await;
    let mut browser = Browser::new(&s.hub);
    page(&browser.get(&app.request(&[("redirect_uri", "")])).await, "no redirect_uri");
    let posted = app.request(&[("redirect_uri", "https://evil.example/cb")]);
    let body = posted.split_once('?').unwrap().1.to_owned();
    page(&s.hub.stranger().raw_form("/authorize", body).await, "by POST");
    page(&browser.get(&posted.replace("/authorize", "/mcp/oauth/authorize")).await, "by the alias");
}

pub(super) async fn unknown_client(s: &Scene) {
    let app = remote(s).await;
    let mut browser = Browser::new(&s.hub);
    for changes in [
        &[("client_id", "nope")][..],
        &[("client_id", "mcp_00000000000000000000000000000000")],
        &[("client_id", "")],
        &[("client_id", &app.id), ("client_id", &app.id)],
    ] {
        page(&browser.get(&app.request(changes)).await, &format!("{changes:?}"));
    }
    page(&browser.get("/authorize").await, "nothing at all");
}

pub(super) async fn path(s: &Scene) {
    let app = remote(s).await;
    let asked = ["/cb/../x", "/cb/", "/cb%2f..", "/..;/cb", "/./cb", "//cb", "/cb/.", "/CB", "/cb;x", "/c%62"]
        .map(|path| format!("https://client.example{path}"));
    pages_for(s, &app, &asked.each_ref().map(String::as_str)).await;
}

pub(super) async fn host(s: &Scene) {
    let app = remote(s).await;
    let asked = [
        "HTTPS://client.example/cb",
        "https://Client.Example/cb",
        "https://client.example:443/cb",
        "https://client.example./cb",
        "https://client.example@@evil.example/cb",
        "https://client.example@evil.example/cb",
        "https://evil.example\\@client.example/cb",
        "https://a@client.example/cb",
        "http://client.example/cb",
        "https://client.example.evil.example/cb",
        "https://clіent.example/cb",
        " https://client.example/cb",
        "https://client.example/cb\n",
    ];
    pages_for(s, &app, &asked).await;
}

pub(super) async fn more_query(s: &Scene) {
    let app = remote(s).await;
    let asked = ["?x=1", "?", "#", "#x", "?redirect=https://evil.example", "&x=1"]
        .map(|tail| format!("https://client.example/cb{tail}"));
    pages_for(s, &app, &asked.each_ref().map(String::as_str)).await;
}

pub(super) async fn loopback_port(s: &Scene) {
    let app = App::registered(&s.hub, "native", "http://127.0.0.1/callback", "none").await;
    let mut browser = s.ana().await;
    let moved = App { redirect: "http://127.0.0.1:51763/callback".into(), ..app.clone() };
    let there = browser.allow(&moved, "acme", &[]).await;
    assert!(there.left().starts_with("http://127.0.0.1:51763/callback?code="), "{}", there.left());
    // the port is part of what is bound to the code
    refused(&app.redeem(&s.hub, &there.code(), &[]).await, 400, "invalid_grant");
    assert_eq!(moved.redeem(&s.hub, &there.code(), &[]).await.status, 200);
    let name = App::registered(&s.hub, "by-name", "http://localhost/callback", "none").await;
    let moved = App { redirect: "http://localhost:8799/callback".into(), ..name };
    assert!(browser.allow(&moved, "acme", &[]).await.left().starts_with("http://localhost:8799/callback?code="));
}

pub(super) async fn loopback_else(s: &Scene) {
    let app = App::registered(&s.hub, "native", "http://127.0.0.1/callback", "none").await;
    let asked = [
        "http://127.0.0.1:5/other",
        "http://127.0.0.1:5/callback?x=1",
        "http://localhost:5/callback",
        "http://[::1]:5/callback",
        "https://127.0.0.1:5/callback",
        "http://127.0.0.1.evil.example:5/callback",
        "http://127.1:5/callback",
        "http://2130706433:5/callback",
        "http://[::ffff:127.0.0.1]:5/callback",
        "http://127.0.0.1:5@evil.example/callback",
        "http://127.0.0.1@evil.example/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:70000/callback",
    ];
    pages_for(s, &app, &asked).await;
    let name = App::registered(&s.hub, "by-name", "http://localhost/callback", "none").await;
    pages_for(
        s,
        &name,
        &["http://localhost.:5/callback", "http://127.0.0.1:5/callback", "http://LOCALHOST:5/callback"],
    )
    .await;
}

pub(super) async fn remote_port(s: &Scene) {
    let app = remote(s).await;
    pages_for(
        s,
        &app,
        &["https://client.example:8443/cb", "https://client.example:80/cb", "https://client.example:/cb"],
    )
    .await;
}

/// Each of these is refused, alone and beside a good one, and no client is kept.
async fn not_registered(s: &Scene, uris: &[&str]) {
    let before = super::doors::clients_kept(s).await;
    for uri in uris {
        for redirect_uris in [json!([uri]), json!(["https://client.example/cb", uri])] {
            let answer = register(&s.hub, json!({ "client_name": "x", "redirect_uris": redirect_uris })).await;
            refused(&answer, 400, "invalid_redirect_uri");
        }
    }
    assert_eq!(super::doors::clients_kept(s).await, before);
}

pub(super) async fn script_schemes(s: &Scene) {
    let uris = [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "\u{1}javascript:alert(1)",
        "javascript://client.example/%0aalert(1)",
        "data:text/html,x",
        "DATA:text/html;base64,PHM+",
        "vbscript:x",
        "blob:https://client.example/1",
        "file:///etc/passwd",
        "about:blank",
        "view-source:https://client.example",
        "unheardof://cb",
    ];
    not_registered(s, &uris).await;
}

pub(super) async fn bad_forms(s: &Scene) {
    let uris = [
        "https://client.example/cb#f",
        "https://*.client.example/cb",
        "/cb",
        "client.example/cb",
        "",
        "http://client.example/cb",
        "https://a:b@client.example/cb",
        "https://client.example;script-src/cb",
        "https://client.example/cb?code=mine",
    ];
    not_registered(s, &uris).await;
    for body in [json!({ "client_name": "x" }), json!({ "redirect_uris": [] })] {
        refused(&register(&s.hub, body).await, 400, "invalid_redirect_uri");
    }
}
