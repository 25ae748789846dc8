//! Time and memory for made reports of 10 MB, beside Python reading the same file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::made::{self, Made};
use crate::{Result, interrupt, process, world};

/// Reads with the parsers of the standard library and prints how many findings are critical and high.
const PEER: &str = include_str!("count.py");
/// What a report of 10 MB may take.
const SECONDS: f64 = 1.0;
const MEBIBYTES: f64 = 100.0;

/// One run of a program.
#[derive(Clone, Copy)]
struct Run {
    seconds: f64,
    peak: f64,
}

/// Measures all made reports and prints a table. Gives the aims that were missed.
pub(super) fn run(binary: &Path, rounds: usize) -> Result<Vec<String>> {
    let folder = world::target().join("bench/extract");
    fs::create_dir_all(&folder)?;
    let peer = folder.join("count.py");
    fs::write(&peer, PEER)?;
    let python = world::find("python3");
    println!(
        "\n10 MB, median of {rounds} runs, start of the program included; the peer is {}",
        match &python {
            Some(python) =>
                format!("{} with its standard parsers", process::run(python).arg("--version").read()?.trim()),
            None => "skipped: no python3".to_owned(),
        }
    );
    println!(
        "{:18} {:>6} {:>9} {:>9} {:>12} {:>10}",
        "report", "MB", "seconds", "MiB peak", "peer seconds", "peer MiB"
    );
    let mut missed = Vec::new();
    for made in made::all() {
        let file = folder.join(made.file);
        fs::write(&file, &made.text)?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            interrupt::check()?;
            let (run, said) = timed(Command::new(binary).arg("extract").arg(&file).arg("--json"), &folder)?;
            let said = counts(&said, &made)?;
            ours.push(run);
            if let Some(python) = &python {
                let (run, told) = timed(Command::new(python).arg(&peer).arg(&file), &folder)?;
                if told.trim() != said {
                    return Err(format!("{}: the product says {said}, Python {}", made.name, told.trim()).into());
                }
                theirs.push(run);
            }
        }
        let (ours, theirs) = (median(ours), (!theirs.is_empty()).then(|| median(theirs)));
        println!(
            "{:18} {:6.1} {:9.3} {:9.1} {:>12} {:>10}",
            made.name,
            made.text.len() as f64 / 1e6,
            ours.seconds,
            ours.peak,
            theirs.map_or_else(|| "-".to_owned(), |t| format!("{:.3}", t.seconds)),
            theirs.map_or_else(|| "-".to_owned(), |t| format!("{:.1}", t.peak)),
        );
        if ours.seconds >= SECONDS || ours.peak >= MEBIBYTES {
            missed.push(format!("{}: {:.2} s and {:.0} MiB for 10 MB", made.name, ours.seconds, ours.peak));
        }
        fs::remove_file(&file)?;
    }
    Ok(missed)
}

/// What the product says of the two signals, as the peer prints it.
fn counts(answer: &str, made: &Made) -> Result<String> {
    let lines: Vec<Value> = serde_json::from_str(answer).map_err(|error| format!("{}: {error}", made.name))?;
    let of = |signal: &str| {
        let line = lines.iter().find(|line| line["signal"] == signal);
        line.and_then(|line| line["value"].as_f64()).map_or_else(|| "nothing".to_owned(), |n| format!("{n:.0}"))
    };
    Ok(format!("{} {}", of(made.signals[0]), of(made.signals[1])))
}

/// Runs a program; its memory is read from the kernel while it runs, so that the peak of its last moments may be missed.
fn timed(command: &mut Command, folder: &Path) -> Result<(Run, String)> {
    let out: PathBuf = folder.join("out");
    let file = fs::File::create(&out)?;
    let begun = world::now();
    let mut child = command.stdin(Stdio::null()).stdout(file).stderr(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0_f64;
    let ended = loop {
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        peak = peak.max(high_water(&fs::read_to_string(&status).unwrap_or_default()));
        if begun.elapsed() > Duration::from_secs(120) {
            process::stop(&mut child);
            return Err("a program took longer than two minutes".into());
        }
        std::thread::sleep(Duration::from_micros(500));
    };
    let seconds = begun.elapsed().as_secs_f64();
    if !ended.success() {
        return Err(format!("{command:?} ended with {ended}").into());
    }
    Ok((Run { seconds, peak }, fs::read_to_string(&out)?))
}

/// The most memory that a process has had, in MiB.
fn high_water(status: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|word| word.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn median(mut runs: Vec<Run>) -> Run {
    runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let peak = runs.iter().map(|r| r.peak).fold(0.0, f64::max);
    Run { seconds: runs[runs.len() / 2].seconds, peak }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_reports_have_their_size_and_are_well_formed() {
        for made in made::all() {
            assert!((10_000_000..10_010_000).contains(&made.text.len()), "{}: {}", made.name, made.text.len());
            if made.text.starts_with('{') {
                assert!(serde_json::from_str::<Value>(&made.text).is_ok(), "{}", made.name);
            }
        }
    }

    #[test]
    fn memory_is_read_in_mebibytes() {
        assert_eq!(high_water("Name:\tx\nVmHWM:\t   20480 kB\n"), 20.0);
        assert_eq!(high_water(""), 0.0);
    }
}
