//! What scanners of hosts say together, whichever tool it is: weaknesses per host, and on how many hosts they could
//! sign in.

use std::collections::{BTreeMap, HashSet};

use watchkeep_model::{Span as Length, Timestamp};

use crate::Span;
use crate::out::{Out, Trust, When};
use crate::severity::Severity;
use crate::tally::{Tally, VULN};

/// One open finding on one host.
pub(crate) struct Weakness<'a> {
    pub(crate) host: &'a str,
    /// The plugin, check or CVE.
    pub(crate) id: &'a str,
    pub(crate) severity: Option<Severity>,
    /// Text in which its CVE ids stand.
    pub(crate) cves: &'a str,
    pub(crate) first_seen: Option<Timestamp>,
    pub(crate) span: Span,
}

/// A report on hosts.
#[derive(Default)]
pub(crate) struct Hosts {
    pub(crate) hosts: HashSet<String>,
    tally: Tally,
    /// True if the report has first-seen dates.
    dated: bool,
    /// True if the report has a place for CVEs.
    has_cves: bool,
    /// Findings, and those of them that name a CVE.
    found: usize,
    with_cve: usize,
    /// Critical findings with their date.
    critical: Vec<(String, Option<Timestamp>, Span)>,
    /// Whether the scanner could sign in, by host.
    signed_in: BTreeMap<String, bool>,
    sign_in_hull: Option<Span>,
    /// Hosts that did not answer.
    pub(crate) unreachable: HashSet<String>,
    /// Findings that are not confirmed.
    pub(crate) potential: usize,
    /// Findings that are fixed, accepted or false.
    pub(crate) closed: usize,
}

impl Hosts {
    /// Of a report that has first-seen dates or not, and names CVEs or not.
    pub(crate) fn new(dated: bool, has_cves: bool) -> Self {
        Self { dated, has_cves, ..Self::default() }
    }

    pub(crate) fn see(&mut self, out: &Out<'_>, w: &Weakness<'_>) {
        self.hosts.insert(w.host.to_owned());
        let key = format!("{} {}", w.host, w.id);
        if w.severity == Some(Severity::Critical) {
            self.critical.push((key.clone(), w.first_seen, w.span));
        }
        if w.severity != Some(Severity::Info) {
            self.found += 1;
            self.with_cve += usize::from(named(w).next().is_some());
        }
        if w.severity != Some(Severity::Info)
            && let Some(kev) = out.cx.known.kev
            && named(w).any(|cve| kev.contains(cve))
        {
            self.tally.add("", "vuln_kev_open", key.clone(), w.span);
        }
        self.tally.rated("", VULN, w.severity, key, w.span);
    }

    pub(crate) fn sign_in(&mut self, host: &str, worked: bool, span: Span) {
        self.hosts.insert(host.to_owned());
        // one host may be scanned twice: one success is enough
        *self.signed_in.entry(host.to_owned()).or_default() |= worked;
        self.sign_in_hull = Some(self.sign_in_hull.map_or(span, |h| h.and(span)));
    }

    /// Writes what they say of the subject.
    pub(crate) fn tell(mut self, out: &mut Out<'_>, what: &str, named: &str, place: Span, at: When) {
        let subject = out.subject(named);
        let answered = self.hosts.difference(&self.unreachable).count();
        if answered == 0 {
            let why = if self.unreachable.is_empty() {
                "the report names no host that was scanned"
            } else {
                "no host could be reached"
            };
            for signal in ["vuln_critical_open", "vuln_high_open"] {
                out.unknown(signal, &subject.name, place, why, at);
            }
            return;
        }
        if !self.unreachable.is_empty() {
            out.note(format!(
                "{} hosts could not be reached; they are not among the {answered} that count.",
                self.unreachable.len()
            ));
        }
        if self.potential > 0 {
            out.note(format!("{} findings are potential, not confirmed; they do not count.", self.potential));
        }
        self.tally.open_pair("", VULN);
        if out.cx.known.kev.is_some() && self.has_cves {
            self.tally.open("", "vuln_kev_open");
        }
        if self.dated {
            let old = at.or_now(out).minus(Length::days(30));
            let group = self.tally.open("", "vuln_critical_open_gt_30d");
            group.unrated += self.critical.iter().filter(|(_, since, _)| since.is_none()).count();
            group.rated += self.critical.len();
            for (key, since, span) in &self.critical {
                if since.is_some_and(|t| t < old) {
                    self.tally.add("", "vuln_critical_open_gt_30d", key.clone(), *span);
                }
            }
        }
        let trust = Trust::exact(format!(
            "{what}: {answered} hosts, each finding counts once per host, {} fixed or accepted ones do not",
            self.closed
        ))
        .cap_if(
            !self.unreachable.is_empty(),
            0.86,
            format!("{} hosts could not be reached", self.unreachable.len()),
        );
        // what no CVE is named for is on no list; but a report may have left them out
        let (kev, rest) = self.tally.of_subject(&subject.name).parted("vuln_kev_open");
        let unnamed = trust.clone().cap_if(
            self.found > 0 && self.with_cve == 0,
            0.8,
            "no finding names a CVE, which may be because the report leaves them out",
        );
        out.tally(&rest, &trust, place, at, Ok(()));
        out.tally(&kev, &unnamed, place, at, Ok(()));
        if !self.signed_in.is_empty() {
            let worked = self.signed_in.values().filter(|w| **w).count() as f64;
            let trust = Trust::exact(format!("{what}: hosts on which the scanner could sign in"));
            let span = self.sign_in_hull.unwrap_or(place);
            out.share(
                "vuln_credentialed_scan_pct",
                &subject.name,
                (worked, self.signed_in.len() as f64),
                span,
                &trust,
                at,
            );
        }
    }
}

/// The CVE ids of a finding; its own id may be one.
fn named<'w>(w: &Weakness<'w>) -> impl Iterator<Item = &'w str> {
    cves(w.cves).chain(cves(w.id))
}

/// The CVE ids in a text.
pub(crate) fn cves(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("CVE-").filter_map(|(at, _)| {
        let rest = &text[at + 4..];
        let len = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'-').count();
        (len >= 9).then(|| &text[at..at + 4 + len])
    })
}
