//! What the bench says at the end.

use serde::Serialize;

use crate::bench::disk::Disk;
use crate::bench::load::{Load, Plan};
use crate::bench::machine::Machine;
use crate::bench::oauth::duty::Duty;
use crate::bench::oauth::home::Home;
use crate::bench::oauth::peer::Peer;
use crate::bench::report::{aligned, median, short};
use crate::bench::usage::Memory;

/// One duty of one server in one round. Wrong answers end the run, so there is no column for them.
#[derive(Serialize)]
pub(super) struct Cell {
    pub(super) server: &'static str,
    pub(super) durable: &'static str,
    pub(super) duty: Duty,
    pub(super) load: Load,
    pub(super) memory: Memory,
}

/// What was promised, and what came of it.
#[derive(Serialize)]
struct Aim {
    what: String,
    value: f64,
    aim: f64,
}

#[derive(Serialize)]
pub(super) struct Report {
    machine: Machine,
    disk: Disk,
    plan: Plan,
    pins: String,
    cells: Vec<Cell>,
    aims: Vec<Aim>,
}

impl Report {
    pub(super) fn new(machine: Machine, disk: Disk, plan: Plan, pins: String, cells: Vec<Cell>) -> Self {
        let aims = aims(&cells);
        Self { machine, disk, plan, pins, cells, aims }
    }

    /// The aims that were missed, in words.
    pub(super) fn missed(&self) -> Vec<String> {
        let missed = self.aims.iter().filter(|aim| aim.value < aim.aim);
        missed.map(|aim| format!("{} is {}, the aim is {}", aim.what, short(aim.value), aim.aim)).collect()
    }

    pub(super) fn table(&self) -> String {
        let mut text = String::new();
        let head = ["", "per s", "p50 ms", "p99 ms", "CPU s per 1,000", "peak MiB", "others"];
        for duty in Duty::ALL {
            let mut rows = vec![head.map(str::to_owned).to_vec()];
            rows[0][0] = duty.name().to_owned();
            for (server, durable) in servers(&self.cells) {
                let of = |figure: fn(&Cell) -> f64| median_of(&self.cells, server, durable, duty, figure);
                rows.push(vec![
                    format!("{server}, {durable}"),
                    short(of(|cell| cell.load.rate)),
                    short(of(|cell| cell.load.p50)),
                    short(of(|cell| cell.load.p99)),
                    format!("{:.3}", of(|cell| cell.load.server_cpu) / 1000.0),
                    short(of(|cell| cell.memory.peak)),
                    format!("{:.0} %", of(|cell| cell.load.others) * 100.0),
                ]);
            }
            text.push('\n');
            text.push_str(&aligned(&rows));
        }
        let Machine { processor, cores, kernel, load } = &self.machine;
        let (clients, seconds) = (self.plan.clients, self.plan.seconds);
        text.push_str(&format!(
            "\n{clients} connections, windows of {seconds} s, medians of {} rounds; each answer checked, none was wrong\n\
             {}\n\
             \"access token\": the hub is asked by an MCP ping that does nothing else, the peer by introspection\n\
             the hub keeps an audit row of each rotation and registration; the peer keeps nothing\n\
             disk: 4 KiB append + fdatasync {}/s, p50 {} ms, p99 {} ms\n\
             {cores} cores of {processor}, {kernel}, load {load} before\n\n",
            self.cells.iter().filter(|cell| cell.duty == Duty::Rotation).count() / servers(&self.cells).len().max(1),
            self.pins,
            short(self.disk.rate),
            short(self.disk.p50),
            short(self.disk.p99),
        ));
        for aim in &self.aims {
            let verdict = if aim.value >= aim.aim { "met" } else { "MISSED" };
            text.push_str(&format!("{verdict}: {} is {} (aim: {} and more)\n", aim.what, short(aim.value), aim.aim));
        }
        text
    }
}

/// The servers, in the order in which they were first measured.
fn servers(cells: &[Cell]) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    for cell in cells {
        if !found.contains(&(cell.server, cell.durable)) {
            found.push((cell.server, cell.durable));
        }
    }
    found
}

fn median_of(cells: &[Cell], server: &str, durable: &str, duty: Duty, figure: fn(&Cell) -> f64) -> f64 {
    let these = cells.iter().filter(|cell| (cell.server, cell.durable, cell.duty) == (server, durable, duty));
    median(these.map(figure).collect())
}

/// Rates of the hub by the peer's, where both were measured.
fn aims(cells: &[Cell]) -> Vec<Aim> {
    let rate = |server, durable, duty| median_of(cells, server, durable, duty, |cell| cell.load.rate);
    let wanted =
        [(Duty::Rotation, Home::SYSTEM, 3.0), (Duty::Rotation, Home::DISK, 1.0), (Duty::Validation, Home::SYSTEM, 4.0)];
    let mut aims = Vec::new();
    for (duty, durable, aim) in wanted {
        let (ours, theirs) = (rate(Home::NAME, durable, duty), rate(Peer::NAME, "in memory", duty));
        if ours > 0.0 && theirs > 0.0 {
            let what = format!("{} ({durable}), the hub's rate by the peer's", duty.name());
            aims.push(Aim { what, value: ours / theirs, aim });
        }
    }
    aims
}
