//! Precision and recall against written truth.
//!
//! A pair is (signal, value) with its subject. Auto-accepted is what has a confidence of 0.85 or more and a value;
//! proposed is what has 0.35 or more. Precision is of auto-accepted pairs; recall is of all expected pairs that are at
//! least proposed, and, apart, of those that are auto-accepted. What the truth calls optional may be said or not; what
//! it calls `review` must not be auto-accepted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::process;
use crate::{Result, interrupt, world};

/// From here on a value needs nobody to look at it.
const AUTO: f64 = 0.85;
/// Below this nothing is proposed.
const FLOOR: f64 = 0.35;

/// Folders of `--scans` with reports of tools that no requirement asks for: counted apart.
const OTHERS: [&str; 20] = [
    "aws_inspector2",
    "azure_security_center_recommendations",
    "bandit",
    "blackduck",
    "burp",
    "dependency_check",
    "govulncheck",
    "kubebench",
    "ms_defender",
    "nuclei",
    "ort",
    "retirejs",
    "semgrep",
    "snyk",
    "sonatype",
    "wazuh",
    "wiz",
    "zap",
    "generic",
    "README.md",
];

/// One expected pair, as it is written: signal, value, subject and perhaps a word about it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Plain(String, Option<f64>, String),
    Marked(String, Option<f64>, String, String),
}

struct Expected {
    signal: String,
    value: Option<f64>,
    subject: String,
    optional: bool,
    review: bool,
}

impl From<Written> for Expected {
    fn from(written: Written) -> Self {
        let (signal, value, subject, mark) = match written {
            Written::Plain(signal, value, subject) => (signal, value, subject, String::new()),
            Written::Marked(signal, value, subject, mark) => (signal, value, subject, mark),
        };
        Self { signal, value, subject, optional: mark == "optional", review: mark == "review" }
    }
}

type Truth = BTreeMap<String, Vec<Expected>>;

fn truth(path: &Path) -> Result<Truth> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let written: BTreeMap<String, Vec<Written>> =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(written.into_iter().map(|(file, list)| (file, list.into_iter().map(Expected::from).collect())).collect())
}

/// One line of `watchkeep extract --json`.
#[derive(Deserialize)]
struct Line {
    signal: String,
    value: Option<f64>,
    subject: String,
    confidence: f64,
}

impl Line {
    fn is(&self, expected: &Expected) -> bool {
        let near = |value: f64| self.value.is_some_and(|v| (v - value).abs() < 0.05);
        self.signal == expected.signal
            && expected.value.is_some_and(near)
            && (expected.subject == "*" || self.subject == expected.subject)
    }
}

#[derive(Default, Clone, Copy)]
struct Score {
    files: usize,
    auto: usize,
    auto_right: usize,
    false_zeros: usize,
    expected: usize,
    proposed: usize,
    accepted: usize,
}

impl Score {
    fn add(&mut self, o: &Self) {
        self.files += o.files;
        self.auto += o.auto;
        self.auto_right += o.auto_right;
        self.false_zeros += o.false_zeros;
        self.expected += o.expected;
        self.proposed += o.proposed;
        self.accepted += o.accepted;
    }

    /// Compares what a file says with its truth; what differs is added to the list.
    fn of(file: &str, said: &[Line], expected: &[Expected], differ: &mut Vec<String>) -> Self {
        let mut score = Self { files: 1, ..Self::default() };
        for line in said.iter().filter(|l| l.confidence >= AUTO && l.value.is_some()) {
            score.auto += 1;
            if expected.iter().any(|e| !e.review && line.is(e)) {
                score.auto_right += 1;
                continue;
            }
            let unknown = expected.iter().any(|e| e.signal == line.signal && e.value.is_none());
            score.false_zeros += usize::from(line.value == Some(0.0) && unknown);
            differ.push(format!(
                "wrong   {file}: {} = {} [{}]",
                line.signal,
                line.value.unwrap_or_default(),
                line.subject
            ));
        }
        for e in expected.iter().filter(|e| e.value.is_some() && !e.optional) {
            score.expected += 1;
            let best = said.iter().filter(|l| l.is(e)).map(|l| l.confidence).fold(0.0, f64::max);
            score.proposed += usize::from(best >= FLOOR);
            score.accepted += usize::from(best >= AUTO);
            if best < FLOOR {
                differ.push(format!("missed  {file}: {} = {} [{}]", e.signal, e.value.unwrap_or_default(), e.subject));
            }
        }
        score
    }

    fn line(&self, name: &str) -> String {
        let share = |part: usize, all: usize| {
            if all == 0 { "-".to_owned() } else { format!("{:.1}", 100.0 * part as f64 / all as f64) }
        };
        format!(
            "{name:34} {:5} {:7} {:>9} {:6} {:8} {:>9} {:>9}",
            self.files,
            self.auto,
            share(self.auto_right, self.auto),
            self.false_zeros,
            self.expected,
            share(self.proposed, self.expected),
            share(self.accepted, self.expected)
        )
    }
}

/// Judges all folders and prints a table for each. Gives the aims that were missed.
pub(super) fn run(binary: &Path, kev: &Path, scans: &Path, folders: &[PathBuf]) -> Result<Vec<String>> {
    let mut missed = Vec::new();
    let written = world::root().join("crates/mapping/tests/truth");
    for part in ["development", "aside"] {
        if scans.is_dir() {
            let truth = truth(&written.join(format!("{part}.json")))?;
            missed.extend(one(&format!("real reports, {part}"), binary, kev, scans, &truth)?);
        } else {
            println!("\nreal reports, {part}: skipped: no data ({} is not there)", scans.display());
        }
    }
    for folder in folders {
        let truth = truth(&folder.join("truth.json"))?;
        missed.extend(one(&folder.display().to_string(), binary, kev, folder, &truth)?);
    }
    Ok(missed)
}

fn one(title: &str, binary: &Path, kev: &Path, folder: &Path, truth: &Truth) -> Result<Vec<String>> {
    let mut by_format: BTreeMap<&str, Score> = BTreeMap::new();
    let mut differ = Vec::new();
    for (file, expected) in truth {
        interrupt::check()?;
        let mut command = process::run(binary).arg("extract").arg(folder.join(file)).arg("--json");
        if kev.is_file() {
            command = command.arg("--kev").arg(kev);
        }
        let said: Vec<Line> =
            serde_json::from_str(&command.read()?).map_err(|error| format!("the answer for {file}: {error}"))?;
        let format = file.split('/').next().unwrap_or_default();
        by_format.entry(format).or_default().add(&Score::of(file, &said, expected, &mut differ));
    }
    println!("\n{title}: {} files", truth.len());
    println!(
        "{:34} {:>5} {:>7} {:>9} {:>6} {:>8} {:>9} {:>9}",
        "format", "files", "auto", "precision", "zeros!", "expected", "recall", "auto rec."
    );
    let (mut asked, mut rest) = (Score::default(), Score::default());
    for (name, score) in &by_format {
        let other = OTHERS.contains(name);
        if other {
            rest.add(score)
        } else {
            asked.add(score)
        }
        println!("{}", score.line(&format!("{name}{}", if other { " *" } else { "" })));
    }
    println!("{}", asked.line("ALL FORMATS THAT ARE ASKED FOR"));
    if rest.files > 0 {
        println!("{}", rest.line("others (*)"));
    }
    for line in &differ {
        println!("{line}");
    }
    let mut missed = Vec::new();
    if asked.auto_right * 100 < asked.auto * 95 {
        missed.push(format!("{title}: precision of auto-accepted pairs below 95 %"));
    }
    if asked.false_zeros > 0 {
        missed.push(format!("{title}: {} zeros that should be unknown", asked.false_zeros));
    }
    if asked.proposed * 100 < asked.expected * 85 {
        missed.push(format!("{title}: recall below 85 %"));
    }
    Ok(missed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(text: &str) -> Vec<Expected> {
        serde_json::from_str::<Vec<Written>>(text).unwrap().into_iter().map(Expected::from).collect()
    }

    fn said(signal: &str, value: Option<f64>, confidence: f64) -> Line {
        Line { signal: signal.to_owned(), value, subject: "s".to_owned(), confidence }
    }

    #[test]
    fn right_wrong_missed_and_false_zeros_are_told_apart() {
        let truth = expected(r#"[["a",1,"*"],["b",null,"*"],["c",3,"x"],["d",4,"*","optional"],["e",5,"*","review"]]"#);
        let lines = [
            said("a", Some(1.02), 0.9),
            said("b", Some(0.0), 0.9),
            said("c", Some(3.0), 0.5),
            said("d", Some(4.0), 0.9),
            said("e", Some(5.0), 0.9),
        ];
        let mut differ = Vec::new();
        let score = Score::of("f", &lines, &truth, &mut differ);
        assert_eq!((score.auto, score.auto_right, score.false_zeros), (4, 2, 1));
        // c speaks of another subject; e is found, though it should not have been accepted
        assert_eq!((score.expected, score.proposed, score.accepted), (3, 2, 2));
        assert_eq!(differ.len(), 3, "{differ:?}");
    }
}
