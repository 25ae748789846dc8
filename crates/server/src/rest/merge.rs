//! Path, query, body and headers as one set of arguments.
use std::borrow::Cow;
use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};
use watchkeep_hub::{Cap, Error, Ready, Verb};

use super::has_body;
use crate::body::{self, MAX_DEPTH};

/// What came in.
#[derive(Debug)]
pub struct Sent {
    /// The method of the route.
    pub verb: Verb,
    /// The parts of the path that are arguments, decoded.
    pub path: Vec<(String, String)>,
    /// The query, as it came.
    pub query: Option<String>,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, not read yet.
    pub body: Body,
}

/// A request whose arguments could not be had.
#[derive(Debug)]
pub enum BadRequest {
    /// Its form is wrong.
    Door {
        /// The status.
        status: StatusCode,
        /// The word of the problem type.
        word: &'static str,
        /// What is wrong and what to do.
        text: String,
    },
    /// One of them is wrong.
    Argument(Error),
}

impl BadRequest {
    fn door(status: StatusCode, word: &'static str, text: impl Into<String>) -> Self {
        Self::Door { status, word, text: text.into() }
    }
}

/// The arguments of a request. A name that comes from two places is refused, so that no proxy, log or cache sees another
/// value than the operation does.
///
/// # Errors
/// See [`BadRequest`].
pub async fn merge(ready: &Ready, sent: Sent, body_timeout: Duration) -> Result<Map<String, Value>, BadRequest> {
    let mut args =
        if has_body(sent.verb) { of_body(&sent.headers, sent.body, body_timeout).await? } else { Map::new() };
    let query = sent.query.unwrap_or_default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        add(ready, &mut args, &name, &value, "query")?;
    }
    for (name, value) in &sent.path {
        add(ready, &mut args, name, value, "path")?;
    }
    if ready.def.cap == Cap::Write
        && let Some(key) = sent.headers.get("idempotency-key")
    {
        let name = ready.def.doors.dialect.idempotency_key();
        let key = key.to_str().map_err(|_| BadRequest::Argument(Error::flaw(name, "the header is no plain text")))?;
        // the header's draft has the key in quotes
        add(ready, &mut args, name, key.trim_matches('"'), "header")?;
    }
    Ok(args)
}

async fn of_body(headers: &HeaderMap, body: Body, at_most: Duration) -> Result<Map<String, Value>, BadRequest> {
    let body = body::read(headers, body, at_most).await.map_err(|bad| {
        let word = if bad == body::BadBody::TooLarge { "too_large" } else { "malformed" };
        BadRequest::door(bad.status(), word, bad.text())
    })?;
    if body.is_empty() {
        return Ok(Map::new());
    }
    if !body::is_json(headers) {
        let text = "Content-Type must be application/json";
        return Err(BadRequest::door(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", text));
    }
    let malformed = |text: String| BadRequest::door(StatusCode::BAD_REQUEST, "malformed", text);
    let text = std::str::from_utf8(&body)
        .map_err(|e| malformed(format!("the body is not UTF-8 at byte {}", e.valid_up_to())))?;
    let deep = body::depth(&body);
    if deep > MAX_DEPTH {
        return Err(malformed(format!("the body nests {deep} deep; at most {MAX_DEPTH} is read")));
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(args)) => Ok(args),
        Ok(_) => Err(malformed("the body must be a JSON object with the arguments as its members".into())),
        Err(e) => Err(malformed(format!("the body is not JSON: {e}"))),
    }
}

fn add(ready: &Ready, args: &mut Map<String, Value>, name: &str, value: &str, from: &str) -> Result<(), BadRequest> {
    let field = ready.shape.field(name);
    let value = field.map_or_else(|| value.into(), |field| field.what.of_text(value));
    match (args.get_mut(name), value) {
        (None, value) => {
            args.insert(name.to_owned(), value);
            Ok(())
        }
        // a list in a query is its name again and again
        (Some(Value::Array(all)), Value::Array(more)) if from == "query" => {
            all.extend(more);
            Ok(())
        }
        _ => {
            let problem: Cow<'_, str> = format!("is given twice, the second time in the {from}").into();
            Err(BadRequest::Argument(Error::flaw(name, &problem)))
        }
    }
}
