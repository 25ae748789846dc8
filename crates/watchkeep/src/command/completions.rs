//! `watchkeep completions`
use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::app::App;
use crate::cli::Cli;
use crate::exit::Exit;
use crate::fault::Result;

/// The completion script of a shell.
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Runs the command.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub(crate) fn run(self, app: &App) -> Result<Exit> {
        let mut script = vec![];
        clap_complete::generate(self.shell, &mut Cli::command(), "watchkeep", &mut script);
        app.out.raw(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Ok)
    }
}
