//! An application asks, a person decides.
use axum::body::Body;
use axum::extract::RawQuery;
use axum::response::Response;
use http::{StatusCode, Uri};
use watchkeep_authz::oauth::Alias;
use watchkeep_hub::oauth::authorize::{self, Asked, PageError};
use watchkeep_hub::oauth::consent::{self, Answered, Consent, Decided};
use watchkeep_model::Connector;

use super::ask::{Answer, Ask, next, with_request};
use super::form::{self, Form};
use super::frame::{Frame, Problems, initials};
use super::view;

fn alias(uri: &Uri) -> Alias {
    if uri.path().starts_with("/mcp/oauth/") { Alias::Fleet } else { Alias::Root }
}

/// `GET /authorize`.
pub(super) async fn begin(ask: Ask, uri: Uri, RawQuery(raw): RawQuery) -> Answer {
    judge(&ask, alias(&uri), raw.as_deref().unwrap_or_default()).await
}

/// `POST /authorize`: the same out of a form, from wherever the application has it.
pub(super) async fn begin_by_form(ask: Ask, uri: Uri, body: Body) -> Answer {
    let read = form::read(&ask.headers, body, ask.app.settings.body_timeout).await;
    let body = read.map_err(|(status, text)| ask.message(status, "Not read", text, ""))?;
    // what is no UTF-8 is refused as it would be in an address, where it is written like this
    judge(&ask, alias(&uri), std::str::from_utf8(&body).unwrap_or("%FF")).await
}

async fn judge(ask: &Ask, alias: Alias, raw: &str) -> Answer {
    let asked = authorize::begin(ask.hub(), &ask.visitor, alias, raw, ask.signed.as_ref()).await;
    Ok(match asked.map_err(|e| ask.failed(e))? {
        Asked::Page(error) => refused(ask, StatusCode::BAD_REQUEST, error),
        Asked::Redirect(to) => ask.go(&to),
        Asked::SignIn { request, .. } => to_sign_in(ask, &request),
        Asked::Consent(consent) => ask.go(&with_request("/consent", Some(&consent.request))),
    })
}

fn to_sign_in(ask: &Ask, request: &str) -> Response {
    // whoever has given the password goes on with what is due
    match ask.signed.as_ref().map(|signed| next(signed, Some(request))) {
        Some(to) if !to.starts_with("/consent") => ask.go(&to),
        _ => ask.go(&with_request("/sign-in", Some(request))),
    }
}

fn refused(ask: &Ask, status: StatusCode, error: PageError) -> Response {
    let page = view::Message {
        frame: Frame { failed: true, ..ask.frame(&error.title, "") },
        tone: "bad",
        text: error.text,
        advice: error.advice,
        reason: error.reason.to_owned(),
        request_id: ask.visitor.request.to_string(),
        next: None,
    };
    ask.page(status, &page)
}

/// `GET /consent`.
pub(super) async fn show(ask: Ask, RawQuery(raw): RawQuery) -> Answer {
    let sent = Form::parse(raw.unwrap_or_default().as_bytes());
    let asked = authorize::resume(ask.hub(), &ask.visitor, sent.get("request"), ask.signed.as_ref()).await;
    Ok(match asked.map_err(|e| ask.failed(e))? {
        Asked::Page(error) => refused(&ask, StatusCode::BAD_REQUEST, error),
        Asked::Redirect(to) => ask.go(&to),
        Asked::SignIn { request, .. } => to_sign_in(&ask, &request),
        Asked::Consent(consent) => page(&ask, StatusCode::OK, *consent, &Choice::default(), Problems::default()),
    })
}

/// What the person had chosen, where the page is shown again.
#[derive(Debug, Default)]
struct Choice {
    tenant: Option<String>,
    scopes: Vec<String>,
}

fn page(ask: &Ask, status: StatusCode, asked: Consent, chosen: &Choice, problems: Problems) -> Response {
    let mount = ask.app.settings.mounts.iter().find(|mount| mount.connector == asked.connector);
    let address = mount.map(|mount| ask.app.public.resource(mount.path)).unwrap_or_default();
    let connector = match asked.connector {
        Connector::Risk => format!("The risk register ({address})"),
        Connector::Fleet => format!("The fleet ({address})"),
    };
    let pick = chosen.tenant.clone().or_else(|| asked.chosen.as_ref().map(ToString::to_string));
    let mut tenants: Vec<view::Tenant> = asked
        .tenants
        .into_iter()
        .map(|one| view::Tenant {
            chosen: one.refused.is_none() && pick.as_deref() == Some(one.slug.as_str()),
            slug: one.slug.to_string(),
            name: one.name,
            role: one.role.to_string(),
            refused: one.refused,
        })
        .collect();
    tenants.sort_by_key(|one| one.refused.is_some());
    let shown = view::Consent {
        frame: Frame { failed: !problems.is_empty(), ..ask.frame("Allow access?", "consent") },
        problems,
        request: asked.request,
        ticket: asked.ticket,
        initials: initials(&asked.client.name),
        client: view::Client {
            name: asked.client.name,
            unverified: asked.client.unverified,
            redirect_host: asked.client.redirect_host,
            document_host: asked.client.document_host,
            local: asked.client.local,
        },
        connector,
        email: ask.signed.as_ref().map(|signed| signed.email.clone()).unwrap_or_default(),
        fixed: tenants.len() == 1,
        can_allow: tenants.iter().any(|one| one.refused.is_none()),
        tenants,
        scopes: asked
            .scopes
            .into_iter()
            .map(|one| view::ScopeLine {
                scope: one.scope.to_string(),
                on: one.on || chosen.scopes.iter().any(|scope| scope == one.scope.as_str()),
                sentence: one.sentence,
                fixed: one.fixed,
            })
            .collect(),
        never: never(asked.connector),
        passes: asked.passes,
    };
    ask.page_to(status, &shown, &asked.form_action)
}

/// What no application is ever allowed, whatever it asks for.
pub(super) fn never(connector: Connector) -> Vec<&'static str> {
    let own = match connector {
        Connector::Risk => "Accept or reject a proposal, change a risk, or turn a light green.",
        Connector::Fleet => "Trigger an emergency action on a host, or see what its agent sent as it came.",
    };
    vec![
        "See another tenant, whatever else you have access to.",
        own,
        "See your password, a key or a secret of a connected tool.",
        "Add members, make tokens, or change settings.",
    ]
}

/// `POST /consent`.
pub(super) async fn decide(ask: Ask, body: Body) -> Answer {
    let form = ask.form(body, "consent").await?;
    let request = form.get("request").to_owned();
    let Some(signed) = ask.signed.as_ref() else {
        return Ok(ask.go(&with_request("/sign-in", Some(&request))));
    };
    let to = next(signed, Some(&request));
    if !to.starts_with("/consent") {
        return Ok(ask.go(&to));
    }
    let chosen = Choice { tenant: form.some("tenant").map(str::to_owned), scopes: form.all("scope") };
    let answered = Answered {
        request: request.clone(),
        ticket: form.get("ticket").to_owned(),
        tenant: chosen.tenant.clone(),
        scopes: chosen.scopes.clone(),
        allow: match form.get("decision") {
            "allow" => true,
            "deny" => false,
            _ => return Ok(ask.go(&with_request("/consent", Some(&request)))),
        },
    };
    let decided = consent::decide(ask.hub(), &ask.visitor, signed, answered).await;
    Ok(match decided.map_err(|e| ask.failed(e))? {
        Decided::Redirect { to, .. } => ask.go(&to),
        Decided::Refused(error) => refused(&ask, StatusCode::FORBIDDEN, error),
        Decided::Again(consent, problem) => {
            let problems = Problems::one("tenant", super::frame::sentence(&problem));
            page(&ask, StatusCode::UNPROCESSABLE_ENTITY, *consent, &chosen, problems)
        }
        Decided::SecondFactor => {
            let path = if signed.factors.any() { "/sign-in/second" } else { "/sign-in/enrol" };
            ask.go(&with_request(path, Some(&request)))
        }
    })
}
