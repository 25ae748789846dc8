//! Tables and JSON of no known tool: names of signals and their values, one pair a row or one column a signal.

use watchkeep_model::catalog;
use watchkeep_model::kri::Unit;

use crate::lexicon::{self, Strength};
use crate::out::{Out, Trust, When};
use crate::read::json::Val;
use crate::read::table::{Headers, Sheet};
use crate::{Span, dates, words};

pub(super) const NAME: [&str; 23] = [
    "signal",
    "kri",
    "metric",
    "indicator",
    "kpi",
    "measure",
    "slug",
    "metric name",
    "signal name",
    "name",
    "kennzahl",
    "indicateur",
    "indicator naam",
    "messwert",
    "item",
    "control metric",
    "key risk indicator",
    "indikator",
    "kennzahlen",
    "indicateurs",
    "metriek",
    "kri name",
    "title",
];
const VALUE: [&str; 24] = [
    "value",
    "current",
    "current value",
    "actual",
    "result",
    "wert",
    "waarde",
    "valeur",
    "score",
    "measured",
    "ist",
    "aktuell",
    "huidig",
    "actuel",
    "count",
    "this month",
    "this week",
    "this quarter",
    "now",
    "today",
    "latest",
    "dieser monat",
    "deze maand",
    "ce mois",
];
const SUBJECT: [&str; 12] = [
    "subject",
    "scope",
    "business unit",
    "site",
    "team",
    "entity",
    "asset",
    "project",
    "standort",
    "vestiging",
    "department",
    "location",
];
const DATE: [&str; 15] = [
    "date",
    "observed at",
    "as of",
    "measured at",
    "timestamp",
    "period end",
    "month",
    "datum",
    "stand",
    "reporting date",
    "observedat",
    "time",
    "ts",
    "generated",
    "generated at",
];

/// A number in a cell that fits the unit, and whether it fits without doubt.
pub(crate) fn fitting(cell: &str, unit: Unit, percent_named: bool) -> Option<f64> {
    let percent = cell.trim().ends_with('%');
    let cell = cell.trim();
    let bare = match unit {
        Unit::Percent => cell.trim_end_matches('%').trim(),
        Unit::Days => cell.trim_end_matches("days").trim_end_matches("day").trim_end_matches(['d', ' ']),
        Unit::Hours => cell.trim_end_matches("hours").trim_end_matches("hour").trim_end_matches(['h', ' ']),
        _ => cell,
    };
    let n = match words::number(bare) {
        Some(n) => n,
        // one point and three digits: no count has a fraction, no share has thousands
        None => {
            let (whole, rest) = bare.split_once('.')?;
            let digits = |part: &str, len: std::ops::RangeInclusive<usize>| {
                len.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
            };
            if !digits(whole, 1..=3) || !digits(rest, 3..=3) {
                return None;
            }
            if unit == Unit::Count { format!("{whole}{rest}").parse().ok()? } else { bare.parse().ok()? }
        }
    };
    match unit {
        Unit::Count if percent || n.fract() != 0.0 => None,
        // 0.97 may be a share of one: nobody can tell
        Unit::Percent if !percent && n > 0.0 && n <= 1.0 => None,
        Unit::Percent if !percent && !percent_named => None,
        Unit::Percent if n > 100.0 => None,
        _ if n < 0.0 => None,
        _ => Some(n),
    }
}

/// The column that holds what is now: by its name, else the latest of columns that are periods. The second is true for
/// the latter.
pub(super) fn now_column(headers: &[String], name: usize) -> Option<(usize, bool)> {
    let plain: Vec<String> = headers.iter().map(|h| words::plain(h)).collect();
    let by_name =
        VALUE.iter().chain(&["status"]).find_map(|v| plain.iter().position(|p| p == v)).filter(|c| *c != name);
    if let Some(column) = by_name {
        return Some((column, false));
    }
    let mut periods: Vec<((u32, u32), usize)> =
        plain.iter().enumerate().filter(|(i, _)| *i != name).filter_map(|(i, p)| Some((period(p)?, i))).collect();
    // months without a year may turn over: two of them in order are one after the other
    let turned = periods.iter().any(|((_, m), _)| *m == 12) && periods.iter().any(|((y, m), _)| *y == 0 && *m == 1);
    if turned {
        return None;
    }
    periods.sort_unstable();
    periods.last().filter(|_| periods.len() >= 2).map(|(_, column)| (*column, true))
}

/// The year (0 if it is not said) and the month, quarter or week that a header names.
fn period(plain: &str) -> Option<(u32, u32)> {
    let words: Vec<&str> = plain.split(' ').collect();
    let year = |w: &str| w.parse::<u32>().ok().filter(|y| (1990..2100).contains(y));
    let part = |w: &str| {
        dates::month(w).or_else(|| {
            let digits = w.strip_prefix('q').or_else(|| w.strip_prefix("kw")).or_else(|| w.strip_prefix('w'))?;
            digits.parse().ok().filter(|n| (1..=53).contains(n))
        })
    };
    match words.as_slice() {
        [one] => part(one).map(|m| (0, m)),
        [a, b] => match (year(a), year(b)) {
            (Some(y), None) => part(b).or_else(|| b.parse().ok().filter(|m| (1..=12).contains(m))).map(|m| (y, m)),
            (None, Some(y)) => part(a).or_else(|| a.parse().ok().filter(|m| (1..=12).contains(m))).map(|m| (y, m)),
            (None, None) if matches!(*a, "q" | "kw" | "week" | "woche") => {
                b.parse().ok().filter(|n| (1..=53).contains(n)).map(|n| (0, n))
            }
            _ => None,
        },
        _ => None,
    }
}

fn confidence(strength: Strength, exact_headers: bool) -> Trust {
    match (strength, exact_headers) {
        (Strength::Exact, true) => {
            Trust::of(0.93, "the slug or name of the signal, under headers that say what they are")
        }
        (Strength::Exact, false) => Trust::of(0.8, "the slug or name of the signal"),
        (Strength::Phrase, _) => Trust::of(0.7, "a phrase that means the signal"),
        (Strength::Loose, _) => Trust::of(0.55, "a word of the catalogue for the signal"),
    }
}

pub(crate) fn is_pairs(h: &Headers) -> u8 {
    match h.col(&NAME) {
        Some(name) => match (h.col(&VALUE), now_column(&h.written, name)) {
            (Some(value), _) if name != value => 45,
            (_, Some(_)) => 42,
            _ => 0,
        },
        None => 0,
    }
}

/// One value of one signal.
pub(crate) struct Pair {
    pub(crate) signal: &'static str,
    pub(crate) value: f64,
    pub(crate) subject: String,
    pub(crate) at: When,
    pub(crate) span: Span,
    pub(crate) trust: Trust,
}

/// Writes pairs: of one signal and subject with dates the newest, of several without a date all for a person to judge.
pub(crate) fn tell(mut pairs: Vec<Pair>, out: &mut Out<'_>) {
    while let Some(first) = pairs.first() {
        crate::work::tick(pairs.len());
        let (signal, subject) = (first.signal, first.subject.clone());
        let (mut group, rest): (Vec<Pair>, Vec<Pair>) =
            pairs.into_iter().partition(|p| p.signal == signal && p.subject == subject);
        pairs = rest;
        let dated = group.iter().all(|p| p.at.0.is_some());
        if group.len() > 1 && dated {
            group.sort_by_key(|p| std::cmp::Reverse(p.at.0));
            if group[0].at.0 != group[1].at.0 {
                group.truncate(1);
            }
        }
        let contradict = group.iter().any(|p| p.value != group[0].value);
        if !contradict {
            group.truncate(1);
        }
        for pair in group {
            let trust = pair.trust.cap_if(
                contradict,
                0.5,
                "the artifact gives several values for it, which contradict each other",
            );
            out.count(pair.signal, &pair.subject, pair.value, pair.span, &trust, pair.at);
        }
    }
}

/// True if a cell or member says that the value beside it is wished for, a limit or a forecast.
fn goal(kind: &str) -> bool {
    let goals =
        ["target", "goal", "threshold", "limit", "forecast", "plan", "planned", "budget", "ziel", "doel", "objectif"];
    words::plain(kind).split(' ').any(|w| goals.contains(&w))
}

pub(crate) fn read_pairs(sheet: &Sheet<'_>, out: &mut Out<'_>) {
    let h = sheet.headers;
    let name = h.col(&NAME);
    let named = h.col(&VALUE).filter(|v| Some(*v) != name).map(|v| (v, false));
    let (value, latest) = named.or_else(|| now_column(&h.written, name?)).unzip();
    let latest = latest == Some(true);
    let (subject, date, unit) = (h.col(&SUBJECT), h.col(&DATE), h.col(&["unit", "einheit", "eenheid", "unité"]));
    let kind = h.col(&["type", "kind", "value type", "category", "art", "soort"]);
    let exact = h.col(&["signal", "kri", "slug"]).is_some() && h.col(&["value"]).is_some();
    let mut pairs = Vec::new();
    let (mut other, mut unread, mut goals) = (0, 0, 0);
    sheet.rows(|row| {
        if pairs.len() >= 2_000 {
            return;
        }
        if goal(&row.get(kind)) {
            goals += 1;
            return;
        }
        let label = row.get(name);
        let Some(hit) = lexicon::label(&label) else {
            other += 1;
            return;
        };
        let Some(known) = catalog::signal(hit.signal) else { return };
        let percent = label.contains('%')
            || matches!(row.get(unit).as_ref(), "%" | "percent" | "pct")
            || hit.strength == Strength::Exact;
        match fitting(&row.get(value), known.unit, percent) {
            Some(n) => pairs.push(Pair {
                signal: hit.signal,
                value: n,
                subject: out.subject(&row.get(subject)).name,
                at: When::text(&row.get(date)),
                span: row.span,
                trust: confidence(hit.strength, exact).cap_if(latest, 0.75, "the latest of several columns"),
            }),
            None => unread += 1,
        }
    });
    if unread > 0 {
        out.note(format!("{unread} rows name a signal but hold no number that fits it."));
    }
    if goals > 0 {
        out.note(format!("{goals} rows hold a goal or a forecast, not a value."));
    }
    if other > 0 {
        out.note(format!("{other} rows name no signal of the catalogue."));
    }
    tell(pairs, out);
}

pub(crate) fn is_wide(h: &Headers) -> u8 {
    let named =
        h.written.iter().filter(|w| lexicon::label(w).is_some_and(|hit| hit.strength >= Strength::Phrase)).count();
    if h.len() >= 2 && named >= 1 && named * 3 >= h.len() { 40 } else { 0 }
}

pub(crate) fn read_wide(sheet: &Sheet<'_>, out: &mut Out<'_>) {
    let h = sheet.headers;
    let (subject, date) = (h.col(&SUBJECT), h.col(&DATE));
    let columns: Vec<_> =
        h.written.iter().enumerate().filter_map(|(i, w)| Some((i, lexicon::label(w)?, w.contains('%')))).collect();
    let mut pairs: Vec<Pair> = Vec::new();
    sheet.rows(|row| {
        for (i, hit, percent) in &columns {
            let Some(known) = catalog::signal(hit.signal) else { continue };
            let percent = *percent || hit.strength == Strength::Exact;
            if pairs.len() < 2_000
                && let Some(n) = fitting(&row.get(Some(*i)), known.unit, percent)
            {
                pairs.push(Pair {
                    signal: hit.signal,
                    value: n,
                    subject: out.subject(&row.get(subject)).name,
                    at: When::text(&row.get(date)),
                    span: row.span,
                    trust: confidence(hit.strength, hit.strength == Strength::Exact),
                });
            }
        }
    });
    tell(pairs, out);
}

fn named<'d>(v: Val<'d>, names: &[&str]) -> Option<Val<'d>> {
    v.members()
        .find(|(key, value)| names.contains(&words::plain(key).as_str()) && value.there())
        .map(|(_, value)| value)
}

/// The list of entries: the root, or the only list that holds entries in the objects around it.
fn list<'d>(root: Val<'d>) -> Vec<Val<'d>> {
    if root.is_array() {
        return root.items().collect();
    }
    let mut found: Vec<Val<'d>> = Vec::new();
    let mut open = vec![(root, 0)];
    while let Some((object, depth)) = open.pop() {
        for (_, member) in object.members().take(200) {
            let entry = |v: Val<'_>| entry_name(v).is_some() && named(v, &VALUE).is_some();
            if member.is_array() && member.items().take(20).any(entry) {
                found.push(member);
            } else if member.is_object() && depth < 3 && open.len() < 200 {
                open.push((member, depth + 1));
            }
        }
    }
    match found.as_slice() {
        [one] => one.items().collect(),
        _ => Vec::new(),
    }
}

/// The member that names the signal of an entry: one of the usual names, else an id or key that is the name of one.
fn entry_name(v: Val<'_>) -> Option<Val<'_>> {
    named(v, &NAME).filter(|name| name.is_text()).or_else(|| {
        named(v, &["id", "key", "code", "label"])
            .filter(|id| lexicon::label(&id.s()).is_some_and(|hit| hit.strength == Strength::Exact))
    })
}

pub(crate) fn is_json_pairs(root: Val<'_>) -> u8 {
    let list = list(root);
    let fits = |v: &&Val<'_>| {
        let id = ["id", "key", "code", "label"];
        (named(**v, &NAME).is_some_and(Val::is_text) || named(**v, &id).is_some()) && named(**v, &VALUE).is_some()
    };
    let ok = list.iter().take(20).filter(fits).count();
    let known = list.iter().take(20).any(|v| entry_name(*v).is_some());
    if known && ok == list.len().min(20) { 40 } else { 0 }
}

pub(crate) fn read_json_pairs(root: Val<'_>, out: &mut Out<'_>) {
    let mut pairs = Vec::new();
    let mut other = 0;
    let outer = named(root, &DATE);
    for v in list(root).into_iter().take(20_000) {
        let (Some(name), Some(value)) = (entry_name(v), named(v, &VALUE)) else {
            other += 1;
            continue;
        };
        let Some(hit) = lexicon::label(&name.s()) else {
            other += 1;
            continue;
        };
        if named(v, &["type", "kind", "value type"]).is_some_and(|kind| goal(&kind.s())) {
            other += 1;
            continue;
        }
        let exact = named(v, &["signal", "kri", "slug"]).is_some();
        push_json(&mut pairs, hit, value, named(v, &SUBJECT), named(v, &DATE).or(outer), exact, v.span(), out);
    }
    if other > 0 {
        out.note(format!("{other} entries name no signal of the catalogue."));
    }
    tell(pairs, out);
}

#[expect(clippy::too_many_arguments, reason = "the parts of one entry")]
fn push_json(
    pairs: &mut Vec<Pair>,
    hit: lexicon::Hit,
    value: Val<'_>,
    subject: Option<Val<'_>>,
    date: Option<Val<'_>>,
    exact: bool,
    span: Span,
    out: &Out<'_>,
) {
    let Some(known) = catalog::signal(hit.signal) else { return };
    if let Some(n) = fitting(&value.s(), known.unit, hit.strength == Strength::Exact)
        && pairs.len() < 2_000
    {
        pairs.push(Pair {
            signal: hit.signal,
            value: n,
            subject: out.subject(&subject.map(Val::s).unwrap_or_default()).name,
            at: When(date.and_then(|d| dates::parse(&d.s()))),
            span,
            trust: confidence(hit.strength, exact),
        });
    }
}

/// The objects whose members may be signals: the root, or the one that is in it.
fn objects<'d>(root: Val<'d>) -> Vec<Val<'d>> {
    if root.is_array() {
        return root.items().filter(|v| v.is_object()).take(2_000).collect();
    }
    std::iter::once(root).chain(root.members().map(|(_, v)| v).filter(|v| v.is_object()).take(20)).collect()
}

pub(crate) fn is_json_wide(root: Val<'_>) -> u8 {
    let found = objects(root).iter().take(20).any(|o| {
        o.members().take(200).any(|(k, v)| {
            (v.number().is_some() || v.is_text() || named(v, &VALUE).is_some())
                && lexicon::label(&words::plain(&k)).is_some_and(|h| h.strength >= Strength::Phrase)
        })
    });
    if found { 35 } else { 0 }
}

pub(crate) fn read_json_wide(root: Val<'_>, out: &mut Out<'_>) {
    let mut pairs = Vec::new();
    let outer = named(root, &DATE);
    for object in objects(root) {
        let (subject, date) = (named(object, &SUBJECT), named(object, &DATE).or(outer));
        for (key, value) in object.members().take(2_000) {
            if let Some(hit) = lexicon::label(&words::plain(&key)) {
                // {"value": 97, "target": 98}
                let inner = named(value, &VALUE);
                let date = inner.and_then(|_| named(value, &DATE)).or(date);
                let value = inner.unwrap_or(value);
                push_json(&mut pairs, hit, value, subject, date, hit.strength == Strength::Exact, value.span(), out);
            }
        }
    }
    tell(pairs, out);
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{said, says};

    #[test]
    fn names_and_values() {
        let text = "signal,value,subject,date\nmfa_enforced_pct,97.5,HQ,2026-11-01\nvuln_critical_open,4,HQ,2026-11-01\nheadcount,12,HQ,2026-11-01\n";
        says(text, "table", &[("mfa_enforced_pct", Some(97.5)), ("vuln_critical_open", Some(4.0))]);
        assert!(said(text).extractions.iter().all(|e| e.confidence > 0.85 && e.subject == "HQ"));
        let loose = "Metric,Current,Target\nMFA coverage,95 %,98 %\nKritische Schwachstellen,7,0\nFoo,3,1\n";
        says(loose, "table", &[("mfa_enforced_pct", Some(95.0)), ("vuln_critical_open", Some(7.0))]);
        assert!(said(loose).extractions.iter().all(|e| e.confidence < 0.85));
    }

    #[test]
    fn the_newest_counts_and_a_contradiction_goes_to_review() {
        let text = "date,mfa_enforced_pct\n2026-09-01,90\n2026-10-01,95\n";
        says(text, "table-wide", &[("mfa_enforced_pct", Some(95.0))]);
        let got = said("kri,value\nmfa_enforced_pct,90\nmfa_enforced_pct,95\n");
        assert!(got.extractions.len() == 2 && got.extractions.iter().all(|e| e.confidence <= 0.5));
    }

    #[test]
    fn json_of_nobody() {
        says(
            r#"{"date":"2026-10-01","metrics":{"mfa_enforced_pct":97.5,"x":1}}"#,
            "json-wide",
            &[("mfa_enforced_pct", Some(97.5))],
        );
        says(r#"[{"signal":"vuln_kev_open","value":3}]"#, "json-pairs", &[("vuln_kev_open", Some(3.0))]);
        says(
            "{\"kri\":\"vuln_kev_open\",\"value\":3}\n{\"kri\":\"sca_high_open\",\"value\":2}\n",
            "json-pairs",
            &[("sca_high_open", Some(2.0)), ("vuln_kev_open", Some(3.0))],
        );
    }

    #[test]
    fn what_cannot_be_is_not_taken() {
        for cell in ["n/a", "-3", "120 %", "3.5", "1e9", ""] {
            let got = said(&format!("signal,value\nvuln_critical_open,{cell}\n"));
            assert!(got.extractions.is_empty(), "{cell}: {got:?}");
        }
    }

    #[test]
    fn the_latest_of_several_periods_counts() {
        for header in
            ["KPI,Oct,Nov,Target", "KPI,Nov,Oct,Target", "KPI,2026-09,2026-10,Target", "KPI,Q3 2026,Q4 2026,Target"]
        {
            let newest = if header.contains("Nov,Oct") { 1 } else { 2 };
            let mut row = ["MFA coverage", "94 %", "94 %", "98 %"];
            row[newest] = "96 %";
            let text = format!("{header}\n{}\n", row.join(","));
            let got = said(&text);
            assert_eq!(got.extractions.iter().map(|e| e.value).collect::<Vec<_>>(), [Some(96.0)], "{header}: {got:?}");
            assert!(got.extractions[0].confidence < 0.85);
        }
        // which of December and January is later, nobody can tell
        assert!(said("KPI,Dec,Jan\nMFA coverage,94 %,96 %\n").extractions.is_empty());
    }

    #[test]
    fn entries_with_an_id_and_objects_with_a_value() {
        let some = r#"[{"id":"vuln_critical_open","value":12},{"id":"headcount","value":3}]"#;
        says(some, "json-pairs", &[("vuln_critical_open", Some(12.0))]);
        says(r#"[{"id":"headcount","value":3},{"id":"7","value":4}]"#, "unknown", &[]);
        let all = r#"{"as_of":"2026-11-14","kris":[{"id":"vuln_critical_open","value":12},{"id":"mfa_enforced_pct","value":95.2}]}"#;
        says(all, "json-pairs", &[("mfa_enforced_pct", Some(95.2)), ("vuln_critical_open", Some(12.0))]);
        assert!(said(all).extractions.iter().all(|e| e.observed_at.is_some()));
        let nested = r#"{"metrics":{"mfa_enforced_pct":{"value":96.8,"target":98},"vuln_high_open":{"value":37}}}"#;
        says(nested, "json-wide", &[("mfa_enforced_pct", Some(96.8)), ("vuln_high_open", Some(37.0))]);
    }

    #[test]
    fn rows_of_goals_hold_no_value() {
        let text =
            "signal,value,type\nmfa_enforced_pct,98,target\nvuln_critical_open,0,Target\nvuln_kev_open,2,actual\n";
        says(text, "table", &[("vuln_kev_open", Some(2.0))]);
        let json = r#"[{"kri":"vuln_kev_open","value":0,"type":"threshold"},{"kri":"sca_high_open","value":2}]"#;
        says(json, "json-pairs", &[("sca_high_open", Some(2.0))]);
    }

    #[test]
    fn names_of_members_and_lists_inside() {
        says(r#"{"period":"2026-10","criticalVulnerabilities":8}"#, "json-wide", &[("vuln_critical_open", Some(8.0))]);
        let inside =
            r#"{"report":{"indicators":[{"name":"MFA coverage","current":"96.1%"},{"name":"Staff","current":5}]}}"#;
        says(inside, "json-pairs", &[("mfa_enforced_pct", Some(96.1))]);
    }
}
