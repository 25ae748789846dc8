//! `cargo xtask bench mcp`: the same three duties (who is this token, 50 rows, an audit row that is on the disk before
//! the answer leaves), asked of the hub on both engines and of its peers, in turns.
//!
//! Load generator and server share the machine, so calls per second flatter nobody; processor time per call is the
//! figure to compare.

use std::fs;
use std::thread;
use std::time::Duration;

use crate::bench::disk::{self, Disk};
use crate::bench::flags::{Flags, HELP, Who};
use crate::bench::hub::{self, Hub};
use crate::bench::load::{self, Load};
use crate::bench::peers::Stack;
use crate::bench::report::{Figures, Report, Round};
use crate::bench::subject::{self, Running, Subject};
use crate::bench::{machine, usage};
use crate::{Result, interrupt};

/// How long a server is left alone after its first answer, before its memory is read.
const IDLE: Duration = Duration::from_secs(3);
/// How long the disk is measured, once per round.
const DISK: Duration = Duration::from_secs(2);

/// Runs the bench and prints its report.
pub(super) fn run(args: &[String]) -> Result {
    if args.iter().any(|word| matches!(word.as_str(), "--help" | "-h" | "help")) {
        print!("{HELP}");
        return Ok(());
    }
    let flags = Flags::parse(args)?;
    let machine = machine::look();
    fs::create_dir_all(subject::parent())?;
    let report = match &flags.other {
        Some(other) => {
            let disk = disk::probe(&subject::parent(), DISK)?;
            let memory = usage::memory(other.pid);
            let load = load::drive(&other.endpoint, flags.plan, other.pid, None)?;
            let memory = usage::Memory { peak: usage::memory(other.pid).peak, ..memory };
            let round = Round { load, memory, started: None };
            let figures = Figures::of("server at --at".into(), None, &[round]);
            Report::new(machine, flags.plan, vec![disk], vec![figures])
        }
        None => {
            // kept until the end: dropping them removes their data
            let binary = match &flags.binary {
                Some(binary) => Some(binary.clone()),
                None if flags.wants(Who::HubSqlite) || flags.wants(Who::HubPostgres) => Some(hub::build()?),
                None => None,
            };
            let fastmcp = flags.wants(Who::FastMcp).then(Stack::fastmcp).transpose()?;
            let typescript = flags.wants(Who::TypeScript).then(Stack::typescript).transpose()?;
            let mut subjects: Vec<Box<dyn Subject + '_>> = Vec::new();
            if let Some(binary) = &binary {
                if flags.wants(Who::HubSqlite) {
                    subjects.push(Box::new(Hub::sqlite(binary)?));
                }
                if flags.wants(Who::HubPostgres) {
                    subjects.push(Box::new(Hub::postgres(binary)?));
                }
            }
            for stack in fastmcp.iter().chain(&typescript) {
                for peer in stack.peers(machine.cores)? {
                    subjects.push(Box::new(peer));
                }
            }
            let (disks, figures) = rounds(&flags, &subjects)?;
            Report::new(machine, flags.plan, disks, figures)
        }
    };
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

/// All subjects in turns, so that a change of the machine's mood meets all of them.
fn rounds(flags: &Flags, subjects: &[Box<dyn Subject + '_>]) -> Result<(Vec<Disk>, Vec<Figures>)> {
    let mut seen: Vec<Vec<Round>> = subjects.iter().map(|_| Vec::new()).collect();
    let mut disks = Vec::new();
    for round in 1..=flags.rounds {
        disks.push(disk::probe(&subject::parent(), DISK)?);
        for (subject, seen) in subjects.iter().zip(&mut seen) {
            eprintln!("round {round} of {}: {}", flags.rounds, subject.name());
            seen.push(one(flags, subject.as_ref())?);
            interrupt::check()?;
        }
    }
    let figures = subjects.iter().zip(&seen);
    let figures = figures.map(|(subject, seen)| Figures::of(subject.name(), Some(subject.family()), seen)).collect();
    Ok((disks, figures))
}

/// Starts a subject, waits, loads it, stops it, and looks whether each call left its row.
fn one(flags: &Flags, subject: &dyn Subject) -> Result<Round> {
    let before = subject.rows()?;
    let running = Running::start(subject)?;
    let started = running.started.as_secs_f64();
    thread::sleep(IDLE);
    let idle = usage::memory(running.pid());
    let load = load::drive(&running.endpoint, flags.plan, running.pid(), subject.database())
        .map_err(|error| format!("{}: {error}", subject.name()))?;
    let memory = usage::Memory { resident: idle.resident, peak: usage::memory(running.pid()).peak };
    drop(running);
    every_call_left_a_row(&load, &before, &subject.rows()?).map_err(|error| format!("{}: {error}", subject.name()))?;
    Ok(Round { load, memory, started: Some(started) })
}

/// A durable row per answered call (the one that waited for the start too) is the duty that costs; a server that
/// skips it is not in the race.
fn every_call_left_a_row(load: &Load, before: &[(&str, u64)], after: &[(&str, u64)]) -> Result {
    let calls = load.answered + 1;
    for ((table, before), (_, after)) in before.iter().zip(after) {
        let rows = after.saturating_sub(*before);
        if rows < calls {
            return Err(format!("{calls} calls were answered, but {table} has only {rows} new rows").into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::sample;

    #[test]
    fn a_missing_row_is_found() {
        let load = Load { answered: 9, ..sample(100.0) };
        every_call_left_a_row(&load, &[("audit", 5)], &[("audit", 15)]).unwrap();
        let error = every_call_left_a_row(&load, &[("a", 5), ("b", 0)], &[("a", 15), ("b", 9)]).unwrap_err();
        assert!(error.to_string().contains("b has only 9"), "{error}");
    }
}
