//! Tests of aggregation.

use proptest::prelude::*;

use super::*;
use crate::mutate;
use crate::time::Span;

fn now() -> Timestamp {
    "2026-11-20T08:00:00Z".parse().unwrap()
}

fn integration(n: u128) -> IntegrationId {
    IntegrationId::new(uuid::Uuid::from_u128(n))
}

/// A fresh, complete reading of integration 1, an hour old.
fn reading(subject: &str, value: f64) -> Reading<'_> {
    Reading {
        subject,
        integration: integration(1),
        priority: 50,
        observed_at: now().minus(Span::hours(1)),
        fresh_until: now().plus(Span::hours(47)),
        value: Some(value),
        numerator: None,
        denominator: None,
        state: State::Ok,
        quality: Quality::Complete,
    }
}

fn of<'a>(numerator: f64, denominator: f64, reading: Reading<'a>) -> Reading<'a> {
    let value = Some(100.0 * numerator / denominator);
    Reading { value, numerator: Some(numerator), denominator: Some(denominator), ..reading }
}

/// The same, long ago.
fn old(reading: Reading<'_>) -> Reading<'_> {
    Reading { observed_at: now().minus(Span::days(9)), fresh_until: now().minus(Span::days(7)), ..reading }
}

fn nothing(state: State, reading: Reading<'_>) -> Reading<'_> {
    Reading { value: None, state, ..reading }
}

fn sum(readings: &[Reading<'_>]) -> Aggregate {
    aggregate(Aggregation::Sum, Direction::HigherIsWorse, readings, now())
}

fn coverage(readings: &[Reading<'_>]) -> Aggregate {
    aggregate(Aggregation::Ratio, Direction::LowerIsWorse, readings, now())
}

#[test]
fn counts_of_subjects_add_up() {
    let all = sum(&[reading("shop", 3.0), reading("api", 4.0)]);
    assert_eq!((all.value, all.state, all.quality), (Some(7.0), State::Ok, Quality::Complete));
    assert_eq!((all.subjects, all.missing), (2, 0));
    assert_eq!(all.observed_at, Some(now().minus(Span::hours(1))));
    assert_eq!(all.denominator, None);
    let earlier = Reading { observed_at: now().minus(Span::hours(5)), ..reading("api", 4.0) };
    assert_eq!(
        sum(&[reading("shop", 3.0), earlier]).observed_at,
        Some(earlier.observed_at),
        "as old as its oldest part"
    );
    let with = |value, denominator, subject| Reading { denominator: Some(denominator), ..reading(subject, value) };
    let all = sum(&[with(3.0, 100.0, "shop"), with(4.0, 540.0, "api")]);
    assert_eq!((all.value, all.numerator, all.denominator), (Some(7.0), None, Some(640.0)));
    let all = sum(&[with(3.0, 100.0, "shop"), reading("api", 4.0)]);
    assert_eq!(all.denominator, None, "of how many is not known of each");
}

#[test]
fn percentages_are_the_ratio_of_the_sums() {
    let all = coverage(&[of(10.0, 10.0, reading("ghent", 0.0)), of(30.0, 90.0, reading("leeds", 0.0))]);
    assert_eq!((all.value, all.numerator, all.denominator), (Some(40.0), Some(40.0), Some(100.0)));
    let all = coverage(&[of(10.0, 10.0, reading("ghent", 0.0)), reading("leeds", 61.0)]);
    assert_eq!(
        (all.value, all.numerator, all.denominator),
        (Some(61.0), None, None),
        "the worst without a denominator"
    );
    let all = aggregate(
        Aggregation::Ratio,
        Direction::HigherIsWorse,
        &[of(10.0, 100.0, reading("ghent", 0.0)), reading("leeds", 4.0)],
        now(),
    );
    assert_eq!(all.value, Some(10.0));
}

#[test]
fn of_the_rest_the_worst_counts() {
    let readings = [reading("mail", 4.0), reading("erp", 30.0), reading("mes", 12.0)];
    let worst = |direction| aggregate(Aggregation::Worst, direction, &readings, now()).value;
    assert_eq!(worst(Direction::HigherIsWorse), Some(30.0));
    assert_eq!(worst(Direction::LowerIsWorse), Some(4.0));
}

#[test]
fn duplicates_do_not_add_up() {
    let mcp = Reading { integration: integration(2), priority: 40, ..reading("shop", 5.0) };
    let csv = Reading { integration: integration(3), priority: 65, ..reading("shop", 9.0) };
    let native = reading("shop", 7.0);
    let all = sum(&[csv, native, mcp]);
    assert_eq!((all.value, all.subjects), (Some(5.0), 1));
    assert_eq!(all.source, Some(integration(2)));
    assert_eq!(all.also, [integration(1), integration(3)]);
    assert_eq!(sum(&[csv, native, old(mcp)]).value, Some(7.0), "a stale one loses");
    assert_eq!(sum(&[csv, native, old(mcp)]).quality, Quality::Complete, "and its subject is not missing");
    assert_eq!(sum(&[native, nothing(State::Error, mcp)]).value, Some(7.0), "one without a value loses, too");
    let later = Reading { observed_at: now(), integration: integration(9), ..reading("shop", 8.0) };
    assert_eq!(sum(&[native, later]).value, Some(8.0), "of equal priority the later");
    let twin = Reading { integration: integration(0), ..reading("shop", 8.0) };
    assert_eq!(sum(&[native, twin]).value, Some(8.0), "of the same time the lower id");
}

#[test]
fn a_dark_subject_makes_the_value_partial_and_never_better() {
    let all = sum(&[reading("shop", 3.0), old(reading("api", 40.0))]);
    assert_eq!((all.value, all.state, all.quality), (Some(43.0), State::Ok, Quality::Partial));
    assert_eq!((all.subjects, all.missing), (2, 1));
    assert_eq!(all.fresh_until, Some(now().plus(Span::hours(47))), "the next to go stale");

    let good = of(100.0, 100.0, reading("ghent", 0.0));
    let bad = of(10.0, 100.0, reading("leeds", 0.0));
    assert_eq!(coverage(&[good, old(bad)]).value, Some(55.0), "its last known value still counts");
    assert_eq!(coverage(&[bad, old(good)]).value, Some(10.0), "but not to its own advantage");
    assert_eq!(coverage(&[bad, old(good)]).quality, Quality::Partial);

    let failed = Reading { state: State::Error, ..reading("api", 40.0) };
    assert_eq!(sum(&[reading("shop", 3.0), failed]).value, Some(43.0), "a failure with a last known value");
    let unknown = sum(&[reading("shop", 3.0), nothing(State::Error, reading("api", 0.0))]);
    assert_eq!((unknown.value, unknown.quality, unknown.missing), (Some(3.0), Quality::Partial, 1));
}

#[test]
fn all_dark_is_the_last_known_value_and_stale() {
    let all = sum(&[old(reading("shop", 3.0)), old(reading("api", 4.0))]);
    assert_eq!((all.value, all.state, all.quality), (Some(7.0), State::Stale, Quality::Partial));
    assert_eq!(all.fresh_until, Some(now().minus(Span::days(7))));
    assert_eq!(all.source, Some(integration(1)));
    let edge = Reading { fresh_until: now(), ..reading("shop", 3.0) };
    assert_eq!(sum(&[edge]).state, State::Ok, "fresh up to and with that moment");
    assert_eq!(
        aggregate(Aggregation::Sum, Direction::HigherIsWorse, &[edge], now().plus(Span::from_micros(1))).state,
        State::Stale
    );
}

#[test]
fn nothing_known_is_no_value_and_never_zero() {
    let none = sum(&[]);
    assert_eq!((none.value, none.state, none.subjects, none.source), (None, State::Unknown, 0, None));
    assert_eq!((none.observed_at, none.fresh_until), (None, None));
    for state in [State::Unknown, State::Unavailable, State::Error] {
        let all = sum(&[nothing(state, reading("shop", 0.0))]);
        assert_eq!((all.value, all.state, all.numerator), (None, state, None));
        assert_eq!((all.source, all.missing), (Some(integration(1)), 1));
    }
    assert_eq!(sum(&[nothing(State::Ok, reading("shop", 0.0))]).state, State::Unknown, "ok without a value is not ok");
    assert_eq!(sum(&[nothing(State::Stale, reading("shop", 0.0))]).state, State::Unknown, "nor is it stale");
    let failed = Reading { state: State::Error, ..reading("shop", 3.0) };
    assert_eq!((sum(&[failed]).value, sum(&[failed]).state), (None, State::Error), "a failure is told as one");
    let mixed = sum(&[failed, old(reading("api", 4.0))]);
    assert_eq!((mixed.value, mixed.state), (Some(7.0), State::Stale), "beside an old value it is the last known one");
    let two = [nothing(State::Unavailable, reading("shop", 0.0)), nothing(State::Error, reading("api", 0.0))];
    assert_eq!(sum(&two).state, State::Error);
    let nan = Reading { value: Some(f64::NAN), ..reading("shop", 0.0) };
    assert_eq!(sum(&[nan]).value, None);
}

#[test]
fn the_least_quality_is_told() {
    let with = |quality, subject| Reading { quality, ..reading(subject, 1.0) };
    let least = |a, b| sum(&[with(a, "a"), with(b, "b")]).quality;
    assert_eq!(least(Quality::Complete, Quality::Complete), Quality::Complete);
    assert_eq!(least(Quality::Manual, Quality::Complete), Quality::Manual);
    assert_eq!(least(Quality::Manual, Quality::Extracted), Quality::Extracted);
    assert_eq!(least(Quality::Extracted, Quality::Partial), Quality::Partial);
}

#[test]
fn the_source_speaks_for_most() {
    let other = |subject, value| Reading { integration: integration(2), priority: 60, ..reading(subject, value) };
    let all = sum(&[reading("a", 1.0), other("b", 1.0), other("c", 1.0)]);
    assert_eq!((all.source, all.also), (Some(integration(2)), vec![integration(1)]));
    let all = sum(&[reading("a", 1.0), other("b", 1.0)]);
    assert_eq!(all.source, Some(integration(1)), "of equally many the lower priority number");
}

const SUBJECTS: [&str; 5] = ["", "a", "b", "c", "d"];

fn any_reading() -> impl Strategy<Value = Reading<'static>> {
    let parts =
        (0usize..5, 0u128..4, 0i64..3, 0i64..5, -2i64..4, 0u32..12, 0u32..12, 0u8..10, 0usize..State::ALL.len());
    (parts, proptest::sample::select(Quality::ALL)).prop_map(
        |((s, i, priority, age, fresh, n, more, kind, state), quality)| {
            let (numerator, denominator) = (f64::from(n), f64::from(n + more + 1));
            let share = kind < 6;
            Reading {
                subject: SUBJECTS[s],
                integration: integration(i),
                priority,
                observed_at: now().minus(Span::hours(age)),
                fresh_until: now().plus(Span::hours(fresh)),
                value: (kind != 9).then_some(100.0 * numerator / denominator),
                numerator: share.then_some(numerator),
                denominator: share.then_some(denominator),
                state: if kind < 8 { State::Ok } else { State::ALL[state] },
                quality,
            }
        },
    )
}

fn any_how() -> impl Strategy<Value = (Aggregation, Direction)> {
    (proptest::sample::select(Aggregation::ALL), proptest::sample::select(Direction::ALL))
}

fn any_readings() -> impl Strategy<Value = Vec<Reading<'static>>> {
    proptest::collection::vec(any_reading(), 0..12)
}

proptest! {
    #![proptest_config(mutate::cases(4_000))]

    #[test]
    fn the_order_of_the_readings_does_not_matter(
        (how, direction) in any_how(),
        (readings, shuffled) in any_readings().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle())),
    ) {
        prop_assert_eq!(aggregate(how, direction, &readings, now()), aggregate(how, direction, &shuffled, now()));
    }

    #[test]
    fn a_value_is_there_exactly_if_something_is_known((how, direction) in any_how(), readings in any_readings()) {
        let all = aggregate(how, direction, &readings, now());
        let old = |r: &Reading<'_>| r.value.is_some() && matches!(r.state, State::Ok | State::Stale);
        prop_assert_eq!(all.value.is_some(), readings.iter().any(old));
        prop_assert_eq!(all.value.is_some(), matches!(all.state, State::Ok | State::Stale));
        prop_assert_eq!(all.value.is_some(), all.observed_at.is_some());
        prop_assert!(all.value.is_none_or(f64::is_finite));
        prop_assert!(all.missing <= all.subjects);
        prop_assert!(all.missing == 0 || all.quality == Quality::Partial);
        prop_assert_eq!(all.state == State::Ok, all.missing < all.subjects);
        prop_assert_eq!(all.source.is_some(), !readings.is_empty());
    }

    #[test]
    fn ratios_and_worsts_lie_between_their_subjects((_, direction) in any_how(), readings in any_readings()) {
        for how in [Aggregation::Ratio, Aggregation::Worst] {
            if let Some(value) = aggregate(how, direction, &readings, now()).value {
                let known = || readings.iter().filter_map(|r| r.value);
                let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(0.0, f64::max));
                prop_assert!(value >= low - 1e-9 && value <= high + 1e-9, "{low} {value} {high}");
            }
        }
    }

    #[test]
    fn sums_are_the_sum_of_the_winners(readings in any_readings()) {
        // with one integration and each subject once there is nothing to choose
        let mut own: Vec<Reading<'_>> = Vec::new();
        for r in readings {
            if r.value.is_some() && own.iter().all(|o| o.subject != r.subject) {
                own.push(Reading { state: State::Ok, fresh_until: now(), ..r });
            }
        }
        let total: f64 = own.iter().filter_map(|r| r.value).sum();
        let value = sum(&own).value;
        prop_assert_eq!(value.is_none(), own.is_empty());
        prop_assert!((value.unwrap_or(total) - total).abs() < 1e-9);
    }

    #[test]
    fn a_reading_that_goes_dark_never_improves_the_value(
        (how, direction) in any_how(),
        readings in any_readings(),
        which in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!readings.is_empty());
        // one reading a subject: where another source takes over, its value is believed
        let mut own: Vec<Reading<'_>> = Vec::new();
        for r in readings {
            if own.iter().all(|o| o.subject != r.subject) {
                own.push(r);
            }
        }
        let before = aggregate(how, direction, &own, now());
        let which = which.index(own.len());
        let stale = Reading { fresh_until: now().minus(Span::hours(1)), ..own[which] };
        for dark in [stale, Reading { state: State::Error, ..own[which] }] {
            let mut after = own.clone();
            after[which] = dark;
            let after = aggregate(how, direction, &after, now());
            if let (Some(one), Some(other), State::Ok, State::Ok) = (before.value, after.value, before.state, after.state) {
                let same = (one - other).abs() < 1e-9;
                prop_assert!(same || direction.compare(other, one).is_gt(), "{one} became {other}");
            }
            // else the state is no longer ok, and the colour holds what it was
            prop_assert!(before.state == State::Ok || after.state != State::Ok);
            prop_assert!(before.value.is_none() || after.value.is_some() || after.state == State::Error);
        }
    }
}
