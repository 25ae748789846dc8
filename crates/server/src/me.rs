//! A person's own things over REST, with the session of their browser: `/api/v1/me`. What the pages of the account do, for
//! the web app and for scripts that hold a session.
//!
//! Answers are JSON in camelCase, errors problem documents. Who changes something comes from a page of this hub (the
//! `Origin` rule of forms); a body is `application/json`, which no foreign page sends unasked.
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use http::request::Parts;
use http::{Method, StatusCode, header};
use serde_json::{Value, json};
use watchkeep_hub::Error;
use watchkeep_hub::identity::{self, Level, SignedIn, passkeys, sessions};
use watchkeep_hub::oauth::{apps, attempts};

use crate::app::App;
use crate::body;
use crate::error::{problem, refusal};
use crate::pages::ask::{Ask, due};
use crate::pages::form;

pub(crate) mod tokens;

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/me", get(me))
        .route("/api/v1/me/sessions", get(list_sessions).delete(end_others))
        .route("/api/v1/me/sessions/{id}", delete(end_session))
        .route("/api/v1/me/passkeys", get(list_passkeys))
        .route("/api/v1/me/passkeys/{id}", delete(remove_passkey))
        .route("/api/v1/me/tokens", get(list_tokens).post(create_token))
        .route("/api/v1/me/tokens/{id}", delete(revoke_token))
        .route("/api/v1/me/apps", get(list_apps))
        .route("/api/v1/me/apps/{id}", delete(revoke_app))
        .route("/api/v1/me/connections", get(list_connections))
}

/// Somebody who is signed in with all that is asked of them.
#[derive(Debug)]
struct Me {
    ask: Ask,
    signed: SignedIn,
}

/// An answer that is a problem.
struct Refused(Box<Response>);

impl From<Response> for Refused {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

type Answer = Result<Response, Refused>;

impl FromRequestParts<Arc<App>> for Me {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let safe = matches!(parts.method, Method::GET | Method::HEAD);
        if !safe && !form::is_ours(&app.public, &parts.headers) {
            let text = "changes come from this hub's own pages, or from a program that sends no Origin";
            return Err(refusal(StatusCode::FORBIDDEN, "forbidden", text).into());
        }
        // the pages' own refusals are pages: told again as problems
        let mut ask = match Ask::from_request_parts(parts, app).await {
            Ok(ask) => ask,
            Err(page) => {
                let status = page.into_response().status();
                return Err(refusal(
                    status,
                    "refused",
                    "sessions are taken on https or on the hub's own machine, at the hub's own address",
                )
                .into());
            }
        };
        let Some(signed) = ask.signed.take() else {
            let text =
                format!("sign in at {}/sign-in; this address takes the session cookie of a browser", app.public.base);
            return Err(unauthenticated(&text));
        };
        if due(&signed).is_some() {
            let text = match signed.level {
                Level::Password => "finish signing in first: your second factor is due",
                Level::Full => "a tenant of yours requires a second factor: set one up at /sign-in/enrol",
            };
            return Err(unauthenticated(text));
        }
        Ok(Self { ask, signed })
    }
}

fn unauthenticated(text: &str) -> Refused {
    refusal(StatusCode::UNAUTHORIZED, "unauthenticated", text).into()
}

impl Me {
    fn refused(&self, error: Error) -> Refused {
        problem(&error.of_request(self.ask.visitor.request, "me")).into()
    }

    fn id<T: std::str::FromStr>(&self, text: &str) -> Result<T, Refused> {
        text.parse().map_err(|_| problem(&Error::not_found("you have nothing with this id here")).into())
    }
}

fn ok(value: &Value) -> Answer {
    Ok(([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response())
}

fn items(items: &[Value]) -> Answer {
    ok(&json!({ "items": items }))
}

fn gone() -> Answer {
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn me(me: Me) -> Answer {
    let tenants = identity::tenants(me.ask.hub(), &me.signed).await.map_err(|e| me.refused(e))?;
    let tenants: Vec<Value> = tenants
        .into_iter()
        .map(|t| {
            json!({
                "slug": t.scope_slug, "name": t.name, "role": t.role, "home": t.home,
                "active": !t.disabled && !t.tenant_disabled, "requireMfa": t.require_mfa,
            })
        })
        .collect();
    let SignedIn { person, email, name, operator, factors, .. } = &me.signed;
    ok(&json!({
        "id": person, "email": email, "name": name, "operator": operator,
        "totp": factors.totp, "passkeys": factors.passkeys, "recoveryCodesLeft": factors.recovery_left,
        "tenants": tenants,
    }))
}

async fn list_sessions(me: Me) -> Answer {
    let all = sessions::list(me.ask.hub(), &me.signed).await.map_err(|e| me.refused(e))?;
    let line = |s: &sessions::SessionInfo| {
        json!({
            "id": s.id, "current": s.current, "complete": s.level == Level::Full, "createdAt": s.created_at,
            "lastUsedAt": s.seen_at, "address": s.address, "client": s.client,
        })
    };
    items(&all.iter().map(line).collect::<Vec<_>>())
}

async fn end_others(me: Me) -> Answer {
    sessions::end_others(me.ask.hub(), &me.ask.visitor, &me.signed).await.map_err(|e| me.refused(e))?;
    gone()
}

async fn end_session(me: Me, Path(id): Path<String>) -> Answer {
    let id = me.id(&id)?;
    sessions::end(me.ask.hub(), &me.ask.visitor, &me.signed, id).await.map_err(|e| me.refused(e))?;
    gone()
}

async fn list_passkeys(me: Me) -> Answer {
    let all = passkeys::list(me.ask.hub(), &me.signed).await.map_err(|e| me.refused(e))?;
    let line = |p: &passkeys::PasskeyInfo| json!({ "id": p.id, "name": p.name, "createdAt": p.created_at, "lastUsedAt": p.last_used_at });
    items(&all.iter().map(line).collect::<Vec<_>>())
}

async fn remove_passkey(me: Me, Path(id): Path<String>) -> Answer {
    let id = me.id(&id)?;
    passkeys::remove(me.ask.hub(), &me.ask.visitor, &me.signed, id).await.map_err(|e| me.refused(e))?;
    gone()
}

async fn list_tokens(me: Me) -> Answer {
    let all = tokens::list(me.ask.hub(), &me.signed).await.map_err(|e| me.refused(e))?;
    items(&all.iter().map(|token| json!(token)).collect::<Vec<_>>())
}

async fn create_token(me: Me, sent: Body) -> Answer {
    if !body::is_json(&me.ask.headers) {
        let text = "send the token's properties as application/json";
        return Err(refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", text).into());
    }
    let read = form::read(&me.ask.headers, sent, me.ask.app.settings.body_timeout).await;
    let bytes = read.map_err(|(status, text)| refusal(status, "body", text))?;
    let new: tokens::Wanted = serde_json::from_slice(&bytes)
        .map_err(|e| me.refused(Error::flaw("body", &format!("is not what this address takes: {e}"))))?;
    let new_pat = new.pat(&me.signed).map_err(|e| me.refused(e))?;
    let made = tokens::create(me.ask.hub(), &me.signed, &new.tenant, &new_pat).await.map_err(|e| me.refused(e))?;
    let told = json!({
        "id": made.id, "name": made.name, "tenant": made.tenant, "scopes": made.scopes, "expiresAt": made.expires_at,
        "token": made.secret,
    });
    Ok((StatusCode::CREATED, [(header::CONTENT_TYPE, "application/json")], told.to_string()).into_response())
}

async fn revoke_token(me: Me, Path(id): Path<String>) -> Answer {
    tokens::revoke(me.ask.hub(), &me.signed, &id).await.map_err(|e| me.refused(e))?;
    gone()
}

async fn list_apps(me: Me) -> Answer {
    let all = apps::list(me.ask.hub(), &me.signed).await.map_err(|e| me.refused(e))?;
    items(&all.iter().map(|app| json!(app)).collect::<Vec<_>>())
}

async fn revoke_app(me: Me, Path(id): Path<String>) -> Answer {
    apps::revoke(me.ask.hub(), &me.ask.visitor, &me.signed, &id).await.map_err(|e| me.refused(e))?;
    gone()
}

async fn list_connections(me: Me) -> Answer {
    let all = attempts::of(me.ask.hub(), &me.signed, &me.ask.visitor.address).await.map_err(|e| me.refused(e))?;
    items(&all.iter().map(|attempt| json!(attempt)).collect::<Vec<_>>())
}
