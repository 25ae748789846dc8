//! Fewer points that show the same picture.

use crate::time::Timestamp;

/// Which points to keep so that at most `max` are left: their indices, ascending. Points are in order of time; a point
/// without a value is a gap.
///
/// The last point is kept, then the lowest and the highest, then the first; the rest is split into slices of equally
/// many points, and of each the lowest, the highest and the first gap are kept (the thought of M4, Jugel et al. 2014:
/// a line drawn through the extremes of each column looks like the line through all). Everything is kept where it fits.
#[must_use]
pub fn downsample(points: &[(Timestamp, Option<f64>)], max: usize) -> Vec<usize> {
    if points.len() <= max {
        return (0..points.len()).collect();
    }
    let all = 0..points.len();
    let first = [points.len().checked_sub(1), lowest(points, all.clone()), highest(points, all.clone()), Some(0)];
    let mut kept: Vec<usize> = Vec::with_capacity(max);
    for index in first.into_iter().flatten() {
        if kept.len() < max && !kept.contains(&index) {
            kept.push(index);
        }
    }
    let gaps = points.iter().any(|(_, value)| value.is_none());
    let slices = (max - kept.len()) / if gaps { 3 } else { 2 };
    for slice in 0..slices {
        let range = points.len() * slice / slices..points.len() * (slice + 1) / slices;
        let gap = range.clone().find(|i| matches!(points.get(*i), Some((_, None))));
        kept.extend([lowest(points, range.clone()), highest(points, range), gap].into_iter().flatten());
    }
    kept.sort_unstable();
    kept.dedup();
    kept
}

type Range = std::ops::Range<usize>;

fn value(points: &[(Timestamp, Option<f64>)], index: usize) -> Option<f64> {
    points.get(index).and_then(|(_, value)| *value).filter(|value| value.is_finite())
}

/// The first of the lowest.
fn lowest(points: &[(Timestamp, Option<f64>)], range: Range) -> Option<usize> {
    range.filter_map(|i| Some((value(points, i)?, i))).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, i)| i)
}

/// The last of the highest.
fn highest(points: &[(Timestamp, Option<f64>)], range: Range) -> Option<usize> {
    range.filter_map(|i| Some((value(points, i)?, i))).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, i)| i)
}

#[cfg(test)]
mod tests;
