//! What goes over the wire, byte for byte but for the order of members, in each revision of MCP.
//!
//! The transcripts stand in `snapshots/`. A change of them is a change of the interface: read it before you accept it.
use http::Request;
use serde_json::{Value, json};

use crate::doors::{Answer, Doors, call};
use crate::fixture::pat;

struct Talk {
    doors: Doors,
    revision: &'static str,
    log: Vec<Value>,
}

impl Talk {
    async fn new(revision: &'static str) -> Self {
        Self { doors: Doors::new().await, revision, log: vec![] }
    }

    fn modern(&self) -> bool {
        self.revision >= "2026"
    }

    /// Sends a message in the form of the revision and writes both sides down.
    async fn say(&mut self, method: &str, mut params: Value) {
        let name = params.get("name").or_else(|| params.get("uri")).and_then(Value::as_str).map(str::to_owned);
        if self.modern() {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": self.revision,
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": { "name": "wire", "version": "1" }
            });
        }
        let message = json!({ "jsonrpc": "2.0", "id": self.log.len(), "method": method, "params": params });
        let mut headers = vec![("mcp-protocol-version", self.revision.to_owned())];
        if self.modern() {
            headers.push(("mcp-method", method.to_owned()));
            headers.extend(name.map(|name| ("mcp-name", name)));
        }
        self.send(&message, &headers).await;
    }

    async fn send(&mut self, message: &Value, headers: &[(&str, String)]) {
        let mut request = Request::post("/api/mcp")
            .header("authorization", format!("Bearer {}", pat("contoso", 'b')))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = self.doors.send(request, message.to_string()).await;
        self.note(message, headers, &answer);
    }

    fn note(&mut self, message: &Value, headers: &[(&str, String)], answer: &Answer) {
        let body = if answer.body.is_empty() { Value::Null } else { answer.json() };
        let sent: Value =
            headers.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect();
        let back = json!({ "status": answer.status, "type": answer.header("content-type"), "session": answer.header("mcp-session-id"), "body": body });
        self.log.push(json!({ "sent": { "headers": sent, "body": message }, "back": back }));
    }

    /// What each revision asks.
    async fn usual(&mut self) {
        self.say("tools/list", json!({})).await;
        self.say("tools/call", json!({ "name": "list_sources", "arguments": { "limit": 2 } })).await;
        self.say("tools/call", json!({ "name": "get_source", "arguments": { "id": "source-0001" } })).await;
        self.say("tools/call", json!({ "name": "get_source", "arguments": { "id": "nobody" } })).await;
        self.say("tools/call", json!({ "name": "list_sources", "arguments": { "limit": 0, "kin": "csv" } })).await;
        self.say("tools/call", json!({ "name": "no_such_tool", "arguments": {} })).await;
        self.say("tools/call", json!({ "name": "list_sources", "arguments": [1] })).await;
        self.say("tools/call", json!({ "name": "check_source", "arguments": { "id": "x", "idempotencyKey": "k" } }))
            .await;
        self.say("prompts/list", json!({})).await;
        self.say("prompts/get", json!({ "name": "top_risks", "arguments": { "count": "2" } })).await;
        self.say("prompts/get", json!({ "name": "top_risks", "arguments": { "count": "x" } })).await;
        self.say("resources/list", json!({})).await;
        self.say("resources/templates/list", json!({})).await;
        self.say("resources/read", json!({ "uri": "source://source-0002" })).await;
        self.say("resources/read", json!({ "uri": "source://nobody" })).await;
        self.say("ping", json!({})).await;
        self.say("no/such", json!({})).await;
        self.say("completion/complete", json!({})).await;
    }

    fn check(self) {
        insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "snapshots", sort_maps => true }, {
            insta::assert_json_snapshot!(format!("mcp-{}", self.revision), self.log);
        });
    }
}

async fn legacy(revision: &'static str) {
    let mut talk = Talk::new(revision).await;
    let hello =
        json!({ "protocolVersion": revision, "capabilities": {}, "clientInfo": { "name": "wire", "version": "1" } });
    talk.send(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello }), &[]).await;
    talk.send(
        &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        &[("mcp-protocol-version", revision.into())],
    )
    .await;
    talk.usual().await;
    // a client that forgets the header, and one that is of another time
    talk.send(&call("get_source", json!({ "id": "source-0001" })), &[]).await;
    talk.send(&call("get_source", json!({ "id": "source-0001" })), &[("mcp-protocol-version", "1999-01-01".into())])
        .await;
    talk.check();
}

#[tokio::test]
async fn revision_2025_03_26() {
    legacy("2025-03-26").await;
}

#[tokio::test]
async fn revision_2025_06_18() {
    legacy("2025-06-18").await;
}

#[tokio::test]
async fn revision_2025_11_25() {
    legacy("2025-11-25").await;
}

#[tokio::test]
async fn revision_2026_07_28() {
    let mut talk = Talk::new("2026-07-28").await;
    talk.say("server/discover", json!({})).await;
    talk.usual().await;
    let meta = |revision: &str| json!({ "io.modelcontextprotocol/protocolVersion": revision, "io.modelcontextprotocol/clientCapabilities": {} });
    let list = |meta: Value| json!({ "jsonrpc": "2.0", "id": 90, "method": "tools/list", "params": { "_meta": meta } });
    let version =
        |revision: &str| [("mcp-protocol-version", revision.to_owned()), ("mcp-method", "tools/list".to_owned())];
    // no capabilities; another revision in the header than in the body; one that nobody knows; another method in the header
    talk.send(&list(json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28" })), &version("2026-07-28")).await;
    talk.send(&list(meta("2026-07-28")), &version("2025-11-25")).await;
    talk.send(&list(meta("2027-01-01")), &version("2027-01-01")).await;
    talk.send(
        &list(meta("2026-07-28")),
        &[("mcp-protocol-version", "2026-07-28".into()), ("mcp-method", "tools/call".into())],
    )
    .await;
    talk.check();
}

#[tokio::test]
async fn a_client_of_another_time_is_offered_the_newest_it_can_have() {
    let doors = Doors::new().await;
    for (asked, got) in [
        ("2024-11-05", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("nonsense", "2025-11-25"),
    ] {
        let params =
            json!({ "protocolVersion": asked, "capabilities": {}, "clientInfo": { "name": "wire", "version": "1" } });
        let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let answer = doors.rpc("/api/mcp", &pat("acme", 'a'), &message).await;
        assert_eq!(answer.result()["protocolVersion"], got, "{asked}");
        assert_eq!(answer.header("mcp-session-id"), "", "there are no sessions");
    }
}

/// The plain way through the library and the short one give the same, for every kind of result.
#[tokio::test]
async fn spliced_and_plain_answers_are_equal() {
    let (short, long) =
        (Doors::new().await, Doors::with(watchkeep_hub::Limits::NONE, |s| s.plain_answers = true).await);
    for (name, args) in [
        ("list_sources", json!({ "limit": 200 })),
        ("list_sources", json!({ "limit": 1, "kind": "mcp_client" })),
        ("get_source", json!({ "id": "source-0001" })),
        ("get_source", json!({ "id": "nobody" })),
        ("check_source", json!({ "id": "\u{e000}answer \"text\":\"\u{e000}answer\" \\ \u{7f} é" })),
        ("no_such_tool", json!({})),
    ] {
        let (a, b) = (
            short.tool("/api/mcp", &pat("acme", 'b'), name, args.clone()).await,
            long.tool("/api/mcp", &pat("acme", 'b'), name, args).await,
        );
        assert_eq!(
            (a.status, a.header("content-type"), a.json()),
            (b.status, b.header("content-type"), b.json()),
            "{name}"
        );
    }
}
