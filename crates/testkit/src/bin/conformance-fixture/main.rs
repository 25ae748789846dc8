//! The MCP conformance suite's own tools, prompts and resources on the product's transport.
//!
//! **What it is.** A server for tests: it mounts what the suite's scenarios call on
//! [`watchkeep_server::mcp::transport`], at `/mcp` of a free port of this machine, without a token. It prints one line of
//! JSON, `{"url": "http://127.0.0.1:PORT/mcp", "mcp": {"risk": "http://127.0.0.1:PORT/mcp"}}`, and serves until SIGTERM,
//! Ctrl-C, or the end of its standard input where that is a pipe.
//!
//! **What it never does.** It sets nothing of the transport: what a stateless server cannot do fails here as it would in
//! the product, and `tests/conformance/fixture.yaml` says why. It has no hub, no store and no tenant.
//!
//! **Where to start.** [`fixture::Fixture`], then [`content`] for the plain tools, [`stream`] for those that say something
//! before they answer, [`ask`] for those that ask back, [`jobs`] for those that run as a task.
#![forbid(unsafe_code)]

use std::io::{self, Write};

use axum::Router;
use axum::routing::any_service;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::net::unix::pipe;
use tokio::signal::unix::{SignalKind, signal};
use watchkeep_server::{Public, mcp};

use crate::fixture::Fixture;

mod ask;
mod content;
mod fixture;
mod jobs;
mod prompts;
mod resources;
mod seal;
mod stream;

type Error = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let public = Public::new(&origin)?;
    let fixture = Fixture::new().map_err(|_| "the system gives no random bytes")?;
    let service = mcp::transport(&public, move || fixture.clone());
    let routes = Router::new().route("/mcp", any_service(service));

    let url = format!("{origin}/mcp");
    let mut out = io::stdout();
    writeln!(out, "{}", json!({ "url": url, "mcp": { "risk": url } }))?;
    out.flush()?;

    // streams that a client left open are cut off: nobody waits for them
    tokio::select! {
        served = axum::serve(listener, routes).into_future() => served?,
        told = told_to_stop() => told?,
        left = left_alone() => left?,
    }
    Ok(())
}

async fn told_to_stop() -> io::Result<()> {
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    Ok(())
}

/// Whoever started this has closed the pipe, or died. A standard input that is no pipe says nothing of that kind.
async fn left_alone() -> io::Result<()> {
    match pipe::OpenOptions::new().open_receiver("/dev/stdin") {
        Ok(mut stdin) => {
            while stdin.read(&mut [0; 256]).await? > 0 {}
            Ok(())
        }
        Err(_) => std::future::pending().await,
    }
}
