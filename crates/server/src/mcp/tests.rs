//! The gate and the library read the same messages. Where they could differ, a call would pass the gate's scope check
//! under another name than it runs under.
use rmcp::model::{ClientJsonRpcMessage, ClientRequest};
use serde_json::json;
use watchkeep_hub::Rng;

use crate::gate::Peek;

/// What the library would call, and under which method.
fn library(body: &[u8]) -> Option<(&'static str, String)> {
    let message: ClientJsonRpcMessage = serde_json::from_slice(body).ok()?;
    match message {
        ClientJsonRpcMessage::Request(request) => match request.request {
            ClientRequest::CallToolRequest(call) => Some(("tools/call", call.params.name.to_string())),
            ClientRequest::GetPromptRequest(get) => Some(("prompts/get", get.params.name)),
            _ => None,
        },
        _ => None,
    }
}

/// True unless the library would run something that the gate did not see.
fn agree(body: &[u8]) -> bool {
    let Some((method, name)) = library(body) else { return true };
    match Peek::read(body) {
        Ok(peek) => peek.method.as_deref() == Some(method) && peek.name.as_deref() == Some(&*name),
        Err(_) => true, // the gate refuses: nothing runs
    }
}

fn corpus() -> Vec<Vec<u8>> {
    let call = |params: serde_json::Value| {
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string()
    };
    [
        call(json!({ "name": "add_source", "arguments": { "name": "list_sources", "method": "ping" } })),
        call(json!({ "name": "list_sources", "arguments": {}, "_meta": { "progressToken": 1, "name": "add_source" } })),
        r#"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"list_sources","arguments":{}},"method":"tools/call"}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{"x":"\"name\":\"y\""},"name":"add_\u0073ource"}}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[null,"add_source",{}]}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_sources","name":"add_source"}}"#.into(),
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_sources"},"params":{"name":"add_source"}}"#.into(),
        r#"["2.0",1,"tools/call",{"name":"add_source"}]"#.into(),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "prompts/get", "params": { "name": "top_risks", "arguments": { "count": "3" } } }).to_string(),
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1, "name": "add_source" } }).to_string(),
    ]
    .map(String::into_bytes)
    .to_vec()
}

#[test]
fn the_corpus_is_read_alike() {
    for body in corpus() {
        assert!(agree(&body), "{}", String::from_utf8_lossy(&body));
    }
    assert!(library(&corpus()[0]).is_some(), "the library reads a plain call");
}

/// 20,000 seeded mutations of messages: whatever the library would call, the gate has seen under that name.
#[test]
fn mutated_messages_are_read_alike() {
    const PIECES: [&str; 14] = [
        "\"name\":\"add_source\",",
        "\"method\":\"tools/call\",",
        "\"params\":{\"name\":\"add_source\"},",
        "\\u006eame",
        "{",
        "}",
        "[",
        "]",
        "\"",
        ",",
        "null",
        "\u{feff}",
        "\"x\":1,",
        "\"arguments\":{},",
    ];
    let (rng, corpus) = (Rng::seeded(28), corpus());
    let mut calls = 0;
    for round in 0..20_000_usize {
        let mut body = corpus[round % corpus.len()].clone();
        for _ in 0..=u8::from(rng.bytes::<1>()[0] % 4 == 0) {
            let [how, a, b, c] = rng.bytes::<4>();
            let at = (usize::from(a) << 8 | usize::from(b)) % body.len().max(1);
            match how % 7 {
                _ if body.is_empty() => body.push(c),
                0 => body[at] = c,
                1 => drop(body.remove(at)),
                2 => body[at] ^= 1 << (c % 8),
                3 | 4 => {
                    // a member more, where members begin
                    let begins: Vec<usize> = (0..body.len()).filter(|i| matches!(body[*i], b'{' | b',')).collect();
                    let at = begins.get(at % begins.len().max(1)).map_or(0, |i| i + 1);
                    body.splice(at..at, PIECES[usize::from(c) % PIECES.len()].bytes());
                }
                5 => {
                    let end = (at + usize::from(c) % 40).min(body.len());
                    let piece = body[at..end].to_vec();
                    body.splice(at..at, piece);
                }
                _ => body.truncate(at.max(1)),
            }
        }
        calls += usize::from(library(&body).is_some());
        assert!(agree(&body), "{}", String::from_utf8_lossy(&body));
    }
    assert!(calls > 1_000, "the mutations must reach the library: {calls}");
}
