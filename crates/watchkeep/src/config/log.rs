//! `[log]`: what the hub tells about itself.
use super::section::section;
use super::setting::choice;

section! {
    /// What the hub tells about itself, on the error stream.
    pub(crate) struct Log ("log") {
        /// What is told: `error`, `warn`, `info`, `debug` or `trace`, also per part, such as
        /// `info,watchkeep_server=debug`. The environment variable `WATCHKEEP_LOG` is short for it.
        level ("log.level"): String = "info",
        /// How: `compact` for people, `json` for machines, `auto` for the one on a terminal and the other elsewhere.
        format ("log.format"): Format = "auto",
    }
}

choice! {
    /// How log lines are written.
    pub(crate) enum Format {
        /// For people on a terminal, JSON elsewhere.
        Auto = "auto",
        /// One short line for people.
        Compact = "compact",
        /// One JSON object per line.
        Json = "json",
    }
    expected "auto, compact or json"
}
