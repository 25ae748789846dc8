//! Attempts at a secret that can be guessed: counted before they are judged, so that many at once count like one
//! after the other, on every hub of a database.
use watchkeep_model::{Span, Timestamp};

use crate::{Result, Store, Tx, sql::Installation};

statements! {
    /// Makes the row, or locks it.
    Crossing HOLD_ATTEMPT = "insert into sign_in_attempt (subject, factor, failures, last_at, locked_until) values ($1, $2, 0, $3, 0) on conflict (subject, factor) do update set failures = sign_in_attempt.failures";
    Crossing ATTEMPTS = "select failures, last_at, locked_until from sign_in_attempt where subject = $1 and factor = $2";
    Crossing COUNT_ATTEMPT = "update sign_in_attempt set failures = $3, last_at = $4, locked_until = $5 where subject = $1 and factor = $2";
    Installation FORGIVE = "delete from sign_in_attempt where subject = $1 and factor = $2";
    Crossing CLEAR_ATTEMPTS = "delete from sign_in_attempt where (subject, factor) in (select subject, factor from sign_in_attempt where last_at <= $1 order by last_at limit 500)";
    Crossing CLEAR_SPENT = "delete from spent_state where hash in (select hash from spent_state where until <= $1 order by until limit 500)";
    Crossing CLEAR_DEVICES = "delete from known_device where (user_id, secret_hash) in (select user_id, secret_hash from known_device where expires_at <= $1 order by expires_at limit 500)";
    Crossing CLEAR_SESSIONS = "delete from session where id in (select id from session where signed_in_at <= $1 order by signed_in_at limit 500)";
}

/// How long failures are remembered.
pub const REMEMBER: Span = Span::hours(24);
/// How long sessions are kept after the longest that one can live.
const KEEP_SESSIONS: Span = Span::days(30);

/// What is guessed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// A password.
    Password,
    /// A one-time code or a recovery code.
    Second,
}
impl Factor {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Second => "second",
        }
    }
}

/// The rule of a lock: from the number of failures, this attempt counted as one, to the time that is closed after it.
pub type Rule = fn(i64) -> Span;

impl Store {
    /// Counts an attempt as failed, before it is looked at; a success takes that back ([`forgive`]). While a lock holds,
    /// nothing is counted and the answer is when it ends.
    ///
    /// # Errors
    /// Of the database.
    pub fn take_attempt(
        &self,
        subject: [u8; 32],
        factor: Factor,
        rule: Rule,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Timestamp>>> + Send {
        async move {
            self.write_quietly(async move |tx| {
                tx.exec(HOLD_ATTEMPT, params![&subject, factor.as_str(), now]).await?;
                let found: Option<(i64, Timestamp, Timestamp)> =
                    tx.opt(ATTEMPTS, params![&subject, factor.as_str()]).await?;
                let (failures, last, until) = found.unwrap_or((0, now, Timestamp::MIN));
                if until > now {
                    return Ok(Some(until));
                }
                let failures = if last <= now.minus(REMEMBER) { 1 } else { failures + 1 };
                let until = now.plus(rule(failures));
                tx.exec(COUNT_ATTEMPT, params![&subject, factor.as_str(), failures, now, until]).await?;
                Ok(None)
            })
            .await
        }
    }
    /// Removes what is over (counts of attempts, spent states, known devices, sessions), at most 500 of each; tells how
    /// many went.
    ///
    /// # Errors
    /// Of the database.
    pub fn clear_sign_in(&self, now: Timestamp) -> impl Future<Output = Result<u64>> + Send {
        async move {
            self.write_quietly(async move |tx| {
                let mut gone = tx.exec(CLEAR_ATTEMPTS, params![now.minus(REMEMBER)]).await?;
                gone += tx.exec(CLEAR_SPENT, params![now]).await?;
                gone += tx.exec(CLEAR_DEVICES, params![now]).await?;
                gone += tx.exec(CLEAR_SESSIONS, params![now.minus(KEEP_SESSIONS)]).await?;
                Ok(gone)
            })
            .await
        }
    }
}

/// Takes the count of failures back, after a success.
///
/// # Errors
/// Of the database.
pub async fn forgive(tx: &mut Tx<'_, Installation>, subject: &[u8; 32], factor: Factor) -> Result<()> {
    tx.exec(FORGIVE, params![subject, factor.as_str()]).await?;
    Ok(())
}
