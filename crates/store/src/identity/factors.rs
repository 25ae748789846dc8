//! Second factors that are typed: codes of an authenticator app, and recovery codes.
use watchkeep_model::{PersonId, Timestamp};

use crate::seal::Place;
use crate::{Keyring, PersonScope, Result, Store, Tx, sql::Installation};

statements! {
    Person TOTP = "select sealed, last_step, created_at from totp where user_id = $1";
    Person COUNTS = "select (select count(*) from totp where user_id = $1) as totp, (select count(*) from passkey where user_id = $1) as passkeys, (select count(*) from recovery_code where user_id = $1 and used_at is null) as recovery_left";
    Person RESET = "select asked_at, due_at from mfa_reset where user_id = $1";
    Installation COUNTS_IN = "select (select count(*) from totp where user_id = $1) as totp, (select count(*) from passkey where user_id = $1) as passkeys, (select count(*) from recovery_code where user_id = $1 and used_at is null) as recovery_left";
    Installation ADD_TOTP = "insert into totp (user_id, sealed, last_step, created_at) values ($1, $2, $3, $4)";
    Installation STEP = "update totp set last_step = $2 where user_id = $1 and last_step < $2";
    Installation DROP_TOTP = "delete from totp where user_id = $1";
    Installation ADD_CODE = "insert into recovery_code (user_id, code_hash, created_at, used_at) values ($1, $2, $3, null)";
    Installation USE_CODE = "update recovery_code set used_at = $3 where user_id = $1 and code_hash = $2 and used_at is null";
    Installation DROP_CODES = "delete from recovery_code where user_id = $1";
    Installation DROP_PASSKEYS = "delete from passkey where user_id = $1";
    Installation ASK_RESET = "insert into mfa_reset (user_id, asked_at, due_at) values ($1, $2, $3) on conflict (user_id) do nothing";
    Installation CANCEL_RESET = "delete from mfa_reset where user_id = $1";
}

crate::row! {
    /// How many second factors a person has.
    pub struct FactorCounts {
        /// 1 with an authenticator app.
        pub totp: i64,
        /// Passkeys.
        pub passkeys: i64,
        /// Recovery codes that were not used yet.
        pub recovery_left: i64,
    }
}

/// The seed of an authenticator app, opened.
#[derive(Clone)]
pub struct Totp {
    /// The shared secret (RFC 6238).
    pub seed: Vec<u8>,
    /// The last step whose code was accepted.
    pub last_step: i64,
    /// Since when.
    pub created_at: Timestamp,
}
impl std::fmt::Debug for Totp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Totp").field("created_at", &self.created_at).finish_non_exhaustive()
    }
}

pub(crate) fn place(person: PersonId) -> Place<'static> {
    Place::of_person("totp", person, "sealed")
}

impl Store {
    /// The authenticator app of a person.
    ///
    /// # Errors
    /// Of the database, or [`Error::Sealed`](crate::Error::Sealed).
    pub async fn totp(&self, own: PersonScope, keys: &Keyring) -> Result<Option<Totp>> {
        let row: Option<(Vec<u8>, i64, Timestamp)> = self.of(own).opt(TOTP, []).await?;
        row.map(|(sealed, last_step, created_at)| {
            let seed = keys.open(place(own.person()), &sealed)?;
            Ok(Totp { seed, last_step, created_at })
        })
        .transpose()
    }
    /// How many factors a person has.
    ///
    /// # Errors
    /// Of the database.
    pub async fn factor_counts(&self, own: PersonScope) -> Result<FactorCounts> {
        self.of(own).one(COUNTS, []).await
    }
    /// A reset of the factors that waits: when it was asked for, and when it is due.
    ///
    /// # Errors
    /// Of the database.
    pub async fn waiting_reset(&self, own: PersonScope) -> Result<Option<(Timestamp, Timestamp)>> {
        self.of(own).opt(RESET, []).await
    }
}

/// How many factors a person has, inside a write.
///
/// # Errors
/// Of the database.
pub async fn counts_in(tx: &mut Tx<'_, Installation>, person: PersonId) -> Result<FactorCounts> {
    tx.opt(COUNTS_IN, params![person]).await?.ok_or(crate::Error::NoRow)
}
/// Seals and keeps the seed of an authenticator app, whose first code was of `step`.
///
/// # Errors
/// A unique violation if there is one already.
pub async fn add_totp(
    tx: &mut Tx<'_, Installation>,
    keys: &Keyring,
    person: PersonId,
    seed: &[u8],
    step: i64,
    now: Timestamp,
) -> Result<()> {
    let sealed = keys.seal(place(person), seed)?;
    tx.exec(ADD_TOTP, params![person, &sealed, step, now]).await?;
    Ok(())
}
/// Accepts the code of a step; false if one of this step or a later one was accepted before.
///
/// # Errors
/// Of the database.
pub async fn take_step(tx: &mut Tx<'_, Installation>, person: PersonId, step: i64) -> Result<bool> {
    Ok(tx.exec(STEP, params![person, step]).await? > 0)
}
/// Removes the authenticator app; false if there was none.
///
/// # Errors
/// Of the database.
pub async fn drop_totp(tx: &mut Tx<'_, Installation>, person: PersonId) -> Result<bool> {
    Ok(tx.exec(DROP_TOTP, params![person]).await? > 0)
}
/// Puts new recovery codes, as hashes, in the place of all old ones.
///
/// # Errors
/// Of the database.
pub async fn set_codes(
    tx: &mut Tx<'_, Installation>,
    person: PersonId,
    hashes: &[[u8; 32]],
    now: Timestamp,
) -> Result<()> {
    tx.exec(DROP_CODES, params![person]).await?;
    for hash in hashes {
        tx.exec(ADD_CODE, params![person, hash, now]).await?;
    }
    Ok(())
}
/// Uses a recovery code up; false if there is none like it, or it was used.
///
/// # Errors
/// Of the database.
pub async fn take_code(
    tx: &mut Tx<'_, Installation>,
    person: PersonId,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(USE_CODE, params![person, hash, now]).await? > 0)
}
/// Removes every second factor and every recovery code, and the reset that asked for it.
///
/// # Errors
/// Of the database.
pub async fn drop_all(tx: &mut Tx<'_, Installation>, person: PersonId) -> Result<()> {
    tx.exec(DROP_TOTP, params![person]).await?;
    tx.exec(DROP_CODES, params![person]).await?;
    tx.exec(DROP_PASSKEYS, params![person]).await?;
    cancel_reset(tx, person).await?;
    Ok(())
}
/// Asks for a reset of the factors; one that waits already stays as it is.
///
/// # Errors
/// Of the database.
pub async fn ask_reset(tx: &mut Tx<'_, Installation>, person: PersonId, now: Timestamp, due: Timestamp) -> Result<()> {
    tx.exec(ASK_RESET, params![person, now, due]).await?;
    Ok(())
}
/// Takes a waiting reset back: the person has their factor after all. False if none waited.
///
/// # Errors
/// Of the database.
pub async fn cancel_reset(tx: &mut Tx<'_, Installation>, person: PersonId) -> Result<bool> {
    Ok(tx.exec(CANCEL_RESET, params![person]).await? > 0)
}
