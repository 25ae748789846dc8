//! Backups of a SQLite hub: one verified file, no keys in it.
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::store::Engine;
use crate::{Error, Result, Store};

/// What a backup holds.
#[derive(Clone, Debug)]
pub struct Backup {
    /// The file.
    pub file: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Store {
    /// Writes a copy of the whole database to `to`, while the hub goes on: `VACUUM INTO`, flushed, checked, and only
    /// then given its name.
    ///
    /// # Errors
    /// [`Error::Refused`] on PostgreSQL (use `pg_dump`), [`Error::Io`] if the file exists or cannot be written.
    pub async fn backup(&self, to: &Path) -> Result<Backup> {
        let Engine::Sqlite(l) = self.engine() else {
            return Err(Error::Refused(
                "PostgreSQL backs itself up: run pg_dump (as the owner), and keep the checkpoint file beside it".into(),
            ));
        };
        let (from, to) = (l.path.clone(), to.to_owned());
        tokio::task::spawn_blocking(move || copy(&from, &to))
            .await
            .map_err(|e| Error::Io(format!("the backup stopped: {e}")))?
    }
}

/// Copies a database file into a new one.
fn copy(from: &Path, to: &Path) -> Result<Backup> {
    if to.exists() {
        return Err(Error::Io(format!("{} exists already: choose another name", to.display())));
    }
    let part = beside(to, ".part");
    let done = (|| {
        let c = rusqlite::Connection::open_with_flags(from, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        c.busy_timeout(std::time::Duration::from_secs(30))?;
        vacuum_into(&c, &part)?;
        check(&part)?;
        std::fs::rename(&part, to)?;
        sync_folder(to)?;
        Ok(Backup { file: to.to_owned(), bytes: std::fs::metadata(to)?.len() })
    })();
    if done.is_err() {
        remove_if_there(&part)?;
    }
    done
}

/// Copies an open database over whatever stands at `to`.
pub(crate) fn copy_over(c: &rusqlite::Connection, to: &Path) -> Result<()> {
    let part = beside(to, ".part");
    vacuum_into(c, &part)?;
    std::fs::rename(&part, to)?;
    sync_folder(to)
}
/// A new file for this user only, flushed.
fn vacuum_into(c: &rusqlite::Connection, part: &Path) -> Result<()> {
    remove_if_there(part)?;
    // SQLite takes an empty file for a new one, and this one has its mode from the start
    drop(new_private(part)?);
    c.execute("vacuum into ?1", [part.to_string_lossy()])?;
    Ok(std::fs::File::open(part)?.sync_all()?)
}
fn new_private(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}
/// The name with something after it.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Checks that a file is a whole Watchkeep database that this version can open; tells its newest migration.
///
/// # Errors
/// [`Error::Io`] if it is no database or damaged, [`Error::Newer`] if a newer version wrote it.
pub fn check(file: &Path) -> Result<String> {
    let name = file.display();
    let broken = |e: &dyn std::fmt::Display| Error::Io(format!("{name} is not a whole Watchkeep database: {e}"));
    let c = rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(|e| broken(&e))?;
    let pages = |what: &str| c.query_row(&format!("pragma {what}"), [], |r| r.get::<_, i64>(0)).map_err(|e| broken(&e));
    // what a database in use has in its log need not stand in the file yet
    let whole = if has_log(file) { 0 } else { pages("page_count")? * pages("page_size")? };
    if i64::try_from(std::fs::metadata(file)?.len()).is_ok_and(|there| there < whole) {
        return Err(broken(&"its end is missing"));
    }
    let verdict: String = c.query_row("pragma integrity_check(1)", [], |r| r.get(0)).map_err(|e| broken(&e))?;
    if verdict != "ok" {
        return Err(broken(&verdict));
    }
    let mut ledger = c.prepare("select name from schema_migration order by name").map_err(|e| broken(&e))?;
    let steps: Vec<String> = ledger.query_map([], |r| r.get(0)).and_then(Iterator::collect).map_err(|e| broken(&e))?;
    if let Some(newer) = steps.iter().find(|name| !crate::migrate::is_known(name)) {
        return Err(Error::Newer(newer.clone()));
    }
    steps.last().cloned().ok_or_else(|| broken(&"no step of its schema was applied"))
}

/// Puts a backup in the place of the database file. The hub must be stopped; the old file is kept beside it.
///
/// # Errors
/// As [`check`], [`Error::Held`] if a hub has the database open, or [`Error::Io`].
pub fn restore(backup: &Path, database: &Path) -> Result<Option<PathBuf>> {
    if has_log(backup) {
        return Err(Error::Io(format!(
            "{} is no backup but a database in use, with a part of it in its log: restore a file that `watchkeep backup` made",
            backup.display()
        )));
    }
    check(backup)?;
    let part = beside(database, ".restoring");
    remove_if_there(&part)?;
    std::io::copy(&mut std::fs::File::open(backup)?, &mut new_private(&part)?)?;
    std::fs::File::open(&part)?.sync_all()?;
    let old = database.exists().then(|| {
        let n = (1..).find(|n| !database.with_extension(format!("replaced-{n}.db")).exists()).unwrap_or(1);
        database.with_extension(format!("replaced-{n}.db"))
    });
    if let Some(old) = &old {
        if let Err(e) = put_away(database) {
            remove_if_there(&part)?;
            return Err(e);
        }
        std::fs::rename(database, old)?;
        // what stands only in the log of a file that SQLite cannot open belongs to it
        for log in ["-wal", "-shm"].map(|end| (beside(database, end), beside(old, end))) {
            if log.0.exists() {
                std::fs::rename(log.0, log.1)?;
            }
        }
    }
    for log in ["-wal", "-shm"] {
        remove_if_there(&beside(database, log))?;
    }
    std::fs::rename(&part, database)?;
    sync_folder(database)?;
    Ok(old)
}
fn has_log(database: &Path) -> bool {
    std::fs::metadata(beside(database, "-wal")).is_ok_and(|log| log.len() > 0)
}
/// Brings the log into the file. Leaving WAL mode needs the file for oneself: that tells a running hub. A file that
/// is damaged is left as it is: to replace it is what a backup is for.
fn put_away(database: &Path) -> Result<()> {
    use rusqlite::ErrorCode as C;
    let c = rusqlite::Connection::open(database)?;
    c.busy_timeout(std::time::Duration::from_secs(1))?;
    let done = c.query_row("pragma journal_mode = delete", [], |r| r.get::<_, String>(0));
    match done.map_err(|e| e.sqlite_error_code()) {
        Err(Some(C::DatabaseBusy | C::DatabaseLocked)) => Err(Error::Held(database.display().to_string())),
        _ => Ok(()),
    }
}

fn remove_if_there(file: &Path) -> Result<()> {
    match std::fs::remove_file(file) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e.into()),
        _ => Ok(()),
    }
}
fn sync_folder(of: &Path) -> Result<()> {
    if let Some(folder) = of.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Writes a file that only this user can read, whole or not at all.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let named = |e: std::io::Error| Error::Io(format!("{} cannot be written: {e}", path.display()));
    let part = beside(path, ".part");
    remove_if_there(&part)?;
    let mut f = new_private(&part).map_err(named)?;
    f.write_all(bytes).map_err(named)?;
    f.sync_all().map_err(named)?;
    std::fs::rename(&part, path).map_err(named)?;
    sync_folder(path)
}
