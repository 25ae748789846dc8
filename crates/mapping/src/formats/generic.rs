//! Tables and JSON of no known tool: names of signals and their values, one pair a row or one column a signal.

use watchkeep_model::catalog;
use watchkeep_model::kri::Unit;

use crate::lexicon::{self, Strength};
use crate::out::{Out, Trust, When};
use crate::read::json::Val;
use crate::read::table::{Headers, Sheet};
use crate::{Span, dates, words};

const NAME: [&str; 18] = [
    "signal",
    "kri",
    "metric",
    "indicator",
    "kpi",
    "measure",
    "slug",
    "metric name",
    "signal name",
    "kri name",
    "name",
    "kennzahl",
    "indicateur",
    "indicator naam",
    "messwert",
    "item",
    "control metric",
    "key risk indicator",
];
const VALUE: [&str; 16] = [
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
const DATE: [&str; 12] = [
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
    match (h.col(&NAME), h.col(&VALUE)) {
        (Some(name), Some(value)) if name != value => 45,
        _ => 0,
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

pub(crate) fn read_pairs(sheet: &Sheet<'_>, out: &mut Out<'_>) {
    let h = sheet.headers;
    let (name, value) = (h.col(&NAME), h.col(&VALUE));
    let (subject, date, unit) = (h.col(&SUBJECT), h.col(&DATE), h.col(&["unit", "einheit", "eenheid", "unité"]));
    let exact = h.col(&["signal", "kri", "slug"]).is_some() && h.col(&["value"]).is_some();
    let mut pairs = Vec::new();
    let (mut other, mut unread) = (0, 0);
    sheet.rows(|row| {
        if pairs.len() >= 2_000 {
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
                trust: confidence(hit.strength, exact),
            }),
            None => unread += 1,
        }
    });
    if unread > 0 {
        out.note(format!("{unread} rows name a signal but hold no number that fits it."));
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

fn list<'d>(root: Val<'d>) -> Vec<Val<'d>> {
    if root.is_array() {
        return root.items().collect();
    }
    // an envelope with one list
    let mut lists = root.members().filter(|(_, v)| v.is_array());
    match (lists.next(), lists.next()) {
        (Some((_, one)), None) => one.items().collect(),
        _ => Vec::new(),
    }
}

pub(crate) fn is_json_pairs(root: Val<'_>) -> u8 {
    let fits = |v: &Val<'_>| named(*v, &NAME).is_some_and(Val::is_text) && named(*v, &VALUE).is_some();
    let list = list(root);
    let ok = list.iter().take(20).filter(|v| fits(v)).count();
    if ok > 0 && ok == list.len().min(20) { 40 } else { 0 }
}

pub(crate) fn read_json_pairs(root: Val<'_>, out: &mut Out<'_>) {
    let mut pairs = Vec::new();
    let mut other = 0;
    for v in list(root).into_iter().take(20_000) {
        let (Some(name), Some(value)) = (named(v, &NAME), named(v, &VALUE)) else { continue };
        let Some(hit) = lexicon::label(&name.s()) else {
            other += 1;
            continue;
        };
        let exact = named(v, &["signal", "kri", "slug"]).is_some();
        push_json(&mut pairs, hit, value, named(v, &SUBJECT), named(v, &DATE), exact, v.span(), out);
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
            (v.number().is_some() || v.is_text()) && lexicon::label(&k).is_some_and(|h| h.strength >= Strength::Phrase)
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
}
