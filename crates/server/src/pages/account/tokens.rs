//! A person's own tokens: made here, shown once, revoked for good.
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use http::StatusCode;
use watchkeep_hub::Error;
use watchkeep_hub::admin::NewPat;
use watchkeep_hub::identity::{self, SignedIn};
use watchkeep_model::{Connector, Role, Scopes, Span, Timestamp};

use super::view::{Draft, Token, TokenMade, Tokens};
use super::{frame, told};
use crate::me::tokens::{self as mine, Own};
use crate::pages::ask::{Answer, Ask, Refused, wait};
use crate::pages::form::Form;
use crate::pages::frame::{Frame, Problems};
use crate::pages::when::When;

const LIFETIMES: &[(&str, &str)] = &[("7d", "7 days"), ("30d", "30 days"), ("90d", "90 days"), ("365d", "A year")];

/// The connectors that are mounted here, with their names on a page.
fn connectors(ask: &Ask) -> Vec<(Connector, &'static str)> {
    let mut all: Vec<(Connector, &'static str)> = vec![];
    for mount in ask.app.settings.mounts {
        let name = match mount.connector {
            Connector::Risk => "Risk",
            Connector::Fleet => "Fleet",
        };
        if !all.iter().any(|(connector, _)| *connector == mount.connector) {
            all.push((mount.connector, name));
        }
    }
    all
}

/// The connectors of a token, in words.
fn opens(scopes: Scopes) -> String {
    match (scopes.reaches(Connector::Risk), scopes.reaches(Connector::Fleet)) {
        (true, true) => "Risk and fleet",
        (true, false) => "Risk",
        (false, true) => "Fleet",
        (false, false) => "Nothing",
    }
    .to_owned()
}

fn writes(scopes: Scopes) -> bool {
    [Connector::Risk, Connector::Fleet].into_iter().any(|c| scopes.contains(watchkeep_model::Scope::write(c)))
}

fn line(one: Own, now: Timestamp) -> Token {
    let scopes: Scopes = one.scopes.parse().unwrap_or(Scopes::NONE);
    let ended = match one.revoked_at {
        Some(_) => Some("Revoked"),
        None if one.expires_at <= now => Some("Expired"),
        None => None,
    };
    let used_by = match (one.last_client, one.last_address) {
        (Some(client), Some(address)) => format!("{client} from {address}"),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => String::new(),
    };
    Token {
        id: one.id.to_string(),
        name: one.name,
        tenant: one.tenant.to_string(),
        opens: opens(scopes),
        writes: writes(scopes),
        soon: ended.is_none() && one.expires_at.since(now) < Span::days(14),
        expires: When::new(one.expires_at, now),
        ended,
        used: one.last_used_at.map(|at| When::new(at, now)),
        used_by,
    }
}

async fn page(
    ask: &Ask,
    signed: &SignedIn,
    told: Option<String>,
    draft: Draft,
    picked: &[String],
    problems: Problems,
) -> Result<Tokens, Refused> {
    let now = ask.hub().now();
    let tokens = mine::list(ask.hub(), signed).await.map_err(|e| ask.failed(e))?;
    let tenants = identity::tenants(ask.hub(), signed).await.map_err(|e| ask.failed(e))?;
    let frame = frame(ask, "API tokens", "/account/tokens");
    let connectors =
        connectors(ask).into_iter().map(|(c, name)| (c.as_str(), name, picked.iter().any(|p| p == c.as_str())));
    Ok(Tokens {
        frame: Frame { failed: !problems.is_empty(), ..frame },
        told,
        problems,
        tokens: tokens.into_iter().map(|one| line(one, now)).collect(),
        tenants: tenants
            .into_iter()
            .filter(|t| !t.disabled && !t.tenant_disabled && t.role.reaches(Role::Analyst))
            .map(|t| (t.scope_slug.to_string(), t.name))
            .collect(),
        connectors: connectors.collect(),
        lifetimes: LIFETIMES.to_vec(),
        draft,
    })
}

/// `GET /account/tokens`.
pub(in crate::pages) async fn show(ask: Ask, RawQuery(raw): RawQuery) -> Answer {
    let signed = ask.person()?;
    let draft = Draft { expires: "90d".to_owned(), ..Draft::default() };
    let risk = [Connector::Risk.to_string()];
    let page = page(&ask, signed, told(raw.as_deref()), draft, &risk, Problems::default()).await?;
    Ok(ask.page(StatusCode::OK, &page))
}

fn wanted(form: &Form, signed: &SignedIn) -> Result<NewPat, Error> {
    let connectors: Vec<Connector> = form.all("connector").iter().filter_map(|word| word.parse().ok()).collect();
    if connectors.is_empty() {
        return Err(Error::flaw("connector", "must be one at least"));
    }
    // the list of the page is the whole choice
    let lifetime = LIFETIMES.iter().find(|(value, _)| *value == form.get("expires"));
    let lifetime = lifetime.and_then(|(value, _)| value.parse().ok());
    Ok(NewPat {
        user: signed.email.clone(),
        name: form.get("name").to_owned(),
        connectors,
        write: form.get("write") == "yes",
        lifetime: lifetime.unwrap_or_default(),
    })
}

/// `POST /account/tokens`: answers with the token, which no other page can show.
pub(in crate::pages) async fn create(ask: Ask, body: Body) -> Answer {
    const FIELDS: &[(&str, &str)] =
        &[("name", "the name"), ("tenant", "the tenant"), ("connector", "what it opens"), ("expires", "the end")];
    let form = ask.form(body, "account").await?;
    let signed = ask.person()?;
    let made = match wanted(&form, signed) {
        Ok(new) => mine::create(ask.hub(), signed, form.get("tenant"), &new).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(made) => {
            let address = connectors(&ask).into_iter().find(|(c, _)| made.scopes.reaches(*c)).and_then(|(c, _)| {
                let mount = ask.app.settings.mounts.iter().find(|m| m.connector == c && m.path != "/")?;
                Some(ask.app.public.resource(mount.path))
            });
            let page = TokenMade {
                frame: frame(&ask, "Your new token", "/account/tokens"),
                name: made.name,
                tenant: made.tenant.to_string(),
                command: address.map(|address| {
                    format!(
                        "claude mcp add --transport http watchkeep {address} --header \"Authorization: Bearer {}\"",
                        made.secret
                    )
                }),
                secret: made.secret,
                opens: opens(made.scopes),
                expires: When::new(made.expires_at, ask.hub().now()),
            };
            Ok(ask.page(StatusCode::OK, &page))
        }
        Err(error) => {
            let (status, problems, error) = ask.again(error, FIELDS)?;
            let draft = Draft {
                name: form.get("name").chars().take(120).collect(),
                tenant: form.get("tenant").to_owned(),
                write: form.get("write") == "yes",
                expires: form.get("expires").to_owned(),
            };
            let page = page(&ask, signed, None, draft, &form.all("connector"), problems).await?;
            Ok(wait(ask.page(status, &page), &error))
        }
    }
}

/// `POST /account/tokens/{id}/revoke`.
pub(in crate::pages) async fn revoke(ask: Ask, Path(id): Path<String>, body: Body) -> Answer {
    ask.form(body, "account").await?;
    let signed = ask.person()?;
    mine::revoke(ask.hub(), signed, &id).await.map_err(|e| ask.failed(e))?;
    Ok(ask.go("/account/tokens?done=token"))
}
