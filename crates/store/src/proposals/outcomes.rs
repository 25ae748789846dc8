//! Decisions about proposals: one row each, by the gate or by a person, with what was known then. Rows are never changed.
use uuid::Uuid;
use watchkeep_model::autonomy::ProposalKind;
use watchkeep_model::{ProposalId, Timestamp};

use crate::{Reader, Result, Tx};

statements! {
    Tenant ADD = "insert into ai_proposal_outcome (tenant_id, id, proposal_id, kind, decision, reason, confidence, features, threshold, floor, actor_kind, actor, note, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    Tenant OF = "select id, proposal_id, kind, decision, reason, confidence, features, threshold, floor, actor_kind, actor, note, at from ai_proposal_outcome where tenant_id = $1 and proposal_id = $2 order by at, id limit 100";
    Tenant SINCE = "select id, proposal_id, kind, decision, reason, confidence, features, threshold, floor, actor_kind, actor, note, at from ai_proposal_outcome where tenant_id = $1 and kind = $2 and (at > $3 or (at = $3 and id > $4)) and at >= $3 order by at, id limit $5";
}

crate::row! {
    /// A decision.
    pub struct OutcomeRow {
        /// The id.
        pub id: Uuid,
        /// About which proposal.
        pub proposal_id: ProposalId,
        /// What it is about.
        pub kind: ProposalKind,
        /// `auto_accepted`, `queued`, `dismissed` by the gate; `accepted`, `edited`, `rejected`, `undone` by a person.
        pub decision: String,
        /// Why the gate decided so.
        pub reason: Option<String>,
        /// How sure the proposal was.
        pub confidence: f64,
        /// What the gate looked at, as JSON.
        pub features: String,
        /// The threshold in force.
        pub threshold: f64,
        /// The floor in force.
        pub floor: f64,
        /// `gate`, or the kind of the actor.
        pub actor_kind: String,
        /// `gate`, or who decided.
        pub actor: String,
        /// What was said about it.
        pub note: Option<String>,
        /// When.
        pub at: Timestamp,
    }
}

/// Keeps a decision.
///
/// # Errors
/// Of the database.
pub async fn add(tx: &mut Tx<'_>, o: &OutcomeRow) -> Result<()> {
    let p = params![
        o.id,
        o.proposal_id,
        o.kind,
        &o.decision,
        o.reason.as_deref(),
        o.confidence,
        &o.features,
        o.threshold,
        o.floor,
        &o.actor_kind,
        &o.actor,
        o.note.as_deref(),
        o.at,
    ];
    tx.exec(ADD, p).await?;
    Ok(())
}
/// The decisions about a proposal, oldest first, at most 100.
///
/// # Errors
/// Of the database.
pub async fn of(r: Reader<'_>, proposal: ProposalId) -> Result<Vec<OutcomeRow>> {
    r.all(OF, params![proposal]).await
}
/// Decisions of a kind after a moment and an id, oldest first.
///
/// # Errors
/// Of the database.
pub async fn since(
    r: Reader<'_>,
    kind: ProposalKind,
    (at, id): (Timestamp, Uuid),
    limit: i64,
) -> Result<Vec<OutcomeRow>> {
    r.all(SINCE, params![kind, at, id, limit]).await
}
