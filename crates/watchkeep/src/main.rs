//! The hub's program: command line, configuration, telemetry, wiring, shutdown.
//!
//! **What it is.** [`cli`] is the command line as it is written; each command is one file under `command/`. [`config`]
//! reads the configuration, [`desk`] opens an installation for administration (also beside a running hub), `serve` wires
//! store, hub and server.
//!
//! **What it never does.** It decides nothing about data: what changes goes through [`watchkeep_hub::admin`], which records
//! it. It knows no SQL and no HTTP. Secrets are never taken as the value of a flag and are shown once.
//!
//! **Where to start.** [`cli::Command`], then one file under `command/`, then [`exit`].
#![forbid(unsafe_code)]

mod app;
mod cli;
mod command;
mod config;
mod desk;
mod exit;
mod fault;
mod hold;
mod house;
mod input;
mod out;
mod telemetry;
mod temporary;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use app::App;
use cli::Cli;
use config::Sources;
use exit::Exit;
use fault::{Fault, Result};
use out::Out;

/// A page of a list is some thousand small texts, which this allocator makes and drops with less work than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // what is written here is nobody else's business: database, logs, backups, keys
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => return refuse(&e),
    };
    let out = Out::new(cli.global.json);
    match start(cli, out) {
        Ok(exit) => exit.into(),
        Err(fault) => tell(out, &fault),
    }
}

/// Tells why a command ended, as one line of JSON or two for people.
fn tell(out: Out, fault: &Fault) -> ExitCode {
    out.remark(&if out.json { fault.json() } else { fault.to_string() });
    fault.exit.into()
}

/// A command line that cannot be used, and the help that was asked for.
fn refuse(e: &clap::Error) -> ExitCode {
    let asked = matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let json = std::env::args_os().any(|arg| arg == "--json");
    if json && !asked {
        let text = e.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let fault = Fault::new(Exit::Usage, message).hint("`watchkeep --help` lists the commands and their flags");
        return tell(Out::new(true), &fault);
    }
    // where nobody reads there is nobody to tell
    let _printed = e.print();
    if asked { Exit::Ok.into() } else { Exit::Usage.into() }
}

fn start(cli: Cli, out: Out) -> Result<Exit> {
    let mut sources = Sources::of_process();
    sources.file = cli.global.config.or(sources.file);
    sources.flags.extend(cli.global.data.map(|dir| ("data_dir", "--data", dir.display().to_string())));
    let app = App { out, sources };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Fault::io("the runtime cannot be started", &e))?;
    let end = runtime.block_on(command::run(&app, cli.command));
    // a blocking read of a terminal must not keep the program from ending
    runtime.shutdown_background();
    end
}
