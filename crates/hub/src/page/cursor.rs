//! Opaque cursors: where a list goes on, bound to the question that was asked.
//!
//! A cursor is base64url of eight bytes of HMAC-SHA-256 and the key of the last item. The HMAC covers the question
//! (tenant, operation, filters), so a cursor of another tenant or of other filters is refused, and nobody makes one.
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
        encode(&bytes)
    }

    /// The key behind a cursor of this question.
    pub(crate) fn open(&self, seal: &Seal, cursor: &str) -> Option<Vec<u8>> {
        let bytes = decode(cursor)?;
        let (mac, key) = bytes.split_at_checked(MAC)?;
        // ring compares whole tags only; eight bytes of a tag guard no secret, so time tells nothing of use
        (mac == seal.mac(self, key)).then(|| key.to_vec())
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64url without padding (RFC 4648, section 5).
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let [a, b, c] = [0, 1, 2].map(|i| u32::from(chunk.get(i).copied().unwrap_or_default()));
        let bits = (a << 16) | (b << 8) | c;
        for i in 0..=chunk.len() {
            out.push(char::from(ALPHABET[((bits >> (18 - 6 * i)) & 63) as usize]));
        }
    }
    out
}

/// The bytes of a base64url text; none if it is not the one text that [`encode`] makes of them.
fn decode(text: &str) -> Option<Vec<u8>> {
    decode_up_to(text, MAX_CHARS)
}

/// The same for texts of at most `most` characters.
pub(crate) fn decode_up_to(text: &str, most: usize) -> Option<Vec<u8>> {
    if text.len() > most || text.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.as_bytes().chunks(4) {
        let mut bits = 0_u32;
        for (i, c) in chunk.iter().enumerate() {
            let value = match c {
                b'A'..=b'Z' => c - b'A',
                b'a'..=b'z' => c - b'a' + 26,
                b'0'..=b'9' => c - b'0' + 52,
                b'-' => 62,
                b'_' => 63,
                _ => return None,
            };
            bits |= u32::from(value) << (18 - 6 * i);
        }
        let [_, a, b, c] = bits.to_be_bytes();
        let keep = chunk.len() - 1;
        out.extend_from_slice(&[a, b, c][..keep]);
        // the bits that were left over must be zero, else two texts would mean the same
        if bits.trailing_zeros() < (24 - 8 * keep as u32) {
            return None;
        }
    }
    Some(out)
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
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), plain.as_bytes());
        }
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
        for bad in ["A", "Zh", "Zm9", "Zg==", "Z g", "Zm+v", "é"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_length_and_byte_comes_back() {
        for n in 0..70_usize {
            let bytes: Vec<u8> = (0..n).map(|i| (i * 37 + n * 11) as u8).collect();
            assert_eq!(decode(&encode(&bytes)).unwrap(), bytes);
        }
    }
}
