//! The commands, one file each.
use crate::app::App;
use crate::cli::Command;
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::telemetry;

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod client;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod connected;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod dropzone;
pub(crate) mod export;
pub(crate) mod extract;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod integration;
pub(crate) mod job;
pub(crate) mod keyring;
pub(crate) mod kri;
pub(crate) mod openapi;
pub(crate) mod proposal;
pub(crate) mod reference;
pub(crate) mod register;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod tenant;
pub(crate) mod token;
pub(crate) mod user;

/// Runs a command to its end, or until the user stops it.
///
/// # Errors
/// Of the command; [`Exit::Interrupted`].
pub(crate) async fn run(app: &App, command: Command) -> Result<Exit> {
    match command {
        // these two end by being stopped
        Command::Serve(c) => Box::pin(c.run(app)).await,
        Command::Demo(c) => Box::pin(c.run(app)).await,
        other => tokio::select! {
            ended = Box::pin(short(app, other)) => ended,
            _ = tokio::signal::ctrl_c() => Err(Fault::new(Exit::Interrupted, "interrupted; what was not told as done is not done")),
        },
    }
}

async fn short(app: &App, command: Command) -> Result<Exit> {
    // a broken configuration is told by the command itself, where it needs one
    if let Ok(config) = app.config() {
        telemetry::start(&config, true, app.plain())?;
    }
    match command {
        Command::Demo(_) | Command::Serve(_) => Ok(Exit::Ok),
        Command::Init(c) => c.run(app).await,
        Command::Doctor(c) => c.run(app).await,
        Command::Backup(c) => c.run(app).await,
        Command::Keyring(c) => c.run(app).await,
        Command::Restore(c) => c.run(app).await,
        Command::Tenant(c) => c.run(app).await,
        Command::User(c) => c.run(app).await,
        Command::Client(c) => c.run(app).await,
        Command::App(c) => c.run(app).await,
        Command::Connection(c) => c.run(app).await,
        Command::Token(c) => c.run(app).await,
        Command::Integration(c) => c.run(app).await,
        Command::Kri(c) => c.run(app).await,
        Command::Control(c) => c.run(app).await,
        Command::Risk(c) => c.run(app).await,
        Command::Outcome(c) => c.run(app).await,
        Command::Vendor(c) => c.run(app).await,
        Command::Asset(c) => c.run(app).await,
        Command::Application(c) => c.run(app).await,
        Command::Person(c) => c.run(app).await,
        Command::Import(c) => c.run(app).await,
        Command::Export(c) => c.run(app).await,
        Command::Extract(c) => c.run(app).await,
        Command::Dropzone(c) => c.run(app).await,
        Command::Proposal(c) => c.run(app).await,
        Command::Audit(c) => c.run(app).await,
        Command::Job(c) => c.run(app).await,
        Command::Config(c) => c.run(app),
        Command::Openapi(c) => c.run(app).await,
        Command::Completions(c) => c.run(app),
        Command::Reference(c) => c.run(app),
    }
}
