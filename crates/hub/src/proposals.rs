//! Proposals as people and programs see them, and what can be done with one.
//!
//! [`decide()`] is a person's decision; what the gate decides is in [`crate::dropzone`]. [`replay`](mod@replay) tells what
//! another threshold would have decided, [`lineage`](mod@lineage) how often the gate was right. Each decision is one row of
//! `ai_proposal_outcome`.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use watchkeep_model::autonomy::{ProposalKind, ProposalStatus, Reason, Verdict};
use watchkeep_model::kri::{State, Unit};
use watchkeep_model::{ArtifactId, IntegrationId, ProposalId, RunId, SampleId, Timestamp, text};
use watchkeep_store::proposals::ProposalRow;
use watchkeep_store::proposals::outcomes::OutcomeRow;

use crate::ingest::Statement;

mod autonomy;
mod decide;
pub mod detail;
pub mod lineage;
pub mod replay;

pub use autonomy::{Autonomy, SetAutonomy, autonomy, set_autonomy};
pub use decide::{Decision, decide};

/// The name of the gate where a person's could stand.
pub const GATE: &str = "gate";
/// Characters of a text that a proposal shows.
const SHOWN: usize = 500;

/// What a person changes of a proposal; what is none stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Edit {
    /// Another signal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
    /// Another subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Another value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Of a share: how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numerator: Option<f64>,
    /// Of a share: out of how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denominator: Option<f64>,
    /// Whether the value could be had: unknown takes the value away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Another time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_at: Option<Timestamp>,
}

/// What a proposal says, with what a person changed.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) signal: String,
    statement: Statement,
}

impl Said {
    pub(crate) fn of(p: &ProposalRow) -> Self {
        let edit: Edit = p.edit.as_deref().and_then(|e| serde_json::from_str(e).ok()).unwrap_or_default();
        Self::edited(p, &edit)
    }

    pub(crate) fn edited(p: &ProposalRow, edit: &Edit) -> Self {
        let state = edit.state.unwrap_or(if edit.value.is_some() { State::Ok } else { p.state });
        // new numbers come as a whole: what belonged to the old value does not describe the new one
        let (value, numerator, denominator) = match (state, edit.value, edit.numerator.or(edit.denominator)) {
            (State::Ok, None, None) => (p.value, p.numerator, p.denominator),
            (State::Ok, value, _) => (value, edit.numerator, edit.denominator),
            (_, value, _) => (value, None, None),
        };
        Self {
            signal: edit.signal.clone().unwrap_or_else(|| p.signal.clone()),
            statement: Statement {
                subject: edit.subject.clone().unwrap_or_else(|| p.subject.clone()),
                observed_at: edit.observed_at.unwrap_or(p.observed_at),
                value,
                numerator,
                denominator,
                state,
                note: p.note.clone(),
            },
        }
    }

    pub(crate) fn statement(&self) -> Statement {
        self.statement.clone()
    }
}

/// The gate's decision about a proposal, as a row.
pub(crate) fn by_gate(p: &ProposalRow, id: Uuid, at: Timestamp) -> OutcomeRow {
    OutcomeRow {
        id,
        proposal_id: p.id,
        kind: p.kind,
        decision: p.verdict.as_str().to_owned(),
        reason: Some(p.reason.as_str().to_owned()),
        confidence: p.confidence,
        features: p.features.clone(),
        threshold: p.threshold,
        floor: p.floor,
        actor_kind: GATE.to_owned(),
        actor: GATE.to_owned(),
        note: None,
        at,
    }
}

/// Bytes of an artifact: the end is not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cited {
    /// The first byte.
    pub start: i64,
    /// The byte after the last one.
    pub end: i64,
}

/// Something that a file or a model suggests, and what became of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// Its id.
    pub id: ProposalId,
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: ProposalKind,
    /// What has become of it.
    pub status: ProposalStatus,
    /// The KRI or signal that it would be a value of.
    pub kri: String,
    /// What the value speaks of; empty for the whole.
    pub subject: String,
    /// The value; absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Of a share: how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerator: Option<f64>,
    /// Of a share: out of how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<f64>,
    /// The unit of the value.
    pub unit: Unit,
    /// Whether the value could be had.
    pub state: State,
    /// When it was so.
    pub observed_at: Timestamp,
    /// How sure it is, from 0 to 1.
    pub confidence: f64,
    /// Why it is so sure, and how the value came about.
    pub reasoning: String,
    /// What the gate said.
    pub verdict: Verdict,
    /// Why the gate said so.
    pub reason: Reason,
    /// The same as a sentence.
    pub why: String,
    /// The threshold in force then.
    pub threshold: f64,
    /// The floor in force then.
    pub floor: f64,
    /// The integration that it came from.
    pub integration_id: IntegrationId,
    /// The artifact that it was read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_id: Option<ArtifactId>,
    /// Where it stands in the artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Cited>,
    /// What a person changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit: Option<Edit>,
    /// What a person said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who decided; gate if no person did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// True if it was accepted and becomes a sample at the next run.
    pub waits_for_run: bool,
    /// The sample that it became.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_id: Option<SampleId>,
    /// The run that made the sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
}

impl Proposal {
    /// The members that hold text from outside, as an operation names them, below `at`.
    pub(crate) const OUTSIDE: &'static [&'static str] =
        &["items[].subject", "items[].reasoning", "items[].note", "items[].edit", "items[].decidedBy"];
}

impl From<ProposalRow> for Proposal {
    fn from(p: ProposalRow) -> Self {
        let shown = |t: String| text::clean(&t, SHOWN);
        Self {
            id: p.id,
            kind: p.kind,
            status: p.status,
            kri: p.signal,
            subject: shown(p.subject),
            value: p.value,
            numerator: p.numerator,
            denominator: p.denominator,
            unit: p.unit,
            state: p.state,
            observed_at: p.observed_at,
            confidence: p.confidence,
            reasoning: shown(p.reasoning),
            verdict: p.verdict,
            reason: p.reason,
            why: p.reason.sentence().to_owned(),
            threshold: p.threshold,
            floor: p.floor,
            integration_id: p.integration_id,
            artifact_id: p.artifact_id,
            span: p.span_start.zip(p.span_end).map(|(start, end)| Cited { start, end }),
            edit: p.edit.as_deref().and_then(|e| serde_json::from_str(e).ok()),
            note: p.note.map(shown),
            created_at: p.created_at,
            decided_by: p.decided_by,
            decided_at: p.decided_at,
            waits_for_run: p.to_land,
            sample_id: p.sample_id,
            run_id: p.run_id,
        }
    }
}
