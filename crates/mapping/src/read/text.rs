//! Plain text, by lines.

use std::borrow::Cow;

use crate::Span;

/// A text whose lines know where they stand.
pub(crate) struct Text<'a> {
    bytes: &'a [u8],
    from: usize,
}

impl<'a> Text<'a> {
    pub(crate) fn new(bytes: &'a [u8], from: usize) -> Self {
        Self { bytes, from }
    }

    /// Its first bytes, for a look.
    pub(crate) fn head(&self, most: usize) -> Cow<'a, str> {
        String::from_utf8_lossy(&self.bytes[self.from..self.bytes.len().min(self.from + most)])
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        &self.bytes[self.from..]
    }

    /// Its lines without their ends, and where each stands. Bytes that are not UTF-8 become U+FFFD, so offsets inside
    /// such a line are those of its beginning.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (Cow<'a, str>, Span)> {
        let bytes = self.bytes;
        let mut at = self.from;
        std::iter::from_fn(move || {
            if at >= bytes.len() {
                return None;
            }
            crate::work::tick(1);
            let start = at;
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |n| at + n);
            at = end + 1;
            let line = &bytes[start..end];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            Some((String::from_utf8_lossy(line), Span { start, end: start + line.len() }))
        })
    }

    pub(crate) fn span(&self) -> Span {
        Span { start: self.from, end: self.bytes.len() }
    }
}
