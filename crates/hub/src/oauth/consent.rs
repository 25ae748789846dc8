//! The question that a person is asked, and what follows from the answer. Always asked: what was allowed once is not
//! remembered, since a client's name proves nothing.
use std::sync::Arc;

use serde_json::json;
use watchkeep_authz::oauth::reason::Reason;
use watchkeep_authz::oauth::{ClientKind, authorize, redirect};
use watchkeep_model::{Connector, GrantId, Role, Scope, Scopes, Slug};
use watchkeep_store::oauth::{self as kept, grants};

use super::attempts::{Step, Who, note};
use super::authorize::{Good, Judged, PageError, judge};
use super::pending::Pending;
use super::{CODE, GRANT};
use crate::Hub;
use crate::error::{Error, Kind};
use crate::identity::{Level, SignedIn, Visitor};

/// The sentence of the document for a tenant that the person cannot choose.
const NO_ACCESS: &str = "You do not have access to that tenant";

/// Everything that the page shows.
#[derive(Clone, Debug)]
pub struct Consent {
    /// The request, to go on with.
    pub request: String,
    /// Ties the answer to this question and this session.
    pub ticket: String,
    /// Who asks.
    pub client: ClientShown,
    /// What is asked about.
    pub connector: Connector,
    /// The person's tenants, home first.
    pub tenants: Vec<TenantChoice>,
    /// The one that is chosen already.
    pub chosen: Option<Slug>,
    /// What it may do.
    pub scopes: Vec<ScopeChoice>,
    /// Where the browser is sent: a source for the page's `form-action`.
    pub form_action: String,
    /// What passes to the vendor of the model.
    pub passes: Vec<String>,
}

/// A client as people see it.
#[derive(Clone, Debug)]
pub struct ClientShown {
    /// Its id.
    pub id: String,
    /// What it calls itself.
    pub name: String,
    /// Nobody has looked at it.
    pub unverified: bool,
    /// Where the answer goes.
    pub redirect_host: String,
    /// Where its metadata document stands.
    pub document_host: Option<String>,
    /// It runs on the person's own machine.
    pub local: bool,
}

/// A tenant to choose.
#[derive(Clone, Debug)]
pub struct TenantChoice {
    /// Its slug.
    pub slug: Slug,
    /// Its name.
    pub name: String,
    /// The person's role.
    pub role: Role,
    /// Why it cannot be chosen.
    pub refused: Option<String>,
}

/// A scope to allow.
#[derive(Clone, Debug)]
pub struct ScopeChoice {
    /// The scope.
    pub scope: Scope,
    /// What it means.
    pub sentence: String,
    /// It comes with any grant.
    pub fixed: bool,
    /// It is on before the person decides.
    pub on: bool,
}

/// What the person answered.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The request.
    pub request: String,
    /// The ticket of the page.
    pub ticket: String,
    /// The tenant's slug.
    pub tenant: Option<String>,
    /// The scopes that are on.
    pub scopes: Vec<String>,
    /// Allowed, or denied.
    pub allow: bool,
}

/// What follows.
#[derive(Debug)]
pub enum Decided {
    /// Back to the client.
    Redirect {
        /// The whole address.
        to: String,
    },
    /// This was no answer to a question that was asked here.
    Refused(PageError),
    /// The question again, with what is missing.
    Again(Box<Consent>, String),
    /// The tenant wants a second factor first.
    SecondFactor,
}

pub(super) async fn question(
    hub: &Arc<Hub>,
    signed: &SignedIn,
    good: &Good,
    request: String,
) -> Result<Consent, Error> {
    let connector = good.request.audience.connector;
    let forced = good.request.audience.slug.as_ref();
    let tenants: Vec<TenantChoice> = hub
        .store
        .choices(signed.own)
        .await?
        .into_iter()
        .filter(|c| forced.is_none_or(|slug| *slug == c.slug))
        .filter(|c| good.client.tenant.is_none_or(|tenant| tenant == c.id))
        .map(|c| TenantChoice { refused: refusal(&c, connector), slug: c.slug, name: c.name, role: c.role })
        .collect();
    let mut open = tenants.iter().filter(|t| t.refused.is_none());
    let chosen = match (open.next(), open.next()) {
        (Some(only), None) => Some(only.slug.clone()),
        _ => None,
    };
    let uri = &good.request.redirect_uri;
    let host = match good.client.kind {
        ClientKind::Document => Some(redirect::host(&good.client.id)),
        _ => None,
    };
    Ok(Consent {
        ticket: hub.oauth.ticket(&signed.secret_hash, &request),
        request,
        client: ClientShown {
            id: good.client.id.clone(),
            name: good.client.name.clone(),
            unverified: good.client.unverified,
            redirect_host: redirect::shown(uri),
            document_host: host,
            local: redirect::is_loopback(uri),
        },
        connector,
        tenants,
        chosen,
        scopes: choices(connector, good.client.scopes),
        form_action: redirect::csp_source(uri),
        passes: passes(connector),
    })
}

/// Why a tenant cannot be chosen, in the document's own words.
fn refusal(choice: &grants::Choice, connector: Connector) -> Option<String> {
    if choice.disabled_at.or(choice.tenant_off).is_some() {
        Some(NO_ACCESS.to_owned())
    } else if !choice.role.reaches(Role::Analyst) {
        Some(format!("{NO_ACCESS}: it takes the role analyst, and yours is {}", choice.role))
    } else if !on(choice, connector) {
        Some(format!(
            "The {connector} connector is switched off in this tenant; ask the operator of the hub to switch it on"
        ))
    } else {
        None
    }
}

const fn on(choice: &grants::Choice, connector: Connector) -> bool {
    match connector {
        Connector::Risk => choice.risk_on,
        Connector::Fleet => choice.fleet_on,
    }
}

fn choices(connector: Connector, most: Option<Scopes>) -> Vec<ScopeChoice> {
    [Scope::read(connector), Scope::write(connector)]
        .into_iter()
        .filter(|scope| most.is_none_or(|most| most.contains(*scope)))
        .map(|scope| {
            let fixed = scope == Scope::read(connector);
            ScopeChoice { scope, sentence: sentence(scope).to_owned(), fixed, on: fixed }
        })
        .collect()
}

/// What a scope means, in plain words.
#[must_use]
pub const fn sentence(scope: Scope) -> &'static str {
    match scope {
        Scope::RiskRead => "Read your KRIs, controls, risks, outcomes, vendors, assets, simulations and integrations",
        Scope::RiskWrite => "Push evidence into a Drop Zone and start runs of integrations",
        Scope::FleetRead => "Read hosts, alerts, detections, CVEs, SLAs, the trust score and the audit log",
        Scope::FleetWrite => "Acknowledge detections, which can be undone",
        Scope::ApiRead => "Read over REST",
        Scope::ApiWrite => "Write over REST",
    }
}

/// What passes through the model's vendor when a tool is called.
fn passes(connector: Connector) -> Vec<String> {
    let words: &[&str] = match connector {
        Connector::Risk => &[
            "names, values and states of KRIs, controls, risks and vendors",
            "names of assets and people in the register",
        ],
        Connector::Fleet => &[
            "host names, IP addresses and country codes",
            "titles and descriptions of alerts",
            "source addresses and target users of detections",
            "trust score figures",
        ],
    };
    words.iter().map(|w| (*w).to_owned()).collect()
}

/// The answer of a person.
///
/// # Errors
/// Of the database.
pub async fn decide(
    hub: &Arc<Hub>,
    visitor: &Visitor,
    signed: &SignedIn,
    answered: Answered,
) -> Result<Decided, Error> {
    let ended = || Ok(Decided::Refused(PageError::ended()));
    let Some(pending) = Pending::open(hub, &answered.request) else { return ended() };
    let asked_here = hub.oauth.is_ticket(&signed.secret_hash, &answered.request, &answered.ticket);
    if !asked_here || signed.level != Level::Full || signed.must_enrol {
        return ended();
    }
    let good = match judge(hub, &pending, Some(signed)).await? {
        Judged::Good(good) => good,
        Judged::Page(refused, _) | Judged::Redirect(_, refused, _) => {
            return Ok(Decided::Refused(PageError::new(&refused)));
        }
        Judged::Later => return ended(),
    };
    let who = || Who {
        client_id: Some(good.client.id.clone()),
        client: Some(good.client.name.clone()),
        person: Some(signed.person),
    };
    let issuer = hub.oauth.issuer();
    if !answered.allow {
        let told = json!({"client": good.client.id});
        let call =
            super::record::of_person(hub, visitor, "oauth_authorize_denied", "consent", signed, &told, &good.client.id);
        hub.store.record_installation(hub.store.operator(), call, "denied").await?;
        note(hub, visitor, Step::Consent, Reason::ConsentDenied, who(), None);
        let to = authorize::error_redirect(&good.request, issuer, "access_denied", "the person did not allow it");
        return Ok(Decided::Redirect { to });
    }
    let connector = good.request.audience.connector;
    let Some(slug) = answered.tenant.as_deref().filter(|slug| !slug.is_empty()) else {
        let again = question(hub, signed, &good, answered.request).await?;
        return Ok(Decided::Again(Box::new(again), "Choose the tenant that it may read".into()));
    };
    let choice = hub.store.enter(signed.own, slug).await?;
    let fits = |c: &grants::Entered| {
        good.client.tenant.is_none_or(|tenant| tenant == c.choice.id)
            && good.request.audience.slug.as_ref().is_none_or(|slug| *slug == c.choice.slug)
    };
    let refused = match &choice {
        Some(entered) if fits(entered) => refusal(&entered.choice, connector),
        _ => Some(NO_ACCESS.to_owned()),
    };
    if let Some(text) = refused {
        note(hub, visitor, Step::Consent, Reason::TenantNotAllowed, who(), Some(&text));
        return Ok(Decided::Refused(PageError {
            title: "This tenant cannot be chosen".into(),
            text,
            advice: Reason::TenantNotAllowed.advice().to_owned(),
            reason: Reason::TenantNotAllowed.as_str(),
        }));
    }
    let Some(entered) = choice else { return ended() };
    if entered.choice.require_mfa && signed.second_at.is_none() {
        note(hub, visitor, Step::Consent, Reason::TenantMfa, who(), None);
        return Ok(Decided::SecondFactor);
    }
    let read = Scopes::one(Scope::read(connector));
    let write = Scope::write(connector);
    let wants_write = answered.scopes.iter().any(|word| word == write.as_str());
    let scopes = match wants_write && choices(connector, good.client.scopes).iter().any(|c| c.scope == write) {
        true => read.with(write),
        false => read,
    };

    let now = hub.now();
    let code = hub.oauth.code(&signed.secret_hash, &answered.request);
    let grant = grants::NewGrant {
        id: GrantId::new(hub.rng.id(now)),
        person: signed.person,
        client_id: good.client.id.clone(),
        redirect_uri: good.request.redirect_uri.clone(),
        connector,
        resource: good.request.audience.url.clone(),
        scopes: scopes.to_string(),
        created_at: now,
        expires_at: now.plus(GRANT),
        code_hash: kept::hash(&code),
        code_expires_at: now.plus(CODE),
        challenge: good.request.challenge.clone(),
    };
    let told = json!({
        "client": grant.client_id, "redirectUri": grant.redirect_uri, "resource": grant.resource, "scopes": grant.scopes,
    });
    let call = super::record::of_person(
        hub,
        visitor,
        "mcp_authorization_granted",
        "consent",
        signed,
        &told,
        &grant.id.to_string(),
    );
    let written =
        hub.store.write(&entered.scope, call, async move |tx| Ok::<_, Error>(grants::add(tx, &grant).await?)).await;
    match written {
        Ok(()) => {}
        // the one code of this session for this request is taken: it was answered already
        Err(e) if matches!(e.kind, Kind::Conflict) => return ended(),
        Err(e) => return Err(e),
    }
    hub.store.client_granted(good.client.id.clone(), now).await?;
    note(hub, visitor, Step::Consent, Reason::ConsentGiven, who(), None);
    Ok(Decided::Redirect { to: authorize::code_redirect(&good.request, issuer, &code) })
}
