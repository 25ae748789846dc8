//! One line of a story: how the value of one KRI, or of one subject of it, went.

use watchkeep_model::kri::{Quality, State, Unit};
use watchkeep_model::{Span, Timestamp};

use super::chance::Chance;
use super::{DAYS, DemoSample};

/// A line: `count("vuln_kev_open", "Tenable", &[(90, 6.0), (0, 1.0)])` is a count that goes from 6 to 1 in 90 days.
#[derive(Clone, Copy)]
pub(super) struct Series {
    pub(super) kri: &'static str,
    pub(super) from: &'static str,
    subject: &'static str,
    /// Days ago and the level then, the longest ago first; between two it goes straight.
    path: &'static [(i64, f64)],
    /// How far a value strays from its path.
    wobble: f64,
    /// Of how many.
    of: Option<f64>,
    /// The days ago of the last sample.
    until: i64,
    trouble: Option<Trouble>,
}

/// Days without a value.
#[derive(Clone, Copy)]
struct Trouble {
    from: i64,
    to: i64,
    state: State,
    note: &'static str,
}

/// A value that follows a path.
pub(super) const fn value(kri: &'static str, from: &'static str, path: &'static [(i64, f64)]) -> Series {
    Series { kri, from, subject: "", path, wobble: 0.0, of: None, until: 0, trouble: None }
}

/// A percentage of so many; its numerator follows the path.
pub(super) const fn share(kri: &'static str, from: &'static str, of: f64, path: &'static [(i64, f64)]) -> Series {
    value(kri, from, path).of(of)
}

/// A KRI about which there has been nothing but trouble.
pub(super) const fn never(kri: &'static str, from: &'static str, state: State, note: &'static str) -> Series {
    value(kri, from, &[(DAYS, 0.0)]).trouble(DAYS, 0, state, note)
}

impl Series {
    /// Says of how many.
    pub(super) const fn of(self, of: f64) -> Self {
        Self { of: Some(of), ..self }
    }

    /// Speaks of one of several.
    pub(super) const fn about(self, subject: &'static str) -> Self {
        Self { subject, ..self }
    }

    /// Strays from the path by at most so much.
    pub(super) const fn wobble(self, wobble: f64) -> Self {
        Self { wobble, ..self }
    }

    /// Nothing comes in any more since so many days ago.
    pub(super) const fn stops(self, until: i64) -> Self {
        Self { until, ..self }
    }

    /// From so many days ago to so many days ago there is no value.
    pub(super) const fn trouble(self, from: i64, to: i64, state: State, note: &'static str) -> Self {
        Self { trouble: Some(Trouble { from, to, state, note }), ..self }
    }

    /// What it speaks of; empty for the whole.
    pub(super) const fn subject(&self) -> &'static str {
        self.subject
    }

    /// The level of the path so many days ago.
    fn level(&self, ago: i64) -> f64 {
        let before = self.path.iter().rev().find(|(day, _)| *day >= ago);
        let after = self.path.iter().find(|(day, _)| *day <= ago);
        match (before, after) {
            (Some((from, a)), Some((to, b))) if from != to => a + (b - a) * (from - ago) as f64 / (from - to) as f64,
            (Some((_, level)), _) | (None, Some((_, level))) => *level,
            (None, None) => 0.0,
        }
    }

    /// The samples of the line: one per cadence, the last as late as it can be, each some minutes after it was due.
    pub(super) fn samples(
        self,
        mut chance: Chance,
        unit: Unit,
        cadence: Span,
        end: Timestamp,
        make: impl Fn(DemoSample) -> DemoSample,
    ) -> Vec<DemoSample> {
        let every = cadence.micros().max(Span::days(1).micros()) / Span::days(1).micros();
        // how long before the end of a day the source reports, and how far it strays from that
        let lag = Span::minutes((chance.share() * 600.0) as i64);
        let mut samples = Vec::new();
        let mut ago = self.until;
        while ago <= DAYS {
            let late = Span::seconds((chance.share() * 1_800.0) as i64);
            let sway = chance.sway();
            let observed_at = end.minus(Span::days(ago)).minus(lag).minus(late);
            samples.push(make(self.sample(unit, ago, sway, observed_at)));
            ago += every;
        }
        samples
    }

    fn sample(&self, unit: Unit, ago: i64, sway: f64, observed_at: Timestamp) -> DemoSample {
        let blank = DemoSample {
            kri: 0,
            integration: 0,
            subject: self.subject,
            observed_at,
            value: None,
            numerator: None,
            denominator: None,
            state: State::Ok,
            quality: Quality::Complete,
            note: None,
        };
        if let Some(trouble) = self.trouble.filter(|t| (t.to..=t.from).contains(&ago)) {
            return DemoSample { state: trouble.state, note: Some(trouble.note), ..blank };
        }
        let level = (self.level(ago) + sway * self.wobble).max(unit.least());
        let level = level.min(unit.greatest().unwrap_or(f64::INFINITY));
        match (unit, self.of) {
            (Unit::Percent, Some(of)) => {
                let numerator = (of * level / 100.0).round();
                let value = Some(100.0 * numerator / of);
                DemoSample { value, numerator: Some(numerator), denominator: Some(of), ..blank }
            }
            (_, denominator) => DemoSample { value: Some(round(level, unit)), denominator, ..blank },
        }
    }
}

/// As exactly as such a tool would tell it.
fn round(level: f64, unit: Unit) -> f64 {
    match unit {
        Unit::Count | Unit::Days | Unit::Score => level.round(),
        Unit::Percent | Unit::Hours => (level * 10.0).round() / 10.0,
        Unit::Ratio => (level * 100.0).round() / 100.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_goes_straight_between_its_points() {
        let line = value("x", "y", &[(90, 10.0), (30, 4.0), (29, 20.0), (10, 1.0)]);
        for (ago, level) in [(120, 10.0), (90, 10.0), (60, 7.0), (30, 4.0), (29, 20.0), (10, 1.0), (0, 1.0)] {
            assert!((line.level(ago) - level).abs() < 1e-9, "{ago} days ago: {}", line.level(ago));
        }
    }

    #[test]
    fn a_line_comes_as_often_as_its_cadence() {
        let end: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        let times = |line: Series, days| {
            line.samples(Chance::of(1, &[]), Unit::Count, Span::days(days), end, |sample| sample).len()
        };
        let line = value("x", "y", &[(90, 1.0)]);
        assert_eq!((times(line, 1), times(line, 7), times(line, 30)), (91, 13, 4));
        assert_eq!(times(line.stops(9), 1), 82);
    }

    #[test]
    fn trouble_has_no_value_and_says_why() {
        let line = value("x", "y", &[(90, 5.0)]).trouble(3, 1, State::Error, "it failed");
        let at = |ago| line.sample(Unit::Count, ago, 0.0, Timestamp::EPOCH);
        assert_eq!((at(4).value, at(4).state, at(4).note), (Some(5.0), State::Ok, None));
        assert_eq!((at(3).value, at(1).state, at(2).note), (None, State::Error, Some("it failed")));
        assert_eq!(at(0).state, State::Ok);
    }
}
