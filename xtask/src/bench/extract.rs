//! `cargo xtask bench extract`: how right and how fast `watchkeep extract` is.
//!
//! Right: the program reads reports whose truth somebody has written down, and its answers are compared with it, by
//! format. Fast: it reads made reports of 10 MB, and a small Python program that reads the same file with the parsers of
//! its standard library and counts the same things is measured in turns with it.

use std::path::PathBuf;

use crate::bench::{hub, machine};
use crate::{Result, world};

mod made;
mod quality;
mod speed;

const HELP: &str = "\
What `watchkeep extract` reads from reports: precision and recall by format, time and memory for reports of 10 MB.

Usage: cargo xtask bench extract [OPTIONS]

  --folder DIR    judge the reports of this folder too; its truth.json says for each file
                  [[signal, value or null for unknown, subject or \"*\", \"optional\" or \"review\"], ...];
                  may be given several times
  --scans DIR     the real reports that crates/mapping/tests/truth speaks of (default ../shared/data/scans)
  --kev FILE      CISA's catalogue of known exploited vulnerabilities (default ../shared/data/kev/...)
  --only PART     quality or speed
  --rounds N      how often each report of 10 MB is read; the table shows medians (default 5)
  --binary PATH   measure this watchkeep program instead of building one for release
  --strict        end with an error when an aim is missed
";

/// What was asked for.
struct Flags {
    folders: Vec<PathBuf>,
    scans: PathBuf,
    kev: PathBuf,
    quality: bool,
    speed: bool,
    rounds: usize,
    binary: Option<PathBuf>,
    strict: bool,
}

impl Flags {
    fn parse(args: &[String]) -> Result<Self> {
        let data = world::root().join("../shared/data");
        let mut flags = Self {
            folders: Vec::new(),
            scans: data.join("scans"),
            kev: data.join("kev/known_exploited_vulnerabilities.json"),
            quality: true,
            speed: true,
            rounds: 5,
            binary: None,
            strict: false,
        };
        let mut words = args.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("`{word}` needs a value"));
            match word.as_str() {
                "--folder" => flags.folders.push(std::path::absolute(value()?)?),
                "--scans" => flags.scans = std::path::absolute(value()?)?,
                "--kev" => flags.kev = std::path::absolute(value()?)?,
                "--binary" => flags.binary = Some(std::path::absolute(value()?)?),
                "--rounds" => {
                    let rounds = value()?;
                    flags.rounds = rounds
                        .parse()
                        .ok()
                        .filter(|n| (1..=100).contains(n))
                        .ok_or("`--rounds`: 1 to 100 is needed")?;
                }
                "--only" => match value()?.as_str() {
                    "quality" => flags.speed = false,
                    "speed" => flags.quality = false,
                    other => return Err(format!("`--only {other}`: there are quality and speed").into()),
                },
                "--strict" => flags.strict = true,
                _ => return Err(format!("`{word}` is no option; `cargo xtask bench extract --help` lists them").into()),
            }
        }
        Ok(flags)
    }
}

/// Runs the bench and prints its tables.
pub(super) fn run(args: &[String]) -> Result {
    if args.iter().any(|word| matches!(word.as_str(), "--help" | "-h" | "help")) {
        print!("{HELP}");
        return Ok(());
    }
    let flags = Flags::parse(args)?;
    let binary = flags.binary.clone().map_or_else(hub::build, Ok)?;
    let machine = machine::look();
    println!("{}, {} cores, {}, load {:.1}", machine.processor, machine.cores, machine.kernel, machine.load);
    let mut missed = Vec::new();
    if flags.quality {
        missed.extend(quality::run(&binary, &flags.kev, &flags.scans, &flags.folders)?);
    }
    if flags.speed {
        missed.extend(speed::run(&binary, flags.rounds)?);
    }
    for aim in &missed {
        println!("missed: {aim}");
    }
    if flags.strict && !missed.is_empty() {
        return Err(format!("{} aims were missed", missed.len()).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Flags> {
        Flags::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_read() {
        let flags = parse("--folder /a --folder /b --only quality --rounds 3 --strict").unwrap();
        assert_eq!((flags.folders.len(), flags.quality, flags.speed, flags.rounds), (2, true, false, 3));
        assert!(flags.strict && flags.binary.is_none());
    }

    #[test]
    fn mistakes_are_named() {
        for (line, word) in
            [("--fast", "--fast"), ("--folder", "needs a value"), ("--only x", "quality"), ("--rounds 0", "1 to 100")]
        {
            assert!(parse(line).err().unwrap().to_string().contains(word), "{line}");
        }
    }
}
