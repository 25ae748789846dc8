//! The one door out: from a URL that a stranger wrote to an answer, or to a refusal before a byte is sent.
//!
//! [`Guard::check`] judges the URL, asks the resolver once and judges **every** answer; one bad address refuses the
//! name, because a name with a public and a private address is how a check is walked around. [`Guard::send`] then dials
//! those addresses and no other: the client that is made for the request knows no resolver of its own, so a second
//! lookup with another answer (rebinding) cannot happen. [`Guard::line`] does the same for a conversation of several
//! requests. There is no proxy, no cookie, no decompression; a redirect is followed by [`Guard::follow`] alone, each
//! step checked like the first.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::{ACCEPT, HeaderValue, LOCATION};
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

mod address;
mod allowed;
mod bounds;
mod exchange;
mod line;
mod name;
mod network;
mod request;
mod resolver;
mod trust;

pub use address::is_public;
pub use allowed::Allowed;
pub use bounds::Bounds;
pub use exchange::{Answer, Body, Failure, Opened};
pub use line::Line;
pub use network::{BadNetwork, Network};
pub use request::{BadHeader, Request, may_be_set};
pub use resolver::{Lookup, Resolver, SystemResolver};
pub use trust::{BadTrust, Identity, Trust};

/// The port of https, the only one that is dialled without being allowed by name.
const HTTPS: u16 = 443;
/// More addresses than this are not tried; a name with more is refused, as its answers were not all looked at.
const MOST_ADDRESSES: usize = 32;
/// Redirects that are followed where any is.
const MOST_REDIRECTS: usize = 3;
/// For the lookup of a line's name.
const LOOKUP: Duration = Duration::from_secs(10);

/// Decides what may be dialled, and dials it.
#[derive(Clone)]
pub struct Guard {
    resolver: Arc<dyn Resolver>,
    allowed: Allowed,
    trust: Trust,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

/// A URL whose addresses were all checked. Only these are dialled.
#[derive(Debug, Clone)]
pub struct Target {
    url: Url,
    addresses: Vec<SocketAddr>,
}

impl Target {
    /// The URL as it was parsed.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// The addresses that may be dialled, in the resolver's order; never empty.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

/// Why a URL is not dialled. The texts name no address: what a name resolves to inside is nobody's business outside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It cannot be parsed, or has a form that is never dialled.
    #[error("{0}")]
    Url(&'static str),
    /// Its host is, or resolves to, an address that is not public.
    #[error("`{0}` is not at a public address")]
    Address(String),
    /// A port or scheme that is not allowed for that address.
    #[error("only https on port 443 is dialled")]
    Port,
    /// The name does not resolve.
    #[error("`{0}` cannot be resolved")]
    Unknown(String),
}

impl Guard {
    /// A guard that lets public addresses pass on https, and what is `allowed` besides.
    #[must_use]
    pub fn new(resolver: Arc<dyn Resolver>, allowed: Allowed, trust: Trust) -> Self {
        Self { resolver, allowed, trust }
    }

    /// Judges a URL and every address that its host has now. Sends nothing but the question to the resolver, and that
    /// only for names that can be public.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn check(&self, url: &str) -> Result<Target, Refused> {
        let url = Url::parse(url).map_err(|_| Refused::Url("this is not an absolute URL"))?;
        let plain = match url.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(Refused::Url("only https addresses are dialled")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Url("a URL with a user name or password is not dialled"));
        }
        let port = url.port_or_known_default().ok_or(Refused::Port)?;
        if (plain || port != HTTPS) && !self.allowed.any_on(port, plain) {
            return Err(Refused::Port);
        }
        let host = url.host().ok_or(Refused::Url("a URL without a host is not dialled"))?;
        let (shown, found) = match host {
            Host::Ipv4(address) => (address.to_string(), vec![IpAddr::V4(address)]),
            Host::Ipv6(address) => (address.to_string(), vec![IpAddr::V6(address)]),
            Host::Domain(domain) => (domain.to_owned(), self.lookup(domain).await?),
        };
        let mut addresses = Vec::with_capacity(found.len());
        for address in found {
            let public = address::is_public(address);
            let listed = self.allowed.has(address, port, plain);
            if !listed && !public {
                tracing::info!(host = %shown, %address, "not dialled: the address is not public");
                return Err(Refused::Address(shown));
            }
            if !listed && (plain || port != HTTPS) {
                return Err(Refused::Port);
            }
            addresses.push(SocketAddr::new(address, port));
        }
        Ok(Target { url, addresses })
    }

    async fn lookup(&self, domain: &str) -> Result<Vec<IpAddr>, Refused> {
        // a name from inside is worth a question only where something inside is allowed
        if !name::can_be_public(domain) && self.allowed.is_empty() {
            return Err(Refused::Address(domain.to_owned()));
        }
        let found = self.resolver.lookup(domain).await.map_err(|error| {
            tracing::info!(host = domain, %error, "not dialled: the name does not resolve");
            Refused::Unknown(domain.to_owned())
        })?;
        if found.is_empty() || found.len() > MOST_ADDRESSES {
            return Err(Refused::Unknown(domain.to_owned()));
        }
        Ok(found)
    }

    /// The same guard that lets pass what is `allowed`, too: for one integration, whose administrator said so.
    #[must_use]
    pub fn allowing(&self, allowed: &Allowed) -> Self {
        Self { allowed: self.allowed.clone().or(allowed), ..self.clone() }
    }

    /// The same guard with other roots, or with a certificate of our own to show.
    #[must_use]
    pub fn trusting(&self, trust: Trust) -> Self {
        Self { trust, ..self.clone() }
    }

    /// Whose certificates this guard believes: to add roots or an identity to.
    #[must_use]
    pub const fn trust(&self) -> &Trust {
        &self.trust
    }

    /// GETs a URL: checks it, dials it and reads the answer within `bounds`. A status is no failure here; a redirect is
    /// an answer like any other, and is not followed.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn get(&self, url: &str, accept: &'static str, bounds: Bounds) -> Result<Answer, Failure> {
        self.send(Request::get(url).accept(accept), bounds).await
    }

    /// Sends one request over a connection of its own: checks the URL, dials it and reads the answer within `bounds`. A
    /// status is no failure here; a redirect is an answer like any other, and is not followed.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn send(&self, request: Request, bounds: Bounds) -> Result<Answer, Failure> {
        let ends = Instant::now() + bounds.deadline;
        self.send_until(request, bounds, ends).await
    }

    async fn send_until(&self, request: Request, bounds: Bounds, ends: Instant) -> Result<Answer, Failure> {
        let whole = async {
            let target = self.check(&request.url).await?;
            let client = exchange::client(&target, &self.trust, 0)?;
            exchange::open(&client, &target.addresses, target.url, request, bounds, ends).await?.whole().await
        };
        timeout_at(ends, whole).await.unwrap_or(Err(Failure::TimedOut))
    }

    /// GETs a URL and follows at most three redirects, each of them checked like the first URL, all within `bounds` and
    /// its one deadline. To another origin goes nothing of the header but what is accepted: no token, no key.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn follow(&self, url: &str, headers: HeaderMap, bounds: Bounds) -> Result<Followed, Failure> {
        let ends = Instant::now() + bounds.deadline;
        let mut request = Request { headers, ..Request::get(url) };
        for _ in 0..=MOST_REDIRECTS {
            let here = Url::parse(&request.url).map_err(|_| Refused::Url("this is not an absolute URL"))?;
            let answer = self.send_until(request.clone(), bounds, ends).await?;
            if !matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(Followed { answer, url: here });
            }
            let location = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok());
            let next = location.and_then(|location| here.join(location).ok()).ok_or(Failure::Redirected)?;
            if next.origin() != here.origin() {
                let accept: Option<HeaderValue> = request.headers.remove(ACCEPT);
                request.headers = accept.into_iter().map(|types| (ACCEPT, types)).collect();
            }
            request.url = next.into();
        }
        Err(Failure::Redirected)
    }

    /// Opens a line to the origin of a URL, for a conversation of several requests. Nothing is sent yet but the
    /// question to the resolver.
    ///
    /// # Errors
    /// [`Failure::Refused`], and [`Failure::TimedOut`] when the resolver does not answer.
    pub async fn line(&self, url: &str) -> Result<Line, Failure> {
        let target = tokio::time::timeout(LOOKUP, self.check(url)).await.map_err(|_| Failure::TimedOut)??;
        let client = exchange::client(&target, &self.trust, 1)?;
        Ok(Line { client, origin: target.url.origin(), addresses: target.addresses })
    }
}

/// An answer, and where it came from in the end.
#[derive(Debug, Clone)]
pub struct Followed {
    /// The answer, with any status but that of a redirect.
    pub answer: Answer,
    /// The URL that gave it.
    pub url: Url,
}
