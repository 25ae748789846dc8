//! Documents of strangers: bounded in time, in bytes and in number, whatever the server does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use watchkeep_model::{Span, Timestamp};
use watchkeep_outbound::{Allowed, DocumentLimits, Documents, FetchError, FetchErrorKind, Fetched};

use crate::peer::{Names, Peer, Script, answer, guard, json};

const NOW: Timestamp = Timestamp::EPOCH;

fn documents(names: Names, peer: &Peer, limits: DocumentLimits) -> Documents {
    Documents::new(guard(&Arc::new(names), Allowed::nothing().http(peer.address)), limits)
}

/// What fetching from a server with this script gives, within half a second.
async fn fetched(script: Script) -> (Result<Fetched, FetchError>, Peer) {
    let peer = Peer::on("127.0.0.1", script).await;
    let names = Names::default().with("a.example", &[&["127.0.0.1"]]);
    let limits = DocumentLimits { deadline: Duration::from_millis(500), ..DocumentLimits::default() };
    let documents = documents(names, &peer, limits);
    let began = Instant::now();
    let fetched = documents.get(&format!("http://a.example:{}/c", peer.address.port()), NOW).await;
    assert!(began.elapsed() < Duration::from_secs(2), "bounded in time");
    (fetched, peer)
}

async fn refused(script: Script) -> FetchErrorKind {
    fetched(script).await.0.unwrap_err().kind
}

#[tokio::test]
async fn a_document_comes_with_its_age() {
    let head = "Content-Type: application/json; charset=utf-8\r\nCache-Control: public, max-age=600\r\n";
    let (fetched, _) = fetched(answer("200 OK", head, b"{\"client_id\":1}")).await;
    let fetched = fetched.unwrap();
    assert_eq!((fetched.bytes.as_slice(), fetched.max_age), (b"{\"client_id\":1}".as_slice(), Some(Span::minutes(10))));
}

#[tokio::test]
async fn a_document_of_exactly_the_limit_is_read_and_one_more_byte_is_not() {
    let limit = DocumentLimits::default().bytes;
    let (whole, _) = fetched(json(&" ".repeat(limit))).await;
    assert_eq!(whole.unwrap().bytes.len(), limit);
    assert_eq!(refused(json(&" ".repeat(limit + 1))).await, FetchErrorKind::TooLong);
}

#[tokio::test]
async fn a_redirect_inwards_is_an_answer_and_no_more() {
    let canary = Peer::on("127.0.0.2", json("{}")).await;
    for status in
        ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
    {
        let head = format!("Content-Type: application/json\r\nLocation: http://{}/\r\n", canary.address);
        assert_eq!(refused(answer(status, &head, b"{}")).await, FetchErrorKind::Status, "{status}");
    }
    assert!(canary.untouched().await);
}

#[tokio::test]
async fn what_is_not_called_json_or_not_200_is_refused() {
    for kind in ["text/html", "text/plain", "image/png", "application/javascript"] {
        let head = format!("Content-Type: {kind}\r\n");
        assert_eq!(refused(answer("200 OK", &head, b"{}")).await, FetchErrorKind::NotJson, "{kind}");
    }
    assert_eq!(refused(answer("200 OK", "", b"{}")).await, FetchErrorKind::NotJson);
    for status in ["201 Created", "204 No Content", "404 Not Found", "500 Internal Server Error"] {
        let json = "Content-Type: application/json\r\n";
        assert_eq!(refused(answer(status, json, b"")).await, FetchErrorKind::Status, "{status}");
    }
    let error = fetched(answer("404 <script>", "", b"secret of theirs")).await.0.unwrap_err();
    assert_eq!(error.text, "the server answered with status 404 instead of 200");
}

#[tokio::test]
async fn ten_megabytes_are_not_read() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10485760\r\n\r\n";
    let (said, _) = fetched(Script::Flood(head)).await;
    assert_eq!(said.unwrap_err().kind, FetchErrorKind::TooLong);
    // no length is said: it is read until the cap, and what the sockets hold is all that was ever sent
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
    let (shown, peer) = fetched(Script::Flood(head)).await;
    assert_eq!(shown.unwrap_err().kind, FetchErrorKind::TooLong);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let sent = peer.sent();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(peer.sent(), sent, "the connection is closed, so that nothing is sent any more");
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n";
    assert_eq!(refused(Script::Flood(head)).await, FetchErrorKind::TooLong);
}

#[tokio::test]
async fn a_slow_drip_and_silence_end_at_the_deadline() {
    let pause = Duration::from_millis(20);
    let body = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n";
    assert_eq!(refused(Script::Drip(body, pause)).await, FetchErrorKind::TimedOut);
    assert_eq!(refused(Script::Drip("HTTP/1.1 200 OK\r\nX: ", pause)).await, FetchErrorKind::TimedOut);
    assert_eq!(refused(Script::Silent).await, FetchErrorKind::TimedOut);
}

#[tokio::test]
async fn a_compressed_answer_is_refused_and_never_unpacked() {
    for encoding in ["gzip", "br", "deflate", "zstd", "x-gzip, identity"] {
        let head = format!("Content-Type: application/json\r\nContent-Encoding: {encoding}\r\n");
        assert_eq!(refused(answer("200 OK", &head, &[0x1f, 0x8b, 8, 0])).await, FetchErrorKind::NotJson, "{encoding}");
    }
    // packed without saying so: the bytes come as they are
    let (packed, _) = fetched(answer("200 OK", "Content-Type: application/json\r\n", &[0x1f, 0x8b, 8, 0])).await;
    assert_eq!(packed.unwrap().bytes, [0x1f, 0x8b, 8, 0]);
}

#[tokio::test]
async fn nonsense_and_a_broken_connection_are_told() {
    assert_eq!(refused(Script::Say(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())).await, FetchErrorKind::Broken);
    assert_eq!(refused(Script::Say(Vec::new())).await, FetchErrorKind::Broken);
    let short = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{}".to_vec();
    assert_eq!(refused(Script::Say(short)).await, FetchErrorKind::Broken);
    let peer = Peer::on("127.0.0.1", Script::Silent).await;
    let names = Names::default().with("here.example", &[&["127.0.0.1"]]);
    let documents = documents(names, &peer, DocumentLimits::default());
    let url = format!("http://gone.example:{}/", peer.address.port());
    assert_eq!(documents.get(&url, NOW).await.unwrap_err().kind, FetchErrorKind::Unreachable);
    assert_eq!(documents.get("not a url", NOW).await.unwrap_err().kind, FetchErrorKind::Refused);
    assert_eq!(documents.get("https://127.0.0.1/", NOW).await.unwrap_err().kind, FetchErrorKind::Refused);
}

#[tokio::test]
async fn a_flood_of_addresses_is_cut() {
    let peer = Peer::on("127.0.0.1", json("{}")).await;
    let names = (0..1_000).fold(Names::default(), |names, n| names.with(&format!("h{n}.example"), &[&["127.0.0.1"]]));
    let documents = documents(names, &peer, DocumentLimits::default());
    let mut limited = 0;
    for n in 0..1_000 {
        match documents.get(&format!("http://h{n}.example:{}/", peer.address.port()), NOW).await {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error.kind, FetchErrorKind::Limited);
                limited += 1;
            }
        }
    }
    assert_eq!((limited, peer.connections()), (940, 60));
}

#[tokio::test]
async fn no_more_than_four_at_once() {
    let peer = Peer::on("127.0.0.1", Script::Silent).await;
    let names = Names::default().with("a.example", &[&["127.0.0.1"]]);
    let limits = DocumentLimits { deadline: Duration::from_millis(300), ..DocumentLimits::default() };
    let documents = Arc::new(documents(names, &peer, limits));
    let url = format!("http://a.example:{}/", peer.address.port());
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (documents, url) = (Arc::clone(&documents), url.clone());
            tokio::task::spawn(async move { documents.get(&url, NOW).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(peer.connections(), 4);
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap_err().kind, FetchErrorKind::TimedOut, "waiting counts, too");
    }
}

#[tokio::test]
async fn whether_one_can_dial_out_is_asked_now_and_then() {
    let peer = Peer::on("127.0.0.1", answer("404 Not Found", "", b"")).await;
    let names = Names::default().with("a.example", &[&["127.0.0.1"]]);
    let documents = documents(names, &peer, DocumentLimits::default());
    let there = format!("http://a.example:{}/", peer.address.port());
    assert!(documents.works(&there, NOW).await, "any answer will do");
    assert!(documents.works(&there, NOW.plus(Span::minutes(9))).await);
    assert_eq!(peer.connections(), 1);
    let gone = format!("http://gone.example:{}/", peer.address.port());
    assert!(documents.works(&gone, NOW.plus(Span::minutes(9))).await, "still the last answer");
    assert!(!documents.works(&gone, NOW.plus(Span::minutes(11))).await);
    assert!(!documents.works(&there, NOW.plus(Span::minutes(11))).await);
    assert!(documents.works(&there, NOW.plus(Span::minutes(13))).await, "no is asked again sooner");
    assert_eq!(peer.connections(), 2);
}
