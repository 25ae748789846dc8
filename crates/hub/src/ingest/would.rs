//! What a KRI would be if something more were said of it: for the question whether that would improve it.
use std::collections::HashMap;

use watchkeep_model::kri::{self, Quality, Status};
use watchkeep_model::{IntegrationId, Timestamp};
use watchkeep_store::kris::KriRow;
use watchkeep_store::samples::SubjectRow;

use super::{Statement, badness, cadence, readings, thresholds};

/// The status that the KRI would have at `now` if these statements of one integration were kept beside `rows`, the latest
/// of each subject and source. Nothing is written.
pub(crate) fn would_be<'s>(
    of: &KriRow,
    rows: &[SubjectRow],
    rank: &HashMap<IntegrationId, i64>,
    from: IntegrationId,
    said: impl IntoIterator<Item = &'s Statement>,
    now: Timestamp,
) -> Status {
    let mut rows: Vec<SubjectRow> = rows.to_vec();
    for s in said {
        let there = rows.iter_mut().find(|r| r.integration_id == from && r.subject == s.subject);
        let mut row = SubjectRow {
            subject: s.subject.clone(),
            integration_id: from,
            sample_id: watchkeep_model::SampleId::new(uuid::Uuid::nil()),
            observed_at: s.observed_at,
            fresh_until: kri::fresh_until(s.observed_at, cadence(of)),
            value: s.value,
            numerator: s.numerator,
            denominator: s.denominator,
            state: s.state,
            quality: Quality::Extracted,
        };
        match there {
            // an older sample changes nothing, one without a value leaves the last known one standing
            Some(there) if there.observed_at > s.observed_at => {}
            Some(there) => {
                if row.value.is_none() {
                    (row.value, row.numerator, row.denominator) = (there.value, there.numerator, there.denominator);
                }
                *there = row;
            }
            None => rows.push(row),
        }
    }
    let a = kri::aggregate(of.aggregation, of.direction, &readings(&rows, rank), now);
    kri::judge(a.value, a.denominator, a.state, &thresholds(of), of.unit, of.per_thousand, of.status)
}

/// True if the second status is better than the first. Unknown to green is better, too: nobody knew.
pub(crate) const fn improves(before: Status, after: Status) -> bool {
    badness(after) < badness(before)
}
