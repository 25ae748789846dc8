//! Where the bodies of uploads lie while they arrive: files in one folder, so that memory does not grow with them.
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempPath;
use tokio::io::AsyncWriteExt;
use watchkeep_model::Slug;

/// The most bytes of one body.
pub(super) const MAX: u64 = watchkeep_hub::dropzone::MAX_BODY as u64;
/// Bodies at most that are on their way in at one time: with [`MAX`] this bounds what the spool takes of the disk.
const SEATS: usize = 32;
/// Those of one tenant, so that others find a seat too.
const SEATS_OF_ONE: usize = 16;
/// What the system may hold of a body before it is written.
const BUFFER: usize = 64 * 1024;
/// What the files are called, to know them again after a crash.
const PREFIX: &str = "watchkeep-upload-";

/// The folder, and who writes there now.
#[derive(Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    taken: Arc<Mutex<HashMap<Slug, usize>>>,
}

impl Spool {
    /// A spool in a folder. What a hub that was killed left there more than a day ago is removed.
    pub(crate) fn new(folder: &Path) -> Self {
        let day = std::time::Duration::from_secs(24 * 60 * 60);
        let left = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
        for file in left.filter(|file| file.file_name().to_string_lossy().starts_with(PREFIX)) {
            let age = file.metadata().and_then(|about| about.modified()).map(|at| at.elapsed().unwrap_or_default());
            if age.is_ok_and(|age| age > day)
                && let Err(error) = std::fs::remove_file(file.path())
            {
                tracing::warn!(%error, file = %file.path().display(), "an upload that was cut off could not be removed");
            }
        }
        Self { folder: folder.to_owned(), taken: Arc::default() }
    }

    /// A seat for one body of a tenant; none where all are taken.
    pub(super) fn seat(&self, tenant: &Slug) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let full = taken.values().sum::<usize>() >= SEATS || taken.get(tenant).is_some_and(|n| *n >= SEATS_OF_ONE);
        if full {
            return None;
        }
        *taken.entry(tenant.clone()).or_default() += 1;
        Some(Seat { taken: self.taken.clone(), tenant: tenant.clone(), folder: self.folder.clone() })
    }
}

/// The right to have one body in the spool, as long as it lives.
#[derive(Debug)]
pub(super) struct Seat {
    taken: Arc<Mutex<HashMap<Slug, usize>>>,
    tenant: Slug,
    folder: PathBuf,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.tenant) {
            Some(n) if *n > 1 => *n -= 1,
            _ => drop(taken.remove(&self.tenant)),
        }
    }
}

/// A body that is being written.
#[derive(Debug)]
pub(super) struct Sink {
    file: tokio::fs::File,
    path: TempPath,
    seat: Seat,
    size: u64,
}

/// A body that is all there. Its file goes when this does.
#[derive(Debug)]
pub(super) struct Spooled {
    path: TempPath,
    _seat: Seat,
    /// How many bytes it has.
    pub(super) size: u64,
}

impl Spooled {
    /// Where it is.
    pub(super) fn path(&self) -> PathBuf {
        self.path.to_path_buf()
    }
}

/// Why a piece was not taken.
#[derive(Debug)]
pub(super) enum Refused {
    /// It would be more than [`MAX`].
    TooLarge,
    /// The disk does not take it.
    Disk(io::Error),
}

impl Sink {
    /// An empty file that only this user can read.
    ///
    /// # Errors
    /// Of the disk.
    pub(super) fn new(seat: Seat) -> io::Result<Self> {
        let (file, path) = tempfile::Builder::new().prefix(PREFIX).tempfile_in(&seat.folder)?.into_parts();
        let mut file = tokio::fs::File::from_std(file);
        file.set_max_buf_size(BUFFER);
        Ok(Self { file, path, seat, size: 0 })
    }

    /// Takes a piece of the body.
    pub(super) async fn take(&mut self, piece: &[u8]) -> Result<(), Refused> {
        self.size += piece.len() as u64;
        if self.size > MAX {
            return Err(Refused::TooLarge);
        }
        self.file.write_all(piece).await.map_err(Refused::Disk)
    }

    /// All pieces are there.
    ///
    /// # Errors
    /// Of the disk.
    pub(super) async fn end(mut self) -> io::Result<Spooled> {
        self.file.flush().await?;
        Ok(Spooled { path: self.path, _seat: self.seat, size: self.size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(text: &str) -> Slug {
        text.parse().unwrap()
    }

    #[test]
    fn one_tenant_does_not_take_all_seats() {
        let spool = Spool::new(&std::env::temp_dir());
        let (acme, contoso, third) = (slug("acme"), slug("contoso"), slug("third"));
        let mut seats: Vec<Seat> = std::iter::from_fn(|| spool.seat(&acme)).collect();
        assert_eq!(seats.len(), SEATS_OF_ONE);
        seats.extend(std::iter::from_fn(|| spool.seat(&contoso)));
        assert_eq!(seats.len(), SEATS);
        assert!(spool.seat(&third).is_none());
        drop(seats.pop());
        assert!(spool.seat(&third).is_some());
        drop(seats);
        assert!(spool.taken.lock().unwrap().is_empty(), "nothing is left behind");
    }

    #[tokio::test]
    async fn a_file_holds_what_was_taken_and_goes_with_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path());
        let mut sink = Sink::new(spool.seat(&slug("acme")).unwrap()).unwrap();
        sink.take(b"one ").await.unwrap();
        sink.take(b"two").await.unwrap();
        let spooled = sink.end().await.unwrap();
        assert_eq!((std::fs::read(spooled.path()).unwrap(), spooled.size), (b"one two".to_vec(), 7));
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(spooled.path()).unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "others may not read it");
        drop(spooled);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_body_that_grows_too_large_is_refused_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path());
        let mut sink = Sink::new(spool.seat(&slug("acme")).unwrap()).unwrap();
        let piece = vec![0; 16 * 1024 * 1024];
        for _ in 0..4 {
            sink.take(&piece).await.unwrap();
        }
        assert!(matches!(sink.take(b"!").await, Err(Refused::TooLarge)));
        drop(sink);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(Sink::new(Spool::new(&folder.path().join("none")).seat(&slug("acme")).unwrap()).is_err());
    }

    #[test]
    fn what_a_killed_hub_left_is_removed_after_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("watchkeep-upload-old"), folder.path().join("watchkeep-upload-new"));
        let other = folder.path().join("hub.db");
        for path in [&old, &new, &other] {
            std::fs::write(path, "x").unwrap();
        }
        for path in [&old, &other] {
            std::fs::File::options().write(true).open(path).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        }
        drop(Spool::new(folder.path()));
        assert_eq!((old.exists(), new.exists(), other.exists()), (false, true, true));
    }
}
