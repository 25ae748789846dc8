//! Reads a request's body: at most so much, in at most so long.
use std::time::Duration;

use axum::body::{Body, Bytes};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// The most bytes of a JSON body: 1 MiB of content, escaped, and its wrapping.
pub const MAX: usize = 4 * 1024 * 1024;

/// The deepest JSON that is read.
pub const MAX_DEPTH: usize = 64;

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadBody {
    /// More than [`MAX`] bytes.
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// The connection broke.
    Broken,
}

impl BadBody {
    /// The sentence for the caller.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::TooLarge => "the request is larger than 4 MiB; send less at a time",
            Self::TooSlow => "the request's body did not arrive in time; send it again",
            Self::Broken => "the request's body could not be read; send it again",
        }
    }

    /// The status for it.
    #[must_use]
    pub const fn status(self) -> http::StatusCode {
        match self {
            Self::TooLarge => http::StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => http::StatusCode::REQUEST_TIMEOUT,
            Self::Broken => http::StatusCode::BAD_REQUEST,
        }
    }
}

/// The whole body. One that says beforehand that it is too large is not read at all.
///
/// # Errors
/// See [`BadBody`].
pub async fn read(headers: &HeaderMap, body: Body, at_most: Duration) -> Result<Bytes, BadBody> {
    let said = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    if said.is_some_and(|n| n > MAX as u64) {
        return Err(BadBody::TooLarge);
    }
    match tokio::time::timeout(at_most, Limited::new(body, MAX).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(e)) if e.is::<LengthLimitError>() => Err(BadBody::TooLarge),
        Ok(Err(_)) => Err(BadBody::Broken),
        Err(_) => Err(BadBody::TooSlow),
    }
}

/// True for `application/json`, with or without parameters.
#[must_use]
pub fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// How deep the brackets of a JSON text nest, whether the text is right or not.
#[must_use]
pub fn depth(json: &[u8]) -> usize {
    let (mut now, mut most) = (0_usize, 0_usize);
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => loop {
                match bytes.next() {
                    Some(b'\\') => drop(bytes.next()),
                    Some(b'"') | None => break,
                    Some(_) => {}
                }
            },
            b'[' | b'{' => {
                now += 1;
                most = most.max(now);
            }
            b']' | b'}' => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_texts_do_not_count() {
        for (json, deep) in [
            ("", 0),
            ("1", 0),
            ("{}", 1),
            (r#"{"a":[1,{"b":[]}]}"#, 4),
            (r#"{"a":"[[[[","b":"\"[[","c":"\\"}"#, 1),
            ("]]]]{[", 2),
            (r#""[[[["#, 0),
        ] {
            assert_eq!(depth(json.as_bytes()), deep, "{json}");
        }
        assert_eq!(depth("[".repeat(100_000).as_bytes()), 100_000);
    }

    /// 20,000 seeded mutations: where the text is JSON, the depth is the one that the JSON has.
    #[test]
    fn mutated_texts_have_the_depth_of_their_json() {
        fn of(value: &serde_json::Value) -> usize {
            match value {
                serde_json::Value::Array(all) => 1 + all.iter().map(of).max().unwrap_or_default(),
                serde_json::Value::Object(all) => 1 + all.values().map(of).max().unwrap_or_default(),
                _ => 0,
            }
        }
        let good = br#"{"a":[1,{"b":"[\"{\\","c":[[]]}],"d\u005b":{"e":null}}"#;
        let rng = watchkeep_hub::Rng::seeded(3);
        let mut read = 0;
        for _ in 0..20_000 {
            let mut text = good.to_vec();
            for _ in 0..=rng.bytes::<1>()[0] % 2 {
                let [how, at, with] = rng.bytes::<3>();
                let at = usize::from(at) % text.len();
                match how % 3 {
                    0 => text[at] = b"[]{}\"\\,:1"[usize::from(with) % 9],
                    1 => text.insert(at, b"[]{}\"\\,:1"[usize::from(with) % 9]),
                    _ => drop(text.remove(at)),
                }
            }
            let deep = depth(&text);
            if let Ok(value) = serde_json::from_slice(&text) {
                read += 1;
                assert_eq!(deep, of(&value), "{}", String::from_utf8_lossy(&text));
            }
        }
        assert!(read > 1_000, "the mutations must leave some JSON: {read}");
    }
}
