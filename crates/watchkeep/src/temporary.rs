//! A folder that goes away with its owner.
use std::path::{Path, PathBuf};

use crate::fault::{Fault, Result};

/// A folder in the system's temporary one, for this user only.
#[derive(Debug)]
pub(crate) struct Temporary(PathBuf);

impl Temporary {
    /// Makes the folder.
    ///
    /// # Errors
    /// Of the system.
    pub(crate) fn new(what: &str) -> Result<Self> {
        let id = watchkeep_hub::Rng::system().id(crate::desk::now());
        let path = std::env::temp_dir().join(format!("watchkeep-{what}-{}", id.simple()));
        make_private(&path)?;
        Ok(Self(path))
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(e) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), error = %e, "a temporary folder could not be removed");
        }
    }
}

/// Makes a folder that only this user can enter; one that is there already is left as it is.
///
/// # Errors
/// Of the system, naming the folder.
pub(crate) fn make_private(path: &Path) -> Result {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|e| Fault::io(format!("the folder {}", path.display()), &e))
}
