//! What can go wrong in the store.
use std::sync::Arc;

/// Short for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that the store can answer instead of a result. Cheap to clone: one failed commit answers many callers.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// SQLite said no.
    #[error("SQLite: {0}")]
    Sqlite(Arc<rusqlite::Error>),
    /// PostgreSQL said no, or the line to it broke.
    #[error("PostgreSQL: {}", postgres_text(.0))]
    Postgres(Arc<tokio_postgres::Error>),
    /// No connection could be had.
    #[error("no database connection: {0}")]
    Pool(String),
    /// A column did not hold what its row type says; the number is its place, from 0.
    #[error("column {0} does not hold what its type says")]
    Column(usize),
    /// A statement that must find a row found none.
    #[error("no such row")]
    NoRow,
    /// The statement did not return the columns that the row type names.
    #[error("columns and row type differ: {0}")]
    Shape(String),
    /// A statement of this transaction failed before: nothing more runs in it, on either engine.
    #[error("the transaction had failed already")]
    Poisoned,
    /// A write closure awaited something that is not the store.
    #[error("a write awaited something that is not the store")]
    ForeignAwait,
    /// A write closure panicked; its work is rolled back.
    #[error("a write panicked; nothing of it is kept")]
    Panicked,
    /// The shared commit failed, or the writer is gone: nothing of this operation is known to be kept.
    #[error("not committed: {0}")]
    NotCommitted(String),
    /// The schema cannot be brought up to date.
    #[error("migration: {0}")]
    Migration(String),
    /// The database was written by a newer version.
    #[error(
        "the database was written by a newer Watchkeep (its schema has `{0}`, which this version does not know): install that version or restore a backup made before the upgrade"
    )]
    Newer(String),
    /// Another hub holds the file.
    #[error("another hub is serving {0}: stop it first, or use PostgreSQL to run several")]
    Held(String),
    /// A file or folder cannot be used.
    #[error("{0}")]
    Io(String),
    /// A sealed value does not open.
    #[error("a sealed value does not open: {0}")]
    Sealed(String),
    /// The configuration of the database is not safe or not complete.
    #[error("{0}")]
    Refused(String),
}

/// What a caller has to distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// A unique name or key exists already.
    Conflict,
    /// The disk (or a quota) is full.
    Full,
    /// The database does not answer, or is busy: try again.
    Unavailable,
    /// Ours.
    Internal,
}

impl Error {
    /// The kind; see [`ErrorKind`].
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Sqlite(e) => sqlite_kind(e),
            Self::Postgres(e) => postgres_kind(e),
            Self::Pool(_) | Self::Held(_) => ErrorKind::Unavailable,
            Self::NotCommitted(text) if text.contains("full") => ErrorKind::Full,
            Self::NotCommitted(_) => ErrorKind::Unavailable,
            _ => ErrorKind::Internal,
        }
    }
    /// True where PostgreSQL itself refused, so that nothing of the transaction is kept.
    pub(crate) fn is_from_postgres(&self) -> bool {
        matches!(self, Self::Postgres(e) if e.as_db_error().is_some())
    }
    /// True where the same transaction may succeed if it is run again.
    pub(crate) fn is_retryable(&self) -> bool {
        matches!(self, Self::Postgres(e) if matches!(e.code().map(tokio_postgres::error::SqlState::code), Some("40001" | "40P01")))
    }
}

fn sqlite_kind(e: &rusqlite::Error) -> ErrorKind {
    use rusqlite::{Error as E, ErrorCode as C, ffi};
    const UNIQUE: [i32; 3] =
        [ffi::SQLITE_CONSTRAINT_UNIQUE, ffi::SQLITE_CONSTRAINT_PRIMARYKEY, ffi::SQLITE_CONSTRAINT_ROWID];
    match e.sqlite_error_code() {
        // a missing value or a wrong type violates a constraint, too, and is no conflict
        Some(C::ConstraintViolation) if matches!(e, E::SqliteFailure(f, _) if UNIQUE.contains(&f.extended_code)) => {
            ErrorKind::Conflict
        }
        Some(C::DiskFull) => ErrorKind::Full,
        Some(C::DatabaseBusy | C::DatabaseLocked | C::CannotOpen | C::SystemIoFailure | C::ReadOnly) => {
            ErrorKind::Unavailable
        }
        _ => ErrorKind::Internal,
    }
}
fn postgres_kind(e: &tokio_postgres::Error) -> ErrorKind {
    match e.code().map(tokio_postgres::error::SqlState::code) {
        Some("23505") => ErrorKind::Conflict,
        Some("53100") => ErrorKind::Full,
        // connection, resources, operator intervention, retries used up
        Some(c) if c.starts_with("08") || c.starts_with("53") || c.starts_with("57") || c.starts_with("40") => {
            ErrorKind::Unavailable
        }
        // the rest without a code is a value that does not fit its column, before it was sent or after it came
        None if e.is_closed() || is_about_the_line(e) => ErrorKind::Unavailable,
        _ => ErrorKind::Internal,
    }
}
fn is_about_the_line(e: &tokio_postgres::Error) -> bool {
    let text = e.to_string();
    ["error communicating", "error performing TLS", "error connecting", "timeout"].iter().any(|w| text.starts_with(w))
}
fn postgres_text(e: &tokio_postgres::Error) -> String {
    match e.as_db_error() {
        Some(d) => format!("{} ({})", d.message(), d.code().code()),
        None => match std::error::Error::source(e) {
            Some(s) => format!("{e}: {s}"),
            None => e.to_string(),
        },
    }
}

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        Self::Sqlite(Arc::new(e))
    }
}
impl From<tokio_postgres::Error> for Error {
    fn from(e: tokio_postgres::Error) -> Self {
        Self::Postgres(Arc::new(e))
    }
}
impl From<deadpool_postgres::PoolError> for Error {
    fn from(e: deadpool_postgres::PoolError) -> Self {
        match e {
            deadpool_postgres::PoolError::Backend(e) => e.into(),
            other => Self::Pool(other.to_string()),
        }
    }
}
impl From<std::io::Error> for Error {
    fn from(e: std::io::Error) -> Self {
        Self::Io(e.to_string())
    }
}
