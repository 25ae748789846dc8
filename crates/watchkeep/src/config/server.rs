//! `[server]`: where the hub listens and how it is reached.
use std::net::SocketAddr;
use std::path::PathBuf;

use watchkeep_model::Span;

use super::section::section;
use super::setting::{List, Range, Secret};

section! {
    /// Where the hub listens and how it is reached.
    pub(crate) struct Server ("server") {
        /// The address and port to listen on. Anything but a loopback address needs `server.public_url`.
        listen ("server.listen"): SocketAddr = "127.0.0.1:8420",
        /// The address that people and clients type, without a path: `https://hub.example`. It stands in every
        /// address that the hub gives out; requests for another host are refused. `http://` and `server.listen` where
        /// nothing is set.
        public_url ("server.public_url"): Option<String> = "",
        /// PEM file of the certificate chain. With `server.tls_key`, the hub speaks TLS itself; both files are read
        /// again when they change.
        tls_cert ("server.tls_cert"): Option<PathBuf> = "",
        /// PEM file of the certificate's private key.
        tls_key ("server.tls_key"): Option<PathBuf> = "",
        /// Whose `X-Forwarded-For` and `Forwarded` headers are believed.
        trusted_proxies ("server.trusted_proxies"): List<Range> = "",
        /// The bearer token that opens `/metrics` from other machines; without it only this machine reads them.
        metrics_token ("server.metrics_token", secret): Option<Secret> = "",
        /// Connections at the same time; more wait in the system's queue.
        max_connections ("server.max_connections"): usize = "1024",
        /// How long a client may take to send the head of a request; an idle connection is closed after it, too.
        head_timeout ("server.head_timeout"): Span = "30s",
        /// How long a client may take to send the body of a request; for a pushed file, how long it may be silent.
        body_timeout ("server.body_timeout"): Span = "30s",
        /// How long a stop waits for requests that run.
        drain_timeout ("server.drain_timeout"): Span = "25s",
    }
}
