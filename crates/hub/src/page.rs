//! Answers on their way to a door: written once, as the bytes that every door sends.
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::op::Dialect;

mod cursor;

pub(crate) use cursor::{Question, Seal};

/// The most bytes of a list's answer, so that no list has more characters than that.
pub const MAX_BYTES: usize = 100_000;

/// What the envelope and the longest cursor take of [`MAX_BYTES`].
const ENVELOPE: usize = cursor::MAX_CHARS + 64;

/// The bytes of an answer, equal at every door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// A JSON object.
    pub json: String,
    /// How many items it holds; 1 for what is no list.
    pub items: usize,
    /// The same inside a JSON text, without the quotes around it, where that was at hand.
    pub text: Option<String>,
}

impl Reply {
    /// An answer of so many items.
    #[must_use]
    pub const fn new(json: String, items: usize) -> Self {
        Self { json, items, text: None }
    }
}

/// What a [`Page`] holds: whatever is `Serialize + JsonSchema`, or what is written already.
pub trait Item: Send + 'static {
    /// The schema of one.
    fn schema(g: &mut SchemaGenerator) -> Schema;

    /// Appends its JSON.
    ///
    /// # Errors
    /// Ours, if a value has no JSON.
    fn write(&self, json: &mut Vec<u8>) -> Result<(), Error>;

    /// Its JSON inside a JSON text, without the quotes around it, where that is at hand: for all items of a page, or none.
    fn text(&self) -> Option<&str> {
        None
    }
}

impl<T: Serialize + JsonSchema + Send + 'static> Item for T {
    fn schema(g: &mut SchemaGenerator) -> Schema {
        g.subschema_for::<T>()
    }

    fn write(&self, json: &mut Vec<u8>) -> Result<(), Error> {
        serde_json::to_writer(json, self).map_err(Error::internal)
    }
}

/// What an operation answers: one thing (whatever is `Serialize + JsonSchema`) or a [`Page`].
///
/// The schema must describe an object, and each `Option` in it is skipped when it is `None`: optional is absent.
pub trait Answer: Send + 'static {
    /// The schema of the answer in this dialect.
    fn schema(g: &mut SchemaGenerator, dialect: Dialect) -> Schema;

    /// The bytes.
    ///
    /// # Errors
    /// Ours, if a value has no JSON (a map with keys that are no texts).
    fn reply(&self, dialect: Dialect) -> Result<Reply, Error>;
}

impl<T: Serialize + JsonSchema + Send + 'static> Answer for T {
    fn schema(g: &mut SchemaGenerator, _: Dialect) -> Schema {
        g.subschema_for::<T>()
    }

    fn reply(&self, _: Dialect) -> Result<Reply, Error> {
        Ok(Reply::new(serde_json::to_string(self).map_err(Error::internal)?, 1))
    }
}

/// Flattened into the arguments of each list operation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Paging {
    /// How many items at most.
    #[serde(default = "fifty")]
    #[schemars(range(min = 1, max = 200))]
    pub limit: u16,
    /// Where to go on: the cursor of the previous answer to the same question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    pub cursor: Option<String>,
}

const fn fifty() -> u16 {
    50
}

impl Default for Paging {
    fn default() -> Self {
        Self { limit: fifty(), cursor: None }
    }
}

impl Paging {
    /// How many rows to ask the store for: one more than the page holds tells whether another page follows.
    #[must_use]
    pub const fn fetch(&self) -> i64 {
        self.limit as i64 + 1
    }
}

/// One page of a list, made by [`Ctx::page`](crate::Ctx::page). The envelope `{items, nextCursor, truncated}` is added
/// when the bytes are made, so this is deliberately not `Serialize`.
pub struct Page<T> {
    items: Vec<T>,
    more: bool,
    cursor: Box<dyn Fn(&T) -> String + Send + Sync>,
}

impl<T> Page<T> {
    pub(crate) fn new(mut rows: Vec<T>, limit: u16, cursor: impl Fn(&T) -> String + Send + Sync + 'static) -> Self {
        let more = rows.len() > usize::from(limit);
        rows.truncate(usize::from(limit));
        Self { items: rows, more, cursor: Box::new(cursor) }
    }

    /// The items of this page.
    #[must_use]
    pub fn items(&self) -> &[T] {
        &self.items
    }
}

impl<T: fmt::Debug> fmt::Debug for Page<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("items", &self.items).field("more", &self.more).finish_non_exhaustive()
    }
}

impl<T: Item> Answer for Page<T> {
    fn schema(g: &mut SchemaGenerator, dialect: Dialect) -> Schema {
        let items = T::schema(g);
        let next = dialect.next_cursor();
        json_schema!({
            "type": "object",
            "properties": {
                "items": { "type": "array", "items": items },
                next: { "type": "string", "description": "Pass it as cursor to get the next page; absent on the last." },
                "truncated": { "type": "boolean", "description": "True if the page was cut short by its size." }
            },
            "required": ["items", "truncated"],
            "additionalProperties": false
        })
    }

    fn reply(&self, dialect: Dialect) -> Result<Reply, Error> {
        let mut json = Vec::with_capacity(40 * 1024);
        json.extend_from_slice(b"{\"items\":[");
        let (mut last, mut count) = (None, 0);
        let mut truncated = false;
        for item in &self.items {
            let mark = json.len();
            if last.is_some() {
                json.push(b',');
            }
            item.write(&mut json)?;
            // a single item is never cut: a page without items could not go on
            if json.len() > MAX_BYTES - ENVELOPE && last.is_some() {
                json.truncate(mark);
                truncated = true;
                break;
            }
            last = Some(item);
            count += 1;
        }
        let mut end = String::from("]");
        if (truncated || self.more)
            && let Some(last) = last
        {
            end.push_str(&format!(",\"{}\":\"{}\"", dialect.next_cursor(), (self.cursor)(last)));
        }
        end.push_str(if truncated { ",\"truncated\":true}" } else { ",\"truncated\":false}" });
        json.extend_from_slice(end.as_bytes());
        let text = text(self.items.iter().take(count), &end, json.len());
        Ok(Reply { json: String::from_utf8(json).map_err(Error::internal)?, items: count, text })
    }
}

/// The page inside a JSON text, if its items are at hand so.
fn text<'a, T: Item>(items: impl Iterator<Item = &'a T>, end: &str, length: usize) -> Option<String> {
    let mut text = String::with_capacity(length + length / 3);
    text.push_str("{\\\"items\\\":[");
    let empty = text.len();
    for item in items {
        let item = item.text()?;
        if text.len() > empty {
            text.push(',');
        }
        text.push_str(item);
    }
    // cursors are letters, digits, `-` and `_`
    text.push_str(&end.replace('"', "\\\""));
    (text.len() > empty).then_some(text)
}

impl Question {
    /// The key behind the cursor of `paging`; none on the first page.
    pub(crate) fn after<K: DeserializeOwned>(&self, seal: &Seal, paging: &Paging) -> Result<Option<K>, Error> {
        let Some(cursor) = &paging.cursor else { return Ok(None) };
        self.open(seal, cursor)
            .and_then(|key| serde_json::from_slice(&key).ok())
            .map(Some)
            .ok_or_else(|| Error::conflict("cursor: it does not belong to this question; call again without it"))
    }
}

#[cfg(test)]
mod tests;
