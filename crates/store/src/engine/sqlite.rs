//! SQLite: many read-only connections used inline, one writer thread that commits in groups.
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{Error, FromRow, Group, Param, Result, Row, Stats, migrate};

pub(crate) mod writer;
use writer::{Job, Session};

/// SQLite before 3.51.3 can lose committed pages when a checkpoint races a WAL reset (sqlite.org/wal.html).
const OLDEST: i32 = 3_051_003;

pub(crate) struct Sqlite {
    pub(crate) path: PathBuf,
    readers: Mutex<Vec<Connection>>,
    jobs: mpsc::Sender<Box<dyn Job>>,
    pub(crate) stats: Arc<Stats>,
}

impl Sqlite {
    /// Opens, migrates and starts the writer.
    pub(crate) fn open(path: &Path, readers: usize, group: Group, fsync: bool) -> Result<Self> {
        if rusqlite::version_number() < OLDEST {
            return Err(Error::Refused(format!(
                "this build has SQLite {}, which can lose data: 3.51.3 or newer is needed",
                rusqlite::version()
            )));
        }
        let mut w = open_writer(path)?;
        migrate::sqlite(&mut w, path)?;
        if !fsync {
            // in the write-ahead log that is still whole after a power failure, but may lack its last commits
            w.execute_batch("pragma synchronous=normal;")?;
        }
        let (jobs, queue) = mpsc::channel(4096);
        let stats = Arc::new(Stats::default());
        let counted = stats.clone();
        std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer::run(Session::new(w), queue, group, &counted))?;
        let me = Self { path: path.into(), readers: Mutex::default(), jobs, stats };
        for _ in 0..readers {
            let c = me.open_reader()?;
            me.put_back(c);
        }
        Ok(me)
    }

    /// Hands a job to the writer; waits only while 4,096 are queued.
    pub(crate) async fn submit(&self, job: Box<dyn Job>) -> Result<()> {
        self.jobs.send(job).await.map_err(|_| gone())
    }

    fn open_reader(&self) -> Result<Connection> {
        let c =
            Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
                .map_err(|e| opening(&self.path, &e))?;
        tune(&c)?;
        Ok(c)
    }
    fn put_back(&self, c: Connection) {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(c);
    }
    /// Runs `f` on a reader. Never waits: a caller beyond the pool opens one more.
    pub(crate) fn read<T>(&self, f: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let pooled = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let c = match pooled {
            Some(c) => c,
            None => self.open_reader()?,
        };
        let r = f(&c);
        self.put_back(c);
        r
    }
}

pub(crate) fn gone() -> Error {
    Error::NotCommitted("the writer has stopped".into())
}

/// Opens for writing, in WAL mode. `mmap_size` stays 0: with it, each foreign commit makes the next read remap.
pub(crate) fn open_writer(path: &Path) -> Result<Connection> {
    let c = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(|e| opening(path, &e))?;
    // before anything that could wait: another process may be in a commit
    c.busy_timeout(Duration::from_secs(5))?;
    let mode = write_ahead(&c).map_err(|e| opening(path, &e))?;
    if mode != "wal" {
        return Err(Error::Io(format!(
            "{}: SQLite cannot use its write-ahead log here (got `{mode}`): put the data folder on a local disk",
            path.display()
        )));
    }
    tune(&c)?;
    c.execute_batch("pragma synchronous=full; pragma wal_autocheckpoint=2000;")?;
    Ok(c)
}

/// Turns the write-ahead log on. Of several that open a new file at once one does it; the others are told `busy` at once,
/// since a time-out here could be a deadlock for SQLite, and try again.
fn write_ahead(c: &Connection) -> rusqlite::Result<String> {
    const PAUSE: Duration = Duration::from_millis(10);
    let mut tries = 500;
    loop {
        match c.query_row("pragma journal_mode=wal", [], |r| r.get(0)) {
            Err(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) && tries > 0 => {
                tries -= 1;
                std::thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
}

fn opening(path: &Path, e: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode as C;
    let file = path.display();
    match e.sqlite_error_code() {
        Some(C::ReadOnly | C::PermissionDenied) => {
            Error::Io(format!("{file} cannot be written: make the file and its folder writable for this user"))
        }
        Some(C::CannotOpen) => Error::Io(format!(
            "{file} cannot be opened: check that its folder exists and that this user may read and write it"
        )),
        Some(C::NotADatabase) => {
            Error::Io(format!("{file} is not a SQLite database: restore a backup, or move the file away"))
        }
        Some(C::DatabaseCorrupt) => {
            Error::Io(format!("{file} is damaged: keep a copy of it and restore the last backup (`watchkeep restore`)"))
        }
        Some(C::DiskFull) => Error::Io(format!("no space is left for {file}: free some and start again")),
        _ => Error::Io(format!("{file}: {e}")),
    }
}

fn tune(c: &Connection) -> Result<()> {
    c.busy_timeout(Duration::from_secs(5))?;
    c.execute_batch("pragma cache_size=-8192; pragma mmap_size=0; pragma temp_store=memory; pragma foreign_keys=on;")?;
    // else a bound `like` pattern makes SQLite plan the statement anew at each execution
    c.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // the default is 16: with some hundred statements every call would parse again
    c.set_prepared_statement_cache_capacity(512);
    Ok(())
}

pub(crate) fn rows<T: FromRow>(
    c: &Connection,
    sql: &'static str,
    bound: Option<Uuid>,
    p: &[Param<'_>],
) -> Result<Vec<T>> {
    let mut s = c.prepare_cached(sql)?;
    if cfg!(debug_assertions) && !T::COLUMNS.is_empty() {
        let got: Vec<&str> = s.column_names().collect();
        if got != T::COLUMNS {
            return Err(Error::Shape(format!("{sql}: {got:?} is not {:?}", T::COLUMNS)));
        }
    }
    bind(&mut s, bound, p)?;
    let mut r = s.raw_query();
    let mut v = Vec::new();
    while let Some(row) = r.next()? {
        v.push(T::from_row(&mut Row::sqlite(row))?);
    }
    Ok(v)
}
pub(crate) fn exec(c: &Connection, sql: &'static str, bound: Option<Uuid>, p: &[Param<'_>]) -> Result<u64> {
    let mut s = c.prepare_cached(sql)?;
    bind(&mut s, bound, p)?;
    Ok(s.raw_execute()? as u64)
}
fn bind(s: &mut rusqlite::CachedStatement<'_>, bound: Option<Uuid>, p: &[Param<'_>]) -> Result<()> {
    let mut i = 1;
    if let Some(id) = bound {
        s.raw_bind_parameter(1, Param::Uuid(id))?;
        i = 2;
    }
    for v in p {
        s.raw_bind_parameter(i, v)?;
        i += 1;
    }
    Ok(())
}
