//! What somebody says of an entry, checked.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::field::{Holds, Problem};
use super::link::Link;
use super::{Code, Kind};
use crate::time::Timestamp;

/// What somebody says of an entry: some or all of its fields, in the form in which they are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// What kind of entry.
    pub kind: Kind,
    /// Its code, where it was given.
    pub code: Option<Code>,
    /// The fields that were given, without code and links; null clears one.
    pub fields: Map<String, Value>,
    /// The links that were given, by the name of their field. An empty list unlinks all.
    pub links: BTreeMap<&'static str, Vec<Link>>,
    /// The entry of the catalogue that it follows, and the version of it that was adopted. What the sheet does not say is
    /// as the catalogue says.
    pub follows: Option<(String, i64)>,
}

impl Sheet {
    /// Nothing said yet.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self { kind, code: None, fields: Map::new(), links: BTreeMap::new(), follows: None }
    }

    /// Reads the fields of an entry from JSON: those that are there. What an entry must have is asked by
    /// [`Sheet::whole`].
    ///
    /// # Errors
    /// Every problem at once: unknown fields, wrong values, links that cannot be read.
    pub fn read(kind: Kind, given: &Map<String, Value>) -> Result<Self, Vec<Problem>> {
        let mut sheet = Self::new(kind);
        let mut problems = vec![];
        for (name, value) in given {
            let Some(field) = kind.field(name) else {
                let near = crate::word::nearest(name, kind.fields().iter().map(|f| f.name));
                let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                let shown = crate::text::clean(name, 40);
                problems.push(Problem::new(&shown, format!("{} has no such field{near}", kind.with_article())));
                continue;
            };
            if let Err(problem) = sheet.take(field, value) {
                problems.push(problem);
            }
        }
        if problems.is_empty() { Ok(sheet) } else { Err(problems) }
    }

    fn take(&mut self, field: &'static super::Field, value: &Value) -> Result<(), Problem> {
        if field.links().is_some() {
            self.links.insert(field.name, field.read_links(value)?);
            return Ok(());
        }
        let kept = field.read(value)?;
        if field.holds == Holds::Code {
            self.code = kept.as_str().and_then(|code| code.parse().ok());
        } else if kept.is_null() && field.required {
            return Err(field.problem("must not be empty".to_owned()));
        } else {
            // a field of nothing is a field that is cleared
            self.fields.insert(field.name.to_owned(), kept);
        }
        Ok(())
    }

    /// What of a whole entry with these fields is wrong: what it must have and has not, and figures that contradict each
    /// other.
    #[must_use]
    pub fn whole(kind: Kind, fields: &Map<String, Value>) -> Vec<Problem> {
        let mut problems = vec![];
        for field in kind.fields().iter().filter(|f| f.required && f.holds != Holds::Code) {
            if fields.get(field.name).is_none_or(Value::is_null) {
                problems.push(field.problem("is required".to_owned()));
            }
        }
        for row in kind.ascending() {
            let mut before: Option<(&str, &Value)> = None;
            for name in *row {
                let Some(value) = fields.get(*name).filter(|v| !v.is_null()) else { continue };
                if let Some((smaller, least)) = before
                    && exceeds(least, value)
                {
                    let told = format!("{} is less than `{smaller}`, which is {}", plain(value), plain(least));
                    problems.push(Problem::new(name, told));
                }
                before = Some((name, value));
            }
        }
        problems
    }
}

fn exceeds(least: &Value, value: &Value) -> bool {
    match (least, value) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() > b.as_f64(),
        (Value::String(a), Value::String(b)) => matches!(
            (a.parse::<Timestamp>(), b.parse::<Timestamp>()),
            (Ok(a), Ok(b)) if a > b
        ),
        _ => false,
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
