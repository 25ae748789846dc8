//! What the hub sees: [`Store::at`] reads, [`Store::write`] writes.
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot;
use uuid::Uuid;

use crate::engine::postgres::{Postgres, Sight, Transaction};
use crate::engine::sqlite::writer::{Job, Session};
use crate::engine::sqlite::{self, Sqlite, gone};
use crate::scope::INSTALLATION;
use crate::sql::{Crossing, Installation, Kind, Person, Statement, Tenant};
use crate::{Call, Error, FromRow, Group, InstallationScope, Outcome, Param, PersonScope, Result, Stats, TenantScope};

/// Which database, and how to reach it.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file; its folder must exist.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
    /// A server.
    Postgres {
        /// Connection URL of the role that serves: no superuser, no BYPASSRLS, not the owner of the tables.
        url: String,
        /// Connection URL of the owner, who migrates. None: the schema must be current.
        owner_url: Option<String>,
        /// PEM file of the certificate authority; None: no TLS.
        ca_file: Option<String>,
        /// Connections at most.
        connections: usize,
    },
}

/// How to open a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which database.
    pub database: Database,
    /// Readers kept open (SQLite).
    pub readers: usize,
    /// When a group of writes is closed (SQLite).
    pub group: Group,
    /// Whether a commit is on the disk before it counts (SQLite). Without it a commit is with the operating system: it
    /// outlives this process, and the last ones may be lost when the power fails.
    pub fsync: bool,
}
impl Options {
    /// A SQLite file with the usual settings.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self { database: Database::Sqlite { path: path.into() }, readers: 2, group: Group::default(), fsync: true }
    }
}

/// The store: cheap to clone, safe to share.
#[derive(Clone)]
pub struct Store(Arc<Engine>);

pub(crate) enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Store {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Newer`], [`Error::Migration`], [`Error::Refused`], each saying what to do.
    pub async fn open(options: Options) -> Result<Self> {
        let engine = match options.database {
            Database::Sqlite { path } => {
                Engine::Sqlite(Sqlite::open(&path, options.readers, options.group, options.fsync)?)
            }
            Database::Postgres { url, owner_url, ca_file, connections } => Engine::Postgres(
                Postgres::open(&url, owner_url.as_deref(), ca_file.as_deref(), connections.max(2)).await?,
            ),
        };
        Ok(Self(Arc::new(engine)))
    }
    pub(crate) fn engine(&self) -> &Engine {
        &self.0
    }
    /// `sqlite` or `postgres`.
    pub fn engine_name(&self) -> &'static str {
        match &*self.0 {
            Engine::Sqlite(_) => "sqlite",
            Engine::Postgres(_) => "postgres",
        }
    }
    /// Counts since the start.
    pub fn stats(&self) -> &Stats {
        match &*self.0 {
            Engine::Sqlite(l) => &l.stats,
            Engine::Postgres(p) => &p.stats,
        }
    }

    /// Reads in one tenant. Holds nothing between two calls, so it may be kept across any await.
    pub fn at(&self, s: &TenantScope) -> Reader<'_> {
        Reader { store: self, sight: Sight::Tenant(s.tenant().uuid()), kind: PhantomData }
    }
    /// Reads a person's own rows.
    pub fn of(&self, s: PersonScope) -> Reader<'_, Person> {
        Reader { store: self, sight: Sight::Person(s.person().uuid()), kind: PhantomData }
    }
    /// Reads the installation's rows.
    pub fn installation(&self, _: InstallationScope) -> Reader<'_, Installation> {
        Reader { store: self, sight: Sight::Installation, kind: PhantomData }
    }
    pub(crate) fn reader(&self, sight: Sight) -> Reader<'_> {
        Reader { store: self, sight, kind: PhantomData }
    }
    /// Work across tenants: for the modules of this crate, with statements that are listed by name.
    pub(crate) fn crossing(&self) -> Reader<'_, Crossing> {
        Reader { store: self, sight: Sight::Crossing, kind: PhantomData }
    }

    /// One operation in one tenant and its audit row, in one commit.
    ///
    /// `f` may await the store and nothing else; it may run again (PostgreSQL, deadlock; SQLite, lost group), so it
    /// must have no other effects. A failed operation is rolled back and leaves its audit row alone.
    ///
    /// # Errors
    /// What `f` returns, or a store error: [`Error::Poisoned`] if it went on after a failed statement,
    /// [`Error::ForeignAwait`], [`Error::Panicked`], [`Error::NotCommitted`].
    pub async fn write<T, E, F>(&self, s: &TenantScope, call: Call, f: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Outcome + Send + 'static,
    {
        let id = s.tenant().uuid();
        self.operate(Sight::Tenant(id), id, Some(call), f).await
    }
    /// The same for the installation's rows; the audit row goes to the installation's chain.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_installation<T, E, F>(&self, _: InstallationScope, call: Call, f: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx<'_, Installation>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Outcome + Send + 'static,
    {
        self.operate(Sight::Installation, INSTALLATION, Some(call), f).await
    }
    /// A write of the store itself that is nobody's call (job rows, last use of a token): no audit row.
    pub(crate) async fn write_quietly<T, F>(&self, f: F) -> Result<T>
    where
        F: AsyncFn(&mut Tx<'_, Crossing>) -> Result<T> + Send + Sync + 'static,
        T: Send + 'static,
    {
        self.operate(Sight::Crossing, INSTALLATION, None, f).await
    }

    async fn operate<K, T, E, F>(&self, sight: Sight, chain: Uuid, call: Option<Call>, f: F) -> Result<T, E>
    where
        K: Kind,
        F: AsyncFn(&mut Tx<'_, K>) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Outcome + Send + 'static,
    {
        match &*self.0 {
            Engine::Sqlite(l) => {
                let (reply, answer) = oneshot::channel();
                let job = Write { f, sight, chain, call, out: None, reply: Some(reply), kind: PhantomData::<fn(K)> };
                l.submit(Box::new(job)).await?;
                answer.await.map_err(|_| E::from(gone()))?
            }
            Engine::Postgres(g) => write_postgres(g, sight, chain, call, f).await,
        }
    }

    /// The audit row of a call that changed nothing else, and its `mcp_call_log` row; durable when it returns.
    ///
    /// # Errors
    /// [`Error::NotCommitted`]: then there is no row, and so there must be no answer.
    pub async fn record(&self, s: &TenantScope, call: Call, outcome: &'static str) -> Result<()> {
        self.append(s.tenant().uuid(), call, outcome).await
    }
    /// The same for the installation's chain.
    ///
    /// # Errors
    /// As [`Store::record`].
    pub async fn record_installation(&self, _: InstallationScope, call: Call, outcome: &'static str) -> Result<()> {
        self.append(INSTALLATION, call, outcome).await
    }
    async fn append(&self, chain: Uuid, call: Call, outcome: &'static str) -> Result<()> {
        match &*self.0 {
            Engine::Sqlite(l) => {
                let (reply, answer) = oneshot::channel();
                l.submit(Box::new(Record { chain, call, outcome, out: Ok(()), reply })).await?;
                answer.await.map_err(|_| gone())?
            }
            Engine::Postgres(g) => g.append(chain, call, outcome).await,
        }
    }
}

async fn write_postgres<K, T, E, F>(g: &Postgres, sight: Sight, chain: Uuid, call: Option<Call>, f: F) -> Result<T, E>
where
    K: Kind,
    F: AsyncFn(&mut Tx<'_, K>) -> Result<T, E>,
    E: From<Error> + Outcome,
{
    const TRIES: u32 = 5;
    // a write without an audit row needs neither the chain's head nor a turn at it
    let chain = call.is_some().then_some(chain);
    let mut tries = 0;
    loop {
        let waiting = Arc::new(AtomicBool::new(false));
        let turn = match chain {
            Some(chain) => Some(g.turns.of(chain).await),
            None => None,
        };
        let c = g.pool.get().await.map_err(Error::from)?;
        let on = On::Postgres(Box::new(Transaction::new(c, sight, chain, waiting.clone())));
        let mut tx = Tx { on, bound: bound(sight), broken: None, kind: PhantomData };
        let r = OwnOnly { f: f(&mut tx), waiting }.await;
        let On::Postgres(t) = tx.on else { return Err(gone().into()) };
        let again = |e: &Error| e.is_retryable() && tries + 1 < TRIES;
        let failed = match (r, tx.broken) {
            (_, Some(e)) if again(&e) => {
                t.abort().await;
                None
            }
            (Err(Stopped::Foreign), _) => {
                t.abort().await;
                Some(Error::ForeignAwait.into())
            }
            (Err(Stopped::Panicked), _) => {
                t.abort().await;
                Some(Error::Panicked.into())
            }
            (Ok(_), Some(_)) => {
                t.abort().await;
                Some(Error::Poisoned.into())
            }
            (Err(Stopped::Failed(e)), _) => {
                t.abort().await;
                Some(e)
            }
            (Ok(v), None) => {
                let end = match (&call, chain) {
                    (Some(call), Some(chain)) => t.finish(chain, call, "ok").await,
                    _ => t.finish_quietly().await,
                };
                match end {
                    Ok(()) => return Ok(v),
                    Err(e) if again(&e) => None,
                    // the server took it back, and said so
                    Err(e) if e.is_from_postgres() => Some(e.into()),
                    // the line broke: it may stand, and a second row about it would be a lie
                    Err(e) => return Err(Error::NotCommitted(format!("it may or may not have been kept: {e}")).into()),
                }
            }
        };
        drop(turn);
        if let Some(e) = failed {
            if let (Some(call), Some(chain)) = (call, chain) {
                g.append(chain, call, e.word()).await?;
            }
            return Err(e);
        }
        tries += 1;
        g.stats.retries.fetch_add(1, Relaxed);
        // the address of this attempt's future differs between callers: enough to keep two from walking in step
        let jitter = (std::ptr::from_ref(&tries) as u64 >> 4) % 8;
        tokio::time::sleep(std::time::Duration::from_millis((1 << tries) + jitter)).await;
    }
}

fn bound(sight: Sight) -> Option<Uuid> {
    match sight {
        Sight::Tenant(id) | Sight::Person(id) => Some(id),
        Sight::Installation | Sight::Crossing => None,
    }
}

/// Runs one closure inside a savepoint, to its end, in one poll.
fn operate<K, T, E, F>(s: &mut Session, sight: Sight, chain: Uuid, call: Option<&Call>, f: &F) -> Result<T, E>
where
    K: Kind,
    E: From<Error> + Outcome,
    F: AsyncFn(&mut Tx<'_, K>) -> Result<T, E>,
{
    let r: Result<T, E> = s.attempt(chain, |s| {
        let v = catch_unwind(AssertUnwindSafe(|| {
            let mut tx = Tx { on: On::Sqlite(&mut s.conn), bound: bound(sight), broken: None, kind: PhantomData };
            let polled = {
                let future = pin!(f(&mut tx));
                future.poll(&mut Context::from_waker(Waker::noop()))
            };
            match (polled, tx.broken) {
                (Poll::Pending, _) => Err(Error::ForeignAwait.into()),
                (Poll::Ready(Ok(_)), Some(_)) => Err(Error::Poisoned.into()),
                (Poll::Ready(r), _) => r,
            }
        }))
        .unwrap_or_else(|_| Err(Error::Panicked.into()))?;
        if let Some(call) = call {
            s.audit(chain, call, "ok")?;
        }
        Ok(v)
    });
    match (r, call) {
        // a group that is gone is run again, operation by operation: the row is written then
        (Err(e), Some(call)) if s.alive() => {
            let word = e.word();
            // no row, no answer: not even this one
            s.attempt(chain, |s| s.audit(chain, call, word))?;
            Err(e)
        }
        (r, _) => r,
    }
}

struct Write<K, T, E, F> {
    f: F,
    sight: Sight,
    chain: Uuid,
    call: Option<Call>,
    out: Option<Result<T, E>>,
    reply: Option<oneshot::Sender<Result<T, E>>>,
    kind: PhantomData<fn(K)>,
}
impl<K, T, E, F> Job for Write<K, T, E, F>
where
    K: Kind,
    T: Send,
    E: From<Error> + Outcome + Send,
    F: AsyncFn(&mut Tx<'_, K>) -> Result<T, E> + Send + Sync,
{
    fn wanted(&self) -> bool {
        self.reply.as_ref().is_some_and(|r| !r.is_closed())
    }
    fn run(&mut self, s: &mut Session) {
        self.out = Some(operate(s, self.sight, self.chain, self.call.as_ref(), &self.f));
    }
    fn answer(mut self: Box<Self>, committed: Result<()>) {
        let r = match committed {
            Ok(()) => self.out.take().unwrap_or_else(|| Err(gone().into())),
            Err(e) => Err(e.into()),
        };
        if let Some(reply) = self.reply.take() {
            // the caller hung up: the work is done all the same
            let _gone = reply.send(r);
        }
    }
}

struct Record {
    chain: Uuid,
    call: Call,
    outcome: &'static str,
    out: Result<()>,
    reply: oneshot::Sender<Result<()>>,
}
impl Job for Record {
    fn wanted(&self) -> bool {
        true
    }
    fn run(&mut self, s: &mut Session) {
        self.out = s.attempt(self.chain, |s| s.audit(self.chain, &self.call, self.outcome));
    }
    fn answer(self: Box<Self>, committed: Result<()>) {
        let _gone = self.reply.send(committed.and(self.out));
    }
}

enum Stopped<E> {
    Foreign,
    Panicked,
    Failed(E),
}
pin_project_lite::pin_project! {
    /// PostgreSQL's half of the rules: pending while no statement of ours is in flight is a foreign await, and a panic
    /// ends the operation, not its caller.
    struct OwnOnly<F> {
        #[pin]
        f: F,
        waiting: Arc<AtomicBool>,
    }
}
impl<T, E, F: Future<Output = Result<T, E>>> Future for OwnOnly<F> {
    type Output = Result<T, Stopped<E>>;
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let me = self.project();
        match catch_unwind(AssertUnwindSafe(|| me.f.poll(cx))) {
            Err(_) => Poll::Ready(Err(Stopped::Panicked)),
            Ok(Poll::Ready(r)) => Poll::Ready(r.map_err(Stopped::Failed)),
            Ok(Poll::Pending) if !me.waiting.load(Relaxed) => Poll::Ready(Err(Stopped::Foreign)),
            Ok(Poll::Pending) => Poll::Pending,
        }
    }
}

/// Reads: each statement alone, on SQLite inline on a read-only connection.
pub struct Reader<'s, K = Tenant> {
    store: &'s Store,
    sight: Sight,
    kind: PhantomData<fn(K)>,
}
impl<K> Clone for Reader<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Reader<'_, K> {}

impl<K: Kind> Reader<'_, K> {
    pub(crate) async fn all<T: FromRow, const N: usize>(self, q: Statement<K, N>, p: [Param<'_>; N]) -> Result<Vec<T>> {
        match &*self.store.0 {
            Engine::Sqlite(l) => {
                // a loop of reads still lets others run
                tokio::task::consume_budget().await;
                l.read(|c| sqlite::rows(c, q.sqlite, bound(self.sight), &p))
            }
            Engine::Postgres(g) => g.rows(self.sight, q.postgres, &p).await,
        }
    }
    pub(crate) async fn opt<T: FromRow, const N: usize>(
        self,
        q: Statement<K, N>,
        p: [Param<'_>; N],
    ) -> Result<Option<T>> {
        Ok(self.all(q, p).await?.into_iter().next())
    }
    pub(crate) async fn one<T: FromRow, const N: usize>(self, q: Statement<K, N>, p: [Param<'_>; N]) -> Result<T> {
        self.opt(q, p).await?.ok_or(Error::NoRow)
    }
}

enum On<'t> {
    Sqlite(&'t mut rusqlite::Connection),
    Postgres(Box<Transaction>),
}

/// The inside of one write operation.
pub struct Tx<'t, K = Tenant> {
    on: On<'t>,
    bound: Option<Uuid>,
    broken: Option<Error>,
    kind: PhantomData<fn(K)>,
}

impl<K: Kind> Tx<'_, K> {
    pub(crate) async fn all<T: FromRow, const N: usize>(
        &mut self,
        q: Statement<K, N>,
        p: [Param<'_>; N],
    ) -> Result<Vec<T>> {
        if self.broken.is_some() {
            return Err(Error::Poisoned);
        }
        let r = match &mut self.on {
            On::Sqlite(c) => sqlite::rows(c, q.sqlite, self.bound, &p),
            On::Postgres(t) => t.rows(q.postgres, self.bound, &p).await,
        };
        r.inspect_err(|e| self.broken = Some(e.clone()))
    }
    pub(crate) async fn opt<T: FromRow, const N: usize>(
        &mut self,
        q: Statement<K, N>,
        p: [Param<'_>; N],
    ) -> Result<Option<T>> {
        Ok(self.all(q, p).await?.into_iter().next())
    }
    pub(crate) async fn exec<const N: usize>(&mut self, q: Statement<K, N>, p: [Param<'_>; N]) -> Result<u64> {
        if self.broken.is_some() {
            return Err(Error::Poisoned);
        }
        let r = match &mut self.on {
            On::Sqlite(c) => sqlite::exec(c, q.sqlite, self.bound, &p),
            On::Postgres(t) => t.exec(q.postgres, self.bound, &p).await,
        };
        r.inspect_err(|e| self.broken = Some(e.clone()))
    }
}
