//! Tables of Markdown in a text: which column names the signal and which one holds what is now.

use watchkeep_model::catalog;

use super::super::generic::{self, Pair};
use crate::lexicon::{self, Strength};
use crate::out::{Out, Trust, When};
use crate::{Span, words};

/// The columns of a table whose header was seen.
pub(super) struct Columns {
    name: usize,
    /// None if no column says what is now: then nothing is read.
    value: Option<usize>,
    /// True if the column is only the latest of several periods.
    latest: bool,
    body: bool,
}

/// Reads a row of a table.
pub(super) fn row(line: &str, span: Span, table: &mut Option<Columns>, pairs: &mut Vec<Pair>, at: When, out: &Out<'_>) {
    let cells: Vec<String> = line
        .trim()
        .trim_start_matches('|')
        .trim_end_matches('|')
        .split('|')
        .take(50)
        .map(|c| c.trim().trim_matches(['*', '_', '`']).trim().to_owned())
        .collect();
    let Some(columns) = table else {
        let plain: Vec<String> = cells.iter().map(|c| words::plain(c)).collect();
        let name = plain.iter().position(|p| generic::NAME.contains(&p.as_str())).unwrap_or(0);
        let (value, latest) = match generic::now_column(&cells, name) {
            Some((value, latest)) => (Some(value), latest),
            None => ((cells.len() == 2).then_some(1), false),
        };
        *table = Some(Columns { name, value, latest, body: false });
        return;
    };
    if !columns.body {
        columns.body = true;
        return; // the line of dashes
    }
    let Some(value) = columns.value.and_then(|v| cells.get(v)) else { return };
    let Some(name) = cells.get(columns.name) else { return };
    let Some(hit) = lexicon::label(name) else { return };
    let Some(known) = catalog::signal(hit.signal) else { return };
    let percent = name.contains('%') || hit.strength == Strength::Exact;
    if let Some(n) = generic::fitting(value, known.unit, percent)
        && pairs.len() < 500
    {
        let trust = match hit.strength {
            Strength::Exact => Trust::of(0.88, "the name of the signal in a table, and its value"),
            Strength::Phrase => Trust::of(0.78, "a phrase that means the signal in a table, and its value"),
            Strength::Loose => Trust::of(0.55, "a word of the catalogue in a table, and a value"),
        }
        .cap_if(columns.latest, 0.75, "the latest of several columns");
        pairs.push(Pair { signal: hit.signal, value: n, subject: out.subject("").name, at, span, trust });
    }
}
