//! The one door: bytes in, extractions out.

use std::collections::HashMap;

use watchkeep_model::Timestamp;
use watchkeep_model::kri::{State, Unit};
use watchkeep_model::text::clean;

use crate::formats::{self, FORMATS, Reader};
use crate::out::{Cx, Out};
use crate::read::json::Val;
use crate::read::{self, Shape};
use crate::{KevList, words};

/// What was handed in.
#[derive(Clone, Copy, Debug)]
pub struct Artifact<'a> {
    /// Its bytes, as they are stored.
    pub bytes: &'a [u8],
    /// Its file name, if it had one. It names the subject if nothing better does; it never decides the format.
    pub filename: Option<&'a str>,
    /// Its media type as the sender said. It never decides: the content does.
    pub mime: Option<&'a str>,
    /// What the values speak of, if the sender said so and the file does not.
    pub subject: Option<&'a str>,
}

/// What the extractor needs to know of the world.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The known exploited vulnerabilities; without them there is no `vuln_kev_open`.
    pub kev: Option<&'a KevList>,
    /// Now. Ages are counted to the date of the report where it has one, else to this.
    pub now: Timestamp,
}

/// Byte offsets into the stored bytes, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

impl Span {
    /// From the beginning of the earlier to the end of the later.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// One value that the artifact states, or one that it should but does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Extraction {
    /// The slug of a signal of the catalogue.
    pub signal: &'static str,
    /// The value; none unless `state` is ok.
    pub value: Option<f64>,
    /// Of a share: how many.
    pub numerator: Option<f64>,
    /// Of a share: out of how many.
    pub denominator: Option<f64>,
    /// The unit of the signal.
    pub unit: Unit,
    /// What the value speaks of: a project, an image, an account. Cleaned, at most 200 characters, maybe empty.
    pub subject: String,
    /// How sure that is, from 0 to 1. What should be looked at by a person is below 0.85: what is contradicted or one
    /// page of several, speaks of a pilot or of a part, is rounded, old or only meant by a phrase.
    ///
    /// Of an unknown it is how sure it is that the artifact should say the value and does not: 0.9, since a known
    /// format has said itself that it failed, skipped something or scanned nothing; less where the artifact as a whole
    /// is in doubt.
    pub confidence: f64,
    /// Why it is so sure, and how the value came about. Never empty.
    pub reasoning: String,
    /// When it was observed, where the artifact says so.
    pub observed_at: Option<Timestamp>,
    /// Where it stands.
    pub span: Span,
    /// `ok`, or `unknown` where the artifact should say it and does not.
    pub state: State,
}

/// What an artifact says.
#[derive(Clone, Debug, PartialEq)]
pub struct Extracted {
    /// The name of the format, or `unknown`.
    pub format: &'static str,
    /// The values, by subject and signal.
    pub extractions: Vec<Extraction>,
    /// What a person should know: why there is nothing, what was left out.
    pub notes: Vec<String>,
}

/// Reads what the artifact says.
///
/// The work is linear in the size of the artifact. What cannot be read is told in the notes; there is no error.
#[must_use]
pub fn extract(artifact: &Artifact<'_>, known: &Known<'_>) -> Extracted {
    let mut notes = Vec::new();
    let (mut format, mut extractions) = ("unknown", Vec::new());
    for layer in read::layers(artifact.bytes, &mut notes) {
        let bytes = layer.bytes.as_ref();
        let cx = Cx { subject: artifact.subject, filename: artifact.filename, known, cited: layer.cited };
        let mut out = Out::new(cx);
        if artifact.bytes.starts_with(b"%PDF") {
            out.doubt(0.8, "the text of a PDF, put together by where its pieces stand");
        }
        if let Some(word) = pilot(artifact) {
            out.doubt(0.6, format!("its name says that it is about a part only: {word}"));
        }
        let name = one(bytes, &mut out);
        if format == "unknown" || (extractions.is_empty() && !out.is_empty()) {
            format = name;
        }
        let (mut found, said) = out.done();
        extractions.append(&mut found);
        notes.extend(said.into_iter().map(|note| match &layer.name {
            Some(name) => format!("{}: {note}", clean(name, 80)),
            None => note,
        }));
    }
    contradictions(&mut extractions);
    if extractions.is_empty() && notes.is_empty() {
        notes.push("Nothing that a signal of the catalogue could be read from.".to_owned());
    }
    Extracted { format, extractions, notes }
}

/// The word in the name of the file or of the subject that says that this is not all.
fn pilot(artifact: &Artifact<'_>) -> Option<&'static str> {
    let named =
        words::plain(&format!("{} {}", artifact.filename.unwrap_or_default(), artifact.subject.unwrap_or_default()));
    ["pilot", "poc", "stichprobe", "steekproef", "échantillon", "excerpt", "partial"]
        .into_iter()
        .find(|word| named.split(' ').any(|w| w == *word))
}

/// True if a JSON document says that it is one page of several.
fn one_of_several(root: Val<'_>) -> bool {
    let more =
        ["NextToken", "nextToken", "next_page_token", "nextPageToken", "nextLink", "@odata.nextLink", "next_cursor"];
    root.is_object()
        && (more.iter().any(|key| root.at(key).text().is_some_and(|t| !t.trim().is_empty()))
            || ["hasNextPage", "has_more", "hasMore"].iter().any(|key| root.at(key).truth() == Some(true)))
}

/// Values of one signal and subject from several parts (runs, sheets, pages): the same value stands once, different ones
/// go to a person.
fn contradictions(extractions: &mut Vec<Extraction>) {
    let mut first: HashMap<(&'static str, String), usize> = HashMap::new();
    let mut drop = vec![false; extractions.len()];
    for i in 0..extractions.len() {
        let key = (extractions[i].signal, extractions[i].subject.clone());
        let Some(&before) = first.get(&key) else {
            first.insert(key, i);
            continue;
        };
        if extractions[before].value == extractions[i].value {
            drop[i] = true;
            continue;
        }
        for j in [before, i] {
            let e = &mut extractions[j];
            if e.confidence > 0.5 || !e.reasoning.contains("contradict") {
                e.confidence = e.confidence.min(0.5);
                e.reasoning.push_str("; other parts of the artifact say otherwise: they contradict each other");
            }
        }
    }
    let mut dropped = drop.into_iter();
    extractions.retain(|_| !dropped.next().unwrap_or(false));
}

/// Reads one body with the format that fits best.
fn one(bytes: &[u8], out: &mut Out<'_>) -> &'static str {
    let shape = match read::shape(bytes) {
        Ok(shape) => shape,
        Err(why) => {
            out.note(why);
            return "unknown";
        }
    };
    let mut best: Option<(u8, usize, usize)> = None;
    let mut consider = |score: u8, i: usize, row: usize| {
        if score >= formats::RECOGNISED && best.is_none_or(|(top, ..)| score > top) {
            best = Some((score, i, row));
        }
    };
    for (i, format) in FORMATS.iter().enumerate() {
        match (&format.reader, &shape) {
            (Reader::Json(score, _), Shape::Json(doc)) => consider(score(doc.root()), i, 0),
            (Reader::Xml(score, _), Shape::Xml(doc)) => consider(score(doc.root()), i, 0),
            (Reader::Table(score, _), Shape::Table(table)) => {
                for (row, headers) in table.candidates().iter().enumerate() {
                    consider(score(headers), i, row);
                }
            }
            (Reader::Text(score, _), Shape::Text(text)) => consider(score(text), i, 0),
            // what looks like a table may be a text with commas
            (Reader::Text(score, _), Shape::Table(table)) => consider(score(&table.text()), i, 0),
            _ => {}
        }
    }
    let Some((_, i, row)) = best else {
        out.note("No known format: nothing was read from it.");
        return "unknown";
    };
    match (&FORMATS[i].reader, &shape) {
        (Reader::Json(_, read), Shape::Json(doc)) => {
            if one_of_several(doc.root()) {
                out.doubt(0.7, "the document says that there is a further page");
            }
            read(doc.root(), out);
        }
        (Reader::Xml(_, read), Shape::Xml(doc)) => {
            if doc.cut {
                out.doubt(0.6, "the document ends before it should");
            }
            read(doc.root(), out);
        }
        (Reader::Table(_, read), Shape::Table(table)) => read(&table.sheet(row), out),
        (Reader::Text(_, read), Shape::Text(text)) => read(text, out),
        (Reader::Text(_, read), Shape::Table(table)) => {
            if table.regular && FORMATS[i].name == "text" {
                out.doubt(0.6, "it stands in a cell of a table of no known format");
            }
            read(&table.text(), out);
        }
        _ => {}
    }
    FORMATS[i].name
}

/// The stem of a file name, cleaned of what cannot be a name.
pub(crate) fn stem(filename: &str) -> &str {
    let base = words::basename(filename);
    base.split_once('.').map_or(base, |(stem, _)| if stem.is_empty() { base } else { stem })
}
