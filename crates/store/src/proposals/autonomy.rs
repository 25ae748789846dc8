//! How much the gate may accept by itself: one row per tenant and type of proposal, where a tenant has said so.
use watchkeep_model::Timestamp;
use watchkeep_model::autonomy::ProposalKind;

use crate::{Reader, Result, Tx};

statements! {
    Tenant ALL_KINDS = "select kind, threshold, floor, review_improvements, changed_at, changed_by from autonomy where tenant_id = $1 order by kind";
    Tenant GET = "select kind, threshold, floor, review_improvements, changed_at, changed_by from autonomy where tenant_id = $1 and kind = $2";
    Tenant PUT = "insert into autonomy (tenant_id, kind, threshold, floor, review_improvements, changed_at, changed_by) values ($1, $2, $3, $4, $5, $6, $7) on conflict (tenant_id, kind) do update set threshold = excluded.threshold, floor = excluded.floor, review_improvements = excluded.review_improvements, changed_at = excluded.changed_at, changed_by = excluded.changed_by";
}

crate::row! {
    /// What a tenant has said about a type.
    pub struct AutonomyRow {
        /// The type.
        pub kind: ProposalKind,
        /// From here on a proposal may be accepted by itself.
        pub threshold: f64,
        /// Below this nobody is asked.
        pub floor: f64,
        /// True if every improvement is for a person to see.
        pub review_improvements: bool,
        /// When it was said.
        pub changed_at: Timestamp,
        /// By whom.
        pub changed_by: String,
    }
}

/// What the tenant has said, by type.
///
/// # Errors
/// Of the database.
pub async fn all(r: Reader<'_>) -> Result<Vec<AutonomyRow>> {
    r.all(ALL_KINDS, []).await
}
/// What the tenant has said about one type, inside a write.
///
/// # Errors
/// Of the database.
pub async fn get_in(tx: &mut Tx<'_>, kind: ProposalKind) -> Result<Option<AutonomyRow>> {
    tx.opt(GET, params![kind]).await
}
/// The same outside a write.
///
/// # Errors
/// Of the database.
pub async fn get(r: Reader<'_>, kind: ProposalKind) -> Result<Option<AutonomyRow>> {
    r.opt(GET, params![kind]).await
}
/// Keeps what the tenant says about a type.
///
/// # Errors
/// Of the database.
pub async fn put(tx: &mut Tx<'_>, a: &AutonomyRow) -> Result<()> {
    let p = params![a.kind, a.threshold, a.floor, a.review_improvements, a.changed_at, &a.changed_by];
    tx.exec(PUT, p).await?;
    Ok(())
}
