//! What another threshold would have decided, from what the gate looked at then.
use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;
use watchkeep_model::autonomy::{Band, Features, Judged, Past, ProposalKind, Reason, Tally, Verdict, replay as again};
use watchkeep_model::{ProposalId, Span, Timestamp};
use watchkeep_store::Reader;
use watchkeep_store::proposals::outcomes::{self, OutcomeRow};

use super::GATE;
use crate::error::Error;

/// Decisions read at a time, and at most.
const PAGE: i64 = 2_000;
const MOST: usize = 200_000;
/// Changed decisions that are told one by one.
const MOST_TOLD: usize = 200;

/// The question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Replay {
    /// Of which type of proposal.
    pub kind: ProposalKind,
    /// The other threshold.
    pub threshold: f64,
    /// The other floor; the default one where nothing is said.
    pub floor: Option<f64>,
    /// Over how many days, 90 at most.
    pub days: i64,
}

/// How many of which verdict, and how right.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Verdicts {
    /// Accepted by the gate.
    pub auto_accepted: usize,
    /// Left to a person.
    pub queued: usize,
    /// Dismissed.
    pub dismissed: usize,
    /// Of those accepted by the gate: a person agreed.
    pub right: usize,
    /// Of those accepted by the gate: a person disagreed.
    pub wrong: usize,
    /// The share of right ones where a person said something; absent where nobody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
}

impl From<Tally> for Verdicts {
    fn from(t: Tally) -> Self {
        let Tally { auto_accepted, queued, dismissed, right, wrong } = t;
        Self { auto_accepted, queued, dismissed, right, wrong, precision: t.precision() }
    }
}

/// A decision that would have been another.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    /// The proposal.
    pub proposal_id: ProposalId,
    /// When the gate decided.
    pub at: Timestamp,
    /// How sure it was.
    pub confidence: f64,
    /// What was decided.
    pub was: Verdict,
    /// What would have been decided.
    pub would_be: Verdict,
    /// Why.
    pub reason: Reason,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Replayed {
    /// Since when decisions were looked at.
    pub since: Timestamp,
    /// How many decisions of the gate.
    pub decisions: usize,
    /// True if there were more than could be looked at.
    pub truncated: bool,
    /// The threshold of the question.
    pub threshold: f64,
    /// The floor of the question.
    pub floor: f64,
    /// As it was decided.
    pub before: Verdicts,
    /// As it would have been.
    pub after: Verdicts,
    /// How many would have been decided otherwise.
    pub changed: usize,
    /// The first 200 of them, oldest first.
    pub changes: Vec<Changed>,
}

/// All decisions of a kind since a moment, oldest first; true if there are more.
pub(super) async fn decisions(
    db: Reader<'_>,
    kind: ProposalKind,
    since: Timestamp,
) -> Result<(Vec<OutcomeRow>, bool), Error> {
    let (mut all, mut after) = (vec![], (since, Uuid::nil()));
    loop {
        let rows = outcomes::since(db, kind, after, PAGE).await?;
        let more = i64::try_from(rows.len()).is_ok_and(|n| n == PAGE);
        if let Some(last) = rows.last() {
            after = (last.at, last.id);
        }
        all.extend(rows);
        if !more || all.len() >= MOST {
            return Ok((all, more));
        }
    }
}

/// What people said about each proposal, in the end: an acceptance is right, an edit, a rejection or an undo is not.
pub(super) fn judged(rows: &[OutcomeRow]) -> HashMap<ProposalId, Judged> {
    rows.iter()
        .filter(|r| r.actor_kind != GATE)
        .map(|r| (r.proposal_id, if r.decision == "accepted" { Judged::Right } else { Judged::Wrong }))
        .collect()
}

/// Answers the question.
///
/// # Errors
/// A flaw of the question; of the store.
pub async fn replay(db: Reader<'_>, asked: Replay, now: Timestamp) -> Result<Replayed, Error> {
    if !(1..=90).contains(&asked.days) {
        return Err(Error::flaw("days", "must be from 1 to 90"));
    }
    let band = Band::new(asked.threshold, asked.floor.unwrap_or(Band::default().floor.min(asked.threshold)))
        .map_err(|e| Error::flaw(e.field, &e.message))?;
    let since = now.minus(Span::days(asked.days));
    let (rows, truncated) = decisions(db, asked.kind, since).await?;
    let said = judged(&rows);
    let mut gate = vec![];
    for r in rows.iter().filter(|r| r.actor_kind == GATE) {
        let features: Features = serde_json::from_str(&r.features).map_err(Error::internal)?;
        let verdict: Verdict = r.decision.parse().map_err(Error::internal)?;
        gate.push((r, Past { features, verdict, judged: said.get(&r.proposal_id).copied() }));
    }
    let past: Vec<Past> = gate.iter().map(|(_, past)| *past).collect();
    let told = again(&past, &band, None);
    let changes = told.changed.iter().take(MOST_TOLD).filter_map(|(place, now)| {
        let (row, past) = gate.get(*place)?;
        Some(Changed {
            proposal_id: row.proposal_id,
            at: row.at,
            confidence: row.confidence,
            was: past.verdict,
            would_be: now.verdict,
            reason: now.reason,
        })
    });
    Ok(Replayed {
        since,
        decisions: past.len(),
        truncated,
        threshold: band.threshold,
        floor: band.floor,
        before: told.before.into(),
        after: told.after.into(),
        changed: told.changed.len(),
        changes: changes.collect(),
    })
}
