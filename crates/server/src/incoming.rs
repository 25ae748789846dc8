//! What surrounds each request, at every door: its id, the client's address, the log line, the counters and the headers
//! that each answer has.
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, OnceLock};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use watchkeep_hub::identity::Visitor;
use watchkeep_hub::{CallMeta, Door, RateState};
use watchkeep_model::{RequestId, text};
use watchkeep_store::Stopwatch;

use crate::app::App;
use crate::peer::{self, Peer};

/// A request on its way through the doors. A clone is the same request.
#[derive(Debug, Clone)]
pub struct Incoming(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    request: RequestId,
    address: IpAddr,
    client: Option<String>,
    watch: Stopwatch,
    told: OnceLock<Told>,
}

/// What a door has to say about a request for the log, the counters and the rate headers.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// `mcp` or `rest`.
    pub door: &'static str,
    /// A word of the program: the operation's name, the method, or `unknown`.
    pub op: &'static str,
    /// `ok` or the word of the error.
    pub outcome: &'static str,
    /// What is left of the caller's rate.
    pub rate: Option<RateState>,
}

impl Incoming {
    /// The id that the caller sees in `x-request-id`.
    #[must_use]
    pub fn request(&self) -> RequestId {
        self.0.request
    }

    /// The client's address.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.0.address
    }

    /// The client's name, as it says.
    #[must_use]
    pub fn client(&self) -> Option<String> {
        self.0.client.clone()
    }

    /// What `hub::call` wants to know.
    #[must_use]
    pub fn meta(&self, door: Door) -> CallMeta {
        CallMeta {
            door,
            client: self.client(),
            address: Some(self.0.address.to_string()),
            request: self.0.request,
            watch: self.0.watch,
        }
    }

    /// Who is at the door, for sign-in and OAuth.
    #[must_use]
    pub fn visitor(&self, device: Option<String>) -> Visitor {
        Visitor {
            address: self.0.address.to_string(),
            client: self.client(),
            request: self.0.request,
            watch: self.0.watch,
            device,
        }
    }

    /// Says what became of the request. The first word stays.
    pub fn tell(&self, told: Told) {
        let _second = self.0.told.set(told);
    }
}

/// What is not logged while it succeeds.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// The outermost layer. The log line has the path without its query, since queries hold what callers look for.
pub async fn around(State(app): State<Arc<App>>, mut req: Request, next: Next) -> Response {
    let watch = Stopwatch::start();
    let _counted = app.metrics.request();
    let incoming = Incoming(Arc::new(Inner {
        request: app.hub.request_id(),
        address: address(&app, &req),
        client: header_text(req.headers(), &header::USER_AGENT),
        watch,
        told: OnceLock::new(),
    }));
    let (method, path) = (req.method().clone(), logged(req.uri().path()));
    let trace = trace_id(req.headers());
    req.extensions_mut().insert(incoming.clone());
    let mut response = next.run(req).await;

    let told = incoming.0.told.get();
    finish(&app, response.headers_mut(), incoming.request(), told.and_then(|told| told.rate));
    let took = watch.elapsed();
    let status = response.status().as_u16();
    if let Some(told) = told {
        app.metrics.ended(told.door, told.op, told.outcome, took);
        if let ("limited", Some(rate)) = (told.outcome, told.rate) {
            app.metrics.limited(rate.class.as_str());
        }
    }
    // probes come every few seconds and say nothing while all is well
    if !(status < 400 && PROBES.contains(&&*path)) {
        let (door, op, outcome) = told.map_or(("other", "", ""), |told| (told.door, told.op, told.outcome));
        tracing::info!(
            target: "watchkeep::access",
            request = %incoming.request(),
            trace,
            address = %incoming.address(),
            %method,
            path,
            status,
            door,
            op,
            outcome,
            took_us = i64::try_from(took.as_micros()).unwrap_or(i64::MAX),
            client = incoming.0.client.as_deref().unwrap_or_default(),
        );
    }
    response
}

/// The path as it stands in the log: a one-time link is a credential.
fn logged(path: &str) -> String {
    match path.strip_prefix("/link/") {
        Some(_) => "/link/…".to_owned(),
        None => text::clean(path, 120),
    }
}

fn address(app: &App, req: &Request) -> IpAddr {
    let peer = req.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    peer::client(peer, req.headers(), &app.settings.trusted_proxies)
}

fn header_text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(text::clean(value, 120)).filter(|text| !text.is_empty())
}

/// The trace that a request belongs to (W3C Trace Context, `traceparent`); empty if there is none.
fn trace_id(headers: &HeaderMap) -> String {
    let value = headers.get("traceparent").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = value.split('-');
    let (Some(version), Some(trace)) = (parts.next(), parts.next()) else { return String::new() };
    let hex = |s: &str, n: usize| s.len() == n && s.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    if hex(version, 2) && hex(trace, 32) && trace.bytes().any(|c| c != b'0') { trace.to_owned() } else { String::new() }
}

/// The headers that each answer has.
fn finish(app: &App, headers: &mut HeaderMap, request: RequestId, rate: Option<RateState>) {
    const FIXED: [(HeaderName, HeaderValue); 5] = [
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    for (name, value) in FIXED {
        headers.entry(name).or_insert(value);
    }
    if app.public.secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    put(headers, HeaderName::from_static("x-request-id"), &request.to_string());
    // draft-ietf-httpapi-ratelimit-headers-10
    if let Some(RateState { class, limit, remaining, reset }) = rate {
        let class = class.as_str();
        put(headers, HeaderName::from_static("ratelimit-policy"), &format!("\"{class}\";q={limit};w=60"));
        put(headers, HeaderName::from_static("ratelimit"), &format!("\"{class}\";r={remaining};t={reset}"));
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_one_time_link_does_not_stand_in_the_log() {
        assert_eq!(logged(&format!("/link/{}", "a".repeat(64))), "/link/…");
        assert_eq!(logged("/account"), "/account");
    }

    #[test]
    fn a_trace_is_taken_only_if_it_is_one() {
        let of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", HeaderValue::from_static(value));
            trace_id(&headers)
        };
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(of(good), "0af7651916cd43dd8448eb211c80319c");
        for bad in [
            "",
            "00",
            "00-0AF7651916CD43DD8448EB211C80319C-b7-01",
            "00-00000000000000000000000000000000-b7-01",
            "x-y-z",
        ] {
            assert_eq!(of(bad), "", "{bad}");
        }
    }
}
