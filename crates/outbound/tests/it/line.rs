//! Several requests over one line, one request with a body, and redirects by hand.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderMap, HeaderValue};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use watchkeep_outbound::guard::{BadTrust, Bounds, Failure};
use watchkeep_outbound::{Allowed, Guard, Identity, Refused, Request, Trust};

use crate::peer::{Names, Peer, guard};
use crate::server::{Act, Server, json, say};

const BOUNDS: Bounds = Bounds::new(64 * 1024, Duration::from_secs(3));

fn open_to(server: &Server) -> Guard {
    guard(&Arc::new(Names::default()), Allowed::nothing().http(server.address))
}

#[tokio::test]
async fn a_body_and_a_header_are_sent_and_nothing_else() {
    let server = Server::start(|_| json("{}")).await;
    let request = Request::post(server.url("/token"), "application/json", b"{\"a\":1}".to_vec())
        .accept("application/json")
        .bearer("t0ken")
        .unwrap()
        .with("X-Tenant", "one")
        .unwrap();
    let answer = open_to(&server).send(request, BOUNDS).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.bytes), (200, b"{}".to_vec()));
    let seen = &server.seen()[0];
    assert_eq!((seen.method(), seen.path(), seen.body.as_slice()), ("POST", "/token", b"{\"a\":1}".as_slice()));
    let mut names: Vec<&str> = seen.head.lines().skip(1).filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "accept-encoding",
            "authorization",
            "content-length",
            "content-type",
            "host",
            "user-agent",
            "x-tenant"
        ]
    );
    assert_eq!(seen.header("authorization"), Some("Bearer t0ken"));
}

#[tokio::test]
async fn a_line_keeps_its_connection_and_its_origin() {
    let server = Server::start(|_| json("{}")).await;
    let other = Server::start(|_| json("{}")).await;
    let guard = guard(&Arc::new(Names::default()), Allowed::nothing().http(server.address).http(other.address));
    let line = guard.line(&server.url("/mcp")).await.unwrap();
    for n in 0..5 {
        line.send(Request::get(server.url(&format!("/{n}"))), BOUNDS).await.unwrap();
    }
    assert_eq!((server.connections(), server.seen().len()), (1, 5));
    let elsewhere = line.send(Request::get(other.url("/")), BOUNDS).await;
    assert!(matches!(elsewhere, Err(Failure::Refused(Refused::Url(_)))), "{elsewhere:?}");
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_line_dials_what_was_checked_until_it_is_opened_anew() {
    // each answer ends the connection, so that the line has to dial again
    let closing = |_: &_| {
        let mut acts = say("200 OK", "Connection: close\r\n", "{}");
        acts.push(Act::Hang);
        acts
    };
    let open = Server::at("127.0.0.3:0", closing).await;
    let canary = Peer::at(SocketAddr::new([127, 0, 0, 2].into(), open.address.port()), crate::peer::json("{}")).await;
    let names = Arc::new(Names::default().with("rebind.example", &[&["127.0.0.3"], &["127.0.0.2"]]));
    let guard = guard(&names, Allowed::nothing().http(open.address));
    let url = format!("http://rebind.example:{}/x", open.address.port());
    let line = guard.line(&url).await.unwrap();
    for _ in 0..3 {
        line.send(Request::get(&url), BOUNDS).await.unwrap();
    }
    assert_eq!((open.connections(), names.asked("rebind.example")), (3, 1));
    let anew = guard.line(&url).await;
    assert!(matches!(anew, Err(Failure::Refused(Refused::Address(_)))), "{anew:?}");
    assert!(canary.untouched().await);
}

#[tokio::test]
async fn each_wait_has_an_end() {
    let drip = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".to_vec();
    let server = Server::start(move |request| match request.path() {
        "/silent" => vec![Act::Pause(Duration::from_secs(60))],
        "/stops" => vec![Act::Say(drip.clone()), Act::Pause(Duration::from_secs(60))],
        _ => vec![Act::Say(drip.clone()), Act::Forever(b" ".to_vec(), Duration::from_millis(20))],
    })
    .await;
    let guard = open_to(&server);
    let short = Duration::from_millis(150);
    let bounds = Bounds { bytes: 1000, first_byte: short, idle: short, deadline: Duration::from_millis(600) };
    for (path, least, most) in [("/silent", 140, 400), ("/stops", 140, 400), ("/drips", 590, 900)] {
        let start = std::time::Instant::now();
        let failure = guard.send(Request::get(server.url(path)), bounds).await.unwrap_err();
        let took = start.elapsed().as_millis();
        assert!(matches!(failure, Failure::TimedOut), "{path}: {failure:?}");
        assert!((least..most).contains(&took), "{path}: {took} ms");
    }
}

#[tokio::test]
async fn a_header_without_end_and_one_that_is_too_long_are_refused() {
    let server = Server::start(|request| match request.path() {
        "/lines" => {
            vec![Act::Say(b"HTTP/1.1 200 OK\r\n".to_vec()), Act::Forever(b"X-A: b\r\n".repeat(100), Duration::ZERO)]
        }
        "/one" => vec![Act::Say(b"HTTP/1.1 200 OK\r\nX: ".to_vec()), Act::Forever(vec![b'x'; 1024], Duration::ZERO)],
        _ => say("200 OK", &format!("X: {}\r\n", "x".repeat(70_000)), "{}"),
    })
    .await;
    let guard = open_to(&server);
    for path in ["/lines", "/one", "/long"] {
        let failure = guard.send(Request::get(server.url(path)), BOUNDS).await.unwrap_err();
        assert!(matches!(failure, Failure::Broken | Failure::Header), "{path}: {failure:?}");
    }
    assert!(server.sent() < 8 * 1024 * 1024, "{}", server.sent());
}

#[tokio::test]
async fn redirects_are_followed_where_asked_and_each_is_checked() {
    let inside = Peer::on("127.0.0.2", crate::peer::json("{}")).await;
    let metadata = format!("Location: http://127.0.0.2:{}/latest\r\n", inside.address.port());
    let second = Server::at("127.0.0.3:0", |_| json("{\"second\":true}")).await;
    let across = format!("Location: http://{}/there\r\n", second.address);
    let first = Server::start(move |request| match request.path() {
        "/same" => say("302 Found", "Location: /end\r\n", ""),
        "/across" => say("307 Temporary Redirect", &across, ""),
        "/inside" => say("302 Found", &metadata, ""),
        "/cloud" => say("302 Found", "Location: http://169.254.169.254/latest/meta-data\r\n", ""),
        "/file" => say("302 Found", "Location: file:///etc/passwd\r\n", ""),
        "/nowhere" => say("302 Found", "", ""),
        "/loop" => say("302 Found", "Location: /loop\r\n", ""),
        _ => json("{}"),
    })
    .await;
    let guard = guard(&Arc::new(Names::default()), Allowed::nothing().http(first.address).http(second.address));
    let headers = HeaderMap::from_iter([
        (AUTHORIZATION, HeaderValue::from_static("Bearer secret")),
        (ACCEPT, HeaderValue::from_static("application/json")),
    ]);
    let follow = async |path: &str| guard.follow(&first.url(path), headers.clone(), BOUNDS).await;

    let same = follow("/same").await.unwrap();
    assert_eq!((same.url.path(), same.answer.bytes.as_slice()), ("/end", b"{}".as_slice()));
    assert_eq!(first.seen()[1].header("authorization"), Some("Bearer secret"), "within an origin it stays");

    let across = follow("/across").await.unwrap();
    assert_eq!(across.url.to_string(), second.url("/there"));
    let seen = &second.seen()[0];
    assert_eq!((seen.header("authorization"), seen.header("accept")), (None, Some("application/json")));

    for path in ["/inside", "/cloud", "/file"] {
        let refused = follow(path).await.unwrap_err();
        assert!(matches!(refused, Failure::Refused(_)), "{path}: {refused:?}");
    }
    assert!(inside.untouched().await);
    let before = first.seen().len();
    for (path, requests) in [("/nowhere", 1), ("/loop", 4)] {
        let refused = follow(path).await.unwrap_err();
        assert!(matches!(refused, Failure::Redirected), "{path}: {refused:?}");
        assert_eq!(first.seen().len() - before, if path == "/loop" { requests + 1 } else { requests });
    }
    let unasked = guard.send(Request::get(first.url("/same")), BOUNDS).await.unwrap();
    assert_eq!(unasked.status.as_u16(), 302, "nothing else follows one");
}

#[tokio::test]
async fn a_server_that_asks_who_we_are_is_shown_a_certificate() {
    let pem = (include_bytes!("tls/cert.pem").as_slice(), include_bytes!("tls/key.pem").as_slice());
    let cert = CertificateDer::from_pem_slice(pem.0).unwrap();
    let key = PrivateKeyDer::from_pem_slice(pem.1).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(cert.clone()).unwrap();
    let asks = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(asks)
        .with_single_cert(vec![cert], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::task::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
            let _ = stream.shutdown().await;
        }
    });
    let names = Arc::new(Names::default().with("client.example", &[&["127.0.0.1"]]));
    let url = format!("https://client.example:{}/", address.port());
    let plain = Guard::new(names, Allowed::nothing(), Trust::public().unwrap());
    let allowed = plain.allowing(&Allowed::nothing().https_in("127.0.0.0/8".parse().unwrap(), address.port()));
    assert!(
        matches!(plain.get(&url, "*/*", BOUNDS).await, Err(Failure::Refused(_))),
        "the first guard stays as it was"
    );
    assert!(matches!(allowed.get(&url, "*/*", BOUNDS).await, Err(Failure::Unreachable)), "an unknown authority");
    let rooted = allowed.trust().and_roots(pem.0).unwrap();
    let nameless = allowed.trusting(rooted.clone()).get(&url, "*/*", BOUNDS).await;
    assert!(nameless.is_err(), "{nameless:?}");
    let identified = rooted.identified(Identity::from_pem(pem.0, pem.1).unwrap()).unwrap();
    assert_eq!(allowed.trusting(identified).get(&url, "*/*", BOUNDS).await.unwrap().bytes, b"{}");
    assert!(matches!(Identity::from_pem(pem.0, pem.0), Err(BadTrust::Key)));
    assert!(matches!(Identity::from_pem(pem.1, pem.1), Err(BadTrust::Certificates)));
}
