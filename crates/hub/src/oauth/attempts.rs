//! What clients tried, with a reason out of a published list: for people who wonder why something does not connect.
//!
//! Attempts are not audit: most are made before anybody is known. They are kept for three days, so many a minute at the
//! most, and written beside the answer.
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use watchkeep_authz::oauth::reason::Reason;
use watchkeep_model::{PersonId, Span, Timestamp, text};
use watchkeep_store::oauth::attempts::AttemptRow;

use super::throttle::Knock;
use crate::Hub;
use crate::error::Error;
use crate::identity::{SignedIn, Visitor};

/// How long attempts are kept.
pub const KEPT: Span = Span::days(3);

/// Where on its way a client was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It read a metadata document.
    Discovery,
    /// It registered.
    Registration,
    /// A browser brought its request.
    Authorize,
    /// A person decided.
    Consent,
    /// It asked for tokens.
    Token,
    /// It called the connector.
    Call,
}

impl Step {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Registration => "registration",
            Self::Authorize => "authorize",
            Self::Consent => "consent",
            Self::Token => "token",
            Self::Call => "call",
        }
    }
}

/// Who tried, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Who {
    /// The client's id.
    pub client_id: Option<String>,
    /// What the client calls itself; else its user agent is kept.
    pub client: Option<String>,
    /// The person.
    pub person: Option<PersonId>,
}

impl Who {
    /// Whose a token was that opens nothing any more; nobody where it was never one.
    pub async fn had(hub: &Hub, token: &str) -> Self {
        match hub.store.access_token(&watchkeep_store::oauth::hash(token)).await {
            Ok(Some(t)) => Self { client_id: Some(t.client_id), client: Some(t.client), person: Some(t.person) },
            _ => Self::default(),
        }
    }
}

/// Attempts that wait to be written.
#[derive(Debug, Default)]
pub(crate) struct Recorder(Mutex<Vec<AttemptRow>>);

/// Notes an attempt; never fails, and costs the caller nothing.
pub fn note(hub: &Arc<Hub>, visitor: &Visitor, step: Step, reason: Reason, who: Who, detail: Option<&str>) {
    let now = hub.now();
    let admit = |knock, who| hub.oauth.admit(knock, who, now);
    if admit(Knock::Attempt, &visitor.address).is_err() || admit(Knock::Attempts, "all").is_err() {
        return;
    }
    let row = AttemptRow {
        id: hub.rng.id(now),
        at: now,
        step: step.as_str().to_owned(),
        reason: reason.as_str().to_owned(),
        detail: detail.map(|d| text::clean(d, 300)).filter(|d| !d.is_empty()),
        client_id: who.client_id.map(|id| text::clean(&id, 300)),
        client: who.client.or_else(|| visitor.client.clone()).map(|c| text::clean(&c, 120)),
        address: Some(visitor.address.clone()),
        person: who.person,
    };
    let first = {
        let mut waiting = hub.oauth.recorder.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(row);
        waiting.len() == 1
    };
    if first {
        let (tasks, hub) = (hub.tasks.clone(), hub.clone());
        drop(tasks.spawn(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            write(&hub).await;
        }));
    }
}

async fn write(hub: &Arc<Hub>) {
    let waiting = std::mem::take(&mut *hub.oauth.recorder.0.lock().unwrap_or_else(PoisonError::into_inner));
    if let Err(error) = hub.store.add_attempts(waiting).await {
        tracing::warn!(%error, "attempts to connect could not be noted");
    }
}

/// One attempt, as it is shown.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// The client's name or user agent.
    pub client: String,
    /// The client's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// `discovery`, `registration`, `authorize`, `consent`, `token`, `call`.
    pub step: String,
    /// Whether it went on from there.
    pub ok: bool,
    /// A word of the published list.
    pub reason: String,
    /// What happened.
    pub text: String,
    /// What to do.
    pub advice: String,
    /// What exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// From where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// What the person's clients tried, and what came from the address at which the person sits.
///
/// # Errors
/// Of the database.
pub async fn of(hub: &Arc<Hub>, signed: &SignedIn, address: &str) -> Result<Vec<Attempt>, Error> {
    write(hub).await;
    let rows = hub.store.my_attempts(signed.own, address, hub.now().minus(KEPT), 100).await?;
    Ok(rows.into_iter().map(shown).collect())
}

/// The last attempts of anybody, for the operator.
///
/// # Errors
/// Of the database.
pub async fn last(store: &watchkeep_store::Store, now: Timestamp, limit: i64) -> Result<Vec<Attempt>, Error> {
    let rows = store.last_attempts(now.minus(KEPT), limit).await?;
    Ok(rows.into_iter().map(shown).collect())
}

fn shown(row: AttemptRow) -> Attempt {
    let reason: Option<Reason> = Reason::read(&row.reason);
    Attempt {
        at: row.at,
        client: row.client.unwrap_or_else(|| "a program that gave no name".to_owned()),
        client_id: row.client_id,
        step: row.step,
        ok: reason.is_some_and(Reason::is_ok),
        text: reason.map_or_else(|| row.reason.clone(), |r| r.sentence().to_owned()),
        advice: reason.map_or_else(String::new, |r| r.advice().to_owned()),
        reason: row.reason,
        detail: row.detail,
        address: row.address,
    }
}

/// A reason of the published list.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Listed {
    /// Its word.
    pub reason: &'static str,
    /// What happened.
    pub text: &'static str,
    /// What to do.
    pub advice: &'static str,
}

/// The published list, in the order of a connection.
#[must_use]
pub fn reasons() -> Vec<Listed> {
    let listed = |r: &Reason| Listed { reason: r.as_str(), text: r.sentence(), advice: r.advice() };
    Reason::ALL.iter().map(listed).collect()
}
