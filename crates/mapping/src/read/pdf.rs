//! The text of a PDF, page by page: enough of the format for what word processors and report generators write.
//!
//! Objects are found by their own marks, not by the cross-reference table, so that a damaged one does not matter.
//! Streams may be plain or deflated. Fonts are read through their ToUnicode maps, else as Windows-1252. Pictures of text
//! and encrypted files give nothing. Bounded in what is unpacked and in how much text comes out.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Layer;
use crate::Span;

mod content;
mod object;

use object::{Objects, dictionary_value, first_reference, references};

const MOST_PAGES: usize = 1_000;
const MOST_TEXT: usize = 4 << 20;

/// The pages of a PDF as text. What cannot be read is told in the notes.
pub(crate) fn pages<'a>(bytes: &[u8], notes: &mut Vec<String>) -> Vec<Layer<'a>> {
    if memchr::memmem::find(bytes, b"/Encrypt").is_some() {
        notes.push("The PDF is encrypted: save it without a password and hand that in.".to_owned());
        return Vec::new();
    }
    let mut objects = Objects::of(bytes);
    let mut layers = Vec::new();
    let mut left = MOST_TEXT;
    for (n, page) in tree(&objects).into_iter().enumerate() {
        let Some((text, span)) = page_text(&mut objects, page) else { continue };
        if text.trim().is_empty() {
            continue;
        }
        if text.len() > left {
            notes.push(format!("The PDF has more text than is read; what comes after page {n} was left out."));
            break;
        }
        left -= text.len();
        layers.push(Layer {
            bytes: Cow::Owned(text.into_bytes()),
            name: Some(format!("page {}", n + 1)),
            cited: Some(span),
        });
    }
    if objects.exhausted() {
        notes.push("The PDF unpacks to more than is read; the rest was left out.".to_owned());
    }
    if layers.is_empty() {
        notes.push("No text could be read from the PDF: it may be a picture of text.".to_owned());
    }
    layers
}

/// The pages in their order; without a tree that makes sense, in the order of the file.
fn tree(objects: &Objects<'_>) -> Vec<u32> {
    let is = |id: u32, kind: &[u8]| {
        objects.body(id).and_then(|b| dictionary_value(b, "Type")).is_some_and(|v| v.starts_with(kind))
    };
    let is_page = |id: u32| is(id, b"/Page") && !is(id, b"/Pages");
    let root = objects
        .ids()
        .find(|id| is(*id, b"/Catalog"))
        .and_then(|id| first_reference(dictionary_value(objects.body(id)?, "Pages")?));
    let mut found = Vec::new();
    let mut open: Vec<u32> = root.into_iter().collect();
    let mut seen = std::collections::HashSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) || found.len() >= MOST_PAGES {
            continue;
        }
        if is_page(id) {
            found.push(id);
        } else if let Some(kids) = objects.body(id).and_then(|b| dictionary_value(b, "Kids")) {
            let mut kids = references(kids);
            kids.reverse();
            open.extend(kids);
        }
    }
    if found.is_empty() {
        found = objects.ids().filter(|id| is_page(*id)).take(MOST_PAGES).collect();
    }
    found
}

/// The text of a page and where its content stands.
fn page_text(objects: &mut Objects<'_>, page: u32) -> Option<(String, Span)> {
    let body = objects.body(page)?.to_vec();
    let contents = dictionary_value(&body, "Contents")?;
    let fonts = fonts(objects, &body, 0);
    let mut refs = references(contents);
    // a reference to an array of references
    if let [one] = refs.as_slice()
        && let Some(target) = objects.body(*one)
        && target.trim_ascii_start().starts_with(b"[")
    {
        refs = references(target);
    }
    let mut stream = Vec::new();
    let mut span: Option<Span> = None;
    for id in refs.into_iter().take(200) {
        if let Some((bytes, place)) = objects.stream(id) {
            stream.extend_from_slice(&bytes);
            stream.push(b'\n');
            span = Some(span.map_or(place, |s| s.and(place)));
        }
    }
    Some((content::text(&stream, &fonts), span?))
}

/// How the codes of a font become text.
#[derive(Default)]
pub(crate) struct Font {
    /// True if codes have two bytes.
    wide: bool,
    map: HashMap<u32, String>,
}

/// The fonts of a page by their names, also those that it inherits.
fn fonts(objects: &mut Objects<'_>, body: &[u8], depth: usize) -> HashMap<Vec<u8>, Font> {
    let mut found = HashMap::new();
    let resources = match dictionary_value(body, "Resources") {
        Some(value) if value.starts_with(b"<<") => Some(value.to_vec()),
        Some(value) => first_reference(value).and_then(|id| objects.body(id)).map(<[u8]>::to_vec),
        None => None,
    };
    let Some(resources) = resources else {
        let parent = dictionary_value(body, "Parent")
            .and_then(first_reference)
            .and_then(|id| objects.body(id))
            .map(<[u8]>::to_vec);
        return match parent {
            Some(parent) if depth < 20 => fonts(objects, &parent, depth + 1),
            _ => found,
        };
    };
    let list = match dictionary_value(&resources, "Font") {
        Some(value) if value.starts_with(b"<<") => value.to_vec(),
        Some(value) => match first_reference(value).and_then(|id| objects.body(id)) {
            Some(body) => body.to_vec(),
            None => return found,
        },
        None => return found,
    };
    let list = object::dictionary(&list);
    for (name, id) in object::named_references(list).into_iter().take(200) {
        let Some(font) = objects.body(id).map(<[u8]>::to_vec) else { continue };
        let wide = dictionary_value(&font, "Subtype").is_some_and(|s| s.starts_with(b"/Type0"));
        let map = dictionary_value(&font, "ToUnicode")
            .and_then(first_reference)
            .and_then(|id| objects.stream(id))
            .map(|(cmap, _)| content::cmap(&cmap))
            .unwrap_or_default();
        found.insert(name, Font { wide, map });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PDF of one page with that content, deflated or not.
    pub(crate) fn pdf(content: &str, deflate: bool) -> Vec<u8> {
        let stream = if deflate {
            miniz_oxide::deflate::compress_to_vec_zlib(content.as_bytes(), 6)
        } else {
            content.as_bytes().to_vec()
        };
        let filter = if deflate { "/Filter /FlateDecode " } else { "" };
        let mut out = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>\nendobj\n5 0 obj\n<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>\nendobj\n".to_vec();
        out.extend_from_slice(format!("4 0 obj\n<< {filter}/Length {} >>\nstream\n", stream.len()).as_bytes());
        out.extend_from_slice(&stream);
        out.extend_from_slice(b"\nendstream\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n");
        out
    }

    #[test]
    fn the_text_of_a_page_becomes_values() {
        let content =
            "BT /F1 12 Tf 72 700 Td (MFA coverage: 97.5 %) Tj 0 -20 Td [(Critical vulner) -20 (abilities: 4)] TJ ET";
        for deflate in [false, true] {
            let bytes = pdf(content, deflate);
            let artifact = crate::Artifact { bytes: &bytes, filename: Some("report.pdf"), mime: None, subject: None };
            let got = crate::extract(&artifact, &crate::Known { kev: None, now: crate::formats::samples::now() });
            let values: Vec<_> = got.extractions.iter().map(|e| (e.signal, e.value.unwrap())).collect();
            assert_eq!(values, [("mfa_enforced_pct", 97.5), ("vuln_critical_open", 4.0)], "{got:?}");
            let span = got.extractions[0].span;
            assert!(span.start > 300 && span.end < bytes.len(), "{span:?}");
        }
    }

    #[test]
    fn a_picture_or_a_lock_gives_a_note() {
        let mut notes = Vec::new();
        assert!(pages(&pdf("q 1 0 0 1 0 0 cm /Im1 Do Q", true), &mut notes).is_empty());
        assert!(notes[0].contains("picture"), "{notes:?}");
    }
}
