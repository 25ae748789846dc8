//! A client that dials checked addresses and no other, and a body that is read within bounds.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use http::{HeaderMap, HeaderValue, StatusCode};
use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::request::may_be_set;
use super::{Bounds, Refused, Request, Target, Trust};

/// What we call ourselves.
const USER_AGENT: &str = concat!("watchkeep/", env!("CARGO_PKG_VERSION"));
/// For TCP and TLS.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a line keeps a connection that nobody uses.
const KEPT: Duration = Duration::from_secs(30);
/// The most bytes and lines of an answer's header.
const MOST_OF_A_HEADER: usize = 64 * 1024;
const MOST_LINES: usize = 200;

/// What a server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status, whatever it is.
    pub status: StatusCode,
    /// The header.
    pub headers: HeaderMap,
    /// The whole body.
    pub bytes: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It was not dialled.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// No connection: nobody there, or a certificate that is not trusted.
    #[error("no connection to the server, or its certificate is not trusted")]
    Unreachable,
    /// Not all of the answer came in time.
    #[error("the server took too long")]
    TimedOut,
    /// The body is longer than this many bytes.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// The header of the answer is longer than 64 KiB.
    #[error("the header of the answer is too long")]
    Header,
    /// The body is compressed, although that was not asked for.
    #[error("the answer is compressed, which was not asked for")]
    Encoded,
    /// More redirects than are followed, or one that leads nowhere.
    #[error("the server redirects too often, or to no address")]
    Redirected,
    /// The connection broke, or what came is not HTTP.
    #[error("the connection broke before the end of the answer")]
    Broken,
}

/// Stands where a resolver would be, so that a name that was not checked has no address.
struct Nowhere;

impl Resolve for Nowhere {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Err(io::Error::other("this name was not checked").into()) })
    }
}

/// A client that knows the addresses of this target. It shares no connection with another; `keep` is how many it keeps
/// itself between two requests.
pub(super) fn client(target: &Target, trust: &Trust, keep: usize) -> Result<Client, Failure> {
    Client::builder()
        .tls_backend_preconfigured(trust.config())
        .dns_resolver(Arc::new(Nowhere))
        // by this name only; the host of an address is dialled as it is, and was checked as it is
        .resolve_to_addrs(target.url.host_str().unwrap_or_default(), &target.addresses)
        .no_proxy()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .http1_max_headers(MOST_LINES)
        .connect_timeout(CONNECT)
        .pool_max_idle_per_host(keep)
        .pool_idle_timeout(KEPT)
        .user_agent(USER_AGENT)
        .build()
        .map_err(|error| failed(&error))
}

/// Sends a request to a URL that is the target's, and reads the header of the answer.
pub(super) async fn open(
    client: &Client,
    addresses: &[SocketAddr],
    url: Url,
    request: Request,
    bounds: Bounds,
    ends: Instant,
) -> Result<Opened, Failure> {
    let Request { method, mut headers, body, .. } = request;
    if let Some(name) = headers.keys().find(|name| !may_be_set(name)) {
        tracing::warn!(%name, "a request outwards was given a header of the connection");
        return Err(Refused::Url("a header of this request belongs to the connection").into());
    }
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let mut sending = client.request(method, url).headers(headers);
    if !body.is_empty() {
        sending = sending.body(body);
    }
    let first_byte = ends.min(Instant::now() + bounds.first_byte);
    let response = timeout_at(first_byte, sending.send()).await.map_err(|_| Failure::TimedOut)?;
    let response = response.map_err(|error| failed(&error))?;
    // a second lock on the same door: what was dialled is what was checked
    if response.remote_addr().is_none_or(|peer| !addresses.contains(&peer)) {
        tracing::error!("a connection outwards is not to a checked address");
        return Err(Failure::Unreachable);
    }
    let header = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>();
    if header > MOST_OF_A_HEADER {
        return Err(Failure::Header);
    }
    let encoding = response.headers().get(CONTENT_ENCODING);
    if encoding.is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Failure::Encoded);
    }
    let (status, headers) = (response.status(), response.headers().clone());
    Ok(Opened { status, headers, body: Body { response, read: 0, most: bounds.bytes, idle: bounds.idle, ends } })
}

/// An answer whose header is there and whose body is not read yet.
#[derive(Debug)]
pub struct Opened {
    /// The status, whatever it is.
    pub status: StatusCode,
    /// The header.
    pub headers: HeaderMap,
    /// The body. Dropped before its end, it takes its connection with it.
    pub body: Body,
}

impl Opened {
    /// The whole answer.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn whole(self) -> Result<Answer, Failure> {
        Ok(Answer { status: self.status, headers: self.headers, bytes: self.body.whole().await? })
    }
}

/// A body that is read within the bounds of its request.
#[derive(Debug)]
pub struct Body {
    response: Response,
    read: usize,
    most: usize,
    idle: Duration,
    ends: Instant,
}

impl Body {
    /// The next piece, or `None` at the end.
    ///
    /// # Errors
    /// [`Failure`], after which nothing more is to be read.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        let until = self.ends.min(Instant::now() + self.idle);
        let chunk = timeout_at(until, self.response.chunk()).await.map_err(|_| Failure::TimedOut)?;
        let Some(chunk) = chunk.map_err(|error| failed(&error))? else { return Ok(None) };
        self.read += chunk.len();
        if self.read > self.most { Err(Failure::TooLong(self.most)) } else { Ok(Some(chunk)) }
    }

    /// All of it, unless it is longer than the bounds let it be, said or shown.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn whole(mut self) -> Result<Vec<u8>, Failure> {
        if self
            .response
            .content_length()
            .is_some_and(|said| usize::try_from(said).map_or(true, |said| said > self.most))
        {
            return Err(Failure::TooLong(self.most));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Its beginning, for an error that somebody reads: at most `most` bytes, whatever comes after them or goes wrong.
    pub async fn beginning(mut self, most: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < most
            && let Ok(Some(chunk)) = self.chunk().await
        {
            bytes.extend_from_slice(&chunk[..chunk.len().min(most - bytes.len())]);
        }
        bytes
    }

    /// Bytes that were read so far.
    #[must_use]
    pub const fn read(&self) -> usize {
        self.read
    }
}

/// The details are for the log: they can hold addresses.
pub(super) fn failed(error: &reqwest::Error) -> Failure {
    tracing::info!(error = ?error, "a request outwards failed");
    if error.is_connect() { Failure::Unreachable } else { Failure::Broken }
}
