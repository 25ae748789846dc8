//! Precision and recall of the extractor on a folder of real reports, against the truth in `tests/truth`.
//!
//! `cargo run -p watchkeep-mapping --example measure -- PATH_TO_SCANS [PATH_TO_KEV]`
//!
//! A pair is (signal, value) with its subject. Auto-accepted is what has a confidence of 0.85 or more and a value;
//! proposed is what has 0.35 or more. A folder of the reports is a format; those outside the formats that are asked for
//! are counted apart.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a bench: it prints, reads files and takes the time"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use watchkeep_mapping::{Artifact, Extraction, KevList, Known, extract};

/// Folders of tools that are not among the formats that are asked for.
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

#[derive(Default, Clone, Copy)]
struct Score {
    files: usize,
    auto: usize,
    auto_right: usize,
    false_zeros: usize,
    expected: usize,
    proposed_right: usize,
    auto_found: usize,
}

impl Score {
    fn add(&mut self, o: &Self) {
        self.files += o.files;
        self.auto += o.auto;
        self.auto_right += o.auto_right;
        self.false_zeros += o.false_zeros;
        self.expected += o.expected;
        self.proposed_right += o.proposed_right;
        self.auto_found += o.auto_found;
    }

    fn line(&self, name: &str) -> String {
        let pct = |part: usize, all: usize| {
            if all == 0 { "    -".to_owned() } else { format!("{:5.1}", 100.0 * part as f64 / all as f64) }
        };
        format!(
            "{name:34} {:5} {:7} {:>9} {:6} {:8} {:>9} {:>9}",
            self.files,
            self.auto,
            pct(self.auto_right, self.auto),
            self.false_zeros,
            self.expected,
            pct(self.proposed_right, self.expected),
            pct(self.auto_found, self.expected)
        )
    }
}

type Truth = BTreeMap<String, Vec<(String, Option<f64>, String)>>;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn same(e: &Extraction, signal: &str, value: f64, subject: &str) -> bool {
    e.signal == signal && e.value.is_some_and(|v| (v - value).abs() < 0.05) && (subject == "*" || e.subject == subject)
}

fn main() {
    let mut args = std::env::args().skip(1);
    let root = PathBuf::from(args.next().unwrap_or_else(|| "../shared/data/scans".to_owned()));
    let kev = args.next().map_or_else(|| root.join("../kev/known_exploited_vulnerabilities.json"), PathBuf::from);
    let kev = std::fs::read(kev).ok().and_then(|b| KevList::from_json(&b).ok());
    let known = Known { kev: kev.as_ref(), now: "2026-11-20T08:00:00Z".parse().unwrap() };
    let mut paths = Vec::new();
    files(&root, &mut paths);
    paths.sort_by_key(|p| p.strip_prefix(&root).unwrap().to_string_lossy().into_owned());
    let truth_folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/truth");
    let only = std::env::args().find_map(|a| a.strip_prefix("--only=").map(str::to_owned));
    let (mut bytes, mut seconds) = (0, 0.0);
    for (part, kept) in [("development", false), ("aside", true)] {
        if only.as_ref().is_some_and(|o| o != part) {
            continue;
        }
        let truth: Truth =
            serde_json::from_slice(&std::fs::read(truth_folder.join(format!("{part}.json"))).unwrap()).unwrap();
        let mut by_format: BTreeMap<String, Score> = BTreeMap::new();
        let mut wrong = Vec::new();
        for (_, path) in paths.iter().enumerate().filter(|(i, _)| (i % 3 == 2) == kept) {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            let body = std::fs::read(path).unwrap();
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            let artifact = Artifact { bytes: &body, filename: Some(&file), mime: None, subject: None };
            let start = Instant::now();
            let got = extract(&artifact, &known);
            seconds += start.elapsed().as_secs_f64();
            bytes += body.len();
            let Some(expected) = truth.get(&name) else {
                println!("no truth for {name}");
                continue;
            };
            let mut score = Score { files: 1, ..Score::default() };
            let values = || expected.iter().filter_map(|(s, v, subject)| v.map(|v| (s, v, subject)));
            for e in got.extractions.iter().filter(|e| e.confidence >= 0.85 && e.value.is_some()) {
                score.auto += 1;
                if values().any(|(s, v, subject)| same(e, s, v, subject)) {
                    score.auto_right += 1;
                } else {
                    let unknown = expected.iter().any(|(s, v, _)| s == e.signal && v.is_none());
                    score.false_zeros += usize::from(e.value == Some(0.0) && unknown);
                    wrong.push(format!("wrong   {name}: {} = {:?} [{}]", e.signal, e.value, e.subject));
                }
            }
            for (s, v, subject) in values() {
                score.expected += 1;
                let best =
                    got.extractions.iter().filter(|e| same(e, s, v, subject)).map(|e| e.confidence).fold(0.0, f64::max);
                score.proposed_right += usize::from(best >= 0.35);
                score.auto_found += usize::from(best >= 0.85);
                if best < 0.35 {
                    wrong.push(format!("missed  {name}: {s} = {v} [{subject}] (format {})", got.format));
                }
            }
            by_format.entry(name.split('/').next().unwrap().to_owned()).or_default().add(&score);
        }
        println!("\n{part}: {} files", by_format.values().map(|s| s.files).sum::<usize>());
        println!(
            "{:34} {:>5} {:>7} {:>9} {:>6} {:>8} {:>9} {:>9}",
            "format", "files", "auto", "precision", "zeros!", "expected", "recall", "auto rec."
        );
        let (mut table, mut rest) = (Score::default(), Score::default());
        for (name, score) in &by_format {
            let other = OTHERS.contains(&name.as_str());
            if other {
                rest.add(score)
            } else {
                table.add(score)
            }
            println!("{}", score.line(&format!("{name}{}", if other { " *" } else { "" })));
        }
        println!("{}", table.line("FORMATS THAT ARE ASKED FOR"));
        println!("{}", rest.line("others (*)"));
        for line in wrong {
            println!("{line}");
        }
    }
    println!("\n{:.1} MB in {:.3} s: {:.1} MB/s", bytes as f64 / 1e6, seconds, bytes as f64 / 1e6 / seconds);
}
