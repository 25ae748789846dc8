//! For the tests of formats: what a sample says.

use watchkeep_model::Timestamp;

use crate::{Artifact, Extracted, Known, extract};

pub(crate) fn now() -> Timestamp {
    "2026-11-20T08:00:00Z".parse().unwrap()
}

/// What a nameless sample says.
pub(crate) fn said(text: &str) -> Extracted {
    said_of(text, None)
}

/// What a sample says with that subject.
pub(crate) fn said_of(text: &str, subject: Option<&str>) -> Extracted {
    let artifact = Artifact { bytes: text.as_bytes(), filename: Some("sample.bin"), mime: None, subject };
    let kev = crate::KevList::new(["CVE-2021-44228"]);
    let got = extract(&artifact, &Known { kev: Some(&kev), now: now() });
    for e in &got.extractions {
        assert!(e.span.start <= e.span.end && e.span.end <= text.len(), "{e:?}");
        assert!(!e.reasoning.is_empty() && (0.0..=1.0).contains(&e.confidence), "{e:?}");
        assert_eq!(e.value.is_some(), e.state == watchkeep_model::kri::State::Ok, "{e:?}");
    }
    got
}

/// The sample has this format and says exactly these values, in the order of signals.
pub(crate) fn says(text: &str, format: &str, expected: &[(&str, Option<f64>)]) {
    says_of(text, None, format, expected);
}

/// The same with a subject given.
pub(crate) fn says_of(text: &str, subject: Option<&str>, format: &str, expected: &[(&str, Option<f64>)]) {
    let got = said_of(text, subject);
    let mut found: Vec<_> = got.extractions.iter().map(|e| (e.signal, e.value)).collect();
    found.sort_by_key(|(signal, _)| *signal);
    assert_eq!((got.format, found.as_slice()), (format, expected), "{:#?}", got);
}
