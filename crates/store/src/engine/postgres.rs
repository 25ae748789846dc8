//! PostgreSQL: pooled connections, pipelined transactions, bounded retry, a batcher for audit rows of reads.
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use futures_util::future::join3;
use tokio::sync::mpsc;
use tokio_postgres::{NoTls, Statement, types::ToSql};
use uuid::Uuid;

use crate::scope::INSTALLATION;
use crate::{Call, Error, FromRow, Param, Result, Row, Stats, migrate};

mod batch;
pub(crate) mod tls;
mod transaction;
pub(crate) use transaction::Transaction;

/// What a flight may see, set with `set local`, so that a transaction pooler works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    Tenant(Uuid),
    Person(Uuid),
    Installation,
    Crossing,
}
impl Sight {
    fn begin(self, read_only: bool) -> String {
        let begin = if read_only { "begin read only" } else { "begin" };
        match self {
            Self::Tenant(t) => format!("{begin}; set local app.tenant = '{t}'"),
            Self::Person(p) => format!("{begin}; set local app.person = '{p}'"),
            Self::Installation => format!("{begin}; set local app.tenant = '{INSTALLATION}'"),
            Self::Crossing => format!("{begin}; set local app.reach = 'crossing'"),
        }
    }
    fn bound(self) -> Option<Uuid> {
        match self {
            Self::Tenant(id) | Self::Person(id) => Some(id),
            Self::Installation | Self::Crossing => None,
        }
    }
}

pub(crate) struct Postgres {
    pub(crate) pool: Pool,
    lanes: Vec<mpsc::Sender<batch::Append>>,
    pub(crate) turns: Arc<Turns>,
    pub(crate) stats: Arc<Stats>,
}

/// Writers of one chain queue here, holding no connection, instead of at the row lock, holding one. Only an
/// accelerator: the lock of the head row is what keeps several hubs apart.
pub(crate) struct Turns(Vec<tokio::sync::Mutex<()>>);
impl Turns {
    pub(crate) async fn of(&self, chain: Uuid) -> tokio::sync::MutexGuard<'_, ()> {
        self.0[spread(chain, self.0.len())].lock().await
    }
}

impl Postgres {
    /// Migrates as the owner (where one is given), then serves as the other role.
    pub(crate) async fn open(url: &str, owner: Option<&str>, ca: Option<&str>, conns: usize) -> Result<Self> {
        let app =
            config(url, "-c statement_timeout=10s -c lock_timeout=5s -c idle_in_transaction_session_timeout=10s")?;
        let role = app.get_user().unwrap_or("postgres").to_owned();
        if let Some(owner) = owner {
            // a step may take long on a big table, and a second hub waits for the first to end it
            let c = pool(config(owner, "-c statement_timeout=0 -c lock_timeout=0")?, ca, 1)?;
            migrate::postgres(&mut *c.get().await?, &role).await?;
        }
        let pool = pool(app, ca, conns)?;
        migrate::postgres_is_current(&*pool.get().await?).await?;
        let stats = Arc::new(Stats::default());
        let turns = Arc::new(Turns((0..256).map(|_| tokio::sync::Mutex::default()).collect()));
        let lanes = (0..2).map(|_| batch::start(pool.clone(), turns.clone(), stats.clone())).collect();
        Ok(Self { pool, lanes, turns, stats })
    }

    pub(crate) async fn rows<T: FromRow>(&self, sight: Sight, sql: &'static str, p: &[Param<'_>]) -> Result<Vec<T>> {
        let c = self.pool.get().await?;
        let s = c.prepare_cached(sql).await?;
        shape::<T>(&s, sql)?;
        let bound = sight.bound().map(Param::Uuid);
        let args = args(bound.as_ref(), p);
        // one flight: four messages, one round trip
        let head = sight.begin(true);
        let guard = Detach::new(c);
        let (a, v, z) = join3(guard.batch_execute(&head), guard.query(&s, &args), guard.batch_execute("commit")).await;
        guard.done();
        a?;
        let v = v?;
        z?;
        v.iter().map(|r| T::from_row(&mut Row::postgres(r))).collect()
    }

    /// The audit row of a call that changed nothing; durable when it returns.
    pub(crate) async fn append(&self, chain: Uuid, call: Call, outcome: &'static str) -> Result<()> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let lane = &self.lanes[spread(chain, self.lanes.len())];
        lane.send(batch::Append { chain, call, outcome, reply }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

fn gone() -> Error {
    Error::NotCommitted("the audit writer has stopped".into())
}
fn spread(id: Uuid, n: usize) -> usize {
    // the tail of a UUIDv7 is random
    usize::from(id.as_bytes()[15]) % n
}
fn config(url: &str, limits: &str) -> Result<tokio_postgres::Config> {
    let mut c = tokio_postgres::Config::from_str(url)
        .map_err(|e| Error::Refused(format!("the database URL cannot be read: {e}")))?;
    // what the URL says comes after it, and wins
    let options = [limits, c.get_options().unwrap_or_default()].join(" ");
    c.options(options.trim_end());
    c.connect_timeout(std::time::Duration::from_secs(5));
    c.application_name("watchkeep");
    Ok(c)
}
fn pool(mut c: tokio_postgres::Config, ca: Option<&str>, size: usize) -> Result<Pool> {
    if ca.is_some() {
        // who names an authority means it: no falling back to a line that anybody can read
        c.ssl_mode(tokio_postgres::config::SslMode::Require);
    }
    let how = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let m = match ca {
        Some(file) => Manager::from_config(c, tls::connector(file)?, how),
        None if c.get_ssl_mode() == tokio_postgres::config::SslMode::Require => {
            return Err(Error::Refused(
                "the database URL asks for TLS (sslmode=require): set database.ca_file to the PEM file of its \
                 certificate authority"
                    .into(),
            ));
        }
        None => Manager::from_config(c, NoTls, how),
    };
    Pool::builder(m).max_size(size).build().map_err(|e| Error::Pool(e.to_string()))
}
fn args<'a>(bound: Option<&'a Param<'a>>, p: &'a [Param<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    bound.into_iter().chain(p).map(|x| x as &(dyn ToSql + Sync)).collect()
}
fn shape<T: FromRow>(s: &Statement, sql: &str) -> Result<()> {
    let same = T::COLUMNS.is_empty() || s.columns().iter().map(|c| c.name()).eq(T::COLUMNS.iter().copied());
    if cfg!(debug_assertions) && !same {
        return Err(Error::Shape(sql.into()));
    }
    Ok(())
}

/// A connection whose transaction may still be open when the future that used it is dropped: then it is rolled back
/// in the background before anybody else gets it. No cancel request is sent: it may arrive late and hit the next
/// user's statement; `statement_timeout` bounds the wait.
struct Detach(Option<Object>);

impl Detach {
    fn new(o: Object) -> Self {
        Self(Some(o))
    }
    fn done(mut self) {
        drop(self.0.take());
    }
}
impl std::ops::Deref for Detach {
    type Target = Object;
    #[expect(clippy::expect_used, reason = "taken only by done and drop, which consume it")]
    fn deref(&self) -> &Object {
        self.0.as_ref().expect("the connection is there until the end")
    }
}
impl Drop for Detach {
    #[expect(clippy::disallowed_methods, reason = "the store has no task list; this one ends within five seconds")]
    fn drop(&mut self) {
        let Some(o) = self.0.take() else { return };
        if tokio::runtime::Handle::try_current().is_err() {
            drop(Object::take(o));
            return;
        }
        tokio::spawn(async move {
            let rolled = tokio::time::timeout(std::time::Duration::from_secs(5), o.batch_execute("rollback")).await;
            if !matches!(rolled, Ok(Ok(()))) {
                drop(Object::take(o));
            }
        });
    }
}

/// The heads of several chains.
type Heads = HashMap<Uuid, crate::audit::Head>;
