//! What is dialled, and what is not: never a byte to an address that was not checked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use watchkeep_outbound::guard::{Bounds, Failure};
use watchkeep_outbound::{Allowed, Guard, Refused, Trust};

use crate::peer::{Names, Peer, guard, json};

const BOUNDS: Bounds = Bounds::new(1024, Duration::from_secs(3));

#[tokio::test]
async fn literals_in_every_spelling_are_refused_before_anything_is_sent() {
    let names = Arc::new(Names::default());
    let guard = guard(&names, Allowed::nothing());
    for host in [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "%31%32%37.0.0.1",
        "①②⑦.⓪.⓪.①",
        "127.0.0.1.",
        "0",
        "0.0.0.0",
        "10.0.0.1",
        "169.254.169.254",
        "2852039166",
        "100.100.100.200",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:7f00:1::]",
        "[fd00:ec2::254]",
        "[fe80::1]",
    ] {
        let url = format!("https://{host}/client.json");
        let refused = guard.check(&url).await.expect_err(&url);
        assert!(matches!(refused, Refused::Address(_)), "{url}: {refused:?}");
    }
    for host in
        ["localhost", "LOCALHOST", "localhost.", "a.localhost", "metadata.google.internal", "printer.local", "intranet"]
    {
        let url = format!("https://{host}/");
        assert!(matches!(guard.check(&url).await, Err(Refused::Address(_))), "{url}");
        assert_eq!(names.asked(host), 0, "a name from inside is not even looked up");
    }
    assert!(guard.check("https://1.1.1.1/").await.is_ok());
    assert!(guard.check("https://[2606:4700:4700::1111]/").await.is_ok());
}

#[tokio::test]
async fn only_https_on_its_port_and_without_credentials() {
    let names = Arc::new(Names::default().with("a.example.org", &[&["1.1.1.1"]]));
    let guard = guard(&names, Allowed::nothing());
    assert!(guard.check("https://a.example.org:443/x").await.is_ok());
    for url in [
        "http://a.example.org/",
        "https://a.example.org:8443/",
        "https://a.example.org:22/",
        "http://a.example.org:443/",
    ] {
        assert_eq!(guard.check(url).await.unwrap_err(), Refused::Port, "{url}");
    }
    for url in [
        "ftp://a.example.org/",
        "file:///etc/passwd",
        "data:application/json,{}",
        "gopher://a.example.org/",
        "https://user@a.example.org/",
        "https://user:word@a.example.org/",
        "https://a.example.org@127.0.0.1/",
        "//a.example.org/",
        "a.example.org",
        "",
        "https://",
        "https://[fe80::1%25eth0]/",
    ] {
        assert!(matches!(guard.check(url).await, Err(Refused::Url(_))), "{url}");
    }
}

#[tokio::test]
async fn a_name_with_one_private_answer_is_refused_whole() {
    let canary = Peer::on("127.0.0.2", json("{}")).await;
    let port = canary.address.port();
    // the same port is open to us on another address, so that the port alone stops nothing
    let open = Peer::at(SocketAddr::new([127, 0, 0, 3].into(), port), json("{}")).await;
    for (name, answers) in [
        ("mixed.example", ["127.0.0.3", "127.0.0.2"].as_slice()),
        ("mixed2.example", &["127.0.0.2", "127.0.0.3"]),
        ("private.example", &["127.0.0.2"]),
        ("mapped.example", &["::ffff:127.0.0.2"]),
        ("nat64.example", &["64:ff9b::127.0.0.2"]),
        ("zero.example", &["0.0.0.0"]),
    ] {
        let names = Arc::new(Names::default().with(name, &[answers]));
        let guard = guard(&names, Allowed::nothing().http(open.address));
        let failure = guard.get(&format!("http://{name}:{port}/"), "*/*", BOUNDS).await.unwrap_err();
        assert!(matches!(&failure, Failure::Refused(Refused::Address(host)) if host == name), "{name}: {failure:?}");
        assert_eq!(failure.to_string(), format!("`{name}` is not at a public address"), "and no address is told");
    }
    for answers in [["1.1.1.1", "127.0.0.2"], ["2606:4700::1111", "fd00::1"], ["169.254.169.254", "1.1.1.1"]] {
        let names = Arc::new(Names::default().with("public.example.org", &[&answers]));
        let refused = guard(&names, Allowed::nothing()).check("https://public.example.org/").await;
        assert!(matches!(refused, Err(Refused::Address(_))), "{answers:?}");
    }
    let names = Arc::new(Names::default());
    let refusing = guard(&names, Allowed::nothing().http(open.address));
    let literal = refusing.get(&format!("http://127.0.0.2:{port}/"), "*/*", BOUNDS).await;
    assert!(matches!(literal, Err(Failure::Refused(Refused::Address(_)))));
    assert!(canary.untouched().await);
    assert!(open.untouched().await);
}

#[tokio::test]
async fn what_was_checked_is_dialled_though_the_name_changes() {
    let canary = Peer::on("127.0.0.2", json("{}")).await;
    let port = canary.address.port();
    let open = Peer::at(SocketAddr::new([127, 0, 0, 3].into(), port), json("{\"a\":1}")).await;
    let names = Arc::new(Names::default().with("rebind.example", &[&["127.0.0.3"], &["127.0.0.2"]]));
    let guard = guard(&names, Allowed::nothing().http(open.address));
    let url = format!("http://rebind.example:{port}/x");
    let answer = guard.get(&url, "*/*", BOUNDS).await.unwrap();
    assert_eq!(answer.bytes, b"{\"a\":1}");
    assert_eq!(names.asked("rebind.example"), 1, "one question for one request");
    assert!(matches!(guard.get(&url, "*/*", BOUNDS).await, Err(Failure::Refused(Refused::Address(_)))));
    assert_eq!(open.connections(), 1, "no connection is kept for the next request");
    assert!(canary.untouched().await);
}

#[tokio::test]
async fn the_request_says_little() {
    let open = Peer::on("127.0.0.1", json("{}")).await;
    let names = Arc::new(Names::default().with("a.example", &[&["127.0.0.1"]]));
    let guard = guard(&names, Allowed::nothing().http(open.address));
    guard.get(&format!("http://a.example:{}/x?y=1#z", open.address.port()), "application/json", BOUNDS).await.unwrap();
    let head = open.request().to_ascii_lowercase();
    let mut lines: Vec<&str> = head.trim_end().lines().collect();
    assert_eq!(lines.remove(0), "get /x?y=1 http/1.1");
    lines.sort_unstable();
    let host = format!("host: a.example:{}", open.address.port());
    let agent = format!("user-agent: watchkeep/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(lines, ["accept-encoding: identity", "accept: application/json", host.as_str(), agent.as_str()]);
}

#[tokio::test]
async fn a_certificate_must_be_trusted_and_of_that_name() {
    let cert = CertificateDer::from_pem_slice(include_bytes!("tls/cert.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::task::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::task::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
                let _ = stream.shutdown().await;
            });
        }
    });
    let names = Names::default().with("client.example", &[&["127.0.0.1"]]).with("other.example", &[&["127.0.0.1"]]);
    let names: Arc<Names> = Arc::new(names);
    let allowed = Allowed::nothing().https(address);
    let url = |name: &str| format!("https://{name}:{}/", address.port());

    let ours = Guard::new(names.clone(), allowed.clone(), Trust::only([cert]).unwrap());
    assert_eq!(ours.get(&url("client.example"), "*/*", BOUNDS).await.unwrap().bytes, b"{}");
    let other = ours.get(&url("other.example"), "*/*", BOUNDS).await;
    assert!(matches!(other, Err(Failure::Unreachable)), "{other:?}");
    let public = guard(&names, allowed).get(&url("client.example"), "*/*", BOUNDS).await;
    assert!(matches!(public, Err(Failure::Unreachable)), "{public:?}");
}
