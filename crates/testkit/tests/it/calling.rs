//! An operation called through any of its doors, told in one form.
use std::fmt::Write;

use http::Request;
use serde_json::{Map, Value, json};
use watchkeep_hub::{Door, Ready, Verb};
use watchkeep_model::Connector;
use watchkeep_testkit::{Answer, Client};

/// A door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Mcp,
    Rest,
}

impl Way {
    /// The doors that an operation has.
    pub(crate) fn of(ready: &Ready) -> Vec<Self> {
        let mcp = ready.def.doors.mcp.map(|connector| {
            assert_eq!(connector, Connector::Risk, "{}: this suite calls the risk connector only", ready.def.name);
            Self::Mcp
        });
        let ways: Vec<Self> = mcp.into_iter().chain(ready.def.doors.rest.map(|_| Self::Rest)).collect();
        assert!(!ways.is_empty(), "{} has no door", ready.def.name);
        ways
    }

    pub(crate) fn event(self) -> &'static str {
        match self {
            Self::Mcp => Door::Mcp(Connector::Risk).event(),
            Self::Rest => Door::Rest.event(),
        }
    }

    /// True if arguments arrive as the JSON that they were written as.
    pub(crate) fn takes_json(self, ready: &Ready) -> bool {
        self == Self::Mcp || matches!(ready.def.doors.rest, Some((Verb::Post | Verb::Put | Verb::Patch, _)))
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) answer: Answer,
    /// `ok`, the word of the hub's error, the word of an OAuth error, or `rpc -32602`.
    pub(crate) word: String,
    /// The sentence of an error.
    pub(crate) text: String,
    /// The answer, or what an error tells beside its sentence.
    pub(crate) content: Value,
}

/// Calls an operation with JSON arguments. Over REST they go where the operation wants them: path, query or body.
pub(crate) async fn call(client: &Client, way: Way, slug: &str, ready: &Ready, args: &Value) -> Told {
    match way {
        Way::Mcp => {
            let params = json!({ "name": ready.def.name, "arguments": args });
            let message = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params });
            of_mcp(client.rpc_at(&format!("/api/mcp/t/{slug}"), message).await)
        }
        Way::Rest => {
            let (request, body) = request(ready, slug, args);
            of_rest(client.send(request, body).await)
        }
    }
}

pub(crate) fn of_mcp(answer: Answer) -> Told {
    let body = answer.json();
    let result = &body["result"];
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let (word, said, content) = if answer.status == 200 && result["isError"] == true {
        let meta = &result["_meta"]["watchkeep/error"];
        (text(&meta["kind"]), text(&result["content"][0]["text"]), meta.clone())
    } else if answer.status == 200 && result.is_object() {
        ("ok".to_owned(), String::new(), result["structuredContent"].clone())
    } else if body["error"].is_object() {
        let error = &body["error"];
        (format!("rpc {}", error["code"]), text(&error["message"]), error["data"].clone())
    } else {
        (text(&body["error"]), text(&body["error_description"]), body.clone())
    };
    Told { answer, word, text: said, content }
}

pub(crate) fn of_rest(answer: Answer) -> Told {
    let content = answer.json();
    if answer.status == 200 {
        return Told { answer, word: "ok".into(), text: String::new(), content };
    }
    let word = content["type"].as_str().unwrap_or_default().trim_start_matches("/problems/").to_owned();
    let text = content["detail"].as_str().unwrap_or_default().to_owned();
    Told { answer, word, text, content }
}

/// The request and the body that bring these arguments to an operation's route.
pub(crate) fn request(ready: &Ready, slug: &str, args: &Value) -> (http::request::Builder, String) {
    let (verb, path) = ready.def.doors.rest.expect("a route");
    let mut rest: Map<String, Value> = args.as_object().cloned().unwrap_or_default();
    let mut uri = format!("/api/v1/tenants/{slug}");
    for part in path.split('/').skip(1) {
        let named = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        let text = named.map_or_else(|| part.to_owned(), |name| plain(&rest.remove(name).unwrap_or_default()));
        write!(uri, "/{}", encoded(&text)).unwrap();
    }
    let method = match verb {
        Verb::Get => "GET",
        Verb::Post => "POST",
        Verb::Put => "PUT",
        Verb::Patch => "PATCH",
        Verb::Delete => "DELETE",
    };
    if matches!(verb, Verb::Get | Verb::Delete) {
        for (i, (name, value)) in rest.iter().enumerate() {
            write!(uri, "{}{}={}", if i == 0 { '?' } else { '&' }, encoded(name), encoded(&plain(value))).unwrap();
        }
        return (Request::builder().method(method).uri(uri), String::new());
    }
    let request = Request::builder().method(method).uri(uri).header("content-type", "application/json");
    (request, Value::Object(rest).to_string())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A text as it stands in a path or a query (RFC 3986, section 2.3).
pub(crate) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            out.push(char::from(b));
        } else {
            write!(out, "%{b:02X}").unwrap();
        }
        out
    })
}
