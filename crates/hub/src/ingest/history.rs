//! The points of past days, when samples arrive late: a file with ninety days in it, a source that catches up.
use std::collections::{BTreeMap, HashMap};

use watchkeep_model::kri::{self, Reading, Status};
use watchkeep_model::{IntegrationId, Span, Timestamp};
use watchkeep_store::kris::KriRow;
use watchkeep_store::samples::{self, PointRow, SampleRow};
use watchkeep_store::{Tx, samples as store};

use super::{cadence, thresholds};
use crate::error::Error;

const DAY: Span = Span::days(1);
/// Points further back than this are not computed anew.
const BACK: Span = Span::days(400);
/// Samples that are read for it at most: the newest count.
const MOST: i64 = 20_000;

/// Writes the points of the days from `changed` to the day before `today`.
pub(super) async fn rebuild(
    tx: &mut Tx<'_>,
    of: &KriRow,
    rank: &HashMap<IntegrationId, i64>,
    changed: Timestamp,
    today: Timestamp,
) -> Result<(), Error> {
    let first = changed.start_of_day().max(today.minus(BACK));
    // what was said before the first day may still have been fresh on it, or be the last that is known
    let reach = cadence(of).times(2).plus(Span::days(30));
    let rows = store::since(tx, of.id, first.minus(reach), MOST).await?;
    let before = samples::points_in(tx, of.id, first.minus(DAY)).await?;
    let status = before.iter().rev().find(|p| p.day < first).map_or(Status::Unknown, |p| p.status);
    for point in points(of, rank, &rows, first, today, status) {
        samples::put_point(tx, of.id, &point).await?;
    }
    Ok(())
}

/// The last that a source said of a subject, and the last value that it knew.
struct Known<'r> {
    last: &'r SampleRow,
    valued: Option<&'r SampleRow>,
}

/// The value at the end of each day from `first` to the day before `today`, from samples in the order of their time.
fn points(
    of: &KriRow,
    rank: &HashMap<IntegrationId, i64>,
    rows: &[SampleRow],
    first: Timestamp,
    today: Timestamp,
    mut status: Status,
) -> Vec<PointRow> {
    let mut latest: BTreeMap<(&str, IntegrationId), Known<'_>> = BTreeMap::new();
    let mut rest = rows.iter().peekable();
    let (mut day, mut out) = (first, vec![]);
    while day < today {
        let end = day.plus(DAY);
        while let Some(r) = rest.next_if(|r| r.observed_at < end) {
            let before = latest.get(&(r.subject.as_str(), r.integration_id)).and_then(|k| k.valued);
            let valued = if r.value.is_some() { Some(r) } else { before };
            latest.insert((&r.subject, r.integration_id), Known { last: r, valued });
        }
        let readings: Vec<Reading<'_>> = latest
            .values()
            .map(|Known { last: r, valued }| Reading {
                subject: &r.subject,
                integration: r.integration_id,
                priority: rank.get(&r.integration_id).copied().unwrap_or(i64::MAX),
                observed_at: r.observed_at,
                fresh_until: kri::fresh_until(r.observed_at, cadence(of)),
                value: valued.and_then(|v| v.value),
                numerator: valued.and_then(|v| v.numerator),
                denominator: valued.and_then(|v| v.denominator),
                state: r.state,
                quality: r.quality,
            })
            .collect();
        if !readings.is_empty() {
            let at = end.minus(Span::from_micros(1));
            let a = kri::aggregate(of.aggregation, of.direction, &readings, at);
            let t = thresholds(of);
            status = kri::judge(a.value, a.denominator, a.state, &t, of.unit, of.per_thousand, status);
            out.push(PointRow { day, value: a.value, state: a.state, status });
        }
        day = end;
    }
    out
}
