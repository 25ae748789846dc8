//! The lock of a running hub: two hubs on one SQLite file would each believe to be the only writer's owner.
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::exit::Exit;
use crate::fault::{Fault, Result};

/// Held until it is dropped, and by the system not a moment longer than the process lives.
#[derive(Debug)]
pub(crate) struct Hold(File);

/// Takes the lock of a database file, which stands beside it (`hub.db`, `hub.lock`).
///
/// # Errors
/// [`Exit::Unavailable`] if another process holds it.
pub(crate) fn take(database: &Path) -> Result<Hold> {
    let path = database.with_extension("lock");
    let named = |e: &std::io::Error| Fault::io(path.display(), e);
    let mut file =
        OpenOptions::new().create(true).read(true).write(true).truncate(false).open(&path).map_err(|e| named(&e))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let who = match file.read_to_string(&mut holder) {
                Ok(_) if !holder.trim().is_empty() => format!(" (process {})", holder.trim()),
                _ => String::new(),
            };
            let told = format!("another hub{who} is serving {} and holds {}", database.display(), path.display());
            return Err(Fault::new(Exit::Unavailable, told)
                .hint("stop it first; several hubs beside each other need PostgreSQL (database.url)"));
        }
        Err(TryLockError::Error(e)) => return Err(named(&e)),
    }
    // who holds it, for the message above; the lock itself is the system's
    let noted = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "{}", std::process::id()));
    noted.map_err(|e| named(&e))?;
    Ok(Hold(file))
}

/// Takes the lock of a file that one process at a time may change (`keyring.json`, `keyring.lock`).
///
/// # Errors
/// [`Exit::Unavailable`] if another process holds it.
pub(crate) fn alone(file: &Path) -> Result<Hold> {
    let path = file.with_extension("lock");
    let named = |e: &std::io::Error| Fault::io(path.display(), e);
    let lock = OpenOptions::new().create(true).write(true).truncate(false).open(&path).map_err(|e| named(&e))?;
    match lock.try_lock() {
        Ok(()) => Ok(Hold(lock)),
        Err(TryLockError::WouldBlock) => {
            Err(Fault::new(Exit::Unavailable, format!("another process is changing {}", file.display()))
                .hint("wait for it, and try again"))
        }
        Err(TryLockError::Error(e)) => Err(named(&e)),
    }
}

impl Hold {
    /// Gives the lock back before the end of the process.
    pub(crate) fn release(self) {
        drop(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let folder = std::env::temp_dir().join(format!("wk-hold-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let database = folder.join("hub.db");
        let held = take(&database).unwrap();
        let told = take(&database).unwrap_err();
        assert_eq!(told.exit, Exit::Unavailable);
        assert!(told.message.contains("hub.lock") && told.message.contains(&std::process::id().to_string()), "{told}");
        held.release();
        take(&database).unwrap().release();
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
