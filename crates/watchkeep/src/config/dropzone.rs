//! `[dropzone]`: what the reader of pushed evidence knows.
use std::path::PathBuf;

use super::section::section;

section! {
    /// The Drop Zone.
    pub(crate) struct Dropzone ("dropzone") {
        /// CISA's catalogue of known exploited vulnerabilities, the file `known_exploited_vulnerabilities.json` as it is
        /// published. Without it no report says `vuln_kev_open`. It is read at the start; after a change, start again.
        kev_file ("dropzone.kev_file"): Option<PathBuf> = "",
    }
}
