//! How much the gate may accept by itself, as a tenant says.
use schemars::JsonSchema;
use serde::Serialize;
use watchkeep_model::Timestamp;
use watchkeep_model::autonomy::{Band, ProposalKind};
use watchkeep_store::proposals::autonomy::{self as store, AutonomyRow};
use watchkeep_store::{Reader, Tx};

use crate::error::Error;

/// What holds for one type of proposal.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Autonomy {
    /// The type.
    #[serde(rename = "type")]
    pub kind: ProposalKind,
    /// From here on a proposal may be accepted by itself.
    pub threshold: f64,
    /// Below this nobody is asked.
    pub floor: f64,
    /// True if every value that improves a status is for a person to see; else only those of KRIs with a pulled source.
    pub review_all_improvements: bool,
    /// When the tenant said so; absent where the defaults hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
    /// Who said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
}

impl Autonomy {
    fn default_of(kind: ProposalKind) -> Self {
        let Band { threshold, floor } = Band::default();
        Self { kind, threshold, floor, review_all_improvements: false, changed_at: None, changed_by: None }
    }
}

impl From<AutonomyRow> for Autonomy {
    fn from(a: AutonomyRow) -> Self {
        Self {
            kind: a.kind,
            threshold: a.threshold,
            floor: a.floor,
            review_all_improvements: a.review_improvements,
            changed_at: Some(a.changed_at),
            changed_by: Some(a.changed_by),
        }
    }
}

/// Changes to what holds; what is none stays.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SetAutonomy {
    /// From here on a proposal may be accepted by itself.
    pub threshold: Option<f64>,
    /// Below this nobody is asked.
    pub floor: Option<f64>,
    /// Whether every improvement is for a person to see.
    pub review_all_improvements: Option<bool>,
}

/// What holds, for every type.
///
/// # Errors
/// Of the store.
pub async fn autonomy(db: Reader<'_>) -> Result<Vec<Autonomy>, Error> {
    let kept = store::all(db).await?;
    let of = |kind: &ProposalKind| kept.iter().find(|k| k.kind == *kind).cloned();
    Ok(ProposalKind::ALL
        .iter()
        .map(|kind| of(kind).map_or_else(|| Autonomy::default_of(*kind), Autonomy::from))
        .collect())
}

/// Changes what holds for a type, inside a write. Decisions that were made stay.
///
/// # Errors
/// A flaw if the band cannot be.
pub async fn set_autonomy(
    tx: &mut Tx<'_>,
    kind: ProposalKind,
    change: SetAutonomy,
    by: &str,
    now: Timestamp,
) -> Result<Autonomy, Error> {
    let before = store::get_in(tx, kind).await?.map_or_else(|| Autonomy::default_of(kind), Autonomy::from);
    let band = Band::new(change.threshold.unwrap_or(before.threshold), change.floor.unwrap_or(before.floor))
        .map_err(|e| Error::flaw(e.field, &e.message))?;
    let row = AutonomyRow {
        kind,
        threshold: band.threshold,
        floor: band.floor,
        review_improvements: change.review_all_improvements.unwrap_or(before.review_all_improvements),
        changed_at: now,
        changed_by: by.to_owned(),
    };
    store::put(tx, &row).await?;
    Ok(row.into())
}
