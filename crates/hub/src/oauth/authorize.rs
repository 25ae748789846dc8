//! A browser brings a client's request. It is judged anew at each step on its way, from its own text; nothing is kept of it
//! before the person decides.
use std::sync::Arc;

use watchkeep_authz::oauth::authorize::{self, Prompt, Request, Verdict};
use watchkeep_authz::oauth::params::Params;
use watchkeep_authz::oauth::{Alias, Client, Reason, Refused};
use watchkeep_model::Timestamp;

use super::attempts::{Step, Who, note};
use super::clients::{Found, find};
use super::consent::{self, Consent};
use super::pending::Pending;
use super::throttle::Knock;
use crate::Hub;
use crate::error::Error;
use crate::identity::{Level, SignedIn, Visitor};

/// What the browser gets.
#[derive(Debug)]
pub enum Asked {
    /// A page that says what is wrong; the browser is sent nowhere.
    Page(PageError),
    /// Back to the client.
    Redirect(String),
    /// To sign-in first.
    SignIn {
        /// The request, to go on with.
        request: String,
        /// Also if somebody is signed in.
        fresh: bool,
    },
    /// The question.
    Consent(Box<Consent>),
}

/// What a page says that cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageError {
    /// A few words.
    pub title: String,
    /// What is wrong.
    pub text: String,
    /// What to do.
    pub advice: String,
    /// The word of the published list.
    pub reason: &'static str,
}

impl PageError {
    pub(super) fn new(refused: &Refused) -> Self {
        Self {
            title: "This program cannot be connected".into(),
            text: refused.text.clone(),
            advice: refused.reason.advice().to_owned(),
            reason: refused.reason.as_str(),
        }
    }
    pub(super) fn ended() -> Self {
        Self {
            title: "This page has had its time".into(),
            text: "The request that it was about is older than 15 minutes, was answered already, or was changed."
                .into(),
            advice: "Go back to the program that you want to connect and begin again there.".into(),
            reason: Reason::MalformedRequest.as_str(),
        }
    }
}

/// A request as `GET` or `POST /authorize` brings it: the raw query or form.
///
/// # Errors
/// Of the database; too many requests.
pub async fn begin(
    hub: &Arc<Hub>,
    visitor: &Visitor,
    alias: Alias,
    raw: &str,
    signed: Option<&SignedIn>,
) -> Result<Asked, Error> {
    let now = hub.now();
    hub.oauth.admit(Knock::Authorize, &visitor.address, now)?;
    let pending = Pending::new(alias, raw, now);
    go_on(hub, visitor, &pending, pending.seal(hub)?, signed).await
}

/// A request that went through sign-in, or comes back to its page.
///
/// # Errors
/// Of the database.
pub async fn resume(
    hub: &Arc<Hub>,
    visitor: &Visitor,
    request: &str,
    signed: Option<&SignedIn>,
) -> Result<Asked, Error> {
    match Pending::open(hub, request) {
        Some(pending) => go_on(hub, visitor, &pending, request.to_owned(), signed).await,
        None => Ok(Asked::Page(PageError::ended())),
    }
}

/// Whether a request is waiting behind this text: sign-in pages ask before they show it on.
#[must_use]
pub fn is_pending(hub: &Hub, request: &str) -> bool {
    Pending::open(hub, request).is_some()
}

/// A request that can be asked about.
pub(super) struct Good {
    pub(super) client: Client,
    pub(super) request: Request,
    pub(super) came: Timestamp,
}

/// What came of judging a request.
pub(super) enum Judged {
    Good(Box<Good>),
    /// Its client's document is not known yet.
    Later,
    /// With the client, where it is known.
    Page(Refused, Option<Box<Client>>),
    Redirect(String, Refused, Option<Box<Client>>),
}

pub(super) async fn judge(hub: &Arc<Hub>, pending: &Pending, signed: Option<&SignedIn>) -> Result<Judged, Error> {
    let params = match Params::parse(pending.raw().as_bytes()) {
        Ok(params) => params,
        Err(e) => {
            let refused = Refused { reason: Reason::MalformedRequest, error: "invalid_request", text: e.to_string() };
            return Ok(Judged::Page(refused, None));
        }
    };
    let id = match authorize::client_id(&params) {
        Ok(id) => id.to_owned(),
        Err(refused) => return Ok(Judged::Page(refused, None)),
    };
    let client = match find(hub, &id, signed).await? {
        Found::Client(client) => Some(*client),
        Found::Unknown => None,
        Found::Later => return Ok(Judged::Later),
        Found::Refused(refused) => return Ok(Judged::Page(refused, None)),
    };
    let verdict = authorize::judge(&params, client.as_ref(), pending.alias(), &hub.oauth.resources, hub.oauth.issuer());
    Ok(match (verdict, client) {
        (Verdict::Ask(request), Some(client)) => {
            Judged::Good(Box::new(Good { client, request: *request, came: pending.at() }))
        }
        (Verdict::Ask(_), None) => Judged::Later,
        (Verdict::Page(refused), client) => Judged::Page(refused, client.map(Box::new)),
        (Verdict::Redirect { to, refused }, client) => Judged::Redirect(to, refused, client.map(Box::new)),
    })
}

async fn go_on(
    hub: &Arc<Hub>,
    visitor: &Visitor,
    pending: &Pending,
    request: String,
    signed: Option<&SignedIn>,
) -> Result<Asked, Error> {
    let person = signed.map(|s| s.person);
    let tell = |reason: Reason, client: Option<&Client>, detail: Option<&str>| {
        let who = Who { client_id: client.map(|c| c.id.clone()), client: client.map(|c| c.name.clone()), person };
        note(hub, visitor, Step::Authorize, reason, who, detail);
    };
    let signed = signed.filter(|s| s.level == Level::Full && !s.must_enrol);
    let good = match judge(hub, pending, signed).await? {
        Judged::Good(good) => good,
        Judged::Later => return Ok(Asked::SignIn { request, fresh: false }),
        Judged::Page(refused, client) => {
            tell(refused.reason, client.as_deref(), Some(&refused.text));
            return Ok(Asked::Page(PageError::new(&refused)));
        }
        Judged::Redirect(to, refused, client) => {
            tell(refused.reason, client.as_deref(), Some(&refused.text));
            return Ok(Asked::Redirect(to));
        }
    };
    let back = |error: &str, text: &str| {
        Asked::Redirect(authorize::error_redirect(&good.request, hub.oauth.issuer(), error, text))
    };
    let Some(signed) = signed else {
        if good.request.prompt == Prompt::Silent {
            tell(Reason::SignInNeeded, Some(&good.client), None);
            return Ok(back("login_required", "nobody is signed in"));
        }
        return Ok(Asked::SignIn { request, fresh: false });
    };
    match good.request.prompt {
        // what was allowed before is never allowed again unseen
        Prompt::Silent => {
            tell(Reason::ConsentNeeded, Some(&good.client), None);
            return Ok(back("consent_required", "a person has to decide"));
        }
        Prompt::Login if signed.created_at < good.came => {
            return Ok(Asked::SignIn { request, fresh: true });
        }
        _ => {}
    }
    Ok(Asked::Consent(Box::new(consent::question(hub, signed, &good, request).await?)))
}
