//! The few things that a chore asks the machine: the clock, the environment, where the repository is.

use std::path::{Path, PathBuf};
use std::time::Instant;

/// Now, for measuring how long something took.
pub(crate) fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "chores have no context to take the clock from")]
    Instant::now()
}

/// The value of an environment variable, `None` when it is unset or empty.
pub(crate) fn env(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "chores have no configuration to take it from")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether this runs in CI, where nothing may be skipped because it is missing.
pub(crate) fn in_ci() -> bool {
    env("CI").is_some_and(|value| value != "false" && value != "0")
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// The folder that Cargo builds into.
pub(crate) fn target() -> PathBuf {
    env("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// A program's path if it is in one of the folders of `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&env("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Whether the chore runs as root.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // /proc/self belongs to the effective user; elsewhere ask `id`
    match std::fs::metadata("/proc/self") {
        Ok(me) => me.uid() == 0,
        Err(_) => crate::process::run("id").arg("-u").read().is_ok_and(|uid| uid.trim() == "0"),
    }
}
