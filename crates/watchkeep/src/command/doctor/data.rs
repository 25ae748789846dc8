//! Folder, disk, database, clock, backup.
use std::path::Path;

use watchkeep_model::{Span, Timestamp};
use watchkeep_store::Store;

use super::Check;
use crate::command::backup::Note;
use crate::config::Config;
use crate::desk;

const MIB: u64 = 1024 * 1024;

/// The folder of the data, and the space in it.
pub(super) fn folder(config: &Config) -> Vec<Check> {
    const NAME: &str = "data folder";
    let folder = config.data_dir();
    let shown = folder.display();
    let about = match std::fs::metadata(folder) {
        Ok(about) if about.is_dir() => about,
        Ok(_) => {
            return vec![Check::fail(NAME, format!("{shown} is no folder"), "name a folder with data_dir or --data")];
        }
        Err(e) => {
            let fix = "run `watchkeep init`, or name the folder of an existing hub with --data";
            return vec![Check::fail(NAME, format!("{shown}: {e}"), fix)];
        }
    };
    vec![rights(folder, &about), space(folder)]
}

/// Whether commits wait for the disk.
pub(super) fn durability(config: &Config) -> Option<Check> {
    let told = "commits do not wait for the disk: when the power fails, the last audit rows may be lost";
    (!config.database.fsync).then(|| Check::warn("durability", told, "set database.fsync = true"))
}

fn rights(folder: &Path, about: &std::fs::Metadata) -> Check {
    const NAME: &str = "data folder";
    let shown = folder.display();
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    let written = std::fs::write(&probe, b"x").and_then(|()| std::fs::remove_file(&probe));
    if let Err(e) = written {
        let fix = match e.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => "free some space".to_owned(),
            _ => format!("make the folder writable for {}, or run this as the hub's own user", desk::os_user()),
        };
        return Check::fail(NAME, format!("{shown} cannot be written: {e}"), fix);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = about.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Check::warn(
                NAME,
                format!("{shown} can be entered by others (mode {mode:o})"),
                format!("chmod 700 {shown}"),
            );
        }
    }
    Check::ok(NAME, format!("{shown}, writable, closed to others"))
}

fn space(folder: &Path) -> Check {
    const NAME: &str = "disk space";
    match rustix::fs::statvfs(folder) {
        Err(e) => Check::skip(NAME, format!("could not be looked at: {e}")),
        Ok(about) => {
            let (free, all) = (about.f_bavail * about.f_frsize / MIB, about.f_blocks * about.f_frsize / MIB);
            let told = format!("{free} MiB of {all} MiB free");
            let fix = "free some space: when the disk is full the hub answers nothing that has to be recorded";
            match free {
                0..100 => Check::fail(NAME, told, fix),
                100..1024 => Check::warn(NAME, told, fix),
                _ => Check::ok(NAME, told),
            }
        }
    }
}

/// The database, and the store over it where it opens.
pub(super) async fn database(config: &Config) -> (Vec<Check>, Option<Store>) {
    const NAME: &str = "database";
    if let Some(file) = config.database_file().filter(|file| !file.exists()) {
        let fix = "run `watchkeep init`, or restore a backup with `watchkeep restore FILE`";
        return (vec![Check::fail(NAME, format!("{} does not exist", file.display()), fix)], None);
    }
    let store = match desk::open_store(config).await {
        Ok(store) => store,
        Err(fault) => {
            let fix = fault.hint.unwrap_or_else(|| {
                "if the file is damaged, keep a copy of the data folder and restore the last backup".to_owned()
            });
            return (vec![Check::fail(NAME, fault.message, fix)], None);
        }
    };
    let mut checks = vec![match config.database_file() {
        Some(file) => whole(&store, &file).await,
        None => {
            let told = format!("{}, PostgreSQL, schema current, row-level security holds", config.database_name());
            Check::ok(NAME, told)
        }
    }];
    let tenants = store.tenants(store.operator()).await.map_or(0, |all| all.len());
    checks.push(match tenants {
        0 => Check::warn("tenants", "there is no tenant", "make one: `watchkeep tenant create SLUG`"),
        n => Check::ok("tenants", format!("{n}")),
    });
    (checks, Some(store))
}

/// Reads every page. Where a part of the database stands in its log (a hub is running, or was killed), a copy is made and
/// read instead, since only the two together are whole.
async fn whole(store: &Store, file: &Path) -> Check {
    const NAME: &str = "database";
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let split = std::fs::metadata(log).is_ok_and(|about| about.len() > 0);
    let level = if split {
        let copy = file.with_extension(format!("doctor-{}", std::process::id()));
        let made = store.backup(&copy).await.and_then(|_| watchkeep_store::backup::check(&copy));
        if let Err(e) = std::fs::remove_file(&copy)
            && copy.exists()
        {
            tracing::warn!(file = %copy.display(), error = %e, "a copy could not be removed");
        }
        made
    } else {
        watchkeep_store::backup::check(file)
    };
    match level {
        Ok(level) => Check::ok(NAME, format!("{}, SQLite, whole, schema {level}", file.display())),
        Err(e) => {
            let fix = "keep a copy of the data folder, then restore the last backup with `watchkeep restore FILE`";
            Check::fail(NAME, e.to_string(), fix)
        }
    }
}

/// Time that goes wrong makes tokens live for ever or not at all.
pub(super) async fn clock(config: &Config, store: Option<&Store>) -> Check {
    const NAME: &str = "clock";
    let now = desk::now();
    let fix = "set the machine's clock, and let it follow a time server";
    // the hub was not there before it was written
    let earliest = Timestamp::from_micros(1_792_000_000_000_000);
    if now < earliest {
        return Check::fail(NAME, format!("it is {now}, which is before this version was made"), fix);
    }
    let mut seen = vec![];
    if let Some(store) = store
        && let Ok(tenants) = store.tenants(store.operator()).await
    {
        seen.extend(tenants.iter().map(|t| t.created_at));
    }
    if let Ok(modified) = std::fs::metadata(config.data_dir()).and_then(|about| about.modified())
        && let Ok(since) = modified.duration_since(std::time::UNIX_EPOCH)
    {
        seen.push(Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or_default()));
    }
    match seen.into_iter().max().filter(|latest| *latest > now.plus(Span::minutes(5))) {
        Some(latest) => Check::fail(NAME, format!("it is {now} here, but something was written at {latest}"), fix),
        None => Check::ok(NAME, now.to_string()),
    }
}

/// How old the last backup is.
pub(super) fn backup(config: &Config) -> Check {
    const NAME: &str = "backup";
    let fix = "run `watchkeep backup FILE` every day, to another disk";
    if config.database_file().is_none() {
        return Check::skip(NAME, "PostgreSQL is backed up by its own means (pg_dump)");
    }
    let note = std::fs::read_to_string(config.backup_note()).ok();
    let Some(note) = note.and_then(|text| serde_json::from_str::<Note>(&text).ok()) else {
        return Check::warn(NAME, "none was made by `watchkeep backup` yet", fix);
    };
    let age = desk::now().since(note.at);
    let told = format!("{} of {}", note.file.display(), note.at);
    if !note.file.exists() {
        Check::warn(NAME, format!("{told} is not there any more"), fix)
    } else if age > Span::days(7) {
        Check::warn(NAME, format!("{told} is {:.0} days old", age.in_days()), fix)
    } else {
        Check::ok(NAME, told)
    }
}
