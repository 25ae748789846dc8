//! The command line, as it is written. What a command does is in its own file under `command/`.
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use watchkeep_model::Slug;

use crate::command::{
    audit, backup, client, completions, config, connected, demo, doctor, dropzone, export, extract, import, init,
    integration, job, keyring, kri, openapi, proposal, reference, register, restore, serve, tenant, token, user,
};
use crate::exit::Exit;

/// One self-hosted hub for what could hurt you and whether it is happening.
#[derive(Debug, Parser)]
#[command(name = "watchkeep", version, after_help = Exit::help(), max_term_width = 100)]
#[command(about = "One self-hosted hub for what could hurt you and whether it is happening")]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Args, Debug)]
pub(crate) struct Global {
    /// Print JSON: one document on the output stream, an error as one line on the error stream.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The folder of the data (`data_dir`).
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// A configuration file, on top of /etc/watchkeep/watchkeep.toml.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Try it: a hub with demo data in a temporary folder.
    Demo(demo::Demo),
    /// Set up a hub: folder, keyring, database, first tenant, first user, first token.
    Init(init::Init),
    /// Run the hub.
    Serve(serve::Serve),
    /// Look for what is wrong, or soon will be.
    Doctor(doctor::Doctor),
    /// Write a verified copy of the database, while the hub runs.
    Backup(backup::Backup),
    /// Put a backup in the place of the database.
    Restore(restore::Restore),
    /// The keys that seal secrets and sign audit checkpoints.
    #[command(subcommand)]
    Keyring(keyring::Keys),
    /// Tenants.
    #[command(subcommand)]
    Tenant(tenant::Tenant),
    /// Users and their memberships.
    #[command(subcommand)]
    User(user::User),
    /// Personal access tokens and API keys.
    #[command(subcommand)]
    Token(token::Token),
    /// Programs that may ask people for access (OAuth clients).
    #[command(subcommand)]
    Client(client::Client),
    /// Connected apps: what people allowed.
    #[command(subcommand)]
    App(connected::Apps),
    /// Attempts of programs to connect, and why they failed.
    #[command(subcommand)]
    Connection(connected::Connections),
    /// Integrations: where samples come from.
    #[command(subcommand)]
    Integration(integration::Integration),
    /// KRIs: their definitions and values.
    #[command(subcommand)]
    Kri(kri::Kri),
    /// Controls: what works against risks.
    #[command(subcommand)]
    Control(register::Entries<register::Control>),
    /// Risks: what could hurt.
    #[command(subcommand)]
    Risk(register::Risks),
    /// Outcomes: the losses that risks end in.
    #[command(subcommand)]
    Outcome(register::Entries<register::Outcome>),
    /// Vendors: who delivers, and what they can reach.
    #[command(subcommand)]
    Vendor(register::Entries<register::Vendor>),
    /// Assets: hosts, networks, sites.
    #[command(subcommand)]
    Asset(register::Entries<register::Asset>),
    /// Applications: the software that people use.
    #[command(subcommand)]
    Application(register::Entries<register::Application>),
    /// People of the register: who answers for what. Users who sign in are `watchkeep user`.
    #[command(subcommand)]
    Person(register::Entries<register::Person>),
    /// Bring data in from files.
    #[command(subcommand)]
    Import(import::Import),
    /// Write the register to files that import again to the same.
    Export(export::Export),
    /// Show what the Drop Zone would read from a file, without keeping it.
    Extract(extract::Extract),
    /// Drop Zones: files that are pushed, and what is read from them.
    #[command(subcommand)]
    Dropzone(dropzone::Dropzone),
    /// Proposals: what waits for a person to decide.
    #[command(subcommand)]
    Proposal(proposal::Proposal),
    /// The audit log.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// What the hub does by itself.
    #[command(subcommand)]
    Job(job::Job),
    /// The configuration.
    #[command(subcommand)]
    Config(config::Config),
    /// Print the OpenAPI document of the REST API.
    Openapi(openapi::Openapi),
    /// Print the completion script of a shell.
    Completions(completions::Completions),
    /// Print reference pages about the program itself.
    #[command(subcommand, hide = true)]
    Reference(reference::Reference),
}

/// The tenant that a command is about.
#[derive(Args, Clone, Debug)]
pub(crate) struct OfTenant {
    /// The tenant; may be left out where there is one.
    #[arg(long, short = 't', value_name = "SLUG")]
    pub(crate) tenant: Option<Slug>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_flag_says_what_it_is_for() {
        fn walk(command: &clap::Command, path: &str) {
            let path = format!("{path} {}", command.get_name());
            assert!(command.get_about().is_some(), "{path} has no sentence");
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{path}: {} has no sentence", arg.get_id());
            }
            command.get_subcommands().for_each(|sub| walk(sub, &path));
        }
        walk(&Cli::command(), "");
    }
}
