//! The objects of a PDF and their streams.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::Span;

const MOST_OBJECTS: usize = 200_000;
/// What one stream may unpack to.
const MOST_STREAM: usize = 16 << 20;
/// What all streams together may unpack to.
const MOST_TOTAL: usize = 48 << 20;

struct Object<'a> {
    body: Cow<'a, [u8]>,
    /// Where its body begins in the file; nothing for objects that were packed in a stream.
    at: Option<usize>,
}

/// All objects by their numbers; of several with one number the last.
pub(crate) struct Objects<'a> {
    file: &'a [u8],
    found: BTreeMap<u32, Object<'a>>,
    left: usize,
}

impl<'a> Objects<'a> {
    pub(crate) fn of(file: &'a [u8]) -> Self {
        let mut objects = Self { file, found: BTreeMap::new(), left: MOST_TOTAL };
        let mut marks: Vec<(u32, usize)> = Vec::new();
        for at in memchr::memmem::find_iter(file, b" obj").take(MOST_OBJECTS) {
            if let Some(id) = number_before(file, at) {
                marks.push((id, at + 4));
            }
        }
        for (n, (id, start)) in marks.iter().enumerate() {
            let limit = marks.get(n + 1).map_or(file.len(), |(_, next)| *next);
            let part = &file[*start..limit];
            let end = memchr::memmem::rfind(part, b"endobj").unwrap_or(part.len());
            objects.found.insert(*id, Object { body: Cow::Borrowed(&part[..end]), at: Some(*start) });
        }
        objects.unpack();
        objects
    }

    /// Takes out the objects that are packed in streams.
    fn unpack(&mut self) {
        let packed: Vec<u32> = self
            .found
            .iter()
            .filter(|(_, o)| dictionary_value(&o.body, "Type").is_some_and(|v| v.starts_with(b"/ObjStm")))
            .map(|(id, _)| *id)
            .collect();
        for id in packed {
            let Some(body) = self.body(id) else { continue };
            let value = |name| dictionary_value(body, name).and_then(number);
            let (Some(count), Some(first)) = (value("N"), value("First")) else { continue };
            let Some((stream, _)) = self.stream(id) else { continue };
            let Some(head) = stream.get(..first as usize) else { continue };
            let mut numbers = head.split(u8::is_ascii_whitespace).filter_map(number);
            let mut places = Vec::new();
            while places.len() < (count as usize).min(10_000) {
                let (Some(id), Some(at)) = (numbers.next(), numbers.next()) else { break };
                places.push((id, first as usize + at as usize));
            }
            for (n, (id, start)) in places.iter().enumerate() {
                let end = places.get(n + 1).map_or(stream.len(), |(_, next)| *next);
                if let Some(body) = stream.get(*start..end)
                    && self.found.len() < MOST_OBJECTS
                {
                    self.found.entry(*id).or_insert(Object { body: Cow::Owned(body.to_vec()), at: None });
                }
            }
        }
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        self.found.keys().copied()
    }

    pub(crate) fn body(&self, id: u32) -> Option<&[u8]> {
        self.found.get(&id).map(|o| o.body.as_ref())
    }

    /// True if more was packed than is read.
    pub(crate) fn exhausted(&self) -> bool {
        self.left == 0
    }

    /// The stream of an object, unpacked, and where it stands in the file.
    pub(crate) fn stream(&mut self, id: u32) -> Option<(Vec<u8>, Span)> {
        let object = self.found.get(&id)?;
        let base = object.at?;
        let body = self.file.get(base..base + object.body.len())?;
        let mark = memchr::memmem::find(body, b"stream")?;
        let head = &body[..mark];
        let mut start = mark + 6;
        if body.get(start) == Some(&b'\r') {
            start += 1;
        }
        if body.get(start) == Some(&b'\n') {
            start += 1;
        }
        let end = memchr::memmem::rfind(body, b"endstream").filter(|e| *e >= start).unwrap_or(body.len());
        let data = body.get(start..end)?;
        let span = Span { start: base + start, end: base + end };
        let filters = dictionary_value(head, "Filter").map(filters).unwrap_or_default();
        let mut unpacked = Cow::Borrowed(data);
        for filter in filters {
            let most = MOST_STREAM.min(self.left);
            unpacked = Cow::Owned(match filter {
                b"ASCII85Decode" | b"A85" => ascii85(&unpacked),
                b"FlateDecode" | b"Fl" => {
                    match miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(&unpacked, most) {
                        Ok(bytes) => bytes,
                        Err(error) => {
                            if error.status == miniz_oxide::inflate::TINFLStatus::HasMoreOutput {
                                self.left = 0;
                            }
                            return None;
                        }
                    }
                }
                _ => return None,
            });
        }
        let unpacked = unpacked.get(..unpacked.len().min(self.left))?.to_vec();
        self.left -= unpacked.len();
        Some((unpacked, span))
    }
}

/// The names of the filters, in the order in which they are undone.
fn filters(value: &[u8]) -> Vec<&[u8]> {
    let (value, most) = match value.strip_prefix(b"[") {
        Some(array) => (&array[..memchr::memchr(b']', array).unwrap_or(array.len())], 4),
        None => (value, 1),
    };
    value
        .split(|b| *b == b'/')
        .skip(1)
        .take(most)
        .map(|name| &name[..name.iter().take_while(|b| b.is_ascii_alphanumeric()).count()])
        .collect()
}

/// Undoes ASCII85 (ISO 32000-1, 7.4.3).
fn ascii85(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() / 5 * 4 + 4);
    let mut group = [0u8; 5];
    let mut n = 0;
    for &byte in data {
        match byte {
            b'~' => break,
            b'z' if n == 0 => out.extend_from_slice(&[0; 4]),
            b'!'..=b'u' => {
                group[n] = byte - b'!';
                n += 1;
                if n == 5 {
                    out.extend_from_slice(&quad(group));
                    n = 0;
                }
            }
            _ => {}
        }
    }
    if n > 1 {
        group[n..].fill(84);
        out.extend_from_slice(&quad(group)[..n - 1]);
    }
    out
}

fn quad(group: [u8; 5]) -> [u8; 4] {
    group.iter().fold(0u32, |n, d| n.wrapping_mul(85).wrapping_add(u32::from(*d))).to_be_bytes()
}

/// The object number of `N G obj`, whose ` obj` is at `at`.
fn number_before(file: &[u8], at: usize) -> Option<u32> {
    let head = &file[at.saturating_sub(24)..at];
    let generation = head.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let rest = head.get(..head.len() - generation)?;
    if generation == 0 || rest.last() != Some(&b' ') {
        return None;
    }
    let rest = rest.trim_ascii_end();
    let digits = rest.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    number(&rest[rest.len() - digits..])
}

fn number(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.trim_ascii_start();
    let len = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    std::str::from_utf8(&digits[..len]).ok()?.parse().ok()
}

/// What follows a key of a dictionary. The first such key counts, also of a dictionary inside.
pub(crate) fn dictionary_value<'b>(body: &'b [u8], key: &str) -> Option<&'b [u8]> {
    let key = format!("/{key}");
    let head = &body[..memchr::memmem::find(body, b"stream").unwrap_or(body.len())];
    memchr::memmem::find_iter(head, key.as_bytes()).find_map(|at| {
        let rest = &head[at + key.len()..];
        (!rest.first()?.is_ascii_alphanumeric()).then(|| rest.trim_ascii_start())
    })
}

/// The dictionary that the bytes begin with, without what follows it.
pub(crate) fn dictionary(bytes: &[u8]) -> &[u8] {
    let mut depth = 0usize;
    let mut at = 0;
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"<<" => {
                depth += 1;
                at += 2;
            }
            b">>" => {
                depth = depth.saturating_sub(1);
                at += 2;
                if depth == 0 {
                    return &bytes[..at];
                }
            }
            _ => at += 1,
        }
    }
    bytes
}

/// `12 0 R`.
pub(crate) fn first_reference(value: &[u8]) -> Option<u32> {
    let mut parts = value.split(|b| b.is_ascii_whitespace()).filter(|p| !p.is_empty());
    let id = number(parts.next()?)?;
    number(parts.next()?)?;
    parts.next()?.starts_with(b"R").then_some(id)
}

/// The references at the beginning: one, or those of an array.
pub(crate) fn references(value: &[u8]) -> Vec<u32> {
    let value = value.trim_ascii_start();
    let Some(array) = value.strip_prefix(b"[") else { return first_reference(value).into_iter().collect() };
    let array = &array[..memchr::memchr(b']', array).unwrap_or(array.len())];
    let parts: Vec<&[u8]> = array.split(|b| b.is_ascii_whitespace()).filter(|p| !p.is_empty()).take(30_000).collect();
    parts.chunks(3).filter(|c| c.len() == 3 && c[2].starts_with(b"R")).filter_map(|c| number(c[0])).collect()
}

/// `/F1 5 0 R /F2 6 0 R`.
pub(crate) fn named_references(dictionary: &[u8]) -> Vec<(Vec<u8>, u32)> {
    let mut found = Vec::new();
    for at in memchr::memchr_iter(b'/', dictionary) {
        let rest = &dictionary[at + 1..];
        let len = rest.iter().take_while(|b| !b.is_ascii_whitespace() && !b"/<>[]()".contains(b)).count();
        if let Some(id) = first_reference(&rest[len..rest.len().min(len + 40)]) {
            found.push((rest[..len].to_vec(), id));
        }
    }
    found
}
