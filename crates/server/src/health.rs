//! Health, readiness and metrics: for the machine that looks after the hub.
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::json;

use crate::app::App;
use crate::bearer;
use crate::error::refusal;
use crate::peer::{self, Peer};

/// `/healthz`: the process answers.
pub async fn healthz() -> Response {
    text(StatusCode::OK, "ok\n")
}

/// `/readyz`: the database answers, so requests may be sent here.
pub async fn readyz(State(app): State<Arc<App>>) -> Response {
    let answer = tokio::time::timeout(std::time::Duration::from_secs(5), app.hub.store.ready()).await;
    let problem = match answer {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some("no answer within 5 s".to_owned()),
    };
    // what is wrong stands in the log, not on a page that anybody may read
    if let Some(problem) = &problem {
        tracing::warn!(problem, "not ready: the database does not answer");
    }
    let (status, store) = match problem {
        None => (StatusCode::OK, "ok"),
        Some(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    let body = json!({ "ready": status == StatusCode::OK, "store": store });
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// `/metrics`: from the machine itself, or with the configured bearer.
pub async fn metrics(State(app): State<Arc<App>>, req: Request) -> Response {
    if !may_read(&app, &req) {
        return refusal(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "metrics are for the hub's own machine, or with the bearer that metrics_token sets",
        );
    }
    match app.metrics.text() {
        Ok(page) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], page).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            refusal(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "the metrics could not be written; see the hub's log",
            )
        }
    }
}

fn may_read(app: &App, req: &Request) -> bool {
    if let (Some(set), Some(given)) = (&app.settings.metrics_token, bearer::token(req.headers())) {
        return same(set, given);
    }
    // a proxy on this machine makes everybody look like this machine
    let near = req.extensions().get::<Peer>().is_some_and(|peer| peer.0.ip().to_canonical().is_loopback());
    near && !peer::is_forwarded(req.headers())
}

/// Equal, in a time that does not tell where two differ.
fn same(a: &str, b: &str) -> bool {
    let (a, b) = (watchkeep_hub::canonical::sha256(a.as_bytes()), watchkeep_hub::canonical::sha256(b.as_bytes()));
    a.iter().zip(b).fold(0, |differ, (x, y)| differ | (x ^ y)) == 0
}

/// `/`: what this is, until there is a page.
pub async fn root(State(app): State<Arc<App>>) -> Response {
    let mut page = format!("Watchkeep {}\n", env!("CARGO_PKG_VERSION"));
    for mount in app.settings.mounts {
        page.push_str(&format!("MCP ({}) at {}\n", mount.connector, app.public.resource(mount.path)));
    }
    page.push_str(&format!(
        "REST at {}/api/v1, described by {}/api/v1/openapi.json\n",
        app.public.base, app.public.base
    ));
    text(StatusCode::OK, page)
}

fn text(status: StatusCode, body: impl Into<String>) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body.into()).into_response()
}
