//! `hub::Error` as the HTTP doors tell it. The MCP door has its own words in `mcp/result.rs`.
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};
use watchkeep_hub::{Error, Kind};

/// The status of a kind of error.
#[must_use]
pub const fn status(kind: &Kind) -> StatusCode {
    match kind {
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden { .. } => StatusCode::FORBIDDEN,
        Kind::Limited { .. } => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Full => StatusCode::INSUFFICIENT_STORAGE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What an error tells beside its text: the flaws, the seconds, the scope.
#[must_use]
pub fn details(error: &Error) -> Map<String, Value> {
    let mut all = Map::new();
    match &error.kind {
        Kind::Invalid(flaws) => drop(all.insert("errors".into(), json!(flaws))),
        Kind::Limited { retry_after } => drop(all.insert("retryAfter".into(), json!(retry_after))),
        Kind::Forbidden { scope } => drop(all.insert("scope".into(), json!(scope))),
        _ => {}
    }
    all
}

/// A problem document (RFC 9457) for an error of the hub.
#[must_use]
pub fn problem(error: &Error) -> Response {
    let mut response = document(status(&error.kind), error.word(), &error.public, details(error));
    let extra = match &error.kind {
        Kind::Limited { retry_after } => Some((header::RETRY_AFTER, retry_after.to_string())),
        Kind::Unavailable => Some((header::RETRY_AFTER, "5".to_owned())),
        Kind::Unauthenticated => Some((header::WWW_AUTHENTICATE, "Bearer realm=\"watchkeep\"".to_owned())),
        Kind::Forbidden { scope } => {
            Some((header::WWW_AUTHENTICATE, format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"")))
        }
        _ => None,
    };
    if let Some((name, value)) = extra
        && let Ok(value) = HeaderValue::from_str(&value)
    {
        response.headers_mut().insert(name, value);
    }
    response
}

/// A problem that the door itself has with a request.
#[must_use]
pub fn refusal(status: StatusCode, word: &str, detail: &str) -> Response {
    document(status, word, detail, Map::new())
}

fn document(status: StatusCode, word: &str, detail: &str, more: Map<String, Value>) -> Response {
    let mut body = json!({
        "type": format!("/problems/{word}"),
        "title": word.replace('_', " "),
        "status": status.as_u16(),
        "detail": detail,
    });
    if let Value::Object(members) = &mut body {
        members.extend(more);
    }
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

/// A refusal in the form that OAuth clients read (RFC 6749, section 5.2): they choke on anything but JSON.
#[must_use]
pub fn oauth(status: StatusCode, error: &str, description: &str) -> Response {
    let body = json!({ "error": error, "error_description": description });
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
