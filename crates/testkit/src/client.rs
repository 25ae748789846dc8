//! Calls through the real router, without a socket.
use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// A client with one credential.
#[derive(Clone, Debug)]
pub struct Client {
    router: Router,
    host: String,
    credential: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The bytes.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
    /// One header, empty if it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }
    /// The structured content of a tool's result.
    #[must_use]
    pub fn content(&self) -> Value {
        self.json()["result"]["structuredContent"].clone()
    }
    /// The text of a tool's result that is an error; panics if it is none.
    ///
    /// # Panics
    /// If the result is no error.
    #[must_use]
    pub fn tool_error(&self) -> String {
        let v = self.json();
        assert_eq!(v["result"]["isError"], true, "{} {v}", self.status);
        v["result"]["content"][0]["text"].as_str().unwrap_or_default().to_owned()
    }
}

impl Client {
    pub(crate) fn new(router: Router, public: &str, credential: Option<&str>) -> Self {
        let host = public.trim_start_matches("http://").to_owned();
        Self { router, host, credential: credential.map(str::to_owned) }
    }

    /// The same client, which takes another host for the hub's.
    #[must_use]
    pub fn as_host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// Sends a request as it is, with host and credential added.
    ///
    /// # Panics
    /// If the request cannot be built.
    pub async fn send(&self, request: http::request::Builder, body: impl Into<Body>) -> Answer {
        let mut request = request.header("host", &self.host);
        if let Some(c) = &self.credential {
            request = request.header("authorization", format!("Bearer {c}"));
        }
        let request = request.body(body.into()).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.map(|b| b.to_bytes().to_vec()).unwrap_or_default();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// One JSON-RPC message to the risk connector, as a plain script sends it.
    pub async fn rpc(&self, message: Value) -> Answer {
        self.rpc_at("/api/mcp", message).await
    }
    /// The same at another path.
    pub async fn rpc_at(&self, path: &str, message: Value) -> Answer {
        self.send(Request::post(path).header("content-type", "application/json"), message.to_string()).await
    }
    /// Calls a tool of the risk connector.
    pub async fn tool(&self, name: &str, args: Value) -> Answer {
        let params = json!({ "name": name, "arguments": args });
        self.rpc(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })).await
    }

    /// `GET` of the API.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path), "").await
    }
    /// A request of the API with a JSON body.
    pub async fn json(&self, method: &str, path: &str, body: Value) -> Answer {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        self.send(request, body.to_string()).await
    }
    /// `POST` of the API.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json("POST", path, body).await
    }
}
