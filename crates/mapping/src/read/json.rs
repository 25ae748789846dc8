//! JSON as a flat tape of values that know where they stand, so that each number drawn from it can be cited.
//!
//! One pass, no recursion, 16 bytes a value; strings are decoded when they are asked for. Bounded in depth and in the
//! number of values.

use std::borrow::Cow;

use crate::Span;

/// No document of a scanner is deeper.
const DEEPEST: usize = 128;
/// More values than this are not read: 48 MiB of tape.
const MOST: usize = 3_000_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Null,
    True,
    False,
    Number,
    Text,
    Array,
    Object,
}

#[derive(Clone, Copy)]
struct Item {
    start: u32,
    end: u32,
    /// The item after this one and all that is in it.
    next: u32,
    kind: Kind,
}

/// A parsed document.
pub(crate) struct Doc<'a> {
    src: &'a [u8],
    tape: Vec<Item>,
    /// True if it was several values one after the other (JSON Lines); the root is then an array of them.
    pub(crate) lines: bool,
}

/// Why something is not a JSON document that can be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It does not begin or go on as JSON.
    Syntax(usize),
    /// It ends in the middle.
    Cut,
    /// Deeper than 128 levels.
    Deep,
    /// More than three million values.
    Large,
}

/// Reads `src` from `from` on.
pub(crate) fn parse(src: &[u8], from: usize) -> Result<Doc<'_>, Flaw> {
    let mut tape = Vec::with_capacity((src.len() / 24).min(MOST));
    // a place for the root array of JSON Lines
    tape.push(Item { start: at32(from), end: 0, next: 0, kind: Kind::Array });
    let mut at = from;
    let mut values = 0usize;
    loop {
        at = blank(src, at);
        // a comma between documents, and the record separator of RFC 7464
        while values > 0 && matches!(src.get(at), Some(0x1e)) {
            at = blank(src, at + 1);
        }
        if at >= src.len() {
            break;
        }
        at = value(src, at, &mut tape)?;
        values += 1;
    }
    if values == 0 {
        return Err(Flaw::Cut);
    }
    let len = at32(tape.len());
    tape[0].end = at32(src.len());
    tape[0].next = len;
    Ok(Doc { src, tape, lines: values > 1 })
}

fn at32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn blank(src: &[u8], mut at: usize) -> usize {
    while matches!(src.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    at
}

fn value(src: &[u8], mut at: usize, tape: &mut Vec<Item>) -> Result<usize, Flaw> {
    // open containers: index of their item
    let mut open: Vec<usize> = Vec::new();
    loop {
        // one value at `at`
        if tape.len() >= MOST {
            return Err(Flaw::Large);
        }
        let index = tape.len();
        let start = at;
        let byte = *src.get(at).ok_or(Flaw::Cut)?;
        let leaf = match byte {
            b'{' | b'[' => {
                if open.len() >= DEEPEST {
                    return Err(Flaw::Deep);
                }
                let kind = if byte == b'{' { Kind::Object } else { Kind::Array };
                tape.push(Item { start: at32(start), end: 0, next: 0, kind });
                at = blank(src, at + 1);
                let close = if byte == b'{' { b'}' } else { b']' };
                if src.get(at) == Some(&close) {
                    tape[index].end = at32(at + 1);
                    tape[index].next = at32(tape.len());
                    at += 1;
                    true
                } else {
                    open.push(index);
                    if byte == b'{' {
                        at = key(src, at, tape)?;
                    }
                    false
                }
            }
            b'"' => {
                at = string(src, at)?;
                push(tape, start, at, Kind::Text);
                true
            }
            b't' => {
                at = word(src, at, b"true")?;
                push(tape, start, at, Kind::True);
                true
            }
            b'f' => {
                at = word(src, at, b"false")?;
                push(tape, start, at, Kind::False);
                true
            }
            b'n' => {
                at = word(src, at, b"null")?;
                push(tape, start, at, Kind::Null);
                true
            }
            b'-' | b'0'..=b'9' => {
                while matches!(src.get(at), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
                    at += 1;
                }
                push(tape, start, at, Kind::Number);
                true
            }
            _ => return Err(Flaw::Syntax(at)),
        };
        if !leaf {
            continue;
        }
        // close what ends here
        loop {
            let Some(&container) = open.last() else { return Ok(at) };
            at = blank(src, at);
            let object = tape[container].kind == Kind::Object;
            match src.get(at) {
                Some(b',') => {
                    at = blank(src, at + 1);
                    if object {
                        at = key(src, at, tape)?;
                    }
                    break;
                }
                Some(b'}') if object => {}
                Some(b']') if !object => {}
                Some(_) => return Err(Flaw::Syntax(at)),
                None => return Err(Flaw::Cut),
            }
            at += 1;
            tape[container].end = at32(at);
            tape[container].next = at32(tape.len());
            open.pop();
        }
    }
}

fn push(tape: &mut Vec<Item>, start: usize, end: usize, kind: Kind) {
    let next = at32(tape.len() + 1);
    tape.push(Item { start: at32(start), end: at32(end), next, kind });
}

fn key(src: &[u8], at: usize, tape: &mut Vec<Item>) -> Result<usize, Flaw> {
    if tape.len() >= MOST {
        return Err(Flaw::Large);
    }
    match src.get(at) {
        Some(b'"') => {}
        Some(_) => return Err(Flaw::Syntax(at)),
        None => return Err(Flaw::Cut),
    }
    let end = string(src, at)?;
    push(tape, at, end, Kind::Text);
    let colon = blank(src, end);
    match src.get(colon) {
        Some(b':') => Ok(blank(src, colon + 1)),
        Some(_) => Err(Flaw::Syntax(colon)),
        None => Err(Flaw::Cut),
    }
}

fn string(src: &[u8], start: usize) -> Result<usize, Flaw> {
    let mut at = start + 1;
    loop {
        let rest = src.get(at..).ok_or(Flaw::Cut)?;
        let found = memchr::memchr2(b'"', b'\\', rest).ok_or(Flaw::Cut)?;
        at += found;
        if src[at] == b'"' {
            return Ok(at + 1);
        }
        at += 2;
    }
}

fn word(src: &[u8], at: usize, word: &[u8]) -> Result<usize, Flaw> {
    let rest = src.get(at..).unwrap_or_default();
    if rest.starts_with(word) {
        Ok(at + word.len())
    } else if word.starts_with(rest) {
        Err(Flaw::Cut)
    } else {
        Err(Flaw::Syntax(at))
    }
}

impl<'a> Doc<'a> {
    /// The value, or the array of all values of JSON Lines.
    pub(crate) fn root(&self) -> Val<'_> {
        Val { doc: self, i: if self.lines { 0 } else { 1 } }
    }
}

/// A value of a document, or the absence of one: asking an absent value gives absent values.
#[derive(Clone, Copy)]
pub(crate) struct Val<'d> {
    doc: &'d Doc<'d>,
    i: u32,
}

const ABSENT: u32 = u32::MAX;

impl<'d> Val<'d> {
    fn item(self) -> Option<Item> {
        self.doc.tape.get(self.i as usize).copied()
    }

    fn is(self, kind: Kind) -> bool {
        self.item().is_some_and(|item| item.kind == kind)
    }

    fn missing(self) -> Self {
        Val { doc: self.doc, i: ABSENT }
    }

    /// The member of that name; the last one if it is there twice.
    pub(crate) fn at(self, name: &str) -> Val<'d> {
        let mut found = self.missing();
        for (key, value) in self.members_raw() {
            if key_is(key, name) {
                found = value;
            }
        }
        found
    }

    /// The first of these members that is there and is not null.
    pub(crate) fn any(self, names: &[&str]) -> Val<'d> {
        names.iter().map(|name| self.at(name)).find(|v| v.there()).unwrap_or_else(|| self.missing())
    }

    /// True if it is there and not null.
    pub(crate) fn there(self) -> bool {
        self.item().is_some_and(|item| item.kind != Kind::Null)
    }

    /// True if the member is there, even as null.
    pub(crate) fn has(self, name: &str) -> bool {
        self.members_raw().any(|(key, _)| key_is(key, name))
    }

    pub(crate) fn is_array(self) -> bool {
        self.is(Kind::Array)
    }

    pub(crate) fn is_object(self) -> bool {
        self.is(Kind::Object)
    }

    pub(crate) fn is_text(self) -> bool {
        self.is(Kind::Text)
    }

    /// Its text, if it is one.
    pub(crate) fn text(self) -> Option<Cow<'d, str>> {
        let item = self.item().filter(|item| item.kind == Kind::Text)?;
        Some(decode(self.doc.src.get(item.start as usize + 1..item.end as usize - 1)?))
    }

    /// Its text, or the digits of a number, or nothing.
    pub(crate) fn s(self) -> Cow<'d, str> {
        match self.item() {
            Some(item) if item.kind == Kind::Number => String::from_utf8_lossy(self.raw(item)),
            _ => self.text().unwrap_or_default(),
        }
    }

    fn raw(self, item: Item) -> &'d [u8] {
        self.doc.src.get(item.start as usize..item.end as usize).unwrap_or_default()
    }

    /// Its number: a JSON number, or a text that is nothing but a number. Never infinite.
    pub(crate) fn number(self) -> Option<f64> {
        let n = match self.item()?.kind {
            Kind::Number => std::str::from_utf8(self.raw(self.item()?)).ok()?.parse::<f64>().ok()?,
            Kind::Text => self.text()?.trim().parse::<f64>().ok()?,
            _ => return None,
        };
        n.is_finite().then_some(n)
    }

    /// True or false, also as the texts that tools write for it.
    pub(crate) fn truth(self) -> Option<bool> {
        match self.item()?.kind {
            Kind::True => Some(true),
            Kind::False => Some(false),
            Kind::Text => crate::words::truth(&self.text()?),
            _ => None,
        }
    }

    /// The values of an array; none of anything else.
    pub(crate) fn items(self) -> Items<'d> {
        match self.item() {
            Some(item) if item.kind == Kind::Array => Items { doc: self.doc, at: self.i + 1, end: item.next },
            _ => Items { doc: self.doc, at: 0, end: 0 },
        }
    }

    /// How many values the array has.
    pub(crate) fn len(self) -> usize {
        self.items().count()
    }

    fn members_raw(self) -> impl Iterator<Item = (&'d [u8], Val<'d>)> {
        let (at, end) = match self.item() {
            Some(item) if item.kind == Kind::Object => (self.i + 1, item.next),
            _ => (0, 0),
        };
        let mut items = Items { doc: self.doc, at, end };
        std::iter::from_fn(move || {
            crate::work::tick(1);
            let key = items.next()?;
            let value = items.next()?;
            let item = key.item()?;
            Some((self.doc.src.get(item.start as usize + 1..(item.end as usize).saturating_sub(1))?, value))
        })
    }

    /// The members of an object, in their order.
    pub(crate) fn members(self) -> impl Iterator<Item = (Cow<'d, str>, Val<'d>)> {
        self.members_raw().map(|(key, value)| (decode(key), value))
    }

    /// Where it stands in the stored bytes.
    pub(crate) fn span(self) -> Span {
        match self.item() {
            Some(item) => Span { start: item.start as usize, end: item.end as usize },
            None => Span { start: 0, end: 0 },
        }
    }
}

fn key_is(key: &[u8], name: &str) -> bool {
    key == name.as_bytes() || (key.contains(&b'\\') && decode(key) == name)
}

pub(crate) struct Items<'d> {
    doc: &'d Doc<'d>,
    at: u32,
    end: u32,
}

impl<'d> Iterator for Items<'d> {
    type Item = Val<'d>;

    fn next(&mut self) -> Option<Val<'d>> {
        if self.at >= self.end {
            return None;
        }
        let value = Val { doc: self.doc, i: self.at };
        self.at = value.item()?.next;
        Some(value)
    }
}

/// The text of a JSON string without its quotes. Lone surrogates and bad UTF-8 become U+FFFD.
fn decode(raw: &[u8]) -> Cow<'_, str> {
    if !raw.contains(&b'\\') {
        return String::from_utf8_lossy(raw);
    }
    let text = String::from_utf8_lossy(raw);
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    let mut high: Option<u32> = None;
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let escaped = match chars.next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('u') => {
                let code = (0..4).filter_map(|_| chars.next()?.to_digit(16)).fold(0, |n, d| n * 16 + d);
                match (high.take(), code) {
                    (_, 0xd800..=0xdbff) => {
                        high = Some(code);
                        continue;
                    }
                    (Some(h), 0xdc00..=0xdfff) => {
                        char::from_u32(0x10000 + ((h - 0xd800) << 10) + (code - 0xdc00)).unwrap_or('\u{fffd}')
                    }
                    _ => char::from_u32(code).unwrap_or('\u{fffd}'),
                }
            }
            Some(other) => other,
            None => '\u{fffd}',
        };
        out.push(escaped);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_where_they_stand() {
        let src = br#" {"a": [1, "x\u00e9\n", true, null], "b": {"a": -2.5e1}} "#;
        let doc = parse(src, 0).unwrap();
        let root = doc.root();
        assert_eq!(root.at("a").len(), 4);
        assert_eq!(root.at("a").items().nth(1).unwrap().s(), "x\u{e9}\n");
        let number = root.at("b").at("a");
        assert_eq!(number.number(), Some(-25.0));
        let Span { start, end } = number.span();
        assert_eq!(&src[start..end], b"-2.5e1");
        assert!(!root.at("c").at("d").there());
    }

    #[test]
    fn lines_become_one_array() {
        let doc = parse(b"{\"a\":1}\n{\"a\":2}\n", 0).unwrap();
        assert!(doc.lines);
        assert_eq!(doc.root().items().map(|v| v.at("a").number().unwrap()).sum::<f64>(), 3.0);
    }

    #[test]
    fn broken_cut_and_deep_documents_are_told_apart() {
        assert_eq!(parse(b"{\"a\": [1, 2", 0).err(), Some(Flaw::Cut));
        assert_eq!(parse(b"hello", 0).err(), Some(Flaw::Syntax(0)));
        assert_eq!(parse("[".repeat(100_000).as_bytes(), 0).err(), Some(Flaw::Deep));
        assert_eq!(parse(b"[1}", 0).err(), Some(Flaw::Syntax(2)));
    }
}
