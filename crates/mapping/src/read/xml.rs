//! XML as a flat tape of elements and texts that know where they stand.
//!
//! Document types are skipped and no entity is ever expanded beyond the five of XML and character numbers, so a
//! document cannot grow. Bounded in depth and in the number of nodes.

use std::borrow::Cow;

use crate::Span;

const DEEPEST: usize = 200;
const MOST: usize = 2_000_000;

#[derive(Clone, Copy)]
struct Node {
    start: u32,
    end: u32,
    /// Elements: the end of the start tag's name. Texts: 0.
    name_end: u32,
    /// The node after this one and all that is in it.
    next: u32,
    text: bool,
}

/// A parsed document.
pub(crate) struct Doc<'a> {
    src: &'a [u8],
    tape: Vec<Node>,
    /// True if it ended before its root element did.
    pub(crate) cut: bool,
}

/// Why something is not an XML document that can be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// No element in it, or a tag that makes no sense.
    Syntax(usize),
    /// Deeper than 200 levels.
    Deep,
    /// More than two million nodes.
    Large,
}

fn at32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn find(src: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    src.get(from..).and_then(|rest| memchr::memmem::find(rest, what)).map(|at| from + at)
}

/// Reads `src` from `from` on.
pub(crate) fn parse(src: &[u8], from: usize) -> Result<Doc<'_>, Flaw> {
    let mut tape: Vec<Node> = Vec::with_capacity((src.len() / 48).min(MOST));
    let mut open: Vec<usize> = Vec::new();
    let mut at = from;
    let mut cut = false;
    while let Some(lt) = src.get(at..).and_then(|rest| memchr::memchr(b'<', rest)).map(|n| at + n) {
        if tape.len() >= MOST {
            return Err(Flaw::Large);
        }
        if lt > at && !open.is_empty() && src[at..lt].iter().any(|b| !b.is_ascii_whitespace()) {
            let next = at32(tape.len() + 1);
            tape.push(Node { start: at32(at), end: at32(lt), name_end: 0, next, text: true });
        }
        let rest = &src[lt..];
        let skip = |open: &[u8], end: &[u8]| {
            rest.starts_with(open).then(|| find(src, lt + open.len(), end).map(|n| n + end.len()))
        };
        if let Some(end) = skip(b"<!--", b"-->").or_else(|| skip(b"<?", b"?>")) {
            let Some(end) = end else {
                cut = true;
                break;
            };
            at = end;
        } else if rest.starts_with(b"<![CDATA[") {
            let Some(end) = find(src, lt, b"]]>") else {
                cut = true;
                break;
            };
            if !open.is_empty() && end > lt + 9 {
                let next = at32(tape.len() + 1);
                // name_end 1 marks text that has no entities
                tape.push(Node { start: at32(lt + 9), end: at32(end), name_end: 1, next, text: true });
            }
            at = end + 3;
        } else if rest.starts_with(b"<!") {
            at = doctype(src, lt);
        } else if rest.starts_with(b"</") {
            let Some(gt) = find(src, lt, b">") else {
                cut = true;
                break;
            };
            let name = trim(&src[lt + 2..gt]);
            // a tag that was never closed ends with the one around it
            if let Some(depth) = open.iter().rposition(|&i| name_of(src, tape[i]) == name) {
                for i in open.drain(depth..) {
                    tape[i].end = at32(gt + 1);
                    tape[i].next = at32(tape.len());
                }
            }
            at = gt + 1;
        } else {
            let Some((gt, selfclosing)) = tag_end(src, lt) else {
                cut = true;
                break;
            };
            let name_end = lt
                + 1
                + src[lt + 1..gt].iter().position(|b| b.is_ascii_whitespace() || *b == b'/').unwrap_or(gt - lt - 1);
            if name_end == lt + 1 || !(src[lt + 1].is_ascii_alphabetic() || src[lt + 1] == b'_' || src[lt + 1] >= 0x80)
            {
                return Err(Flaw::Syntax(lt));
            }
            if open.is_empty() && !tape.is_empty() {
                break; // what comes after the root is not read
            }
            if open.len() >= DEEPEST {
                return Err(Flaw::Deep);
            }
            let next = at32(tape.len() + 1);
            if !selfclosing {
                open.push(tape.len());
            }
            tape.push(Node { start: at32(lt), end: at32(gt + 1), name_end: at32(name_end), next, text: false });
            at = gt + 1;
        }
    }
    if tape.is_empty() {
        return Err(Flaw::Syntax(from));
    }
    cut |= !open.is_empty();
    let len = at32(tape.len());
    for i in open {
        tape[i].end = at32(src.len());
        tape[i].next = len;
    }
    Ok(Doc { src, tape, cut })
}

/// The end of `<!DOCTYPE ...>` with its inner part.
fn doctype(src: &[u8], from: usize) -> usize {
    let mut depth = 0usize;
    let mut quote = 0u8;
    for (i, &b) in src[from..].iter().enumerate() {
        match b {
            _ if quote == b => quote = 0,
            _ if quote != 0 => {}
            b'"' | b'\'' => quote = b,
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b'>' if depth == 0 => return from + i + 1,
            _ => {}
        }
    }
    src.len()
}

/// The `>` of the tag that begins at `lt`, and whether the tag closes itself.
fn tag_end(src: &[u8], lt: usize) -> Option<(usize, bool)> {
    let mut at = lt + 1;
    loop {
        let found = at + memchr::memchr3(b'>', b'"', b'\'', src.get(at..)?)?;
        if src[found] == b'>' {
            return Some((found, src[found - 1] == b'/'));
        }
        at = found + 1 + memchr::memchr(src[found], src.get(found + 1..)?)? + 1;
    }
}

fn trim(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii()
}

fn name_of(src: &[u8], node: Node) -> &[u8] {
    src.get(node.start as usize + 1..node.name_end as usize).unwrap_or_default()
}

impl Doc<'_> {
    /// The root element.
    pub(crate) fn root(&self) -> El<'_> {
        El { doc: self, i: 0 }
    }
}

/// An element.
#[derive(Clone, Copy)]
pub(crate) struct El<'d> {
    doc: &'d Doc<'d>,
    i: u32,
}

impl<'d> El<'d> {
    fn node(self) -> Node {
        self.doc.tape[self.i as usize]
    }

    /// Its name without a namespace prefix.
    pub(crate) fn name(self) -> &'d str {
        let name = std::str::from_utf8(name_of(self.doc.src, self.node())).unwrap_or("");
        name.rsplit(':').next().unwrap_or(name)
    }

    /// An attribute, decoded.
    pub(crate) fn attr(self, name: &str) -> Option<Cow<'d, str>> {
        let node = self.node();
        let tag = self.doc.src.get(node.name_end as usize..node.end as usize).unwrap_or_default();
        let mut at = 0;
        loop {
            crate::work::tick(1);
            at += tag.get(at..)?.iter().position(|b| !b.is_ascii_whitespace())?;
            if matches!(tag[at], b'>' | b'/') {
                return None;
            }
            let eq = at + memchr::memchr2(b'=', b'>', &tag[at..])?;
            if tag[eq] == b'>' {
                return None;
            }
            let key = trim(&tag[at..eq]);
            let open = eq + 1 + tag.get(eq + 1..)?.iter().position(|b| !b.is_ascii_whitespace())?;
            let quote = tag[open];
            if quote != b'"' && quote != b'\'' {
                return None;
            }
            let close = open + 1 + memchr::memchr(quote, tag.get(open + 1..)?)?;
            if key == name.as_bytes() {
                return Some(decode(&tag[open + 1..close]));
            }
            at = close + 1;
        }
    }

    /// The elements directly in it.
    pub(crate) fn children(self) -> impl Iterator<Item = El<'d>> {
        let (doc, end) = (self.doc, self.node().next);
        let mut at = self.i + 1;
        std::iter::from_fn(move || {
            while at < end {
                crate::work::tick(1);
                let i = at;
                let node = doc.tape[i as usize];
                at = node.next;
                if !node.text {
                    return Some(El { doc, i });
                }
            }
            None
        })
    }

    /// The first child of that name.
    pub(crate) fn child(self, name: &str) -> Option<El<'d>> {
        self.children().find(|c| c.name() == name)
    }

    /// All elements in it, at any depth.
    pub(crate) fn inside(self) -> impl Iterator<Item = El<'d>> {
        let doc = self.doc;
        (self.i + 1..self.node().next)
            .inspect(|_| crate::work::tick(1))
            .filter(move |&i| !doc.tape[i as usize].text)
            .map(move |i| El { doc, i })
    }

    /// The elements of that name in it, at any depth.
    pub(crate) fn all(self, name: &'static str) -> impl Iterator<Item = El<'d>> {
        self.inside().filter(move |e| e.name() == name)
    }

    /// The text directly in it, decoded and trimmed.
    pub(crate) fn text(self) -> String {
        let mut out = String::new();
        let end = self.node().next;
        let mut at = self.i + 1;
        while at < end {
            let node = self.doc.tape[at as usize];
            if node.text {
                let raw = self.doc.src.get(node.start as usize..node.end as usize).unwrap_or_default();
                out.push_str(&if node.name_end == 1 { String::from_utf8_lossy(raw) } else { decode(raw) });
            }
            at = node.next;
        }
        out.trim().to_owned()
    }

    /// The text of the child of that name, or nothing.
    pub(crate) fn child_text(self, name: &str) -> String {
        self.child(name).map(El::text).unwrap_or_default()
    }

    /// Where it stands in the stored bytes.
    pub(crate) fn span(self) -> Span {
        let node = self.node();
        Span { start: node.start as usize, end: node.end as usize }
    }
}

/// Text with the five entities of XML and character numbers put in; any other entity stays as it is written.
fn decode(raw: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(raw);
    if !text.contains('&') {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest: &str = &text;
    while let Some(amp) = rest.find('&') {
        out.push_str(&rest[..amp]);
        rest = &rest[amp..];
        let semi = rest.bytes().take(12).position(|b| b == b';');
        let decoded = semi.and_then(|semi| {
            let name = &rest[1..semi];
            let c = match name {
                "lt" => '<',
                "gt" => '>',
                "amp" => '&',
                "quot" => '"',
                "apos" => '\'',
                _ => {
                    let digits = name.strip_prefix('#')?;
                    let code = match digits.strip_prefix(['x', 'X']) {
                        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                        None => digits.parse().ok()?,
                    };
                    char::from_u32(code)?
                }
            };
            Some((c, semi + 1))
        });
        match decoded {
            Some((c, len)) => {
                out.push(c);
                rest = &rest[len..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_know_their_names_attributes_and_texts() {
        let src = br#"<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y>">]><n:a k='1 &amp; 2'><!-- <b> --><b>x &lt; y</b><c/><b><![CDATA[<z>&amp;]]></b></n:a>"#;
        let doc = parse(src, 0).unwrap();
        let root = doc.root();
        assert_eq!((root.name(), root.attr("k").unwrap().as_ref()), ("a", "1 & 2"));
        let texts: Vec<_> = root.all("b").map(El::text).collect();
        assert_eq!(texts, ["x < y", "<z>&amp;"]);
        let Span { start, end } = root.child("b").unwrap().span();
        assert_eq!(&src[start..end], b"<b>x &lt; y</b>");
    }

    #[test]
    fn entities_of_the_document_are_never_expanded() {
        let laughs = br#"<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>"#;
        assert_eq!(parse(laughs, 0).unwrap().root().text(), "&b;");
    }

    #[test]
    fn a_cut_document_says_so_and_a_deep_one_is_refused() {
        assert!(parse(b"<a><b>1</b><c>", 0).unwrap().cut);
        assert_eq!(parse("<a>".repeat(10_000).as_bytes(), 0).err(), Some(Flaw::Deep));
    }
}
