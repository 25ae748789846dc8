//! One-time links: an invitation, or a reset of the password. The address holds the secret, the row its SHA-256.
use uuid::Uuid;
use watchkeep_model::{PersonId, Timestamp};

use crate::{InstallationScope, Result, Store, Tx, sql::Installation};

statements! {
    Installation LOOK = "select l.id, l.user_id, l.kind, l.expires_at, p.email, p.name from one_time_link l join person p on p.id = l.user_id where l.secret_hash = $1 and l.ended_at is null and l.expires_at > $2 and p.disabled_at is null";
    Installation ADD = "insert into one_time_link (id, user_id, secret_hash, kind, created_at, expires_at, ended_at) values ($1, $2, $3, $4, $5, $6, null)";
    Installation USE = "update one_time_link set ended_at = $2 where id = $1 and ended_at is null";
    Installation END = "update one_time_link set ended_at = $2 where user_id = $1 and ended_at is null";
}

crate::row! {
    /// A link that can be used, and whom it lets in.
    pub struct LinkRow {
        /// The id.
        pub id: Uuid,
        /// The person.
        pub user_id: PersonId,
        /// `invitation` or `reset`.
        pub kind: String,
        /// Until when.
        pub expires_at: Timestamp,
        /// The person's address.
        pub email: String,
        /// The person's name.
        pub name: String,
    }
}

/// A link to be kept.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// The id.
    pub id: Uuid,
    /// The person.
    pub person: PersonId,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    /// `invitation` or `reset`.
    pub kind: &'static str,
    /// When it is made.
    pub created_at: Timestamp,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

impl Store {
    /// The link with this secret, if it can still be used.
    ///
    /// # Errors
    /// Of the database.
    pub async fn link(&self, s: InstallationScope, hash: &[u8; 32], now: Timestamp) -> Result<Option<LinkRow>> {
        self.installation(s).opt(LOOK, params![hash, now]).await
    }
}

/// Keeps a link; the person's earlier ones end.
///
/// # Errors
/// Of the database.
pub async fn add(tx: &mut Tx<'_, Installation>, l: &NewLink) -> Result<()> {
    end(tx, l.person, l.created_at).await?;
    tx.exec(ADD, params![l.id, l.person, &l.hash, l.kind, l.created_at, l.expires_at]).await?;
    Ok(())
}
/// Uses a link up; false if somebody was faster.
///
/// # Errors
/// Of the database.
pub async fn take(tx: &mut Tx<'_, Installation>, id: Uuid, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(USE, params![id, now]).await? > 0)
}
/// Ends all links of a person.
///
/// # Errors
/// Of the database.
pub async fn end(tx: &mut Tx<'_, Installation>, person: PersonId, now: Timestamp) -> Result<()> {
    tx.exec(END, params![person, now]).await?;
    Ok(())
}
