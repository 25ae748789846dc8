//! Tests of downsampling.

use proptest::prelude::*;

use super::*;
use crate::mutate;
use crate::time::Span;

fn points(values: &[Option<f64>]) -> Vec<(Timestamp, Option<f64>)> {
    let mut at = Timestamp::EPOCH;
    values
        .iter()
        .map(|value| {
            at = at.plus(Span::hours(1));
            (at, *value)
        })
        .collect()
}

#[test]
fn what_fits_is_kept() {
    let all = points(&[Some(1.0), None, Some(3.0)]);
    assert_eq!(downsample(&all, 3), [0, 1, 2]);
    assert_eq!(downsample(&all, 100), [0, 1, 2]);
    assert!(downsample(&[], 0).is_empty());
    assert!(downsample(&all, 0).is_empty());
    assert_eq!(downsample(&all, 1), [2], "the last before all others");
}

#[test]
fn a_spike_and_a_gap_stay_seen() {
    let mut values: Vec<Option<f64>> = (0..2_000).map(|i| Some(f64::from(i % 7))).collect();
    values[333] = Some(500.0);
    values[1_201] = Some(-500.0);
    for value in &mut values[700..900] {
        *value = None;
    }
    let kept = downsample(&points(&values), 100);
    assert!(kept.len() <= 100 && kept.len() > 60, "{}", kept.len());
    for index in [0, 333, 1_201, 1_999] {
        assert!(kept.contains(&index), "{index}");
    }
    assert!(kept.iter().any(|i| (700..900).contains(i)), "the gap");
}

proptest! {
    #![proptest_config(mutate::cases(1_000))]

    #[test]
    fn extremes_and_the_last_are_kept(
        values in proptest::collection::vec(proptest::option::weighted(0.9, -1e6f64..1e6), 0..400),
        max in 0usize..120,
    ) {
        let all = points(&values);
        let kept = downsample(&all, max);
        prop_assert!(kept.len() <= max);
        prop_assert!(kept.is_sorted_by(|a, b| a < b));
        prop_assert!(kept.iter().all(|i| *i < all.len()));
        if max >= 4 && !all.is_empty() {
            prop_assert_eq!(kept.last(), Some(&(all.len() - 1)));
            prop_assert_eq!(kept.first(), Some(&0));
            let known = |indices: &mut dyn Iterator<Item = usize>| {
                let values: Vec<f64> = indices.filter_map(|i| all[i].1).collect();
                (values.iter().copied().reduce(f64::min), values.iter().copied().reduce(f64::max))
            };
            prop_assert_eq!(known(&mut kept.iter().copied()), known(&mut (0..all.len())));
        }
    }
}
