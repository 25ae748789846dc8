//! The register of a demo tenant: controls and risks of the catalogue with what the tenant says of them, and tables of
//! everything else. Links to KRIs, and between risks and controls, are those of the catalogue that lead to something
//! which the tenant has.
use serde_json::{Map, Value, json};
use watchkeep_model::register::{Kind, Link, Sheet};
use watchkeep_model::{Span, Timestamp, catalog};

use super::DemoKri;
use crate::exchange;
use crate::register::{sheet_of_catalog_control, sheet_of_catalog_risk};

pub(super) mod acme;
pub(super) mod contoso;

/// What a tenant of the demo keeps around its KRIs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DemoRegister {
    /// The entries, those first that others lead to.
    pub entries: Vec<Sheet>,
    /// Risks that were accepted.
    pub accepted: Vec<DemoAcceptance>,
    /// What is to be done about risks.
    pub actions: Vec<DemoAction>,
    /// What was said: the kind of an entry, its code, the words.
    pub comments: Vec<(Kind, &'static str, &'static str)>,
}

/// An acceptance.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoAcceptance {
    /// The slug of the risk.
    pub risk: &'static str,
    /// Who accepted it.
    pub by: &'static str,
    /// Why.
    pub why: &'static str,
    /// Until when.
    pub until: Timestamp,
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoAction {
    /// The slug of the risk.
    pub risk: &'static str,
    /// What.
    pub title: &'static str,
    /// Who does it.
    pub owner: &'static str,
    /// Until when.
    pub due: Timestamp,
}

/// A control of the catalogue: slug, status, effectiveness, the day until which that counts, owner.
type Held = (&'static str, &'static str, Option<f64>, Option<i64>, &'static str);

/// The story of a register; days count from the end of the demo, those before it are negative.
pub(super) struct Story {
    pub(super) controls: &'static [Held],
    /// Slug of the catalogue, owner, treatment, scores (inherent, current, residual), loss a year (P10, P50, P90, mean).
    pub(super) risks: &'static [Known],
    /// Tables as somebody would import them; `{-40}` is the day 40 days before the end.
    pub(super) tables: &'static [(Kind, &'static str)],
    /// Risk, by, why, until which day.
    pub(super) accepted: &'static [(&'static str, &'static str, &'static str, i64)],
    /// Risk, what, by whom, until which day.
    pub(super) actions: &'static [(&'static str, &'static str, &'static str, i64)],
    /// Kind, code, words.
    pub(super) comments: &'static [(Kind, &'static str, &'static str)],
}

pub(super) struct Known {
    pub(super) slug: &'static str,
    pub(super) owner: &'static str,
    pub(super) treatment: &'static str,
    pub(super) scores: [f64; 3],
    pub(super) loss: Option<[f64; 4]>,
}

impl Story {
    /// Tells it, for the KRIs that the tenant has.
    pub(super) fn tell(&self, kris: &[DemoKri], end: Timestamp) -> DemoRegister {
        let day = |n: i64| end.plus(Span::days(n));
        let has = |kri: &str| kris.iter().any(|k| k.slug.as_str() == kri);
        let mut entries = self.table(Kind::Person, end);
        for kind in [Kind::Asset, Kind::Application, Kind::Vendor] {
            entries.extend(self.table(kind, end));
        }
        entries.extend(self.controls(has, day));
        entries.extend(self.table(Kind::Control, end));
        entries.extend(self.risks(has));
        entries.extend(self.table(Kind::Risk, end));
        entries.extend(self.table(Kind::Outcome, end));
        let accepted = |&(risk, by, why, until): &_| DemoAcceptance { risk, by, why, until: day(until) };
        let action = |&(risk, title, owner, due): &_| DemoAction { risk, title, owner, due: day(due) };
        DemoRegister {
            entries,
            accepted: self.accepted.iter().map(accepted).collect(),
            actions: self.actions.iter().map(action).collect(),
            comments: self.comments.to_vec(),
        }
    }

    fn controls(&self, has: impl Fn(&str) -> bool, day: impl Fn(i64) -> Timestamp) -> Vec<Sheet> {
        let sheet = |&(slug, status, effectiveness, until, owner): &Held| {
            let control = catalog::control(slug)?;
            let mut said = json!({ "status": status, "owner": owner });
            if let Some(value) = effectiveness {
                said["effectiveness"] = json!(value);
                said["effectivenessLow"] = json!(hundredths(value - 0.15));
                said["effectivenessHigh"] = json!(hundredths(value + 0.1));
                said["effectivenessUntil"] = json!(day(until.unwrap_or(180)).to_string());
            }
            let kris: Vec<Value> = control
                .signals
                .iter()
                .filter(|m| has(&m.signal))
                .map(|m| json!({ "kri": m.signal, "role": m.role, "weight": m.weight }))
                .collect();
            said["kris"] = kris.into();
            with(sheet_of_catalog_control(slug).ok()?, &said)
        };
        self.controls.iter().filter_map(sheet).collect()
    }

    fn risks(&self, has: impl Fn(&str) -> bool) -> Vec<Sheet> {
        let adopted = |slug: &str| self.controls.iter().any(|(control, ..)| *control == slug);
        let sheet = |known: &Known| {
            let risk = catalog::risk(known.slug)?;
            let codes = risk.controls.iter().filter(|c| adopted(c)).filter_map(|c| catalog::control(c));
            let codes: Vec<&str> = codes.map(|c| c.code.as_str()).collect();
            let kris: Vec<&String> = risk.signals.iter().filter(|s| has(s)).collect();
            let [inherent, current, residual] = known.scores;
            let mut said = json!({
                "owner": known.owner, "treatment": known.treatment, "inherentScore": inherent,
                "currentScore": current, "residualScore": residual, "controls": codes, "kris": kris,
            });
            if let Some([p10, p50, p90, mean]) = known.loss {
                said["annualLossP10"] = json!(p10);
                said["annualLossP50"] = json!(p50);
                said["annualLossP90"] = json!(p90);
                said["annualLossMean"] = json!(mean);
                said["currency"] = json!("EUR");
            }
            with(sheet_of_catalog_risk(known.slug).ok()?, &said)
        };
        self.risks.iter().filter_map(sheet).collect()
    }

    /// The rows of a table, read as an import reads them.
    fn table(&self, kind: Kind, end: Timestamp) -> Vec<Sheet> {
        let tables = self.tables.iter().filter(|(of, _)| *of == kind);
        let read = tables.filter_map(|(_, table)| exchange::read(Some(kind), dated(table, end).as_bytes()).ok());
        read.flat_map(|mut file| file.rows.remove(&kind).unwrap_or_default()).map(|row| row.says).collect()
    }
}

/// A sheet with more said in it.
fn with(mut sheet: Sheet, said: &Value) -> Option<Sheet> {
    let said: &Map<String, Value> = said.as_object()?;
    let more = Sheet::read(sheet.kind, said).ok()?;
    sheet.fields.extend(more.fields);
    let links: Vec<(&'static str, Vec<Link>)> = more.links.into_iter().filter(|(_, l)| !l.is_empty()).collect();
    sheet.links.extend(links);
    Some(sheet)
}

/// A share from 0 to 1 with two digits.
fn hundredths(value: f64) -> f64 {
    (value.clamp(0.0, 1.0) * 100.0).round() / 100.0
}

/// A table with its days filled in.
fn dated(table: &str, end: Timestamp) -> String {
    let mut parts = table.split('{');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (days, rest) = part.split_once('}').unwrap_or((part, ""));
        out.push_str(&end.plus(Span::days(days.parse().unwrap_or_default())).to_string());
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_filled_in() {
        let end: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        assert_eq!(dated("a,{-1},{30}\n", end), "a,2026-11-19T08:00:00Z,2026-12-20T08:00:00Z\n");
    }

    /// Nothing of a story is lost on the way: each line becomes an entry, and each link leads to one.
    #[test]
    fn every_line_of_a_register_is_told() {
        let end: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        for (tenant, story) in super::super::tenants(1, end).iter().zip([&acme::REGISTER, &contoso::REGISTER]) {
            let entries = &tenant.register.entries;
            let count = |kind: Kind| entries.iter().filter(|s| s.kind == kind).count();
            for (kind, table) in story.tables {
                let read = exchange::read(Some(*kind), dated(table, end).as_bytes()).unwrap();
                assert_eq!(read.problems, [], "{kind}");
                assert_eq!(read.count, table.trim().lines().count() - 1, "{kind}");
            }
            let own = |kind: Kind| {
                story
                    .tables
                    .iter()
                    .filter(|(of, _)| *of == kind)
                    .map(|(_, t)| t.trim().lines().count() - 1)
                    .sum::<usize>()
            };
            assert_eq!(count(Kind::Control), story.controls.len() + own(Kind::Control));
            assert_eq!(count(Kind::Risk), story.risks.len() + own(Kind::Risk));
            let codes: Vec<(Kind, String)> = entries.iter().map(|s| (s.kind, s.code.as_ref().unwrap().key())).collect();
            for (place, sheet) in entries.iter().enumerate() {
                assert_eq!(codes.iter().filter(|c| **c == codes[place]).count(), 1, "{:?}", sheet.code);
                if sheet.follows.is_none() || sheet.kind == Kind::Control {
                    assert_eq!(Sheet::whole(sheet.kind, &sheet.fields), [], "{:?}", sheet.code);
                }
                for (name, links) in &sheet.links {
                    for link in links {
                        match sheet.kind.field(name).unwrap().links().unwrap().to {
                            watchkeep_model::register::Target::Kri => {
                                assert!(tenant.kris.iter().any(|k| k.slug.as_str() == link.to), "{}", link.to);
                            }
                            watchkeep_model::register::Target::Entry(to) => {
                                let wanted = (to, link.to.to_lowercase());
                                assert!(codes[..place].contains(&wanted), "{:?} {name} {}", sheet.code, link.to);
                            }
                        }
                    }
                }
            }
            let risk = |slug: &str| codes.contains(&(Kind::Risk, slug.to_owned()));
            assert!(tenant.register.accepted.iter().all(|a| risk(a.risk)));
            assert!(tenant.register.actions.iter().all(|a| risk(a.risk)));
            assert!(tenant.register.comments.iter().all(|(k, code, _)| codes.contains(&(*k, code.to_lowercase()))));
        }
    }

    #[test]
    fn acme_has_a_register_to_look_at() {
        let end: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        let [acme, _] = super::super::tenants(1, end);
        let of = |kind: Kind| acme.register.entries.iter().filter(move |s| s.kind == kind);
        let inventory = of(Kind::Asset).count() + of(Kind::Application).count() + of(Kind::Person).count();
        assert_eq!((of(Kind::Outcome).count(), of(Kind::Vendor).count(), inventory), (5, 10, 30));
        assert!(of(Kind::Control).count() >= 25 && of(Kind::Risk).count() >= 15);
        assert!(of(Kind::Control).filter(|c| c.links.contains_key("kris")).count() >= 15, "measured ones");
        assert!(of(Kind::Control).any(|c| !c.fields.contains_key("effectiveness")), "one of unknown effectiveness");
        assert!(of(Kind::Risk).any(|r| r.follows.is_none()), "one of its own");
        assert!(
            acme.register.accepted.iter().any(|a| a.until < end)
                && acme.register.accepted.iter().any(|a| a.until > end)
        );
        assert!(acme.register.actions.iter().any(|a| a.due < end));
    }
}
