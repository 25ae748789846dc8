//! Sessions: opened by their secret on each request, listed and ended by their person.
use serde_json::json;
use watchkeep_authz::signin::session;
use watchkeep_model::{SessionId, Timestamp};
use watchkeep_store::identity::sessions as kept;

use super::{Factors, Level, SignedIn, Visitor, act, secret_hash};
use crate::error::Error;
use crate::hub::Hub;

/// A session as its person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// The id.
    pub id: SessionId,
    /// It is the one that asks.
    pub current: bool,
    /// How far it has signed in.
    pub level: Level,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// Last use, to the minute.
    pub seen_at: Timestamp,
    /// From which address.
    pub address: String,
    /// With which browser.
    pub client: Option<String>,
}

/// The person behind a session cookie: none if it is unknown, ended, too old, or its person is locked out. Read live, so
/// that what ended on one hub is dead on all.
///
/// # Errors
/// Of the database.
pub async fn open(hub: &Hub, secret: &str) -> Result<Option<SignedIn>, Error> {
    if secret.len() != 64 {
        return Ok(None);
    }
    let Some(row) = hub.store.session(&secret_hash(secret)).await? else { return Ok(None) };
    let now = hub.now();
    if !session::lives(row.signed_in_at, row.seen_at, row.operator || row.admin > 0, now) {
        return Ok(None);
    }
    let factors = Factors::counted(row.totp, row.passkeys, row.recovery_left);
    // who has a factor has given it: whatever the row says
    let given = row.second_at.is_some() || !factors.any();
    let level = if row.level == Level::Full.as_str() && given { Level::Full } else { Level::Password };
    Ok(Some(SignedIn {
        session: row.id,
        secret_hash: row.secret_hash,
        person: row.user_id,
        own: row.own(),
        operator: row.operator,
        level,
        second_at: row.second_at,
        created_at: row.signed_in_at,
        seen_at: row.seen_at,
        must_enrol: level == Level::Full && row.required > 0 && !factors.any(),
        must_keep: row.required > 0,
        factors,
        email: row.email,
        name: row.name,
    }))
}

/// Notes that a session was used, at most once a minute: call it off the path of the answer.
///
/// # Errors
/// Of the database.
pub async fn touch(hub: &Hub, visitor: &Visitor, signed: &SignedIn) -> Result<(), Error> {
    let address = watchkeep_model::text::clean(&visitor.address, 60);
    Ok(hub.store.touch_session(signed.session, signed.seen_at, hub.now(), address).await?)
}

/// The living sessions of a person, the last used first.
///
/// # Errors
/// Of the database.
pub async fn list(hub: &Hub, signed: &SignedIn) -> Result<Vec<SessionInfo>, Error> {
    let (now, administers) = (hub.now(), administers(hub, signed).await?);
    let all = hub.store.sessions(signed.own).await?;
    let living = all.into_iter().filter(|s| session::lives(s.signed_in_at, s.seen_at, administers, now));
    let info = |s: kept::SessionLine| SessionInfo {
        id: s.id,
        current: s.id == signed.session,
        level: if s.level == Level::Full.as_str() { Level::Full } else { Level::Password },
        created_at: s.signed_in_at,
        seen_at: s.seen_at,
        address: s.address,
        client: s.client,
    };
    Ok(living.map(info).collect())
}

async fn administers(hub: &Hub, signed: &SignedIn) -> Result<bool, Error> {
    Ok(signed.operator || hub.store.duties(signed.own).await?.admin)
}

/// Ends a session of the person.
///
/// # Errors
/// Not found if it has ended, or is somebody else's.
pub async fn end(hub: &Hub, visitor: &Visitor, signed: &SignedIn, id: SessionId) -> Result<(), Error> {
    signed.full()?;
    finish(hub, visitor, signed, id).await
}

/// Ends this session.
///
/// # Errors
/// Of the database.
pub async fn sign_out(hub: &Hub, visitor: &Visitor, signed: &SignedIn) -> Result<(), Error> {
    finish(hub, visitor, signed, signed.session).await
}

async fn finish(hub: &Hub, visitor: &Visitor, signed: &SignedIn, id: SessionId) -> Result<(), Error> {
    let call = act(hub, visitor, "session_ended", signed.actor(), &json!({"session": id}));
    let (person, now) = (signed.person, hub.now());
    hub.store
        .write_installation(hub.store.operator(), call, async move |tx| {
            if kept::end(tx, person, id, now).await? {
                return Ok(());
            }
            Err(Error::not_found("there is no such session; it may have ended already"))
        })
        .await
}

/// Ends all sessions of the person but this one; tells how many.
///
/// # Errors
/// Of the database.
pub async fn end_others(hub: &Hub, visitor: &Visitor, signed: &SignedIn) -> Result<u64, Error> {
    signed.full()?;
    let call = act(hub, visitor, "session_ended", signed.actor(), &json!({"others": true}));
    let (person, this, now) = (signed.person, signed.session, hub.now());
    hub.store
        .write_installation(hub.store.operator(), call, async move |tx| {
            Ok::<_, Error>(kept::end_all(tx, person, Some(this), now).await?)
        })
        .await
}
