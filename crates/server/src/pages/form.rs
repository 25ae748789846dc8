//! Forms: where they may come from, the token that each carries, and their fields.
use std::time::Duration;

use axum::body::{Body, Bytes};
use data_encoding::HEXLOWER;
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use ring::hmac;
use watchkeep_store::Keyring;

use crate::public::Public;

/// The most bytes of a form.
pub(crate) const MAX: usize = 64 * 1024;
/// What is longer than this is not even read on to be thrown away.
const HEARD_OUT: usize = 2 * 1024 * 1024;

/// The token of the forms of one purpose, for one session or one browser before there is a session: who does not see the
/// page does not know it.
pub(crate) fn token(keys: &Keyring, holder: &[u8], purpose: &str) -> String {
    HEXLOWER.encode(hmac::sign(&key(keys), &text(holder, purpose)).as_ref())
}

/// Whether a form carries the token of its purpose, in a time that does not tell where it differs.
pub(crate) fn is_token(keys: &Keyring, holder: &[u8], purpose: &str, given: &str) -> bool {
    let bytes = HEXLOWER.decode(given.as_bytes());
    bytes.is_ok_and(|bytes| hmac::verify(&key(keys), &text(holder, purpose), &bytes).is_ok())
}

fn key(keys: &Keyring) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, &keys.derive("form"))
}

fn text(holder: &[u8], purpose: &str) -> Vec<u8> {
    [purpose.as_bytes(), b"\0", holder].concat()
}

/// Whether a request that changes something comes from a page of this hub, as far as browsers tell (Fetch Metadata; RFC
/// 6454 for `Origin`). A program that sends neither header is no browser, and has no cookie that somebody else could use.
pub(crate) fn is_ours(public: &Public, headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get_all(name).iter().map(|v| v.to_str().unwrap_or("?")).collect::<Vec<_>>();
    let site = said("sec-fetch-site");
    if site.iter().any(|site| !matches!(*site, "same-origin" | "none")) {
        return false;
    }
    match &said("origin")[..] {
        [] => true,
        // browsers write `null` where the page tells them to send no referrer
        ["null"] => site == ["same-origin"],
        [origin] => public.is_own(origin),
        _ => false,
    }
}

/// The fields of a form, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`.
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The first value of a field; empty if it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// The same; none if it is not there or empty.
    pub(crate) fn some(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|value| !value.is_empty())
    }

    /// Every value of a field.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.clone()).collect()
    }
}

/// The whole body, of at most [`MAX`] bytes; else the status and the sentence for it.
///
/// What is longer is read on for a while and thrown away piece by piece, so that whoever sent it hears why, and hundreds
/// of them at once cost no memory.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    at_most: Duration,
) -> Result<Bytes, (StatusCode, &'static str)> {
    const LARGE: (StatusCode, &str) = (StatusCode::PAYLOAD_TOO_LARGE, "What was sent is too large for this form.");
    let said = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<usize>().ok());
    if said.is_some_and(|n| n > HEARD_OUT) {
        return Err(LARGE);
    }
    let whole = async {
        let (mut body, mut kept, mut length) = (body, Vec::new(), 0);
        while let Some(frame) = body.frame().await {
            let frame =
                frame.map_err(|_| (StatusCode::BAD_REQUEST, "What was sent could not be read. Send it again."))?;
            let Ok(data) = frame.into_data() else { continue };
            length += data.len();
            if length > HEARD_OUT {
                return Err(LARGE);
            }
            if length > MAX {
                kept = Vec::new();
                // whoever sends too much lets everybody else go first at each piece
                tokio::task::yield_now().await;
            } else {
                kept.extend_from_slice(&data);
            }
        }
        if length > MAX { Err(LARGE) } else { Ok(Bytes::from(kept)) }
    };
    let late = Err((StatusCode::REQUEST_TIMEOUT, "What was sent did not arrive in time. Send it again."));
    tokio::time::timeout(at_most, whole).await.unwrap_or(late)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_token_is_of_one_holder_and_one_purpose() {
        let (keys, others) = (Keyring::generate().unwrap(), Keyring::generate().unwrap());
        let given = token(&keys, b"holder", "account");
        assert_eq!(given.len(), 64);
        assert!(is_token(&keys, b"holder", "account", &given));
        assert!(!is_token(&keys, b"other", "account", &given));
        assert!(!is_token(&keys, b"holder", "consent", &given));
        assert!(!is_token(&others, b"holder", "account", &given));
        for bad in ["", "00", &given[..62], &"g".repeat(64), &"é".repeat(32), &"0".repeat(64)] {
            assert!(!is_token(&keys, b"holder", "account", bad), "{bad}");
        }
    }

    #[test]
    fn only_our_own_pages_may_send() {
        let public = Public::new("https://hub.example").unwrap();
        let ask = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, HeaderValue::from_str(value).unwrap());
            }
            is_ours(&public, &headers)
        };
        let (site, origin) = ("sec-fetch-site", "origin");
        for good in [
            &[][..],
            &[(site, "same-origin")],
            &[(site, "none")],
            &[(origin, "https://hub.example")],
            &[(site, "same-origin"), (origin, "https://hub.example")],
            &[(site, "same-origin"), (origin, "null")],
        ] {
            assert!(ask(good), "{good:?}");
        }
        for bad in [
            &[(site, "cross-site")][..],
            &[(site, "same-site")],
            &[(origin, "https://evil.example")],
            &[(origin, "http://hub.example")],
            &[(origin, "null")],
            &[(site, "none"), (origin, "null")],
            &[(site, "cross-site"), (origin, "https://hub.example")],
            &[(origin, "https://hub.example"), (origin, "https://evil.example")],
            &[(site, "same-origin"), (site, "cross-site")],
        ] {
            assert!(!ask(bad), "{bad:?}");
        }
    }
}
