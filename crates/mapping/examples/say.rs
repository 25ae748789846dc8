//! Prints what files say: `cargo run -p watchkeep-mapping --example say -- FILE...`.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for people at work on the formats")]

use watchkeep_mapping::{Artifact, KevList, Known, extract};

fn main() {
    let list = std::env::args().find_map(|a| a.strip_prefix("--kev=").map(str::to_owned));
    let kev = list.map_or_else(
        || KevList::new(["CVE-2021-44228"]),
        |path| KevList::from_json(&std::fs::read(path).unwrap()).unwrap(),
    );
    for path in std::env::args().skip(1).filter(|a| !a.starts_with("--")) {
        let bytes = std::fs::read(&path).unwrap();
        let name = std::path::Path::new(&path).file_name().unwrap().to_string_lossy().into_owned();
        let artifact = Artifact { bytes: &bytes, filename: Some(&name), mime: None, subject: None };
        let now = "2026-11-20T08:00:00Z".parse().unwrap();
        let got = extract(&artifact, &Known { kev: Some(&kev), now });
        println!("== {path}: {}", got.format);
        for e in got.extractions {
            println!(
                "   {} = {:?} [{}] c={:.2} at={:?} {}..{} {}",
                e.signal, e.value, e.subject, e.confidence, e.observed_at, e.span.start, e.span.end, e.reasoning
            );
        }
        for note in got.notes {
            println!("   note: {note}");
        }
    }
}
