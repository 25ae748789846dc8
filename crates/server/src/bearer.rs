//! The bearer of a request: who it is, or what is wrong with it.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, header};
use watchkeep_authz::oauth::Reason;
use watchkeep_hub::identity::{self, Level};
use watchkeep_hub::{Error, Hub, Kind};
use watchkeep_model::{Connector, Role, Scope, Scopes, Span, Timestamp, TokenId, credential};
use watchkeep_store::{self as store, Access, Connectors, Refusal, TokenKind};

/// The token of an `Authorization: Bearer` header.
#[must_use]
pub fn token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

/// Why a credential opens nothing here: the sentence for its owner, and the word for the counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// What is wrong and what to do.
    pub text: String,
    /// `missing`, `malformed`, `unknown`, `expired`, `revoked`, `disabled`, `other_door`.
    pub word: &'static str,
}

impl Unknown {
    /// The word of the published list of reasons; none where nothing was sent.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        Some(match self.word {
            "malformed" => Reason::TokenMalformed,
            "unknown" => Reason::TokenUnknown,
            "expired" => Reason::TokenExpired,
            "revoked" => Reason::TokenRevoked,
            "disabled" => Reason::TenantNotAllowed,
            "other_door" => Reason::AudienceMismatch,
            _ => return None,
        })
    }

    fn new(word: &'static str, text: impl Into<String>) -> Self {
        Self { text: text.into(), word }
    }
}

/// Who may use this connector with these headers.
///
/// # Errors
/// The database's; a bearer that opens nothing is an `Ok(Err(..))`.
pub async fn of_connector(
    hub: &Hub,
    headers: &HeaderMap,
    connector: Connector,
) -> store::Result<Result<Arc<Access>, Unknown>> {
    let needs = "an OAuth access token or a personal access token (drx_pat_<tenant-slug>.<hex>)";
    let Some(token) = token(headers) else {
        return Ok(Err(Unknown::new("missing", format!("send {needs} as Authorization: Bearer <token>"))));
    };
    let access = match find(hub, token, hub.now()).await? {
        Ok(access) => access,
        Err(unknown) => return Ok(Err(unknown)),
    };
    Ok(match access.kind {
        TokenKind::ApiKey => {
            Err(Unknown::new("other_door", format!("an API key opens the REST API only; this connector takes {needs}")))
        }
        // a session opens pages and REST, and has no bearer
        TokenKind::Session => Err(Unknown::new("other_door", format!("this connector takes {needs}"))),
        _ if !access.scopes.reaches(connector) => Err(Unknown::new(
            "other_door",
            format!("this token does not open the {connector} connector; use one that does"),
        )),
        TokenKind::Pat | TokenKind::OAuth => Ok(access),
    })
}

/// Who may use the REST API with these headers.
///
/// # Errors
/// As [`of_connector`].
pub async fn of_api(hub: &Hub, headers: &HeaderMap) -> store::Result<Result<Arc<Access>, Unknown>> {
    let needs = "an API key (drx_api_<tenant-slug>.<hex>)";
    let Some(token) = token(headers) else {
        return Ok(Err(Unknown::new("missing", format!("send {needs} as Authorization: Bearer <key>"))));
    };
    Ok(match find(hub, token, hub.now()).await? {
        Ok(access) if access.kind == TokenKind::ApiKey => Ok(access),
        Ok(_) => Err(Unknown::new("other_door", format!("a token for MCP opens MCP only; the REST API takes {needs}"))),
        Err(unknown) => Err(unknown),
    })
}

/// Who may use the REST API with the session of a browser, in the tenant of the path. None: there is no session.
///
/// A session reads as a viewer and writes as an analyst; what takes more says so itself. What is no tenant of the person's is
/// as good as not there.
///
/// # Errors
/// Of the database.
pub async fn of_session(
    hub: &Arc<Hub>,
    secret: Option<&str>,
    slug: Option<&str>,
) -> Result<Option<Result<Arc<Access>, Error>>, Error> {
    let Some(secret) = secret else { return Ok(None) };
    let Some(signed) = identity::sessions::open(hub, secret).await? else { return Ok(None) };
    if signed.level != Level::Full || signed.must_enrol {
        let text = "sign-in is not complete: a second factor is still due";
        return Ok(Some(Err(Error::new(Kind::Unauthenticated, text))));
    }
    let entered = match slug {
        Some(slug) => hub.store.enter(signed.own, slug).await?,
        None => None,
    };
    let Some(entered) = entered.filter(|e| !e.choice.require_mfa || signed.second_at.is_some()) else {
        return Ok(Some(Err(Error::nothing_here())));
    };
    let read = Scopes::one(Scope::ApiRead);
    Ok(Some(Ok(Arc::new(Access {
        token: TokenId::new(signed.session.uuid()),
        person: Some(signed.person),
        kind: TokenKind::Session,
        role: entered.choice.role,
        scopes: if entered.choice.role.reaches(Role::Analyst) { read.with(Scope::ApiWrite) } else { read },
        name: signed.name.clone(),
        actor: signed.actor(),
        last_used: None,
        connectors: Connectors { risk: entered.choice.risk_on, fleet: entered.choice.fleet_on },
        resource: None,
        scope: entered.scope,
    }))))
}

async fn find(hub: &Hub, token: &str, now: Timestamp) -> store::Result<Result<Arc<Access>, Unknown>> {
    Ok(match hub.store.authenticate(token, now).await? {
        Ok(access) => Ok(Arc::new(access)),
        Err(Refusal::Expired) => Err(Unknown::new("expired", "this credential has expired; make a new one")),
        Err(Refusal::Revoked) => Err(Unknown::new("revoked", "this credential was revoked; make a new one")),
        Err(Refusal::Disabled) => Err(Unknown::new("disabled", "You do not have access to that tenant")),
        Err(Refusal::Unknown) => Err(match credential::parse(token) {
            // the message names the form that was meant and repeats nothing of the text
            Err(malformed) => Unknown::new("malformed", malformed.to_string()),
            Ok(_) => {
                Unknown::new("unknown", "nobody has this credential; check that it was copied whole, or make a new one")
            }
        }),
    })
}

/// When the last use of each credential was noted by this hub: a burst of calls is one note.
#[derive(Debug, Default)]
pub struct Noted(Mutex<HashMap<TokenId, Timestamp>>);

impl Noted {
    /// Notes the last use of a credential in the database, at most once a minute and beside the request.
    pub fn touch(&self, hub: &Arc<Hub>, access: &Arc<Access>, client: Option<String>, address: Option<String>) {
        const EVERY: Span = Span::minutes(1);
        const PRUNE_AT: usize = 4_096;
        let now = hub.now();
        let recent = |at: Timestamp| now.since(at) < EVERY;
        if access.last_used.is_some_and(recent) {
            return;
        }
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.get(&access.token).copied().is_some_and(recent) {
            return;
        }
        if noted.len() >= PRUNE_AT {
            noted.retain(|_, at| recent(*at));
        }
        noted.insert(access.token, now);
        drop(noted);
        let (noting, access) = (hub.clone(), access.clone());
        drop(hub.tasks.spawn(async move {
            if let Err(error) = noting.store.touch(&access, now, client, address).await {
                tracing::warn!(%error, "the last use of a credential could not be noted");
            }
        }));
    }
}
