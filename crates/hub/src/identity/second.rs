//! The second factor: a code of an authenticator app, or a recovery code.
use serde_json::json;
use watchkeep_authz::signin::{lockout, recovery, totp};
use watchkeep_model::{PersonId, Timestamp};
use watchkeep_store::Tx;
use watchkeep_store::identity::attempts::{self, Factor};
use watchkeep_store::identity::{factors, sessions};
use watchkeep_store::sql::Installation;

use super::password::ended;
use super::{Began, Level, Opening, SignedIn, Sought, Visitor, act, knows_device, wait};
use crate::error::{Error, Kind};
use crate::hub::Hub;

/// A factor that was right; it counts once it is spent, in the transaction of what it is for.
#[derive(Clone, Copy)]
pub(super) enum Proof {
    /// The code of this step.
    Step(i64),
    /// A recovery code.
    Code([u8; 32]),
    /// One was given in this session a moment ago.
    Fresh,
}

/// Gives the second factor, and goes on under a new session secret. Also for a person who is signed in already and whose
/// factor was given too long ago.
///
/// # Errors
/// `Unauthenticated` for a wrong or used code, `Limited` for a quarter of an hour after five of them.
pub async fn confirm(hub: &Hub, visitor: &Visitor, signed: &SignedIn, code: &str) -> Result<Began, Error> {
    let now = hub.now();
    let proof = prove(hub, visitor, signed, code).await?;
    let known = knows_device(hub, visitor, signed.own).await?;
    let sought = Sought {
        person: signed.person,
        level: Level::Full,
        signed_in_at: signed.created_at,
        second_at: Some(now),
        known,
    };
    let opening = Opening::new(hub, visitor, &sought);
    let (secret, device) = (opening.secret.clone(), opening.device.clone());
    let by = if matches!(proof, Proof::Code(_)) { "recovery" } else { "totp" };
    let call = act(hub, visitor, "second_factor_given", signed.actor(), &json!({"by": by}));
    let (person, session, subject) = (signed.person, signed.session, subject(hub, signed.person));
    hub.store
        .write_installation(hub.store.operator(), call, async move |tx| {
            spend(tx, person, proof, now).await?;
            attempts::forgive(tx, &subject, Factor::Second).await?;
            // whoever has the factor needs no reset of it
            factors::cancel_reset(tx, person).await?;
            if !sessions::end(tx, person, session, now).await? {
                return Err(ended());
            }
            opening.keep(tx).await?;
            Ok(())
        })
        .await?;
    Opening::began(secret, device, hub).await
}

fn subject(hub: &Hub, person: PersonId) -> [u8; 32] {
    hub.gate.subject("second", person.uuid().as_bytes())
}

/// Judges a code; an empty one is right where a factor was given a moment ago. The attempt is counted first.
pub(super) async fn prove(hub: &Hub, visitor: &Visitor, signed: &SignedIn, code: &str) -> Result<Proof, Error> {
    let now = hub.now();
    if code.trim().is_empty() && signed.level == Level::Full && signed.is_fresh(now) {
        return Ok(Proof::Fresh);
    }
    hub.gate.address(&visitor.address, now)?;
    let subject = subject(hub, signed.person);
    if let Some(until) = hub.store.take_attempt(subject, Factor::Second, lockout::code, now).await? {
        return Err(wait(until, now));
    }
    let found = if totp::is_code(code) {
        let app = hub.store.totp(signed.own, &hub.keys).await.map_err(unopened)?;
        app.and_then(|app| totp::matched(&app.seed, code, app.last_step, now)).map(Proof::Step)
    } else {
        // whether there is one like it shows when it is spent
        recovery::hash(code).map(Proof::Code)
    };
    match found {
        Some(proof) => Ok(proof),
        None => Err(failed(hub, visitor, signed).await?),
    }
}

/// A seed that does not open is no wrong code: the person is told what still works.
fn unopened(error: watchkeep_store::Error) -> Error {
    match error {
        watchkeep_store::Error::Sealed(why) => {
            tracing::error!(why, "the seed of an authenticator app does not open");
            Error::conflict(
                "the hub cannot read the seed of your authenticator app any more: use a recovery code or a passkey, or \
                 ask your operator for a reset of the second factor",
            )
        }
        other => other.into(),
    }
}

async fn failed(hub: &Hub, visitor: &Visitor, signed: &SignedIn) -> Result<Error, Error> {
    let call = act(hub, visitor, "second_factor_failed", signed.actor(), &json!({}));
    hub.store.record_installation(hub.store.operator(), call, "unauthenticated").await?;
    Ok(wrong_code())
}

/// Uses a factor up: of many at once, one wins.
pub(super) async fn spend(
    tx: &mut Tx<'_, Installation>,
    person: PersonId,
    proof: Proof,
    now: Timestamp,
) -> Result<(), Error> {
    let taken = match proof {
        Proof::Step(step) => factors::take_step(tx, person, step).await?,
        Proof::Code(hash) => factors::take_code(tx, person, &hash, now).await?,
        Proof::Fresh => true,
    };
    if taken { Ok(()) } else { Err(wrong_code()) }
}

/// Takes the count of wrong codes back.
pub(super) async fn forgive(tx: &mut Tx<'_, Installation>, subject: &[u8; 32]) -> Result<(), Error> {
    Ok(attempts::forgive(tx, subject, Factor::Second).await?)
}

/// What the codes of a person are counted under.
pub(super) fn counted_under(hub: &Hub, person: PersonId) -> [u8; 32] {
    subject(hub, person)
}

fn wrong_code() -> Error {
    Error::new(
        Kind::Unauthenticated,
        "the code is wrong, too old, or was used before; wait for the next one and try again",
    )
}
