//! The two engines behind the facade.
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub(crate) mod postgres;
pub(crate) mod sqlite;

/// When a group of writes is closed. A group is what one fsync makes durable.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// At most this many operations.
    pub max_ops: usize,
    /// No further operation is taken after this long.
    pub max_hold: Duration,
    /// Where several came together the last time, the writer waits so long for more before it begins: fewer fsyncs and
    /// hand-overs between threads. One that comes alone never waits. (PostgreSQL calls it `commit_delay`.)
    pub linger: Duration,
}
impl Default for Group {
    fn default() -> Self {
        Self { max_ops: 256, max_hold: Duration::from_millis(5), linger: Duration::from_micros(300) }
    }
}

/// Counts since the start, for `/metrics`.
#[derive(Debug, Default)]
pub struct Stats {
    /// Commits of the writer (SQLite) or of the batcher (PostgreSQL).
    pub groups: AtomicU64,
    /// Operations in them.
    pub grouped: AtomicU64,
    /// Transactions run again after a serialisation failure or a deadlock.
    pub retries: AtomicU64,
}
impl Stats {
    pub(crate) fn group(&self, ops: usize) {
        self.groups.fetch_add(1, Ordering::Relaxed);
        self.grouped.fetch_add(ops as u64, Ordering::Relaxed);
    }
}
