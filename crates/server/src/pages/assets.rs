//! The stylesheet and the two scripts, at addresses that name their content: a browser keeps them for good.
use data_encoding::HEXLOWER;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use watchkeep_hub::canonical;

use crate::error::refusal;

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// One file and the name that it is served under.
#[derive(Debug)]
pub(super) struct Asset {
    /// `/assets/<name>-<first eight hex digits of its SHA-256>.<ending>`.
    pub path: String,
    /// What it holds.
    pub text: &'static str,
    kind: &'static str,
}

impl Asset {
    fn new(name: &str, ending: &str, kind: &'static str, text: &'static str) -> Self {
        let hash = HEXLOWER.encode(&canonical::sha256(text.as_bytes())[..4]);
        Self { path: format!("/assets/{name}-{hash}.{ending}"), text, kind }
    }
}

/// The stylesheet of all pages.
pub(super) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("pages", "css", CSS, include_str!("../../assets/pages.css")));
/// Signing in with a passkey and adding one.
pub(super) static PASSKEYS: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("passkeys", "js", SCRIPT, include_str!("../../assets/passkeys.js")));
/// Type-ahead in a long list of tenants.
pub(super) static TENANTS: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("tenants", "js", SCRIPT, include_str!("../../assets/tenants.js")));

/// `/assets/{name}`.
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    let all = [&*STYLE, &*PASSKEYS, &*TENANTS];
    match all.into_iter().find(|asset| asset.path.strip_prefix("/assets/") == Some(&*name)) {
        Some(asset) => (
            [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")],
            asset.text,
        )
            .into_response(),
        None => refusal(StatusCode::NOT_FOUND, "not_found", "there is no such file; load the page again"),
    }
}
