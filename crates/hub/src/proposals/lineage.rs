//! How often the gate and people agreed, over time.
use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;
use watchkeep_model::autonomy::{Judged, ProposalKind, Verdict};
use watchkeep_model::{ProposalId, Span, Timestamp};
use watchkeep_store::Reader;

use super::GATE;
use super::replay::{decisions, judged};
use crate::error::Error;

/// The decisions of one week about one type of proposal.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageSpan {
    /// The type.
    #[serde(rename = "type")]
    pub kind: ProposalKind,
    /// The week's Monday, as its first moment in UTC.
    pub from: Timestamp,
    /// Accepted by the gate.
    pub auto_accepted: usize,
    /// Left to a person.
    pub queued: usize,
    /// Dismissed by the gate.
    pub dismissed: usize,
    /// Accepted by a person as they were.
    pub accepted: usize,
    /// Accepted by a person with changes.
    pub edited: usize,
    /// Refused by a person.
    pub rejected: usize,
    /// Taken back by a person.
    pub undone: usize,
    /// Of what the gate accepted in that week: the share that nobody took back. Absent where it accepted nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<f64>,
    /// Of what the gate proposed in that week and a person has judged since: the share that was right as it was. Absent
    /// where nobody has judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
}

impl LineageSpan {
    fn new(kind: ProposalKind, from: Timestamp) -> Self {
        Self {
            kind,
            from,
            auto_accepted: 0,
            queued: 0,
            dismissed: 0,
            accepted: 0,
            edited: 0,
            rejected: 0,
            undone: 0,
            standing: None,
            precision: None,
        }
    }
}

#[derive(Default)]
struct Shares {
    standing: usize,
    accepted: usize,
    right: usize,
    judged: usize,
}

/// The Monday of a moment's week (1970-01-01 was a Thursday).
fn monday(at: Timestamp) -> Timestamp {
    let day = at.start_of_day();
    let days = day.micros().div_euclid(Span::days(1).micros());
    day.minus(Span::days((days + 3).rem_euclid(7)))
}

#[expect(clippy::cast_precision_loss, reason = "counts of decisions are far below 2^53")]
fn share(part: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}

/// The weeks of the last `days` days, the newest first, for one type or for all.
///
/// # Errors
/// A flaw of the question; of the store.
pub async fn lineage(
    db: Reader<'_>,
    kind: Option<ProposalKind>,
    days: i64,
    now: Timestamp,
) -> Result<Vec<LineageSpan>, Error> {
    if !(1..=366).contains(&days) {
        return Err(Error::flaw("days", "must be from 1 to 366"));
    }
    let since = monday(now.minus(Span::days(days)));
    let mut told = vec![];
    for kind in ProposalKind::ALL.iter().copied().filter(|k| kind.is_none_or(|only| only == *k)) {
        let (rows, _) = decisions(db, kind, since).await?;
        let said: HashMap<ProposalId, Judged> = judged(&rows);
        let mut weeks: BTreeMap<Timestamp, (LineageSpan, Shares)> = BTreeMap::new();
        for r in &rows {
            let from = monday(r.at);
            let (week, shares) = weeks.entry(from).or_insert_with(|| (LineageSpan::new(kind, from), Shares::default()));
            match r.decision.as_str() {
                "auto_accepted" => week.auto_accepted += 1,
                "queued" => week.queued += 1,
                "dismissed" => week.dismissed += 1,
                "accepted" => week.accepted += 1,
                "edited" => week.edited += 1,
                "rejected" => week.rejected += 1,
                "undone" => week.undone += 1,
                _ => {}
            }
            if r.actor_kind != GATE {
                continue;
            }
            let judged = said.get(&r.proposal_id);
            shares.judged += usize::from(judged.is_some());
            shares.right += usize::from(judged == Some(&Judged::Right));
            if r.decision == Verdict::AutoAccepted.as_str() {
                shares.accepted += 1;
                shares.standing += usize::from(judged != Some(&Judged::Wrong));
            }
        }
        told.extend(weeks.into_values().map(|(week, s)| LineageSpan {
            standing: share(s.standing, s.accepted),
            precision: share(s.right, s.judged),
            ..week
        }));
    }
    told.sort_by(|a, b| b.from.cmp(&a.from).then(a.kind.cmp(&b.kind)));
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::monday;

    #[test]
    fn weeks_begin_on_mondays() {
        for (at, from) in [
            ("2026-11-20T08:00:00Z", "2026-11-16T00:00:00Z"),
            ("2026-11-16T00:00:00Z", "2026-11-16T00:00:00Z"),
            ("2026-11-15T23:59:59Z", "2026-11-09T00:00:00Z"),
            ("1970-01-01T00:00:00Z", "1969-12-29T00:00:00Z"),
        ] {
            assert_eq!(monday(at.parse().unwrap()).to_string(), from, "{at}");
        }
    }
}
