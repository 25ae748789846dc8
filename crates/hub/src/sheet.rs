//! Tables as people keep them in files: CSV in and out, without knowing what the columns mean. Pure.
//!
//! Reading takes what spreadsheets write: comma, semicolon or tab, a byte order mark, quotes, Windows line ends.
//! Writing makes sure that no spreadsheet takes a text for a formula, and what was written reads back as it was.
use watchkeep_model::text;

use crate::error::Error;

/// Rows at most in one file.
pub const MOST_ROWS: usize = 10_000;
/// The longest cell that is read, in characters.
pub const MAX_CELL: usize = 2_000;
/// Columns at most.
pub const MAX_COLUMNS: usize = 64;

/// What spreadsheets take for the beginning of a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A file whose cells are still texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The cells of the first line, at most [`MAX_COLUMNS`].
    pub header: Vec<String>,
    /// The rows below it that are not empty; there may be none.
    pub rows: Vec<Line>,
    /// True if a comma in a number is a decimal comma: the cells are not separated by commas.
    pub decimal_comma: bool,
}

/// A row of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The line of the file, the header being 1.
    pub line: usize,
    /// The cells without the blanks around them; there may be more or fewer than in the header.
    pub cells: Vec<String>,
}

/// Reads a CSV file. `argument` names it in messages, `example` is a good first line.
///
/// # Errors
/// If the file as a whole cannot be read; the sentence says what to do.
pub fn read(argument: &str, example: &str, file: &[u8]) -> Result<Sheet, Error> {
    let bad = |problem: &str| Error::flaw(argument, problem);
    let content = utf8(file).map_err(|e| bad(&e))?;
    if content.trim().is_empty() {
        return Err(bad(&format!("is empty: the first line names the columns, such as {example}")));
    }
    let separator = separator(content);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(content.as_bytes());
    let mut records = reader.records();
    let header: Vec<String> = match records.next() {
        Some(Ok(h)) if h.len() > MAX_COLUMNS => {
            return Err(bad(&format!("has {} columns; at most {MAX_COLUMNS} are read", h.len())));
        }
        Some(Ok(h)) => h.iter().map(str::to_owned).collect(),
        _ => return Err(bad(&format!("has no first line that names the columns, such as {example}"))),
    };
    let (mut rows, mut lines) = (vec![], Lines { content: content.as_bytes(), at: 0, line: 1 });
    for (i, record) in records.enumerate() {
        if i >= MOST_ROWS {
            return Err(bad(&format!("has more than {MOST_ROWS} rows: split the file")));
        }
        let record = record.map_err(|e| bad(&format!("cannot be read: {e}")))?;
        let line = record.position().and_then(|p| usize::try_from(p.byte()).ok()).map_or(i + 2, |at| lines.of(at));
        if !record.iter().all(str::is_empty) {
            rows.push(Line { line, cells: record.iter().map(str::to_owned).collect() });
        }
    }
    Ok(Sheet { header, rows, decimal_comma: separator != b',' })
}

/// Counts lines as an editor does: the reader's own count is one behind after a Windows line end.
struct Lines<'a> {
    content: &'a [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of the first byte from `start` on that ends no line; `start` never goes back.
    fn of(&mut self, start: usize) -> usize {
        while let Some(byte) = self.content.get(self.at) {
            if self.at >= start && !matches!(byte, b'\n' | b'\r') {
                break;
            }
            let next = self.content.get(self.at + 1);
            self.line += usize::from(*byte == b'\n' || *byte == b'\r' && next != Some(&b'\n'));
            self.at += 1;
        }
        self.line
    }
}

/// The text of a file, without a byte order mark.
///
/// # Errors
/// A sentence for what is no UTF-8 text.
pub fn utf8(file: &[u8]) -> Result<&str, String> {
    const SAVE: &str = "save the file as UTF-8 (in a spreadsheet: \"CSV UTF-8\")";
    if file.starts_with(b"\xff\xfe") || file.starts_with(b"\xfe\xff") {
        return Err(format!("is UTF-16: {SAVE}"));
    }
    let content = std::str::from_utf8(file).map_err(|e| format!("is not UTF-8 (byte {}): {SAVE}", e.valid_up_to()))?;
    if let Some(at) = content.find('\0') {
        return Err(format!("has a NUL at byte {at}, so it is no text or is UTF-16: {SAVE}"));
    }
    Ok(content.strip_prefix('\u{feff}').unwrap_or(content))
}

/// The one of comma, semicolon and tab that the first line has most of.
fn separator(content: &str) -> u8 {
    let first = content.lines().next().unwrap_or_default();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|s| first.bytes().filter(|b| b == s).count()).unwrap_or(b',')
}

/// A number as people write it: a percent sign goes, thousands are refused where they cannot be told from decimals.
///
/// # Errors
/// A sentence that names the cell.
pub fn number(cell: &str, decimal_comma: bool) -> Result<f64, String> {
    let plain = cell.strip_suffix('%').unwrap_or(cell).trim();
    let shown = text::clean(cell, 40);
    if plain.contains(',') && (!decimal_comma || plain.contains('.') || plain.matches(',').count() > 1) {
        return Err(format!(
            "`{shown}` could be read in two ways: write it without thousands separators, such as 1234.5"
        ));
    }
    let plain = plain.replace(',', ".");
    let ordinary = plain.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E'));
    match plain.parse::<f64>() {
        Ok(n) if n.is_finite() && ordinary => Ok(n),
        _ => Err(format!("`{shown}` is not a number, such as 12 or 98.5")),
    }
}

/// A text as a cell that no spreadsheet takes for a formula: an apostrophe goes before what would begin one.
#[must_use]
pub fn guarded(text: &str) -> String {
    let mut chars = text.chars();
    let risky = match chars.next() {
        Some('\'') => chars.next().is_some_and(|c| c == '\'' || FORMULA.contains(&c)),
        Some(c) => FORMULA.contains(&c),
        None => false,
    };
    if risky { format!("'{text}") } else { text.to_owned() }
}

/// The text of a cell that may have been [`guarded`].
#[must_use]
pub fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with('\'') || rest.starts_with(FORMULA) => rest,
        _ => cell,
    }
}

/// Writes rows as CSV (RFC 4180 with commas and `\n`). The cells must have been [`guarded`] where they are texts.
///
/// # Errors
/// Ours: a table in memory can be written.
pub fn write<R: AsRef<[String]>>(header: &[&str], rows: impl IntoIterator<Item = R>) -> Result<String, Error> {
    let mut writer = csv::WriterBuilder::new().from_writer(vec![]);
    writer.write_record(header).map_err(Error::internal)?;
    for row in rows {
        writer.write_record(row.as_ref()).map_err(Error::internal)?;
    }
    let bytes = writer.into_inner().map_err(|e| Error::internal(e.to_string()))?;
    String::from_utf8(bytes).map_err(Error::internal)
}

#[cfg(test)]
mod tests;
