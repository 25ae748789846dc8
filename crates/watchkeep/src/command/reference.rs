//! `watchkeep reference`: pages about the program itself, for the manual.
use clap::{CommandFactory, Subcommand};

use crate::app::App;
use crate::cli::Cli;
use crate::exit::Exit;
use crate::fault::Result;

mod catalog;

/// Reference pages about the program itself.
#[derive(Debug, Subcommand)]
pub(crate) enum Reference {
    /// Every command with its flags, as Markdown.
    Commands,
    /// The exit codes, as Markdown.
    ExitCodes,
    /// The signals of the catalogue, as Markdown.
    Signals,
    /// The controls of the catalogue, as Markdown.
    Controls,
    /// The risks of the catalogue, as Markdown.
    Risks,
    /// The fields of the register, as Markdown.
    Register,
    /// The reasons why a client does not connect, as Markdown.
    ConnectionReasons,
}

impl Reference {
    /// Runs the command.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub(crate) fn run(self, app: &App) -> Result<Exit> {
        match self {
            Self::ExitCodes => app.out.raw(&Exit::markdown())?,
            Self::Signals => app.out.raw(&catalog::signals())?,
            Self::Controls => app.out.raw(&catalog::controls())?,
            Self::Risks => app.out.raw(&catalog::risks())?,
            Self::Register => app.out.raw(&catalog::register())?,
            Self::ConnectionReasons => app.out.raw(&catalog::connection_reasons())?,
            Self::Commands => {
                let mut page = "# Commands\n".to_owned();
                let mut root = Cli::command().term_width(100);
                root.build();
                commands(&root, &mut page);
                app.out.raw(&page)?;
            }
        }
        Ok(Exit::Ok)
    }
}

/// A command and what is below it.
fn commands(command: &clap::Command, page: &mut String) {
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let mut shown = command.clone();
    let usage = shown.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").trim();
    page.push_str(&format!("\n## `{name}`\n\n{about}\n\n```\n{usage}\n```\n"));
    let mut flags = String::new();
    for arg in command.get_arguments().filter(|arg| !arg.is_hide_set() && !is_global(arg)) {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let default: Vec<String> = arg.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
        let shows = !default.is_empty() && !arg.is_hide_default_value_set() && arg.get_action().takes_values();
        let default = if shows { format!(" Default: `{}`.", default.join(" ")) } else { String::new() };
        flags.push_str(&format!("- `{}`: {}{default}\n", arg.to_string().replace('`', ""), sentence(&help)));
    }
    if !flags.is_empty() {
        page.push_str(&format!("\n{flags}"));
    }
    command.get_subcommands().filter(|c| !c.is_hide_set() && c.get_name() != "help").for_each(|c| commands(c, page));
}

/// Flags that every command has are told once, at the top.
fn is_global(arg: &clap::Arg) -> bool {
    matches!(arg.get_id().as_str(), "help" | "version") || arg.is_global_set()
}

fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
