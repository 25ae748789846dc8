//! The endpoints of the authorization server that programs call: metadata, token, revocation, registration. The ones that
//! browsers open are pages ([`crate::pages`]).
//!
//! Their answers are JSON whatever happens, since clients choke on anything else, and open to pages of any origin: what
//! they know is in the request, never in a cookie.
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use serde_json::json;
use watchkeep_authz::oauth::{TokenError, TokenStatus, token as form};
use watchkeep_hub::identity::Visitor;
use watchkeep_hub::oauth::register::NotRegistered;
use watchkeep_hub::oauth::token::Failed;
use watchkeep_hub::oauth::{register, revoke, token};
use watchkeep_hub::{Error, Kind};

use crate::app::App;
use crate::incoming::{Incoming, Told};
use crate::{body, error};

mod metadata;

/// The routes, with the aliases of the fleet's documents.
pub fn routes() -> Router<Arc<App>> {
    let mut routes = Router::new();
    for path in ["/token", "/mcp/oauth/token"] {
        routes = routes.route(path, post(exchange).options(preflight));
    }
    for path in ["/register", "/mcp/oauth/register"] {
        routes = routes.route(path, post(registration).options(preflight));
    }
    routes
        .route("/revoke", post(revocation).options(preflight))
        .route("/mcp/oauth/{*path}", any(unknown))
        .merge(metadata::routes())
}

/// The visitor behind a request.
pub(crate) fn visitor(incoming: &Incoming) -> Visitor {
    incoming.visitor(None)
}

async fn exchange(
    State(app): State<Arc<App>>,
    Extension(incoming): Extension<Incoming>,
    RawQuery(query): RawQuery,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let sent = match sent(&app, &headers, &uri, body).await {
        Ok(sent) => sent,
        Err(refused) => return tell(&incoming, "token", "malformed", refused),
    };
    let params = match form::form(text(&headers, &header::CONTENT_TYPE), query.as_deref(), &sent) {
        Ok(params) => params,
        Err(e) => return tell(&incoming, "token", e.error, refusal(&e)),
    };
    match token::answer(&app.hub, &visitor(&incoming), authorization(&headers), &params).await {
        Ok(tokens) => tell(&incoming, "token", "ok", open(Json(StatusCode::OK, json!(tokens)).into_response())),
        Err(failed) => not_so(&incoming, "token", failed),
    }
}

async fn revocation(
    State(app): State<Arc<App>>,
    Extension(incoming): Extension<Incoming>,
    RawQuery(query): RawQuery,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let sent = match sent(&app, &headers, &uri, body).await {
        Ok(sent) => sent,
        Err(refused) => return tell(&incoming, "revoke", "malformed", refused),
    };
    let params = match form::form(text(&headers, &header::CONTENT_TYPE), query.as_deref(), &sent) {
        Ok(params) => params,
        Err(e) => return tell(&incoming, "revoke", e.error, refusal(&e)),
    };
    match revoke::revoke(&app.hub, &visitor(&incoming), authorization(&headers), &params).await {
        // RFC 7009, section 2.2: also for what is unknown
        Ok(()) => tell(&incoming, "revoke", "ok", open(StatusCode::OK.into_response())),
        Err(failed) => not_so(&incoming, "revoke", failed),
    }
}

async fn registration(
    State(app): State<Arc<App>>,
    Extension(incoming): Extension<Incoming>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let sent = match sent(&app, &headers, &uri, body).await {
        Ok(sent) => sent,
        Err(refused) => return tell(&incoming, "register", "malformed", refused),
    };
    if !body::is_json(&headers) {
        let refused = error::oauth(
            StatusCode::BAD_REQUEST,
            "invalid_client_metadata",
            "the body must be JSON: Content-Type application/json",
        );
        return tell(&incoming, "register", "malformed", open(refused));
    }
    match register::register(&app.hub, &visitor(&incoming), &sent).await {
        Ok(answer) => tell(&incoming, "register", "ok", open(Json(StatusCode::CREATED, answer).into_response())),
        Err(NotRegistered::Bad(bad)) => {
            let refused = error::oauth(StatusCode::BAD_REQUEST, bad.error, &bad.description);
            tell(&incoming, "register", bad.error, open(refused))
        }
        Err(NotRegistered::Failed(e)) => failed(&incoming, "register", e),
    }
}

/// JSON with a status.
struct Json(StatusCode, serde_json::Value);

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        (self.0, [(header::CONTENT_TYPE, "application/json")], self.1.to_string()).into_response()
    }
}

/// The whole body of a request that is meant for this hub.
async fn sent(app: &App, headers: &HeaderMap, uri: &Uri, body: Body) -> Result<Bytes, Response> {
    // a page of any origin may ask, but a name that is not the hub's may not be used to do it
    let mut plain = headers.clone();
    plain.remove(header::ORIGIN);
    if let Err(text) = app.public.admits(&plain, uri) {
        return Err(open(error::oauth(StatusCode::FORBIDDEN, "access_denied", &text)));
    }
    body::read(headers, body, app.settings.body_timeout)
        .await
        .map_err(|bad| open(error::oauth(bad.status(), "invalid_request", bad.text())))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or("?"))
}

fn not_so(incoming: &Incoming, op: &'static str, why: Failed) -> Response {
    match why {
        Failed::Refused(e) => tell(incoming, op, e.error, refusal(&e)),
        Failed::Failed(e) => failed(incoming, op, e),
    }
}

/// RFC 6749, section 5.2.
fn refusal(e: &TokenError) -> Response {
    let status = match e.status {
        TokenStatus::BadRequest => StatusCode::BAD_REQUEST,
        TokenStatus::Unauthorized { .. } => StatusCode::UNAUTHORIZED,
        TokenStatus::TooMany => StatusCode::TOO_MANY_REQUESTS,
        TokenStatus::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = error::oauth(status, e.error, &e.description);
    if matches!(e.status, TokenStatus::Unauthorized { basic: true }) {
        let basic = HeaderValue::from_static("Basic realm=\"watchkeep\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
    }
    if matches!(e.status, TokenStatus::TooMany | TokenStatus::Unavailable) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    open(response)
}

/// A failure of the hub in the words of OAuth.
fn failed(incoming: &Incoming, op: &'static str, e: Error) -> Response {
    let e = e.of_request(incoming.request(), op);
    let (word, wait) = match e.kind {
        Kind::Limited { retry_after } => ("temporarily_unavailable", Some(retry_after)),
        Kind::Unavailable | Kind::Full | Kind::Conflict => ("temporarily_unavailable", Some(5)),
        _ => ("server_error", None),
    };
    let mut response = error::oauth(error::status(&e.kind), word, &e.public);
    if let Some(value) = wait.and_then(|wait| HeaderValue::from_str(&wait.to_string()).ok()) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    tell(incoming, op, e.word(), open(response))
}

fn tell(incoming: &Incoming, op: &'static str, outcome: &'static str, response: Response) -> Response {
    incoming.tell(Told { door: "oauth", op, outcome, rate: None });
    response
}

/// Pages of any origin may read the answer, without credentials.
pub(crate) fn open(mut response: Response) -> Response {
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// What a browser asks before a page of another origin may call.
pub(crate) async fn preflight() -> Response {
    let mut response = open(StatusCode::NO_CONTENT.into_response());
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, mcp-protocol-version"),
        (header::ACCESS_CONTROL_MAX_AGE, "3600"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Any other path of theirs.
async fn unknown(method: Method) -> Response {
    let text = format!("there is nothing at this path for {method}; see /.well-known/oauth-authorization-server");
    error::oauth(StatusCode::NOT_FOUND, "not_found", &text)
}
