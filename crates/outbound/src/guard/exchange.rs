//! One request to a checked target, and its answer within bounds.

use std::io;
use std::sync::Arc;

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING};
use http::{HeaderMap, StatusCode};
use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use super::{Refused, Target, Trust};

/// What we call ourselves.
const USER_AGENT: &str = concat!("watchkeep/", env!("CARGO_PKG_VERSION"));

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
    /// The body is compressed, although that was not asked for.
    #[error("the answer is compressed, which was not asked for")]
    Encoded,
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

/// A client for this request alone: it knows the checked addresses and shares no connection with another request.
fn client(target: &Target, trust: &Trust) -> Result<Client, reqwest::Error> {
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
        .pool_max_idle_per_host(0)
        .user_agent(USER_AGENT)
        .build()
}

pub(super) async fn get(target: &Target, trust: &Trust, accept: &'static str, most: usize) -> Result<Answer, Failure> {
    let client = client(target, trust).map_err(|error| failed(&error))?;
    let request = client.get(target.url.clone()).header(ACCEPT, accept).header(ACCEPT_ENCODING, "identity");
    let response = request.send().await.map_err(|error| failed(&error))?;
    let encoding = response.headers().get(CONTENT_ENCODING);
    if encoding.is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Failure::Encoded);
    }
    let (status, headers) = (response.status(), response.headers().clone());
    Ok(Answer { status, headers, bytes: read(response, most).await? })
}

/// The body, unless it is longer than `most`, said or shown.
async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, Failure> {
    if response.content_length().is_some_and(|said| usize::try_from(said).map_or(true, |said| said > most)) {
        return Err(Failure::TooLong(most));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
        if bytes.len() + chunk.len() > most {
            return Err(Failure::TooLong(most));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The details are for the log: they can hold addresses.
fn failed(error: &reqwest::Error) -> Failure {
    tracing::info!(error = ?error, "a request outwards failed");
    if error.is_connect() { Failure::Unreachable } else { Failure::Broken }
}
