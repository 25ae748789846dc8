//! What is no message, and what pretends to be one.
use http::Request;
use serde_json::{Value, json};

use crate::doors::{Answer, Doors, call};
use crate::fixture::pat;

async fn raw(doors: &Doors, body: impl Into<axum::body::Body>) -> Answer {
    let request = Request::post("/api/mcp").header("authorization", format!("Bearer {}", pat("acme", 'b')));
    doors.send(request.header("content-type", "application/json"), body).await
}

#[tokio::test]
async fn what_is_no_message_is_told_in_json_rpc() {
    let doors = Doors::new().await;
    let deep = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{}1{}}}",
        "{\"a\":".repeat(70),
        "}".repeat(70)
    );
    let very_deep = "[".repeat(1_000_000);
    for (body, status, code, part) in [
        ("{nope", 400, -32700, "is not JSON"),
        ("", 400, -32700, "is not JSON"),
        ("null", 400, -32600, "not one JSON-RPC message"),
        ("\"x\"", 400, -32600, "not one JSON-RPC message"),
        ("[]", 400, -32600, "batches are not taken"),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, 400, -32600, "batches are not taken"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#, 400, -32600, "`method` is given twice"),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{},"params":{"name":"add_source"}}"#,
            400,
            -32600,
            "`params` is given twice",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_sources","name":"add_source"}}"#,
            400,
            -32600,
            "`name` is given twice",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_sources","arguments":{},"arguments":{}}}"#,
            400,
            -32600,
            "`arguments` is given twice",
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[null,"add_source",{"name":"x"}]}"#,
            400,
            -32600,
            "`params` to be an object",
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":5}"#, 400, -32600, "`method` is not text"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}trailing"#, 400, -32700, "is not JSON"),
        (&deep, 400, -32600, "deep; at most 64"),
        (&very_deep, 400, -32600, "nests 1000000 deep"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"no/such"}"#, 200, -32601, "no/such"),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_sources","arguments":[1]}}"#,
            200,
            -32602,
            "params must be",
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":5}}"#, 200, -32602, "params must be"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#, 200, -32602, "params must be"),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, 400, -32600, ""),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, 400, -32600, "`jsonrpc` is not"),
        (r#"{"id":1,"method":"ping"}"#, 400, -32600, "`jsonrpc` is missing"),
        (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, 400, -32600, "no request, notification or response"),
        (r#"{"jsonrpc":"2.0"}"#, 400, -32600, "no request, notification or response"),
    ] {
        let answer = raw(&doors, body.to_owned()).await;
        let v = answer.json();
        let shown = &body[..body.len().min(120)];
        assert_eq!((answer.status, v["error"]["code"].as_i64()), (status, Some(code)), "{shown}: {v}");
        assert_eq!(
            (v["jsonrpc"].as_str(), answer.header("content-type")),
            (Some("2.0"), "application/json"),
            "{shown}"
        );
        assert!(v["error"]["message"].as_str().unwrap().contains(part), "{shown}: {v}");
    }
    let answer = raw(&doors, b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"p\xffing\"}".to_vec()).await;
    assert!(
        answer.status == 400 && answer.json()["error"]["message"].as_str().unwrap().contains("not UTF-8 at byte 35")
    );
}

#[tokio::test]
async fn calls_that_lead_nowhere_are_recorded_in_one_form() {
    let doors = Doors::new().await;
    let (before, ..) = doors.rows().await;
    let ask = async |name: &str| {
        let answer = doors.tool("/api/mcp", &pat("acme", 'b'), name, json!({ "x": 1 })).await;
        (answer.status, answer.json()["error"].clone())
    };
    // a tool that the role may not see, one of the other connector, and one that nobody has
    for (i, name) in ["list_secrets", "monsys_list_sources", "no_such_tool"].into_iter().enumerate() {
        let (status, error) = ask(name).await;
        assert_eq!((status, error["code"].as_i64()), (200, Some(-32602)));
        assert_eq!(error["message"], format!("there is no tool `{name}`; tools/list names them"));
        assert_eq!(doors.rows().await, (before + i + 1, name.to_owned(), "not_found".into()));
    }
    assert_eq!(ask("lst_sources").await.1["message"], "there is no tool `lst_sources`; did you mean `list_sources`?");
    let (_, error) = ask(&format!("\u{202e}evil{}", "x".repeat(500))).await;
    assert!(error["message"].as_str().unwrap().len() < 200 && !error["message"].as_str().unwrap().contains('\u{202e}'));
    // unreadable params are a call, too
    raw(&doors, r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_sources","arguments":[1]}}"#)
        .await;
    let (_, op, outcome) = doors.rows().await;
    assert_eq!((&*op, &*outcome), ("list_sources", "invalid"));
}

#[tokio::test]
async fn hostile_ids_come_back_as_they_were_and_move_nothing() {
    let (spliced, plain) =
        (Doors::new().await, Doors::with(watchkeep_hub::Limits::NONE, |s| s.plain_answers = true).await);
    for id in [
        json!("\"text\":\"\u{e000}answer\""),
        json!("\"structuredContent\":\"\u{e000}answer\""),
        json!("\u{e000}answer"),
        json!("</script>\u{0}\n\\"),
        json!(-1),
        json!(9_007_199_254_740_993_i64),
        json!(""),
    ] {
        let mut message = call("list_sources", json!({ "limit": 3 }));
        message["id"] = id.clone();
        let (a, b) = (
            spliced.rpc("/api/mcp", &pat("acme", 'a'), &message).await.json(),
            plain.rpc("/api/mcp", &pat("acme", 'a'), &message).await.json(),
        );
        assert_eq!(a, b, "spliced and plain answers are equal");
        assert_eq!(a["id"], id);
        assert_eq!(a["result"]["structuredContent"]["items"].as_array().unwrap().len(), 3);
        let text: Value = serde_json::from_str(a["result"]["content"][0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(text, a["result"]["structuredContent"]);
    }
}

#[tokio::test]
async fn foreign_ids_and_cursors_open_nothing() {
    let doors = Doors::new().await;
    let theirs = doors.tool("/api/mcp", &pat("contoso", 'a'), "list_sources", json!({ "limit": 1 })).await.result();
    let cursor = &theirs["structuredContent"]["nextCursor"];
    let answer = doors.tool("/api/mcp", &pat("acme", 'a'), "list_sources", json!({ "cursor": cursor })).await.result();
    assert_eq!(
        (answer["isError"].as_bool(), answer["_meta"]["watchkeep/error"]["kind"].as_str()),
        (Some(true), Some("conflict"))
    );
    assert!(answer["content"][0]["text"].as_str().unwrap().starts_with("cursor: "));
    let id = &theirs["structuredContent"]["items"][0]["id"];
    let answer = doors.tool("/api/mcp", &pat("acme", 'a'), "get_source", json!({ "id": id })).await.result();
    assert_eq!(answer["_meta"]["watchkeep/error"]["kind"], "not_found");
}

#[tokio::test]
async fn a_large_body_is_refused_before_it_is_read() {
    let doors = Doors::new().await;
    let request = || {
        Request::post("/api/mcp")
            .header("authorization", format!("Bearer {}", pat("acme", 'b')))
            .header("content-type", "application/json")
    };
    let said = doors.send(request().header("content-length", 100_000_000), "{}").await;
    let sent = doors.send(request(), vec![b' '; 4 * 1024 * 1024 + 1]).await;
    for answer in [said, sent] {
        assert_eq!(
            (answer.status, answer.json()["error"]["message"].as_str()),
            (413, Some("the request is larger than 4 MiB; send less at a time"))
        );
    }
    // what the largest artifact needs still passes
    let vendor = "\u{1}".repeat(100_000);
    let answer =
        doors.tool("/api/mcp", &pat("acme", 'b'), "add_source", json!({ "name": "big", "vendor": vendor })).await;
    assert_eq!(answer.result()["isError"], Value::Null, "{}", answer.json());
}
