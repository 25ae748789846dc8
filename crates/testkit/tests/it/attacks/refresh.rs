//! 27 to 32: refresh tokens.
use futures_util::future::join_all;
use watchkeep_testkit::oauth::{App, Tokens};

use super::scene::{Scene, refused};

pub(super) async fn retry(s: &Scene) {
    let (_, app, first) = s.connected().await;
    let all = join_all((0..16).map(|_| app.refresh(&s.hub, &first.refresh, &[]))).await;
    let second = Tokens::of(&all[0]);
    for answer in &all {
        let again = Tokens::of(answer);
        assert_eq!((&again.access, &again.refresh), (&second.access, &second.refresh));
    }
    assert_ne!(second.refresh, first.refresh);
    s.advance(60);
    let again = Tokens::of(&app.refresh(&s.hub, &first.refresh, &[]).await);
    assert_eq!((&again.access, &again.refresh), (&second.access, &second.refresh));
    assert_eq!(again.seconds, second.seconds - 60, "what is left of its time");
    s.lives(&second.access).await;
    // one generation: the successor leads on, and its own successor is another
    let third = Tokens::of(&app.refresh(&s.hub, &second.refresh, &[]).await);
    assert_ne!(third.refresh, second.refresh);
    s.lives(&third.access).await;
    let rotations = s.events(&s.acme).await.iter().filter(|event| *event == "oauth_token_refreshed").count();
    assert_eq!(rotations, 2, "who came second rotated nothing, and no row says so");
}

pub(super) async fn reuse(s: &Scene) {
    let (_, app, first) = s.connected().await;
    let second = Tokens::of(&app.refresh(&s.hub, &first.refresh, &[]).await);
    s.lives(&second.access).await;
    s.advance(121);
    refused(&app.refresh(&s.hub, &first.refresh, &[]).await, 400, "invalid_grant");
    s.dead(&second.access).await;
    s.dead(&first.access).await;
    refused(&app.refresh(&s.hub, &second.refresh, &[]).await, 400, "invalid_grant");
    assert!(s.events(&s.acme).await.iter().any(|event| event == "oauth_refresh_reuse_detected"));
}

pub(super) async fn recover(s: &Scene) {
    let (_, app, first) = s.connected().await;
    let lost = Tokens::of(&app.refresh(&s.hub, &first.refresh, &[]).await);
    s.advance(121);
    let found = Tokens::of(&app.refresh(&s.hub, &first.refresh, &[]).await);
    assert_ne!((&found.access, &found.refresh), (&lost.access, &lost.refresh));
    s.lives(&found.access).await;
    s.dead(&lost.access).await;
    refused(&app.refresh(&s.hub, &lost.refresh, &[]).await, 400, "invalid_grant");
    assert!(s.events(&s.acme).await.iter().any(|event| event == "oauth_refresh_recovered"));
    // once
    s.advance(121);
    refused(&app.refresh(&s.hub, &first.refresh, &[]).await, 400, "invalid_grant");
    s.dead(&found.access).await;
}

pub(super) async fn other_client(s: &Scene) {
    let (_, app, tokens) = s.connected().await;
    let other = App::public(&s.hub, "other").await;
    refused(&other.refresh(&s.hub, &tokens.refresh, &[]).await, 400, "invalid_grant");
    let second = Tokens::of(&app.refresh(&s.hub, &tokens.refresh, &[]).await);
    // nor does its use of an old one set off anything
    s.advance(121);
    s.lives(&second.access).await;
    refused(&other.refresh(&s.hub, &tokens.refresh, &[]).await, 400, "invalid_grant");
    s.lives(&second.access).await;
}

pub(super) async fn scope(s: &Scene) {
    let (_, app, tokens) = s.connected().await;
    assert_eq!(tokens.scope, "mcp:read");
    for scope in ["mcp:write", "mcp:read mcp:write", "mcp.read", "api:read"] {
        refused(&app.refresh(&s.hub, &tokens.refresh, &[("scope", scope)]).await, 400, "invalid_scope");
    }
    assert_eq!(Tokens::of(&app.refresh(&s.hub, &tokens.refresh, &[("scope", "mcp:read")]).await).scope, "mcp:read");
}

pub(super) async fn resource(s: &Scene) {
    let base = &s.hub.hub.public_url;
    let mut browser = s.ana().await;
    let app = s.app().await.asking("resource", &format!("{base}/api/mcp"));
    let code = s.code(&mut browser, &app).await;
    let others =
        ["https://other.example".to_owned(), format!("{base}/mcp"), format!("{base}/api/mcp/t/contoso"), base.clone()];
    for other in &others {
        refused(&app.redeem(&s.hub, &code, &[("resource", other)]).await, 400, "invalid_target");
    }
    let tokens = Tokens::of(&app.redeem(&s.hub, &code, &[("resource", &format!("{base}/api/mcp"))]).await);
    for other in &others {
        refused(&app.refresh(&s.hub, &tokens.refresh, &[("resource", other)]).await, 400, "invalid_target");
    }
    s.lives(&Tokens::of(&app.refresh(&s.hub, &tokens.refresh, &[]).await).access).await;
}
