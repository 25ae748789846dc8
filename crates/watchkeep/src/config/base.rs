//! The keys before the first section.
use std::path::PathBuf;

use super::section::section;

section! {
    /// Where the hub keeps what it has. These keys stand before the first section.
    pub(crate) struct Base ("") {
        /// The folder of the data. `/var/lib/watchkeep` where that folder exists, else `watchkeep` in
        /// `$XDG_DATA_HOME` or in `~/.local/share`.
        data_dir ("data_dir"): Option<PathBuf> = "",
        /// The file of the keys that seal secrets and sign audit checkpoints; `keyring.json` in the data folder. Keep a
        /// copy of it elsewhere: backups hold no key.
        keyring_file ("keyring_file"): Option<PathBuf> = "",
    }
}
