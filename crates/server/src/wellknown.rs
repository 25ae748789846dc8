//! Paths that people type by mistake.
use axum::response::Response;
use http::StatusCode;

use crate::error::oauth;

/// `/api`, which people type for `/api/mcp`.
pub async fn use_mcp() -> Response {
    oauth(StatusCode::NOT_FOUND, "not_found", "use /api/mcp")
}
