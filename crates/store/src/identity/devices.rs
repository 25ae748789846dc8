//! Browsers in which a person signed in before: a lock on the account, which anybody can cause, does not shut them out.
use watchkeep_model::{PersonId, Timestamp};

use crate::{PersonScope, Result, Store, Tx, sql::Installation};

statements! {
    Person KNOWN = "select created_at from known_device where user_id = $1 and secret_hash = $2 and expires_at > $3";
    Installation ADD = "insert into known_device (user_id, secret_hash, created_at, expires_at) values ($1, $2, $3, $4)";
    Installation FORGET = "delete from known_device where user_id = $1";
}

impl Store {
    /// Whether a person signed in with this device before.
    ///
    /// # Errors
    /// Of the database.
    pub async fn knows_device(&self, own: PersonScope, hash: &[u8; 32], now: Timestamp) -> Result<bool> {
        let row: Option<(Timestamp,)> = self.of(own).opt(KNOWN, params![hash, now]).await?;
        Ok(row.is_some())
    }
}

/// Remembers a device.
///
/// # Errors
/// Of the database.
pub async fn add(
    tx: &mut Tx<'_, Installation>,
    person: PersonId,
    hash: &[u8; 32],
    now: Timestamp,
    until: Timestamp,
) -> Result<()> {
    tx.exec(ADD, params![person, hash, now, until]).await?;
    Ok(())
}
/// Forgets all devices of a person.
///
/// # Errors
/// Of the database.
pub async fn forget(tx: &mut Tx<'_, Installation>, person: PersonId) -> Result<()> {
    tx.exec(FORGET, params![person]).await?;
    Ok(())
}
