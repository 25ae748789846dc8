//! From a value to a colour.

use serde::{Deserialize, Serialize};

use super::{Direction, Flaw, State, Status, Unit};

/// When a value is good, needs a look, or is bad.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Thresholds {
    /// Which way the value gets worse.
    pub direction: Direction,
    /// Where amber begins. With higherIsWorse the value itself is amber already, with lowerIsWorse it is still green.
    pub amber: f64,
    /// Where red begins, in the same way.
    pub red: f64,
    /// What the tenant aims for; always green.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
}

impl Thresholds {
    /// Says whether they can be used with `unit`: finite, within what the unit can have, red not better than amber,
    /// green possible and the target green.
    ///
    /// # Errors
    /// Every [`Flaw`] there is, of `amber`, `red` or `target`.
    pub fn validate(&self, unit: Unit) -> Result<(), Vec<Flaw>> {
        let mut flaws = Vec::new();
        let fields = [("amber", Some(self.amber)), ("red", Some(self.red)), ("target", self.target)];
        for (field, value) in fields.into_iter().filter_map(|(field, value)| Some((field, value?))) {
            if !value.is_finite() {
                flaws.push(Flaw::new(field, "it is not a number"));
            } else if value < unit.least() {
                flaws.push(Flaw::new(field, format!("{value} is less than 0, the least that unit {unit} can have")));
            } else if let Some(most) = unit.greatest().filter(|most| value > *most) {
                flaws
                    .push(Flaw::new(field, format!("{value} is more than {most}, the most that unit {unit} can have")));
            }
        }
        if !flaws.is_empty() {
            return Err(flaws);
        }
        let Self { direction, amber, red, .. } = *self;
        if direction.compare(red, amber).is_lt() {
            let more = if direction == Direction::HigherIsWorse { "more" } else { "less" };
            let told = format!("with {direction} red is at least as bad as amber: not {red}, but {amber} or {more}");
            flaws.push(Flaw::new("red", told));
        }
        if direction == Direction::HigherIsWorse && amber <= unit.least() {
            flaws.push(Flaw::new(
                "amber",
                "at 0 with higherIsWorse nothing could ever be green; it must be more than 0",
            ));
        }
        if let Some(target) = self.target
            && self.colour(target) != Status::Green
        {
            flaws
                .push(Flaw::new("target", format!("a target is green, but {target} would be {}", self.colour(target))));
        }
        if flaws.is_empty() { Ok(()) } else { Err(flaws) }
    }

    /// The colour of a value without a past.
    #[must_use]
    pub fn colour(&self, value: f64) -> Status {
        if !value.is_finite() {
            Status::Unknown
        } else if self.reached(value, self.red) {
            Status::Red
        } else if self.reached(value, self.amber) {
            Status::Amber
        } else {
            Status::Green
        }
    }

    /// True if `value` is at or beyond the boundary: with ↑ from the boundary on, with ↓ below it.
    fn reached(&self, value: f64, boundary: f64) -> bool {
        match self.direction {
            Direction::HigherIsWorse => value >= boundary,
            Direction::LowerIsWorse => value < boundary,
        }
    }

    /// True if `value` is on the good side of the boundary by the margin, or as far as the unit allows.
    fn recovered(&self, value: f64, boundary: f64, unit: Unit) -> bool {
        let margin = HYSTERESIS * (self.red - self.amber).abs();
        !self.reached(value, boundary)
            && match self.direction {
                Direction::HigherIsWorse => value <= (boundary - margin).max(unit.least()),
                Direction::LowerIsWorse => value >= (boundary + margin).min(unit.greatest().unwrap_or(f64::INFINITY)),
            }
    }
}

/// The share of the distance between amber and red by which a value must pass a boundary on its way to the better.
/// A value that swings around a boundary would otherwise change its colour with every sample.
const HYSTERESIS: f64 = 0.05;

/// Above how many assets a count is judged per thousand of them.
const LARGE_FLEET: f64 = 200.0;

/// Whether a count is judged by itself or per 1,000 assets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scale {
    /// True for counts that grow with the fleet.
    pub per_thousand: bool,
}

impl Scale {
    /// The number that the thresholds are held against: the count per 1,000 assets where the denominator is above 200,
    /// else the value as it is. Absolute thresholds would punish large tenants and flatter small ones.
    #[must_use]
    pub fn of(self, value: f64, denominator: Option<f64>, unit: Unit) -> f64 {
        match denominator {
            Some(assets) if self.per_thousand && unit == Unit::Count && assets > LARGE_FLEET && assets.is_finite() => {
                value * 1_000.0 / assets
            }
            _ => value,
        }
    }
}

/// The colour of a KRI, given the one it had `before`.
///
/// With ↑ a value at or above amber is amber and at or above red is red; with ↓ a value below amber is amber and below
/// red is red. Getting worse counts at once. Getting better counts once the value has passed the boundary by 5 % of the
/// distance between amber and red, or has reached the best that the unit can have.
///
/// Where the state is not `ok` or there is no value, red stays red, amber stays amber and green becomes unknown: going
/// dark never improves a colour and never reads as good.
#[must_use]
pub fn judge(
    value: Option<f64>,
    denominator: Option<f64>,
    state: State,
    thresholds: &Thresholds,
    unit: Unit,
    per_thousand: bool,
    before: Status,
) -> Status {
    let Some(value) = value.filter(|value| state == State::Ok && value.is_finite()) else {
        return match before {
            Status::Red | Status::Amber => before,
            Status::Green | Status::Unknown => Status::Unknown,
        };
    };
    let value = Scale { per_thousand }.of(value, denominator, unit);
    let colour = thresholds.colour(value);
    match (before, colour) {
        (Status::Red, Status::Green | Status::Amber) if !thresholds.recovered(value, thresholds.red, unit) => {
            Status::Red
        }
        (Status::Red | Status::Amber, Status::Green) if !thresholds.recovered(value, thresholds.amber, unit) => {
            Status::Amber
        }
        _ => colour,
    }
}

#[cfg(test)]
mod tests;
