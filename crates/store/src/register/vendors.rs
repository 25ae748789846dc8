//! Vendors: the list, the worst first.
use watchkeep_model::{EntryId, Timestamp};

use super::{After, Ranked};
use crate::{Reader, Result, Tx};

table! {
    vendor "vendor" "" "";
    Tenant PAGE = concat!(vendor!(), ", cut.rank from (select e.id, coalesce(-e.composite_score, 1.0) as rank from vendor e where e.tenant_id = $1 and e.archived_at is null \
        and (e.tier = $5 or $5 is null) and (e.composite_score >= $6 or $6 is null or e.composite_score is null) \
        and ($7 = '' or case when e.next_review_at is null or e.next_review_at < $2 then 'yes' else 'no' end = $7) \
        and (coalesce(-e.composite_score, 1.0), e.key) > ($3, $4) order by rank, e.key limit $8) cut \
        join vendor e on e.tenant_id = $1 and e.id = cut.id order by cut.rank, e.key");
    Tenant FOLLOW = "update vendor set tier = $3, composite_score = $4, next_review_at = $5 where tenant_id = $1 and id = $2";
}

/// What follows from what was said of a vendor.
#[derive(Clone, Debug)]
pub struct Columns {
    /// How much depends on it: 1 most, 4 least.
    pub tier: Option<i64>,
    /// How much of a risk it is, 0 to 100.
    pub composite_score: Option<f64>,
    /// When it is to be reviewed next; none if it was never reviewed.
    pub next_review: Option<Timestamp>,
}

/// Which vendors to list; `None` means all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this tier.
    pub tier: Option<i64>,
    /// At least so high a score; those without one are listed too.
    pub min_score: Option<f64>,
    /// Whose review is overdue, or is not. One that was never reviewed is overdue.
    pub overdue: Option<bool>,
}

/// Vendors after an item: the highest score first, those without one last.
///
/// # Errors
/// Of the database.
pub async fn page(r: Reader<'_>, f: &Filter, now: Timestamp, after: &After, limit: i64) -> Result<Vec<Ranked>> {
    let overdue = match f.overdue {
        None => "",
        Some(true) => "yes",
        Some(false) => "no",
    };
    r.all(PAGE, params![now, after.rank, &after.key, f.tier, f.min_score, overdue, limit]).await
}

pub(super) async fn follow(tx: &mut Tx<'_>, id: EntryId, c: &Columns) -> Result<()> {
    tx.exec(FOLLOW, params![id, c.tier, c.composite_score, c.next_review]).await?;
    Ok(())
}
