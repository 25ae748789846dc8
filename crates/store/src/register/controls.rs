//! Controls: lists in three orders. The effectiveness is as of `$2`: a word that held until then is not known any more.
use watchkeep_model::{EntryId, Timestamp};

use super::{After, Ranked};
use crate::{Reader, Result, Tx};

macro_rules! effect {
    () => {
        "case when e.effective_until < $2 then null else e.effectiveness end"
    };
}
macro_rules! chosen {
    () => {
        concat!(
            " from control e where e.tenant_id = $1 and e.archived_at is null and ($5 = '' or e.category = $5) \
             and ($6 = '' or e.owner like $6 escape '!') and ($7 = '' or e.frameworks like $7 escape '!') \
             and (",
            effect!(),
            " <= $8 or $8 is null or (",
            effect!(),
            ") is null) "
        )
    };
}
/// The entries of a page, which is cut first: what is told of an entry is looked up for those alone.
macro_rules! of_page {
    () => {
        " join control e on e.tenant_id = $1 and e.id = cut.id order by "
    };
}
table! {
    control "control" ", frameworks, technique_count" ", '', 0";
    Tenant BY_EFFECT = concat!(control!(), ", cut.rank from (select e.id, coalesce(", effect!(), ", 2.0) as rank", chosen!(), "and (coalesce(", effect!(), ", 2.0), e.key) > ($3, $4) order by rank, e.key limit $9) cut", of_page!(), "cut.rank, e.key");
    Tenant BY_TECHNIQUES = concat!(control!(), ", cut.rank from (select e.id, cast(-e.technique_count as double precision) as rank", chosen!(), "and (cast(-e.technique_count as double precision), e.key) > ($3, $4) order by rank, e.key limit $9) cut", of_page!(), "cut.rank, e.key");
    Tenant BY_NAME = concat!(control!(), ", cut.rank from (select e.id, cast(0 as double precision) as rank", chosen!(), "and (e.name, e.key) > ($3, $4) order by e.name, e.key limit $9) cut", of_page!(), "e.name, e.key");
    Tenant FOLLOW = "update control set catalog_slug = $3, base_version = $4, frameworks = $5, effectiveness = $6, effective_until = $7, technique_count = $8 where tenant_id = $1 and id = $2";
}

/// What follows from what was said of a control.
#[derive(Clone, Debug)]
pub struct Columns {
    /// The entry of the catalogue that it follows.
    pub catalog_slug: Option<String>,
    /// The version of that which was adopted.
    pub base_version: Option<i64>,
    /// What it answers in frameworks, in lower case, with `;` between.
    pub frameworks: String,
    /// How well it works, 0 to 1; none if that is not known.
    pub effectiveness: Option<f64>,
    /// Until when that counts; none if it has no end.
    pub effective_until: Option<Timestamp>,
    /// Against how many techniques it works.
    pub technique_count: i64,
}

/// The orders of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The least effective first, those of unknown effectiveness last.
    Effectiveness,
    /// The one against most techniques first.
    Techniques,
    /// By name.
    Name,
}

/// Which controls to list; empty text and `None` mean all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The category's word.
    pub category: String,
    /// A `like` pattern with `!` as its escape, lower case.
    pub owner: String,
    /// A `like` pattern with `!` as its escape, lower case.
    pub framework: String,
    /// At most so effective; those of which it is not known are listed too.
    pub max_effectiveness: Option<f64>,
}

/// Controls after an item.
///
/// # Errors
/// Of the database.
pub async fn page(
    r: Reader<'_>,
    f: &Filter,
    order: Order,
    now: Timestamp,
    after: &After,
    limit: i64,
) -> Result<Vec<Ranked>> {
    let (c, o, w, max) = (&f.category, &f.owner, &f.framework, f.max_effectiveness);
    match order {
        Order::Effectiveness => r.all(BY_EFFECT, params![now, after.rank, &after.key, c, o, w, max, limit]).await,
        Order::Techniques => r.all(BY_TECHNIQUES, params![now, after.rank, &after.key, c, o, w, max, limit]).await,
        Order::Name => r.all(BY_NAME, params![now, &after.name, &after.key, c, o, w, max, limit]).await,
    }
}

pub(super) async fn follow(tx: &mut Tx<'_>, id: EntryId, c: &Columns) -> Result<()> {
    let p = params![
        id,
        c.catalog_slug.as_deref(),
        c.base_version,
        &c.frameworks,
        c.effectiveness,
        c.effective_until,
        c.technique_count
    ];
    tx.exec(FOLLOW, p).await?;
    Ok(())
}
