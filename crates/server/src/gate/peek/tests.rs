use serde_json::json;

use super::*;

fn read(body: &str) -> Result<(Option<String>, Option<String>), i32> {
    match Peek::read(body.as_bytes()) {
        Ok(peek) => Ok((peek.method.map(Into::into), peek.name.map(Into::into))),
        Err(malformed) => Err(malformed.code),
    }
}

#[test]
fn method_and_name_are_read_wherever_they_stand() {
    for body in [
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{"name":"y","method":"z"}}}"#,
        r#" {"jsonrpc":"2.0","params":{"arguments":{"a":[1,{"b":null}],"t":true,"f":1.5e9},"_meta":{"x":1},"name":"x"},"method":"tools\/call","id":null}"#,
        r#"{"jsonrpc":"2.0","method":"tools\u002fcall","params":{"n\u0061me":"\u0078"}}"#,
    ] {
        assert_eq!(read(body), Ok((Some("tools/call".into()), Some("x".into()))), "{body}");
    }
    for (body, want) in [
        (r#"{"jsonrpc":"2.0","method":"ping"}"#, (Some("ping".into()), None)),
        (r#"{"jsonrpc":"2.0","method":"ping","params":null}"#, (Some("ping".into()), None)),
        (r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":5}}"#, (Some("tools/call".into()), None)),
        (r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":{"x":["y"]}}}"#, (Some("tools/call".into()), None)),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, (None, None)),
        (r#"{"jsonrpc":"2.0"}"#, (None, None)),
    ] {
        assert_eq!(read(body), Ok(want), "{body}");
    }
}

#[test]
fn what_is_no_message_has_its_code() {
    for (body, code) in [
        ("", -32700),
        ("{", -32700),
        (r#"{"jsonrpc":"2.0","method":"ping"}x"#, -32700),
        ("[1,", -32700),
        ("[]", -32600),
        ("1", -32600),
        ("null", -32600),
        ("{}", -32600),
        (r#"{"jsonrpc":"1.0","method":"ping"}"#, -32600),
        (r#"{"jsonrpc":2.0,"method":"ping"}"#, -32600),
        (r#"{"method":1}"#, -32600),
        (r#"{"method":"a","method":"a"}"#, -32600),
        (r#"{"m\u0065thod":"a","method":"a"}"#, -32600),
        (r#"{"params":[]}"#, -32600),
        (r#"{"params":"x"}"#, -32600),
        (r#"{"params":{"name":"a","n\u0061me":"b"}}"#, -32600),
        (r#"{"id":1,"id":2}"#, -32600),
    ] {
        assert_eq!(read(body), Err(code), "{body}");
    }
    assert_eq!(Peek::read(b"{\"method\":\"\xff\"}").unwrap_err().code, -32700);
    assert_eq!(read(&format!("{}1{}", "{\"a\":".repeat(65), "}".repeat(65))), Err(-32600));
}

#[test]
fn a_row_of_a_refused_call_has_its_name_and_arguments() {
    let body = json!({ "jsonrpc": "2.0", "method": "tools/call", "params": { "name": "x", "arguments": { "a": 1 } } })
        .to_string();
    let (name, args) = Peek::read(body.as_bytes())
        .map(|p| {
            let (n, a) = p.call(body.as_bytes());
            (n.into_owned(), a)
        })
        .unwrap();
    assert_eq!((name.as_str(), Value::Object(args)), ("x", json!({ "a": 1 })));
    let body =
        json!({ "jsonrpc": "2.0", "method": "prompts/get", "params": { "name": "x", "arguments": [] } }).to_string();
    let peek = Peek::read(body.as_bytes()).unwrap();
    assert_eq!(peek.call(body.as_bytes()), ("prompts/get x".into(), Map::new()));
}

#[test]
fn words_are_the_programs_own() {
    let word = |method: &str| Peek { method: Some(method.into()), name: None }.word();
    assert_eq!((word("tools/call"), word("evil\nlabel"), Peek::default().word()), ("tools/call", "unknown", "unknown"));
}
