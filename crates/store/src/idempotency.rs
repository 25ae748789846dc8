//! Idempotency keys: unique per token and operation for 24 hours, written in the operation's own transaction.
use watchkeep_model::{Span, Timestamp, TokenId};

use crate::{Reader, Result, Store, Tx};

/// How long a key is remembered.
pub const REMEMBER: Span = Span::hours(24);

statements! {
    Tenant FIND = "select args_hash, reply, items from idempotency where tenant_id = $1 and token_id = $2 and op = $3 and key = $4 and at > $5";
    Tenant KEEP = "insert into idempotency (tenant_id, token_id, op, key, args_hash, reply, items, at) values ($1, $2, $3, $4, $5, $6, $7, $8)";
    Tenant FORGET = "delete from idempotency where tenant_id = $1 and token_id = $2 and op = $3 and key = $4 and at <= $5";
    Crossing CLEAR_KEYS = "delete from idempotency where (tenant_id, token_id, op, key) in (select tenant_id, token_id, op, key from idempotency where at <= $1 order by at limit 500)";
}

crate::row! {
    /// What was answered to a key.
    pub struct Remembered {
        /// SHA-256 of the arguments that it came with.
        pub args_hash: [u8; 32],
        /// The answer's bytes.
        pub reply: String,
        /// How many items the answer had.
        pub items: i64,
    }
}

/// The answer that a key stands for, if it is younger than a day.
///
/// # Errors
/// Of the database.
pub async fn find(r: Reader<'_>, token: TokenId, op: &str, key: &str, now: Timestamp) -> Result<Option<Remembered>> {
    r.opt(FIND, params![token, op, key, now.minus(REMEMBER)]).await
}
/// The same inside a write, where it decides: two hubs may run the same key at once.
///
/// # Errors
/// Of the database.
pub async fn find_in(
    tx: &mut Tx<'_>,
    token: TokenId,
    op: &str,
    key: &str,
    now: Timestamp,
) -> Result<Option<Remembered>> {
    tx.opt(FIND, params![token, op, key, now.minus(REMEMBER)]).await
}
/// Remembers an answer, with the operation's other changes.
///
/// # Errors
/// A unique violation if the key is alive.
pub async fn keep(tx: &mut Tx<'_>, token: TokenId, op: &str, key: &str, r: &Remembered, now: Timestamp) -> Result<()> {
    tx.exec(FORGET, params![token, op, key, now.minus(REMEMBER)]).await?;
    tx.exec(KEEP, params![token, op, key, &r.args_hash, &r.reply, r.items, now]).await?;
    Ok(())
}

impl Store {
    /// Removes keys older than a day, at most 500 at a time; tells how many went.
    ///
    /// # Errors
    /// Of the database.
    pub fn clear_idempotency(&self, now: Timestamp) -> impl Future<Output = Result<u64>> + Send {
        async move { self.write_quietly(async move |tx| tx.exec(CLEAR_KEYS, params![now.minus(REMEMBER)]).await).await }
    }
}
