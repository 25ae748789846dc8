//! A KRI and a sample as they are shown.
use serde::Serialize;
use watchkeep_hub::ingest;
use watchkeep_model::Timestamp;
use watchkeep_model::kri::{Quality, State, Status, Thresholds, Trend, Unit};
use watchkeep_store::integrations::Named;
use watchkeep_store::kris::KriRow;
use watchkeep_store::samples::SampleRow;

use crate::fault::Result;
use crate::out::{Out, or_dash, when};

/// A KRI.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) about: String,
    pub(super) signal: Option<String>,
    pub(super) category: String,
    pub(super) owner: Option<String>,
    pub(super) value: Option<f64>,
    pub(super) unit: Unit,
    pub(super) numerator: Option<f64>,
    pub(super) denominator: Option<f64>,
    pub(super) state: State,
    pub(super) status: Status,
    pub(super) status_since: Option<Timestamp>,
    pub(super) trend: Trend,
    pub(super) slope_per_day: Option<f64>,
    pub(super) thresholds: Thresholds,
    pub(super) quality: Quality,
    pub(super) observed_at: Option<Timestamp>,
    pub(super) fresh_until: Option<Timestamp>,
    pub(super) source: Option<String>,
    pub(super) cadence: String,
    pub(super) subjects: i64,
    pub(super) missing: i64,
    pub(super) demo: bool,
}

impl From<KriRow> for Line {
    fn from(k: KriRow) -> Self {
        Self {
            id: k.id.to_string(),
            thresholds: ingest::thresholds(&k),
            cadence: ingest::cadence(&k).to_string(),
            slug: k.slug,
            name: k.name,
            about: k.about,
            signal: k.signal,
            category: k.category,
            owner: k.owner,
            value: k.value,
            unit: k.unit,
            numerator: k.numerator,
            denominator: k.denominator,
            state: k.state,
            status: k.status,
            status_since: k.status_since,
            trend: k.trend,
            slope_per_day: k.slope_per_day,
            quality: k.quality,
            observed_at: k.observed_at,
            fresh_until: k.fresh_until,
            source: k.source_name,
            subjects: k.subjects,
            missing: k.missing,
            demo: k.demo,
        }
    }
}

impl Line {
    /// For people, line by line.
    pub(super) fn tell(&self, out: &Out) -> Result {
        let t = &self.thresholds;
        let share = match (self.numerator, self.denominator) {
            (Some(n), Some(d)) => format!(" ({n} of {d})"),
            _ => String::new(),
        };
        out.pairs(&[
            ("slug", self.slug.clone()),
            ("name", self.name.clone()),
            ("about", self.about.clone()),
            ("category", self.category.clone()),
            ("owner", or_dash(self.owner.as_ref())),
            ("value", format!("{}{share}", amount(self.value, self.unit))),
            ("state", self.state.to_string()),
            ("status", self.status.to_string()),
            ("since", when(self.status_since)),
            ("trend", self.trend.to_string()),
            (
                "thresholds",
                format!(
                    "{}, amber {}, red {}, target {}",
                    t.direction,
                    amount(Some(t.amber), self.unit),
                    amount(Some(t.red), self.unit),
                    amount(t.target, self.unit)
                ),
            ),
            ("observed", when(self.observed_at)),
            ("fresh until", when(self.fresh_until)),
            ("source", or_dash(self.source.as_ref())),
            ("cadence", self.cadence.clone()),
            ("quality", self.quality.to_string()),
            ("subjects", format!("{}, {} without a fresh value", self.subjects, self.missing)),
        ])
    }
}

/// A sample.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sample {
    pub(super) id: String,
    pub(super) observed_at: Timestamp,
    pub(super) received_at: Timestamp,
    pub(super) subject: String,
    pub(super) value: Option<f64>,
    pub(super) numerator: Option<f64>,
    pub(super) denominator: Option<f64>,
    pub(super) state: State,
    pub(super) quality: Quality,
    pub(super) source: String,
    pub(super) actor: String,
    pub(super) note: Option<String>,
}

impl Sample {
    pub(super) fn of(s: SampleRow, sources: &[Named]) -> Self {
        let source = sources.iter().find(|i| i.id == s.integration_id).map(|i| i.name.clone());
        Self {
            id: s.id.to_string(),
            observed_at: s.observed_at,
            received_at: s.received_at,
            subject: s.subject,
            value: s.value,
            numerator: s.numerator,
            denominator: s.denominator,
            state: s.state,
            quality: s.quality,
            source: source.unwrap_or_else(|| s.integration_id.to_string()),
            actor: s.actor,
            note: s.note,
        }
    }
}

/// A value with its unit, for people: `97.5 %`, `12`, `3 days`.
pub(crate) fn amount(value: Option<f64>, unit: Unit) -> String {
    let Some(value) = value else { return "-".to_owned() };
    // two digits after the point are enough for eyes; `--json` has them all
    let number = format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_owned();
    match unit {
        Unit::Percent => format!("{number} %"),
        Unit::Days => format!("{number} days"),
        Unit::Hours => format!("{number} hours"),
        Unit::Count | Unit::Score | Unit::Ratio => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        assert_eq!(amount(Some(97.5), Unit::Percent), "97.5 %");
        assert_eq!(amount(Some(200.0), Unit::Count), "200");
        assert_eq!(amount(Some(1.0 / 3.0), Unit::Days), "0.33 days");
        assert_eq!(amount(None, Unit::Count), "-");
    }
}
