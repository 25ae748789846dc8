//! Outcomes: the list.
use super::EntryRow;
use crate::{Reader, Result};

table! {
    outcome "outcome" "" "";
    Tenant PAGE = concat!(outcome!(), " from outcome e where e.tenant_id = $1 and e.archived_at is null and e.key > $2 order by e.key limit $3");
}

/// Outcomes after a key, by key.
///
/// # Errors
/// Of the database.
pub async fn page(r: Reader<'_>, after: &str, limit: i64) -> Result<Vec<EntryRow>> {
    r.all(PAGE, params![after, limit]).await
}
