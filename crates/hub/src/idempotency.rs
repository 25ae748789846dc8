//! A repeated write does nothing more. The truth is a row that is written in the operation's own transaction; here is
//! only the queue in which a repeat waits for its twin on this hub.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};
use tokio::sync::OwnedMutexGuard;
use watchkeep_model::{Timestamp, TokenId};
use watchkeep_store::{Reader, Tx, idempotency as kept};

use crate::canonical;
use crate::error::Error;
use crate::op::Dialect;
use crate::page::Reply;

/// A key as it came with one call.
#[derive(Debug, Clone)]
pub(crate) struct Keyed {
    token: TokenId,
    op: &'static str,
    key: String,
    /// SHA-256 of the other arguments.
    asked: [u8; 32],
    at: Timestamp,
    dialect: Dialect,
}

type Key = (TokenId, &'static str, String);
type Gate = Arc<tokio::sync::Mutex<()>>;

impl Keyed {
    pub(crate) fn new(
        token: TokenId,
        op: &'static str,
        key: String,
        args: &Map<String, Value>,
        at: Timestamp,
        dialect: Dialect,
    ) -> Self {
        Self { token, op, key, asked: canonical::digest(args), at, dialect }
    }

    /// The answer that was given before, if the key was used for the same arguments.
    ///
    /// # Errors
    /// A conflict if it was used for others.
    pub(crate) async fn answered(&self, db: Reader<'_>) -> Result<Option<Reply>, Error> {
        match kept::find(db, self.token, self.op, &self.key, self.at).await? {
            None => Ok(None),
            Some(before) if before.args_hash == self.asked => {
                Ok(Some(Reply::new(before.reply, usize::try_from(before.items).unwrap_or_default())))
            }
            Some(_) => Err(Error::conflict(format!(
                "{}: this key was used with other arguments in the last 24 hours; take a new key for a new call",
                self.dialect.idempotency_key()
            ))),
        }
    }

    /// Inside the write, before anything is done: another hub may have answered meanwhile.
    pub(crate) async fn still_new(&self, tx: &mut Tx<'_>) -> Result<(), Error> {
        match kept::find_in(tx, self.token, self.op, &self.key, self.at).await? {
            None => Ok(()),
            Some(_) => Err(Error::conflict(format!(
                "{}: a call with this key has just been answered elsewhere; repeat it with the same key to get that answer",
                self.dialect.idempotency_key()
            ))),
        }
    }

    /// Remembers the answer, inside the write.
    pub(crate) async fn keep(&self, tx: &mut Tx<'_>, reply: Reply) -> Result<(), Error> {
        let items = i64::try_from(reply.items).unwrap_or(i64::MAX);
        let row = kept::Remembered { args_hash: self.asked, reply: reply.json, items };
        Ok(kept::keep(tx, self.token, self.op, &self.key, &row, self.at).await?)
    }

    /// Waits until no other call with this key runs on this hub.
    pub(crate) async fn turn(&self, twins: &Twins) -> Turn {
        twins.turn(self.token, self.op, self.key.clone()).await
    }
}

/// Who writes with which key now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Twins(Arc<Mutex<HashMap<Key, Gate>>>);

/// The turn of one call. The next with the same key goes on when this is dropped.
pub(crate) struct Turn {
    twins: Twins,
    key: Key,
    gate: Gate,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Twins {
    async fn turn(&self, token: TokenId, op: &'static str, key: String) -> Turn {
        let key = (token, op, key);
        let gate = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_default().clone();
        // made before the wait, so that a waiter who gives up cleans up, too
        let mut turn = Turn { twins: self.clone(), key, gate: gate.clone(), guard: None };
        turn.guard = Some(gate.lock_owned().await);
        turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut all = self.twins.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.guard = None;
        // the map's and this one: nobody else waits
        if Arc::strong_count(&self.gate) <= 2 {
            all.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;

    fn token() -> TokenId {
        TokenId::new(Uuid::from_u128(1))
    }

    #[tokio::test]
    async fn a_twin_waits_and_strangers_do_not() {
        let twins = Twins::default();
        let first = twins.turn(token(), "run", "k".into()).await;
        let mut second = Box::pin(twins.turn(token(), "run", "k".into()));
        assert!(tokio::time::timeout(Duration::from_millis(10), &mut second).await.is_err());
        drop(twins.turn(token(), "other", "k".into()).await);
        drop(twins.turn(token(), "run", "l".into()).await);
        drop(first);
        drop(tokio::time::timeout(Duration::from_secs(5), second).await.unwrap());
        assert!(twins.0.lock().unwrap().is_empty(), "nothing is left behind");
    }

    #[tokio::test]
    async fn a_waiter_who_gives_up_leaves_nothing_behind() {
        let twins = Twins::default();
        let first = twins.turn(token(), "run", "k".into()).await;
        {
            let mut second = Box::pin(twins.turn(token(), "run", "k".into()));
            assert!(tokio::time::timeout(Duration::from_millis(10), &mut second).await.is_err());
        }
        drop(first);
        assert!(twins.0.lock().unwrap().is_empty());
    }
}
