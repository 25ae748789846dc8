//! Decisions about a risk: that it is borne for a time, and what is done against it. None of this is reached over MCP.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use watchkeep_model::register::{ActionState, Kind};
use watchkeep_model::{EntryId, Timestamp};

use crate::ops::register::stamp;
use crate::register::risks::{self, Acceptance, Action, ActionChange, NewAcceptance, NewAction};
use crate::{Ctx, Doors, Error, Op, Verb, Write, register};

/// Accepts a risk.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AcceptRisk {
    /// The id or the slug of the risk.
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
    /// Who decided.
    #[schemars(length(min = 1, max = 120))]
    pub by: String,
    /// Why it is borne.
    #[schemars(length(min = 1, max = 2000))]
    pub why: String,
    /// Until when that holds. After that the risk is told as accepted no more.
    pub until: Timestamp,
}

impl Op for AcceptRisk {
    const NAME: &'static str = "accept_risk";
    const TITLE: &'static str = "Accept a risk";
    const ABOUT: &'static str = "Records who decided to bear a risk, why and until when. A decision before it ends.";
    const DOORS: Doors = Doors::api().rest(Verb::Post, "/risks/{id}/acceptance");
    type Cap = Write;
    type Answer = Acceptance;

    async fn run(self, cx: Ctx<Write>) -> Result<Acceptance, Error> {
        let row = register::find_row(cx.db(), Kind::Risk, &self.id).await?;
        cx.about(format!("risk:{}", row.code));
        let (stamp, new) = (stamp(&cx), NewAcceptance { by: self.by, why: self.why, until: self.until });
        cx.write(async move |tx| risks::accept(tx, &stamp, row.id, &new).await).await
    }
}

/// Withdraws an acceptance.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WithdrawAcceptance {
    /// The id or the slug of the risk.
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
}

/// What became of an acceptance.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Withdrawn {
    /// The slug of the risk.
    pub slug: String,
    /// False if it was not accepted.
    pub withdrawn: bool,
}

impl Op for WithdrawAcceptance {
    const NAME: &'static str = "withdraw_acceptance";
    const TITLE: &'static str = "Withdraw an acceptance";
    const ABOUT: &'static str = "Ends the acceptance of a risk now. What was decided stays on record.";
    const DOORS: Doors = Doors::api().rest(Verb::Delete, "/risks/{id}/acceptance").repeatable().destructive();
    type Cap = Write;
    type Answer = Withdrawn;

    async fn run(self, cx: Ctx<Write>) -> Result<Withdrawn, Error> {
        let row = register::find_row(cx.db(), Kind::Risk, &self.id).await?;
        cx.about(format!("risk:{}", row.code));
        let now = cx.now();
        cx.write(async move |tx| {
            Ok(Withdrawn { slug: row.code.clone(), withdrawn: risks::withdraw(tx, row.id, now).await? })
        })
        .await
    }
}

/// Adds a treatment action.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddTreatmentAction {
    /// The id or the slug of the risk.
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
    /// What is to be done.
    #[schemars(length(min = 1, max = 200))]
    pub title: String,
    /// By whom.
    #[schemars(length(min = 1, max = 120))]
    pub owner: Option<String>,
    /// Until when.
    pub due: Timestamp,
    /// What else there is to say.
    #[schemars(length(min = 1, max = 2000))]
    pub note: Option<String>,
}

impl Op for AddTreatmentAction {
    const NAME: &'static str = "add_treatment_action";
    const TITLE: &'static str = "Add a treatment action";
    const ABOUT: &'static str = "Adds something that is to be done about a risk, with its owner and due date.";
    const DOORS: Doors = Doors::api().rest(Verb::Post, "/risks/{id}/actions");
    type Cap = Write;
    type Answer = Action;

    async fn run(self, cx: Ctx<Write>) -> Result<Action, Error> {
        let row = register::find_row(cx.db(), Kind::Risk, &self.id).await?;
        cx.about(format!("risk:{}", row.code));
        let stamp = stamp(&cx);
        let new = NewAction { title: self.title, owner: self.owner, due: self.due, note: self.note };
        cx.write(async move |tx| risks::treat(tx, &stamp, row.id, &new).await).await
    }
}

/// Changes a treatment action.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateTreatmentAction {
    /// The id or the slug of the risk.
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
    /// The id of the action; get_risk tells it.
    pub action_id: EntryId,
    /// What is to be done.
    #[schemars(length(min = 1, max = 200))]
    pub title: Option<String>,
    /// By whom.
    #[schemars(length(min = 1, max = 120))]
    pub owner: Option<String>,
    /// Until when.
    pub due: Option<Timestamp>,
    /// What else there is to say.
    #[schemars(length(min = 1, max = 2000))]
    pub note: Option<String>,
    /// How it stands.
    pub state: Option<ActionState>,
    /// The version that was read; if the action is at another one, nothing is changed.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub version: Option<i64>,
}

impl Op for UpdateTreatmentAction {
    const NAME: &'static str = "update_treatment_action";
    const TITLE: &'static str = "Change a treatment action";
    const ABOUT: &'static str = "Changes what is to be done about a risk, or says that it is done or dropped.";
    const DOORS: Doors = Doors::api().rest(Verb::Patch, "/risks/{id}/actions/{actionId}").repeatable().destructive();
    type Cap = Write;
    type Answer = Action;

    async fn run(self, cx: Ctx<Write>) -> Result<Action, Error> {
        let row = register::find_row(cx.db(), Kind::Risk, &self.id).await?;
        cx.about(format!("risk:{}", row.code));
        let (stamp, action) = (stamp(&cx), self.action_id);
        let change = ActionChange {
            title: self.title,
            owner: self.owner,
            due: self.due,
            note: self.note,
            state: self.state,
            version: self.version,
        };
        cx.write(async move |tx| risks::edit_action(tx, &stamp, row.id, action, &change).await).await
    }
}
