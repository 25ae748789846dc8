//! Counting distinct things per signal and subject, with where they stand.

use std::collections::{BTreeMap, HashSet};

use crate::Span;
use crate::severity::Severity;

/// What was counted for one signal of one subject.
#[derive(Default, Debug)]
pub(crate) struct Group {
    keys: HashSet<String>,
    hull: Option<Span>,
    /// Things that could not be judged, such as findings without a severity.
    pub(crate) unrated: usize,
    /// Things that were judged, whether they counted or not.
    pub(crate) rated: usize,
}

impl Group {
    pub(crate) fn count(&self) -> usize {
        self.keys.len()
    }

    /// From the first to the last thing that was counted.
    pub(crate) fn hull(&self) -> Option<Span> {
        self.hull
    }
}

/// Groups by subject, then signal.
#[derive(Default, Debug)]
pub(crate) struct Tally {
    groups: BTreeMap<(String, &'static str), Group>,
}

impl Tally {
    /// Makes sure that the group is there: it was looked for, so that zero is an answer.
    pub(crate) fn open(&mut self, subject: &str, signal: &'static str) -> &mut Group {
        self.groups.entry((subject.to_owned(), signal)).or_default()
    }

    /// Counts the thing of that key once.
    pub(crate) fn add(&mut self, subject: &str, signal: &'static str, key: impl Into<String>, span: Span) {
        let group = self.open(subject, signal);
        group.keys.insert(key.into());
        group.hull = Some(group.hull.map_or(span, |hull| hull.and(span)));
    }

    /// The groups of the nameless subject under a name.
    pub(crate) fn of_subject(self, name: &str) -> Self {
        Self {
            groups: self.groups.into_iter().map(|((_, signal), group)| ((name.to_owned(), signal), group)).collect(),
        }
    }

    /// The groups of one signal, and all others.
    pub(crate) fn parted(self, signal: &str) -> (Self, Self) {
        let (one, rest) = self.groups.into_iter().partition(|((_, name), _)| *name == signal);
        (Self { groups: one }, Self { groups: rest })
    }

    /// True if nothing was looked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// All groups, in the order of subject and signal.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (&str, &'static str, &Group)> {
        self.groups.iter().map(|((subject, signal), group)| (subject.as_str(), *signal, group))
    }
}

/// The signals for findings of critical and of high severity.
#[derive(Clone, Copy)]
pub(crate) struct Pair {
    critical: &'static str,
    high: &'static str,
}

/// Packages of operating systems, hosts.
pub(crate) const VULN: Pair = Pair { critical: "vuln_critical_open", high: "vuln_high_open" };
/// Packages of own software.
pub(crate) const SCA: Pair = Pair { critical: "sca_critical_open", high: "sca_high_open" };

impl Tally {
    /// Makes sure that both signals are there.
    pub(crate) fn open_pair(&mut self, subject: &str, pair: Pair) {
        self.open(subject, pair.critical);
        self.open(subject, pair.high);
    }

    /// Counts a finding by its severity; one without a severity may be either.
    pub(crate) fn rated(&mut self, subject: &str, pair: Pair, severity: Option<Severity>, key: String, span: Span) {
        self.open_pair(subject, pair);
        if severity.is_some() {
            self.open(subject, pair.critical).rated += 1;
            self.open(subject, pair.high).rated += 1;
        }
        match severity {
            Some(Severity::Critical) => self.add(subject, pair.critical, key, span),
            Some(Severity::High) => self.add(subject, pair.high, key, span),
            Some(_) => {}
            None => {
                self.open(subject, pair.critical).unrated += 1;
                self.open(subject, pair.high).unrated += 1;
            }
        }
    }

    /// Counts a finding of a signal that has only the critical ones.
    pub(crate) fn critical(
        &mut self,
        subject: &str,
        signal: &'static str,
        severity: Option<Severity>,
        key: String,
        span: Span,
    ) {
        if severity.is_some() {
            self.open(subject, signal).rated += 1;
        }
        match severity {
            Some(Severity::Critical) => self.add(subject, signal, key, span),
            Some(_) => {}
            None => self.open(subject, signal).unrated += 1,
        }
    }
}
