//! The documents under `/.well-known`, and the paths of an authorization server that this version does not have.
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::json;
use watchkeep_model::{Scope, Slug};

use crate::app::App;
use crate::error::oauth;

/// What is told where sign-in would be.
const NO_SIGN_IN: &str = "sign-in is not built into this version; use a personal access token";

/// `/.well-known/oauth-protected-resource` and everything below it (RFC 9728).
pub async fn protected_resource(State(app): State<Arc<App>>, path: Option<Path<String>>) -> Response {
    let path = path.map_or_else(|| "/".to_owned(), |Path(path)| format!("/{path}"));
    let Some(scope) = read_scope(&app, &path) else {
        return oauth(StatusCode::NOT_FOUND, "not_found", "there is no MCP endpoint at this path");
    };
    let document = json!({
        "resource": app.public.resource(&path),
        "authorization_servers": [app.public.base],
        "scopes_supported": [scope],
        "bearer_methods_supported": ["header"],
        "resource_name": "Watchkeep",
    });
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], document.to_string())
        .into_response()
}

/// The least scope of the mount at `path`. Any well-formed slug will do: whether a tenant exists is told to nobody.
fn read_scope(app: &App, path: &str) -> Option<Scope> {
    let mount = app.settings.mounts.iter().find(|mount| {
        path == mount.path
            || path
                .strip_prefix(mount.path)
                .and_then(|rest| rest.strip_prefix("/t/"))
                .is_some_and(|slug| mount.path != "/" && slug.parse::<Slug>().is_ok())
    })?;
    Some(Scope::read(mount.connector))
}

/// Any other well-known document: JSON, since OAuth clients choke on anything else.
pub async fn unknown() -> Response {
    oauth(StatusCode::NOT_FOUND, "not_found", NO_SIGN_IN)
}

/// `/authorize`, `/token` and their like.
pub async fn no_sign_in() -> Response {
    oauth(StatusCode::NOT_FOUND, "not_found", NO_SIGN_IN)
}

/// `/api`, which people type for `/api/mcp`.
pub async fn use_mcp() -> Response {
    oauth(StatusCode::NOT_FOUND, "not_found", "use /api/mcp")
}
