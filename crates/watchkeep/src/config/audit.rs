//! `[audit]`: the record that cannot be changed unnoticed.
use std::path::PathBuf;

use super::section::section;

section! {
    /// The audit log's checkpoints.
    pub(crate) struct Audit ("audit") {
        /// The file that signed checkpoints of the audit log are appended to; `audit.checkpoints` in the data folder.
        /// Put it, or copies of it, where the hub's own user cannot change what is written.
        checkpoint_file ("audit.checkpoint_file"): Option<PathBuf> = "",
    }
}
