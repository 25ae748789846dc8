//! Small JSON documents that strangers publish about themselves: the metadata of an OAuth client (a client id that is
//! a URL) and whatever is like it.
//!
//! A fetch is a way for somebody outside to make this host dial out, so it is bounded on every side: what may be
//! dialled ([`crate::guard`]), how long, how much, how many at once, and how often for one host and in all. Nothing is
//! cached here; who keeps an answer keeps good ones only, for [`Fetched::max_age`] within limits of its own.

use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use tokio::sync::{Mutex, Semaphore};
use url::Url;
use watchkeep_model::{Span, Timestamp};

use crate::guard::{Answer, Bounds, Failure, Guard};

mod pace;

use pace::Pace;

const JSON: &str = "application/json";
/// How long it is believed that one can dial out, and that one cannot.
const WORKS_FOR: Span = Span::minutes(10);
const FAILS_FOR: Span = Span::minutes(1);

/// The bounds of fetching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentLimits {
    /// The most bytes of a document.
    pub bytes: usize,
    /// For one fetch, from waiting for a place to the last byte.
    pub deadline: Duration,
    /// Fetches at the same time.
    pub at_once: usize,
    /// Fetches a minute from one host; also the burst.
    pub of_a_host: u32,
    /// Fetches a minute in all; also the burst.
    pub in_all: u32,
}

impl Default for DocumentLimits {
    fn default() -> Self {
        Self { bytes: 64 * 1024, deadline: Duration::from_secs(5), at_once: 4, of_a_host: 10, in_all: 60 }
    }
}

/// Fetches documents. One for the whole hub, or its limits bound nothing.
#[derive(Debug)]
pub struct Documents {
    guard: Guard,
    limits: DocumentLimits,
    places: Semaphore,
    pace: Pace,
    works: Mutex<Option<(Timestamp, bool)>>,
}

/// A document as it was served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The body, at most [`DocumentLimits::bytes`]. It was called JSON; whether it is, its reader finds out.
    pub bytes: Vec<u8>,
    /// How long the server says that it may be kept (RFC 9111, 5.2.2): nothing said is none, `no-store` and `no-cache`
    /// are zero.
    pub max_age: Option<Span>,
}

/// Why there is no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct FetchError {
    /// For a decision or a count.
    pub kind: FetchErrorKind,
    /// For people, without an address and without anything that the server wrote.
    pub text: String,
}

/// The kinds of [`FetchError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FetchErrorKind {
    /// The URL, or an address of its host, is not one that is dialled. Nothing was sent.
    Refused,
    /// Too many fetches from this host, or in all. Nothing was sent.
    Limited,
    /// The name does not resolve, nobody answers there, or the certificate is not trusted.
    Unreachable,
    /// No whole answer in time.
    TimedOut,
    /// Another status than 200; a redirect, too.
    Status,
    /// Not called JSON, or compressed.
    NotJson,
    /// More bytes than the limit.
    TooLong,
    /// The connection broke.
    Broken,
}

impl Documents {
    /// Fetches through `guard`, within `limits`.
    #[must_use]
    pub fn new(guard: Guard, limits: DocumentLimits) -> Self {
        let pace = Pace::new(limits.of_a_host, limits.in_all);
        Self { guard, limits, places: Semaphore::new(limits.at_once), pace, works: Mutex::new(None) }
    }

    /// GETs a document: 200, called JSON, not compressed, within the limits. `now` is for the limits by the minute.
    ///
    /// A URL is judged by where it leads alone; whether it is one that a client may have for an id, its caller decides.
    /// It is dialled for whoever calls this: call it for people who are signed in, never for a stranger.
    ///
    /// # Errors
    /// [`FetchError`]. None of them is remembered, but each fetch that was begun counts.
    pub async fn get(&self, url: &str, now: Timestamp) -> Result<Fetched, FetchError> {
        let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
        if let Some(host) = host
            && !self.pace.take(&host, now)
        {
            return Err(FetchError::new(FetchErrorKind::Limited, "too many documents were fetched; wait a minute"));
        }
        let bounds = Bounds::new(self.limits.bytes, self.limits.deadline);
        let whole = async {
            let _place = self.places.acquire().await.map_err(|_| Failure::TimedOut)?;
            self.guard.get(url, JSON, bounds).await
        };
        let answer = tokio::time::timeout(self.limits.deadline, whole).await.unwrap_or(Err(Failure::TimedOut));
        document(answer.map_err(FetchError::from)?)
    }

    /// Whether this host can dial out at all: whether anything answers at `url`, by its name, over TLS. Asked of the
    /// network at most once a minute, or once in ten while it works; callers in between get the last answer.
    pub async fn works(&self, url: &str, now: Timestamp) -> bool {
        // whoever comes while it is tried waits for the same answer
        let mut last = self.works.lock().await;
        if let Some((at, works)) = *last {
            let age = now.since(at);
            if age.micros() >= 0 && age < if works { WORKS_FOR } else { FAILS_FOR } {
                return works;
            }
        }
        let bounds = Bounds::new(self.limits.bytes, self.limits.deadline);
        let works = match self.guard.get(url, JSON, bounds).await {
            // something spoke HTTP there; what it says does not matter
            Ok(_) | Err(Failure::TooLong(_) | Failure::Header | Failure::Encoded) => true,
            Err(_) => false,
        };
        *last = Some((now, works));
        works
    }
}

fn document(answer: Answer) -> Result<Fetched, FetchError> {
    if answer.status != StatusCode::OK {
        let status = answer.status.as_u16();
        let text = if answer.status.is_redirection() {
            format!("the server answered with a redirect ({status}), which is not followed")
        } else {
            format!("the server answered with status {status} instead of 200")
        };
        return Err(FetchError::new(FetchErrorKind::Status, text));
    }
    if !is_json(&answer.headers) {
        return Err(FetchError::new(FetchErrorKind::NotJson, "the document's content type is not application/json"));
    }
    Ok(Fetched { max_age: max_age(&answer.headers), bytes: answer.bytes })
}

/// `application/json` or `application/*+json`, with or without parameters; said once.
fn is_json(headers: &HeaderMap) -> bool {
    let mut said = headers.get_all(CONTENT_TYPE).iter();
    let (Some(one), None) = (said.next(), said.next()) else { return false };
    let Ok(one) = one.to_str() else { return false };
    let kind = one.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == JSON || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// `max-age` of all lines of Cache-Control, the shortest if it is said twice.
fn max_age(headers: &HeaderMap) -> Option<Span> {
    let lines = headers.get_all(CACHE_CONTROL).iter().filter_map(|line| line.to_str().ok());
    let ages = lines.flat_map(|line| line.split(',')).filter_map(|directive| {
        let directive = directive.trim().to_ascii_lowercase();
        if directive == "no-store" || directive == "no-cache" {
            return Some(0);
        }
        let seconds = directive.strip_prefix("max-age=")?.trim_matches('"');
        // what is no number of seconds is stale (RFC 9111, 4.2.1); what is longer than a year means a year
        Some(seconds.parse::<u32>().map_or(0, |seconds| i64::from(seconds.min(31_536_000))))
    });
    ages.min().map(Span::seconds)
}

impl FetchError {
    fn new(kind: FetchErrorKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }
}

impl From<Failure> for FetchError {
    fn from(failure: Failure) -> Self {
        use crate::guard::Refused;
        let kind = match &failure {
            Failure::Refused(Refused::Unknown(_)) | Failure::Unreachable => FetchErrorKind::Unreachable,
            Failure::Refused(_) => FetchErrorKind::Refused,
            Failure::TimedOut => FetchErrorKind::TimedOut,
            Failure::TooLong(_) => FetchErrorKind::TooLong,
            Failure::Encoded => FetchErrorKind::NotJson,
            Failure::Redirected => FetchErrorKind::Status,
            Failure::Header | Failure::Broken => FetchErrorKind::Broken,
        };
        Self::new(kind, failure.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::{is_json, max_age};
    use http::{HeaderMap, HeaderValue};
    use watchkeep_model::Span;

    fn headers(name: &'static str, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (http::HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn json_has_several_names() {
        for yes in ["application/json", "Application/JSON; charset=utf-8", "application/oauth-client+json"] {
            assert!(is_json(&headers("content-type", &[yes])), "{yes}");
        }
        for no in ["text/html", "text/json", "application/jsonp", "", "image/svg+json", "application/json, text/html"] {
            assert!(!is_json(&headers("content-type", &[no])), "{no}");
        }
        assert!(!is_json(&HeaderMap::new()));
        assert!(!is_json(&headers("content-type", &["application/json", "text/html"])));
    }

    #[test]
    fn an_age_is_read_as_the_shortest_that_is_said() {
        let of = |values: &[&'static str]| max_age(&headers("cache-control", values));
        assert_eq!(of(&["public, max-age=3600"]), Some(Span::hours(1)));
        assert_eq!(of(&["max-age=\"60\""]), Some(Span::minutes(1)));
        assert_eq!(of(&["max-age=3600", "Max-Age=60"]), Some(Span::minutes(1)));
        assert_eq!(of(&["max-age=3600, no-store"]), Some(Span::seconds(0)));
        assert_eq!(of(&["max-age=-1"]), Some(Span::seconds(0)));
        assert_eq!(of(&["max-age=4294967295"]), Some(Span::days(365)));
        assert_eq!(of(&["public, s-maxage=5"]), None);
        assert_eq!(of(&[]), None);
    }
}
