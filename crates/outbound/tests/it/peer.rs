//! Servers to be dialled or not to be dialled, and a resolver that says what a test wants.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use watchkeep_outbound::guard::Lookup;
use watchkeep_outbound::{Allowed, Guard, Resolver, Trust};

/// What a peer writes after it has read a request.
#[derive(Clone)]
pub(crate) enum Script {
    /// These bytes, and the end.
    Say(Vec<u8>),
    /// This head, then one byte every so often, for ever.
    Drip(&'static str, Duration),
    /// This head, then bytes without end.
    Flood(&'static str),
    /// Nothing, for ever.
    Silent,
}

/// A server on a loopback address that counts who came and what was sent to it.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    received: Arc<AtomicUsize>,
    sent: Arc<AtomicUsize>,
    request: Arc<Mutex<Vec<u8>>>,
}

impl Peer {
    /// On this address of the loopback network, on a port of its own.
    pub(crate) async fn on(ip: &str, script: Script) -> Self {
        Self::at(format!("{ip}:0").parse().unwrap(), script).await
    }

    /// On this very address and port.
    pub(crate) async fn at(address: SocketAddr, script: Script) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let peer = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
            received: Arc::default(),
            sent: Arc::default(),
            request: Arc::default(),
        };
        let (connections, received) = (Arc::clone(&peer.connections), Arc::clone(&peer.received));
        let (sent, request) = (Arc::clone(&peer.sent), Arc::clone(&peer.request));
        tokio::task::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (received, sent) = (Arc::clone(&received), Arc::clone(&sent));
                let (script, request) = (script.clone(), Arc::clone(&request));
                tokio::task::spawn(async move {
                    let mut head = Vec::new();
                    let mut buffer = [0; 4096];
                    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                        match stream.read(&mut buffer).await {
                            Ok(n) if n > 0 => head.extend_from_slice(&buffer[..n]),
                            _ => break,
                        }
                        received.store(head.len(), Ordering::SeqCst);
                    }
                    *request.lock().unwrap() = head;
                    play(&mut stream, script, &sent).await;
                });
            }
        });
        peer
    }

    /// Connections and bytes so far, after a moment in which late ones would come.
    pub(crate) async fn untouched(&self) -> bool {
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.connections.load(Ordering::SeqCst) == 0 && self.received.load(Ordering::SeqCst) == 0
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }

    /// The head of the last request.
    pub(crate) fn request(&self) -> String {
        String::from_utf8(self.request.lock().unwrap().clone()).unwrap()
    }
}

async fn play(stream: &mut tokio::net::TcpStream, script: Script, sent: &AtomicUsize) {
    let mut write = async |bytes: &[u8]| -> io::Result<()> {
        stream.write_all(bytes).await?;
        sent.fetch_add(bytes.len(), Ordering::SeqCst);
        Ok(())
    };
    match script {
        Script::Say(bytes) => {
            let _ = write(&bytes).await;
        }
        Script::Drip(head, pause) => {
            let _ = write(head.as_bytes()).await;
            while write(b" ").await.is_ok() {
                tokio::time::sleep(pause).await;
            }
        }
        Script::Flood(head) => {
            let _ = write(head.as_bytes()).await;
            while write(&[b' '; 16 * 1024]).await.is_ok() {}
        }
        Script::Silent => std::future::pending().await,
    }
    let _ = stream.shutdown().await;
}

/// A whole answer with these header lines and this body.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Script {
    let mut bytes = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    Script::Say(bytes)
}

/// A whole JSON answer.
pub(crate) fn json(body: &str) -> Script {
    answer("200 OK", "Content-Type: application/json\r\n", body.as_bytes())
}

/// Names and, for each, the answers to the first, second, ... question; the last answer stays.
#[derive(Default)]
pub(crate) struct Names {
    answers: HashMap<String, Vec<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Names {
    pub(crate) fn with(mut self, name: &str, answers: &[&[&str]]) -> Self {
        let parse = |ips: &&[&str]| ips.iter().map(|ip| ip.parse().unwrap()).collect();
        self.answers.insert(name.to_owned(), answers.iter().map(parse).collect());
        self
    }

    pub(crate) fn asked(&self, name: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == name).count()
    }
}

impl Resolver for Names {
    fn lookup<'a>(&'a self, name: &'a str) -> Lookup<'a> {
        let before = self.asked(name);
        self.asked.lock().unwrap().push(name.to_owned());
        let answers = self.answers.get(name).cloned();
        Box::pin(async move {
            let answers = answers.ok_or_else(|| io::Error::other("no such name"))?;
            Ok(answers[before.min(answers.len() - 1)].clone())
        })
    }
}

/// A guard with these names that lets pass what is `allowed`.
pub(crate) fn guard(names: &Arc<Names>, allowed: Allowed) -> Guard {
    let names: Arc<Names> = Arc::clone(names);
    Guard::new(names, allowed, Trust::public().unwrap())
}
