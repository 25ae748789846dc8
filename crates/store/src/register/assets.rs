//! Assets, applications and people: one list of all three.
use watchkeep_model::EntryId;
use watchkeep_model::register::Kind;

use super::EntryRow;
use crate::{Reader, Result, Tx};

table! {
    asset "asset" ", kind" ", ''";
    Tenant PAGE = concat!(asset!(), " from asset e where e.tenant_id = $1 and e.archived_at is null and e.key > $2 and ($3 = '' or e.kind = $3) and ($4 = '' or e.search like $4 escape '!') order by e.key limit $5");
    Tenant COUNTS = "select kind, count(*) from asset where tenant_id = $1 and archived_at is null group by kind order by kind";
    Tenant SET_KIND = "update asset set kind = $3 where tenant_id = $1 and id = $2";
}

/// Which to list; `None` and empty text mean all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this kind.
    pub kind: Option<Kind>,
    /// A `like` pattern with `!` as its escape, lower case.
    pub pattern: String,
}

/// Applications, assets and people after a key, kind by kind, then by code.
///
/// # Errors
/// Of the database.
pub async fn page(r: Reader<'_>, f: &Filter, after: &str, limit: i64) -> Result<Vec<EntryRow>> {
    r.all(PAGE, params![after, f.kind.map_or("", Kind::as_str), &f.pattern, limit]).await
}
/// How many active ones there are of each kind.
///
/// # Errors
/// Of the database.
pub async fn counts(r: Reader<'_>) -> Result<Vec<(Kind, i64)>> {
    r.all(COUNTS, []).await
}

pub(super) async fn set_kind(tx: &mut Tx<'_>, id: EntryId, kind: Kind) -> Result<()> {
    tx.exec(SET_KIND, params![id, kind]).await?;
    Ok(())
}
