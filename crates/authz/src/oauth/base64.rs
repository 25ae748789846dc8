//! Base64 (RFC 4648): the URL-safe form of PKCE out, the standard form of HTTP Basic in.

const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// `bytes` in the URL-safe alphabet, without padding (RFC 4648 section 5).
pub(super) fn url_safe(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let index = group >> (18 - 6 * place) & 63;
            out.push(char::from(URL_SAFE[index as usize]));
        }
    }
    out
}

/// The bytes of `text` in the standard alphabet, with or without its padding (RFC 4648 section 4). None if it is not
/// that, and where the bits beyond the last byte are not zero.
pub(super) fn standard(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.as_bytes().chunks(4) {
        let mut group = 0_u32;
        for c in chunk {
            let value = match c {
                b'A'..=b'Z' => c - b'A',
                b'a'..=b'z' => c - b'a' + 26,
                b'0'..=b'9' => c - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            group = group << 6 | u32::from(value);
        }
        group <<= 6 * (4 - chunk.len());
        let [_, bytes @ ..] = group.to_be_bytes();
        let (kept, rest) = bytes.split_at(chunk.len() - 1);
        if chunk.len() == 1 || rest.iter().any(|byte| *byte != 0) {
            return None;
        }
        out.extend_from_slice(kept);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648_section_10() {
        for (plain, coded) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE")]
        {
            assert_eq!(url_safe(plain.as_bytes()), coded);
            assert_eq!(standard(coded).unwrap(), plain.as_bytes());
        }
        assert_eq!(standard("Zm9vYg==").unwrap(), b"foob");
        assert_eq!(url_safe(&[0xfb, 0xff]), "-_8");
        for bad in ["Z", "Zh", "Zm9v!", "Zm 9v", "Zm9vYg===", "-_8"] {
            assert_eq!(standard(bad), None, "{bad}");
        }
    }
}
