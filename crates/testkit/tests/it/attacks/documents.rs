//! 48 to 52: Client ID Metadata Documents. That a guarded fetch dials nothing inner, follows nothing and is bounded is
//! tested where it is written, with a canary; here is that no request of a browser gets around it.
use std::net::TcpListener;

use watchkeep_testkit::oauth::{App, Browser};

use super::scene::{Scene, page};

fn app(url: &str, redirect: &str) -> App {
    App { id: url.to_owned(), secret: None, method: "none", redirect: redirect.to_owned(), extra: Vec::new() }
}

/// A listener that nobody should reach.
fn canary() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

pub(super) async fn inner(s: &Scene) {
    let (listener, port) = canary();
    let mut browser = s.ana().await;
    for url in [
        format!("https://127.0.0.1:{port}/client.json"),
        format!("https://localhost:{port}/client.json"),
        format!("http://127.0.0.1:{port}/client.json"),
        format!("https://2130706433:{port}/client.json"),
        format!("https://0x7f000001:{port}/client.json"),
        format!("https://017700000001:{port}/client.json"),
        format!("https://127.1:{port}/client.json"),
        format!("https://[::ffff:127.0.0.1]:{port}/client.json"),
        format!("https://localhost.localdomain:{port}/client.json"),
        "https://127.0.0.1/client.json".into(),
        "https://[::1]/client.json".into(),
        "https://[64:ff9b::7f00:1]/client.json".into(),
        "https://169.254.169.254/latest/meta-data".into(),
        "https://10.0.0.1/client.json".into(),
        "https://localhost/client.json".into(),
        "https://intranet/client.json".into(),
    ] {
        let answer = browser.get(&app(&url, "https://app.example/cb").request(&[])).await;
        page(&answer, &url);
    }
    let reached = listener.accept();
    assert!(reached.is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock), "somebody dialled the canary");
}

pub(super) async fn gone(s: &Scene) {
    let mut browser = s.ana().await;
    let url = "https://client.invalid/client.json";
    let request = app(url, "https://client.invalid/cb").request(&[]);
    let answer = tokio::time::timeout(std::time::Duration::from_secs(20), browser.get(&request)).await.unwrap();
    page(&answer, url);
}

pub(super) async fn forms(s: &Scene) {
    let mut browser = s.ana().await;
    for url in [
        "http://app.example/client.json",
        "HTTPS://app.example/client.json",
        "https://App.example/client.json",
        "https://app.example",
        "https://app.example/",
        "https://app.example/a/../client.json",
        "https://app.example/%2e%2e/client.json",
        "https://a@app.example/client.json",
        "https://app.example/client.json#f",
        "https://app.example:8443/client.json",
        "https://app.example./client.json",
        "https://claude.ai/oauth/claude-code-client-metadata/",
        "https://claude.ai:443/oauth/claude-code-client-metadata",
        "https://CLAUDE.AI/oauth/claude-code-client-metadata",
        "https://claude.ai/oauth/claude-code-client-metadata#",
    ] {
        page(&browser.get(&app(url, "http://localhost/callback").request(&[])).await, url);
    }
}

pub(super) async fn foreign(s: &Scene) {
    let mut browser = s.ana().await;
    let code = "https://claude.ai/oauth/claude-code-client-metadata";
    for redirect in
        ["https://evil.example/cb", "https://claude.ai/cb", "http://localhost/other", "http://[::1]/callback"]
    {
        page(&browser.get(&app(code, redirect).request(&[])).await, redirect);
    }
}

pub(super) async fn flood(s: &Scene) {
    let (listener, port) = canary();
    let mut stranger = Browser::new(&s.hub);
    for i in 0..300 {
        let url = if i % 3 == 0 {
            format!("https://127.0.0.1:{port}/{i}")
        } else {
            format!("https://host-{i}.invalid/client.json")
        };
        let answer = stranger.get(&app(&url, "https://app.example/cb").request(&[])).await;
        let asked = answer.status == 303 && answer.header("location").starts_with("/sign-in");
        assert!(asked || answer.status == 400 || answer.status == 429, "{url}: {}", answer.status);
    }
    assert!(listener.accept().is_err());
    assert_eq!(super::doors::clients_kept(s).await, 0, "nothing is kept of what a stranger names");
}
