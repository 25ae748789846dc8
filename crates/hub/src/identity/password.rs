//! Sign-in with a password, and its change.
use serde_json::json;
use watchkeep_authz::signin::lockout;
use watchkeep_authz::signin::password::{self, Cost, MAX_BYTES};
use watchkeep_store::identity::attempts::{self, Factor};
use watchkeep_store::identity::{self as kept, Account, factors};

use super::gate::Slot;
use super::{
    Began, Factors, Level, Opening, SignedIn, Sought, Visitor, about, act, actor, cut_off, knows_device, nobody,
    secret_hash, wait, wrong,
};
use crate::error::Error;
use crate::hub::Hub;
use crate::oauth::cut;

/// Signs in with address and password. What is cheap comes first: length, limits, a place in the queue, the lock. Then
/// a hash is made, also for an account that is not there, and status, text and time are the same.
///
/// # Errors
/// [`Kind::Unauthenticated`](crate::Kind::Unauthenticated) for all that is wrong, `Limited` while the address or the
/// account has to wait, `Unavailable` while too many are hashing.
pub async fn sign_in(hub: &Hub, visitor: &Visitor, email: &str, password: &str) -> Result<Began, Error> {
    if password.len() > MAX_BYTES {
        return Err(wrong());
    }
    let now = hub.now();
    hub.gate.address(&visitor.address, now)?;
    // what is no address is nobody's, and costs the same
    let email =
        crate::admin::email(email).unwrap_or_else(|_| email.chars().take(254).collect::<String>().to_lowercase());
    let account = hub.store.account(hub.store.operator(), &email.replace('\0', " ")).await?;
    let known = match &account {
        Some(account) => knows_device(hub, visitor, account.own()).await?,
        None => false,
    };
    let subject = match &visitor.device {
        // a browser that the account knows has a count of its own: a stranger's guesses do not shut it out
        Some(device) if known => hub.gate.subject("device", &secret_hash(device)),
        _ => hub.gate.subject("account", email.as_bytes()),
    };
    hub.gate.account(subject, now)?;
    let slot = hub.gate.slot().await?;
    if let Some(until) = hub.store.take_attempt(subject, Factor::Password, lockout::password, now).await? {
        return Err(wait(until, now));
    }

    let alive = account.filter(|a| a.disabled_at.is_none() && a.phc.is_some());
    let phc = alive.as_ref().and_then(|a| a.phc.clone()).unwrap_or_else(|| hub.gate.nobodys());
    let salt = hub.rng.bytes();
    let (right, renewed) = verify(slot, password.to_owned(), phc, salt).await?;
    let (Some(account), true) = (alive.as_ref(), right) else {
        let who = alive.as_ref().map_or_else(nobody, |a| actor(a.id, &a.email));
        let call = act(hub, visitor, "sign_in_failed", who, &about(&email));
        hub.store.record_installation(hub.store.operator(), call, "unauthenticated").await?;
        return Err(wrong());
    };

    reset_if_due(hub, visitor, account).await?;
    let counts = hub.store.factor_counts(account.own()).await?;
    let factors = Factors::counted(counts.totp, counts.passkeys, counts.recovery_left);
    let level = if factors.any() { Level::Password } else { Level::Full };
    let sought = Sought { person: account.id, level, signed_in_at: now, second_at: None, known };
    let opening = Opening::new(hub, visitor, &sought);
    let (secret, device) = (opening.secret.clone(), opening.device.clone());
    let call = act(hub, visitor, "sign_in", actor(account.id, &account.email), &json!({"by": "password"}));
    let account = account.clone();
    hub.store
        .write_installation(hub.store.operator(), call, async move |tx| {
            // what was right a moment ago may have been changed since
            still(tx, &account).await?;
            if let (Some(old), Some(new)) = (&account.phc, &renewed) {
                kept::rehash(tx, account.id, old, new).await?;
            }
            attempts::forgive(tx, &subject, Factor::Password).await?;
            opening.keep(tx).await?;
            Ok::<_, Error>(())
        })
        .await?;
    Opening::began(secret, device, hub).await
}

/// Changes the password. All other sessions, devices and links of the person end, and this session goes on under a new
/// secret.
///
/// # Errors
/// `Unauthenticated` if the current one is wrong, `Invalid` with the flaw `password` if the new one is weak.
pub async fn change(hub: &Hub, visitor: &Visitor, signed: &SignedIn, current: &str, new: &str) -> Result<Began, Error> {
    signed.full()?;
    let not_it = || Error::new(crate::Kind::Unauthenticated, "the current password is wrong");
    if current.len() > MAX_BYTES {
        return Err(not_it());
    }
    judge(new, signed.must_keep, &signed.email, &signed.name)?;
    let now = hub.now();
    hub.gate.address(&visitor.address, now)?;
    let subject = hub.gate.subject("change", signed.person.uuid().as_bytes());
    hub.gate.account(subject, now)?;
    let account = hub.store.account_of(hub.store.operator(), signed.person).await?.ok_or_else(not_it)?;
    let slot = hub.gate.slot().await?;
    if let Some(until) = hub.store.take_attempt(subject, Factor::Password, lockout::password, now).await? {
        return Err(wait(until, now));
    }
    let phc = account.phc.clone().unwrap_or_else(|| hub.gate.nobodys());
    let (right, _) = verify(slot, current.to_owned(), phc, hub.rng.bytes()).await?;
    if !right {
        let call = act(hub, visitor, "password_changed", signed.actor(), &json!({}));
        hub.store.record_installation(hub.store.operator(), call, "unauthenticated").await?;
        return Err(not_it());
    }
    let phc = hash(hub, new).await?;
    let sought = Sought {
        person: signed.person,
        level: Level::Full,
        signed_in_at: signed.created_at,
        second_at: signed.second_at,
        // all devices are forgotten, so this one is new again
        known: false,
    };
    let opening = Opening::new(hub, visitor, &sought);
    let (secret, device) = (opening.secret.clone(), opening.device.clone());
    let call = act(hub, visitor, "password_changed", signed.actor(), &json!({}));
    let noted = call.clone();
    let session = signed.session;
    hub.store
        .write_installation(hub.store.operator(), call, async move |tx| {
            still(tx, &account).await?;
            if !watchkeep_store::identity::sessions::end(tx, account.id, session, now).await? {
                return Err(ended());
            }
            kept::set_password(tx, account.id, &phc, now).await?;
            attempts::forgive(tx, &subject, Factor::Password).await?;
            cut_off(tx, account.id, None, now).await?;
            opening.keep(tx).await?;
            Ok(())
        })
        .await?;
    cut::person(hub.store.clone(), signed.own, "password".to_owned(), now, noted).await?;
    Opening::began(secret, device, hub).await
}

/// The session of this request has ended meanwhile.
pub(super) fn ended() -> Error {
    Error::new(crate::Kind::Unauthenticated, "this session has ended; sign in again")
}

/// Refuses a weak password, with the field that a form has for it.
pub(super) fn judge(new: &str, second_required: bool, email: &str, name: &str) -> Result<(), Error> {
    password::judge(new, second_required, &[email, name]).map_err(|weak| Error::flaw("password", &weak.to_string()))
}

/// Hashes a new password, in its turn.
pub(super) async fn hash(hub: &Hub, new: &str) -> Result<String, Error> {
    let (new, salt) = (new.to_owned(), hub.rng.bytes());
    let made = hub.gate.slot().await?.run(move || password::hash(&new, &salt, Cost::NOW)).await?;
    made.ok_or_else(|| Error::internal("there is no memory to hash a password with"))
}

/// Whether a password is right, and a stronger hash of it where the kept one is too cheap by now.
async fn verify(slot: Slot, password: String, phc: String, salt: [u8; 16]) -> Result<(bool, Option<String>), Error> {
    slot.run(move || {
        if !password::verify(&password, &phc) {
            return (false, None);
        }
        let outdated = password::is_outdated(&phc, Cost::NOW);
        (true, if outdated { password::hash(&password, &salt, Cost::NOW) } else { None })
    })
    .await
}

/// The account is as it was when its password was checked.
async fn still(
    tx: &mut watchkeep_store::Tx<'_, watchkeep_store::sql::Installation>,
    account: &Account,
) -> Result<(), Error> {
    let now = kept::account_in(tx, account.id).await?;
    if now.is_some_and(|a| a.disabled_at.is_none() && a.phc == account.phc) { Ok(()) } else { Err(wrong()) }
}

/// Removes the second factors of somebody who asked for that a day ago and has given none since.
async fn reset_if_due(hub: &Hub, visitor: &Visitor, account: &Account) -> Result<(), Error> {
    let now = hub.now();
    match hub.store.waiting_reset(account.own()).await? {
        Some((_, due)) if due <= now => {}
        _ => return Ok(()),
    }
    let call = act(hub, visitor, "mfa_reset", actor(account.id, &account.email), &json!({}));
    let (person, noted) = (account.id, call.clone());
    let reset = hub
        .store
        .write_installation(hub.store.operator(), call, async move |tx| {
            // a factor that was given meanwhile has taken the reset back
            let reset = factors::cancel_reset(tx, person).await?;
            if reset {
                factors::drop_all(tx, person).await?;
                cut_off(tx, person, None, now).await?;
            }
            Ok::<_, Error>(reset)
        })
        .await?;
    if reset {
        cut::person(hub.store.clone(), account.own(), "mfa_reset".to_owned(), now, noted).await?;
    }
    Ok(())
}
