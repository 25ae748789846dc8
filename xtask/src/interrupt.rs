//! Ctrl-C, SIGTERM and SIGHUP: a flag that whatever waits looks at, so that everything that was started is also
//! stopped and removed on the way out.

use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Starts listening. A second signal does nothing more: the first already ends each wait.
pub(crate) fn listen() {
    if let Err(error) = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst)) {
        eprintln!("warning: Ctrl-C will not clean up: {error}");
    }
}

/// Whether somebody asked the chore to stop.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// An error if somebody asked the chore to stop.
pub(crate) fn check() -> crate::Result {
    if interrupted() { Err("interrupted".into()) } else { Ok(()) }
}
