//! `cargo xtask bench oauth`: what an authorization server does all day (a refresh token exchanged, an access token
//! looked at, a revoked one refused, a client registered), asked of the hub and of `oidc-provider` in one run.
//!
//! The peer keeps everything in memory and forgets it at its end: its best case, and nobody's production. The hub is
//! measured twice: with each commit on the disk before the answer, and with each commit handed to the operating system.
//! An access token is looked at where it is used: the hub by an MCP `ping` that does nothing else, the peer by the
//! introspection call that a resource server beside it would have to make.

use std::fs;
use std::path::PathBuf;

use crate::bench::load::{self, Plan};
use crate::bench::{disk, hub, machine, usage};
use crate::process::run as program;
use crate::{Result, interrupt, world};

mod ask;
mod browser;
mod duty;
mod home;
mod peer;
mod table;

use duty::Duty;
use home::Home;
use peer::Peer;
use table::{Cell, Report};

const HELP: &str = "\
OAuth, measured: refresh rotation, validation of an access token, a revoked token, registration.

Usage: cargo xtask bench oauth [OPTIONS]

  --rounds N      how often each server is measured; the table shows medians (default 3)
  --seconds S     length of a measured window (default 4)
  --warm S        load before the window opens (default 2)
  --chains N      connections, each with a grant of its own (default 16)
  --binary PATH   measure this watchkeep program instead of building one for release
  --only PART     only servers whose name contains this
  --json          print one JSON document instead of the table
  --strict        end with an error when an aim is missed
";

/// What was asked for.
struct Flags {
    plan: Plan,
    rounds: usize,
    binary: Option<PathBuf>,
    only: String,
    json: bool,
    strict: bool,
}

impl Flags {
    fn parse(args: &[String]) -> Result<Self> {
        let plan = Plan { clients: 16, warm: 2.0, seconds: 4.0 };
        let mut flags = Self { plan, rounds: 3, binary: None, only: String::new(), json: false, strict: false };
        let mut words = args.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("`{word}` needs a value"));
            match word.as_str() {
                "--rounds" => flags.rounds = value()?.parse::<usize>()?.max(1),
                "--seconds" => flags.plan.seconds = value()?.parse()?,
                "--warm" => flags.plan.warm = value()?.parse()?,
                "--chains" => flags.plan.clients = value()?.parse::<usize>()?.clamp(1, 256),
                "--binary" => flags.binary = Some(std::path::absolute(value()?)?),
                "--only" => flags.only.clone_from(value()?),
                "--json" => flags.json = true,
                "--strict" => flags.strict = true,
                _ => return Err(format!("`{word}` is no option; `cargo xtask bench oauth --help` lists them").into()),
            }
        }
        Ok(flags)
    }
}

/// A server program with its data, and how durable its answers are.
trait Subject {
    /// The name in the table.
    fn name(&self) -> &'static str;
    /// What is true of a change when it is answered.
    fn durable(&self) -> &'static str;
    /// Starts it on its data, on cores of its own, and waits until it answers.
    fn start(&self, pins: &Pins) -> Result<Box<dyn Served + '_>>;
}

/// A started server. Dropping it stops it.
trait Served {
    /// Its process.
    fn pid(&self) -> u32;
    /// Where and with what each duty is asked for.
    fn duties(&self) -> &duty::Desk;
}

/// Which cores the server has, and which the load generator: different ones, where there are two and `taskset`.
struct Pins {
    server: Option<String>,
    note: String,
}

impl Pins {
    fn set(cores: usize) -> Result<Self> {
        if cores < 2 || world::find("taskset").is_none() {
            return Ok(Self { server: None, note: String::from("load generator and server share all cores") });
        }
        let (own, pid) = (format!("1-{}", cores - 1), std::process::id().to_string());
        program("taskset").args(["-a", "-c", "-p", &own, &pid]).quiet()?;
        let note = format!("server on core 0, load generator on {own}: each server has one core");
        Ok(Self { server: Some(String::from("0")), note })
    }

    /// A program on the server's cores.
    fn program(&self, path: &std::path::Path) -> crate::process::Run {
        match &self.server {
            Some(core) => program("taskset").args(["-c", core]).arg(path),
            None => program(path),
        }
    }
}

/// Runs the bench and prints its report.
pub(super) fn run(args: &[String]) -> Result {
    if args.iter().any(|word| matches!(word.as_str(), "--help" | "-h" | "help")) {
        print!("{HELP}");
        return Ok(());
    }
    let flags = Flags::parse(args)?;
    let machine = machine::look();
    fs::create_dir_all(parent())?;
    let disk = disk::probe(&parent(), std::time::Duration::from_secs(1))?;
    let mut subjects: Vec<Box<dyn Subject>> = Vec::new();
    let wanted = |name: &str| name.contains(&flags.only);
    if wanted(Home::NAME) {
        let binary = match &flags.binary {
            Some(binary) => binary.clone(),
            None => hub::build()?,
        };
        for fsync in [true, false] {
            subjects.push(Box::new(Home::make(&binary, fsync, flags.plan.clients)?));
        }
    }
    if wanted(Peer::NAME) {
        subjects.push(Box::new(Peer::install(flags.plan.clients)?));
    }
    // from here on: what is started before stays where it is
    let pins = Pins::set(machine.cores)?;
    let mut cells = Vec::new();
    for round in 1..=flags.rounds {
        for subject in &subjects {
            eprintln!("round {round} of {}: {}, {}", flags.rounds, subject.name(), subject.durable());
            let served = subject.start(&pins)?;
            for duty in Duty::ALL {
                let desk = served.duties();
                let load = load::drive_with(&|number| desk.caller(duty, number), flags.plan, served.pid(), None)
                    .map_err(|error| format!("{}, {}: {error}", subject.name(), duty.name()))?;
                let memory = usage::memory(served.pid());
                cells.push(Cell { server: subject.name(), durable: subject.durable(), duty, load, memory });
                interrupt::check()?;
            }
        }
    }
    let report = Report::new(machine, disk, flags.plan, pins.note, cells);
    if flags.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", report.table());
    }
    match report.missed() {
        missed if flags.strict && !missed.is_empty() => Err(format!("missed: {}", missed.join("; ")).into()),
        _ => Ok(()),
    }
}

/// The folder that all data of this bench are in: on the disk that is measured.
fn parent() -> PathBuf {
    world::target().join("bench").join("oauth")
}
