//! Bad input at the doors: each gets a clear error in the form of its door, and nothing is written.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::Request;
use serde_json::{Value, json};
use watchkeep_testkit::Answer;

use crate::calling::{of_mcp, of_rest};
use crate::ledger;
use crate::world::{World, on_each_engine};

const MCP: &str = "/api/mcp";

fn call(body: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{body}}}"#)
}

async fn mcp(w: &World, body: impl Into<Body>) -> Answer {
    w.acme.pat.send(Request::post(MCP).header("content-type", "application/json"), body).await
}

/// The code and the sentence of a JSON-RPC error, which must be one.
fn rpc_error(answer: &Answer, about: &str) -> (i64, String) {
    let body = answer.json();
    let form = body["jsonrpc"] == "2.0" && body["error"]["message"].as_str().is_some_and(|m| !m.is_empty());
    assert!(form, "{about}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
    assert!(answer.header("content-type").starts_with("application/json"), "{about}");
    (body["error"]["code"].as_i64().unwrap(), body["error"]["message"].as_str().unwrap().to_owned())
}

fn problem(answer: &Answer, about: &str) -> Value {
    let body = answer.json();
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{about}: {}",
        String::from_utf8_lossy(&answer.body)
    );
    for member in ["type", "title", "detail"] {
        assert!(body[member].as_str().is_some_and(|s| !s.is_empty()), "{about}: {body}");
    }
    assert_eq!(body["status"], answer.status, "{about}");
    body
}

#[tokio::test]
async fn what_is_no_json_rpc_message_is_told_so() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let (register, chains) = (ledger::register(&w.hub, &w.acme).await, w.chains().await);
        let deep = |n: usize| {
            call(&format!(
                r#"{{"name":"list_kris","arguments":{}{}}}"#,
                "{\"a\":".repeat(n),
                "1".to_owned() + &"}".repeat(n)
            ))
        };
        let cases: Vec<(Vec<u8>, i64, &str)> = vec![
            (b"".to_vec(), -32700, "not JSON"),
            (b" \n".to_vec(), -32700, "not JSON"),
            (b"{".to_vec(), -32700, "not JSON"),
            (b"nonsense".to_vec(), -32700, "not JSON"),
            (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",}".to_vec(), -32700, "not JSON"),
            (b"{\"jsonrpc\":'2.0'}".to_vec(), -32700, "not JSON"),
            (call(r#"{"name":"list_kris","arguments":{"limit":01}}"#).into_bytes(), -32700, "not JSON"),
            (call(r#"{"name":"list_kris"}"#).into_bytes().split_last().unwrap().1.to_vec(), -32700, "not JSON"),
            ([call(r#"{"name":"list_kris"}"#).as_bytes(), b"{}"].concat(), -32700, "not JSON"),
            (b"\xef\xbb\xbf{}".to_vec(), -32700, "not JSON"),
            (b"{\"method\":\"\xff\xfe\"}".to_vec(), -32700, "not UTF-8 at byte 11"),
            (b"{\"method\":\"\xed\xa0\x80\"}".to_vec(), -32700, "not UTF-8"),
            (b"[]".to_vec(), -32600, "batches are not taken"),
            (format!("[{}]", call(r#"{"name":"list_kris"}"#)).into_bytes(), -32600, "batches are not taken"),
            (b"5".to_vec(), -32600, "not one JSON-RPC message"),
            (b"null".to_vec(), -32600, "not one JSON-RPC message"),
            (b"\"tools/call\"".to_vec(), -32600, "not one JSON-RPC message"),
            (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}".to_vec(), -32600, "`method` is not text"),
            (
                b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"method\":\"ping\"}".to_vec(),
                -32600,
                "`method` is given twice",
            ),
            (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}".to_vec(), -32600, "`id` is given twice"),
            (call(r#"{"name":"list_kris","name":"add_source"}"#).into_bytes(), -32600, "`name` is given twice"),
            (
                call(r#"{"name":"list_kris","arguments":{},"arguments":{"limit":1}}"#).into_bytes(),
                -32600,
                "`arguments` is given twice",
            ),
            (call("[1]").into_bytes(), -32600, "`params` to be an object"),
            (call("\"list_kris\"").into_bytes(), -32600, "`params` to be an object"),
            (deep(65).into_bytes(), -32600, "deep; at most 64 is read"),
            (deep(100_000).into_bytes(), -32600, "deep; at most 64 is read"),
            (b"[".repeat(1_000_000), -32600, "deep; at most 64 is read"),
        ];
        for (body, code, says) in cases {
            let about: String = String::from_utf8_lossy(&body).chars().take(80).collect();
            let answer = mcp(&w, body).await;
            let (got, text) = rpc_error(&answer, &about);
            assert_eq!((answer.status, got), (400, code), "{about}: {text}");
            assert!(text.contains(says), "{about}: {text}");
            assert_eq!(answer.json()["id"], Value::Null, "{about}");
        }
        assert_eq!(ledger::register(&w.hub, &w.acme).await, register);
        assert_eq!(w.chains().await, chains, "what is no call leaves no row");
    })
    .await;
}

#[tokio::test]
async fn messages_that_the_protocol_does_not_know_are_told_so() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let register = ledger::register(&w.hub, &w.acme).await;
        for (message, code) in [
            (json!({ "jsonrpc": "2.0", "id": 1, "method": "no/such/method" }), -32601),
            (json!({ "jsonrpc": "2.0", "id": 1, "method": "completion/complete", "params": {} }), -32601),
            (json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "no_such_tool" } }), -32602),
            (json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "post_samples", "arguments": {} } }), -32602),
            (json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {} }), -32602),
            (json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call" }), -32602),
            (json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": 5 } }), -32602),
            (json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": null } }), -32602),
            (json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "list_kris", "arguments": [1] } }), -32602),
            (json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "list_kris", "arguments": "x" } }), -32602),
            (json!({ "jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": { "uri": "kri://a\0b" } }), -32602),
        ] {
            let answer = w.acme.pat.rpc(message.clone()).await;
            let (got, text) = rpc_error(&answer, &message.to_string());
            assert_eq!((answer.status, got), (200, code), "{message}: {text}");
            assert_eq!(answer.json()["id"], 1, "{message}");
        }
        // of another version, without one, with an odd id, without a method: an error, and never an answer
        for message in [
            json!({ "jsonrpc": "1.0", "id": 1, "method": "tools/list" }),
            json!({ "id": 1, "method": "tools/list" }),
            json!({ "jsonrpc": "2.0", "id": {}, "method": "tools/list" }),
            json!({ "jsonrpc": "2.0", "id": [1], "method": "tools/list" }),
            json!({ "jsonrpc": "2.0", "id": 1 }),
            json!({}),
        ] {
            let answer = w.acme.pat.rpc(message.clone()).await;
            assert!(answer.status < 500 && answer.json().get("result").is_none(), "{message}: {} {}", answer.status, answer.json());
        }
        // a call without an id is a notification: nobody waits for it, and nothing is done
        for id in ["", r#""id":null,"#] {
            let silent = format!(r#"{{"jsonrpc":"2.0",{id}"method":"tools/call","params":{{"name":"add_source","arguments":{{"name":"silent"}}}}}}"#);
            let answer = mcp(&w, silent).await;
            assert!(answer.json().get("result").is_none() && answer.status < 500, "{} {}", answer.status, answer.json());
        }
        // texts of the caller come back clean and short
        let name = format!("\u{202e}\u{0}evil\n{}", "x".repeat(5_000));
        let told = of_mcp(w.acme.pat.tool(&name, json!({})).await);
        assert!(told.text.starts_with("there is no tool `evil x") && told.text.len() < 200, "{}", told.text);
        assert_eq!(ledger::register(&w.hub, &w.acme).await, register);
        w.chains().await;
    })
    .await;
}

#[tokio::test]
async fn forms_that_a_door_does_not_speak_are_told_so() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let list = call(r#"{"name":"list_kris","arguments":{}}"#);
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonx",
            "multipart/form-data; boundary=x",
            "",
        ] {
            let answer = w.acme.pat.send(Request::post(MCP).header("content-type", kind), list.clone()).await;
            let (code, text) = rpc_error(&answer, kind);
            assert_eq!((answer.status, code, &*text), (415, -32600, "Content-Type must be application/json"), "{kind}");
            let request = Request::post(w.acme.path("/samples")).header("content-type", kind);
            let answer = w.acme.key.send(request, r#"{"samples":[]}"#).await;
            assert_eq!(
                (answer.status, &problem(&answer, kind)["detail"]),
                (415, &json!("Content-Type must be application/json"))
            );
        }
        assert_eq!(w.acme.pat.send(Request::post(MCP), list.clone()).await.status, 415);
        for kind in ["application/json", "Application/JSON; charset=utf-8", "application/json;charset=\"utf-8\""] {
            let answer = w.acme.pat.send(Request::post(MCP).header("content-type", kind), list.clone()).await;
            assert_eq!(answer.status, 200, "{kind}");
        }
        for accept in ["text/html", "text/event-stream", "image/png"] {
            let request = Request::post(MCP).header("content-type", "application/json").header("accept", accept);
            let answer = w.acme.pat.send(request, list.clone()).await;
            assert_eq!((answer.status, rpc_error(&answer, accept).0), (406, -32600), "{accept}");
        }
        for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let answer = w.acme.pat.send(Request::builder().method(method).uri(MCP), "").await;
            assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{method}");
            rpc_error(&answer, method);
        }
        for (method, path) in [("POST", "/kris/x"), ("DELETE", "/samples"), ("PUT", "/kris"), ("GET", "/samples")] {
            let answer = w.acme.key.json(method, &w.acme.path(path), json!({})).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert!(!answer.header("allow").is_empty(), "{method} {path}");
            problem(&answer, path);
        }
        for path in [
            "/api/v1",
            "/api/v1/tenants",
            "/api/v1/tenants/acme",
            "/api/v1/tenants/acme/nothing",
            "/api/v1/tenants//kris",
            "/nothing",
        ] {
            let answer = w.acme.key.get(path).await;
            assert_eq!(
                (answer.status, &problem(&answer, path)["type"]),
                (404, &json!("/problems/not_found")),
                "{path}"
            );
        }
        for path in ["/api", "/api/"] {
            let answer = w.acme.pat.get(path).await;
            assert_eq!((answer.status, &answer.json()["error_description"]), (404, &json!("use /api/mcp")));
        }
        // another name of the host, another origin: a page of somebody else that calls this hub
        for (header, value) in [("origin", "https://evil.example"), ("origin", "null")] {
            let request = Request::post(MCP).header("content-type", "application/json").header(header, value);
            assert_eq!(w.acme.pat.send(request, list.clone()).await.status, 403, "{header}: {value}");
            let request = Request::get(w.acme.path("/kris")).header(header, value);
            assert_eq!(w.acme.key.send(request, "").await.status, 403, "{header}: {value}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_rest_body_that_cannot_be_read_is_told_why_and_leaves_one_row() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let register = ledger::register(&w.hub, &w.acme).await;
        let deep = format!("{{\"samples\":{}{}}}", "[".repeat(64), "]".repeat(64));
        let cases: Vec<(Vec<u8>, u16, &str, &str)> = vec![
            (b"{".to_vec(), 400, "malformed", "the body is not JSON"),
            (b"nonsense".to_vec(), 400, "malformed", "the body is not JSON"),
            (b"{} {}".to_vec(), 400, "malformed", "the body is not JSON"),
            (b"[]".to_vec(), 400, "malformed", "must be a JSON object"),
            (b"null".to_vec(), 400, "malformed", "must be a JSON object"),
            (b"\"x\"".to_vec(), 400, "malformed", "must be a JSON object"),
            (b"{\"a\":\"\xff\"}".to_vec(), 400, "malformed", "is not UTF-8 at byte 6"),
            (b"{\"a\":\"\\ud800\"}".to_vec(), 400, "malformed", "the body is not JSON"),
            (deep.into_bytes(), 400, "malformed", "nests 65 deep; at most 64 is read"),
            (b"[".repeat(1_000_000), 400, "malformed", "nests 1000000 deep"),
            (b"{\"samples\":1e999}".to_vec(), 400, "malformed", "the body is not JSON"),
            (b"".to_vec(), 422, "invalid", "samples: is required"),
            (b"{}".to_vec(), 422, "invalid", "samples: is required"),
        ];
        for (body, status, word, says) in cases {
            let about: String = String::from_utf8_lossy(&body).chars().take(80).collect();
            w.tick();
            let before = ledger::mark(&w.hub, &w.acme).await;
            let request = Request::post(w.acme.path("/samples")).header("content-type", "application/json");
            let told = of_rest(w.acme.key.send(request, body).await);
            assert_eq!((told.answer.status, &*told.word), (status, word), "{about}: {}", told.text);
            assert!(told.text.contains(says), "{about}: {}", told.text);
            problem(&told.answer, &about);
            let expected =
                ledger::Expected { way: crate::calling::Way::Rest, op: "post_samples", outcome: "invalid", args: None };
            ledger::one_row(&w.hub, &w.acme, before, &told, &expected).await;
        }
        assert_eq!(ledger::register(&w.hub, &w.acme).await, register);
    })
    .await;
}

#[tokio::test]
async fn odd_paths_and_queries_get_a_problem_and_never_a_failure() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        for rest in [
            "/kris/%00",
            "/kris/%ff",
            "/kris/%e2%82",
            "/kris/..%2f..%2fetc%2fpasswd",
            "/kris/mfa_enforced_pct%20or%201=1",
            "/kris/'%3b%20drop%20table%20kri%3b--",
            "/kris/%F0%9F%92%A5",
            "/kris?limit=%zz",
            "/kris?limit",
            "/kris?limit=",
            "/kris?=x",
            "/kris?%ff=1",
            "/kris?limit=1%00",
            "/kris?limit=99999999999999999999",
            "/kris?limit=-0.5",
            "/kris?limit=NaN",
            "/kris?query=",
            "/kris?cursor=%00",
            "/kris?category=%27%20or%20%271%27=%271",
            "/kris?source=%25",
            "/kris?status[]=red",
        ] {
            let answer = w.acme.key.get(&w.acme.path(rest)).await;
            assert!((400..500).contains(&answer.status), "{rest}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
            problem(&answer, rest);
        }
        let long = format!("/kris/{}", "x".repeat(50_000));
        problem(&w.acme.key.get(&w.acme.path(&long)).await, "a long path");
        let many: String = (0..5_000).map(|n| format!("a{n}=1&")).collect();
        let answer = w.acme.key.get(&w.acme.path(&format!("/kris?{many}"))).await;
        let told = problem(&answer, "many names");
        assert!(told["detail"].as_str().unwrap().len() <= 4_100, "{}", told["detail"]);
        // text that SQL would take apart is found as text
        let quoted = json!({ "name": "Robert'); drop table kri;--", "category": "c", "unit": "count", "direction": "higherIsWorse", "amber": 1, "red": 5 });
        assert_eq!(w.acme.key.post(&w.acme.path("/kris"), quoted).await.status, 200);
        let found = w.acme.asked("search", json!({ "query": "');" })).await;
        assert!(found["results"][0]["title"].as_str().unwrap().starts_with("Robert');"), "{found}");
    })
    .await;
}

/// A body of 100 MB in pieces of 64 KiB, and how many of them were taken.
fn huge() -> (Body, Arc<AtomicUsize>) {
    const PIECE: usize = 64 * 1024;
    let taken = Arc::new(AtomicUsize::new(0));
    let count = taken.clone();
    let piece = Bytes::from(vec![b' '; PIECE]);
    let pieces = stream::iter((0..100_000_000 / PIECE).map(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok::<_, std::io::Error>(piece.clone())
    }));
    (Body::from_stream(pieces), taken)
}

#[tokio::test]
async fn a_body_of_a_hundred_megabytes_is_cut_off_early_at_every_door() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let register = ledger::register(&w.hub, &w.acme).await;
        for length in [None, Some("100000000"), Some("10")] {
            let head = |request: http::request::Builder| {
                let request = request.header("content-type", "application/json");
                match length {
                    Some(length) => request.header("content-length", length),
                    None => request,
                }
            };
            // a length that was told is believed where it is too much, and not where it is less than what comes
            let most = if length == Some("100000000") { 0 } else { 66 };
            let (body, taken) = huge();
            let answer = w.acme.pat.send(head(Request::post(MCP)), body).await;
            assert_eq!(answer.status, 413, "{length:?}");
            assert!(rpc_error(&answer, "413").1.contains("larger than 4 MiB"));
            assert!(taken.load(Ordering::Relaxed) <= most, "{length:?}: {taken:?} pieces were read");

            let (body, taken) = huge();
            let answer = w.acme.key.send(head(Request::post(w.acme.path("/imports/kris"))), body).await;
            assert_eq!((answer.status, &problem(&answer, "413")["type"]), (413, &json!("/problems/too_large")));
            assert!(taken.load(Ordering::Relaxed) <= most, "{length:?}: {taken:?} pieces were read");

            // a stranger's and a neighbour's is not read at all
            for client in [w.hub.stranger(), w.contoso.key.clone(), w.acme.pat.clone()] {
                let (body, taken) = huge();
                let answer = client.send(head(Request::post(w.acme.path("/imports/kris"))), body).await;
                assert!(matches!(answer.status, 401 | 404), "{}", answer.status);
                assert_eq!(taken.load(Ordering::Relaxed), 0);
            }
            let (body, taken) = huge();
            assert_eq!(w.hub.stranger().send(head(Request::post(MCP)), body).await.status, 401);
            assert_eq!(taken.load(Ordering::Relaxed), 0);
        }
        // a body that breaks off
        let broken =
            Body::from_stream(stream::iter([Ok(Bytes::from_static(b"{\"a\":")), Err(std::io::Error::other("gone"))]));
        let answer = mcp(&w, broken).await;
        assert_eq!((answer.status, rpc_error(&answer, "broken").0), (400, -32600));
        assert_eq!(ledger::register(&w.hub, &w.acme).await, register);
    })
    .await;
}

/// A small generator: the same bytes at every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n
    }
}

fn mutated(good: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
        match chance.below(6) {
            0 => bytes[at] ^= 1 << chance.below(8),
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, b"\"\\{}[],:0-eE\x00\xff\n"[chance.below(15)]),
            3 => bytes.truncate(at.max(1)),
            4 => {
                let piece = bytes[at..(at + 12).min(bytes.len())].to_vec();
                let to = chance.below(bytes.len());
                bytes.splice(to..to, piece);
            }
            _ => bytes[at] = chance.below(256) as u8,
        }
        if bytes.is_empty() {
            bytes.push(b' ');
        }
    }
    bytes
}

#[tokio::test]
async fn whatever_bytes_come_in_the_answer_has_the_form_of_its_door() {
    on_each_engine(async |engine| {
        let w = World::filled(engine).await;
        let good = [
            call(r#"{"name":"list_kris","arguments":{"status":"red","limit":5,"query":"é\n"}}"#),
            call(r#"{"name":"get_kri","arguments":{"id":"mfa_enforced_pct"}}"#),
            call(r#"{"name":"add_source","arguments":{"name":"a","idempotencyKey":"k"}}"#),
            r#"{"jsonrpc":"2.0","id":"x","method":"resources/read","params":{"uri":"kri://own_indicator"}}"#.to_owned(),
            r#"{"jsonrpc":"2.0","id":2,"method":"prompts/get","params":{"name":"top_risks","arguments":{"count":"3"}}}"#.to_owned(),
        ];
        let samples = json!({ "samples": [{ "kri": "vuln_kev_open", "value": 1.5e1, "subject": "a", "observedAt": "2026-11-19T00:00:00Z" }] });
        let csv = json!({ "csv": "kri;value;observed_at\nmfa_enforced_pct;\"97,5\";2026-11-19\n", "apply": true, "skipBad": true });
        let chance = &mut Chance(7);
        let mut answered = [0_usize; 6];
        for round in 0..1_500 {
            let body = mutated(good[round % good.len()].as_bytes(), chance);
            let about = String::from_utf8_lossy(&body).into_owned();
            let answer = mcp(&w, body).await;
            assert!(answer.status < 500, "{about}: {} {}", answer.status, answer.json());
            if answer.status != 202 {
                let json = answer.json();
                assert!(json["jsonrpc"] == "2.0" || json["error"].is_string(), "{about}: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
            }
            answered[usize::from(answer.status / 100)] += 1;

            let (path, good) = if round % 2 == 0 { ("/samples", &samples) } else { ("/imports/kris", &csv) };
            let body = mutated(good.to_string().as_bytes(), chance);
            let about = String::from_utf8_lossy(&body).into_owned();
            let request = Request::post(w.acme.path(path)).header("content-type", "application/json");
            let answer = w.acme.key.send(request, body).await;
            assert!(answer.status < 500, "{about}: {} {}", answer.status, answer.json());
            if answer.status != 200 {
                problem(&answer, &about);
            }
            answered[usize::from(answer.status / 100)] += 1;
        }
        assert!(answered[2] > 100 && answered[4] > 500, "{answered:?}: the mutations are too mild or too wild");
        w.chains().await;
    })
    .await;
}
