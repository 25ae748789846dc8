//! Takes a tool's answer past the MCP library as bytes.
//!
//! The library wants `structuredContent` as a tree of values: parsing, dropping and writing 50 rows again costs four times
//! the operation. So the handler returns two marks, leaves the bytes here, and the gate puts them in.
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::response::Response;
use http::header;
use http_body_util::BodyExt;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::Value;
use watchkeep_hub::Reply;

use super::result::outside_text;

const MARK: &str = "\u{e000}answer";
const TEXT: &str = "\"text\":\"\u{e000}answer\"";
const STRUCTURED: &str = "\"structuredContent\":\"\u{e000}answer\"";

/// Put into the request by the gate, filled by the handler.
#[derive(Debug, Clone, Default)]
pub struct Slot(Arc<OnceLock<Reply>>);

impl Slot {
    pub(super) fn fill(&self, reply: Reply, outside: &[&str]) -> CallToolResult {
        let _second = self.0.set(reply);
        let mut result = CallToolResult::default();
        result.content = vec![ContentBlock::text(MARK)];
        result.structured_content = Some(Value::from(MARK));
        result.meta = outside_text(outside);
        result
    }

    /// The reply with the answer in the place of the marks. Nobody forges one: the only text of the client in such a reply
    /// is the JSON-RPC id, whose quotes are escaped.
    pub(crate) async fn splice(self, response: Response) -> Response {
        let Some(reply) = self.0.get() else { return response };
        let (mut parts, body) = response.into_parts();
        let Ok(body) = body.collect().await else { return Response::from_parts(parts, Body::empty()) };
        let frame = body.to_bytes();
        let Some(out) = put_in(&frame, reply) else { return Response::from_parts(parts, Body::from(frame)) };
        parts.headers.remove(header::CONTENT_LENGTH);
        Response::from_parts(parts, Body::from(out))
    }
}

/// The frame with the answer as text and as an object. None if it does not have one mark of each kind.
fn put_in(frame: &[u8], reply: &Reply) -> Option<Vec<u8>> {
    let json = &reply.json;
    let (text, structured) = (find(frame, TEXT)?, find(frame, STRUCTURED)?);
    let mut out = Vec::with_capacity(frame.len() + json.len() * 5 / 2);
    let mut marks = [(text, TEXT), (structured, STRUCTURED)];
    marks.sort_unstable();
    let mut from = 0;
    for (at, mark) in marks {
        // up to and with the colon
        out.extend_from_slice(frame.get(from..at + mark.len() - MARK.len() - 2)?);
        match (mark, &reply.text) {
            (TEXT, Some(text)) => {
                out.push(b'"');
                out.extend_from_slice(text.as_bytes());
                out.push(b'"');
            }
            (TEXT, None) => serde_json::to_writer(&mut out, json).ok()?,
            _ => out.extend_from_slice(json.as_bytes()),
        }
        from = at + mark.len();
    }
    out.extend_from_slice(frame.get(from..)?);
    Some(out)
}

fn find(hay: &[u8], needle: &str) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_marks_are_replaced_in_either_order() {
        let reply = Reply::new(r#"{"a":"q\"\n"}"#.into(), 1);
        for frame in [
            format!("{{\"id\":1,\"result\":{{\"content\":[{{\"type\":\"text\",{TEXT}}}],{STRUCTURED}}}}}"),
            format!("{{\"result\":{{{STRUCTURED},\"content\":[{{{TEXT},\"type\":\"text\"}}]}},\"id\":1}}"),
        ] {
            let at_hand = Reply { text: Some(r#"{\"a\":\"q\\\"\\n\"}"#.into()), ..reply.clone() };
            for reply in [&reply, &at_hand] {
                let out: Value = serde_json::from_slice(&put_in(frame.as_bytes(), reply).unwrap()).unwrap();
                assert_eq!(out["result"]["content"][0]["text"], reply.json);
                assert_eq!(out["result"]["structuredContent"]["a"], "q\"\n");
            }
        }
        assert!(put_in(b"{}", &reply).is_none());
        assert!(put_in(TEXT.as_bytes(), &reply).is_none());
    }
}
