//! What a field of an entry holds: its schema, its checks, and how it is written in a table.

use serde_json::{Value, json};

use super::Code;
use super::link::{Link, Links};
use crate::time::Timestamp;
use crate::{text, word};

/// Between the items of a list in a cell of a table.
pub const SEPARATOR: &str = ";";

/// Items of a list at most.
const MOST_ITEMS: usize = 200;

/// What is wrong with a field, as a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct Problem {
    /// The field, as it is written in JSON, with the place in it: `controls[1]`.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Problem {
    /// The problem of a field.
    #[must_use]
    pub fn new(field: &str, message: String) -> Self {
        Self { field: field.to_owned(), message }
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Holds {
    /// The name of the entry itself: a [`Code`].
    Code,
    /// One line of text.
    Text {
        /// Characters at most.
        most: usize,
    },
    /// One of these words.
    Word(&'static [&'static str]),
    /// Some of these words.
    Words(&'static [&'static str]),
    /// Short texts.
    Texts {
        /// Characters of each at most.
        each: usize,
    },
    /// Ids of ATT&CK techniques, such as `T1078.004`.
    Techniques,
    /// A number; in a table it may be written with a `%`.
    Number {
        /// Least.
        least: f64,
        /// Most.
        most: f64,
    },
    /// A whole number.
    Whole {
        /// Least.
        least: i64,
        /// Most.
        most: i64,
    },
    /// A currency: three capital letters of ISO 4217.
    Currency,
    /// A time or a day.
    Time,
    /// Links to other entries.
    Links(Links),
}

/// A field of an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// Its name in JSON and in the first line of a table.
    pub name: &'static str,
    /// What it says, in a sentence.
    pub about: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// True if an entry cannot be without it.
    pub required: bool,
}

impl Field {
    pub(super) const fn new(name: &'static str, holds: Holds, about: &'static str) -> Self {
        Self { name, about, holds, required: false }
    }

    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Its links, where it holds links.
    #[must_use]
    pub const fn links(&self) -> Option<Links> {
        match self.holds {
            Holds::Links(links) => Some(links),
            _ => None,
        }
    }

    /// Its JSON Schema, as an argument that a client sends.
    #[must_use]
    pub fn schema(&self) -> Value {
        let about = self.about;
        match self.holds {
            Holds::Code => json!({ "type": "string", "minLength": 1, "maxLength": Code::MOST, "description": about }),
            Holds::Text { most } => {
                json!({ "type": "string", "minLength": 1, "maxLength": most, "description": about })
            }
            Holds::Word(words) => json!({ "type": "string", "enum": words, "description": about }),
            Holds::Words(words) => {
                let item = json!({ "type": "string", "enum": words });
                json!({ "type": "array", "items": item, "maxItems": MOST_ITEMS, "description": about })
            }
            Holds::Texts { each } => {
                let item = json!({ "type": "string", "minLength": 1, "maxLength": each });
                json!({ "type": "array", "items": item, "maxItems": MOST_ITEMS, "description": about })
            }
            Holds::Techniques => {
                let item = json!({ "type": "string", "minLength": 5, "maxLength": 9 });
                json!({ "type": "array", "items": item, "maxItems": MOST_ITEMS, "description": about })
            }
            Holds::Number { least, most } => {
                json!({ "type": "number", "minimum": least, "maximum": most, "description": about })
            }
            Holds::Whole { least, most } => {
                json!({ "type": "integer", "minimum": least, "maximum": most, "description": about })
            }
            Holds::Currency => json!({ "type": "string", "minLength": 3, "maxLength": 3, "description": about }),
            Holds::Time => json!({ "type": "string", "format": "date-time", "description": about }),
            Holds::Links(links) => links.schema(about),
        }
    }

    /// A value that was sent as JSON, in the one form in which it is kept; `Null` for a text with nothing to see and for
    /// an empty list. Links have their own form, see [`Field::read_links`].
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self, value: &Value) -> Result<Value, Problem> {
        match (self.holds, value) {
            (Holds::Words(_) | Holds::Texts { .. } | Holds::Techniques, Value::Array(items)) => {
                if items.len() > MOST_ITEMS {
                    return Err(self.problem(format!("has {} items; at most {MOST_ITEMS} are taken", items.len())));
                }
                let mut kept: Vec<Value> = vec![];
                for (i, item) in items.iter().enumerate() {
                    let told = |why: String| Problem::new(&format!("{}[{i}]", self.name), why);
                    let item = item.as_str().ok_or_else(|| told("must be text".to_owned()))?;
                    if let Some(item) = self.holds.item(item).map_err(told)?
                        && !kept.contains(&item)
                    {
                        kept.push(item);
                    }
                }
                Ok(if kept.is_empty() { Value::Null } else { Value::Array(kept) })
            }
            (Holds::Number { least, most }, Value::Number(n)) => {
                let n = n.as_f64().unwrap_or(f64::NAN);
                if (least..=most).contains(&n) { Ok(n.into()) } else { Err(self.problem(out_of_range(n, least, most))) }
            }
            (Holds::Whole { least, most }, Value::Number(n)) => match whole(n.as_f64().unwrap_or(f64::NAN)) {
                Some(n) if (least..=most).contains(&n) => Ok(n.into()),
                Some(n) => Err(self.problem(out_of_range(n, least, most))),
                None => Err(self.problem(format!("{n} is not a whole number"))),
            },
            (
                Holds::Code | Holds::Text { .. } | Holds::Word(_) | Holds::Currency | Holds::Time,
                Value::String(text),
            ) => self.holds.item(text).map(|v| v.unwrap_or(Value::Null)).map_err(|why| self.problem(why)),
            _ => Err(self.problem(self.holds.must_be().to_owned())),
        }
    }

    /// Links that were sent as JSON.
    ///
    /// # Errors
    /// The first that cannot be read, or is named twice.
    pub fn read_links(&self, value: &Value) -> Result<Vec<Link>, Problem> {
        let (Some(links), Some(items)) = (self.links(), value.as_array()) else {
            return Err(self.problem("must be a list".to_owned()));
        };
        let read = |(i, item)| links.read(item, &format!("{}[{i}]", self.name));
        self.distinct(items.iter().enumerate().map(read).collect::<Result<_, _>>()?)
    }

    /// A cell of a table as the JSON that [`Field::read`] and [`Field::read_links`] take; none for an empty one. Words
    /// are taken in any case; lists are separated by `;`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_text(&self, cell: &str, decimal_comma: bool) -> Result<Option<Value>, Problem> {
        let cell = cell.trim();
        if cell.is_empty() {
            return Ok(None);
        }
        let told = |why: String| self.problem(why);
        let items = || cell.split(SEPARATOR).map(str::trim).filter(|item| !item.is_empty());
        Ok(Some(match self.holds {
            Holds::Code | Holds::Text { .. } | Holds::Currency | Holds::Time => cell.into(),
            Holds::Word(words) => Holds::word(words, cell).into(),
            Holds::Words(words) => items().map(|item| Holds::word(words, item)).collect(),
            Holds::Texts { .. } | Holds::Techniques => items().collect(),
            // `50 %` of a score from 0 to 100 is 50, of a share from 0 to 1 it is a half
            Holds::Number { most, .. } => Holds::scaled(cell, decimal_comma, most).map_err(told)?.into(),
            Holds::Whole { .. } => {
                let n = Holds::number(cell, decimal_comma).map_err(told)?;
                whole(n).ok_or_else(|| told(format!("{n} is not a whole number")))?.into()
            }
            Holds::Links(links) => {
                let read = |item| links.read_text(item, decimal_comma).map(|l| links.to_json(&l)).map_err(told);
                items().map(read).collect::<Result<Value, _>>()?
            }
        }))
    }

    /// A kept value as a cell of a table; [`Field::from_text`] reads it back.
    #[must_use]
    pub fn to_text(&self, value: &Value) -> String {
        match value {
            Value::String(text) => text.clone(),
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(SEPARATOR),
            Value::Null => String::new(),
            other => other.to_string(),
        }
    }

    /// The same links, if each leads somewhere else.
    pub(super) fn distinct(&self, links: Vec<Link>) -> Result<Vec<Link>, Problem> {
        if links.len() > Links::MOST {
            return Err(self.problem(format!("has {} links; at most {} are taken", links.len(), Links::MOST)));
        }
        let mut seen = std::collections::BTreeSet::new();
        for link in &links {
            if !seen.insert(link.to.to_ascii_lowercase()) {
                return Err(self.problem(format!("`{}` is named twice", link.to)));
            }
        }
        Ok(links)
    }

    pub(super) fn problem(&self, message: String) -> Problem {
        Problem::new(self.name, message)
    }
}

impl Holds {
    /// One text, checked and in the form in which it is kept; none if nothing of it is left.
    fn item(&self, given: &str) -> Result<Option<Value>, String> {
        let clean = |most| text::clean(given, most);
        let kept = match self {
            Self::Code => given.trim().parse::<Code>().map_err(|e| e.to_string())?.as_str().to_owned(),
            Self::Text { most } => within(given, *most)?,
            Self::Word(words) | Self::Words(words) => match words.iter().find(|w| **w == given) {
                Some(word) => (*word).to_owned(),
                None => {
                    let near = word::nearest(given, words.iter().copied());
                    let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
                    return Err(format!("`{}` is not a value of it; allowed: {}{near}", clean(40), words.join(", ")));
                }
            },
            Self::Texts { each } => {
                if given.contains(SEPARATOR) {
                    return Err(format!("`{}` holds a `{SEPARATOR}`, which separates the items of a list", clean(40)));
                }
                within(given, *each)?
            }
            Self::Techniques => technique(given.trim())?,
            Self::Currency => {
                let upper = given.trim().to_ascii_uppercase();
                if upper.len() != 3 || !upper.bytes().all(|c| c.is_ascii_uppercase()) {
                    return Err(format!("`{}` is not a currency; it has three letters, such as EUR", clean(20)));
                }
                upper
            }
            Self::Time => given.trim().parse::<Timestamp>().map_err(|e| e.to_string())?.to_string(),
            Self::Number { .. } | Self::Whole { .. } | Self::Links(_) => return Err(self.must_be().to_owned()),
        };
        Ok(Some(kept).filter(|k| !k.is_empty()).map(Value::from))
    }

    const fn must_be(&self) -> &'static str {
        match self {
            Self::Code | Self::Text { .. } | Self::Word(_) | Self::Currency => "must be text",
            Self::Words(_) | Self::Texts { .. } | Self::Techniques | Self::Links(_) => "must be a list",
            Self::Number { .. } => "must be a number",
            Self::Whole { .. } => "must be a whole number",
            Self::Time => "must be a time, such as 2026-11-20",
        }
    }

    /// The word that is meant by `given` where only case, blanks, `-` and `_` differ; else `given`.
    pub(super) fn word(words: &[&'static str], given: &str) -> String {
        let plain = |w: &str| -> String {
            w.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).flat_map(char::to_lowercase).collect()
        };
        let wanted = plain(given);
        words.iter().find(|w| plain(w) == wanted).map_or_else(|| given.to_owned(), |w| (*w).to_owned())
    }

    /// A share or a weight as people write it: `0.5`, `50 %`, and `0,5` where `decimal_comma`.
    pub(super) fn number(given: &str, decimal_comma: bool) -> Result<f64, String> {
        Self::scaled(given, decimal_comma, 1.0)
    }

    fn scaled(given: &str, decimal_comma: bool, most: f64) -> Result<f64, String> {
        let plain = if decimal_comma { given.replace(',', ".") } else { given.to_owned() };
        let (digits, scale) = match plain.strip_suffix('%') {
            Some(digits) => (digits.trim_end(), if most == 100.0 { 1.0 } else { 100.0 }),
            None => (plain.as_str(), 1.0),
        };
        match digits.parse::<f64>() {
            Ok(n) if n.is_finite() => Ok(n / scale),
            _ => Err(format!("`{}` is not a number", text::clean(given, 40))),
        }
    }
}

/// The cleaned text, if it is not too long: nothing is cut off silently.
fn within(given: &str, most: usize) -> Result<String, String> {
    let kept = text::clean(given, usize::MAX);
    let chars = if kept.len() > most { kept.chars().count() } else { 0 };
    if chars > most { Err(format!("has {chars} characters; it takes 1 to {most}")) } else { Ok(kept) }
}

fn technique(given: &str) -> Result<String, String> {
    let id = given.to_ascii_uppercase();
    let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|c| c.is_ascii_digit());
    let fits = id.strip_prefix('T').is_some_and(|id| match id.split_once('.') {
        Some((technique, sub)) => digits(technique, 4) && digits(sub, 3),
        None => digits(id, 4),
    });
    if fits {
        Ok(id)
    } else {
        Err(format!("`{}` is not an ATT&CK technique; one looks like T1078 or T1078.004", text::clean(given, 40)))
    }
}

fn out_of_range<T: std::fmt::Display>(n: T, least: T, most: T) -> String {
    format!("{n} is out of range; allowed: {least} to {most}")
}

fn whole(n: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "has no fraction and is below 2^53")]
    (n.fract() == 0.0 && n.abs() < EXACT).then_some(n as i64)
}
