//! What is sent.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

/// One request. It carries what is put into it and, besides, the host, its length, who we are and that the answer must
/// not be compressed.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to, absolute.
    pub url: String,
    /// The header, without what the connection itself needs (see [`may_be_set`]).
    pub headers: HeaderMap,
    /// The body; an empty one is not sent.
    pub body: Vec<u8>,
}

/// A header line that cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    /// The name is no token (RFC 9110, 5.1).
    #[error("this is not the name of an HTTP header")]
    Name,
    /// The name is one that the connection sets itself.
    #[error("this header is set by the connection itself")]
    Reserved,
    /// The value has characters that a header cannot carry, or more than 8,192 of them.
    #[error("the value of this header has characters that a header cannot carry, or is too long")]
    Value,
}

/// The most bytes of one value.
const MOST_OF_A_VALUE: usize = 8_192;

/// Names that belong to the connection (RFC 9110, 7.6.1), to the body as we send it, or to what we never do.
const RESERVED: &[&str] = &[
    "host",
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "proxy-authenticate",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "content-length",
    "content-encoding",
    "accept-encoding",
    "cookie",
];

/// Whether somebody may set a header of this name; the name is compared in lower case.
#[must_use]
pub fn may_be_set(name: &HeaderName) -> bool {
    !RESERVED.contains(&name.as_str())
}

impl Request {
    /// A GET.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self { method: Method::GET, url: url.into(), headers: HeaderMap::new(), body: Vec::new() }
    }

    /// A POST of a body of this type.
    #[must_use]
    pub fn post(url: impl Into<String>, content_type: &'static str, body: Vec<u8>) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Self { method: Method::POST, url: url.into(), headers, body }
    }

    /// What we would like to get.
    #[must_use]
    pub fn accept(mut self, types: &'static str) -> Self {
        self.headers.insert(ACCEPT, HeaderValue::from_static(types));
        self
    }

    /// With a bearer token (RFC 6750, 2.1).
    ///
    /// # Errors
    /// [`BadHeader::Value`] for a token that a header cannot carry.
    pub fn bearer(self, token: &str) -> Result<Self, BadHeader> {
        self.secret(AUTHORIZATION, &format!("Bearer {token}"))
    }

    /// With this header in place of one of that name. The value is shown in no log.
    ///
    /// # Errors
    /// [`BadHeader`].
    pub fn with(self, name: &str, value: &str) -> Result<Self, BadHeader> {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| BadHeader::Name)?;
        if !may_be_set(&name) {
            return Err(BadHeader::Reserved);
        }
        self.secret(name, value)
    }

    fn secret(mut self, name: HeaderName, value: &str) -> Result<Self, BadHeader> {
        if value.len() > MOST_OF_A_VALUE {
            return Err(BadHeader::Value);
        }
        let mut value = HeaderValue::from_str(value).map_err(|_| BadHeader::Value)?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{BadHeader, Request};

    #[test]
    fn a_header_is_checked_before_it_is_sent() {
        let get = || Request::get("https://a.example.org/");
        assert_eq!(get().with("X-Api-Key", "k").unwrap().headers["x-api-key"], "k");
        assert_eq!(get().with("x y", "k").unwrap_err(), BadHeader::Name);
        for name in ["Host", "content-length", "Transfer-Encoding", "Connection", "Accept-Encoding"] {
            assert_eq!(get().with(name, "k").unwrap_err(), BadHeader::Reserved, "{name}");
        }
        for value in ["a\r\nHost: b", "a\nb", "a\0", &"x".repeat(8_193)] {
            assert_eq!(get().with("x-key", value).unwrap_err(), BadHeader::Value);
            assert_eq!(get().bearer(value).unwrap_err(), BadHeader::Value);
        }
        let shown = format!("{:?}", get().bearer("hidden-token").unwrap());
        assert!(!shown.contains("hidden-token"), "{shown}");
    }
}
