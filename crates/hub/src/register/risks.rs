//! What is decided about a risk: that it is borne, and what is done against it.
use schemars::JsonSchema;
use serde::Serialize;
use watchkeep_model::register::ActionState;
use watchkeep_model::{EntryId, Timestamp, text};
use watchkeep_store::register::risks::{self as store, AcceptanceRow, ActionRow};
use watchkeep_store::{Reader, Tx};

use super::{Stamp, gone};
use crate::error::{Error, Flaw};

/// Somebody's decision to bear a risk for a time.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Acceptance {
    /// Who decided.
    pub by: String,
    /// Why.
    pub why: String,
    /// When it was recorded.
    pub at: Timestamp,
    /// Until when it holds.
    pub until: Timestamp,
    /// True if that has passed: the risk is not accepted any more, and somebody must decide again.
    pub expired: bool,
}

impl Acceptance {
    pub(crate) fn of(row: &store::RiskRow, now: Timestamp) -> Option<Self> {
        let (at, until, by, why) = row.accepted()?;
        Some(Self { by: by.to_owned(), why: why.to_owned(), at, until, expired: until < now })
    }
}

/// An acceptance that is to be recorded.
#[derive(Debug, Clone)]
pub struct NewAcceptance {
    /// Who decided.
    pub by: String,
    /// Why.
    pub why: String,
    /// Until when it holds.
    pub until: Timestamp,
}

/// Records that a risk is accepted. The acceptance before, if there is one, ends.
///
/// # Errors
/// A flaw, if nobody, no reason or an end in the past is given; not found, if the risk is gone.
pub async fn accept(tx: &mut Tx<'_>, stamp: &Stamp, risk: EntryId, new: &NewAcceptance) -> Result<Acceptance, Error> {
    active(tx, risk).await?;
    let (by, why) = (text::clean(&new.by, 120), text::clean(&new.why, 2_000));
    let mut flaws = vec![];
    if by.is_empty() {
        flaws.push(Flaw::new("by", "must not be empty: name who decided"));
    }
    if why.is_empty() {
        flaws.push(Flaw::new("why", "must not be empty: say why the risk is borne"));
    }
    if new.until <= stamp.at && !stamp.demo {
        flaws.push(Flaw::new("until", format!("{} is past: an acceptance ends in the future", new.until)));
    }
    if !flaws.is_empty() {
        return Err(Error::invalid(flaws));
    }
    let row = AcceptanceRow {
        id: EntryId::new(stamp.fresh),
        at: stamp.at,
        accepted_by: by.clone(),
        why: why.clone(),
        until: new.until,
        recorded_by: stamp.by.clone(),
        withdrawn_at: None,
    };
    store::accept(tx, risk, &row).await?;
    Ok(Acceptance { by, why, at: stamp.at, until: new.until, expired: new.until < stamp.at })
}

/// Withdraws the acceptance of a risk; false if there is none.
///
/// # Errors
/// Not found, if the risk is gone.
pub async fn withdraw(tx: &mut Tx<'_>, risk: EntryId, at: Timestamp) -> Result<bool, Error> {
    active(tx, risk).await?;
    Ok(store::withdraw(tx, risk, at).await?)
}

/// All acceptances of a risk, newest first, with those that were withdrawn or replaced.
///
/// # Errors
/// Of the database.
pub async fn acceptances(db: Reader<'_>, risk: EntryId) -> Result<Vec<AcceptanceRow>, Error> {
    Ok(store::acceptances(db, risk).await?)
}

/// Something that is done about a risk.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// Its id.
    pub id: EntryId,
    /// What is to be done.
    pub title: String,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Until when.
    pub due: Timestamp,
    /// How it stands.
    pub state: ActionState,
    /// True if it is open and should have been done.
    pub overdue: bool,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it was done or given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Grows with each edit.
    pub version: i64,
}

impl Action {
    fn new(row: ActionRow, now: Timestamp) -> Self {
        Self {
            overdue: row.state == ActionState::Open && row.due_at < now,
            id: row.id,
            title: row.title,
            owner: row.owner,
            due: row.due_at,
            state: row.state,
            note: row.note,
            ended_at: row.ended_at,
            version: row.version,
        }
    }
}

/// An action that is to be added.
#[derive(Debug, Clone)]
pub struct NewAction {
    /// What is to be done.
    pub title: String,
    /// By whom.
    pub owner: Option<String>,
    /// Until when. A day that has passed is taken: an old list may hold such.
    pub due: Timestamp,
    /// What else there is to say.
    pub note: Option<String>,
}

/// What is changed of an action; what is not there stays.
#[derive(Debug, Clone, Default)]
pub struct ActionChange {
    /// What is to be done.
    pub title: Option<String>,
    /// By whom.
    pub owner: Option<String>,
    /// Until when.
    pub due: Option<Timestamp>,
    /// What else there is to say.
    pub note: Option<String>,
    /// How it stands.
    pub state: Option<ActionState>,
    /// Of this version and no other.
    pub version: Option<i64>,
}

fn cleaned(text: Option<&String>, most: usize) -> Option<String> {
    text.map(|t| text::clean(t, most)).filter(|t| !t.is_empty())
}

/// Adds an action against a risk.
///
/// # Errors
/// A flaw, if it has no title; not found, if the risk is gone.
pub async fn treat(tx: &mut Tx<'_>, stamp: &Stamp, risk: EntryId, new: &NewAction) -> Result<Action, Error> {
    active(tx, risk).await?;
    let title = cleaned(Some(&new.title), 200).ok_or_else(|| Error::flaw("title", "must not be empty"))?;
    let row = ActionRow {
        id: EntryId::new(stamp.fresh),
        title,
        owner: cleaned(new.owner.as_ref(), 120),
        due_at: new.due,
        state: ActionState::Open,
        note: cleaned(new.note.as_ref(), 2_000),
        recorded_by: stamp.by.clone(),
        created_at: stamp.at,
        ended_at: None,
        version: 1,
    };
    store::add_action(tx, risk, &row).await?;
    Ok(Action::new(row, stamp.at))
}

/// Changes an action, or ends it.
///
/// # Errors
/// Not found; a conflict, if it is at another version.
pub async fn edit_action(
    tx: &mut Tx<'_>,
    stamp: &Stamp,
    risk: EntryId,
    action: EntryId,
    change: &ActionChange,
) -> Result<Action, Error> {
    active(tx, risk).await?;
    let none = || Error::not_found("actionId: the risk has no such action; get_risk tells their ids");
    let mut row = store::action(tx, risk, action).await?.ok_or_else(none)?;
    if let Some(seen) = change.version
        && seen != row.version
    {
        let told =
            format!("version: the action is at version {} now, not {seen}; read it again, then repeat", row.version);
        return Err(Error::conflict(told));
    }
    if let Some(title) = cleaned(change.title.as_ref(), 200) {
        row.title = title;
    }
    row.owner = cleaned(change.owner.as_ref(), 120).or(row.owner);
    row.note = cleaned(change.note.as_ref(), 2_000).or(row.note);
    row.due_at = change.due.unwrap_or(row.due_at);
    if let Some(state) = change.state {
        row.ended_at = match state {
            ActionState::Open => None,
            ActionState::Done | ActionState::Dropped => row.ended_at.or(Some(stamp.at)),
        };
        row.state = state;
    }
    if !store::edit_action(tx, risk, &row).await? {
        return Err(none());
    }
    row.version += 1;
    Ok(Action::new(row, stamp.at))
}

/// The actions against a risk, by their due dates.
///
/// # Errors
/// Of the database.
pub async fn actions(db: Reader<'_>, risk: EntryId, now: Timestamp) -> Result<Vec<Action>, Error> {
    Ok(store::actions(db, risk).await?.into_iter().map(|row| Action::new(row, now)).collect())
}

async fn active(tx: &mut Tx<'_>, risk: EntryId) -> Result<(), Error> {
    use watchkeep_model::register::Kind;
    let row = watchkeep_store::register::get_in(tx, Kind::Risk, risk).await?;
    if row.is_none_or(|row| row.archived_at.is_some()) { Err(gone(Kind::Risk)) } else { Ok(()) }
}
