//! What one argument may hold.
use serde_json::{Map, Value};
use uuid::Uuid;
use watchkeep_model::Timestamp;

use super::{MOST_FLAWS, Shape, path, show};
use crate::error::Flaw;

/// The kinds of arguments. Each bound is inclusive; lengths are counted in characters.
#[derive(Debug)]
pub enum What {
    /// Text, or one of the allowed words.
    Text {
        /// The allowed words; empty for free text.
        allowed: Vec<String>,
        /// Least characters.
        min: usize,
        /// Most characters.
        max: usize,
        /// A form that can be told beforehand.
        form: Form,
    },
    /// A whole number.
    Int {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
    },
    /// A finite number.
    Num {
        /// Least.
        min: f64,
        /// Most.
        max: f64,
    },
    /// True or false.
    Bool,
    /// A list of one kind of thing.
    List {
        /// What each item is.
        each: Box<What>,
        /// Fewest items.
        min: usize,
        /// Most items.
        max: usize,
    },
    /// An object with known members.
    Object(Shape),
    /// An object whose members have names of the caller's choice.
    Map(Box<What>),
    /// Whatever JSON can say.
    Any,
}

/// A form of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Any text.
    Free,
    /// `019a9f3c-7b00-7c3e-9b1a-3f5d7e9a1b2c`
    Uuid,
    /// `2026-11-20T08:00:00Z`
    Time,
}

impl What {
    pub(super) fn read(schema: &Value) -> Result<Self, String> {
        let Value::Object(s) = schema else {
            return if schema == &Value::Bool(true) { Ok(Self::Any) } else { Err(format!("is no schema: {schema}")) };
        };
        if let Some(key) = ["$ref", "anyOf", "oneOf", "allOf", "not", "prefixItems", "if", "const"]
            .iter()
            .find(|k| s.contains_key(**k))
        {
            return Err(format!("an argument cannot use `{key}`: {schema}"));
        }
        let least = |key: &str| s.get(key).and_then(Value::as_f64);
        let size = |key: &str| s.get(key).and_then(Value::as_u64).map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        Ok(match s.get("type").and_then(Value::as_str) {
            Some("string") => Self::Text {
                allowed: words(s)?,
                min: size("minLength").unwrap_or(0),
                max: size("maxLength").unwrap_or(usize::MAX),
                form: match s.get("format").and_then(Value::as_str) {
                    Some("uuid") => Form::Uuid,
                    Some("date-time") => Form::Time,
                    _ => Form::Free,
                },
            },
            // floats become integers at the nearest end
            #[expect(clippy::cast_possible_truncation, reason = "saturates, which is what an open bound means")]
            Some("integer") => Self::Int {
                min: least("minimum").map_or(i64::MIN, |x| x as i64),
                max: least("maximum").map_or(i64::MAX, |x| x as i64),
            },
            Some("number") => {
                Self::Num { min: least("minimum").unwrap_or(f64::MIN), max: least("maximum").unwrap_or(f64::MAX) }
            }
            Some("boolean") => Self::Bool,
            Some("array") => Self::List {
                each: Box::new(Self::read(s.get("items").unwrap_or(&Value::Null))?),
                min: size("minItems").unwrap_or(0),
                max: size("maxItems").unwrap_or(usize::MAX),
            },
            Some("object") => match s.get("additionalProperties") {
                Some(each) if each != &Value::Bool(false) && !s.contains_key("properties") => {
                    Self::Map(Box::new(Self::read(each)?))
                }
                _ => Self::Object(Shape::read(s)?),
            },
            None if s.keys().all(|k| k == "description" || k == "default") => Self::Any,
            other => return Err(format!("an argument cannot be {other:?}: {schema}")),
        })
    }

    /// A word of a URL as the type that it is meant for. What does not parse stays text and is told by the check.
    #[must_use]
    pub fn of_text(&self, s: &str) -> Value {
        let value = match self {
            Self::Int { .. } => s.parse::<i64>().ok().map(Value::from),
            Self::Num { .. } => s.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Value::from),
            Self::Bool => s.parse::<bool>().ok().map(Value::from),
            Self::List { each, .. } => Some(vec![each.of_text(s)].into()),
            _ => None,
        };
        value.unwrap_or_else(|| s.into())
    }

    pub(super) fn forgive(&self, value: &mut Value) {
        match (self, &mut *value) {
            (Self::Object(shape), Value::Object(members)) => shape.forgive(members),
            (Self::List { each, .. }, Value::Array(items)) => items.iter_mut().for_each(|v| each.forgive(v)),
            (Self::Map(each), Value::Object(members)) => members.values_mut().for_each(|v| each.forgive(v)),
            (Self::Text { .. } | Self::Any, _) => {}
            (_, Value::String(s)) => *value = self.of_text(s),
            _ => {}
        }
    }

    pub(super) fn look(&self, value: &mut Value, at: &str, flaws: &mut Vec<Flaw>) {
        if flaws.len() >= MOST_FLAWS {
            return;
        }
        match self {
            Self::Text { allowed, min, max, form } => {
                if let Some(flaw) = text_flaw(value, at, allowed, *min, *max, *form) {
                    flaws.push(flaw);
                }
            }
            Self::Int { min, max } => match whole(value) {
                Some(n) if (*min..=*max).contains(&n) => *value = n.into(),
                Some(n) => {
                    let mut flaw = Flaw::new(at, format!("{n} is out of range"));
                    flaw.allowed = vec![span(*min, *max, i64::MIN, i64::MAX)];
                    flaw.nearest = Some(n.clamp(*min, *max).to_string());
                    flaws.push(flaw);
                }
                None => flaws.push(Flaw::new(at, format!("must be a whole number, not {}", show(value)))),
            },
            Self::Num { min, max } => match value.as_f64().filter(|_| value.is_number()) {
                Some(n) if n >= *min && n <= *max => {}
                Some(n) => {
                    let mut flaw = Flaw::new(at, format!("{n} is out of range"));
                    flaw.allowed = vec![span(*min, *max, f64::MIN, f64::MAX)];
                    flaws.push(flaw);
                }
                None => flaws.push(Flaw::new(at, format!("must be a number, not {}", show(value)))),
            },
            Self::Bool => {
                if !value.is_boolean() {
                    let mut flaw = Flaw::new(at, format!("must be true or false, not {}", show(value)));
                    flaw.allowed = vec!["true".into(), "false".into()];
                    flaws.push(flaw);
                }
            }
            Self::List { each, min, max } => match value.as_array_mut() {
                Some(items) if items.len() > *max => {
                    flaws.push(Flaw::new(at, format!("has {} items; at most {max} are taken", items.len())));
                }
                Some(items) if items.len() < *min => {
                    flaws.push(Flaw::new(at, format!("has {} items; at least {min} are needed", items.len())));
                }
                Some(items) => {
                    for (i, item) in items.iter_mut().enumerate() {
                        each.look(item, &format!("{at}[{i}]"), flaws);
                    }
                }
                None => flaws.push(Flaw::new(at, format!("must be a list, not {}", show(value)))),
            },
            Self::Object(shape) => match value.as_object_mut() {
                Some(members) => shape.look(members, at, flaws),
                None => flaws.push(Flaw::new(at, format!("must be an object, not {}", show(value)))),
            },
            Self::Map(each) => match value.as_object_mut() {
                Some(members) => {
                    for (name, member) in members.iter_mut() {
                        each.look(member, &path(at, name), flaws);
                    }
                }
                None => flaws.push(Flaw::new(at, format!("must be an object, not {}", show(value)))),
            },
            Self::Any => {}
        }
    }
}

fn words(schema: &Map<String, Value>) -> Result<Vec<String>, String> {
    let all = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    all.map(|v| v.as_str().map(str::to_owned).ok_or_else(|| format!("an enum of an argument has words only, not {v}")))
        .collect()
}

fn text_flaw(value: &Value, at: &str, allowed: &[String], min: usize, max: usize, form: Form) -> Option<Flaw> {
    let Value::String(s) = value else {
        return Some(Flaw { allowed: allowed.to_vec(), ..Flaw::new(at, format!("must be text, not {}", show(value))) });
    };
    if !allowed.is_empty() {
        return (!allowed.contains(s))
            .then(|| Flaw::new(at, format!("{} is not a value of it", show(value))).allowed(allowed.to_vec(), s));
    }
    // no database keeps it in a text, and a file in UTF-16 is full of it
    if let Some(at_byte) = s.find('\0') {
        return Some(Flaw::new(
            at,
            format!("holds a NUL character (at byte {at_byte}): leave it out; texts are UTF-8"),
        ));
    }
    // a text never has more characters than bytes, so most are told without counting
    if (s.len() > max || s.len() < min.saturating_mul(4)) && !(min..=max).contains(&s.chars().count()) {
        let chars = s.chars().count();
        return Some(Flaw::new(
            at,
            match (min, max) {
                (_, usize::MAX) => format!("has {chars} characters; at least {min} are needed"),
                _ => format!("has {chars} characters; it takes {min} to {max}"),
            },
        ));
    }
    match form {
        Form::Uuid if s.len() != 36 || Uuid::try_parse(s).is_err() => Some(Flaw::new(
            at,
            format!("{} is not an id; an id looks like 019a9f3c-7b00-7c3e-9b1a-3f5d7e9a1b2c", show(value)),
        )),
        Form::Time => match s.parse::<Timestamp>() {
            Ok(_) => None,
            Err(e) => Some(Flaw::new(at, e.to_string())),
        },
        _ => None,
    }
}

/// The whole number that a JSON number stands for: `5`, but also `5.0`, which some clients send for it.
fn whole(value: &Value) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    #[expect(clippy::cast_possible_truncation, reason = "has no fraction and is below 2^53")]
    value.as_i64().or_else(|| value.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < EXACT).map(|f| f as i64))
}

fn span<T: PartialEq + std::fmt::Display>(min: T, max: T, least: T, most: T) -> String {
    match (min == least, max == most) {
        (false, false) => format!("{min} to {max}"),
        (false, true) => format!("{min} or more"),
        (true, false) => format!("{max} or less"),
        (true, true) => "any number".to_owned(),
    }
}
