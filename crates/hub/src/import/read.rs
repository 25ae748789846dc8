//! What the columns of the file mean, and its cells as values. Pure.
use watchkeep_model::Timestamp;
use watchkeep_model::kri::State;
use watchkeep_model::{text, word};

use super::{MOST_PROBLEMS, Problem};
use crate::error::Error;
use crate::ingest::Statement;
use crate::sheet::{self, Line, MAX_CELL};

/// The columns, with the words that name them.
const COLUMNS: &[(&str, &[&str])] = &[
    ("kri", &["kri", "slug", "signal", "indicator"]),
    ("value", &["value", "wert"]),
    ("numerator", &["numerator", "num"]),
    ("denominator", &["denominator", "den", "total"]),
    ("subject", &["subject", "project", "asset", "host"]),
    ("observed_at", &["observed_at", "observedat", "date", "time", "timestamp", "day"]),
    ("state", &["state"]),
    ("note", &["note", "comment"]),
];
/// A row of the file, its cells read.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The line, the header being 1.
    pub line: usize,
    /// What names the KRI.
    pub kri: String,
    /// The value.
    pub value: Option<f64>,
    /// Of a share: how many.
    pub numerator: Option<f64>,
    /// Of a share: of how many.
    pub denominator: Option<f64>,
    /// What it speaks of.
    pub subject: String,
    /// When it was so.
    pub observed_at: Option<Timestamp>,
    /// Whether the value could be had.
    pub state: State,
    /// What was said about it.
    pub note: Option<String>,
}

impl Row {
    pub(super) fn statement(&self, now: Timestamp) -> Statement {
        Statement {
            subject: self.subject.clone(),
            observed_at: self.observed_at.unwrap_or(now),
            value: self.value,
            numerator: self.numerator,
            denominator: self.denominator,
            state: self.state,
            note: self.note.clone(),
        }
    }
}

/// The column of a statement's field.
pub(super) fn column_of(field: &str) -> &str {
    match field {
        "observedAt" => "observed_at",
        other => other,
    }
}

/// Reads a CSV file: its rows, and what is wrong with the cells of others.
///
/// # Errors
/// If the file as a whole cannot be read; the sentence says what to do.
pub fn read(csv: &[u8]) -> Result<(Vec<Row>, Vec<Problem>), Error> {
    let bad = |problem: &str| Error::flaw("csv", problem);
    let sheet = sheet::read("csv", "kri,value,observed_at", csv)?;
    let header = columns(&sheet.header)?;
    if sheet.rows.is_empty() {
        return Err(bad("has no rows below its first line"));
    }
    let (mut rows, mut problems) = (vec![], vec![]);
    for Line { line, cells } in &sheet.rows {
        if cells.len() > header.len() {
            let problem = format!(
                "the row has {} cells, the header {}: quote a cell that holds the separator",
                cells.len(),
                header.len()
            );
            problems.push(Problem { row: *line, column: "(row)".into(), problem });
        } else {
            match row(*line, &header, cells, sheet.decimal_comma) {
                Ok(r) => rows.push(r),
                Err(more) => problems.extend(more),
            }
        }
        if problems.len() > 10 * MOST_PROBLEMS {
            return Err(bad(
                "has more than 2,000 problems; is it the right file? The first line must name the columns",
            ));
        }
    }
    Ok((rows, problems))
}

/// Which column stands where.
fn columns(header: &[String]) -> Result<Vec<&'static str>, Error> {
    let mut all = vec![];
    for cell in header {
        let name = cell.to_lowercase().replace([' ', '-'], "_");
        let Some((column, _)) = COLUMNS.iter().find(|(_, words)| words.contains(&name.as_str())) else {
            let known = COLUMNS.iter().flat_map(|(_, words)| words.iter().copied());
            let near = word::nearest(&name, known).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            let told = format!(
                "the column `{}` is not known: use kri, value, numerator, denominator, subject, observed_at, state, note{near}",
                text::clean(cell, 60)
            );
            return Err(Error::flaw("csv", &told));
        };
        if all.contains(column) {
            return Err(Error::flaw("csv", &format!("has two columns for {column}: leave one out")));
        }
        all.push(*column);
    }
    if !all.contains(&"kri") {
        return Err(Error::flaw("csv", "has no column `kri`: it names the KRI or the catalogue signal of each row"));
    }
    let has = |column| all.contains(&column);
    let tells = has("value") || has("state") || has("numerator") && has("denominator");
    if !tells {
        return Err(Error::flaw("csv", "has no column `value`, and not both `numerator` and `denominator`"));
    }
    Ok(all)
}

fn row(line: usize, header: &[&'static str], cells: &[String], decimal_comma: bool) -> Result<Row, Vec<Problem>> {
    let mut problems = vec![];
    let mut r = Row {
        line,
        kri: String::new(),
        value: None,
        numerator: None,
        denominator: None,
        subject: String::new(),
        observed_at: None,
        state: State::Ok,
        note: None,
    };
    for (column, cell) in header.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        if cell.chars().count() > MAX_CELL {
            problems.push(problem(line, column, format!("is longer than {MAX_CELL} characters")));
            continue;
        }
        if let Err(why) = set(&mut r, column, cell, decimal_comma) {
            problems.push(problem(line, column, why));
        }
    }
    if r.kri.is_empty() {
        problems.push(problem(line, "kri", "is empty: name the KRI or the catalogue signal".into()));
    }
    if problems.is_empty() { Ok(r) } else { Err(problems) }
}

/// Reads one cell into its field.
fn set(r: &mut Row, column: &str, cell: &str, decimal_comma: bool) -> Result<(), String> {
    match column {
        "kri" => r.kri = text::clean(cell, 100),
        "value" => r.value = Some(number(cell, decimal_comma)?),
        "numerator" => r.numerator = Some(number(cell, decimal_comma)?),
        "denominator" => r.denominator = Some(number(cell, decimal_comma)?),
        "subject" => r.subject = text::clean(cell, crate::ingest::MAX_SUBJECT),
        "observed_at" => {
            r.observed_at = Some(cell.parse().map_err(|e: watchkeep_model::time::NotATime| e.to_string())?);
        }
        "state" => r.state = cell.to_lowercase().parse().map_err(|e: word::UnknownWord| e.to_string())?,
        _ => r.note = Some(cell.to_owned()),
    }
    Ok(())
}

fn problem(row: usize, column: &str, problem: String) -> Problem {
    Problem { row, column: column.to_owned(), problem: text::clean(&problem, 300) }
}

/// A number; what to do where there is none is this file's own.
fn number(cell: &str, decimal_comma: bool) -> Result<f64, String> {
    sheet::number(cell, decimal_comma).map_err(|why| match why.ends_with("98.5") {
        true => format!("{why}; leave the cell empty if there is no value, and say so in the column state"),
        false => why,
    })
}

#[cfg(test)]
mod tests;
