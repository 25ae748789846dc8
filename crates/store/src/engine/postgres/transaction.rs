//! One write operation's transaction. `begin`, the tenant setting, the lock of the chain's head and the first statement
//! travel in one flight; the audit row, the head and `commit` in another.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use deadpool_postgres::Object;
use futures_util::future::{join, join3, join4};
use tokio_postgres::Statement;
use uuid::Uuid;

use super::{Detach, Sight, args, shape};
use crate::audit::{self, Head};
use crate::{Call, Error, FromRow, Param, Result, Row};

pub(super) const LOCK: &str = "select seq, hash from audit_head where chain_id = $1 for update";
pub(super) const PUT_HEAD: &str = "insert into audit_head (chain_id, seq, hash) values ($1, $2, $3) \
     on conflict (chain_id) do update set seq = excluded.seq, hash = excluded.hash";

pub(crate) struct Transaction {
    conn: Detach,
    sight: Sight,
    /// None for a write without an audit row: it takes no head lock.
    chain: Option<Uuid>,
    begun: bool,
    head: Head,
    /// True while a statement of ours is in flight: a closure that is pending otherwise awaits something foreign.
    pub(crate) waiting: Arc<AtomicBool>,
}

impl Transaction {
    pub(crate) fn new(c: Object, sight: Sight, chain: Option<Uuid>, waiting: Arc<AtomicBool>) -> Self {
        Self { conn: Detach::new(c), sight, chain, begun: false, head: Head::default(), waiting }
    }

    async fn send<T>(&mut self, f: impl AsyncFnOnce(&Object) -> Result<T>) -> Result<T> {
        self.waiting.store(true, Relaxed);
        let r = self.flight(f).await;
        self.waiting.store(false, Relaxed);
        r
    }
    async fn flight<T>(&mut self, f: impl AsyncFnOnce(&Object) -> Result<T>) -> Result<T> {
        if self.begun {
            return f(&self.conn).await;
        }
        let begin = self.sight.begin(false);
        let Some(chain) = self.chain else {
            self.begun = true;
            let (a, r) = join(self.conn.batch_execute(&begin), f(&self.conn)).await;
            a?;
            return r;
        };
        let lock = self.conn.prepare_cached(LOCK).await?;
        let chain = Param::Uuid(chain);
        let la = args(Some(&chain), &[]);
        self.begun = true;
        let (a, h, r) = join3(self.conn.batch_execute(&begin), self.conn.query_opt(&lock, &la), f(&self.conn)).await;
        a?;
        if let Some(row) = h? {
            let mut row = Row::postgres(&row);
            self.head = Head { seq: row.next()?, hash: row.next()? };
        }
        r
    }
    /// Prepared before the flight: a miss inside it would send Parse late and reorder the messages.
    async fn statement(&mut self, sql: &'static str) -> Result<Statement> {
        self.waiting.store(true, Relaxed);
        let s = self.conn.prepare_cached(sql).await;
        self.waiting.store(false, Relaxed);
        Ok(s?)
    }
    pub(crate) async fn rows<T: FromRow>(
        &mut self,
        sql: &'static str,
        bound: Option<Uuid>,
        p: &[Param<'_>],
    ) -> Result<Vec<T>> {
        let s = self.statement(sql).await?;
        shape::<T>(&s, sql)?;
        let bound = bound.map(Param::Uuid);
        let a = args(bound.as_ref(), p);
        let v = self.send(async |c: &Object| Ok(c.query(&s, &a).await?)).await?;
        v.iter().map(|r| T::from_row(&mut Row::postgres(r))).collect()
    }
    pub(crate) async fn exec(&mut self, sql: &'static str, bound: Option<Uuid>, p: &[Param<'_>]) -> Result<u64> {
        let s = self.statement(sql).await?;
        let bound = bound.map(Param::Uuid);
        let a = args(bound.as_ref(), p);
        self.send(async |c: &Object| Ok(c.execute(&s, &a).await?)).await
    }

    /// The audit row, the head and the commit, in one flight.
    pub(crate) async fn finish(mut self, chain: Uuid, call: &Call, outcome: &str) -> Result<()> {
        if !self.begun {
            self.send(async |_: &Object| Ok(())).await?;
        }
        let (head, row) = self.head.next(chain, call, outcome);
        let c = &self.conn;
        let insert = c.prepare_cached(audit::INSERT).await?;
        let put = c.prepare_cached(PUT_HEAD).await?;
        let chain = Param::Uuid(chain);
        let (rp, hp) = (row.params(), crate::params![head.seq, &head.hash]);
        let (ra, ha) = (args(Some(&chain), &rp), args(Some(&chain), &hp));
        let (a, b, z) = match audit::call_params(call, &row) {
            None => join3(c.execute(&insert, &ra), c.execute(&put, &ha), c.batch_execute("commit")).await,
            Some(cp) => {
                let log = c.prepare_cached(audit::INSERT_CALL).await?;
                let ca = args(Some(&chain), &cp);
                let (a, l, b, z) = join4(
                    c.execute(&insert, &ra),
                    c.execute(&log, &ca),
                    c.execute(&put, &ha),
                    c.batch_execute("commit"),
                )
                .await;
                (a.and(l), b, z)
            }
        };
        let (a, b, z) = (a.map_err(Error::from), b.map_err(Error::from), z.map_err(Error::from));
        if a.is_ok() && b.is_ok() && z.is_ok() {
            self.conn.done();
        }
        a?;
        b?;
        z
    }
    /// Commits without an audit row.
    pub(crate) async fn finish_quietly(self) -> Result<()> {
        if self.begun {
            self.conn.batch_execute("commit").await?;
        }
        self.conn.done();
        Ok(())
    }
    pub(crate) async fn abort(self) {
        if !self.begun || self.conn.batch_execute("rollback").await.is_ok() {
            self.conn.done();
        }
    }
}
