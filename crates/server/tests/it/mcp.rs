//! Tools, prompts and resources over MCP.
use http::Request;
use serde_json::{Value, json};

use crate::doors::{Answer, Doors};
use crate::fixture::pat;

async fn ask(doors: &Doors, method: &str, params: Value) -> Answer {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    doors.rpc("/api/mcp", &pat("acme", 'a'), &message).await
}

/// The same as a client of 2026-07-28 asks.
async fn ask_modern(doors: &Doors, method: &str, name: Option<&str>, mut params: Value) -> Answer {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {}
    });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let mut request = Request::post("/api/mcp")
        .header("authorization", format!("Bearer {}", pat("acme", 'a')))
        .header("content-type", "application/json")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method);
    if let Some(name) = name {
        request = request.header("mcp-name", name);
    }
    doors.send(request, message.to_string()).await
}

#[tokio::test]
async fn tools_are_listed_by_role_in_the_order_of_the_list() {
    let doors = Doors::new().await;
    let names = async |token: String| {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
        let result = doors.rpc("/api/mcp", &token, &message).await.result();
        result["tools"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let analyst = ["list_sources", "get_source", "add_source", "check_source", "fail_on_purpose", "break_on_purpose"];
    assert_eq!(names(pat("acme", 'a')).await, analyst, "a scope that is missing hides nothing");
    assert_eq!(names(pat("acme", 'd')).await.len(), 7, "an admin sees more");
    let list = ask(&doors, "tools/list", json!({})).await.result();
    let add = &list["tools"][2];
    assert_eq!(
        add["annotations"],
        json!({ "title": "Add a source", "readOnlyHint": false, "destructiveHint": false, "idempotentHint": false, "openWorldHint": false })
    );
    assert!(add["outputSchema"]["type"] == "object" && add["inputSchema"]["properties"]["idempotencyKey"].is_object());
    assert_eq!(list["tools"][0]["annotations"]["readOnlyHint"], true);
    let paged = ask(&doors, "tools/list", json!({ "cursor": "x" })).await.json();
    assert_eq!(paged["error"]["code"], -32602);
}

#[tokio::test]
async fn a_bad_argument_is_a_result_that_names_it() {
    let doors = Doors::new().await;
    let params = json!({ "name": "list_sources", "arguments": { "knd": "csv", "limit": "many", "kind": "cvs" } });
    let result = ask(&doors, "tools/call", params).await.result();
    assert_eq!(result["isError"], true);
    assert!(result.get("structuredContent").is_none());
    let errors = result["_meta"]["watchkeep/error"]["errors"].as_array().unwrap();
    let told: Vec<(&str, &str)> =
        errors.iter().map(|e| (e["field"].as_str().unwrap(), e["nearest"].as_str().unwrap_or(""))).collect();
    assert_eq!(told, [("knd", "kind"), ("kind", "csv"), ("limit", "")]);
    assert!(result["content"][0]["text"].as_str().unwrap().contains("knd: there is no such argument"));
}

#[tokio::test]
async fn outside_text_is_named() {
    let doors = Doors::new().await;
    let result =
        ask(&doors, "tools/call", json!({ "name": "list_sources", "arguments": { "limit": 1 } })).await.result();
    assert_eq!(result["_meta"], json!({ "watchkeep/outsideText": ["items[].vendor"] }));
    let result =
        ask(&doors, "tools/call", json!({ "name": "get_source", "arguments": { "id": "source-0001" } })).await.result();
    assert!(result.get("_meta").is_none());
}

#[tokio::test]
async fn an_error_of_ours_tells_the_request_and_no_more() {
    let doors = Doors::new().await;
    for how in ["internal", "panic"] {
        let answer = ask(&doors, "tools/call", json!({ "name": "fail_on_purpose", "arguments": { "how": how } })).await;
        let text = answer.result()["content"][0]["text"].as_str().unwrap().to_owned();
        assert!(text.contains(answer.header("x-request-id")) && !text.contains("secret"), "{text}");
    }
}

#[tokio::test]
async fn prompts_are_listed_filled_in_and_recorded() {
    let doors = Doors::new().await;
    let list = ask(&doors, "prompts/list", json!({})).await.result();
    assert_eq!(list["prompts"][0]["name"], "top_risks");
    assert_eq!(list["prompts"][1]["title"], "Red KRIs and what feeds them");
    assert_eq!(list["prompts"][1]["arguments"][0]["name"], "category");
    let (before, ..) = doors.rows().await;

    let got = ask(&doors, "prompts/get", json!({ "name": "top_risks", "arguments": { "count": "3" } })).await.result();
    assert_eq!(got["messages"][0]["role"], "user");
    assert!(got["messages"][0]["content"]["text"].as_str().unwrap().contains("top 3 risks"));
    assert_eq!(doors.rows().await, (before + 1, "prompts/get top_risks".into(), "ok".into()));

    for (params, part, outcome) in [
        (json!({ "name": "top_risk" }), "did you mean `top_risks`?", "not_found"),
        (
            json!({ "name": "red_kris", "arguments": { "category": "Identitty" } }),
            "did you mean `identity`?",
            "invalid",
        ),
        (json!({ "name": "top_risks", "arguments": { "count": "0" } }), "count: 0 is out of range", "invalid"),
    ] {
        let error = ask(&doors, "prompts/get", params).await.json()["error"].clone();
        assert_eq!(error["code"], -32602);
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
        assert_eq!(doors.rows().await.2, outcome);
    }
}

#[tokio::test]
async fn resources_are_listed_page_by_page_and_read_as_calls() {
    let doors = Doors::new().await;
    let templates = ask(&doors, "resources/templates/list", json!({})).await.result();
    assert_eq!(templates["resourceTemplates"][0]["uriTemplate"], "source://{name}");
    let (mut params, mut seen) = (json!({}), vec![]);
    loop {
        let page = ask(&doors, "resources/list", params).await.result();
        seen.extend(page["resources"].as_array().unwrap().iter().map(|r| r["uri"].as_str().unwrap().to_owned()));
        match page["nextCursor"].as_str() {
            Some(next) => params = json!({ "cursor": next }),
            None => break,
        }
    }
    assert_eq!((seen.len(), &*seen[0], &*seen[119]), (120, "source://source-0000", "source://source-0119"));
    assert_eq!(doors.rows().await.1, "list_sources");

    let read = ask(&doors, "resources/read", json!({ "uri": "source://source-0007" })).await.result();
    let contents = &read["contents"][0];
    assert_eq!(
        (contents["uri"].as_str(), contents["mimeType"].as_str()),
        (Some("source://source-0007"), Some("application/json"))
    );
    let thing: Value = serde_json::from_str(contents["text"].as_str().unwrap()).unwrap();
    assert_eq!(thing["name"], "source-0007");
    assert_eq!(doors.rows().await.1, "get_source");

    let bad = ask(&doors, "resources/list", json!({ "cursor": "7.x" })).await.json();
    assert_eq!(bad["error"]["code"], -32602);
}

#[tokio::test]
async fn a_resource_that_is_not_there_has_the_code_of_its_revision() {
    let doors = Doors::new().await;
    for (uri, op) in
        [("source://nobody", "get_source"), ("kri://x", "resources/read"), ("file:///etc/passwd", "resources/read")]
    {
        let old = ask(&doors, "resources/read", json!({ "uri": uri })).await.json();
        assert_eq!(old["error"]["code"], -32002, "{uri}: {old}");
        let new = ask_modern(&doors, "resources/read", Some(uri), json!({ "uri": uri })).await.json();
        assert_eq!(new["error"]["code"], -32602, "{uri}: {new}");
        let (_, last, outcome) = doors.rows().await;
        assert_eq!((&*last, &*outcome), (op, "not_found"));
    }
}

#[tokio::test]
async fn what_is_not_declared_is_not_answered() {
    let doors = Doors::new().await;
    for method in [
        "completion/complete",
        "logging/setLevel",
        "resources/subscribe",
        "tasks/get",
        "subscriptions/listen",
        "sampling/createMessage",
    ] {
        let params = json!({
            "ref": { "type": "ref/prompt", "name": "top_risks" }, "argument": { "name": "count", "value": "" },
            "level": "info", "uri": "source://x", "taskId": "x"
        });
        let answer = ask(&doors, method, params).await.json();
        assert_eq!(answer["error"]["code"], -32601, "{method}: {answer}");
    }
    // a connector without prompts and resources declares none
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } } });
    let fleet = doors.rpc("/mcp", &pat("acme", 'f'), &message).await.result();
    assert_eq!(fleet["capabilities"], json!({ "tools": {} }));
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "prompts/list" });
    assert_eq!(doors.rpc("/mcp", &pat("acme", 'f'), &message).await.json()["error"]["code"], -32601);
}

#[tokio::test]
async fn the_last_use_of_a_token_is_noted_beside_the_call() {
    let doors = Doors::new().await;
    for _ in 0..5 {
        ask(&doors, "ping", json!({})).await;
    }
    assert!(doors.house.hub.tasks.idle(std::time::Duration::from_secs(10)).await);
    let access = doors.house.access(&pat("acme", 'a')).await;
    assert_eq!(access.last_used, Some(crate::fixture::NOW));
}

#[tokio::test]
async fn a_kri_is_a_resource() {
    let doors = Doors::product().await;
    let templates = ask(&doors, "resources/templates/list", json!({})).await.result();
    assert_eq!(templates["resourceTemplates"][0]["uriTemplate"], "kri://{slug}");
    assert_eq!(ask(&doors, "resources/list", json!({})).await.result()["resources"], json!([]));
    assert_eq!(doors.rows().await.1, "list_kris");
    let error = ask(&doors, "resources/read", json!({ "uri": "kri://nobody" })).await.json()["error"].clone();
    assert_eq!((&error["code"], &error["data"]["uri"]), (&json!(-32002), &json!("kri://nobody")));
    let (_, op, outcome) = doors.rows().await;
    assert_eq!((&*op, &*outcome), ("get_kri", "not_found"));
}
