//! Log lines: on the error stream, one line each, for people on a terminal and as JSON elsewhere.
use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::Config;
use crate::config::layers::Origin;
use crate::config::log::Format;
use crate::exit::Exit;
use crate::fault::{Fault, Result};

/// Starts logging for the rest of the process. `quiet`: only warnings, unless a level was set.
///
/// # Errors
/// [`Exit::Usage`] if the level cannot be read.
pub(crate) fn start(config: &Config, quiet: bool, plain: bool) -> Result {
    let origin = config.layers.origin("log.level");
    let level = if quiet && origin == Origin::Default { "warn" } else { config.log.level.as_str() };
    let filter = EnvFilter::try_new(level).map_err(|e| {
        Fault::new(Exit::Usage, format!("{origin}: log.level: `{level}` is not understood: {e}"))
            .hint("write a level such as info, or levels per part such as info,watchkeep_server=debug")
    })?;
    let terminal = std::io::stderr().is_terminal();
    let json = match config.log.format {
        Format::Auto => !terminal && !quiet,
        Format::Compact => false,
        Format::Json => true,
    };
    let all = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // a second start in one process (tests) keeps the first
    let _started = if json {
        all.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        all.compact().with_ansi(terminal && !plain).try_init()
    };
    Ok(())
}
