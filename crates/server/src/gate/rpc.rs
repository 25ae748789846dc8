//! Answers of the gate in the form of JSON-RPC.
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use serde_json::json;

/// An error before any message could be read, hence without its id.
pub(super) fn error(status: StatusCode, code: i32, text: &str) -> Response {
    let body = json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code, "message": text } });
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// There is no stream to open and no session to end.
pub(super) fn method_not_allowed() -> Response {
    let text = "this endpoint takes POST only: it has no stream to open and no session to end";
    let mut response = error(StatusCode::METHOD_NOT_ALLOWED, -32600, text);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

/// The library tells some of its refusals in plain text; they become JSON-RPC errors of the same status.
pub(super) async fn in_form(response: Response) -> Response {
    const SHORT: usize = 4_096;
    if response.status().is_success() || response.headers().get(header::CONTENT_TYPE).is_some_and(is_json) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = match Limited::new(body, SHORT).collect().await {
        Ok(text) => String::from_utf8_lossy(&text.to_bytes()).into_owned(),
        Err(_) => "the request was refused".to_owned(),
    };
    let mut told = match parts.status {
        // the gate has checked the content type: here it means a message that is none of MCP
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            error(StatusCode::BAD_REQUEST, -32600, "the body is no request, notification or response of JSON-RPC 2.0")
        }
        status if status.is_server_error() => error(status, -32603, &text),
        status => error(status, -32600, &text),
    };
    for (name, value) in &parts.headers {
        if !matches!(*name, header::CONTENT_LENGTH | header::CONTENT_TYPE) {
            told.headers_mut().append(name, value.clone());
        }
    }
    told
}

fn is_json(value: &HeaderValue) -> bool {
    value.to_str().is_ok_and(|kind| kind.starts_with("application/json"))
}
