//! What clients read first: the metadata of the authorization server (RFC 8414) and of the resources (RFC 9728).
use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use http::{StatusCode, header};
use serde_json::{Value, json};
use watchkeep_authz::oauth::Reason;
use watchkeep_hub::oauth::attempts::{Step, Who, note};
use watchkeep_model::{Connector, Scope, Slug};

use super::{open, preflight, visitor};
use crate::app::App;
use crate::error;
use crate::incoming::Incoming;

pub(super) fn routes() -> Router<Arc<App>> {
    let mut routes = Router::new()
        .route(
            "/.well-known/oauth-protected-resource",
            get(|app: State<Arc<App>>, incoming: Extension<Incoming>| resource(app, incoming, None)).options(preflight),
        )
        .route(
            "/.well-known/oauth-protected-resource/{*path}",
            get(|app: State<Arc<App>>, incoming: Extension<Incoming>, path: Path<String>| {
                resource(app, incoming, Some(path))
            })
            .options(preflight),
        )
        .route("/.well-known/{*path}", any(unknown))
        .route("/mcp/.well-known/{*path}", get(below).options(preflight))
        .route("/api/mcp/.well-known/{*path}", get(below).options(preflight));
    // clients with an idea of their own about paths look below the document, too
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"] {
        routes = routes
            .route(path, get(server).options(preflight))
            .route(&format!("{path}/{{*path}}"), get(server).options(preflight));
    }
    routes
}

/// The document of the authorization server. Made of the configured address, never of what a request says.
async fn server(State(app): State<Arc<App>>, Extension(incoming): Extension<Incoming>) -> Response {
    note(
        &app.hub,
        &visitor(&incoming),
        Step::Discovery,
        Reason::DiscoveryOk,
        Who::default(),
        Some("oauth-authorization-server"),
    );
    let base = &app.public.base;
    let scopes: Vec<&str> = [Connector::Risk, Connector::Fleet]
        .into_iter()
        .flat_map(|c| [Scope::read(c), Scope::write(c)])
        .map(Scope::as_str)
        .chain(["offline_access"])
        .collect();
    let documents = watchkeep_hub::oauth::clients::documents(&app.hub).await;
    document(&json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "registration_endpoint": format!("{base}/register"),
        "revocation_endpoint": format!("{base}/revoke"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": documents,
        "scopes_supported": scopes,
        "service_documentation": format!("{base}/"),
    }))
}

/// The document of a resource.
async fn resource(
    State(app): State<Arc<App>>,
    Extension(incoming): Extension<Incoming>,
    path: Option<Path<String>>,
) -> Response {
    let path = path.map_or_else(|| "/".to_owned(), |Path(path)| format!("/{path}"));
    let Some(scope) = read_scope(&app, &path) else {
        return open(error::oauth(StatusCode::NOT_FOUND, "not_found", "there is no MCP endpoint at this path"));
    };
    note(&app.hub, &visitor(&incoming), Step::Discovery, Reason::DiscoveryOk, Who::default(), Some(&path));
    document(&json!({
        "resource": app.public.resource(&path),
        "authorization_servers": [app.public.base],
        "scopes_supported": [scope],
        "bearer_methods_supported": ["header"],
        "resource_name": "Watchkeep",
    }))
}

fn document(value: &Value) -> Response {
    open(
        ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], value.to_string())
            .into_response(),
    )
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
async fn unknown() -> Response {
    open(error::oauth(
        StatusCode::NOT_FOUND,
        "not_found",
        "there is no such document; see /.well-known/oauth-authorization-server",
    ))
}

/// Some clients look for the documents below the endpoint instead of at the root.
async fn below(app: State<Arc<App>>, incoming: Extension<Incoming>, Path(path): Path<String>) -> Response {
    match path.as_str() {
        "oauth-authorization-server" | "openid-configuration" => server(app, incoming).await,
        _ => unknown().await,
    }
}
