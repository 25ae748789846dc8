//! Risks: lists in three orders, the score of each day, acceptance and treatment.
use watchkeep_model::register::ActionState;
use watchkeep_model::{EntryId, Timestamp};

use super::{After, EntryRow};
use crate::{FromRow, Reader, Result, Row, Tx};

/// What a list tells beside the entry, as of `$2` and of the day `$3`.
macro_rules! told {
    () => {
        ", (select p.current_score from risk_point p where p.tenant_id = $1 and p.risk_id = e.id and p.day <= $3 order by p.day desc limit 1) as score_before\
         , (select cast(a.at as text) || '\t' || cast(a.until as text) || '\t' || a.accepted_by || '\t' || a.why from risk_acceptance a where a.tenant_id = $1 and a.risk_id = e.id and a.withdrawn_at is null order by a.at desc, a.id desc limit 1) as accepted\
         , (select count(*) from treatment_action t where t.tenant_id = $1 and t.risk_id = e.id and t.state = 'open') as actions_open\
         , (select count(*) from treatment_action t where t.tenant_id = $1 and t.risk_id = e.id and t.state = 'open' and t.due_at < $2) as actions_overdue"
    };
}
/// A page is cut first: what is told of a risk is looked up for those alone.
macro_rules! page {
    ($rank:literal) => {
        concat!(
            risk!(), told!(), ", cut.rank from (select e.id, coalesce(-e.", $rank, ", 1.0) as rank from risk e where e.tenant_id = $1 \
             and e.archived_at is null and ($6 = '' or e.category = $6) and ($7 = '' or e.owner like $7 escape '!') \
             and (e.current_score >= $8 or $8 is null or e.current_score is null) and (coalesce(-e.", $rank, ", 1.0), e.key) > ($4, $5) \
             order by rank, e.key limit $9) cut join risk e on e.tenant_id = $1 and e.id = cut.id order by cut.rank, e.key"
        )
    };
}
table! {
    risk "risk" "" "";
    Tenant BY_CURRENT = page!("current_score");
    Tenant BY_INHERENT = page!("inherent_score");
    Tenant BY_LOSS = page!("annual_loss");
    Tenant ONE = concat!(risk!(), told!(), ", cast(0 as double precision) as rank from risk e where e.tenant_id = $1 and e.id = $4");
    Tenant FOLLOW = "update risk set catalog_slug = $3, base_version = $4, inherent_score = $5, current_score = $6, annual_loss = $7 where tenant_id = $1 and id = $2";
    Tenant PUT_POINT = "insert into risk_point (tenant_id, risk_id, day, current_score) values ($1, $2, $3, $4) on conflict (tenant_id, risk_id, day) do update set current_score = excluded.current_score";
    Tenant POINTS = "select day, current_score from risk_point where tenant_id = $1 and risk_id = $2 and day >= $3 order by day";
    Tenant ACCEPT = "insert into risk_acceptance (tenant_id, risk_id, id, at, accepted_by, why, until, recorded_by, withdrawn_at) values ($1, $2, $3, $4, $5, $6, $7, $8, null)";
    Tenant WITHDRAW = "update risk_acceptance set withdrawn_at = $3 where tenant_id = $1 and risk_id = $2 and withdrawn_at is null";
    Tenant ACCEPTANCES = "select id, at, accepted_by, why, until, recorded_by, withdrawn_at from risk_acceptance where tenant_id = $1 and risk_id = $2 order by at desc, id desc";
    Tenant ADD_ACTION = "insert into treatment_action (tenant_id, risk_id, id, title, owner, due_at, state, note, recorded_by, created_at, ended_at, version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    Tenant EDIT_ACTION = "update treatment_action set title = $4, owner = $5, due_at = $6, state = $7, note = $8, ended_at = $9, version = version + 1 where tenant_id = $1 and risk_id = $2 and id = $3";
    Tenant ACTIONS = "select id, title, owner, due_at, state, note, recorded_by, created_at, ended_at, version from treatment_action where tenant_id = $1 and risk_id = $2 order by due_at, id";
    Tenant ACTION = "select id, title, owner, due_at, state, note, recorded_by, created_at, ended_at, version from treatment_action where tenant_id = $1 and risk_id = $2 and id = $3";
}

/// What follows from what was said of a risk.
#[derive(Clone, Debug)]
pub struct Columns {
    /// The entry of the catalogue that it follows.
    pub catalog_slug: Option<String>,
    /// The version of that which was adopted.
    pub base_version: Option<i64>,
    /// How bad it would be without controls, 0 to 100.
    pub inherent_score: Option<f64>,
    /// How bad it is, 0 to 100.
    pub current_score: Option<f64>,
    /// The loss of an average year.
    pub annual_loss: Option<f64>,
}

/// A risk of a list.
#[derive(Clone, Debug)]
pub struct RiskRow {
    /// The entry.
    pub entry: EntryRow,
    /// Its current score at the end of the day that was asked for.
    pub score_before: Option<f64>,
    /// Its acceptance that was not withdrawn, as text; see [`RiskRow::accepted`].
    pub accepted: Option<String>,
    /// Treatment actions that are open.
    pub actions_open: i64,
    /// Those of them that should have been done.
    pub actions_overdue: i64,
    /// Its place in the order.
    pub rank: f64,
}
impl FromRow for RiskRow {
    // the columns of an entry, and those of `told!` behind them
    const COLUMNS: &'static [&'static str] = &[];
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            entry: EntryRow::from_row(r)?,
            score_before: r.next()?,
            accepted: r.next()?,
            actions_open: r.next()?,
            actions_overdue: r.next()?,
            rank: r.next()?,
        })
    }
}
impl RiskRow {
    /// When it was accepted, until when, by whom, and why.
    pub fn accepted(&self) -> Option<(Timestamp, Timestamp, &str, &str)> {
        let mut parts = self.accepted.as_deref()?.splitn(4, '\t');
        let mut time = || parts.next()?.parse().ok().map(Timestamp::from_micros);
        let (at, until) = (time()?, time()?);
        Some((at, until, parts.next()?, parts.next()?))
    }
}

/// The orders of a list: the highest first, those that are not known last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By the current score.
    Current,
    /// By the inherent score.
    Inherent,
    /// By the loss of an average year.
    Loss,
}

/// Which risks to list; empty text and `None` mean all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The category's word.
    pub category: String,
    /// A `like` pattern with `!` as its escape, lower case.
    pub owner: String,
    /// At least so high a current score; those without one are listed too.
    pub min_score: Option<f64>,
}

/// Risks after an item, with their score at the end of the day `before`.
///
/// # Errors
/// Of the database.
pub async fn page(
    r: Reader<'_>,
    f: &Filter,
    order: Order,
    (now, before): (Timestamp, Timestamp),
    after: &After,
    limit: i64,
) -> Result<Vec<RiskRow>> {
    let text = match order {
        Order::Current => BY_CURRENT,
        Order::Inherent => BY_INHERENT,
        Order::Loss => BY_LOSS,
    };
    r.all(text, params![now, before, after.rank, &after.key, &f.category, &f.owner, f.min_score, limit]).await
}
/// One risk by its id, as a list tells it, also one that is archived.
///
/// # Errors
/// Of the database.
pub async fn one(r: Reader<'_>, id: EntryId, (now, before): (Timestamp, Timestamp)) -> Result<Option<RiskRow>> {
    r.opt(ONE, params![now, before, id]).await
}

pub(super) async fn follow(tx: &mut Tx<'_>, id: EntryId, c: &Columns, at: Timestamp) -> Result<()> {
    let p = params![id, c.catalog_slug.as_deref(), c.base_version, c.inherent_score, c.current_score, c.annual_loss];
    tx.exec(FOLLOW, p).await?;
    tx.exec(PUT_POINT, params![id, at.start_of_day(), c.current_score]).await?;
    Ok(())
}
/// Notes the current score of a day.
///
/// # Errors
/// A foreign key violation if there is no such risk.
pub async fn put_point(tx: &mut Tx<'_>, risk: EntryId, day: Timestamp, score: Option<f64>) -> Result<()> {
    tx.exec(PUT_POINT, params![risk, day.start_of_day(), score]).await?;
    Ok(())
}
/// The current score of each day on which it was written, oldest first.
///
/// # Errors
/// Of the database.
pub async fn points(r: Reader<'_>, risk: EntryId, from: Timestamp) -> Result<Vec<(Timestamp, Option<f64>)>> {
    r.all(POINTS, params![risk, from]).await
}

crate::row! {
    /// Somebody's decision to bear a risk.
    pub struct AcceptanceRow {
        /// The id.
        pub id: EntryId,
        /// When it was recorded.
        pub at: Timestamp,
        /// Who decided.
        pub accepted_by: String,
        /// Why.
        pub why: String,
        /// Until when it holds.
        pub until: Timestamp,
        /// Who wrote it down.
        pub recorded_by: String,
        /// When it was withdrawn, or replaced by another.
        pub withdrawn_at: Option<Timestamp>,
    }
}
/// Accepts a risk; the acceptance before, if there is one, is withdrawn.
///
/// # Errors
/// A foreign key violation if there is no such risk.
pub async fn accept(tx: &mut Tx<'_>, risk: EntryId, a: &AcceptanceRow) -> Result<()> {
    tx.exec(WITHDRAW, params![risk, a.at]).await?;
    tx.exec(ACCEPT, params![risk, a.id, a.at, &a.accepted_by, &a.why, a.until, &a.recorded_by]).await?;
    Ok(())
}
/// Withdraws the acceptance of a risk; false if there is none.
///
/// # Errors
/// Of the database.
pub async fn withdraw(tx: &mut Tx<'_>, risk: EntryId, at: Timestamp) -> Result<bool> {
    Ok(tx.exec(WITHDRAW, params![risk, at]).await? > 0)
}
/// All acceptances of a risk, newest first.
///
/// # Errors
/// Of the database.
pub async fn acceptances(r: Reader<'_>, risk: EntryId) -> Result<Vec<AcceptanceRow>> {
    r.all(ACCEPTANCES, params![risk]).await
}

crate::row! {
    /// Something that is to be done about a risk.
    pub struct ActionRow {
        /// The id.
        pub id: EntryId,
        /// What.
        pub title: String,
        /// By whom.
        pub owner: Option<String>,
        /// Until when.
        pub due_at: Timestamp,
        /// How it stands.
        pub state: ActionState,
        /// What else there is to say.
        pub note: Option<String>,
        /// Who wrote it down.
        pub recorded_by: String,
        /// When.
        pub created_at: Timestamp,
        /// When it was done or given up.
        pub ended_at: Option<Timestamp>,
        /// Grows with each edit.
        pub version: i64,
    }
}
/// Adds a treatment action.
///
/// # Errors
/// A foreign key violation if there is no such risk.
pub async fn add_action(tx: &mut Tx<'_>, risk: EntryId, a: &ActionRow) -> Result<()> {
    let p = params![
        risk,
        a.id,
        &a.title,
        a.owner.as_deref(),
        a.due_at,
        a.state,
        a.note.as_deref(),
        &a.recorded_by,
        a.created_at,
        a.ended_at,
        a.version
    ];
    tx.exec(ADD_ACTION, p).await?;
    Ok(())
}
/// Changes a treatment action; its version grows. False if there is none.
///
/// # Errors
/// Of the database.
pub async fn edit_action(tx: &mut Tx<'_>, risk: EntryId, a: &ActionRow) -> Result<bool> {
    let p = params![risk, a.id, &a.title, a.owner.as_deref(), a.due_at, a.state, a.note.as_deref(), a.ended_at];
    Ok(tx.exec(EDIT_ACTION, p).await? > 0)
}
/// One treatment action.
///
/// # Errors
/// Of the database.
pub async fn action(tx: &mut Tx<'_>, risk: EntryId, id: EntryId) -> Result<Option<ActionRow>> {
    tx.opt(ACTION, params![risk, id]).await
}
/// The treatment actions of a risk, by their due dates.
///
/// # Errors
/// Of the database.
pub async fn actions(r: Reader<'_>, risk: EntryId) -> Result<Vec<ActionRow>> {
    r.all(ACTIONS, params![risk]).await
}
