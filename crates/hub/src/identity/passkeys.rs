//! Passkeys (W3C Web Authentication, level 2): sign-in without a password, and a second factor that no page can steal.
//!
//! User verification is required, so that a passkey is two factors in one. A counter that goes back, a credential of
//! somebody else, another origin and a state that was used before are refused, all with the same words.
use std::fmt;

use serde_json::{Value, json};
use watchkeep_model::{PasskeyId, PersonId, Span, Timestamp, text};
use watchkeep_store::identity::{self as kept, factors, passkeys, sessions};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Webauthn, WebauthnBuilder,
};

use super::password::ended;
use super::{Began, Level, Opening, SignedIn, Sought, Visitor, act, actor, knows_device, nobody, recovery};
use crate::error::{Error, Kind};
use crate::hub::Hub;
use crate::state;

/// How long a browser may take to ask its person.
const LIVES: Span = Span::minutes(5);
/// More than anybody has.
const MOST: usize = 20;

/// Where passkeys of this hub work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The relying party's id: the host that passkeys belong to.
    pub rp_id: String,
    /// The origin that a page must have.
    pub origin: String,
}

/// A passkey as its person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyInfo {
    /// The id.
    pub id: PasskeyId,
    /// What its person calls it.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// A passkey that was added.
#[derive(Clone)]
pub struct Added {
    /// The session goes on under a new secret.
    pub began: Began,
    /// The passkey.
    pub passkey: PasskeyInfo,
    /// With the first factor: recovery codes, shown this once.
    pub recovery: Vec<String>,
}

impl fmt::Debug for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Added").field("passkey", &self.passkey).finish_non_exhaustive()
    }
}

/// Where passkeys of this hub work: the host of its address. An IP address is no host that they could belong to; on this
/// machine `localhost` takes its place.
///
/// # Errors
/// A conflict if the hub's address has no host name.
pub fn place(hub: &Hub) -> Result<Place, Error> {
    let nowhere = || {
        Error::conflict(
            "passkeys need a host name, and this hub is called by an IP address: its operator can give it one",
        )
    };
    let url = Url::parse(&hub.public_url).map_err(Error::internal)?;
    let rp_id = match url.host().ok_or_else(nowhere)? {
        url::Host::Domain(host) => host.to_owned(),
        url::Host::Ipv4(ip) if ip.is_loopback() => "localhost".to_owned(),
        url::Host::Ipv6(ip) if ip.is_loopback() => "localhost".to_owned(),
        _ => return Err(nowhere()),
    };
    let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
    Ok(Place { origin: format!("{}://{rp_id}{port}", url.scheme()), rp_id })
}

fn webauthn(hub: &Hub) -> Result<Webauthn, Error> {
    let place = place(hub)?;
    let origin = Url::parse(&place.origin).map_err(Error::internal)?;
    WebauthnBuilder::new(&place.rp_id, &origin).and_then(|b| b.rp_name("Watchkeep").build()).map_err(Error::internal)
}

/// Begins a sign-in: the options for `navigator.credentials.get`, and the state that comes back with the answer. Names no
/// account.
///
/// # Errors
/// A conflict where passkeys cannot work.
pub fn begin_sign_in(hub: &Hub) -> Result<(Value, String), Error> {
    let (options, begun) = webauthn(hub)?.start_discoverable_authentication().map_err(Error::internal)?;
    let plain = serde_json::to_vec(&begun).map_err(Error::internal)?;
    let mut options = serde_json::to_value(options).map_err(Error::internal)?;
    // how the browser asks is the page's to say
    if let Some(options) = options.as_object_mut() {
        options.remove("mediation");
    }
    Ok((options, state::seal(hub, "passkey", state::NOBODY, &plain, LIVES)?))
}

/// Ends a sign-in, fully: a passkey is two factors. Locks on the password do not concern it.
///
/// # Errors
/// `Unauthenticated` for all that is wrong, a conflict if the state is too old.
pub async fn finish_sign_in(hub: &Hub, visitor: &Visitor, state: &str, credential: Value) -> Result<Began, Error> {
    let now = hub.now();
    hub.gate.address(&visitor.address, now)?;
    let opened = state::open(hub, "passkey", state::NOBODY, state)?;
    let mut who = nobody();
    let found = match judge(hub, &opened.plain, credential, &mut who).await {
        Ok(found) => found,
        Err(Some(e)) => return Err(e),
        Err(None) => {
            let call = act(hub, visitor, "sign_in_failed", who, &json!({"by": "passkey"}));
            hub.store.record_installation(hub.store.operator(), call, "unauthenticated").await?;
            return Err(wrong());
        }
    };
    let known = knows_device(hub, visitor, found.account.own()).await?;
    let person = found.account.id;
    let sought = Sought { person, level: Level::Full, signed_in_at: now, second_at: Some(now), known };
    let opening = Opening::new(hub, visitor, &sought);
    let (secret, device) = (opening.secret.clone(), opening.device.clone());
    let call = act(hub, visitor, "sign_in", who, &json!({"by": "passkey"}));
    hub.store
        .write_installation(hub.store.operator(), call, async move |tx| {
            kept::spend(tx, &opened.hash, opened.until).await.map_err(|_| wrong())?;
            let alive = kept::account_in(tx, person).await?.is_some_and(|a| a.disabled_at.is_none());
            if !alive || !passkeys::used(tx, person, found.id, found.rev, &found.credential, now).await? {
                return Err(wrong());
            }
            factors::cancel_reset(tx, person).await?;
            opening.keep(tx).await?;
            Ok(())
        })
        .await?;
    Opening::began(secret, device, hub).await
}

/// A passkey that was right.
struct Found {
    account: kept::Account,
    id: PasskeyId,
    rev: i64,
    credential: String,
}

/// Judges an answer. `None` as error: it is wrong, in whichever way.
async fn judge(
    hub: &Hub,
    begun: &[u8],
    credential: Value,
    who: &mut watchkeep_store::Actor,
) -> Result<Found, Option<Error>> {
    fn none<E>(_: E) -> Option<Error> {
        None
    }
    let ours = |e: watchkeep_store::Error| Some(Error::from(e));
    let webauthn = webauthn(hub).map_err(Some)?;
    let begun: DiscoverableAuthentication = serde_json::from_slice(begun).map_err(none)?;
    let answer: PublicKeyCredential = serde_json::from_value(credential).map_err(none)?;
    let (person, credential_id) = webauthn.identify_discoverable_authentication(&answer).map_err(none)?;
    let account = hub.store.account_of(hub.store.operator(), PersonId::new(person)).await.map_err(ours)?.ok_or(None)?;
    *who = actor(account.id, &account.email);
    if account.disabled_at.is_some() {
        return Err(None);
    }
    // looked for among this person's own: what belongs to somebody else is not there
    let row = hub.store.passkey(account.own(), credential_id).await.map_err(ours)?.ok_or(None)?;
    let mut passkey: Passkey = serde_json::from_str(&row.credential).map_err(|e| Some(Error::internal(e)))?;
    let right = webauthn
        .finish_discoverable_authentication_v2(&answer, begun, DiscoverableKey::from(&passkey))
        .map_err(none)?;
    if !right.user_verified() {
        return Err(None);
    }
    passkey.update_credential(&right);
    let credential = serde_json::to_string(&passkey).map_err(|e| Some(Error::internal(e)))?;
    Ok(Found { account, id: row.id, rev: row.rev, credential })
}

/// Begins to add a passkey: the options for `navigator.credentials.create`, and the state that comes back.
///
/// # Errors
/// A conflict where passkeys cannot work, or a factor has to be given first.
pub async fn begin_add(hub: &Hub, signed: &SignedIn) -> Result<(Value, String), Error> {
    signed.may_change_factors(hub.now())?;
    let mine = hub.store.passkeys(signed.own).await?;
    if mine.len() >= MOST {
        return Err(Error::conflict(format!("there are {MOST} passkeys already; remove one first")));
    }
    let known = mine.into_iter().map(|p| p.credential_id).collect();
    let (options, begun) = webauthn(hub)?
        .start_passkey_registration(signed.person.uuid(), &signed.email, &signed.name, Some(known))
        .map_err(Error::internal)?;
    let plain = serde_json::to_vec(&begun).map_err(Error::internal)?;
    let mut options = serde_json::to_value(options).map_err(Error::internal)?;
    // one that the browser finds by itself: sign-in asks for no address
    if let Some(select) = options.pointer_mut("/publicKey/authenticatorSelection").and_then(Value::as_object_mut) {
        select.insert("residentKey".into(), "required".into());
        select.insert("requireResidentKey".into(), true.into());
    }
    Ok((options, state::seal(hub, "passkey", signed.person, &plain, LIVES)?))
}

/// Keeps a passkey. With the first factor come recovery codes; the session goes on under a new secret, and those that
/// signed in without a second factor end.
///
/// # Errors
/// `Invalid` with the flaw `credential` for an answer that is not right, a conflict if the state is too old or the
/// passkey is known.
pub async fn finish_add(
    hub: &Hub,
    visitor: &Visitor,
    signed: &SignedIn,
    state: &str,
    credential: Value,
    name: &str,
) -> Result<Added, Error> {
    let now = hub.now();
    signed.may_change_factors(now)?;
    let opened = state::open(hub, "passkey", signed.person, state)?;
    let flaw = || Error::flaw("credential", "is not an answer to what was asked; try again");
    let begun: PasskeyRegistration = serde_json::from_slice(&opened.plain).map_err(|_| flaw())?;
    let answer: RegisterPublicKeyCredential = serde_json::from_value(credential).map_err(|_| flaw())?;
    let passkey = webauthn(hub)?.finish_passkey_registration(&answer, &begun).map_err(|_| flaw())?;
    let credential = serde_json::to_string(&passkey).map_err(Error::internal)?;

    let name = Some(text::clean(name, 60)).filter(|n| !n.is_empty()).unwrap_or_else(|| "Passkey".to_owned());
    let id = PasskeyId::new(hub.rng.id(now));
    let first = !signed.factors.any();
    let (codes, hashes) = if first { recovery::make(hub) } else { (vec![], vec![]) };
    let sought = Sought {
        person: signed.person,
        level: Level::Full,
        signed_in_at: signed.created_at,
        second_at: Some(now),
        known: knows_device(hub, visitor, signed.own).await?,
    };
    let opening = Opening::new(hub, visitor, &sought);
    let (secret, device) = (opening.secret.clone(), opening.device.clone());
    let call = act(hub, visitor, "passkey_added", signed.actor(), &json!({"passkey": id, "name": name}));
    let (person, session, kept_name) = (signed.person, signed.session, name.clone());
    hub.store
        .write_installation(hub.store.operator(), call, async move |tx| {
            kept::spend(tx, &opened.hash, opened.until).await?;
            if !sessions::end(tx, person, session, now).await? {
                return Err(ended());
            }
            let counts = factors::counts_in(tx, person).await?;
            if first {
                if counts.totp + counts.passkeys > 0 {
                    return Err(Error::conflict("another factor was added meanwhile; try again"));
                }
                factors::set_codes(tx, person, &hashes, now).await?;
                sessions::end_all(tx, person, None, now).await?;
            }
            passkeys::add(tx, person, id, passkey.cred_id(), &kept_name, &credential, now).await?;
            opening.keep(tx).await?;
            Ok(())
        })
        .await?;
    let began = Opening::began(secret, device, hub).await?;
    let passkey = PasskeyInfo { id, name, created_at: now, last_used_at: None };
    Ok(Added { began, passkey, recovery: codes })
}

/// The passkeys of a person, oldest first.
///
/// # Errors
/// Of the database.
pub async fn list(hub: &Hub, signed: &SignedIn) -> Result<Vec<PasskeyInfo>, Error> {
    let info = |p: passkeys::PasskeyRow| PasskeyInfo {
        id: p.id,
        name: p.name,
        created_at: p.created_at,
        last_used_at: p.last_used_at,
    };
    Ok(hub.store.passkeys(signed.own).await?.into_iter().map(info).collect())
}

/// Removes a passkey.
///
/// # Errors
/// Not found if the person has none of this id, a conflict if a factor has to be given first or a tenant requires this
/// one.
pub async fn remove(hub: &Hub, visitor: &Visitor, signed: &SignedIn, id: PasskeyId) -> Result<(), Error> {
    signed.may_change_factors(hub.now())?;
    signed.may_lose_factor(signed.factors.totp || signed.factors.passkeys > 1)?;
    let call = act(hub, visitor, "passkey_removed", signed.actor(), &json!({"passkey": id}));
    let (person, must_keep, now) = (signed.person, signed.must_keep, hub.now());
    hub.store
        .write_installation(hub.store.operator(), call, async move |tx| {
            if !passkeys::remove(tx, person, id).await? {
                return Err(Error::not_found("there is no such passkey; it may have been removed already"));
            }
            let left = factors::counts_in(tx, person).await?;
            if left.totp + left.passkeys == 0 {
                if must_keep {
                    return Err(Error::conflict("a tenant of yours requires a second factor: add another one first"));
                }
                factors::set_codes(tx, person, &[], now).await?;
            }
            Ok(())
        })
        .await
}

fn wrong() -> Error {
    Error::new(Kind::Unauthenticated, "this passkey does not open an account here")
}
