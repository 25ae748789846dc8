//! From bytes to a document: text, table, JSON or XML, unpacked where it was packed.

use std::borrow::Cow;

use crate::Span;

pub(crate) mod json;
pub(crate) mod pdf;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod xlsx;
pub(crate) mod xml;
mod zip;

use table::Table;
use text::Text;

/// One body to read: the stored bytes themselves, or what was packed in them.
pub(crate) struct Layer<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    /// The sheet or page.
    pub(crate) name: Option<String>,
    /// What stands for each span of it, if its offsets are not those of the stored bytes.
    pub(crate) cited: Option<Span>,
}

/// The bodies in the stored bytes. What cannot be unpacked is told in the notes.
pub(crate) fn layers<'a>(bytes: &'a [u8], notes: &mut Vec<String>) -> Vec<Layer<'a>> {
    let whole = Span { start: 0, end: bytes.len() };
    match bytes {
        [] => {
            notes.push("The artifact is empty.".to_owned());
            Vec::new()
        }
        [b'P', b'K', 3, 4, ..] => xlsx::sheets(bytes, notes),
        [b'%', b'P', b'D', b'F', b'-', ..] => pdf::pages(bytes, notes),
        [0x1f, 0x8b, ..] => {
            notes.push("A gzip file: unpack it and hand in what is inside.".to_owned());
            Vec::new()
        }
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            notes.push("An old binary Office file: save it as .xlsx, .csv or .pdf and hand that in.".to_owned());
            Vec::new()
        }
        [0xff, 0xfe, rest @ ..] => vec![utf16(rest, u16::from_le_bytes, whole)],
        [0xfe, 0xff, rest @ ..] => vec![utf16(rest, u16::from_be_bytes, whole)],
        _ => vec![Layer { bytes: Cow::Borrowed(bytes), name: None, cited: None }],
    }
}

/// What a Windows shell writes when it redirects a tool's output.
fn utf16<'a>(bytes: &[u8], unit: fn([u8; 2]) -> u16, whole: Span) -> Layer<'a> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect();
    Layer { bytes: Cow::Owned(text.into_bytes()), name: None, cited: Some(whole) }
}

/// A document.
pub(crate) enum Shape<'a> {
    Json(json::Doc<'a>),
    Xml(xml::Doc<'a>),
    Table(Table<'a>),
    Text(Text<'a>),
}

/// What the bytes are.
///
/// # Errors
/// Why they are nothing that can be read.
pub(crate) fn shape(bytes: &[u8]) -> Result<Shape<'_>, String> {
    let mut from = if bytes.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
    from += bytes[from..].iter().take_while(|b| b.is_ascii_whitespace()).count();
    // ScoutSuite wraps its results in a script
    let script = b"scoutsuite_results =";
    if bytes[from..].starts_with(script) {
        from += script.len();
    }
    let head = &bytes[from..];
    let first = head.iter().find(|b| !b.is_ascii_whitespace());
    match first {
        None => return Err("There is nothing in it but blanks.".to_owned()),
        Some(b'{' | b'[') => match json::parse(bytes, from) {
            Ok(doc) => return Ok(Shape::Json(doc)),
            Err(json::Flaw::Cut) => {
                return Err("The JSON ends in the middle: the file was cut, so no value is read.".to_owned());
            }
            Err(json::Flaw::Deep) => {
                return Err("The JSON is nested deeper than 128 levels and is not read.".to_owned());
            }
            Err(json::Flaw::Large) => {
                return Err("The JSON has more than three million values and is not read.".to_owned());
            }
            Err(json::Flaw::Syntax(at)) => {
                if head.starts_with(b"{\"") || head.starts_with(b"[{") {
                    return Err(format!("The JSON is broken at byte {at}, so no value is read."));
                }
            }
        },
        Some(b'<') => match xml::parse(bytes, from) {
            Ok(doc) => return Ok(Shape::Xml(doc)),
            Err(xml::Flaw::Deep) => return Err("The XML is nested deeper than 200 levels and is not read.".to_owned()),
            Err(xml::Flaw::Large) => return Err("The XML has more than two million nodes and is not read.".to_owned()),
            Err(xml::Flaw::Syntax(_)) => {}
        },
        Some(_) => {}
    }
    if bytes.iter().take(4096).filter(|b| **b == 0).count() > 4 {
        return Err("Binary data of no known format.".to_owned());
    }
    Ok(table::sniff(bytes, from)?.map_or_else(|| Shape::Text(Text::new(bytes, from)), Shape::Table))
}
