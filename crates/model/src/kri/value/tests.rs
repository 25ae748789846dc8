//! Tests of which values can be.

use proptest::prelude::*;

use super::*;
use crate::mutate;

fn flaw(unit: Unit, value: f64, numerator: Option<f64>, denominator: Option<f64>) -> String {
    check(unit, value, numerator, denominator).unwrap_err().to_string()
}

#[test]
fn good_values() {
    for (unit, value, numerator, denominator) in [
        (Unit::Count, 0.0, None, None),
        (Unit::Count, 12.0, None, Some(640.0)),
        (Unit::Count, 12.0, Some(12.0), Some(640.0)),
        (Unit::Percent, 0.0, None, None),
        (Unit::Percent, 100.0, Some(7.0), Some(7.0)),
        (Unit::Percent, 33.3, Some(1.0), Some(3.0)),
        (Unit::Percent, 33.0, Some(1.0), Some(3.0)),
        (Unit::Percent, 63.0, Some(5.0), Some(8.0)),
        (Unit::Percent, 62.0, Some(5.0), Some(8.0)),
        (Unit::Percent, 97.25, None, Some(400.0)),
        (Unit::Days, 12.5, None, None),
        (Unit::Hours, 0.25, None, None),
        (Unit::Score, 100.0, None, None),
        (Unit::Ratio, 14.4, None, None),
    ] {
        assert_eq!(check(unit, value, numerator, denominator), Ok(()), "{unit} {value}");
    }
}

#[test]
fn bad_values_are_told_why() {
    assert!(flaw(Unit::Count, 1.5, None, None).starts_with("value: a count is a whole number, not 1.5"));
    assert_eq!(flaw(Unit::Count, -1.0, None, None), "value: -1 is less than 0");
    assert!(flaw(Unit::Count, 1e16, None, None).contains("more than can be kept exactly"));
    assert!(flaw(Unit::Count, 3.0, Some(4.0), None).starts_with("numerator: 4 differs from the count 3"));
    assert_eq!(
        flaw(Unit::Percent, 101.0, None, None),
        "value: 101 is more than 100, the most that unit percent can have"
    );
    assert_eq!(flaw(Unit::Percent, 90.0, Some(1.0), Some(2.0)), "value: 90 is not 1 of 2, which is 50.00 percent");
    assert!(flaw(Unit::Percent, 0.0, Some(0.0), Some(0.0)).contains("a share of nothing is not a value"));
    assert!(flaw(Unit::Percent, 100.0, Some(3.0), Some(2.0)).starts_with("numerator: 3 is more than the denominator"));
    assert!(flaw(Unit::Percent, 100.0, Some(3.0), None).starts_with("denominator: a numerator without"));
    assert!(flaw(Unit::Score, 100.5, None, None).contains("unit score"));
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(flaw(Unit::Ratio, bad, None, None).starts_with("value: it is not a number"));
        assert!(flaw(Unit::Days, 1.0, Some(bad), None).starts_with("numerator: "));
        assert!(flaw(Unit::Days, 1.0, None, Some(bad)).starts_with("denominator: "));
    }
}

proptest! {
    #![proptest_config(mutate::cases(2_000))]

    #[test]
    fn a_share_rounded_to_any_digit_is_good(numerator in 0u32..100_000, more in 0u32..100_000, digits in 0i32..6) {
        let denominator = f64::from(numerator + more.max(1));
        let numerator = f64::from(numerator);
        let scale = 10f64.powi(digits);
        let value = (100.0 * numerator / denominator * scale).round() / scale;
        prop_assert_eq!(check(Unit::Percent, value, Some(numerator), Some(denominator)), Ok(()));
    }

    #[test]
    fn what_passes_is_within_the_unit(
        value in any::<f64>(),
        numerator in any::<Option<f64>>(),
        denominator in any::<Option<f64>>(),
    ) {
        for unit in Unit::ALL.iter().copied() {
            if check(unit, value, numerator, denominator).is_ok() {
                prop_assert!(value.is_finite() && value >= unit.least());
                prop_assert!(unit.greatest().is_none_or(|most| value <= most));
                prop_assert!(denominator.is_none_or(|d| d > 0.0));
            }
        }
    }
}
