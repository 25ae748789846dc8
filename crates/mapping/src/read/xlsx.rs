//! Workbooks: each sheet becomes a table of separated values, bounded in cells and in bytes.

use std::borrow::Cow;

use super::{Layer, xml, zip};

mod styles;

use styles::Style;

/// What one part of a workbook may unpack to.
const MOST_BYTES: usize = 24 << 20;
/// What all parts together may unpack to.
const MOST_TOTAL: usize = 40 << 20;
const MOST_CELLS: usize = 400_000;
const MOST_SHEETS: usize = 40;
const MOST_COLUMNS: usize = 1_000;

/// The sheets of a workbook.
pub(crate) fn sheets<'a>(bytes: &[u8], notes: &mut Vec<String>) -> Vec<Layer<'a>> {
    let Some(entries) = zip::entries(bytes) else {
        notes.push("A ZIP file without a directory: it was cut or is broken.".to_owned());
        return Vec::new();
    };
    if !entries.iter().any(|e| e.name == "xl/workbook.xml") {
        notes.push("A ZIP file that is no workbook: unpack it and hand in what is inside.".to_owned());
        return Vec::new();
    }
    let mut left = MOST_TOTAL;
    let mut part = |name: &str| {
        let bytes = entries.iter().find(|e| e.name == name)?.unpack(MOST_BYTES.min(left))?;
        left -= bytes.len();
        Some(bytes)
    };
    let names = part("xl/workbook.xml").map(|b| sheet_names(&b)).unwrap_or_default();
    let shared = part("xl/sharedStrings.xml").map(|b| shared_strings(&b)).unwrap_or_default();
    let styles = part("xl/styles.xml").map(|b| styles::read(&b)).unwrap_or_default();
    let mut cells = 0;
    let mut layers = Vec::new();
    let mut paths: Vec<_> = entries.iter().filter(|e| e.name.starts_with("xl/worksheets/sheet")).collect();
    paths.sort_by_key(|e| (e.name.len(), e.name.clone()));
    for (i, entry) in paths.into_iter().enumerate().take(MOST_SHEETS) {
        let Some(body) = part(&entry.name) else {
            notes.push("A sheet of the workbook is too large when unpacked, or broken, and was not read.".to_owned());
            continue;
        };
        let Ok(doc) = xml::parse(&body, 0) else {
            notes.push("A sheet of the workbook is not XML that can be read.".to_owned());
            continue;
        };
        match as_csv(doc.root(), &shared, &styles, &mut cells) {
            Some(csv) if csv.is_empty() => {}
            Some(csv) => {
                layers.push(Layer { bytes: Cow::Owned(csv), name: names.get(i).cloned(), cited: Some(entry.span) })
            }
            None => {
                notes.push(format!("The workbook has more than {MOST_CELLS} cells; what came after was not read."));
                break;
            }
        }
    }
    if layers.is_empty() && notes.is_empty() {
        notes.push("The workbook has no filled sheet.".to_owned());
    }
    layers
}

fn sheet_names(bytes: &[u8]) -> Vec<String> {
    let Ok(doc) = xml::parse(bytes, 0) else { return Vec::new() };
    doc.root().all("sheet").filter_map(|s| Some(s.attr("name")?.into_owned())).collect()
}

fn shared_strings(bytes: &[u8]) -> Vec<String> {
    let Ok(doc) = xml::parse(bytes, 0) else { return Vec::new() };
    doc.root().children().filter(|si| si.name() == "si").map(|si| si.all("t").map(xml::El::text).collect()).collect()
}

/// The sheet as separated values; none if it has too many cells.
fn as_csv(root: xml::El<'_>, shared: &[String], styles: &[Style], cells: &mut usize) -> Option<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let Some(data) = root.child("sheetData") else { return Some(Vec::new()) };
    let mut filled = false;
    for row in data.children().filter(|r| r.name() == "row") {
        let mut fields: Vec<String> = Vec::new();
        for cell in row.children().filter(|c| c.name() == "c") {
            *cells += 1;
            if *cells > MOST_CELLS {
                return None;
            }
            let col = cell.attr("r").and_then(|r| column(&r)).unwrap_or(fields.len());
            if col >= MOST_COLUMNS {
                continue;
            }
            let raw = cell.child_text("v");
            let text = match cell.attr("t").as_deref() {
                Some("s") => raw.parse::<usize>().ok().and_then(|i| shared.get(i).cloned()).unwrap_or_default(),
                Some("inlineStr") => cell.all("t").map(xml::El::text).collect(),
                Some("b") => (if raw == "1" { "TRUE" } else { "FALSE" }).to_owned(),
                Some("e") => String::new(),
                _ => {
                    let style = cell.attr("s").and_then(|s| s.parse::<usize>().ok()).and_then(|s| styles.get(s));
                    style.copied().unwrap_or_default().show(raw)
                }
            };
            if fields.len() <= col {
                fields.resize(col + 1, String::new());
            }
            filled |= !text.is_empty();
            fields[col] = text;
        }
        if !fields.is_empty() {
            writer.write_record(&fields).ok()?;
        }
    }
    let bytes = writer.into_inner().ok()?;
    Some(if filled { bytes } else { Vec::new() })
}

/// `C7` is column 2.
fn column(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_uppercase);
    let n = letters.take(4).fold(0usize, |n, b| n * 26 + usize::from(b - b'A') + 1);
    n.checked_sub(1)
}
