//! The points of past days, when samples arrive late: a file with ninety days in it, a source that catches up.
use std::collections::{BTreeMap, HashMap};

use watchkeep_model::kri::{self, Quality, Reading, State, Status};
use watchkeep_model::{IntegrationId, Span, Timestamp};
use watchkeep_store::Tx;
use watchkeep_store::kris::KriRow;
use watchkeep_store::samples::{self, PointRow, SampleRow, SubjectRow};

use super::{cadence, thresholds};
use crate::error::Error;

const DAY: Span = Span::days(1);
/// Points further back than this are not computed anew.
const BACK: Span = Span::days(400);
/// Samples in one read.
const PAGE: i64 = 5_000;

/// The first day whose point is computed anew if something changed at that moment.
pub(super) fn first(changed: Timestamp, today: Timestamp) -> Timestamp {
    changed.start_of_day().max(today.minus(BACK))
}

/// Writes the points of the days from `changed` to the day before `today`.
pub(super) async fn rebuild(
    tx: &mut Tx<'_>,
    of: &KriRow,
    rank: &HashMap<IntegrationId, i64>,
    changed: Timestamp,
    today: Timestamp,
) -> Result<(), Error> {
    let first = first(changed, today);
    let before = samples::points_in(tx, of.id, first.minus(DAY)).await?;
    let status = before.iter().rev().find(|p| p.day < first).map_or(Status::Unknown, |p| p.status);
    // what was said before the first day may still have been fresh on it, or be the last that is known
    let mut from = first.minus(cadence(of).times(2).plus(Span::days(30)));
    let silent = samples::subjects(tx, of.id).await?.into_iter().filter(|s| s.observed_at < from);
    let latest = silent.map(|s| ((s.subject.clone(), s.integration_id), Known::from(s))).collect();
    let mut days = Days { of, rank, day: first, today, status, latest, points: vec![] };
    let mut most = PAGE;
    loop {
        let mut rows = samples::since(tx, of.id, from, most).await?;
        let more = i64::try_from(rows.len()).is_ok_and(|n| n == most);
        if let Some(last) = rows.last().map(|r| r.observed_at).filter(|_| more) {
            // the rest of its last moment comes with the next read
            rows.retain(|r| r.observed_at < last);
            if rows.is_empty() {
                most *= 2;
            }
            from = last;
        }
        let ends = rows.last().is_some_and(|r| r.observed_at >= today);
        for row in rows {
            days.take(row);
        }
        if !more || ends {
            break;
        }
    }
    for point in days.end() {
        samples::put_point(tx, of.id, &point).await?;
    }
    Ok(())
}

/// The last that a source said of a subject, with the last value that it knew.
struct Known {
    observed_at: Timestamp,
    value: Option<f64>,
    numerator: Option<f64>,
    denominator: Option<f64>,
    state: State,
    quality: Quality,
}

impl From<SubjectRow> for Known {
    fn from(s: SubjectRow) -> Self {
        let SubjectRow { observed_at, value, numerator, denominator, state, quality, .. } = s;
        Self { observed_at, value, numerator, denominator, state, quality }
    }
}

/// Makes the value at the end of each day from `day` to the day before `today`, of samples in the order of their time.
struct Days<'a> {
    of: &'a KriRow,
    rank: &'a HashMap<IntegrationId, i64>,
    /// The day that has not ended yet.
    day: Timestamp,
    today: Timestamp,
    status: Status,
    latest: BTreeMap<(String, IntegrationId), Known>,
    points: Vec<PointRow>,
}

impl Days<'_> {
    fn take(&mut self, row: SampleRow) {
        while self.day < self.today && row.observed_at >= self.day.plus(DAY) {
            self.end_day();
        }
        if row.observed_at >= self.today {
            return;
        }
        let SampleRow { subject, integration_id, observed_at, state, quality, .. } = row;
        let (mut value, mut numerator, mut denominator) = (row.value, row.numerator, row.denominator);
        let key = (subject, integration_id);
        // a sample without a value leaves the last known one standing
        if let Some(known) = self.latest.get(&key).filter(|_| value.is_none()) {
            (value, numerator, denominator) = (known.value, known.numerator, known.denominator);
        }
        self.latest.insert(key, Known { observed_at, value, numerator, denominator, state, quality });
    }

    fn end(mut self) -> Vec<PointRow> {
        while self.day < self.today {
            self.end_day();
        }
        self.points
    }

    fn end_day(&mut self) {
        let (of, end) = (self.of, self.day.plus(DAY));
        let readings: Vec<Reading<'_>> = self
            .latest
            .iter()
            .map(|((subject, integration), known)| Reading {
                subject,
                integration: *integration,
                priority: self.rank.get(integration).copied().unwrap_or(i64::MAX),
                observed_at: known.observed_at,
                fresh_until: kri::fresh_until(known.observed_at, cadence(of)),
                value: known.value,
                numerator: known.numerator,
                denominator: known.denominator,
                state: known.state,
                quality: known.quality,
            })
            .collect();
        if !readings.is_empty() {
            let a = kri::aggregate(of.aggregation, of.direction, &readings, end.minus(Span::from_micros(1)));
            let t = thresholds(of);
            self.status = kri::judge(a.value, a.denominator, a.state, &t, of.unit, of.per_thousand, self.status);
            self.points.push(PointRow { day: self.day, value: a.value, state: a.state, status: self.status });
        }
        self.day = end;
    }
}
