//! The extractor on real reports, against our own reading of them (`tests/truth`). Skipped where the reports are not
//! there; `cargo xtask bench extract` prints the figures by format.

use std::collections::BTreeMap;
use std::path::Path;

use watchkeep_mapping::{Artifact, KevList, Known, extract};

type Truth = BTreeMap<String, Vec<(String, Option<f64>, String)>>;

#[test]
fn real_reports_say_what_an_analyst_reads() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scans = here.join("../../../shared/data/scans");
    let Ok(kev) = std::fs::read(scans.join("../kev/known_exploited_vulnerabilities.json")) else {
        eprintln!("skipped: the reports are not there ({})", scans.display());
        return;
    };
    let kev = KevList::from_json(&kev).unwrap();
    let known = Known { kev: Some(&kev), now: "2026-11-20T08:00:00Z".parse().unwrap() };
    let (mut auto, mut right, mut expected, mut found) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    for part in ["development", "aside"] {
        let truth: Truth =
            serde_json::from_slice(&std::fs::read(here.join(format!("tests/truth/{part}.json"))).unwrap()).unwrap();
        for (name, pairs) in &truth {
            let bytes = std::fs::read(scans.join(name)).unwrap();
            let filename = name.rsplit('/').next();
            let got = extract(&Artifact { bytes: &bytes, filename, mime: None, subject: None }, &known);
            let is = |e: &watchkeep_mapping::Extraction, (signal, value, subject): &(String, Option<f64>, String)| {
                e.signal == signal && e.value == *value && (subject == "*" || *subject == e.subject)
            };
            for e in got.extractions.iter().filter(|e| e.confidence >= 0.85 && e.value.is_some()) {
                auto += 1;
                if pairs.iter().any(|p| is(e, p)) {
                    right += 1;
                } else {
                    wrong.push(format!("{name}: {} = {:?} [{}]", e.signal, e.value, e.subject));
                }
                let unknown = pairs.iter().any(|(s, v, subject)| s == e.signal && v.is_none() && *subject == e.subject);
                assert!(!(unknown && e.value == Some(0.0)), "a zero that should be unknown: {name}: {e:?}");
            }
            for pair in pairs.iter().filter(|p| p.1.is_some()) {
                expected += 1;
                found += usize::from(got.extractions.iter().any(|e| is(e, pair)));
            }
        }
    }
    assert!(auto > 90, "{auto}");
    assert!(right * 100 >= auto * 95, "{right} of {auto}: {wrong:#?}");
    assert!(found * 100 >= expected * 85, "{found} of {expected}");
}
