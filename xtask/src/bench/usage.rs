//! What a server uses: processor time and memory of its whole family of processes, as the kernel counts them.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

/// Clock ticks per second in `/proc`, the same on each Linux that Rust runs on.
const TICKS: u64 = 100;

/// One line of `/proc/PID/stat`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stat {
    parent: u32,
    /// Ticks of the process itself and of its children that have ended and were waited for.
    ticks: u64,
}

impl Stat {
    fn parse(line: &str) -> Option<Self> {
        // the name of the program stands in brackets and may contain anything, brackets too
        let fields: Vec<&str> = line.rsplit_once(") ")?.1.split(' ').collect();
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        let ticks = number(11)? + number(12)? + number(13)? + number(14)?;
        Some(Self { parent: u32::try_from(number(1)?).ok()?, ticks })
    }
}

fn all() -> HashMap<u32, Stat> {
    let folders = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = folders.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter_map(|id| Some((id, Stat::parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)?))).collect()
}

/// The processes of a family: the given one and all that descend from it.
fn family(root: u32, all: &HashMap<u32, Stat>) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while next < found.len() {
        let parent = found[next];
        found.extend(all.iter().filter(|(_, stat)| stat.parent == parent).map(|(id, _)| *id));
        next += 1;
    }
    found
}

/// Processor time that a family has used until now, user and system.
pub(super) fn cpu(root: u32) -> Duration {
    let all = all();
    let ticks: u64 = family(root, &all).iter().filter_map(|id| all.get(id)).map(|stat| stat.ticks).sum();
    Duration::from_millis(ticks * 1000 / TICKS)
}

/// Processor time that this process has used until now, without its children (the servers are among them).
pub(super) fn own() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(") ").map(|(_, rest)| rest.split(' ')).into_iter().flatten();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / TICKS)
}

/// Processor time of the whole machine until now, without idling and waiting for the disk.
pub(super) fn busy() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let numbers = text.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let ticks: Vec<u64> = numbers.filter_map(|word| word.parse().ok()).collect();
    // user, nice, system, (idle, iowait,) irq, softirq, steal
    let ticks: u64 = [0, 1, 2, 5, 6, 7].iter().filter_map(|at| ticks.get(*at)).sum();
    Duration::from_millis(ticks * 1000 / TICKS)
}

/// Processors of the whole machine, also where this process may use a part of them only.
pub(super) fn cores() -> usize {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.strip_prefix("cpu"));
    lines.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).count().max(1)
}

/// Memory of a family in MiB, now and at its highest. Pages that two of its processes share are counted twice.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub(super) struct Memory {
    pub(super) resident: f64,
    pub(super) peak: f64,
}

/// Reads the memory of a family.
pub(super) fn memory(root: u32) -> Memory {
    let statuses =
        family(root, &all()).into_iter().filter_map(|id| fs::read_to_string(format!("/proc/{id}/status")).ok());
    statuses.fold(Memory::default(), |sum, status| Memory {
        resident: sum.resident + mebibytes(&status, "VmRSS:"),
        peak: sum.peak + mebibytes(&status, "VmHWM:"),
    })
}

fn mebibytes(status: &str, name: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|word| word.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{process, world};

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let line = "12 (a) b (c) S 7 1 1 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 99";
        assert_eq!(Stat::parse(line), Some(Stat { parent: 7, ticks: 100 }));
        assert_eq!(Stat::parse("nonsense"), None);
    }

    #[test]
    fn a_family_has_all_descendants_and_nobody_else() {
        let stat = |parent| Stat { parent, ticks: 0 };
        let all = HashMap::from([(1, stat(0)), (5, stat(1)), (6, stat(5)), (7, stat(6)), (8, stat(1))]);
        let mut found = family(5, &all);
        found.sort_unstable();
        assert_eq!(found, [5, 6, 7]);
    }

    #[test]
    fn work_of_a_grandchild_is_counted_also_after_its_end() {
        let burn = "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; sleep 5";
        let mut child = process::run("sh").args(["-c", burn]).into_command().spawn().unwrap();
        let begun = world::now();
        while cpu(child.id()) < Duration::from_millis(50) && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let (used, memory, machine) = (cpu(child.id()), memory(child.id()), busy());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(used >= Duration::from_millis(50), "{used:?}");
        assert!(memory.resident > 0.1 && memory.peak >= memory.resident, "{memory:?}");
        assert!(machine >= used, "{machine:?}");
        assert!(cores() >= std::thread::available_parallelism().unwrap().get());
    }
}
