//! Tables of separated values, row by row, never held as a whole.

use std::borrow::Cow;

use csv::ByteRecord;

use super::text::Text;
use crate::Span;
use crate::words::plain;

/// Rows in which a header may stand: some tools write a preamble.
const LOOK: usize = 16;
/// No export has more columns that mean something.
const WIDEST: usize = 1_000;

/// A table whose header is not found yet.
pub(crate) struct Table<'a> {
    bytes: &'a [u8],
    from: usize,
    delimiter: u8,
    candidates: Vec<Headers>,
    /// True if most of its first rows have the same number of fields: it is no text with commas.
    pub(crate) regular: bool,
}

/// A row that may be the header.
pub(crate) struct Headers {
    /// Comparable names, see `words::plain`.
    pub(crate) names: Vec<String>,
    /// The names as they are written.
    pub(crate) written: Vec<String>,
    pub(crate) span: Span,
}

impl Headers {
    /// The column of the first of these names that is there.
    pub(crate) fn col(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.names.iter().position(|n| n == name))
    }

    /// True if all of these are there.
    pub(crate) fn all(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.names.iter().any(|n| n == name))
    }

    /// The first column whose name has one of these phrases in it, as whole words.
    pub(crate) fn like(&self, phrases: &[&str]) -> Option<usize> {
        phrases.iter().find_map(|phrase| {
            self.names.iter().position(|name| {
                name.match_indices(phrase).any(|(at, _)| {
                    (at == 0 || name.as_bytes()[at - 1] == b' ')
                        && name.as_bytes().get(at + phrase.len()).is_none_or(|b| *b == b' ')
                })
            })
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}

fn reader(bytes: &[u8], delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(bytes)
}

/// How many bytes it has read.
fn place(csv: &csv::Reader<&[u8]>) -> usize {
    usize::try_from(csv.position().byte()).unwrap_or_default()
}

/// A table, if the bytes look like one: a separator that gives most of the first rows the same number of fields.
///
/// # Errors
/// If it has too many columns.
pub(crate) fn sniff(bytes: &[u8], from: usize) -> Result<Option<Table<'_>>, String> {
    let head = &bytes[from..bytes.len().min(from + 128 * 1024)];
    let whole = from + head.len() == bytes.len();
    let mut best: Option<(usize, u8, bool)> = None;
    for delimiter in [b',', b';', b'\t', b'|'] {
        // a table of Markdown is read with the text around it
        if delimiter == b'|' && (head.starts_with(b"|") || memchr::memmem::find(head, b"\n|").is_some()) {
            continue;
        }
        let mut csv = reader(head, delimiter);
        let mut record = ByteRecord::new();
        let mut widths = Vec::new();
        while widths.len() < LOOK && matches!(csv.read_byte_record(&mut record), Ok(true)) {
            widths.push(record.len());
        }
        if !whole && widths.len() > 1 && widths.len() < LOOK {
            widths.pop(); // cut in the middle
        }
        let Some(&widest) = widths.iter().max().filter(|w| **w >= 2) else { continue };
        let same = widths.iter().filter(|w| **w == widest).count();
        let score = widest.min(40) * same;
        if best.is_none_or(|(top, ..)| score > top) {
            best = Some((score, delimiter, widths.len() >= 2 && same * 10 >= widths.len() * 6));
        }
    }
    let Some((_, delimiter, regular)) = best else { return Ok(None) };
    let mut csv = reader(head, delimiter);
    let mut record = ByteRecord::new();
    let mut candidates = Vec::new();
    while candidates.len() < LOOK {
        let start = from + place(&csv);
        if !matches!(csv.read_byte_record(&mut record), Ok(true)) {
            break;
        }
        let end = from + place(&csv);
        if record.len() > WIDEST {
            return Err(format!("The table has more than {WIDEST} columns and is not read."));
        }
        let written: Vec<String> = record
            .iter()
            .map(|f| String::from_utf8_lossy(f).trim_start_matches('\u{feff}').trim().chars().take(120).collect())
            .collect();
        let names = written.iter().map(|name| plain(name)).collect();
        candidates.push(Headers { names, written, span: Span { start, end } });
    }
    Ok(Some(Table { bytes, from, delimiter, candidates, regular }))
}

impl<'a> Table<'a> {
    /// The first rows, each of which may be the header.
    pub(crate) fn candidates(&self) -> &[Headers] {
        &self.candidates
    }

    /// The same as a text.
    pub(crate) fn text(&self) -> Text<'a> {
        Text::new(self.bytes, self.from)
    }

    /// The table with the header in that row.
    pub(crate) fn sheet(&self, row: usize) -> Sheet<'_> {
        Sheet { table: self, headers: &self.candidates[row] }
    }
}

/// A table with its header.
pub(crate) struct Sheet<'t> {
    table: &'t Table<'t>,
    pub(crate) headers: &'t Headers,
}

/// One row.
pub(crate) struct Row<'r> {
    record: &'r ByteRecord,
    pub(crate) span: Span,
}

impl Row<'_> {
    /// The cell of that column, trimmed; nothing where there is none.
    pub(crate) fn get(&self, col: Option<usize>) -> Cow<'_, str> {
        match col.and_then(|col| self.record.get(col)) {
            Some(bytes) => String::from_utf8_lossy(bytes.trim_ascii()),
            None => Cow::Borrowed(""),
        }
    }
}

impl<'t> Sheet<'t> {
    pub(crate) fn col(&self, names: &[&str]) -> Option<usize> {
        self.headers.col(names)
    }

    /// Calls `see` with each row below the header that is not empty. Gives how many there were.
    pub(crate) fn rows(&self, mut see: impl FnMut(&Row<'_>)) -> usize {
        let start = self.headers.span.end;
        let mut csv = reader(&self.table.bytes[start..], self.table.delimiter);
        let mut record = ByteRecord::new();
        let mut n = 0;
        loop {
            let from = start + place(&csv);
            crate::work::tick(1 + record.len());
            if !matches!(csv.read_byte_record(&mut record), Ok(true)) {
                return n;
            }
            let to = start + place(&csv);
            if record.iter().all(|f| f.trim_ascii().is_empty()) {
                continue;
            }
            n += 1;
            see(&Row { record: &record, span: Span { start: from, end: to } });
        }
    }

    /// All of it.
    pub(crate) fn span(&self) -> Span {
        Span { start: self.headers.span.start, end: self.table.bytes.len() }
    }
}
