//! Before MCP: host, bearer, tenant, size, form and scope. The MCP library can answer neither 401 nor 403; this can.
//!
//! What the gate cannot read does not pass: else a difference between its reading and the library's would be a way around
//! the scope check. `hub::call` checks the scope again.
use std::borrow::Cow;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::Map;
use watchkeep_authz::oauth::Reason;
use watchkeep_hub::call::refuse;
use watchkeep_hub::oauth::attempts::{Step, Who, note};
use watchkeep_hub::{Cap, Door, Error, Kind, op};
use watchkeep_model::{Connector, Role, Scope, Scopes, Slug};
use watchkeep_store::{Access, TokenKind};

use crate::app::App;
use crate::incoming::{Incoming, Told};
use crate::mcp::splice::Slot;
use crate::settings::Mount;
use crate::{bearer, body, error};

mod peek;
mod rpc;

pub use peek::{Malformed, Peek};

/// Where the gate stands.
#[derive(Debug, Clone)]
pub struct Post {
    pub(crate) app: Arc<App>,
    pub(crate) mount: Mount,
}

/// A caller that the gate let through, as the handlers behind it find it in the request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What the token opens.
    pub access: Arc<Access>,
    /// The request.
    pub incoming: Incoming,
}

/// A request at the gate.
struct Asked<'a> {
    post: &'a Post,
    incoming: &'a Incoming,
    /// The path without a slash at the end, with the tenant where it is a slug: the OAuth resource.
    resource: String,
}

/// The layer around each MCP mount.
pub async fn gate(
    State(post): State<Post>,
    params: Result<RawPathParams, RawPathParamsRejection>,
    mut req: Request,
    next: Next,
) -> Response {
    let Some(incoming) = req.extensions().get::<Incoming>().cloned() else {
        return error::refusal(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the request has no id");
    };
    let slug = match &params {
        Ok(params) => params.iter().find(|(name, _)| *name == "slug").map(|(_, value)| value.to_owned()),
        // no UTF-8: a slug, and one that no tenant can have
        Err(_) => Some("-".to_owned()),
    };
    // what is no slug has no metadata, and has no place in a header
    let resource = match slug.as_deref().filter(|slug| slug.parse::<Slug>().is_ok()) {
        Some(slug) => format!("{}/t/{slug}", post.mount.path),
        None => post.mount.path.to_owned(),
    };
    let asked = Asked { post: &post, incoming: &incoming, resource };

    if let Err(text) = post.app.public.admits(req.headers(), req.uri()) {
        post.app.metrics.refused("mcp", "host");
        note(&post.app.hub, &incoming.visitor(None), Step::Call, Reason::HostMismatch, Who::default(), Some(&text));
        return asked.tell("unknown", "forbidden", error::oauth(StatusCode::FORBIDDEN, "forbidden", &text));
    }
    let access = match bearer::of_connector(&post.app.hub, req.headers(), post.mount.connector).await {
        Ok(Ok(access)) => access,
        Ok(Err(unknown)) => {
            post.app.metrics.refused("mcp", unknown.word);
            if let Some(reason) = unknown.reason() {
                let who = match bearer::token(req.headers())
                    .filter(|_| matches!(unknown.word, "expired" | "revoked" | "disabled"))
                {
                    Some(token) => Who::had(&post.app.hub, token).await,
                    None => Who::default(),
                };
                note(&post.app.hub, &incoming.visitor(None), Step::Call, reason, who, Some(&unknown.text));
            }
            return asked.tell("unknown", "unauthenticated", asked.unauthenticated(&unknown));
        }
        Err(e) => {
            let e = Error::from(e).of_request(incoming.request(), "authenticate");
            return asked.tell("unknown", e.word(), rpc::error(error::status(&e.kind), -32603, &e.public));
        }
    };
    if req.method() != Method::POST {
        return asked.tell("unknown", "method", rpc::method_not_allowed());
    }
    if let Some(refused) = bad_form(req.headers_mut()) {
        return asked.tell("unknown", "malformed", refused);
    }
    let (parts, body) = req.into_parts();
    let body = match body::read(&parts.headers, body, post.app.settings.body_timeout).await {
        Ok(body) => body,
        Err(bad) => return asked.tell("unknown", "malformed", rpc::error(bad.status(), -32600, bad.text())),
    };
    let peek = match Peek::read(&body) {
        Ok(peek) => peek,
        Err(Malformed { code, text }) => {
            return asked.tell("unknown", "malformed", rpc::error(StatusCode::BAD_REQUEST, code, &text));
        }
    };
    if let Some(refused) = asked.refused(&peek, &access, slug.as_deref(), &body).await {
        return refused;
    }

    let (method, address) = (peek.word(), incoming.address().to_string());
    if access.kind == TokenKind::OAuth && access.last_used.is_none() {
        let who =
            Who { client_id: access.actor.client.clone(), client: Some(access.name.clone()), person: access.person };
        note(&post.app.hub, &incoming.visitor(None), Step::Call, Reason::FirstCallOk, who, Some(method));
    }
    post.app.noted.touch(&post.app.hub, &access, incoming.client(), Some(address));
    let mut req = Request::from_parts(parts, Body::from(body.clone()));
    req.extensions_mut().insert(Caller { access, incoming: incoming.clone() });
    let slot = Slot::default();
    if !post.app.settings.plain_answers {
        req.extensions_mut().insert(slot.clone());
    }
    let response = rpc::in_form(slot.splice(next.run(req).await).await).await;
    // a call has told more already
    let outcome = if response.status().is_success() { "ok" } else { "malformed" };
    asked.tell(method, outcome, response)
}

impl Asked<'_> {
    fn connector(&self) -> Connector {
        self.post.mount.connector
    }

    fn tell(&self, op: &'static str, outcome: &'static str, response: Response) -> Response {
        self.incoming.tell(Told { door: "mcp", op, outcome, rate: None });
        response
    }

    /// What is refused although the token is good; each leaves a row.
    async fn refused(&self, peek: &Peek<'_>, access: &Access, slug: Option<&str>, body: &Bytes) -> Option<Response> {
        let hub = &self.post.app.hub;
        let needed = self.needed(peek, access);
        let (word, error, response) = if slug.is_some_and(|slug| slug != access.scope.slug().as_str()) {
            // the 404 of a tenant that does not exist
            (
                "unknown",
                Error::nothing_here(),
                error::oauth(StatusCode::NOT_FOUND, "not_found", "MCP endpoint not found"),
            )
        } else if let Some(resource) =
            access.resource.as_ref().filter(|r| **r != self.post.app.public.resource(&self.resource))
        {
            // RFC 8707 and RFC 9728: a token is good where it was asked for
            let text = format!("this token is for {resource}; connect to that address, or connect here anew");
            self.note(access, Reason::AudienceMismatch, &text);
            let unknown = bearer::Unknown { text, word: "other_door" };
            let error = Error::new(Kind::Unauthenticated, unknown.text.clone());
            (peek.word(), error, self.unauthenticated(&unknown))
        } else if !access.connectors.on(self.connector()) {
            let text = format!(
                "the {} connector is switched off in this tenant; ask the operator of the hub to switch it on",
                self.connector()
            );
            self.note(access, Reason::TenantConnectorOff, &text);
            let error = Error::new(Kind::Forbidden { scope: "connector".into() }, text.clone());
            (peek.word(), error, error::oauth(StatusCode::FORBIDDEN, "access_denied", &text))
        } else if !access.role.reaches(Role::Analyst) {
            let text = format!(
                "connectors are for the role analyst and above; yours in this tenant is {}: ask one of its admins",
                access.role
            );
            let error = Error::new(Kind::Forbidden { scope: "analyst".into() }, text.clone());
            (peek.word(), error, error::oauth(StatusCode::FORBIDDEN, "access_denied", &text))
        } else if let Some(missing) = needed.iter().find(|scope| !access.scopes.contains(*scope)) {
            self.note(access, Reason::ScopeMissing, missing.as_str());
            (peek.word(), Error::missing_scope(missing), self.insufficient(needed, missing, peek.name.as_deref()))
        } else {
            return None;
        };
        let (name, args) = if peek.method.is_some() { peek.call(body) } else { (Cow::Borrowed("unknown"), Map::new()) };
        let row = refuse(hub, access, self.incoming.meta(Door::Mcp(self.connector())), &name, &args, &error).await;
        Some(match row {
            Ok(()) => self.tell(word, error.word(), response),
            // no row, no answer
            Err(e) => self.tell(word, e.word(), rpc::error(error::status(&e.kind), -32603, &e.public)),
        })
    }

    /// For the person who wonders why their client is refused.
    fn note(&self, access: &Access, reason: Reason, detail: &str) {
        let name = (access.kind == TokenKind::OAuth).then(|| access.name.clone());
        let who = Who { client_id: access.actor.client.clone(), client: name, person: access.person };
        note(&self.post.app.hub, &self.incoming.visitor(None), Step::Call, reason, who, Some(detail));
    }

    /// The scopes that this message needs, all of them, so that one challenge is enough.
    fn needed(&self, peek: &Peek<'_>, access: &Access) -> Scopes {
        let read = Scopes::one(Scope::read(self.connector()));
        match (peek.method.as_deref(), peek.name.as_deref()) {
            (Some("tools/call"), Some(name)) => match self.post.app.hub.tool(self.connector(), name, access.role) {
                Some(ready) if ready.def.cap == Cap::Write => read.with(op::scope(Some(self.connector()), Cap::Write)),
                _ => read,
            },
            (Some("tools/call" | "resources/list" | "resources/read" | "prompts/get"), _) => read,
            _ => Scopes::NONE,
        }
    }

    fn unauthenticated(&self, unknown: &bearer::Unknown) -> Response {
        let mut challenge = String::from("Bearer ");
        // RFC 6750, section 3: no error code where no credential was sent
        let error = if unknown.word == "missing" { "unauthorized" } else { "invalid_token" };
        if unknown.word != "missing" {
            challenge.push_str(&format!("error=\"{error}\", error_description=\"{}\", ", quotable(&unknown.text)));
        }
        challenge.push_str(&self.challenge(Scopes::one(Scope::read(self.connector()))));
        challenged(StatusCode::UNAUTHORIZED, error, &unknown.text, &challenge)
    }

    fn insufficient(&self, needed: Scopes, missing: Scope, name: Option<&str>) -> Response {
        let what = name.map_or("this".to_owned(), |name| format!("`{}`", watchkeep_model::text::clean(name, 80)));
        let text = format!("{what} needs the scope {missing}, which this token does not have; use a token that has it");
        let challenge = format!(
            "Bearer error=\"insufficient_scope\", error_description=\"{}\", {}",
            quotable(&text),
            self.challenge(needed)
        );
        challenged(StatusCode::FORBIDDEN, "insufficient_scope", &text, &challenge)
    }

    fn challenge(&self, scopes: Scopes) -> String {
        format!("scope=\"{scopes}\", resource_metadata=\"{}\"", self.post.app.public.metadata(&self.resource))
    }
}

fn challenged(status: StatusCode, error: &str, text: &str, challenge: &str) -> Response {
    let mut response = error::oauth(status, error, text);
    if let Ok(value) = HeaderValue::from_str(challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

/// A text as it may stand in quotes in a header: ASCII without quotes and backslashes (RFC 6750, section 3).
fn quotable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' | '\\' => '\'',
            c if c == ' ' || c.is_ascii_graphic() => c,
            _ => '?',
        })
        .collect()
}

/// Content type and Accept. A plain `curl` sends no Accept or `*/*`, and gets JSON as it always did.
fn bad_form(headers: &mut HeaderMap) -> Option<Response> {
    const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
    if !body::is_json(headers) {
        let text = "Content-Type must be application/json";
        return Some(rpc::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, -32600, text));
    }
    let accepts_json = match headers.get(header::ACCEPT).map(HeaderValue::to_str) {
        None => true,
        Some(Ok(kinds)) => kinds.split(',').any(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            ["*/*", "application/*", "application/json"].iter().any(|json| kind.eq_ignore_ascii_case(json))
        }),
        Some(Err(_)) => false,
    };
    if !accepts_json {
        let text = "Accept must allow application/json: answers are JSON";
        return Some(rpc::error(StatusCode::NOT_ACCEPTABLE, -32600, text));
    }
    headers.insert(header::ACCEPT, BOTH);
    // the library looks at the beginning of the value only, and in lower case
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    None
}
