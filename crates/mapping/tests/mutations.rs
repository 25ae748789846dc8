//! Broken artifacts: 20,000 seeded mutations per family of parsers. Nothing panics, and what is said stays lawful.
//! `WATCHKEEP_LONG=1` runs five times as many.
#![expect(clippy::unwrap_used, reason = "a test may fail where it likes")]

use std::path::Path;

use watchkeep_mapping::{Artifact, KevList, Known, extract};
use watchkeep_model::kri::State;

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % below.max(1) as u64).unwrap()
    }
}

const ODD: [&[u8]; 26] = [
    b"",
    b"\0",
    b"\n",
    b"\r\n",
    b" ",
    b"\"",
    b"'",
    b"\\",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b"<",
    b"/>",
    b"]]>",
    b"<![CDATA[",
    b"&#x0;",
    b"&lt",
    b",",
    b";",
    b"-1",
    b"1e999",
    b"99999999999999999999",
    b"\xff\xfe",
    "\u{202e}\u{e0041}é".as_bytes(),
];

fn mutate(dice: &mut Dice, body: &[u8], other: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    for _ in 0..=dice.roll(5) {
        let at = dice.roll(body.len() + 1);
        match dice.roll(7) {
            0 => drop(body.splice(at..at, ODD[dice.roll(ODD.len())].iter().copied())),
            1 if at < body.len() => body[at] = u8::try_from(dice.roll(256)).unwrap(),
            2 if at < body.len() => drop(body.remove(at)),
            3 if dice.roll(4) == 0 => body.truncate(at),
            4 => {
                let to = (at + dice.roll(120)).min(body.len());
                let again = body[at..to].to_vec();
                body.splice(at..at, again);
            }
            5 => {
                let from = dice.roll(other.len() + 1);
                let to = (from + dice.roll(80)).min(other.len());
                body.splice(at..at, other[from..to].iter().copied());
            }
            _ => {
                let to = (at + dice.roll(12)).min(body.len());
                body.drain(at..to);
            }
        }
    }
    body
}

fn lawful(body: &[u8], subject: Option<&str>) {
    let kev = KevList::new(["CVE-2021-44228"]);
    let now = "2026-11-20T08:00:00Z".parse().unwrap();
    let artifact = Artifact { bytes: body, filename: Some("a.b"), mime: None, subject };
    let got = extract(&artifact, &Known { kev: Some(&kev), now });
    for e in &got.extractions {
        assert!(e.span.start <= e.span.end && e.span.end <= body.len(), "{e:?}");
        assert!((0.0..=1.0).contains(&e.confidence) && !e.reasoning.is_empty(), "{e:?}");
        assert_eq!(e.value.is_some(), e.state == State::Ok, "{e:?}");
        assert!(e.value.is_none_or(|v| v.is_finite() && v >= 0.0), "{e:?}");
        assert!(watchkeep_model::catalog::signal(e.signal).is_some_and(|s| s.unit == e.unit), "{e:?}");
    }
}

fn family(name: &str, rounds: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    let corpus: Vec<Vec<u8>> = files.iter().map(|f| std::fs::read(f).unwrap()).collect();
    assert!(!corpus.is_empty());
    run(&corpus, rounds);
}

#[expect(
    clippy::disallowed_methods,
    reason = "the switch for the long run is an environment variable, by the rules of the house"
)]
fn rounds() -> usize {
    if std::env::var("WATCHKEEP_LONG").is_ok() { 100_000 } else { 20_000 }
}

fn run(corpus: &[Vec<u8>], rounds: usize) {
    let mut dice = Dice(7);
    for body in corpus {
        lawful(body, None);
    }
    for round in 0..rounds {
        let body = &corpus[round % corpus.len()];
        let other = &corpus[dice.roll(corpus.len())];
        let subject = (round % 3 == 0).then_some("given");
        lawful(&mutate(&mut dice, body, other), subject);
    }
}

#[test]
fn broken_json() {
    family("json", rounds());
}

#[test]
fn broken_xml() {
    family("xml", rounds());
}

#[test]
fn broken_tables() {
    family("table", rounds());
}

#[test]
fn broken_texts() {
    family("text", rounds());
}

#[test]
fn broken_pdfs() {
    let content =
        "BT /F1 12 Tf 72 700 Td (MFA coverage: 97.5 %) Tj 0 -20 Td [(Critical vulner) -20 (abilities: 4)] TJ ET";
    let pdf = format!(
        "%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] >>\nendobj\n\
         3 0 obj\n<< /Type /Page /Parent 2 0 R /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>\nendobj\n\
         5 0 obj\n<< /Type /Font /Subtype /Type0 /ToUnicode 6 0 R >>\nendobj\n\
         6 0 obj\n<< >>\nstream\n1 beginbfrange <20> <ff> <0020> endbfrange\nendstream\nendobj\n\
         7 0 obj\n<< /Type /ObjStm /N 1 /First 5 >>\nstream\n9 0  << /Type /Page >>\nendstream\nendobj\n\
         4 0 obj\n<< /Length 99 >>\nstream\n{content}\nendstream\nendobj\n"
    );
    run(&[pdf.into_bytes()], rounds());
}

#[test]
fn broken_workbooks() {
    // stored, so that mutations reach the parts inside
    let parts: [(&str, &str); 2] = [
        ("xl/workbook.xml", "<workbook><sheets><sheet name=\"a\"/></sheets></workbook>"),
        (
            "xl/worksheets/sheet1.xml",
            "<worksheet><sheetData><row><c r=\"A1\" t=\"inlineStr\"><is><t>signal</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>value</t></is></c></row>\
             <row><c r=\"A2\" t=\"inlineStr\"><is><t>vuln_kev_open</t></is></c><c r=\"B2\"><v>3</v></c></row></sheetData></worksheet>",
        ),
    ];
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, body) in parts {
        let at = u32::try_from(out.len()).unwrap();
        let size = u32::try_from(body.len()).unwrap().to_le_bytes();
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        common.extend_from_slice(&size);
        common.extend_from_slice(&size);
        common.extend_from_slice(&u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&common);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(body.as_bytes());
        directory.extend_from_slice(b"PK\x01\x02\x14\x00");
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&at.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let at = u32::try_from(out.len()).unwrap().to_le_bytes();
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0\x02\0\x02\0\0\0\0\0");
    out.extend_from_slice(&at);
    out.extend_from_slice(&[0, 0]);
    run(&[out], rounds());
}
