//! 53, 70: too much.
use http::Request;
use serde_json::json;
use watchkeep_testkit::oauth::{App, Browser, query, register};

use super::scene::{Scene, page, refused};

pub(super) async fn registrations(s: &Scene) {
    // the same again is the same client
    let body = |name: &str| json!({ "client_name": name, "redirect_uris": ["https://app.example/cb"] });
    let first = register(&s.hub, body("same")).await.json();
    for _ in 0..20 {
        assert_eq!(register(&s.hub, body("same")).await.json()["client_id"], first["client_id"]);
    }
    assert_eq!(super::doors::clients_kept(s).await, 1);
    // other ones end at a limit
    let limited = super::doors::throttled(s).await;
    let mut told = 0;
    for i in 0..200 {
        let answer = register(&limited, body(&format!("flood {i}"))).await;
        match answer.status {
            201 => assert_eq!(told, 0, "a limit holds"),
            429 => {
                told += 1;
                let wait: u32 = answer.header("retry-after").parse().unwrap();
                assert!(wait > 0 && answer.json()["error"].is_string(), "{}", answer.json());
            }
            other => panic!("{other}"),
        }
    }
    assert!(told > 100, "{told}");
    assert!(super::doors::clients_kept(s).await < 100);
    // what nobody allowed anything is gone after a day; what somebody allowed stays
    let (_, app, _) = s.connected().await;
    watchkeep_hub::jobs::install(&s.hub.hub).await.unwrap();
    s.advance(25 * 3600);
    s.hub.run_jobs().await;
    assert_eq!(super::doors::clients_kept(s).await, 1);
    let gone = App { id: first["client_id"].as_str().unwrap().to_owned(), ..app.clone() };
    page(&Browser::new(&s.hub).get(&gone.request(&[])).await, "gone");
    assert_eq!(Browser::new(&s.hub).get(&app.request(&[])).await.status, 303);
}

pub(super) async fn limits(s: &Scene) {
    let (mut browser, app) = (s.ana().await, s.app().await);
    let stranger = s.hub.stranger();
    let many = vec!["a=1"; 10_000].join("&");
    let answer = stranger.raw_form("/token", many.clone()).await;
    assert!(matches!(answer.status, 400 | 413), "{}", answer.status);
    for raw in [many, "client_id=%ff".into(), "client_id=%00".into(), "client_id=a%00b".into()] {
        let answer = browser.get(&format!("/authorize?{raw}")).await;
        assert!(matches!(answer.status, 400 | 414 | 431), "{}", answer.status);
        assert_eq!(answer.header("location"), "");
    }
    let code = "a".repeat(64 * 1024);
    let answer = app.redeem(&s.hub, &code, &[]).await;
    assert!(matches!(answer.status, 400 | 413), "{}", answer.status);
    let answer = app.redeem(&s.hub, &"a".repeat(30_000), &[]).await;
    refused(&answer, 400, "invalid_grant");
    for raw in [&b"grant_type=\xff\xfe"[..], b"grant_type=%ff", b"grant_type=a%00", b"\0\0\0"] {
        refused(&stranger.raw_form("/token", raw.to_vec()).await, 400, "invalid_request");
    }
    for body in ["{", "[]", "\u{0}", &"[".repeat(7_000), &format!("{{\"x\":\"{}\"}}", "y".repeat(9_000))] {
        let request = Request::post("/register").header("content-type", "application/json");
        let answer = stranger.send(request, body.to_owned()).await;
        assert!(matches!(answer.status, 400 | 413), "{}", answer.status);
        assert!(answer.json()["error"].is_string());
    }

    // a line break ends no header
    let state = "x\r\nSet-Cookie: stolen=1\r\n\r\n<html>";
    let answer = browser.get(&app.request(&[("scope", "nonsense"), ("state", state)])).await;
    assert_eq!(query(answer.header("location"), "state"), [state]);
    assert!(answer.headers.get_all("set-cookie").iter().all(|c| !c.to_str().unwrap().contains("stolen")));
    page(&browser.get(&app.request(&[("redirect_uri", &format!("{}\r\nX: y", app.redirect))])).await, "redirect");
    let huge = browser.get(&app.request(&[("state", &"s".repeat(20_000))])).await;
    assert!(matches!(huge.status, 303 | 400 | 414 | 431), "{}", huge.status);
    assert!(huge.header("location").len() < 10_000);
}
