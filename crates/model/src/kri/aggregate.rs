//! From the readings of many subjects and sources to the one value of a KRI.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::{Aggregation, Direction, Quality, State};
use crate::id::IntegrationId;
use crate::time::Timestamp;

/// The latest sample of one subject from one integration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading<'a> {
    /// What it speaks of: a project, an image, a host, an account; empty where there is only one.
    pub subject: &'a str,
    /// Who reported it.
    pub integration: IntegrationId,
    /// Which of two integrations wins for the same subject: the lower number.
    pub priority: i64,
    /// When it was so.
    pub observed_at: Timestamp,
    /// Until when it is believed.
    pub fresh_until: Timestamp,
    /// The value; where the state is not `ok`, the last one that was known, if any.
    pub value: Option<f64>,
    /// Of a share or a count: how many.
    pub numerator: Option<f64>,
    /// Of a share or a count: of how many.
    pub denominator: Option<f64>,
    /// Whether the value could be had.
    pub state: State,
    /// How whole the value is.
    pub quality: Quality,
}

/// How much a reading can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    /// A value that is believed.
    Fresh,
    /// A value that is too old.
    Stale,
    /// No value now, but one that was known.
    Failed,
    /// No value.
    Nothing,
}

impl Reading<'_> {
    fn usable(&self, now: Timestamp) -> Use {
        match (self.value.filter(|value| value.is_finite()), self.state) {
            (None, _) => Use::Nothing,
            (Some(_), State::Ok) if self.fresh_until >= now => Use::Fresh,
            (Some(_), State::Ok | State::Stale) => Use::Stale,
            (Some(_), State::Unknown | State::Unavailable | State::Error) => Use::Failed,
        }
    }

    /// What the state is once it is asked for at `now`.
    fn state_at(&self, now: Timestamp) -> State {
        match self.usable(now) {
            Use::Fresh => State::Ok,
            Use::Stale => State::Stale,
            // without a value nobody knows it, whatever is claimed
            Use::Nothing if matches!(self.state, State::Ok | State::Stale) => State::Unknown,
            Use::Failed | Use::Nothing => self.state,
        }
    }

    /// Which of two readings of a subject wins comes first. Total, so that the order of the input never matters.
    fn rank(&self, other: &Self, now: Timestamp) -> Ordering {
        let number = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        (self.usable(now).cmp(&other.usable(now)))
            .then(self.priority.cmp(&other.priority))
            .then(other.observed_at.cmp(&self.observed_at))
            .then(self.integration.cmp(&other.integration))
            .then(other.fresh_until.cmp(&self.fresh_until))
            .then(self.state.cmp(&other.state))
            .then(self.quality.cmp(&other.quality))
            .then_with(|| number(self.value, other.value))
            .then_with(|| number(self.numerator, other.numerator))
            .then_with(|| number(self.denominator, other.denominator))
    }
}

/// The one value of a KRI, and what it is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// The value, exactly if the state is `ok` or `stale` (then the last known one). A missing one is never a zero.
    pub value: Option<f64>,
    /// The sum of the numerators, where each subject has one.
    pub numerator: Option<f64>,
    /// The sum of the denominators, where each subject has one.
    pub denominator: Option<f64>,
    /// Whether the value could be had.
    pub state: State,
    /// `partial` where a subject is stale or unknown, else the least of its readings' qualities.
    pub quality: Quality,
    /// The time of the oldest reading in the value.
    pub observed_at: Option<Timestamp>,
    /// When the value changes by time alone: the first of its fresh readings to go stale; of a stale value, when its
    /// last one did.
    pub fresh_until: Option<Timestamp>,
    /// The integration that speaks for most subjects; of equally many the one with the lower priority number.
    pub source: Option<IntegrationId>,
    /// The other integrations that report it, also those that were overruled, by id.
    pub also: Vec<IntegrationId>,
    /// How many subjects there are.
    pub subjects: usize,
    /// How many of them have no fresh value.
    pub missing: usize,
}

/// Makes one value of the latest reading of each subject and integration.
///
/// For each subject one reading wins: a fresh one before a stale one before a failed one before one that never had a
/// value, then the lower priority number, then the later, then the lower integration id. The fresh winners make the
/// value: counts add up ([`Sum`]); percentages are the sum of numerators over the sum of denominators, or the worst of
/// them where one has no denominator ([`Ratio`]); of the rest the worst counts ([`Worst`]).
///
/// A subject whose winner is not fresh makes the value `partial`. Its last known reading is left out where leaving it
/// out makes the value worse and kept where it makes it worse, so that a subject that goes dark never improves the
/// value.
///
/// With no fresh subject the value is made of the last known ones and `stale`. Where all have failed or nothing is
/// known there is no value, and the state is the gravest of `error`, `unavailable` and `unknown` that a subject has.
///
/// [`Sum`]: Aggregation::Sum
/// [`Ratio`]: Aggregation::Ratio
/// [`Worst`]: Aggregation::Worst
#[must_use]
pub fn aggregate(how: Aggregation, direction: Direction, readings: &[Reading<'_>], now: Timestamp) -> Aggregate {
    let mut winners: BTreeMap<&str, &Reading<'_>> = BTreeMap::new();
    for reading in readings {
        winners
            .entry(reading.subject)
            .and_modify(|winner| {
                if reading.rank(winner, now).is_lt() {
                    *winner = reading;
                }
            })
            .or_insert(reading);
    }
    let with = |what: &[Use]| winners.values().copied().filter(|r| what.contains(&r.usable(now))).collect::<Vec<_>>();
    let (fresh, dark) = (with(&[Use::Fresh]), with(&[Use::Stale, Use::Failed]));
    let subjects = winners.len();
    let missing = subjects - fresh.len();

    let state = if fresh.is_empty() { without_fresh(winners.values().map(|r| r.state_at(now))) } else { State::Ok };
    let used = match state {
        State::Ok => with_dark(how, direction, fresh, dark),
        State::Stale => dark,
        State::Unknown | State::Unavailable | State::Error => Vec::new(),
    };
    let speaking = if used.is_empty() { winners.values().copied().collect() } else { used.clone() };
    let (source, also) = sources(speaking, readings);
    let made = Made::of(&used, direction);
    let (numerator, denominator) = made.parts(how);
    Aggregate {
        value: made.value(how),
        numerator,
        denominator,
        state,
        quality: quality(&used, missing),
        observed_at: used.iter().map(|r| r.observed_at).min(),
        fresh_until: match state {
            State::Ok => used.iter().filter(|r| r.usable(now) == Use::Fresh).map(|r| r.fresh_until).min(),
            _ => used.iter().map(|r| r.fresh_until).max(),
        },
        source,
        also,
        subjects,
        missing,
    }
}

/// The state of a value of which no subject is fresh.
fn without_fresh(states: impl Iterator<Item = State>) -> State {
    let graveness = |state: State| match state {
        State::Stale => 4, // there is a last known value, which says more than why there is no new one
        State::Error => 3,
        State::Unavailable => 2,
        State::Unknown | State::Ok => 1,
    };
    states.max_by_key(|state| graveness(*state)).unwrap_or(State::Unknown)
}

/// The fresh readings and those of the dark ones that make the value worse.
fn with_dark<'r, 'a>(
    how: Aggregation,
    direction: Direction,
    fresh: Vec<&'r Reading<'a>>,
    mut dark: Vec<&'r Reading<'a>>,
) -> Vec<&'r Reading<'a>> {
    // the worst first: each is taken while it makes the value worse, so that the result is the worst there can be
    dark.sort_by(|a, b| {
        let share = |r: &Reading<'_>| share(r).or(r.value).unwrap_or(0.0);
        direction.compare(share(b), share(a)).then(a.subject.cmp(b.subject))
    });
    let mut used = fresh;
    let mut made = Made::of(&used, direction);
    for reading in dark {
        let with = made.and(reading, direction);
        if let (Some(value), Some(worse)) = (made.value(how), with.value(how))
            && direction.compare(worse, value).is_gt()
        {
            made = with;
            used.push(reading);
        }
    }
    used
}

/// The percentage that a reading's numerator and denominator make.
fn share(reading: &Reading<'_>) -> Option<f64> {
    let (numerator, denominator) = (reading.numerator?, reading.denominator?);
    (denominator > 0.0).then(|| 100.0 * numerator / denominator)
}

/// What some readings make together, in each of the ways.
#[derive(Clone, Copy, Default)]
struct Made<'r> {
    /// None of nothing.
    sum: Option<f64>,
    /// None where one has none.
    numerator: Option<f64>,
    denominator: Option<f64>,
    worst: Option<&'r Reading<'r>>,
}

impl<'r> Made<'r> {
    fn of(readings: &[&'r Reading<'r>], direction: Direction) -> Self {
        readings.iter().fold(Self::default(), |made, reading| made.and(reading, direction))
    }

    fn and(self, reading: &'r Reading<'r>, direction: Direction) -> Self {
        let first = self.sum.is_none();
        let add = |sum: Option<f64>, x: Option<f64>| {
            let x = x.filter(|x| x.is_finite())?;
            if first { Some(x) } else { sum.map(|sum| sum + x) }
        };
        let worse = |worst: &Reading<'_>| match (reading.value, worst.value) {
            (Some(value), Some(worst)) => direction.compare(value, worst).is_gt(),
            _ => false,
        };
        Self {
            sum: add(self.sum, reading.value),
            numerator: add(self.numerator, reading.numerator),
            denominator: add(self.denominator, reading.denominator),
            worst: self.worst.filter(|worst| !worse(worst)).or(Some(reading)),
        }
    }

    /// Numerator, denominator and the percentage that they make.
    fn ratio(self) -> Option<(f64, f64, f64)> {
        let (numerator, denominator) = (self.numerator?, self.denominator?);
        (denominator > 0.0).then(|| (numerator, denominator, 100.0 * numerator / denominator))
    }

    fn value(self, how: Aggregation) -> Option<f64> {
        match how {
            Aggregation::Sum => self.sum,
            Aggregation::Ratio => self.ratio().map(|(_, _, share)| share).or(self.worst?.value),
            Aggregation::Worst => self.worst?.value,
        }
    }

    fn parts(self, how: Aggregation) -> (Option<f64>, Option<f64>) {
        match how {
            Aggregation::Sum => (self.numerator, self.denominator),
            Aggregation::Ratio => self.ratio().map_or((None, None), |(n, d, _)| (Some(n), Some(d))),
            Aggregation::Worst => self.worst.map_or((None, None), |worst| (worst.numerator, worst.denominator)),
        }
    }
}

fn quality(used: &[&Reading<'_>], missing: usize) -> Quality {
    let least = |quality: Quality| match quality {
        Quality::Partial => 3,
        Quality::Extracted => 2,
        Quality::Manual => 1,
        Quality::Complete => 0,
    };
    if missing > 0 || used.is_empty() {
        return Quality::Partial;
    }
    used.iter().map(|r| r.quality).max_by_key(|quality| least(*quality)).unwrap_or(Quality::Partial)
}

/// Who speaks for most subjects, and who else reports.
fn sources(speaking: Vec<&Reading<'_>>, readings: &[Reading<'_>]) -> (Option<IntegrationId>, Vec<IntegrationId>) {
    let mut count: BTreeMap<IntegrationId, (usize, i64)> = BTreeMap::new();
    for reading in speaking {
        let (subjects, priority) = count.entry(reading.integration).or_insert((0, reading.priority));
        *subjects += 1;
        *priority = reading.priority.min(*priority);
    }
    let first = count
        .into_iter()
        .min_by_key(|(id, (subjects, priority))| (std::cmp::Reverse(*subjects), *priority, *id))
        .map(|(id, _)| id);
    let all: BTreeSet<IntegrationId> = readings.iter().map(|r| r.integration).collect();
    (first, all.into_iter().filter(|id| Some(*id) != first).collect())
}

#[cfg(test)]
mod tests;
