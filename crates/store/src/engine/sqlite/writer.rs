//! The writer thread: what arrives while one group is being made durable is the next group.
//!
//! Each operation runs in a SAVEPOINT of the group's transaction; one `commit` (one fsync) answers them all. An
//! operation that fails is rolled back to its savepoint and leaves its audit row, without disturbing its neighbours.
use std::collections::HashMap;

use rusqlite::Connection;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::audit::{self, Head};
use crate::{Call, Error, ErrorKind, Group, Param, Result, Stats, Stopwatch};

/// One operation on its way through a group.
pub(crate) trait Job: Send {
    /// False when nobody waits for it any more and it has not begun.
    fn wanted(&self) -> bool;
    /// Runs inside the group's transaction; keeps its result.
    fn run(&mut self, s: &mut Session);
    /// Called after the commit, with what became of it.
    fn answer(self: Box<Self>, committed: Result<()>);
}

/// The writing connection and the chain heads it knows.
pub(crate) struct Session {
    pub(crate) conn: Connection,
    open: bool,
    /// Heads as of this connection's last commit. Another process may write between two groups (the command line
    /// beside a running hub), which `data_version` tells; then they are read again.
    heads: HashMap<Uuid, Head>,
    dirty: Vec<Uuid>,
    seen: i64,
}

impl Session {
    pub(crate) fn new(conn: Connection) -> Self {
        Self { conn, open: false, heads: HashMap::new(), dirty: vec![], seen: -1 }
    }
    fn sql(&self, s: &'static str) -> Result<()> {
        self.conn.prepare_cached(s)?.raw_execute()?;
        Ok(())
    }
    fn begin(&mut self) -> Result<()> {
        self.sql("begin immediate")?;
        self.open = true;
        let version: i64 = self.conn.prepare_cached("pragma data_version")?.query_row([], |r| r.get(0))?;
        if version != self.seen {
            self.heads.clear();
            self.seen = version;
        }
        Ok(())
    }
    /// False once SQLite has thrown the group away (full disk, I/O error).
    pub(crate) fn alive(&self) -> bool {
        self.open && !self.conn.is_autocommit()
    }
    /// Runs `f` in a savepoint: kept whole, or not at all, and so the head of its chain.
    pub(crate) fn attempt<T, E: From<Error>>(
        &mut self,
        chain: Uuid,
        f: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.sql("savepoint op")?;
        let (head, dirty) = (self.heads.get(&chain).copied(), self.dirty.len());
        let r = f(self).and_then(|v| {
            self.sql("release op")?;
            Ok(v)
        });
        if r.is_err() {
            match head {
                Some(h) => self.heads.insert(chain, h),
                None => self.heads.remove(&chain),
            };
            self.dirty.truncate(dirty);
            let undone =
                !self.conn.is_autocommit() && self.sql("rollback to op").and_then(|()| self.sql("release op")).is_ok();
            // what cannot be undone alone is undone with its whole group
            self.open &= undone;
        }
        r
    }
    fn head(&mut self, chain: Uuid) -> Result<Head> {
        if let Some(h) = self.heads.get(&chain) {
            return Ok(*h);
        }
        let mut s = self.conn.prepare_cached("select seq, hash from audit_head where chain_id = ?1")?;
        let mut r = s.query([Param::Uuid(chain)])?;
        Ok(match r.next()? {
            Some(r) => Head { seq: r.get(0)?, hash: r.get(1)? },
            None => Head::default(),
        })
    }
    /// Writes the audit row of one call and, for MCP, its row of `mcp_call_log`. Runs inside [`Session::attempt`].
    pub(crate) fn audit(&mut self, chain: Uuid, call: &Call, outcome: &str) -> Result<()> {
        let (head, row) = self.head(chain)?.next(chain, call, outcome);
        self.insert(audit::INSERT, chain, &row.params())?;
        if let Some(p) = audit::call_params(call, &row) {
            self.insert(audit::INSERT_CALL, chain, &p)?;
        }
        self.heads.insert(chain, head);
        if !self.dirty.contains(&chain) {
            self.dirty.push(chain);
        }
        Ok(())
    }
    /// `$n` is written so that every use is in order of appearance, which SQLite binds alike.
    fn insert(&self, sql: &'static str, chain: Uuid, p: &[Param<'_>]) -> Result<()> {
        super::exec(&self.conn, sql, Some(chain), p).map(|_| ())
    }
    fn commit(&mut self) -> Result<()> {
        let r = (|| {
            if !self.alive() {
                return Err(lost());
            }
            for chain in std::mem::take(&mut self.dirty) {
                let Some(h) = self.heads.get(&chain) else { continue };
                self.insert(
                    "insert into audit_head (chain_id, seq, hash) values ($1, $2, $3) \
                     on conflict (chain_id) do update set seq = excluded.seq, hash = excluded.hash",
                    chain,
                    &crate::params![h.seq, &h.hash],
                )?;
            }
            self.sql("commit")
        })();
        self.open = false;
        if r.is_err() {
            self.abandon();
        }
        r.map_err(|e| Error::NotCommitted(describe(&e)))
    }
    fn abandon(&mut self) {
        if !self.conn.is_autocommit()
            && let Err(e) = self.sql("rollback")
        {
            tracing::warn!(error = %e, "rollback of a lost group");
        }
        self.heads.clear();
        self.dirty.clear();
        self.open = false;
    }
    /// SQLite threw the group away before its commit: each operation once more, alone, so that only the culprit fails.
    /// Write closures may run twice by contract.
    fn each_alone(&mut self, jobs: &mut Vec<Box<dyn Job>>) {
        self.abandon();
        for mut j in jobs.drain(..) {
            let r = match self.begin() {
                Ok(()) => {
                    j.run(self);
                    self.commit()
                }
                Err(e) => {
                    self.abandon();
                    Err(e)
                }
            };
            j.answer(r);
        }
    }
}

fn lost() -> Error {
    Error::NotCommitted("SQLite rolled the transaction back: the disk may be full".into())
}
fn describe(e: &Error) -> String {
    match e {
        Error::NotCommitted(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Runs until the last sender is gone.
pub(crate) fn run(mut s: Session, mut queue: mpsc::Receiver<Box<dyn Job>>, g: Group, stats: &Stats) {
    let mut done: Vec<Box<dyn Job>> = Vec::with_capacity(g.max_ops);
    let mut together = false;
    while let Some(first) = queue.blocking_recv() {
        if together {
            std::thread::sleep(g.linger);
        }
        let watch = Stopwatch::start();
        if let Err(e) = s.begin() {
            s.abandon();
            // somebody else holds the file; who came in the meantime has waited, too, and is told as well
            let waiting = queue.len();
            first.answer(Err(e.clone()));
            for j in std::iter::from_fn(|| queue.try_recv().ok()).take(waiting) {
                j.answer(Err(e.clone()));
            }
            continue;
        }
        let mut next = Some(first);
        let mut failed = None;
        while let Some(mut j) = next.take() {
            if j.wanted() {
                if failed.is_none() {
                    j.run(&mut s);
                    if !s.alive() {
                        failed = Some(lost());
                    }
                }
                done.push(j);
            }
            if failed.is_some() || done.len() >= g.max_ops || watch.elapsed() >= g.max_hold {
                break;
            }
            next = queue.try_recv().ok();
        }
        stats.group(done.len());
        together = done.len() > 1;
        match failed {
            None => match s.commit() {
                // the frames did not fit into the log, so nothing was committed: one of them may have been too big
                Err(e) if e.kind() == ErrorKind::Full && done.len() > 1 => s.each_alone(&mut done),
                r => {
                    for j in done.drain(..) {
                        j.answer(r.clone());
                    }
                }
            },
            Some(e) if done.len() < 2 => {
                s.abandon();
                for j in done.drain(..) {
                    j.answer(Err(e.clone()));
                }
            }
            Some(_) => s.each_alone(&mut done),
        }
    }
    // the last one out leaves a short log behind
    if let Err(e) = s.conn.execute_batch("pragma wal_checkpoint(truncate)") {
        tracing::debug!(error = %e, "checkpoint at the end");
    }
}

#[cfg(test)]
mod tests;
