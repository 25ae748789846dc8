//! Arguments against their schema: every flaw at once, with the allowed values and the nearest match.
//!
//! The schema is the very one that clients see, so promise and check cannot differ. What a schema cannot say (the
//! pattern of a slug, two fields that exclude each other) is said by the types afterwards, see [`parse`].
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use watchkeep_model::{text, word};

use crate::error::{Error, Flaw};

mod what;

pub use what::{Form, What};

/// The most flaws that are looked for in one call; an error tells fewer.
const MOST_FLAWS: usize = 100;

/// A portable argument schema, read once at start.
#[derive(Debug, Default)]
pub struct Shape {
    fields: Vec<Field>,
}

/// One argument.
#[derive(Debug)]
pub struct Field {
    /// As it is written, in the dialect of its operation.
    pub name: String,
    /// Whether a call without it is refused.
    pub required: bool,
    /// What it may hold.
    pub what: What,
    /// Its schema, as clients see it.
    pub schema: Value,
}

impl Shape {
    /// Reads the schema of an object.
    ///
    /// # Errors
    /// A sentence that names what no argument may use (`$ref`, `anyOf`, tuples, ...). A test over all operations
    /// meets it before any client does.
    pub fn read(schema: &Map<String, Value>) -> Result<Self, String> {
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let mut fields = vec![];
        for (name, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            fields.push(Field {
                name: name.clone(),
                required: required.contains(&name.as_str()),
                what: What::read(schema).map_err(|e| format!("{name}: {e}"))?,
                schema: schema.clone(),
            });
        }
        Ok(Self { fields })
    }

    /// The arguments, in the order of the schema.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The argument of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// Checks arguments and tells every flaw.
    ///
    /// For a model (`forgiving`) a null is an absent argument, `"50"` is 50 and one item is a list of it. A program is
    /// told instead, since its author can mend it. An argument that does not exist is refused for both: a filter that is
    /// silently ignored gives a wrong answer.
    ///
    /// # Errors
    /// [`Kind::Invalid`](crate::error::Kind::Invalid) with all flaws.
    pub fn fit(&self, args: &mut Map<String, Value>, forgiving: bool) -> Result<(), Error> {
        if forgiving {
            self.forgive(args);
        }
        let mut flaws = vec![];
        self.look(args, "", &mut flaws);
        if flaws.is_empty() { Ok(()) } else { Err(Error::invalid(flaws)) }
    }

    fn forgive(&self, args: &mut Map<String, Value>) {
        args.retain(|name, v| !v.is_null() || self.field(name).is_none_or(|f| f.required));
        for field in &self.fields {
            if let Some(value) = args.get_mut(&field.name) {
                field.what.forgive(value);
            }
        }
    }

    fn look(&self, args: &mut Map<String, Value>, at: &str, flaws: &mut Vec<Flaw>) {
        for name in args.keys() {
            if self.field(name).is_none() && flaws.len() < MOST_FLAWS {
                let problem =
                    if self.fields.is_empty() { "no arguments are taken here" } else { "there is no such argument" };
                let allowed = self.fields.iter().map(|f| f.name.clone()).collect();
                flaws.push(Flaw::new(path(at, name), problem).allowed(allowed, name));
            }
        }
        for field in &self.fields {
            match args.get_mut(&field.name) {
                _ if flaws.len() >= MOST_FLAWS => return,
                Some(value) => field.what.look(value, &path(at, &field.name), flaws),
                None if field.required => flaws.push(Flaw::new(path(at, &field.name), "is required")),
                None => {}
            }
        }
    }

    /// The arguments with every default that the schema names filled in: two calls that ask the same look the same.
    #[must_use]
    pub fn spelled_out(&self, args: &Map<String, Value>) -> Map<String, Value> {
        let mut all = args.clone();
        for field in &self.fields {
            if let Some(default) = field.schema.get("default")
                && !all.contains_key(&field.name)
            {
                all.insert(field.name.clone(), default.clone());
            }
        }
        all
    }
}

fn path(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

/// A value as it is quoted in a flaw: cleaned and short.
fn show(value: &Value) -> String {
    match value {
        // a long text or list is not written out only to be cut
        Value::String(s) if s.len() > 400 => {
            text::clean(&Value::from(&s[..s.floor_char_boundary(400)]).to_string(), 60)
        }
        Value::Array(items) if items.len() > 8 => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".to_owned(),
        value => text::clean(&value.to_string(), 60),
    }
}

/// The one of `all` that was probably meant.
#[must_use]
pub fn nearest(got: &str, all: &[String]) -> Option<String> {
    word::nearest(got, all.iter().map(String::as_str)).map(str::to_owned)
}

/// The typed arguments. What a schema cannot say is said by the types; the path names the field.
///
/// # Errors
/// [`Kind::Invalid`](crate::error::Kind::Invalid) with the first flaw that serde met.
pub fn parse<T: DeserializeOwned>(args: Map<String, Value>) -> Result<T, Error> {
    serde_path_to_error::deserialize(Value::Object(args)).map_err(|e| {
        let path = e.path().to_string();
        let field = if path == "." { "arguments" } else { &path };
        Error::flaw(field, &e.inner().to_string())
    })
}

#[cfg(test)]
mod tests;
