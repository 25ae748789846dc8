//! Tests of the catalogues of risks and controls: every name in them leads somewhere.

use std::collections::BTreeSet;
use std::path::Path;

use crate::catalog::*;
use crate::slug::Slug;
use crate::text;

/// The functions and categories of CSF 2.0 with the last number of each and the numbers that are not in use; the sum is
/// 106 subcategories.
const CSF: &[(&str, u8, &[u8])] = &[
    ("GV.OC", 5, &[]),
    ("GV.RM", 7, &[]),
    ("GV.RR", 4, &[]),
    ("GV.PO", 2, &[]),
    ("GV.OV", 3, &[]),
    ("GV.SC", 10, &[]),
    ("ID.AM", 8, &[6]),
    ("ID.RA", 10, &[]),
    ("ID.IM", 4, &[]),
    ("PR.AA", 6, &[]),
    ("PR.AT", 2, &[]),
    ("PR.DS", 11, &[3, 4, 5, 6, 7, 8, 9]),
    ("PR.PS", 6, &[]),
    ("PR.IR", 4, &[]),
    ("DE.CM", 9, &[4, 5, 7, 8]),
    ("DE.AE", 8, &[1, 5]),
    ("RS.MA", 5, &[]),
    ("RS.AN", 8, &[1, 2, 4, 5]),
    ("RS.CO", 3, &[1]),
    ("RS.MI", 2, &[]),
    ("RC.RP", 6, &[]),
    ("RC.CO", 4, &[1, 2]),
];

fn csf() -> BTreeSet<String> {
    let of = |(name, last, gaps): &(&str, u8, &[u8])| {
        let known: Vec<String> = (1..=*last).filter(|n| !gaps.contains(n)).map(|n| format!("{name}-{n:02}")).collect();
        known
    };
    CSF.iter().flat_map(of).collect()
}

/// A file of public data that lies beside the repository.
fn public(path: &str) -> Option<serde_json::Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("skipped: {path} is not there ({})", file.display());
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

fn ids(all: &serde_json::Value) -> BTreeSet<&str> {
    all.as_array().unwrap().iter().map(|t| t["id"].as_str().unwrap()).collect()
}

/// One sentence or two, as the rest of the program writes.
fn reads_well(what: &str, sentence: &str, most: usize) {
    assert!(sentence.ends_with('.'), "{what}: {sentence}");
    assert!((40..=most).contains(&sentence.chars().count()), "{what}: {sentence}");
    assert_eq!(text::clean(sentence, most), sentence, "{what}");
}

#[test]
fn there_are_forty_risks_and_about_sixty_controls() {
    assert_eq!(risks().len(), 40);
    assert_eq!(controls().len(), 67);
    assert_eq!(csf().len(), 106);
}

#[test]
fn slugs_codes_and_names_are_unique_and_lead_there() {
    let mut names = BTreeSet::new();
    for c in controls() {
        assert!(c.slug.parse::<Slug>().is_ok() && c.version >= 1, "{}", c.slug);
        let (family, number) = c.code.split_once('-').unwrap();
        assert!(family.len() == 3 && family.bytes().all(|b| b.is_ascii_uppercase()), "{}", c.code);
        assert!(number.len() == 2 && number.parse::<u8>().is_ok(), "{}", c.code);
        assert_eq!(control(&c.slug), Some(c));
        assert_eq!(control(&c.code), Some(c));
        assert!(names.insert(&c.slug) && names.insert(&c.code) && names.insert(&c.name), "{}", c.slug);
        reads_well(&c.slug, &c.about, 180);
    }
    let mut names = BTreeSet::new();
    for r in risks() {
        assert!(r.slug.parse::<Slug>().is_ok() && r.version >= 1, "{}", r.slug);
        assert_eq!(risk(&r.slug), Some(r));
        assert!(names.insert(&r.slug) && names.insert(&r.title), "{}", r.slug);
        reads_well(&r.slug, &r.statement, 220);
    }
    assert_eq!(control("nobody"), None);
    assert_eq!(risk("nobody"), None);
}

#[test]
fn risks_speak_of_controls_and_signals_that_are_there() {
    let mut against = BTreeSet::new();
    let mut telling = BTreeSet::new();
    for r in risks() {
        assert!(!r.controls.is_empty() && !r.signals.is_empty() && !r.loss_forms.is_empty(), "{}", r.slug);
        for c in &r.controls {
            assert!(control(c).is_some_and(|found| found.slug == *c), "{}: {c}", r.slug);
            against.insert(c.as_str());
        }
        for s in &r.signals {
            assert!(signal(s).is_some_and(|found| found.slug == *s), "{}: {s}", r.slug);
            telling.insert(s.as_str());
        }
        let own = |all: &[String]| all.iter().collect::<BTreeSet<_>>().len() == all.len();
        assert!(own(&r.controls) && own(&r.signals) && own(&r.csf) && own(&r.nist), "{}: twice", r.slug);
    }
    let idle: Vec<&str> = controls().iter().map(|c| c.slug.as_str()).filter(|c| !against.contains(c)).collect();
    assert_eq!(idle, Vec::<&str>::new(), "controls of no risk");
    for c in controls() {
        for m in &c.signals {
            assert!(signal(&m.signal).is_some_and(|found| found.slug == m.signal), "{}: {}", c.slug, m.signal);
            assert!(m.weight > 0.0 && m.weight <= 10.0, "{}", c.slug);
            telling.insert(m.signal.as_str());
        }
    }
    let mute: Vec<&str> = signals().iter().map(|s| s.slug.as_str()).filter(|s| !telling.contains(s)).collect();
    assert_eq!(mute, Vec::<&str>::new(), "signals that tell nothing of a risk or a control");
}

#[test]
fn shares_strengths_and_ranges_are_possible() {
    for r in risks() {
        let sum: f64 = r.pathways.iter().map(|p| p.share).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{}: the shares sum to {sum}", r.slug);
        assert!(r.pathways.iter().all(|p| p.share > 0.0 && !p.name.is_empty()), "{}", r.slug);
        for (what, prior, most) in [("frequency", &r.frequency, 50.0), ("severity", &r.severity, 1.0)] {
            assert!(prior.low > 0.0 && prior.low < prior.high && prior.high <= most, "{} {what}", r.slug);
            assert_eq!(prior.source, "illustrative prior", "{} {what}: no source was read for it", r.slug);
            assert_eq!(prior.confidence, Confidence::Low, "{} {what}", r.slug);
        }
    }
    for c in controls() {
        let ids: BTreeSet<&str> = c.techniques.iter().map(|t| t.id.as_str()).collect();
        assert_eq!(ids.len(), c.techniques.len(), "{}: a technique twice", c.slug);
        assert!(c.techniques.iter().all(|t| t.strength > 0.0 && t.strength < 1.0), "{}: nothing is perfect", c.slug);
    }
}

/// A way that no control of the risk works against would keep its whole share of the frequency, whatever is in place.
#[test]
fn every_way_of_an_attacker_is_met_by_a_control() {
    let root = |id: &str| id.split('.').next().unwrap_or_default().to_owned();
    for r in risks() {
        for way in r.pathways.iter().filter(|p| !p.techniques.is_empty()) {
            let steps: BTreeSet<String> = way.techniques.iter().map(|t| root(t)).collect();
            let mut controls = r.controls.iter().filter_map(|c| control(c));
            let met = controls.any(|c| c.techniques.iter().any(|t| steps.contains(&root(&t.id))));
            assert!(met, "{}: no control works against \"{}\"", r.slug, way.name);
        }
    }
}

#[test]
fn framework_references_exist() {
    let csf = csf();
    for (slug, of) in controls().iter().map(|c| (&c.slug, &c.csf)).chain(risks().iter().map(|r| (&r.slug, &r.csf))) {
        assert!(!of.is_empty() && of.iter().all(|id| csf.contains(id)), "{slug}: {of:?}");
    }
    let Some(nist) = public("nist/sp800-53r5-high.json") else { return };
    let nist = ids(&nist["controls"]);
    for (slug, of) in controls().iter().map(|c| (&c.slug, &c.nist)).chain(risks().iter().map(|r| (&r.slug, &r.nist))) {
        assert!(!of.is_empty(), "{slug}");
        of.iter().for_each(|id| assert!(nist.contains(id.as_str()), "{slug}: {id}"));
    }
}

#[test]
fn techniques_and_mitigations_exist() {
    let Some(attack) = public("attack/enterprise.json") else { return };
    let (techniques, mitigations) = (ids(&attack["techniques"]), ids(&attack["mitigations"]));
    for r in risks() {
        for id in r.pathways.iter().flat_map(|p| &p.techniques) {
            assert!(techniques.contains(id.as_str()), "{}: {id}", r.slug);
        }
    }
    for c in controls() {
        c.techniques.iter().for_each(|t| assert!(techniques.contains(t.id.as_str()), "{}: {}", c.slug, t.id));
        c.mitigations.iter().for_each(|id| assert!(mitigations.contains(id.as_str()), "{}: {id}", c.slug));
    }
}

#[test]
fn every_category_function_and_form_is_in_use() {
    for category in RiskCategory::ALL {
        assert!(risks().iter().any(|r| r.category == *category), "{category}");
    }
    for form in LossForm::ALL {
        assert!(risks().iter().any(|r| r.loss_forms.contains(form)), "{form}");
    }
    for function in ControlFunction::ALL {
        assert!(controls().iter().any(|c| c.function == *function), "{function}");
    }
    for role in KriRole::ALL {
        assert!(controls().iter().flat_map(|c| &c.signals).any(|m| m.role == *role), "{role}");
    }
}
