//! Where formats put what they found. The rules that hold for all of them are here: what names a subject, when zero is
//! an answer, what lowers confidence.

use watchkeep_model::Timestamp;
use watchkeep_model::catalog;
use watchkeep_model::kri::{self, State};
use watchkeep_model::text::clean;

use crate::tally::Tally;
use crate::{Extraction, Known, Span, extract};

/// More than this many values are not one artifact's.
const MOST: usize = 2_000;
const MOST_NOTES: usize = 20;

/// What a format may know besides the document.
#[derive(Clone, Copy)]
pub(crate) struct Cx<'a> {
    pub(crate) subject: Option<&'a str>,
    pub(crate) filename: Option<&'a str>,
    pub(crate) known: &'a Known<'a>,
    /// What stands for each span where the body is not the stored bytes themselves.
    pub(crate) cited: Option<Span>,
}

/// What values speak of.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) name: String,
    /// True if the file or the sender named it; a file name alone is no statement of what was scanned.
    pub(crate) named: bool,
}

/// How sure, and why.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    confidence: f64,
    reasons: Vec<String>,
}

impl Trust {
    /// A known format, read exactly.
    pub(crate) fn exact(what: impl Into<String>) -> Self {
        Self::of(0.95, what)
    }

    pub(crate) fn of(confidence: f64, what: impl Into<String>) -> Self {
        Self { confidence, reasons: vec![what.into()] }
    }

    /// No more than `most`, for a reason.
    #[must_use]
    pub(crate) fn cap(mut self, most: f64, why: impl Into<String>) -> Self {
        self.confidence = self.confidence.min(most);
        self.reasons.push(why.into());
        self
    }

    #[must_use]
    pub(crate) fn cap_if(self, when: bool, most: f64, why: impl Into<String>) -> Self {
        if when { self.cap(most, why) } else { self }
    }
}

pub(crate) struct Out<'c> {
    pub(crate) cx: Cx<'c>,
    items: Vec<Extraction>,
    notes: Vec<String>,
    doubts: Vec<(f64, String)>,
}

impl<'c> Out<'c> {
    pub(crate) fn new(cx: Cx<'c>) -> Self {
        Self { cx, items: Vec::new(), notes: Vec::new(), doubts: Vec::new() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.cx.known.now
    }

    /// From the file, else from the sender, else from the file name.
    pub(crate) fn subject(&self, from_file: &str) -> Subject {
        for name in [Some(from_file), self.cx.subject].into_iter().flatten() {
            let name = clean(name, 200);
            if !name.is_empty() {
                return Subject { name, named: true };
            }
        }
        let name = self.cx.filename.map(|f| clean(extract::stem(f), 200)).unwrap_or_default();
        Subject { name, named: false }
    }

    /// Something a person should know.
    pub(crate) fn note(&mut self, what: impl Into<String>) {
        if self.notes.len() < MOST_NOTES {
            self.notes.push(what.into());
        }
    }

    /// Holds for every value that follows.
    pub(crate) fn doubt(&mut self, most: f64, why: impl Into<String>) {
        self.doubts.push((most, why.into()));
    }

    /// A count.
    pub(crate) fn count(&mut self, signal: &'static str, subject: &str, n: f64, span: Span, trust: &Trust, at: When) {
        self.put(signal, subject, State::Ok, Some(n), None, span, trust, at);
    }

    /// A share: `part` of `all`. Of nothing it is unknown.
    pub(crate) fn share(
        &mut self,
        signal: &'static str,
        subject: &str,
        (part, all): (f64, f64),
        span: Span,
        trust: &Trust,
        at: When,
    ) {
        if all <= 0.0 {
            self.unknown(signal, subject, span, "there is nothing to take a share of", at);
            return;
        }
        self.put(signal, subject, State::Ok, Some(100.0 * part / all), Some((part, all)), span, trust, at);
    }

    /// What should be known but is not.
    pub(crate) fn unknown(&mut self, signal: &'static str, subject: &str, span: Span, why: &str, at: When) {
        let trust = Trust::of(0.9, format!("unknown: {why}"));
        self.put(signal, subject, State::Unknown, None, None, span, &trust, at);
    }

    /// All groups of a tally. `zero` says whether an empty group is a true zero, or why it is not; an empty group
    /// stands at `place`.
    pub(crate) fn tally(&mut self, tally: &Tally, trust: &Trust, place: Span, at: When, zero: Result<(), &str>) {
        for (subject, signal, group) in tally.groups() {
            let span = group.hull().unwrap_or(place);
            let n = group.count();
            if n == 0 && group.unrated > 0 && group.unrated * 10 > group.rated {
                let why = format!("{} findings carry no severity that could be read", group.unrated);
                self.unknown(signal, subject, span, &why, at);
            } else if let (0, Err(why)) = (n, zero) {
                self.unknown(signal, subject, span, why, at);
            } else {
                // a few among many change little; a zero among them is still for a person to see
                let few = n > 0 && group.unrated * 20 <= group.rated;
                let trust = trust.clone().cap_if(
                    group.unrated > 0,
                    if few { 0.86 } else { 0.6 },
                    format!("{} more findings carry no severity, so that this is the least it can be", group.unrated),
                );
                self.count(signal, subject, n as f64, span, &trust, at);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of an extraction, filled in one place")]
    fn put(
        &mut self,
        signal: &'static str,
        subject: &str,
        state: State,
        value: Option<f64>,
        of: Option<(f64, f64)>,
        span: Span,
        trust: &Trust,
        at: When,
    ) {
        let Some(known) = catalog::signal(signal) else { return };
        if self.items.len() >= MOST {
            if self.items.len() == MOST {
                self.note(format!("More than {MOST} values: the rest was left out."));
            }
            return;
        }
        let mut trust = trust.clone();
        for (most, why) in &self.doubts {
            trust = trust.cap(*most, why.clone());
        }
        let (numerator, denominator) = of.unzip();
        if let Some(value) = value
            && let Err(flaw) = kri::check(known.unit, value, numerator, denominator)
        {
            self.note(format!("{signal}: {value} cannot be: {flaw:?}"));
            return;
        }
        let subject = clean(subject, 200);
        if subject.is_empty() {
            trust = trust.cap(0.8, "nothing says what it speaks of: give a subject");
        }
        let mut observed_at = at.0;
        if observed_at.is_some_and(|at| at > self.now().plus(watchkeep_model::Span::days(1))) {
            self.note("The date of the report lies in the future and is not used.");
            observed_at = None;
        }
        let mut reasoning = trust.reasons.join("; ");
        if let Some((part, all)) = of {
            reasoning = format!("{part} of {all}; {reasoning}");
        }
        self.items.push(Extraction {
            signal,
            value,
            numerator,
            denominator,
            unit: known.unit,
            subject,
            confidence: trust.confidence,
            reasoning: clean(&reasoning, 500),
            observed_at,
            span: self.cx.cited.unwrap_or(span),
            state,
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(crate) fn done(self) -> (Vec<Extraction>, Vec<String>) {
        (self.items, self.notes)
    }
}

/// When something was observed, if the file says so.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct When(pub(crate) Option<Timestamp>);

impl When {
    pub(crate) fn text(text: &str) -> Self {
        Self(crate::dates::parse(text))
    }

    /// The date of the report, or now.
    pub(crate) fn or_now(self, out: &Out<'_>) -> Timestamp {
        self.0.unwrap_or(out.now())
    }
}
