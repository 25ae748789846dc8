//! Audit rows of calls that changed nothing else: many tenants, one transaction, two flights.
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use futures_util::future::{join, join4};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinError, JoinSet};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{Detach, Heads, Sight, Turns};
use crate::audit::{self, Head};
use crate::{Call, Error, Result, Row, Stats};

/// One row to write.
pub(super) struct Append {
    pub(super) chain: Uuid,
    pub(super) call: Call,
    pub(super) outcome: &'static str,
    pub(super) reply: oneshot::Sender<Result<()>>,
}

/// A chain that a slow write holds is passed over this often; then its lock is waited for, beside the lane.
const PATIENCE: u32 = 3;
/// One commit holds at most so many rows.
const MOST: usize = 512;

#[expect(clippy::disallowed_methods, reason = "lives as long as the store; it ends when the last sender is gone")]
pub(super) fn start(pool: Pool, turns: Arc<Turns>, stats: Arc<Stats>) -> mpsc::Sender<Append> {
    let (tx, rx) = mpsc::channel(4096);
    tokio::spawn(Lane { pool, turns, stats, todo: vec![], passed: HashMap::new(), held: HashMap::new() }.run(rx));
    tx
}

struct Lane {
    pool: Pool,
    turns: Arc<Turns>,
    stats: Arc<Stats>,
    todo: Vec<Append>,
    /// How often each chain was passed over.
    passed: HashMap<Uuid, u32>,
    /// Chains that are being waited for, and what came for them since.
    held: HashMap<Uuid, Vec<Append>>,
}

impl Lane {
    async fn run(mut self, mut queue: mpsc::Receiver<Append>) {
        let mut waits: JoinSet<Uuid> = JoinSet::new();
        let mut open = true;
        while open || !waits.is_empty() || !self.todo.is_empty() {
            if self.todo.is_empty() {
                tokio::select! {
                    Some(ended) = waits.join_next() => self.release(ended),
                    next = queue.recv(), if open => match next {
                        Some(x) => self.take(x),
                        None => open = false,
                    },
                }
            }
            while let Some(ended) = waits.try_join_next() {
                self.release(ended);
            }
            while self.todo.len() < MOST {
                match queue.try_recv() {
                    Ok(x) => self.take(x),
                    Err(_) => break,
                }
            }
            for (chain, rows) in self.round().await {
                self.held.insert(chain, vec![]);
                let (pool, turns, stats) = (self.pool.clone(), self.turns.clone(), self.stats.clone());
                waits.spawn(async move {
                    let _turn = turns.of(chain).await;
                    wait_for(&pool, &stats, rows).await;
                    chain
                });
            }
        }
    }
    fn take(&mut self, x: Append) {
        match self.held.get_mut(&x.chain) {
            Some(rows) => rows.push(x),
            None => self.todo.push(x),
        }
    }
    fn release(&mut self, ended: Result<Uuid, JoinError>) {
        match ended {
            Ok(chain) => self.todo.extend(self.held.remove(&chain).unwrap_or_default()),
            // never seen; the rows are tried again
            Err(_) => self.todo.extend(self.held.drain().flat_map(|(_, rows)| rows)),
        }
    }
    /// Writes what it can of `todo`; returns the rows of the chains that have to be waited for.
    async fn round(&mut self) -> HashMap<Uuid, Vec<Append>> {
        let mut late: HashMap<Uuid, Vec<Append>> = HashMap::new();
        if self.todo.is_empty() {
            return late;
        }
        let todo = std::mem::take(&mut self.todo);
        match batch(&self.pool, &todo, false).await {
            Ok(done) => {
                let (written, rest): (Vec<_>, Vec<_>) = todo.into_iter().partition(|x| done.contains_key(&x.chain));
                self.stats.group(written.len());
                answer(written, &Ok(()));
                let chains: HashSet<Uuid> = rest.iter().map(|x| x.chain).collect();
                self.passed.retain(|chain, _| chains.contains(chain));
                for chain in chains {
                    *self.passed.entry(chain).or_default() += 1;
                }
                for x in rest {
                    if self.passed.get(&x.chain).is_some_and(|n| *n >= PATIENCE) {
                        late.entry(x.chain).or_default().push(x);
                    } else {
                        self.todo.push(x);
                    }
                }
                if done.is_empty() && !self.todo.is_empty() {
                    tokio::time::sleep(Duration::from_micros(500)).await;
                }
            }
            Err(e) if todo.len() > 1 && e.is_from_postgres() => {
                // one row that the server refuses must not take its neighbours along
                for x in todo {
                    wait_for(&self.pool, &self.stats, vec![x]).await;
                }
            }
            Err(e) => answer(todo, &Err(e)),
        }
        late
    }
}

/// Writes rows and waits for the locks of their chains.
async fn wait_for(pool: &Pool, stats: &Stats, rows: Vec<Append>) {
    for _ in 0..PATIENCE {
        match batch(pool, &rows, true).await {
            // a new chain: its head was made
            Ok(done) if done.is_empty() => {}
            Ok(_) => {
                stats.group(rows.len());
                return answer(rows, &Ok(()));
            }
            Err(e) => return answer(rows, &Err(e)),
        }
    }
    answer(rows, &Err(Error::NotCommitted("the head of the audit chain cannot be made".into())));
}

fn answer(rows: Vec<Append>, with: &Result<()>) {
    for x in rows {
        // nobody waiting any more is fine: the row is there
        let _gone = x.reply.send(with.clone());
    }
}

/// A chain without a head yet (its first row) cannot be locked, so its head is made first.
const MAKE_HEADS: &str = "insert into audit_head (chain_id, seq, hash) select c, 0, $2 from unnest($1::uuid[]) c \
     on conflict (chain_id) do nothing";
const LOCK_FREE: &str =
    "select chain_id, seq, hash from audit_head where chain_id = any($1) order by chain_id for update skip locked";
const LOCK_WAIT: &str =
    "select chain_id, seq, hash from audit_head where chain_id = any($1) order by chain_id for update";
const INSERT: &str = "insert into audit_log (tenant_id, seq, at, event, op, actor_kind, actor_id, actor, target, outcome, args_hash, \
     duration_us, address, request_id, metadata, hash) select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], \
     $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::bytea[], \
     $12::bigint[], $13::text[], $14::uuid[], $15::text[], $16::bytea[])";
const INSERT_CALLS: &str = "insert into mcp_call_log (tenant_id, called_at, request_id, connector, tool_name, args_hash, \
     result_status, duration_ms, user_id, client_id, oauth_client) select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], \
     $4::text[], $5::text[], $6::bytea[], $7::text[], $8::bigint[], $9::uuid[], $10::uuid[], $11::text[])";
const PUT_HEADS: &str = "update audit_head h set seq = n.seq, hash = n.hash \
     from unnest($1::uuid[], $2::bigint[], $3::bytea[]) as n(chain_id, seq, hash) where h.chain_id = n.chain_id";

async fn batch(pool: &Pool, todo: &[Append], wait: bool) -> Result<Heads> {
    let c = Detach::new(pool.get().await?);
    let lock = c.prepare_cached(if wait { LOCK_WAIT } else { LOCK_FREE }).await?;
    let insert = c.prepare_cached(INSERT).await?;
    let calls = c.prepare_cached(INSERT_CALLS).await?;
    let put = c.prepare_cached(PUT_HEADS).await?;
    let mut chains: Vec<Uuid> = todo.iter().map(|x| x.chain).collect();
    chains.sort_unstable();
    chains.dedup();

    let begin = Sight::Crossing.begin(false);
    let la: [&(dyn ToSql + Sync); 1] = [&chains];
    let (b, locked) = join(c.batch_execute(&begin), c.query(&lock, &la)).await;
    b?;
    let locked = locked?;
    let mut heads = Heads::new();
    for r in &locked {
        let mut r = Row::postgres(r);
        heads.insert(r.next()?, Head { seq: r.next()?, hash: r.next()? });
    }
    if wait && heads.len() < chains.len() {
        // first rows of new chains: make their heads, and take them in the next round
        c.execute(MAKE_HEADS, &[&chains, &&[0_u8; 32][..]]).await?;
        c.batch_execute("commit").await?;
        c.done();
        return Ok(Heads::new());
    }

    let mut rows: Vec<(&Append, audit::Row)> = Vec::with_capacity(todo.len());
    for x in todo {
        let Some(h) = heads.get_mut(&x.chain) else { continue };
        let (head, row) = h.next(x.chain, &x.call, x.outcome);
        *h = head;
        rows.push((x, row));
    }
    let mcp: Vec<&(&Append, audit::Row)> = rows.iter().filter(|(x, _)| x.call.connector.is_some()).collect();

    // columns for unnest
    macro_rules! col {
        ($v:expr, $f:expr) => {
            $v.iter().map($f).collect::<Vec<_>>()
        };
    }
    let (c1, c2, c3) = (col!(rows, |(x, _)| x.chain), col!(rows, |(_, r)| r.seq), col!(rows, |(_, r)| r.at));
    let (c4, c5) = (col!(rows, |(_, r)| r.event.as_str()), col!(rows, |(_, r)| r.op.as_str()));
    let (c6, c7) = (col!(rows, |(_, r)| r.actor_kind.as_str()), col!(rows, |(_, r)| r.actor_id));
    let (c8, c9) = (col!(rows, |(_, r)| r.actor.as_str()), col!(rows, |(_, r)| r.target.as_deref()));
    let (c10, c11) = (col!(rows, |(_, r)| r.outcome.as_str()), col!(rows, |(_, r)| r.args_hash.as_slice()));
    let (c12, c13) = (col!(rows, |(_, r)| r.duration_us), col!(rows, |(_, r)| r.address.as_deref()));
    let (c14, c15) = (col!(rows, |(_, r)| r.request_id), col!(rows, |(_, r)| r.metadata.as_str()));
    let c16 = col!(rows, |(_, r)| r.hash.as_slice());
    let ia: [&(dyn ToSql + Sync); 16] =
        [&c1, &c2, &c3, &c4, &c5, &c6, &c7, &c8, &c9, &c10, &c11, &c12, &c13, &c14, &c15, &c16];
    let (m1, m2) = (col!(mcp, |(x, _)| x.chain), col!(mcp, |(_, r)| r.at));
    let m3 = col!(mcp, |(_, r)| r.request_id);
    let m4 = col!(mcp, |(x, _)| x.call.connector.map_or("", |c| c.as_str()));
    let (m5, m6) = (col!(mcp, |(_, r)| r.op.as_str()), col!(mcp, |(_, r)| r.args_hash.as_slice()));
    let (m7, m8) = (col!(mcp, |(_, r)| r.outcome.as_str()), col!(mcp, |(_, r)| r.duration_us / 1000));
    let (m9, m10) = (col!(mcp, |(x, _)| x.call.actor.person), col!(mcp, |(x, _)| x.call.actor.id));
    let m11 = col!(mcp, |(x, _)| x.call.actor.client.as_deref());
    let ma: [&(dyn ToSql + Sync); 11] = [&m1, &m2, &m3, &m4, &m5, &m6, &m7, &m8, &m9, &m10, &m11];
    let (h1, h2): (Vec<Uuid>, Vec<i64>) = heads.iter().map(|(t, h)| (*t, h.seq)).unzip();
    let h3: Vec<&[u8]> = heads.values().map(|h| &h.hash[..]).collect();
    let ha: [&(dyn ToSql + Sync); 3] = [&h1, &h2, &h3];

    let (a, l, h, z) =
        join4(c.execute(&insert, &ia), c.execute(&calls, &ma), c.execute(&put, &ha), c.batch_execute("commit")).await;
    if a.is_ok() && l.is_ok() && h.is_ok() && z.is_ok() {
        c.done();
    }
    a?;
    l?;
    h?;
    z?;
    Ok(heads)
}
