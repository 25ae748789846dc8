//! Where a value goes.

use super::{Direction, Thresholds, Trend, Unit};
use crate::time::{Span, Timestamp};

/// A trend and how steep it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrendLine {
    /// The word for it.
    pub trend: Trend,
    /// The change of the value in a day, in its unit: positive where the value rises, good or bad. None where there are
    /// too few values.
    pub slope_per_day: Option<f64>,
}

/// How far back a trend looks from its last point.
const WINDOW: Span = Span::days(30);

/// On how many days there must be a value.
const DAYS: usize = 5;

/// The quantile of the normal distribution that a two-sided test at p < 0.1 must pass.
const Z: f64 = 1.644_853_626_951_472_2;

/// What counts as a move at all, in 30 days: this share of the distance between amber and red.
const DEAD_BAND: f64 = 0.1;

/// And for a count at least this much in 30 days: a single step of one has a slope of up to 1.08 in 30 days.
const COUNT_BAND: f64 = 1.5;

/// The trend of the points of the last 30 days before the latest one. Their order does not matter.
///
/// The points become one a day (the median of the day, UTC); fewer than 5 days are `insufficient`. The slope is the
/// median of the slopes of all pairs, which a single wild value does not move (Theil 1950, Sen 1968). It counts as a
/// trend if the days also rise or fall one after the other more often than chance would have it (Mann 1945, Kendall
/// 1975: two-sided, p < 0.1, normal approximation with the correction for ties and for continuity) and if 30 days of it
/// make more than 10 % of the distance between amber and red; one more or less of something counted is no trend.
/// Anything less is `stable`.
#[must_use]
pub fn trend(points: &[(Timestamp, f64)], direction: Direction, unit: Unit, thresholds: &Thresholds) -> TrendLine {
    let days = daily(points);
    if days.len() < DAYS {
        return TrendLine { trend: Trend::Insufficient, slope_per_day: None };
    }
    let slope = theil_sen(&days);
    let least = match unit {
        Unit::Count => COUNT_BAND,
        Unit::Percent | Unit::Days | Unit::Hours | Unit::Score | Unit::Ratio => 0.0,
    };
    let band = (DEAD_BAND * (thresholds.red - thresholds.amber).abs()).max(least);
    let moved = (slope * WINDOW.in_days()).abs() > band && mann_kendall(&days).abs() > Z;
    let trend = match direction.compare(slope, 0.0) {
        _ if !moved => Trend::Stable,
        std::cmp::Ordering::Less => Trend::Improving,
        std::cmp::Ordering::Greater => Trend::Worsening,
        std::cmp::Ordering::Equal => Trend::Stable,
    };
    TrendLine { trend, slope_per_day: Some(slope) }
}

/// One value a day, as (day, value), in the order of the days.
fn daily(points: &[(Timestamp, f64)]) -> Vec<(f64, f64)> {
    let Some(last) = points.iter().filter(|(_, value)| value.is_finite()).map(|(at, _)| *at).max() else {
        return Vec::new();
    };
    let from = last.minus(WINDOW);
    let mut kept: Vec<(Timestamp, f64)> = points
        .iter()
        .filter(|(at, value)| *at >= from && value.is_finite())
        .map(|(at, value)| (at.start_of_day(), *value))
        .collect();
    kept.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    kept.chunk_by(|a, b| a.0 == b.0)
        .filter_map(|day| Some((day.first()?.0.since(from.start_of_day()).in_days(), median(day.iter().map(|p| p.1))?)))
        .collect()
}

/// The middle of sorted or unsorted values.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values.get(middle).copied()
    } else {
        Some(f64::midpoint(*values.get(middle.checked_sub(1)?)?, *values.get(middle)?))
    }
}

/// Each pair of days, the earlier first.
fn pairs(days: &[(f64, f64)]) -> impl Iterator<Item = ((f64, f64), (f64, f64))> {
    days.iter().enumerate().flat_map(|(i, a)| days.iter().skip(i + 1).map(|b| (*a, *b)))
}

/// The median of the slopes of all pairs.
fn theil_sen(days: &[(f64, f64)]) -> f64 {
    median(pairs(days).map(|(a, b)| (b.1 - a.1) / (b.0 - a.0))).unwrap_or(0.0)
}

/// How far the signs of all pairs are from what chance would give, in standard deviations.
fn mann_kendall(days: &[(f64, f64)]) -> f64 {
    let s: f64 = pairs(days)
        .map(|(a, b)| {
            if b.1 > a.1 {
                1.0
            } else if b.1 < a.1 {
                -1.0
            } else {
                0.0
            }
        })
        .sum();
    let weight = |n: usize| (n * n.saturating_sub(1) * (2 * n + 5)) as f64;
    let mut values: Vec<f64> = days.iter().map(|day| day.1).collect();
    values.sort_by(f64::total_cmp);
    let ties: f64 = values.chunk_by(|a, b| a == b).map(|same| weight(same.len())).sum();
    let deviation = ((weight(days.len()) - ties) / 18.0).sqrt();
    if s == 0.0 || deviation == 0.0 { 0.0 } else { (s - s.signum()) / deviation }
}

#[cfg(test)]
mod tests;
