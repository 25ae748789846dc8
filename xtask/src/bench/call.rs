//! The call that is measured, and what counts as its right answer.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::{Value, json};

use crate::Result;
use crate::bench::http::{Connection, find};
use crate::bench::load::Caller;

/// The revision that the load generator speaks.
pub(super) const REVISION: &str = "2025-11-25";
/// Rows asked for and expected.
pub(super) const ROWS: usize = 50;

/// Where a server answers, and the token that opens it.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    pub(super) port: u16,
    pub(super) path: String,
    pub(super) token: String,
}

impl Endpoint {
    /// From a URL on this machine: `http://127.0.0.1:PORT/PATH`.
    pub(super) fn parse(url: &str, token: &str) -> Result<Self> {
        let rest = url.strip_prefix("http://127.0.0.1:").or_else(|| url.strip_prefix("http://localhost:"));
        let (port, path) =
            rest.and_then(|rest| rest.split_once('/')).ok_or_else(|| format!("`{url}` is no URL here"))?;
        Ok(Self { port: port.parse()?, path: format!("/{path}"), token: token.to_owned() })
    }

    fn post(&self, session: Option<&str>, body: &str) -> Vec<u8> {
        let Self { port, path, token } = self;
        let session = session.map(|id| format!("Mcp-Session-Id: {id}\r\n")).unwrap_or_default();
        format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
             MCP-Protocol-Version: {REVISION}\r\nUser-Agent: watchkeep-bench\r\n{session}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

/// One client: a connection that has shaken hands, and asks the same thing again and again.
pub(super) struct Client {
    connection: Connection,
    endpoint: Endpoint,
    session: Option<String>,
    request: Vec<u8>,
    id: u64,
    right: Option<Right>,
    bytes: usize,
}

/// An answer that was read and found right, with the request's id cut out. One that is equal to it, byte for byte, is
/// right too; any other is read in full again.
struct Right {
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Client {
    /// Connects and does what the revision asks for before the first call. Clients of one server have different
    /// `number`s, so that no two requests carry the same id.
    pub(super) fn connect(endpoint: &Endpoint, number: usize) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, endpoint.port));
        let mut connection = Connection::open(address)?;
        let hello = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": REVISION, "capabilities": {}, "clientInfo": {"name": "watchkeep-bench", "version": "1"}}});
        let answer = connection.ask(&endpoint.post(None, &hello.to_string()))?;
        let session = answer.session;
        if answer.status != 200 {
            return Err(refused("initialize", answer.status, answer.body));
        }
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let answer = connection.ask(&endpoint.post(session.as_deref(), &ready.to_string()))?;
        if answer.status != 202 {
            return Err(refused("notifications/initialized", answer.status, answer.body));
        }
        // ids of one length, so that the request is written once and only its digits change
        let id = (number as u64 + 1) * 1_000_000_000;
        let request = endpoint.post(session.as_deref(), &tools_call(id));
        Ok(Self { connection, endpoint: endpoint.clone(), session, request, id, right: None, bytes: 0 })
    }
}

impl Caller for Client {
    /// Fails when the answer is not the page of rows that was asked for.
    fn call(&mut self) -> Result {
        let old = self.id.to_string();
        self.id += 1;
        let new = self.id.to_string();
        let at = find(&self.request, format!("\"id\":{old}").as_bytes()).filter(|_| old.len() == new.len());
        match at {
            Some(at) => self.request[at + 5..at + 5 + new.len()].copy_from_slice(new.as_bytes()),
            None => self.request = self.endpoint.post(self.session.as_deref(), &tools_call(self.id)),
        }
        let answer = self.connection.ask(&self.request)?;
        if answer.status != 200 {
            return Err(refused("tools/call", answer.status, answer.body));
        }
        self.bytes = answer.body.len();
        let id = locate(answer.body, new.as_bytes()).ok_or("the answer has another id than the request")?;
        let (before, after) = (&answer.body[..id], &answer.body[id + new.len()..]);
        if self.right.as_ref().is_some_and(|right| right.before == before && right.after == after) {
            return Ok(());
        }
        check(answer.body, self.id)?;
        self.right = Some(Right { before: before.to_vec(), after: after.to_vec() });
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.bytes
    }
}

fn tools_call(id: u64) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"list_kris","arguments":{{"limit":{ROWS}}}}}}}"#
    )
}

/// The id stands near the beginning or near the end of an answer, depending on who wrote it.
fn locate(body: &[u8], id: &[u8]) -> Option<usize> {
    const NEAR: usize = 64;
    let tail = body.len().saturating_sub(NEAR);
    find(&body[..body.len().min(NEAR)], id).or_else(|| find(&body[tail..], id).map(|at| at + tail))
}

/// Reads a whole answer: the right id, no error, 50 different rows, and the same as text.
pub(super) fn check(body: &[u8], id: u64) -> Result {
    let answer: Value = serde_json::from_slice(body).map_err(|error| format!("the answer is not JSON: {error}"))?;
    let wrong = |what: &str| -> Result { Err(format!("{what}: {}", cut(body)).into()) };
    if answer["id"] != id {
        return wrong("the answer has another id than the request");
    }
    let result = &answer["result"];
    if result["isError"] == true || result.is_null() {
        return wrong("the call failed");
    }
    let structured = &result["structuredContent"];
    let Some(items) = structured["items"].as_array() else { return wrong("the answer has no items") };
    let mut slugs: Vec<&str> = items.iter().filter_map(|item| item["slug"].as_str()).collect();
    slugs.sort_unstable();
    slugs.dedup();
    if items.len() != ROWS || slugs.len() != ROWS {
        let (items, slugs) = (items.len(), slugs.len());
        return wrong(&format!("{ROWS} rows were asked for, {items} came, with {slugs} different slugs"));
    }
    let text = result["content"][0]["text"].as_str().unwrap_or_default();
    if serde_json::from_str::<Value>(text).ok().as_ref() != Some(structured) {
        return wrong("text and structured content differ");
    }
    Ok(())
}

fn refused(what: &str, status: u16, body: &[u8]) -> crate::Error {
    format!("{what} was answered with HTTP {status}: {}", cut(body)).into()
}

fn cut(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(400)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(change: impl FnOnce(&mut Value)) -> Vec<u8> {
        let items: Vec<Value> = (0..ROWS).map(|i| json!({"slug": format!("kri-{i}"), "value": 0.5})).collect();
        let page = json!({"items": items, "truncated": false});
        let text = page.to_string();
        let content = json!([{"type": "text", "text": text}]);
        let mut answer = json!({"jsonrpc": "2.0", "id": 7, "result": {"content": content, "structuredContent": page}});
        change(&mut answer);
        answer.to_string().into_bytes()
    }

    #[test]
    fn the_right_answer_passes() {
        check(&answer(|_| ()), 7).unwrap();
    }

    #[test]
    fn each_wrong_answer_is_told_apart() {
        let cases: [(&str, Vec<u8>); 7] = [
            ("another id", answer(|a| a["id"] = json!(8))),
            ("call failed", answer(|a| a["result"]["isError"] = json!(true))),
            ("call failed", answer(|a| *a = json!({"jsonrpc": "2.0", "id": 7, "error": {"code": -32602}}))),
            ("no items", answer(|a| a["result"]["structuredContent"] = json!({}))),
            ("49 came", answer(|a| drop(a["result"]["structuredContent"]["items"].as_array_mut().unwrap().pop()))),
            ("49 different", answer(|a| a["result"]["structuredContent"]["items"][0]["slug"] = json!("kri-1"))),
            ("differ", answer(|a| a["result"]["structuredContent"]["truncated"] = json!(true))),
        ];
        for (word, body) in cases {
            let error = check(&body, 7).unwrap_err().to_string();
            assert!(error.contains(word), "{word}: {error}");
        }
        assert!(check(b"<html>", 7).is_err());
    }

    #[test]
    fn the_id_is_found_at_both_ends() {
        let filling = "x".repeat(500);
        assert_eq!(locate(format!("{{\"id\":1234567890{filling}").as_bytes(), b"1234567890"), Some(6));
        assert_eq!(locate(format!("{filling}\"id\":1234567890}}").as_bytes(), b"1234567890"), Some(505));
        assert_eq!(locate(b"{}", b"1234567890"), None);
    }

    #[test]
    fn endpoints_are_read_from_urls() {
        let endpoint = Endpoint::parse("http://127.0.0.1:8840/api/mcp", "t").unwrap();
        assert_eq!((endpoint.port, endpoint.path.as_str()), (8840, "/api/mcp"));
        assert!(Endpoint::parse("https://hub.example/api/mcp", "t").is_err());
    }
}
