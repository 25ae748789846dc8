//! Real sockets: time-outs, room, TLS and the stop.
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use watchkeep_hub::Limits;
use watchkeep_server::app::App;
use watchkeep_server::tls::Tls;
use watchkeep_server::{Listener, Server, Settings};

use crate::doors::call;
use crate::fixture::{House, key, pat};

/// A hub that listens.
struct Open {
    house: House,
    app: Arc<App>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Open {
    async fn new(tls: Option<Tls>, change: impl FnOnce(&mut Settings)) -> Self {
        let house = House::with(Limits::NONE).await;
        let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), tls.clone()).await.unwrap();
        let address = listener.address().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let mut settings = Settings::new(format!("{scheme}://{address}"));
        change(&mut settings);
        let server = Server::new(house.hub.clone(), settings).unwrap();
        let app = server.app().clone();
        let (stop, stopped) = oneshot::channel();
        let serving = async move {
            let stop = async {
                let _dropped = stopped.await;
            };
            server.serve(vec![listener], stop).await
        };
        // beside the hub's own tasks, for whose end it waits
        let ended = watchkeep_hub::Tasks::default().spawn(serving);
        Self { house, app, address, stop: Some(stop), ended }
    }

    /// Waits until a request runs.
    async fn busy(&self) {
        let busy = async {
            while !self.app.metrics.text().unwrap().contains("watchkeep_requests_in_flight 1") {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(SOON, busy).await.unwrap();
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    fn request(&self, message: &serde_json::Value) -> String {
        let body = message.to_string();
        format!(
            "POST /api/mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            pat("acme", 'a'),
            body.len()
        )
    }
}

/// One answer: its status and body.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<(u16, String)> {
    let mut bytes = vec![];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length: usize = head
                .split("content-length: ")
                .nth(1)
                .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse().unwrap());
            if body.len() >= length {
                return Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()));
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(n) if n > 0 => bytes.extend_from_slice(&chunk[..n]),
            _ => return None,
        }
    }
}

async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), request: &str) -> Option<(u16, String)> {
    stream.write_all(request.as_bytes()).await.ok()?;
    read(stream).await
}

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_connection_is_kept_and_a_stop_lets_requests_end() {
    let mut open = Open::new(None, |_| {}).await;
    let mut stream = open.connect().await;
    for _ in 0..3 {
        let (status, body) =
            ask(&mut stream, &open.request(&call("list_sources", json!({ "limit": 1 })))).await.unwrap();
        assert!(status == 200 && body.contains("source-0000"), "{body}");
    }
    let slow = open.request(&call("fail_on_purpose", json!({ "how": "slow" })));
    let mut idle = open.connect().await;
    assert_eq!(
        ask(&mut idle, &open.request(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }))).await.unwrap().0,
        200
    );
    stream.write_all(slow.as_bytes()).await.unwrap();
    open.busy().await;
    open.stop.take().unwrap().send(()).unwrap();
    let (status, body) = tokio::time::timeout(SOON, read(&mut stream)).await.unwrap().unwrap();
    assert!(status == 200 && body.contains("slow"), "{body}");
    tokio::time::timeout(SOON, &mut open.ended).await.unwrap().unwrap().unwrap();
    assert_eq!(read(&mut idle).await, None, "an idle connection is closed");
    assert!(TcpStream::connect(open.address).await.is_err(), "nobody listens any more");
    assert_eq!(open.house.rows("acme").await.last().unwrap().op, "fail_on_purpose");
}

#[tokio::test]
async fn a_stop_does_not_wait_for_ever() {
    let mut open = Open::new(None, |s| s.drain_timeout = Duration::from_millis(50)).await;
    let mut stream = open.connect().await;
    stream.write_all(open.request(&call("fail_on_purpose", json!({ "how": "slow" }))).as_bytes()).await.unwrap();
    open.busy().await;
    open.stop.take().unwrap().send(()).unwrap();
    tokio::time::timeout(SOON, &mut open.ended).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn slow_heads_and_idle_connections_are_closed() {
    let open = Open::new(None, |s| s.head_timeout = Duration::from_millis(200)).await;
    let mut slow = open.connect().await;
    slow.write_all(b"POST /api/mcp HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    let mut idle = open.connect().await;
    assert_eq!(
        ask(&mut idle, &open.request(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }))).await.unwrap().0,
        200
    );
    for stream in [&mut slow, &mut idle] {
        let mut rest = vec![];
        let end = tokio::time::timeout(SOON, stream.read_to_end(&mut rest)).await.expect("closed in time");
        assert!(end.is_err() || !rest.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&rest));
    }
}

#[tokio::test]
async fn a_slow_body_is_told() {
    let open = Open::new(None, |s| s.body_timeout = Duration::from_millis(200)).await;
    let whole = open.request(&call("list_sources", json!({})));
    let mut stream = open.connect().await;
    let (status, body) = ask(&mut stream, &whole[..whole.len() - 5]).await.unwrap();
    assert!(status == 408 && body.contains("did not arrive in time"), "{status} {body}");
    let mut stream = open.connect().await;
    let rest = format!(
        "POST /api/v1/tenants/acme/sources HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: 9\r\n\r\n{{",
        open.address,
        key("acme", '0')
    );
    let (status, body) = ask(&mut stream, &rest).await.unwrap();
    assert!(status == 408 && body.contains("/problems/malformed"), "{status} {body}");
}

#[tokio::test]
async fn a_hundred_megabytes_are_refused_at_once() {
    let open = Open::new(None, |_| {}).await;
    let mut stream = open.connect().await;
    let head = open.request(&json!({})).replace("Content-Length: 2", "Content-Length: 104857600");
    let (status, body) = tokio::time::timeout(SOON, ask(&mut stream, &head)).await.unwrap().unwrap();
    assert!(status == 413 && body.contains("4 MiB"), "{status} {body}");
}

#[tokio::test]
async fn who_finds_no_seat_waits_for_one() {
    let open = Open::new(None, |s| s.max_connections = 1).await;
    let ping = open.request(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }));
    let mut first = open.connect().await;
    assert_eq!(ask(&mut first, &ping).await.unwrap().0, 200);
    let mut second = open.connect().await;
    second.write_all(ping.as_bytes()).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(200), read(&mut second)).await.is_err(), "no seat yet");
    drop(first);
    assert_eq!(tokio::time::timeout(SOON, read(&mut second)).await.unwrap().unwrap().0, 200);
}

#[tokio::test]
async fn a_port_in_use_is_told_with_what_to_do() {
    let open = Open::new(None, |_| {}).await;
    let told = Listener::bind(open.address, None).await.unwrap_err().to_string();
    assert_eq!(told, format!("{} is in use: stop what listens there, or choose another port", open.address));
    let told = Listener::bind(SocketAddr::from(([192, 0, 2, 1], 0)), None).await.unwrap_err().to_string();
    assert_eq!(told, "192.0.2.1:0 is not an address of this machine");
}

/// Two certificates for `localhost` that exist for these tests only.
const ONE: [&str; 2] = [include_str!("tls/one.cert.pem"), include_str!("tls/one.key.pem")];
const TWO: [&str; 2] = [include_str!("tls/two.cert.pem"), include_str!("tls/two.key.pem")];

async fn greet(open: &Open, trusted: &str) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    connector.connect(ServerName::try_from("localhost").unwrap(), open.connect().await).await
}

#[tokio::test]
async fn a_certificate_is_replaced_while_the_hub_runs() {
    let folder = crate::fixture::Folder::new();
    let (cert, key) = (folder.0.join("cert.pem"), folder.0.join("key.pem"));
    let write = |pair: [&str; 2]| {
        std::fs::write(&cert, pair[0]).unwrap();
        std::fs::write(&key, pair[1]).unwrap();
    };
    write(ONE);
    let tls = Tls::from_files(&cert, &key).unwrap();
    let open = Open::new(Some(tls.clone()), |_| {}).await;
    let mut stream = greet(&open, ONE[0]).await.unwrap();
    let ping = open.request(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }));
    assert_eq!(ask(&mut stream, &ping).await.unwrap().0, 200);
    assert!(greet(&open, TWO[0]).await.is_err());

    // half of a replacement is not used
    std::fs::write(&cert, TWO[0]).unwrap();
    assert!(tls.reload().unwrap_err().to_string().contains("do not go together"));
    assert!(greet(&open, ONE[0]).await.is_ok());
    write(TWO);
    tls.reload().unwrap();
    assert!(greet(&open, TWO[0]).await.is_ok() && greet(&open, ONE[0]).await.is_err());
    assert_eq!(ask(&mut stream, &ping).await.unwrap().0, 200, "an open connection goes on");

    // plain HTTP at the TLS port hurts nobody
    let mut plain = open.connect().await;
    assert_eq!(ask(&mut plain, &ping).await, None);
    assert!(greet(&open, TWO[0]).await.is_ok());
}

#[tokio::test]
async fn files_that_are_no_certificates_are_told_by_name() {
    let folder = crate::fixture::Folder::new();
    let (cert, key) = (folder.0.join("cert.pem"), folder.0.join("key.pem"));
    let told = |cert: &std::path::Path, key: &std::path::Path| Tls::from_files(cert, key).unwrap_err().to_string();
    assert!(told(&cert, &key).contains("cert.pem: the certificate chain cannot be read"));
    std::fs::write(&cert, "nothing").unwrap();
    std::fs::write(&key, "nothing").unwrap();
    assert!(told(&cert, &key).contains("cert.pem: there is no certificate in it"));
    std::fs::write(&cert, ONE[0]).unwrap();
    assert!(told(&cert, &key).contains("key.pem: the private key cannot be read"));
}
