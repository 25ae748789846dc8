//! What commands print: data on the output stream, everything else on the error stream.
//!
//! For people: tables and lines, without frames where the output is no terminal. With `--json`: one JSON document per
//! command, lists as `{"items":[..]}`; these shapes only grow.
use std::io::{self, ErrorKind, IsTerminal, Write};

use comfy_table::{Table, presets};
use serde::Serialize;
use serde_json::json;
use watchkeep_model::Timestamp;

use crate::fault::{Fault, Result};

/// The two streams, and how to write on them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Out {
    /// Machines read it.
    pub(crate) json: bool,
    /// The output stream is a terminal.
    pub(crate) terminal: bool,
}

/// A column of a table: its heading, and how a row fills it.
pub(crate) type Column<'a, T> = (&'a str, &'a dyn Fn(&T) -> String);

impl Out {
    /// For this process.
    pub(crate) fn new(json: bool) -> Self {
        Self { json, terminal: io::stdout().is_terminal() }
    }

    /// A line on the output stream, whoever reads it.
    pub(crate) fn raw(&self, text: &str) -> Result {
        let mut out = io::stdout().lock();
        let done = out
            .write_all(text.as_bytes())
            .and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") });
        match done.and_then(|()| out.flush()) {
            // whoever read has read enough
            Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
            Err(e) => Err(Fault::io("the output", &e)),
            Ok(()) => Ok(()),
        }
    }

    /// A line for people.
    pub(crate) fn line(&self, text: impl AsRef<str>) -> Result {
        if self.json { Ok(()) } else { self.raw(text.as_ref()) }
    }

    /// A document for machines.
    pub(crate) fn document<T: Serialize>(&self, value: &T) -> Result {
        if !self.json {
            return Ok(());
        }
        let text = serde_json::to_string(value).map_err(|e| Fault::new(crate::exit::Exit::Failed, e.to_string()))?;
        self.raw(&text)
    }

    /// A remark for people, beside the data: on the error stream.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        if !self.json {
            self.remark(text.as_ref());
        }
    }

    /// Something on the error stream, whoever reads.
    pub(crate) fn remark(&self, text: &str) {
        // where nobody listens there is nobody to tell
        let _nobody = writeln!(io::stderr().lock(), "{text}");
    }

    /// A list: a table for people, `{"items":[..]}` for machines. `none` is the remark where nothing is in it.
    pub(crate) fn list<T: Serialize>(&self, rows: &[T], columns: &[Column<'_, T>], none: &str) -> Result {
        if self.json {
            return self.document(&json!({ "items": rows }));
        }
        if rows.is_empty() {
            self.note(none);
            return Ok(());
        }
        let rows = rows.iter().map(|row| columns.iter().map(|(_, fill)| fill(row)).collect()).collect();
        self.table(&columns.iter().map(|(name, _)| *name).collect::<Vec<_>>(), rows)
    }

    /// A table for people.
    pub(crate) fn table(&self, heading: &[&str], rows: Vec<Vec<String>>) -> Result {
        let mut table = Table::new();
        table.load_style(if self.terminal { presets::UTF8_HORIZONTAL_ONLY } else { presets::NOTHING });
        table.set_header(heading.iter().map(|name| name.to_uppercase()));
        table.add_rows(rows);
        if !self.terminal {
            table.column_iter_mut().for_each(|column| {
                column.set_padding((0, 2));
            });
        }
        self.line(table.trim_fmt())
    }

    /// Names and values, one per line, for people.
    pub(crate) fn pairs(&self, pairs: &[(&str, String)]) -> Result {
        let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, value) in pairs {
            self.line(format!("{name:width$}  {value}").trim_end())?;
        }
        Ok(())
    }
}

/// A time for people: to the second.
pub(crate) fn moment(at: Timestamp) -> String {
    Timestamp::from_micros(at.micros() - at.micros().rem_euclid(1_000_000)).to_string()
}

/// A time that may be missing.
pub(crate) fn when(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), moment)
}

/// A number and what it counts: `1 tenant`, `2 tenants`.
pub(crate) fn count(n: impl ToString, what: &str) -> String {
    match n.to_string().as_str() {
        "1" => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

/// A value that may be missing, in a table.
pub(crate) fn or_dash<T: ToString>(value: Option<&T>) -> String {
    value.map_or_else(|| "-".to_owned(), ToString::to_string)
}

/// A yes or a no, in a table.
pub(crate) fn yes(value: bool) -> String {
    if value { "yes" } else { "-" }.to_owned()
}
