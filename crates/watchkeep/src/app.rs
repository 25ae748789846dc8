//! What every command has at hand: how to print, and where the configuration comes from.
use crate::config::{Config, Sources};
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::out::Out;

/// One run of the program.
#[derive(Clone, Debug)]
pub(crate) struct App {
    /// The streams.
    pub(crate) out: Out,
    /// Files, environment and flags.
    pub(crate) sources: Sources,
}

impl App {
    /// The configuration.
    ///
    /// # Errors
    /// Everything that is wrong with it, in one fault.
    pub(crate) fn config(&self) -> Result<Config> {
        Config::load(&self.sources).map_err(|faults| {
            let all: Vec<String> = faults.into_iter().map(|fault| fault.0).collect();
            Fault::new(Exit::Usage, all.join("\n       "))
                .hint("correct the configuration; `watchkeep config reference` lists every key")
        })
    }

    /// True where no colours are wanted (`NO_COLOR`, see no-color.org).
    pub(crate) fn plain(&self) -> bool {
        self.sources.variable("NO_COLOR").is_some()
    }

    /// The same with a flag of the command on top.
    #[must_use]
    pub(crate) fn with(&self, path: &'static str, flag: &'static str, value: Option<impl ToString>) -> Self {
        let mut app = self.clone();
        app.sources.flags.extend(value.map(|value| (path, flag, value.to_string())));
        app
    }
}
