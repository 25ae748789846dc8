//! The options of `cargo xtask bench mcp`.

use std::path::PathBuf;

use crate::Result;
use crate::bench::call::Endpoint;
use crate::bench::load::Plan;

pub(super) const HELP: &str = "\
One MCP call, measured: token lookup, list of 50 rows, audit row on the disk before the answer.

Usage: cargo xtask bench mcp [OPTIONS]

  --rounds N      how often each server is measured; the table shows medians (default 3)
  --seconds S     length of a measured window (default 5)
  --warm S        load before the window opens (default 4)
  --clients N     connections, each asking again as soon as it was answered (default 16)
  --only LIST     of hub-sqlite, hub-postgres, fastmcp, typescript, separated by commas (default all)
  --binary PATH   measure this watchkeep program instead of building one for release
  --at URL --token TOKEN --pid PID
                  measure a server that is running already, and nothing else
  --json          print one JSON document instead of the table
  --strict        end with an error when an aim is missed
";

/// Who can be measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Who {
    HubSqlite,
    HubPostgres,
    FastMcp,
    TypeScript,
}

const NAMES: [(&str, Who); 4] = [
    ("hub-sqlite", Who::HubSqlite),
    ("hub-postgres", Who::HubPostgres),
    ("fastmcp", Who::FastMcp),
    ("typescript", Who::TypeScript),
];

/// A server that somebody else started.
#[derive(Clone, Debug)]
pub(super) struct Other {
    pub(super) endpoint: Endpoint,
    pub(super) pid: u32,
}

/// What was asked for.
#[derive(Debug)]
pub(super) struct Flags {
    pub(super) plan: Plan,
    pub(super) rounds: usize,
    pub(super) only: Vec<Who>,
    pub(super) binary: Option<PathBuf>,
    pub(super) other: Option<Other>,
    pub(super) json: bool,
    pub(super) strict: bool,
}

impl Flags {
    /// Reads the words after `bench mcp`.
    ///
    /// # Errors
    /// Names the word that is wrong and what it may be.
    pub(super) fn parse(args: &[String]) -> Result<Self> {
        let plan = Plan { clients: 16, warm: 4.0, seconds: 5.0 };
        let all = NAMES.map(|(_, who)| who).to_vec();
        let mut flags = Self { plan, rounds: 3, only: all, binary: None, other: None, json: false, strict: false };
        let (mut at, mut token, mut pid) = (None, None, None);
        let mut words = args.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("`{word}` needs a value"));
            match word.as_str() {
                "--rounds" => flags.rounds = number(word, value()?, 1.0, 100.0)? as usize,
                "--seconds" => flags.plan.seconds = number(word, value()?, 0.1, 3600.0)?,
                "--warm" => flags.plan.warm = number(word, value()?, 0.0, 3600.0)?,
                "--clients" => flags.plan.clients = number(word, value()?, 1.0, 1024.0)? as usize,
                "--only" => flags.only = value()?.split(',').map(who).collect::<Result<_>>()?,
                "--binary" => flags.binary = Some(std::path::absolute(value()?)?),
                "--at" => at = Some(value()?.clone()),
                "--token" => token = Some(value()?.clone()),
                "--pid" => pid = Some(number(word, value()?, 1.0, f64::from(u32::MAX))? as u32),
                "--json" => flags.json = true,
                "--strict" => flags.strict = true,
                _ => return Err(format!("`{word}` is no option; `cargo xtask bench mcp --help` lists them").into()),
            }
        }
        flags.other = match (at, token, pid) {
            (None, None, None) => None,
            (Some(url), Some(token), Some(pid)) => Some(Other { endpoint: Endpoint::parse(&url, &token)?, pid }),
            _ => return Err("`--at`, `--token` and `--pid` go together".into()),
        };
        Ok(flags)
    }

    /// Whether this one is to be measured.
    pub(super) fn wants(&self, who: Who) -> bool {
        self.other.is_none() && self.only.contains(&who)
    }
}

fn who(word: &str) -> Result<Who> {
    let found = NAMES.iter().find(|(name, _)| *name == word).map(|(_, who)| *who);
    found.ok_or_else(|| {
        format!("`{word}` cannot be measured; there are {}", NAMES.map(|(name, _)| name).join(", ")).into()
    })
}

fn number(flag: &str, word: &str, least: f64, most: f64) -> Result<f64> {
    let number = word.parse::<f64>().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("`{flag} {word}`: a number from {least} to {most} is needed").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Flags> {
        Flags::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_read() {
        let flags = parse("--rounds 2 --seconds 1.5 --clients 4 --only fastmcp,hub-sqlite --json").unwrap();
        assert_eq!((flags.rounds, flags.plan.clients, flags.plan.seconds), (2, 4, 1.5));
        assert!(flags.wants(Who::FastMcp) && !flags.wants(Who::TypeScript) && flags.json && !flags.strict);
        let flags = parse("--at http://127.0.0.1:1/mcp --token t --pid 3").unwrap();
        assert!(!flags.wants(Who::HubSqlite));
        assert_eq!(flags.other.unwrap().pid, 3);
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            ("--fast", "--fast"),
            ("--rounds", "needs a value"),
            ("--rounds 0", "from 1"),
            ("--only rust", "hub-postgres"),
            ("--pid 3", "go together"),
        ];
        for (line, word) in cases {
            let error = parse(line).unwrap_err().to_string();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
