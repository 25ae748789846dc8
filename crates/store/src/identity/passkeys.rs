//! Passkeys: public credentials of a person (W3C Web Authentication).
use watchkeep_model::{PasskeyId, PersonId, Timestamp};

use crate::{PersonScope, Result, Store, Tx, sql::Installation};

statements! {
    Person LIST = "select id, credential_id, name, credential, rev, created_at, last_used_at from passkey where user_id = $1 order by created_at, id";
    Person GET = "select id, credential_id, name, credential, rev, created_at, last_used_at from passkey where user_id = $1 and credential_id = $2";
    Installation ADD = "insert into passkey (id, user_id, credential_id, name, credential, rev, created_at, last_used_at) values ($1, $2, $3, $4, $5, 1, $6, null)";
    Installation USED = "update passkey set credential = $4, rev = rev + 1, last_used_at = $5 where user_id = $1 and id = $2 and rev = $3";
    Installation DROP = "delete from passkey where user_id = $1 and id = $2";
}

crate::row! {
    /// A passkey.
    pub struct PasskeyRow {
        /// The id.
        pub id: PasskeyId,
        /// The authenticator's own id of it.
        pub credential_id: Vec<u8>,
        /// What its person calls it.
        pub name: String,
        /// Public key, counter and flags, as JSON.
        pub credential: String,
        /// Grows with every use.
        pub rev: i64,
        /// When it was added.
        pub created_at: Timestamp,
        /// When it was last used.
        pub last_used_at: Option<Timestamp>,
    }
}

impl Store {
    /// The passkeys of a person, oldest first.
    ///
    /// # Errors
    /// Of the database.
    pub async fn passkeys(&self, own: PersonScope) -> Result<Vec<PasskeyRow>> {
        self.of(own).all(LIST, []).await
    }
    /// A person's passkey by the authenticator's id. What belongs to another person is not there.
    ///
    /// # Errors
    /// Of the database.
    pub async fn passkey(&self, own: PersonScope, credential_id: &[u8]) -> Result<Option<PasskeyRow>> {
        self.of(own).opt(GET, params![credential_id]).await
    }
}

/// Keeps a passkey.
///
/// # Errors
/// A unique violation if the credential is there, whoever's it is.
pub async fn add(
    tx: &mut Tx<'_, Installation>,
    person: PersonId,
    id: PasskeyId,
    credential_id: &[u8],
    name: &str,
    credential: &str,
    now: Timestamp,
) -> Result<()> {
    tx.exec(ADD, params![id, person, credential_id, name, credential, now]).await?;
    Ok(())
}
/// Notes a use; false if it was used, or removed, since `rev` was read.
///
/// # Errors
/// Of the database.
pub async fn used(
    tx: &mut Tx<'_, Installation>,
    person: PersonId,
    id: PasskeyId,
    rev: i64,
    credential: &str,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(USED, params![person, id, rev, credential, now]).await? > 0)
}
/// Removes a passkey; false if the person has none of this id.
///
/// # Errors
/// Of the database.
pub async fn remove(tx: &mut Tx<'_, Installation>, person: PersonId, id: PasskeyId) -> Result<bool> {
    Ok(tx.exec(DROP, params![person, id]).await? > 0)
}
