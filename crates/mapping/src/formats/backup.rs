//! Backup jobs: exports and logs.

use std::collections::{BTreeMap, BTreeSet};

use watchkeep_model::{Span as Length, Timestamp};

use crate::out::{Out, Trust, When};
use crate::read::table::{Headers, Sheet};
use crate::read::text::Text;
use crate::{Span, dates, words};

const SYSTEM: [&str; 20] = [
    "system",
    "machine",
    "vm",
    "vm name",
    "client",
    "server",
    "host",
    "hostname",
    "object",
    "protected item",
    "workload",
    "resource",
    "device",
    "client name",
    "source",
    "machine name",
    "computer",
    "asset",
    "resource id",
    "resource name",
];
const JOB: [&str; 12] = [
    "job",
    "job name",
    "backup job",
    "policy",
    "plan",
    "task",
    "backup name",
    "backup plan",
    "backup",
    "auftrag",
    "plan name",
    "backup job id",
];
const RESULT: [&str; 12] = [
    "status",
    "result",
    "job status",
    "last result",
    "state",
    "outcome",
    "backup status",
    "last status",
    "last backup status",
    "session result",
    "ergebnis",
    "resultaat",
];
const TIME: [&str; 16] = [
    "end time",
    "end",
    "finished",
    "completed",
    "completion time",
    "finish time",
    "start time",
    "start",
    "time",
    "date",
    "last run",
    "started",
    "last run time",
    "creation time",
    "timestamp",
    "backup time",
];
const LAST_GOOD: [&str; 7] = [
    "last successful backup",
    "last success",
    "last good backup",
    "last backup",
    "last successful",
    "latest restore point",
    "last restore point",
];
const RPO_HOURS: [&str; 5] = ["rpo hours", "rpo h", "rpo in hours", "rpo target hours", "rpo"];
const RPO_MET: [&str; 6] = ["rpo met", "within rpo", "rpo ok", "rpo compliant", "rpo compliance", "in rpo"];
const RPO_BROKEN: [&str; 5] = ["rpo breach", "rpo breached", "rpo violated", "rpo missed", "rpo exceeded"];

/// True if the header speaks of backups.
fn named(h: &Headers) -> bool {
    let words = ["backup", "back up", "sicherung", "sauvegarde", "rpo", "restore"];
    h.names.iter().any(|n| words.iter().any(|w| n.contains(w)))
}

pub(crate) fn is_csv(h: &Headers) -> u8 {
    let named = named(h);
    let what = h.col(&JOB).or(h.col(&SYSTEM)).is_some();
    let result = h.col(&RESULT).is_some();
    let rpo = h.col(&RPO_MET).or(h.col(&RPO_BROKEN)).is_some()
        || (h.col(&RPO_HOURS).is_some() && h.col(&LAST_GOOD).is_some());
    let session =
        h.col(&["job name", "job", "policy", "plan name", "backup job id"]).is_some() && h.col(&TIME).is_some();
    match (what, result, named) {
        (true, true, true) => 72,
        (true, true, false) if session => 50,
        (true, false, _) if rpo => 72,
        _ => 0,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Good,
    Warned,
    Bad,
    Open,
}

fn outcome(text: &str) -> Option<Outcome> {
    let word = words::plain(text);
    let has = |names: &[&str]| names.iter().any(|n| word == *n || word.starts_with(&format!("{n} ")));
    if has(&[
        "completed with errors",
        "completed with failures",
        "failed",
        "failure",
        "fail",
        "error",
        "errors",
        "aborted",
        "missed",
        "timed out",
        "expired",
        "fehlgeschlagen",
        "fehler",
        "mislukt",
        "échec",
        "échoué",
        "not completed",
        "unsuccessful",
        "did not run",
        "partially failed",
    ]) {
        Some(Outcome::Bad)
    } else if has(&[
        "warning",
        "warnings",
        "completed with warnings",
        "success with warnings",
        "partial",
        "partially successful",
        "warnung",
        "waarschuwing",
        "completed with exceptions",
        "avertissement",
    ]) {
        Some(Outcome::Warned)
    } else if has(&[
        "success",
        "successful",
        "succeeded",
        "completed",
        "complete",
        "ok",
        "passed",
        "done",
        "finished",
        "successfully",
        "erfolgreich",
        "erfolg",
        "geslaagd",
        "gelukt",
        "réussi",
        "réussie",
        "succès",
    ]) {
        Some(Outcome::Good)
    } else if has(&[
        "running",
        "in progress",
        "pending",
        "queued",
        "scheduled",
        "working",
        "idle",
        "waiting",
        "starting",
        "läuft",
        "bezig",
        "en cours",
    ]) {
        Some(Outcome::Open)
    } else {
        None
    }
}

/// Jobs with their outcome and time.
#[derive(Default)]
struct Jobs {
    list: Vec<(Outcome, Option<Timestamp>, Span)>,
    unread: usize,
}

impl Jobs {
    fn tell(&self, out: &mut Out<'_>, subject: &str, trust: Trust, place: Span) {
        let signal = "backup_success_pct";
        let newest = self.list.iter().filter_map(|(_, at, _)| *at).max();
        // of a long history only the last seven days count
        let from = newest.map(|t| t.minus(Length::days(7)));
        let due: Vec<_> = self
            .list
            .iter()
            .filter(|(o, at, _)| *o != Outcome::Open && (from.is_none() || at.is_none() || *at >= from))
            .collect();
        let open = self.list.iter().filter(|(o, ..)| *o == Outcome::Open).count();
        let n = |what: Outcome| due.iter().filter(|(o, ..)| *o == what).count();
        let (good, warned) = (n(Outcome::Good), n(Outcome::Warned));
        let span = due.iter().map(|(_, _, span)| *span).reduce(Span::and).unwrap_or(place);
        if due.is_empty() {
            out.unknown(signal, subject, span, "no job has ended", When(newest));
            return;
        }
        let old = self.list.len() - open - due.len();
        let trust = trust
            .cap_if(warned > 0, 0.75, format!("{warned} jobs ended with a warning; they are taken as a success"))
            .cap_if(self.unread > 0, 0.6, format!("the outcome of {} jobs could not be read", self.unread))
            .cap_if(newest.is_none(), 0.8, "no date tells when the jobs ran")
            .cap_if(old > 0, 0.9, format!("{old} jobs older than seven days before the newest are left out"));
        out.share(signal, subject, ((good + warned) as f64, due.len() as f64), span, &trust, When(newest));
    }
}

pub(crate) fn read_csv(sheet: &Sheet<'_>, out: &mut Out<'_>) {
    let h = sheet.headers;
    let (system, job, result) = (h.col(&SYSTEM), h.col(&JOB), h.col(&RESULT));
    let time = h.col(&TIME);
    let (hours, good) = (h.col(&RPO_HOURS), h.col(&LAST_GOOD));
    let (met, broken) = (h.col(&RPO_MET), h.col(&RPO_BROKEN));
    if !named(h) {
        out.doubt(0.6, "no column says that it is about backups");
    }
    let mut jobs = Jobs::default();
    let mut systems = BTreeSet::new();
    let mut breaches: BTreeMap<String, Span> = BTreeMap::new();
    let (mut judged, mut unread_rpo) = (0, 0);
    let mut newest = None;
    sheet.rows(|row| newest = newest.max(dates::parse(&row.get(good))).max(dates::parse(&row.get(time))));
    let stale = newest.is_some_and(|t| t < out.now().minus(Length::days(7)));
    let now = if stale { newest.unwrap_or(out.now()) } else { out.now() };
    sheet.rows(|row| {
        let name = if system.is_some() { row.get(system) } else { row.get(job) }.into_owned();
        if name.is_empty() || words::plain(&name) == "total" {
            return;
        }
        if system.is_some() && systems.len() < 3 {
            systems.insert(name.clone());
        }
        if result.is_some() {
            match outcome(&row.get(result)) {
                Some(outcome) => jobs.list.push((outcome, dates::parse(&row.get(time)), row.span)),
                None => jobs.unread += 1,
            }
        }
        let breach = match (met, broken) {
            (Some(_), _) => words::truth(&row.get(met)).map(|ok| !ok),
            (None, Some(_)) => words::truth(&row.get(broken)),
            _ if hours.is_some() && good.is_some() => {
                match (words::number(row.get(hours).trim_end_matches(['h', 'H', ' '])), dates::parse(&row.get(good))) {
                    (Some(hours), Some(at)) if hours > 0.0 && hours < 1e5 => {
                        Some(at < now.minus(Length::minutes((hours * 60.0) as i64)))
                    }
                    _ => None,
                }
            }
            _ => return,
        };
        match breach {
            Some(true) => {
                judged += 1;
                breaches.insert(name, row.span);
            }
            Some(false) => judged += 1,
            None => unread_rpo += 1,
        }
    });
    let one = if systems.len() == 1 { systems.pop_first().unwrap_or_default() } else { String::new() };
    let subject = out.subject(&one);
    if result.is_some() {
        jobs.tell(out, &subject.name, Trust::of(0.93, "backup jobs that ended, by their result"), sheet.span());
    }
    if judged + unread_rpo > 0 {
        let span = breaches.values().copied().reduce(Span::and).unwrap_or(sheet.span());
        if judged == 0 {
            out.unknown(
                "backup_rpo_breach_systems",
                &subject.name,
                span,
                "no row says whether the objective is met",
                When(None),
            );
        } else {
            let trust = Trust::of(0.93, format!("systems of {judged} that miss their recovery point objective"))
                .cap_if(unread_rpo > 0, 0.6, format!("{unread_rpo} rows could not be read"))
                .cap_if(
                    stale && met.is_none() && broken.is_none(),
                    0.7,
                    "the newest date is over seven days old; ages are counted to it",
                );
            out.count("backup_rpo_breach_systems", &subject.name, breaches.len() as f64, span, &trust, When(None));
        }
    }
}

/// Words of a line of a log that say that something is about a backup.
const ABOUT: [&str; 5] = ["backup", "sicherung", "sauvegarde", "back-up", "vzdump"];

/// The outcome that a line of a log tells of a backup job.
fn logged(line: &str) -> Option<Outcome> {
    let lower = line.to_lowercase();
    if !ABOUT.iter().any(|w| lower.contains(w)) {
        return None;
    }
    let ended = [
        "finished",
        "completed",
        "succeeded",
        "failed",
        "ended",
        "beendet",
        "abgeschlossen",
        "fehlgeschlagen",
        "voltooid",
        "mislukt",
        "terminée",
        "échoué",
        "success",
    ];
    if !ended.iter().any(|w| lower.contains(w)) {
        return None;
    }
    let bad = [
        "failed",
        "failure",
        "with errors",
        "with error",
        "fehlgeschlagen",
        "mislukt",
        "échoué",
        "échec",
        "not completed",
        "unsuccessful",
    ];
    let warned = ["warning", "warnung", "waarschuwing", "avertissement"];
    Some(if bad.iter().any(|w| lower.contains(w)) && !lower.contains("0 failed") && !lower.contains("no fail") {
        Outcome::Bad
    } else if warned.iter().any(|w| lower.contains(w)) {
        Outcome::Warned
    } else {
        Outcome::Good
    })
}

/// The outcome of a run of Borg, by its last words.
fn farewell(line: &str) -> Option<Outcome> {
    match line.split_once("terminating with ")?.1.split_whitespace().next()? {
        "success" => Some(Outcome::Good),
        "warning" => Some(Outcome::Warned),
        "error" => Some(Outcome::Bad),
        _ => None,
    }
}

/// What a line says was backed up: `Backup of VM 101 failed`, `backup of srv-db01 finished`.
fn object(line: &str) -> Option<String> {
    let lower = line.to_lowercase();
    let rest = ["backup of ", "backup for ", "sicherung von ", "back-up van ", "sauvegarde de "]
        .iter()
        .find_map(|w| lower.split_once(w).map(|(_, rest)| rest))?;
    let mut words = rest.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(')).filter(|w| !w.is_empty());
    let first = words.next()?.trim_matches(['"', '\'', ':', '.']);
    let kind = ["vm", "ct", "host", "server", "job", "client", "database", "volume", "the"];
    let name = if kind.contains(&first) {
        format!("{first} {}", words.next()?.trim_matches(['"', '\'', ':', '.']))
    } else {
        first.to_owned()
    };
    (!name.is_empty()).then_some(name)
}

/// The time at the beginning of a line of a log.
fn stamp(line: &str) -> Option<Timestamp> {
    let line = line.trim_start_matches(['[', '"']);
    let mut words = line.split_whitespace();
    let (first, second) = (words.next()?, words.next().unwrap_or_default());
    if !first.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let second = second.split([',', ']']).next().unwrap_or_default();
    dates::parse(&format!("{first} {second}")).or_else(|| dates::parse(first.trim_end_matches([']', ','])))
}

/// A time anywhere in a line: `INFO: Backup started at 2026-11-19 02:00:01`.
fn dated(line: &str) -> Option<Timestamp> {
    stamp(line).or_else(|| line.split_once(" at ").and_then(|(_, rest)| stamp(rest)))
}

/// True if a line has the look of a log: a time at its beginning, or a level.
fn of_log(line: &str) -> bool {
    let level = ["INFO", "ERROR", "WARN", "WARNING", "DEBUG", "NOTICE", "FATAL"];
    stamp(line).is_some()
        || line.split([':', ' ', ']']).next().is_some_and(|w| level.contains(&w.trim_matches(['[', ' '])))
}

pub(crate) fn is_log(text: &Text<'_>) -> u8 {
    let head = text.head(64 * 1024);
    let lines = head.lines().filter(|l| of_log(l) && farewell(l).or(logged(l)).is_some()).take(3).count();
    if lines >= 2 { 60 } else { 0 }
}

pub(crate) fn read_log(text: &Text<'_>, out: &mut Out<'_>) {
    let mut jobs = Jobs::default();
    // where lines name what was backed up, each counts once, by the last that is said of it
    let mut named: BTreeMap<String, (Outcome, Option<Timestamp>, Span)> = BTreeMap::new();
    // where runs say goodbye, nothing else counts
    let mut farewells = Vec::new();
    let mut last = None;
    for (line, span) in text.lines() {
        let cut = (0..=line.len().min(2000)).rev().find(|n| line.is_char_boundary(*n)).unwrap_or(0);
        let line = &line[..cut];
        last = dated(line).or(last);
        if !of_log(line) {
            continue;
        }
        if let Some(outcome) = farewell(line) {
            farewells.push((outcome, last, span));
            continue;
        }
        let Some(outcome) = logged(line) else { continue };
        match object(line) {
            Some(name) if named.len() < 10_000 => {
                named.insert(name, (outcome, last, span));
            }
            Some(_) => {}
            None => jobs.list.push((outcome, last, span)),
        }
    }
    if !farewells.is_empty() {
        jobs.list = farewells;
    } else if !named.is_empty() {
        jobs.list = named.into_values().collect();
    }
    let subject = out.subject("");
    jobs.tell(out, &subject.name, Trust::of(0.75, "lines of a log that tell how a backup job ended"), text.span());
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{said, says};

    #[test]
    fn jobs_by_their_result() {
        let text = "Job Name,VM,Backup Status,End Time\nj,a,Success,2026-11-19 22:00\nj,b,Failed,2026-11-19 22:10\nj,c,Success,2026-11-19 22:20\nj,d,Success,2026-11-19 22:30\nj,e,Running,2026-11-19 22:40\n";
        says(text, "backup-csv", &[("backup_success_pct", Some(75.0))]);
        assert!(said(text).extractions[0].confidence > 0.85);
    }

    #[test]
    fn systems_that_miss_their_objective() {
        let text = "System,RPO hours,Last successful backup\na,24,2026-11-20 01:00\nb,24,2026-11-10 01:00\n";
        says(text, "backup-csv", &[("backup_rpo_breach_systems", Some(1.0))]);
    }

    #[test]
    fn jobs_of_anything_go_to_review() {
        let got = said("Job Name,Status,End Time\nbuild,Success,2026-11-19 22:00\ntest,Failed,2026-11-19 22:10\n");
        assert!(got.extractions.iter().all(|e| e.confidence < 0.85), "{got:?}");
    }

    #[test]
    fn a_log_goes_to_review() {
        let text = "2026-11-19 22:00:01 backup job files finished successfully\n2026-11-19 23:00:01 backup job mail failed: disk full\nother\n";
        says(text, "backup-log", &[("backup_success_pct", Some(50.0))]);
        assert!(said(text).extractions[0].confidence < 0.85);
    }

    #[test]
    fn what_was_backed_up_counts_once() {
        let text = "INFO: Starting Backup of VM 100 (qemu)\nINFO: Backup started at 2026-11-19 02:00:01\nINFO: Finished Backup of VM 100 (00:02:11)\nINFO: Backup finished at 2026-11-19 02:02:12\n\
            ERROR: Backup of VM 101 failed - got timeout\nINFO: Backup job finished with errors\n";
        says(text, "backup-log", &[("backup_success_pct", Some(50.0))]);
        let borg = "2026-11-19 03:00:31,121 terminating with success status, rc 0\n2026-11-19 03:01:00,120 Failed to lock /backup/db\n2026-11-19 03:01:31,121 terminating with error status, rc 2\n";
        says(borg, "backup-log", &[("backup_success_pct", Some(50.0))]);
    }
}
