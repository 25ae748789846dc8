//! Opaque cursors: where a list goes on, bound to the question that was asked.
//!
//! A cursor is base64url of eight bytes of HMAC-SHA-256 and the key of the last item. The HMAC covers the question
//! (tenant, operation, filters), so a cursor of another tenant or of other filters is refused, and nobody makes one.
use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use serde_json::{Map, Value};
use watchkeep_model::TenantId;

use crate::canonical;
use crate::shape::Shape;

/// The longest cursor that is taken; see `Paging::cursor`.
pub(super) const MAX_CHARS: usize = 2_048;

const MAC: usize = 8;

/// The hub's key for cursors.
#[derive(Clone)]
pub(crate) struct Seal(hmac::Key);

impl Seal {
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    fn mac(&self, question: &Question, key: &[u8]) -> [u8; MAC] {
        let mut mac = hmac::Context::with_key(&self.0);
        mac.update(&question.0);
        mac.update(key);
        let mut out = [0; MAC];
        out.copy_from_slice(&mac.sign().as_ref()[..MAC]);
        out
    }
}

/// What was asked, without where to go on: SHA-256 over tenant, operation and filters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Question([u8; 32]);

impl Question {
    /// The question of these checked arguments. Defaults count as if they had been written.
    pub(crate) fn of(tenant: TenantId, op: &str, shape: &Shape, args: &Map<String, Value>) -> Self {
        let mut asked = shape.spelled_out(args);
        asked.remove("limit");
        asked.remove("cursor");
        let mut text = Vec::with_capacity(256);
        text.extend_from_slice(tenant.uuid().as_bytes());
        text.extend_from_slice(op.as_bytes());
        text.push(0);
        text.extend_from_slice(&canonical::text(&Value::Object(asked)));
        Self(canonical::sha256(&text))
    }

    /// The cursor that goes on after `key`.
    pub(crate) fn cursor(&self, seal: &Seal, key: &[u8]) -> String {
        let mut bytes = Vec::with_capacity(MAC + key.len());
        bytes.extend_from_slice(&seal.mac(self, key));
        bytes.extend_from_slice(key);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// The key behind a cursor of this question.
    pub(crate) fn open(&self, seal: &Seal, cursor: &str) -> Option<Vec<u8>> {
        let bytes = decode(cursor)?;
        let (mac, key) = bytes.split_at_checked(MAC)?;
        // ring compares whole tags only; eight bytes of a tag guard no secret, so time tells nothing of use
        (mac == seal.mac(self, key)).then(|| key.to_vec())
    }
}

/// The bytes of a base64url text (RFC 4648, section 5) without padding; none if it is not the one text that stands for
/// them.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text = Some(text).filter(|text| text.len() <= MAX_CHARS)?;
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_is_the_one_of_the_rfc() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(BASE64URL_NOPAD.encode(plain.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), plain.as_bytes());
        }
        assert_eq!(BASE64URL_NOPAD.encode(&[0xfb, 0xff]), "-_8");
        for bad in ["A", "Zh", "Zm9", "Zg==", "Z g", "Zm+v", "é"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_length_and_byte_comes_back() {
        for n in 0..70_usize {
            let bytes: Vec<u8> = (0..n).map(|i| (i * 37 + n * 11) as u8).collect();
            assert_eq!(decode(&BASE64URL_NOPAD.encode(&bytes)).unwrap(), bytes);
        }
    }
}
