//! `hub::Error` and answers in the words of MCP.
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock, ErrorCode, MetaObject};
use serde_json::{Value, json};
use watchkeep_hub::{Error, Kind};

use crate::error::details;

/// The way without [`Slot`](super::splice::Slot): right, and dearer for a long list.
pub(super) fn plain(json: String, outside: &[&str]) -> CallToolResult {
    let mut result = CallToolResult::default();
    result.structured_content = serde_json::from_str(&json).ok();
    result.content = vec![ContentBlock::text(json)];
    result.meta = outside_text(outside);
    result
}

/// Which members of the answer hold text that came from outside.
pub(super) fn outside_text(outside: &[&str]) -> Option<MetaObject> {
    let mut meta = MetaObject::default();
    if outside.is_empty() {
        return None;
    }
    meta.insert("watchkeep/outsideText".to_owned(), json!(outside));
    Some(meta)
}

/// A tool result with `isError`. No structuredContent: clients check that against the tool's outputSchema.
pub(super) fn tool_error(error: &Error) -> CallToolResult {
    let mut result = CallToolResult::error(vec![ContentBlock::text(error.public.to_string())]);
    let mut meta = MetaObject::default();
    let mut told = details(error);
    told.insert("kind".into(), error.word().into());
    meta.insert("watchkeep/error".to_owned(), Value::Object(told));
    result.meta = Some(meta);
    result
}

/// A protocol error, where there is no tool result to tell it in: prompts and resources.
pub(super) fn protocol(error: &Error) -> ErrorData {
    let text = error.public.to_string();
    let mut data = details(error);
    data.insert("kind".into(), error.word().into());
    let data = Some(Value::Object(data));
    match &error.kind {
        // the library makes -32602 of this for 2026-07-28
        Kind::NotFound => ErrorData::resource_not_found(text, data),
        Kind::Invalid(_) | Kind::Conflict => ErrorData::invalid_params(text, data),
        Kind::Limited { .. } => ErrorData::new(ErrorCode(-32_000), text, data),
        _ => ErrorData::internal_error(text, data),
    }
}
