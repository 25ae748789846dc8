//! A client that speaks to the router without a socket.
#![allow(clippy::allow_attributes, dead_code, reason = "shared by two test programs, one of which uses a part")]
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use watchkeep_hub::{Limits, Lists};
use watchkeep_model::Connector;
use watchkeep_server::app::App;
use watchkeep_server::peer::Peer;
use watchkeep_server::{Mount, Server, Settings};

use crate::fixture::House;

pub(crate) const BASE: &str = "https://hub.example";

/// Every mount that there will be, so that both dialects are carried.
pub(crate) const ALL_MOUNTS: &[Mount] = &[
    Mount { connector: Connector::Risk, path: "/api/mcp" },
    Mount { connector: Connector::Fleet, path: "/mcp" },
    Mount { connector: Connector::Fleet, path: "/" },
];

pub(crate) struct Doors {
    pub(crate) house: House,
    pub(crate) router: Router,
    pub(crate) app: Arc<App>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub(crate) fn result(&self) -> Value {
        self.json()["result"].clone()
    }
}

impl Doors {
    pub(crate) async fn new() -> Self {
        Self::with(Limits::NONE, |_| {}).await
    }

    pub(crate) async fn with(limits: Limits, change: impl FnOnce(&mut Settings)) -> Self {
        Self::of(House::with(limits).await, change)
    }

    /// The product's own lists, at the product's own mounts.
    pub(crate) async fn product() -> Self {
        Self::of(House::of(Lists::PRODUCT, Limits::NONE).await, |s| s.mounts = watchkeep_server::MOUNTS)
    }

    fn of(house: House, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings { mounts: ALL_MOUNTS, ..Settings::new(BASE) };
        change(&mut settings);
        let server = Server::new(house.hub.clone(), settings).unwrap();
        Self { house, router: server.router(), app: server.app().clone() }
    }

    /// Sends a request as it is, from `192.0.2.7`.
    pub(crate) async fn send(&self, request: http::request::Builder, body: impl Into<Body>) -> Answer {
        let mut request = request;
        if !request.headers_ref().unwrap().contains_key("host") {
            request = request.header("host", "hub.example");
        }
        let mut request: Request<Body> = request.body(body.into()).unwrap();
        let near = SocketAddr::from(([192, 0, 2, 7], 4711));
        if request.extensions().get::<Peer>().is_none() {
            request.extensions_mut().insert(Peer(near));
        }
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Sends one JSON-RPC message as `curl` would.
    pub(crate) async fn rpc(&self, path: &str, token: &str, message: &Value) -> Answer {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        self.send(request, message.to_string()).await
    }

    /// Calls a tool.
    pub(crate) async fn tool(&self, path: &str, token: &str, name: &str, args: Value) -> Answer {
        self.rpc(path, token, &call(name, args)).await
    }

    /// Gets something with an API key.
    pub(crate) async fn get(&self, path: &str, key: &str) -> Answer {
        self.send(Request::get(path).header("authorization", format!("Bearer {key}")), "").await
    }

    /// Sends a JSON body with an API key.
    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = Request::post(path).header("authorization", format!("Bearer {key}"));
        self.send(request.header("content-type", "application/json"), body.to_string()).await
    }

    /// How many rows the audit log of `acme` has, and the last one's operation and outcome.
    pub(crate) async fn rows(&self) -> (usize, String, String) {
        let rows = self.house.rows("acme").await;
        let last = rows.last().unwrap();
        (rows.len(), last.op.clone(), last.outcome.clone())
    }
}

pub(crate) fn call(name: &str, args: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": name, "arguments": args } })
}
