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
    let part = to.with_extension("part");
    let done = (|| {
        remove_if_there(&part)?;
        let c = rusqlite::Connection::open_with_flags(from, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        c.busy_timeout(std::time::Duration::from_secs(30))?;
        c.execute("vacuum into ?1", [part.to_string_lossy()])?;
        check(&part)?;
        std::fs::File::open(&part)?.sync_all()?;
        std::fs::rename(&part, to)?;
        sync_folder(to)?;
        Ok(Backup { file: to.to_owned(), bytes: std::fs::metadata(to)?.len() })
    })();
    if done.is_err() {
        remove_if_there(&part)?;
    }
    done
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
    let verdict: String = c.query_row("pragma integrity_check(1)", [], |r| r.get(0)).map_err(|e| broken(&e))?;
    if verdict != "ok" {
        return Err(broken(&verdict));
    }
    let newest: String = c
        .query_row("select max(name) from schema_migration where name <> 'lock'", [], |r| r.get(0))
        .map_err(|e| broken(&e))?;
    if newest.as_str() > crate::migrate::newest() {
        return Err(Error::Newer(newest));
    }
    Ok(newest)
}

/// Puts a backup in the place of the database file. The hub must be stopped; the old file is kept beside it.
///
/// # Errors
/// As [`check`], or [`Error::Io`].
pub fn restore(backup: &Path, database: &Path) -> Result<Option<PathBuf>> {
    check(backup)?;
    let part = database.with_extension("restoring");
    std::fs::copy(backup, &part)?;
    std::fs::File::open(&part)?.sync_all()?;
    let old = database.exists().then(|| {
        let n = (1..).find(|n| !database.with_extension(format!("replaced-{n}.db")).exists()).unwrap_or(1);
        database.with_extension(format!("replaced-{n}.db"))
    });
    if let Some(old) = &old {
        // what stands only in the log belongs to the old file
        let c = rusqlite::Connection::open(database)?;
        c.execute_batch("pragma wal_checkpoint(truncate)")?;
        drop(c);
        std::fs::rename(database, old)?;
    }
    for log in ["-wal", "-shm"] {
        let mut side = database.as_os_str().to_owned();
        side.push(log);
        remove_if_there(Path::new(&side))?;
    }
    std::fs::rename(&part, database)?;
    sync_folder(database)?;
    Ok(old)
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
    let part = path.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut f = options.open(&part).map_err(named)?;
    f.write_all(bytes).map_err(named)?;
    f.sync_all().map_err(named)?;
    std::fs::rename(&part, path).map_err(named)?;
    sync_folder(path)
}
