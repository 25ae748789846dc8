//! The pages: sign-in, consent and the account of a person. Made on the server for good, whatever the web app becomes.
//!
//! They work without JavaScript; two small scripts of our own add passkeys and a type-ahead. Nothing is loaded from
//! elsewhere. Each form carries a token of its purpose and is taken from our own pages only (`form`); each answer has the
//! headers of `ask`; what a client calls itself is text, never markup. Sign-in exists on https and on this machine
//! alone: elsewhere each page says how to get https.
//!
//! **Where to start.** `ask::Ask`, then `sign_in`, then `consent`. The words stand in `templates/`.
use std::sync::Arc;

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};

use crate::app::App;

mod account;
pub(crate) mod ask;
mod assets;
mod consent;
pub(crate) mod cookies;
pub(crate) mod form;
mod frame;
mod link;
mod sign_in;
mod view;
mod when;

#[cfg(test)]
mod tests;

/// The routes of all pages.
pub fn routes() -> Router<Arc<App>> {
    use account::{connections, seats, security, tokens};
    let to = |path: &'static str| get(move || async move { Redirect::to(path) });
    Router::new()
        .route("/assets/{name}", get(assets::serve))
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/sign-in/second", get(sign_in::show_second).post(sign_in::submit_second))
        .route("/sign-in/enrol", get(sign_in::show_enrol).post(sign_in::submit_enrol))
        .route("/sign-in/passkey", post(sign_in::passkey))
        .route("/sign-out", post(sign_in::out))
        .route("/link/{token}", get(link::show).post(link::submit))
        .route("/forgot", get(sign_in::forgot))
        .route("/authorize", get(consent::begin).post(consent::begin_by_form))
        .route("/mcp/oauth/authorize", get(consent::begin).post(consent::begin_by_form))
        .route("/consent", get(consent::show).post(consent::decide))
        .route("/account", get(account::overview))
        .route("/account/security", get(security::show))
        .route("/account/password", post(security::change_password))
        .route("/account/totp", get(security::enrol).post(security::change_totp))
        .route("/account/recovery", post(security::renew))
        .route("/account/passkeys", post(security::add_passkey))
        .route("/account/passkeys/{id}/remove", post(security::remove_passkey))
        .route("/account/sessions", get(seats::sessions))
        .route("/account/sessions/end-others", post(seats::end_others))
        .route("/account/sessions/{id}/end", post(seats::end_session))
        .route("/account/tokens", get(tokens::show).post(tokens::create))
        .route("/account/tokens/{id}/revoke", post(tokens::revoke))
        .route("/account/apps", get(seats::apps))
        .route("/account/apps/{id}/revoke", post(seats::revoke_app))
        .route("/account/connections", get(connections::show))
        .route("/settings/mcp-tokens", to("/account/apps"))
        .route("/settings/connected-apps", to("/account/apps"))
        .route("/settings/api-tokens", to("/account/tokens"))
}
