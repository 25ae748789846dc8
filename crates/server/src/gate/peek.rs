//! What the gate reads of a JSON-RPC message, without taking it apart.
use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::body::{MAX_DEPTH, depth};

/// The method of a message and the name in its params.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peek<'a> {
    /// `tools/call` and its like; none for a response.
    pub method: Option<Cow<'a, str>>,
    /// `params.name`, if it is text: the tool or the prompt.
    pub name: Option<Cow<'a, str>>,
}

/// A body that is no single JSON-RPC message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// -32700 for what is no JSON, -32600 for JSON that is no message.
    pub code: i32,
    /// What is wrong and what to do.
    pub text: String,
}

impl<'a> Peek<'a> {
    /// Reads a body.
    ///
    /// A message is one JSON object. Members that are named twice are refused, since readers differ in which one counts.
    ///
    /// # Errors
    /// See [`Malformed`].
    pub fn read(body: &'a [u8]) -> Result<Self, Malformed> {
        let malformed = |code, text: String| Malformed { code, text };
        let text = std::str::from_utf8(body)
            .map_err(|e| malformed(-32700, format!("the body is not UTF-8 at byte {}", e.valid_up_to())))?;
        let deep = depth(body);
        if deep > MAX_DEPTH {
            return Err(malformed(-32600, format!("the body nests {deep} deep; at most {MAX_DEPTH} is read")));
        }
        serde_json::from_str(text).map_err(|e| {
            // the reader stops at the first thing that does not fit, so what is no JSON at all is asked for again
            if !e.is_data() || serde_json::from_str::<IgnoredAny>(text).is_err() {
                return malformed(-32700, format!("the body is not JSON: {e}"));
            }
            match text.trim_start().starts_with('[') {
                true => malformed(-32600, "batches are not taken; send one JSON-RPC message at a time".to_owned()),
                false => malformed(-32600, format!("the body is not one JSON-RPC message: {e}")),
            }
        })
    }

    /// A word of the program for the method: for counters.
    #[must_use]
    pub fn word(&self) -> &'static str {
        const KNOWN: [&str; 12] = [
            "initialize",
            "ping",
            "prompts/get",
            "prompts/list",
            "resources/list",
            "resources/read",
            "resources/templates/list",
            "server/discover",
            "tools/call",
            "tools/list",
            "notifications/initialized",
            "notifications/cancelled",
        ];
        let method = self.method.as_deref().unwrap_or_default();
        KNOWN.into_iter().find(|known| *known == method).unwrap_or("unknown")
    }

    /// What a refused message would have called, and with which arguments: for its row.
    #[must_use]
    pub fn call(&self, body: &[u8]) -> (Cow<'_, str>, Map<String, Value>) {
        let method = self.method.as_deref().unwrap_or("unknown");
        let name = match (method, self.name.as_deref()) {
            ("tools/call", Some(name)) => Cow::Borrowed(name),
            (method, Some(name)) => Cow::Owned(format!("{method} {name}")),
            (method, None) => Cow::Borrowed(method),
        };
        let mut message: Value = serde_json::from_slice(body).unwrap_or_default();
        let args = match message.pointer_mut("/params/arguments").map(Value::take) {
            Some(Value::Object(args)) => args,
            _ => Map::new(),
        };
        (name, args)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Peek<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Message)
    }
}

/// A text that borrows where it can; anything else is none.
struct Text<'a>(Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Some(Cow::Borrowed(text))))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Some(Cow::Owned(text.to_owned()))))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Text<'de>, E> {
                Ok(Text(None))
            }
            fn visit_i64<E>(self, _: i64) -> Result<Text<'de>, E> {
                Ok(Text(None))
            }
            fn visit_u64<E>(self, _: u64) -> Result<Text<'de>, E> {
                Ok(Text(None))
            }
            fn visit_f64<E>(self, _: f64) -> Result<Text<'de>, E> {
                Ok(Text(None))
            }
            fn visit_unit<E>(self) -> Result<Text<'de>, E> {
                Ok(Text(None))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut all: A) -> Result<Text<'de>, A::Error> {
                while all.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Text(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Text<'de>, A::Error> {
                while all.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Text(None))
            }
        }
        from.deserialize_any(Any)
    }
}

/// The members of a message.
struct Message;

impl<'de> Visitor<'de> for Message {
    type Value = Peek<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `jsonrpc` and `method`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Peek<'de>, A::Error> {
        let mut peek = Peek::default();
        let (mut seen, mut versioned) = (Seen::default(), false);
        while let Some(Text(name)) = members.next_key::<Text<'de>>()? {
            match seen.once(name.as_deref(), &["jsonrpc", "id", "method", "params"])? {
                Some("method") => {
                    let Text(method) = members.next_value()?;
                    peek.method = Some(method.ok_or_else(|| A::Error::custom("`method` is not text"))?);
                }
                Some("jsonrpc") => {
                    let Text(version) = members.next_value()?;
                    if version.as_deref() != Some("2.0") {
                        return Err(A::Error::custom("`jsonrpc` is not \"2.0\""));
                    }
                    versioned = true;
                }
                Some("params") => peek.name = members.next_value::<Params<'de>>()?.0,
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        if !versioned {
            return Err(A::Error::custom("`jsonrpc` is missing; it must be \"2.0\""));
        }
        Ok(peek)
    }
}

/// The name in the params of a message. Params are an object: by position, readers differ in what counts.
struct Params<'a>(Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Params<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Params<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`params` to be an object")
            }
            fn visit_unit<E>(self) -> Result<Params<'de>, E> {
                Ok(Params(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Params<'de>, A::Error> {
                let (mut found, mut seen) = (None, Seen::default());
                while let Some(Text(name)) = members.next_key::<Text<'de>>()? {
                    match seen.once(name.as_deref(), &["name", "arguments", "uri", "_meta"])? {
                        Some("name") => found = members.next_value::<Text<'de>>()?.0,
                        _ => drop(members.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(Params(found))
            }
        }
        from.deserialize_any(Members)
    }
}

/// Which of a few members have come already.
#[derive(Default)]
struct Seen(u8);

impl Seen {
    /// The member, if it is one of `known`.
    fn once<E: serde::de::Error>(
        &mut self,
        name: Option<&str>,
        known: &[&'static str],
    ) -> Result<Option<&'static str>, E> {
        let Some(i) = known.iter().position(|k| Some(*k) == name) else { return Ok(None) };
        if self.0 & (1 << i) != 0 {
            return Err(E::custom(format!("`{}` is given twice", known[i])));
        }
        self.0 |= 1 << i;
        Ok(Some(known[i]))
    }
}

#[cfg(test)]
mod tests;
