//! What the bench says at the end: medians in a table, the aims, and what a reader must know to trust neither too
//! much nor too little.

use serde::Serialize;

use crate::bench::disk::Disk;
use crate::bench::load::{Load, Plan};
use crate::bench::machine::Machine;
use crate::bench::subject::Family;
use crate::bench::usage::Memory;

/// What was seen of one subject in one round.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Round {
    pub(super) load: Load,
    pub(super) memory: Memory,
    /// Seconds from the start of the program to its first right answer, on existing data.
    pub(super) started: Option<f64>,
}

impl Round {
    /// Microseconds of processor time per call, server and database server.
    fn cpu(&self) -> f64 {
        self.load.server_cpu + self.load.database_cpu
    }
}

/// A subject's figures: medians over its rounds, and the rounds themselves.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Figures {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<Family>,
    /// Calls per second of the clock.
    rate: f64,
    /// Milliseconds of the median call, and what 99 of 100 did not exceed.
    p50: f64,
    p99: f64,
    /// Microseconds of processor time per call, server and database server.
    cpu: f64,
    /// The part of `cpu` that the database server used.
    database_cpu: f64,
    /// The least and the most `cpu` of a round.
    cpu_range: [f64; 2],
    /// Share of the processors that went to neither server nor load generator.
    others: f64,
    /// Seconds to the first answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    started: Option<f64>,
    /// MiB resident, idle.
    idle: f64,
    /// MiB resident at the highest, under load.
    peak: f64,
    /// KiB of an answer.
    answer: f64,
    rounds: Vec<Round>,
}

impl Figures {
    /// The medians of at least one round.
    pub(super) fn of(name: String, family: Option<Family>, rounds: &[Round]) -> Self {
        let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
        let each = || rounds.iter().map(Round::cpu);
        let started: Vec<f64> = rounds.iter().filter_map(|round| round.started).collect();
        Self {
            name,
            family,
            rate: of(|round| round.load.rate),
            p50: of(|round| round.load.p50),
            p99: of(|round| round.load.p99),
            cpu: of(Round::cpu),
            database_cpu: of(|round| round.load.database_cpu),
            cpu_range: [each().fold(f64::INFINITY, f64::min), each().fold(0.0, f64::max)],
            others: of(|round| round.load.others),
            started: (!started.is_empty()).then(|| median(started)),
            idle: of(|round| round.memory.resident),
            peak: of(|round| round.memory.peak),
            answer: of(|round| round.load.bytes as f64 / 1024.0),
            rounds: rounds.to_vec(),
        }
    }

    /// Calls per second of processor time.
    fn per_cpu(&self) -> f64 {
        1e6 / self.cpu
    }
}

/// Something that was promised, and what came of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Aim {
    what: String,
    value: f64,
    aim: String,
    met: bool,
}

/// All that the bench found.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    machine: Machine,
    plan: Plan,
    /// One measurement of the disk per round.
    disk: Vec<Disk>,
    subjects: Vec<Figures>,
    aims: Vec<Aim>,
}

impl Report {
    /// Draws the conclusions.
    pub(super) fn new(machine: Machine, plan: Plan, disk: Vec<Disk>, subjects: Vec<Figures>) -> Self {
        let aims = aims(&subjects);
        Self { machine, plan, disk, subjects, aims }
    }

    /// The aims that were missed, in words.
    pub(super) fn missed(&self) -> Vec<String> {
        let missed = self.aims.iter().filter(|aim| !aim.met);
        missed.map(|aim| format!("{} is {}, the aim is {}", aim.what, short(aim.value), aim.aim)).collect()
    }

    /// The report for a terminal.
    pub(super) fn table(&self) -> String {
        let Machine { processor, cores, kernel, load } = &self.machine;
        let Plan { clients, seconds, .. } = self.plan;
        let rounds = self.subjects.first().map_or(0, |subject| subject.rounds.len());
        // of a server that somebody else started nothing but its answers is known
        let ours = self.subjects.iter().all(|subject| subject.family.is_some());
        let counted = if ours { ", each audit row counted" } else { "; audit rows not counted" };
        let disk = |figure: fn(&Disk) -> f64| short(median(self.disk.iter().map(figure).collect()));
        let head = ["server", "calls/s", "p50 ms", "p99 ms", "CPU us", "of it DB", "min-max", "calls/CPU s", "start s"];
        let head = head.into_iter().chain(["idle MiB", "peak MiB", "KiB", "others"]);
        let mut rows = vec![head.map(str::to_owned).collect::<Vec<_>>()];
        rows.extend(self.subjects.iter().map(row));
        let mut text = format!(
            "\nlist_kris over MCP: token lookup, 50 rows, audit row on the disk before the answer\n\n{}\n\
             disk: 4 KiB append + fdatasync {}/s, p50 {} ms, p99 {} ms\n\
             {clients} connections, windows of {seconds} s, medians of {rounds} rounds, each answer checked{counted}\n\
             {cores} cores of {processor}, {kernel}, load {load} before; load generator and servers share them\n\
             CPU us: processor time per call of the server and, where there is one, its database server\n\
             others: share of the processors that went to neither; from about 10 % on, mistrust calls/s and p99\n",
            aligned(&rows),
            disk(|disk| disk.rate),
            disk(|disk| disk.p50),
            disk(|disk| disk.p99),
        );
        if !self.aims.is_empty() {
            let aims = self.aims.iter();
            let verdict = |aim: &Aim| String::from(if aim.met { "met" } else { "MISSED" });
            let rows: Vec<Vec<String>> =
                aims.map(|aim| vec![aim.what.clone(), short(aim.value), aim.aim.clone(), verdict(aim)]).collect();
            text.push('\n');
            text.push_str(&aligned(&rows));
        }
        text
    }
}

fn row(it: &Figures) -> Vec<String> {
    let database = if it.database_cpu > 0.0 { short(it.database_cpu) } else { String::from("-") };
    let [least, most] = it.cpu_range.map(short);
    let mut row = vec![it.name.clone(), short(it.rate), short(it.p50), short(it.p99), short(it.cpu), database];
    row.extend([format!("{least}-{most}"), short(it.per_cpu())]);
    row.push(it.started.map_or_else(|| String::from("-"), |seconds| format!("{seconds:.2}")));
    row.extend([short(it.idle), short(it.peak), short(it.answer), format!("{:.0} %", it.others * 100.0)]);
    row
}

/// The aims that can be judged with what was measured. A peer counts with the better of its two ways to run.
fn aims(subjects: &[Figures]) -> Vec<Aim> {
    let best = |family: Family| {
        let family = subjects.iter().filter(|it| it.family == Some(family));
        family.min_by(|a, b| a.cpu.total_cmp(&b.cpu))
    };
    let at_most = |what: &str, value: f64, most: f64, unit: &str| Aim {
        what: what.to_owned(),
        value,
        aim: format!("<= {most} {unit}"),
        met: value <= most,
    };
    let mut aims = Vec::new();
    let hub = best(Family::HubSqlite);
    if let Some(hub) = hub {
        aims.push(at_most("hub on SQLite: CPU per call", hub.cpu, 350.0, "us"));
        for (peer, name, least) in [(Family::FastMcp, "FastMCP", 10.0), (Family::TypeScript, "TypeScript", 5.0)] {
            let Some(peer) = best(peer) else { continue };
            let value = hub.per_cpu() / peer.per_cpu();
            let what = format!("hub on SQLite / {name}: calls per CPU second");
            aims.push(Aim { what, value, aim: format!(">= {least} times"), met: value >= least });
        }
    }
    for (hub, engine) in [(hub, "SQLite"), (best(Family::HubPostgres), "PostgreSQL")] {
        let Some(hub) = hub else { continue };
        aims.push(at_most(&format!("hub on {engine}: idle memory"), hub.idle, 60.0, "MiB"));
        if let Some(started) = hub.started {
            aims.push(at_most(&format!("hub on {engine}: start to first answer"), started, 1.0, "s"));
        }
    }
    aims
}

pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.as_slice() {
        [] => 0.0,
        all if all.len() % 2 == 1 => all[middle],
        all => f64::midpoint(all[middle - 1], all[middle]),
    }
}

/// Three digits are all that such figures are worth.
pub(super) fn short(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Columns: the first to the left, the others to the right.
pub(super) fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
pub(super) use tests::sample;

#[cfg(test)]
mod tests {
    use super::*;

    /// A load whose calls cost the given microseconds.
    pub(in crate::bench) fn sample(cpu: f64) -> Load {
        Load {
            calls: 1000,
            answered: 1500,
            rate: 200.0,
            p50: 1.0,
            p99: 2.0,
            slowest: 3.0,
            server_cpu: cpu,
            database_cpu: 0.0,
            client_cpu: 20.0,
            others: 0.01,
            bytes: 51_200,
        }
    }

    fn figures(family: Family, cpu: &[f64], idle: f64, started: f64) -> Figures {
        let memory = Memory { resident: idle, peak: idle };
        let rounds: Vec<Round> =
            cpu.iter().map(|cpu| Round { load: sample(*cpu), memory, started: Some(started) }).collect();
        Figures::of(format!("{family:?}"), Some(family), &rounds)
    }

    fn verdicts(subjects: &[Figures]) -> Vec<bool> {
        aims(subjects).iter().map(|aim| aim.met).collect()
    }

    #[test]
    fn aims_are_judged_by_medians_and_the_better_peer() {
        let hub = figures(Family::HubSqlite, &[900.0, 200.0, 210.0], 40.0, 0.2);
        let slow = figures(Family::FastMcp, &[9000.0], 90.0, 3.0);
        let fast = figures(Family::FastMcp, &[2000.0], 90.0, 3.0);
        let node = figures(Family::TypeScript, &[1300.0], 90.0, 3.0);
        // CPU, FastMCP 9.5 times, TypeScript 6.2 times, memory, start
        assert_eq!(verdicts(&[hub.clone(), slow.clone(), fast, node.clone()]), [true, false, true, true, true]);
        assert_eq!(verdicts(&[hub, slow, node]), [true; 5]);
    }

    #[test]
    fn each_aim_can_be_missed() {
        let hub = figures(Family::HubSqlite, &[351.0], 60.1, 1.1);
        let (python, node) =
            (figures(Family::FastMcp, &[350.0], 1.0, 1.0), figures(Family::TypeScript, &[350.0], 1.0, 1.0));
        assert_eq!(verdicts(&[hub, python, node]), [false; 5]);
        assert_eq!(verdicts(&[figures(Family::HubPostgres, &[1.0], 60.1, 1.1)]), [false; 2]);
    }

    #[test]
    fn the_database_counts() {
        let load = Load { database_cpu: 150.0, ..sample(90.0) };
        let round = Round { load, memory: Memory::default(), started: None };
        assert_eq!(Figures::of(String::new(), None, &[round]).cpu, 240.0);
    }

    #[test]
    fn columns_line_up() {
        let rows = [["a", "1"], ["bcd", "20"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(aligned(&rows), "a     1\nbcd  20\n");
        assert_eq!([1234.5, 45.67, 0.123].map(short), ["1234", "45.7", "0.12"]);
        assert_eq!(median(vec![4.0, 1.0]), 2.5);
    }
}
