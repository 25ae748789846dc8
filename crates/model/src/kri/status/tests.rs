//! Tests of colours.

use proptest::prelude::*;

use super::*;
use crate::mutate;

fn rising(amber: f64, red: f64) -> Thresholds {
    Thresholds { direction: Direction::HigherIsWorse, amber, red, target: None }
}

fn falling(amber: f64, red: f64) -> Thresholds {
    Thresholds { direction: Direction::LowerIsWorse, amber, red, target: None }
}

/// The colours of values that come one after the other.
fn course(values: &[f64], thresholds: &Thresholds, unit: Unit) -> String {
    let mut before = Status::Unknown;
    let mut colours = String::new();
    for value in values {
        before = judge(Some(*value), None, State::Ok, thresholds, unit, false, before);
        colours.push_str(&before.as_str()[..1]);
    }
    colours
}

#[test]
fn boundaries_belong_to_the_worse_side_where_more_is_worse() {
    let t = rising(1.0, 10.0);
    for (value, colour) in [(0.0, Status::Green), (1.0, Status::Amber), (9.0, Status::Amber), (10.0, Status::Red)] {
        assert_eq!(t.colour(value), colour, "{value}");
    }
    let t = falling(98.0, 90.0);
    for (value, colour) in [
        (100.0, Status::Green),
        (98.0, Status::Green),
        (97.9, Status::Amber),
        (90.0, Status::Amber),
        (89.9, Status::Red),
    ] {
        assert_eq!(t.colour(value), colour, "{value}");
    }
    assert_eq!(t.colour(f64::NAN), Status::Unknown);
}

#[test]
fn a_value_that_swings_around_a_boundary_keeps_its_colour() {
    let t = falling(95.0, 85.0); // passes by 0.5
    assert_eq!(course(&[95.0, 94.9, 95.1, 95.4, 95.5, 94.9], &t, Unit::Percent), "gaaaga");
    assert_eq!(course(&[84.9, 85.2, 85.4, 85.5, 84.9], &t, Unit::Percent), "rrrar");
    assert_eq!(course(&[84.0, 95.2], &t, Unit::Percent), "ra", "over red for sure, not yet over amber");
    assert_eq!(course(&[84.0, 96.0], &t, Unit::Percent), "rg", "over both at once");
    let t = rising(10.0, 30.0); // passes by 1
    assert_eq!(course(&[10.0, 9.5, 9.0, 31.0, 29.5, 29.0, 9.5], &t, Unit::Hours), "aagrraa");
}

#[test]
fn the_best_value_is_always_green() {
    assert_eq!(course(&[97.0, 99.0, 100.0], &falling(100.0, 98.0), Unit::Percent), "rag");
    assert_eq!(course(&[50.0, 0.0], &rising(1.0, 100.0), Unit::Count), "ag", "5 % of 99 is more than 1");
    assert_eq!(course(&[5.0, 2.0, 1.0, 0.0], &rising(1.0, 3.0), Unit::Count), "raag");
    assert_eq!(course(&[5.0, 4.9], &rising(5.0, 5.0), Unit::Days), "rg", "no amber, no margin");
}

#[test]
fn going_dark_never_improves_and_never_reads_as_good() {
    let t = rising(1.0, 10.0);
    let value = Some(0.0);
    for state in [State::Unknown, State::Stale, State::Unavailable, State::Error] {
        for (before, after) in [
            (Status::Red, Status::Red),
            (Status::Amber, Status::Amber),
            (Status::Green, Status::Unknown),
            (Status::Unknown, Status::Unknown),
        ] {
            assert_eq!(judge(value, None, state, &t, Unit::Count, false, before), after, "{state} {before}");
            assert_eq!(judge(None, None, State::Ok, &t, Unit::Count, false, before), after, "no value is not ok");
        }
    }
}

#[test]
fn a_large_fleet_is_judged_per_thousand() {
    let t = rising(1.0, 10.0);
    let colour = |value, assets, per_thousand| {
        judge(Some(value), assets, State::Ok, &t, Unit::Count, per_thousand, Status::Unknown)
    };
    assert_eq!(colour(12.0, Some(4_000.0), true), Status::Amber, "3 per 1,000");
    assert_eq!(colour(12.0, Some(4_000.0), false), Status::Red);
    assert_eq!(colour(3.0, Some(4_000.0), true), Status::Green);
    assert_eq!(colour(9.0, Some(200.0), true), Status::Amber, "200 are not above 200");
    assert_eq!(colour(9.0, Some(201.0), true), Status::Red, "45 per 1,000");
    assert_eq!(colour(12.0, None, true), Status::Red, "of how many is not known");
    let share = Scale { per_thousand: true }.of(50.0, Some(4_000.0), Unit::Percent);
    assert!((share - 50.0).abs() < f64::EPSILON, "a share is a share");
}

#[test]
fn thresholds_that_cannot_be_are_refused() {
    let flaws = |t: Thresholds, unit| {
        t.validate(unit).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ")
    };
    assert_eq!(rising(1.0, 10.0).validate(Unit::Count), Ok(()));
    assert_eq!(falling(100.0, 98.0).validate(Unit::Percent), Ok(()));
    assert_eq!(rising(5.0, 5.0).validate(Unit::Count), Ok(()));
    assert_eq!(
        flaws(rising(10.0, 1.0), Unit::Count),
        "red: with higherIsWorse red is at least as bad as amber: not 1, but 10 or more"
    );
    assert_eq!(
        flaws(falling(85.0, 95.0), Unit::Percent),
        "red: with lowerIsWorse red is at least as bad as amber: not 95, but 85 or less"
    );
    assert!(flaws(rising(0.0, 1.0), Unit::Count).starts_with("amber: at 0 with higherIsWorse"));
    assert_eq!(
        flaws(rising(f64::NAN, 101.0), Unit::Percent),
        "amber: it is not a number | red: 101 is more than 100, the most that unit percent can have"
    );
    assert!(flaws(falling(95.0, -1.0), Unit::Score).starts_with("red: -1 is less than 0"));
    let aim = Thresholds { target: Some(96.0), ..falling(98.0, 90.0) };
    assert_eq!(flaws(aim, Unit::Percent), "target: a target is green, but 96 would be amber");
}

#[test]
fn thresholds_in_json() {
    let t: Thresholds = serde_json::from_str(r#"{"direction":"lowerIsWorse","amber":98,"red":90}"#).unwrap();
    assert_eq!(t, falling(98.0, 90.0));
    assert_eq!(serde_json::to_string(&t).unwrap(), r#"{"direction":"lowerIsWorse","amber":98.0,"red":90.0}"#);
    assert!(serde_json::from_str::<Thresholds>(r#"{"direction":"lowerIsWorse","amber":98,"rde":90}"#).is_err());
}

fn any_thresholds() -> impl Strategy<Value = Thresholds> {
    (any::<bool>(), 0.5f64..100.0, 0.0f64..100.0).prop_map(|(up, amber, other)| {
        if up { rising(amber, amber + (100.0 - amber) * other / 100.0) } else { falling(amber, amber * other / 100.0) }
    })
}

fn any_status() -> impl Strategy<Value = Status> {
    proptest::sample::select(Status::ALL)
}

fn gravity(status: Status) -> i32 {
    match status {
        Status::Green => 0,
        Status::Unknown => 1,
        Status::Amber => 2,
        Status::Red => 3,
    }
}

proptest! {
    #![proptest_config(mutate::cases(5_000))]

    #[test]
    fn a_worse_value_never_has_a_better_colour(
        t in any_thresholds(),
        a in 0.0f64..100.0,
        b in 0.0f64..100.0,
        before in any_status(),
    ) {
        prop_assert_eq!(t.validate(Unit::Percent), Ok(()));
        let colour = |value| judge(Some(value), None, State::Ok, &t, Unit::Percent, false, before);
        let worse = t.direction.worse(a, b);
        let better = if worse == a { b } else { a };
        prop_assert!(gravity(colour(worse)) >= gravity(colour(better)));
    }

    #[test]
    fn a_past_never_hides_that_it_got_worse(t in any_thresholds(), value in 0.0f64..100.0, before in any_status()) {
        let now = judge(Some(value), None, State::Ok, &t, Unit::Percent, false, before);
        prop_assert!(gravity(now) >= gravity(t.colour(value)));
        prop_assert_ne!(now, Status::Unknown);
        // and it never makes it worse than it was
        prop_assert!(gravity(now) <= gravity(t.colour(value)).max(gravity(before)));
    }

    #[test]
    fn a_value_that_stays_keeps_its_colour(t in any_thresholds(), value in 0.0f64..100.0, before in any_status()) {
        let once = judge(Some(value), None, State::Ok, &t, Unit::Percent, false, before);
        prop_assert_eq!(judge(Some(value), None, State::Ok, &t, Unit::Percent, false, once), once);
    }

    #[test]
    fn unknown_never_improves(
        t in any_thresholds(),
        value in any::<Option<f64>>(),
        state in proptest::sample::select(State::ALL),
        before in any_status(),
    ) {
        prop_assume!(state != State::Ok || value.is_none());
        let after = judge(value, None, state, &t, Unit::Percent, false, before);
        prop_assert!(gravity(after) >= gravity(before));
        prop_assert_ne!(after, Status::Green);
    }

    #[test]
    fn green_can_always_be_had_again(t in any_thresholds(), before in any_status()) {
        let best = if t.direction == Direction::HigherIsWorse { 0.0 } else { 100.0 };
        prop_assert_eq!(judge(Some(best), None, State::Ok, &t, Unit::Percent, false, before), Status::Green);
    }

    #[test]
    fn both_directions_are_mirrors(t in any_thresholds(), value in 0.0f64..100.0, before in any_status()) {
        // ↓ mirrored at 50 is ↑, but for the boundary itself, which belongs to another side
        prop_assume!((value - t.amber).abs() > 1e-6 && (value - t.red).abs() > 1e-6);
        let margin = 0.05 * (t.red - t.amber).abs();
        prop_assume!([t.amber, t.red].iter().all(|b| ((value - b).abs() - margin).abs() > 1e-6));
        let (amber, red) = (100.0 - t.amber, 100.0 - t.red);
        let mirror = Thresholds { direction: t.direction.flipped(), amber, red, target: None };
        let colour = |value, t| judge(Some(value), None, State::Ok, t, Unit::Percent, false, before);
        prop_assert_eq!(colour(value, &t), colour(100.0 - value, &mirror));
    }
}
