//! A server that is told what to write for each request, byte by byte, and counts what it got rid of.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Request line and header, in lower case but for the request line.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// How many came before it, over all connections.
    pub(crate) before: usize,
}

impl Received {
    pub(crate) fn method(&self) -> &str {
        self.head.split(' ').next().unwrap_or_default()
    }

    pub(crate) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// What is written, in order.
pub(crate) enum Act {
    Say(Vec<u8>),
    Pause(Duration),
    /// These bytes again and again, with a pause between, until nobody listens.
    Forever(Vec<u8>, Duration),
    /// The connection ends here, without another request.
    Hang,
}

/// What to do for a request.
pub(crate) type Script = dyn Fn(&Received) -> Vec<Act> + Send + Sync;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Received>>>,
    connections: Arc<AtomicUsize>,
    sent: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) async fn start(script: impl Fn(&Received) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0", script).await
    }

    pub(crate) async fn at(address: &str, script: impl Fn(&Received) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            seen: Arc::default(),
            connections: Arc::default(),
            sent: Arc::default(),
        };
        let script: Arc<Script> = Arc::new(script);
        let (seen, connections) = (Arc::clone(&server.seen), Arc::clone(&server.connections));
        let sent = Arc::clone(&server.sent);
        tokio::task::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (script, seen, sent) = (Arc::clone(&script), Arc::clone(&seen), Arc::clone(&sent));
                tokio::task::spawn(async move { serve(stream, &*script, &seen, &sent).await });
            }
        });
        server
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Bytes that were taken from it: read, or on their way in a socket's buffer.
    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }

    pub(crate) fn seen(&self) -> Vec<Received> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, script: &Script, seen: &Mutex<Vec<Received>>, sent: &AtomicUsize) {
    let mut buffer = Vec::new();
    while let Some(mut request) = receive(&mut stream, &mut buffer).await {
        {
            let mut seen = seen.lock().unwrap();
            request.before = seen.len();
            seen.push(request.clone());
        }
        for act in script(&request) {
            match act {
                Act::Say(bytes) => {
                    if write(&mut stream, &bytes, sent).await.is_err() {
                        return;
                    }
                }
                Act::Pause(pause) => tokio::time::sleep(pause).await,
                Act::Forever(bytes, pause) => {
                    while write(&mut stream, &bytes, sent).await.is_ok() {
                        tokio::time::sleep(pause).await;
                    }
                    return;
                }
                Act::Hang => {
                    let _ = stream.shutdown().await;
                    return;
                }
            }
        }
    }
}

async fn write(stream: &mut TcpStream, bytes: &[u8], sent: &AtomicUsize) -> std::io::Result<()> {
    for piece in bytes.chunks(16 * 1024) {
        stream.write_all(piece).await?;
        sent.fetch_add(piece.len(), Ordering::SeqCst);
    }
    Ok(())
}

async fn receive(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Received> {
    loop {
        if let Some(end) = buffer.windows(4).position(|end| end == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let (line, header) = head.split_once("\r\n").unwrap_or((&head, ""));
            let header: Vec<String> = header
                .lines()
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| format!("{}: {value}", name.to_ascii_lowercase()))
                .collect();
            let head = format!("{line}\n{}", header.join("\n"));
            let length =
                header.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            if buffer.len() >= end + 4 + length {
                let body = buffer[end + 4..end + 4 + length].to_vec();
                buffer.drain(..end + 4 + length);
                return Some(Received { head, body, before: 0 });
            }
        }
        let mut piece = [0; 8192];
        match stream.read(&mut piece).await {
            Ok(n) if n > 0 => buffer.extend_from_slice(&piece[..n]),
            _ => return None,
        }
    }
}

/// A whole answer, after which the connection is kept.
pub(crate) fn say(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<Act> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    vec![Act::Say(bytes)]
}

/// A whole JSON answer.
pub(crate) fn json(body: impl AsRef<[u8]>) -> Vec<Act> {
    say("200 OK", "Content-Type: application/json\r\n", body)
}
