//! Tests of trends.

use proptest::prelude::*;

use super::*;
use crate::mutate;

const UP: Thresholds = Thresholds { direction: Direction::HigherIsWorse, amber: 10.0, red: 20.0, target: None };
const DOWN: Thresholds = Thresholds { direction: Direction::LowerIsWorse, amber: 95.0, red: 85.0, target: None };

/// One value a day, at eight.
fn days(values: &[f64]) -> Vec<(Timestamp, f64)> {
    let first: Timestamp = "2026-10-01T08:00:00Z".parse().unwrap();
    values.iter().enumerate().map(|(i, value)| (first.plus(Span::days(i64::try_from(i).unwrap())), *value)).collect()
}

fn word(values: &[f64], thresholds: &Thresholds) -> Trend {
    trend(&days(values), thresholds.direction, Unit::Percent, thresholds).trend
}

#[test]
fn a_rise_is_bad_or_good() {
    let rise: Vec<f64> = (0..10).map(|i| 5.0 + f64::from(i)).collect();
    assert_eq!(word(&rise, &UP), Trend::Worsening);
    assert_eq!(word(&rise, &DOWN), Trend::Improving);
    let line = trend(&days(&rise), UP.direction, Unit::Percent, &UP);
    assert!((line.slope_per_day.unwrap() - 1.0).abs() < 1e-9);
    let fall: Vec<f64> = rise.iter().rev().copied().collect();
    assert_eq!(word(&fall, &UP), Trend::Improving);
    assert_eq!(word(&fall, &DOWN), Trend::Worsening);
}

#[test]
fn too_few_days_are_insufficient() {
    let none = TrendLine { trend: Trend::Insufficient, slope_per_day: None };
    assert_eq!(trend(&[], UP.direction, Unit::Percent, &UP), none);
    assert_eq!(trend(&days(&[1.0, 2.0, 3.0, 4.0]), UP.direction, Unit::Percent, &UP), none);
    assert_eq!(word(&[1.0, 2.0, 3.0, 4.0, 5.0], &UP), Trend::Worsening);
    // a hundred values of one afternoon are one day
    let noon: Timestamp = "2026-10-01T12:00:00Z".parse().unwrap();
    let afternoon: Vec<_> = (0..100).map(|i| (noon.plus(Span::minutes(i)), i as f64)).collect();
    assert_eq!(trend(&afternoon, UP.direction, Unit::Percent, &UP), none);
    let nothing: Vec<_> = days(&[f64::NAN; 20]);
    assert_eq!(trend(&nothing, UP.direction, Unit::Percent, &UP), none);
}

#[test]
fn noise_is_stable() {
    let saw: Vec<f64> = (0..30).map(|i| if i % 2 == 0 { 12.0 } else { 15.0 }).collect();
    assert_eq!(word(&saw, &UP), Trend::Stable);
    assert_eq!(word(&[15.0; 30], &UP), Trend::Stable);
    // steep enough, but 8 such days come by chance: z is 0.87
    let loose = [10.0, 18.0, 9.0, 17.0, 12.0, 19.0, 11.5, 18.5];
    let line = trend(&days(&loose), UP.direction, Unit::Percent, &UP);
    assert_eq!(line.trend, Trend::Stable);
    assert!(line.slope_per_day.unwrap() > 0.2, "{line:?}");
    // rises every day, but by less in 30 days than a tenth of the way from amber to red
    let creep: Vec<f64> = (0..30).map(|i| 12.0 + 0.03 * f64::from(i)).collect();
    assert_eq!(word(&creep, &UP), Trend::Stable);
    let crawl: Vec<f64> = (0..30).map(|i| 12.0 + 0.04 * f64::from(i)).collect();
    assert_eq!(word(&crawl, &UP), Trend::Worsening);
}

#[test]
fn a_single_wild_value_changes_nothing() {
    let mut values: Vec<f64> = (0..20).map(|i| 10.0 + 0.3 * f64::from(i)).collect();
    let before = trend(&days(&values), UP.direction, Unit::Percent, &UP);
    values[7] = 10_000.0;
    let after = trend(&days(&values), UP.direction, Unit::Percent, &UP);
    assert_eq!(after.trend, before.trend);
    assert!((after.slope_per_day.unwrap() - before.slope_per_day.unwrap()).abs() < 0.1);
}

#[test]
fn a_count_moves_by_more_than_one() {
    let t = Thresholds { direction: Direction::HigherIsWorse, amber: 1.0, red: 2.0, target: None };
    let one_more: Vec<f64> = (0..30).map(|i| if i < 15 { 3.0 } else { 4.0 }).collect();
    assert_eq!(trend(&days(&one_more), t.direction, Unit::Count, &t).trend, Trend::Stable);
    let many_more: Vec<f64> = (0..30).map(|i| f64::from(i / 3)).collect();
    assert_eq!(trend(&days(&many_more), t.direction, Unit::Count, &t).trend, Trend::Worsening);
}

#[test]
fn only_the_last_thirty_days_count() {
    let mut values = vec![50.0; 60];
    values.extend((0..31).map(|i| 20.0 - 0.5 * f64::from(i)));
    assert_eq!(word(&values, &UP), Trend::Improving);
    values.extend([4.5; 40]);
    assert_eq!(word(&values, &UP), Trend::Stable);
}

#[test]
fn mann_kendall_agrees_with_a_worked_example() {
    // S and its variance by hand: 1 2 3 3 5 has 9 rising pairs of 10 and one tie of two;
    // (5*4*15 - 2*1*9) / 18 = 15.666..., (9 - 1) / sqrt(15.666...) = 8 / 3.95811 = 2.02116
    let z = mann_kendall(&[(0.0, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, 3.0), (4.0, 5.0)]);
    assert!((z - 2.021_16).abs() < 1e-5, "{z}");
    assert!(mann_kendall(&[(0.0, 1.0), (1.0, 1.0), (2.0, 1.0)]).abs() < f64::EPSILON);
}

fn any_points() -> impl Strategy<Value = Vec<(Timestamp, f64)>> {
    proptest::collection::vec((0i64..40 * 24, -50.0f64..50.0), 0..80).prop_map(|points| {
        let first: Timestamp = "2026-10-01".parse().unwrap();
        points.into_iter().map(|(hour, value)| (first.plus(Span::hours(hour)), value)).collect()
    })
}

fn tilted(points: &[(Timestamp, f64)], tilt: f64) -> Vec<(Timestamp, f64)> {
    points.iter().map(|(at, value)| (*at, value + tilt * at.since(Timestamp::EPOCH).in_days())).collect()
}

proptest! {
    #![proptest_config(mutate::cases(500))]

    #[test]
    fn the_mirror_of_a_trend_is_its_opposite(points in any_points(), tilt in -2.0f64..2.0) {
        let points = tilted(&points, tilt);
        let mirrored: Vec<_> = points.iter().map(|(at, value)| (*at, -value)).collect();
        let here = trend(&points, Direction::HigherIsWorse, Unit::Percent, &UP);
        let there = trend(&mirrored, Direction::HigherIsWorse, Unit::Percent, &UP);
        let opposite = match here.trend {
            Trend::Improving => Trend::Worsening,
            Trend::Worsening => Trend::Improving,
            same => same,
        };
        prop_assert_eq!(there.trend, opposite);
        prop_assert_eq!(there.slope_per_day.map(|slope| -slope), here.slope_per_day);
        prop_assert_eq!(trend(&points, Direction::LowerIsWorse, Unit::Percent, &UP).trend, opposite);
    }

    #[test]
    fn the_order_of_the_points_does_not_matter(points in any_points()) {
        let mut turned = points.clone();
        turned.reverse();
        let line = |points: &[_]| trend(points, Direction::HigherIsWorse, Unit::Percent, &UP);
        prop_assert_eq!(line(&points), line(&turned));
    }

    #[test]
    fn a_trend_has_the_sign_of_its_slope(points in any_points(), tilt in -2.0f64..2.0) {
        let points = tilted(&points, tilt);
        let line = trend(&points, Direction::HigherIsWorse, Unit::Percent, &UP);
        match line.trend {
            Trend::Worsening => prop_assert!(line.slope_per_day.unwrap() > 0.0),
            Trend::Improving => prop_assert!(line.slope_per_day.unwrap() < 0.0),
            Trend::Stable => prop_assert!(line.slope_per_day.is_some()),
            Trend::Insufficient => prop_assert!(line.slope_per_day.is_none()),
        }
    }
}
