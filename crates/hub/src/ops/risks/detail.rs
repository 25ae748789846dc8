//! One risk: what works against it, what tells of it, what was decided and what is done.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use watchkeep_model::Timestamp;
use watchkeep_model::kri::{State, Status};
use watchkeep_model::register::{Kind, Standing};
use watchkeep_store::register::risks as store;
use watchkeep_store::{Reader, kris};

use super::{Risk, week_ago};
use crate::ingest::HISTORY;
use crate::ops::controls::ControlEffectiveness;
use crate::ops::register::shown::Share;
use crate::register::risks::{self, Action};
use crate::register::{self, Comment, Entry};
use crate::{Ctx, Doors, Error, Op, Read, Verb};

/// KRIs whose value is told at most.
const MOST_KRIS: usize = 50;

/// A control that works against a risk.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskControl {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// How it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Standing>,
    /// How well it works.
    pub effectiveness: ControlEffectiveness,
}

/// A KRI that tells of a risk.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskKri {
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The codes of the controls through which it tells of the risk; none where it does so directly.
    pub controls: Vec<String>,
    /// Its value; with the state stale the last known one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Whether the value could be had.
    pub state: State,
    /// Its colour.
    pub status: Status,
}

/// The current score of a risk on a day.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskPoint {
    /// The day, as its first moment in UTC.
    pub at: Timestamp,
    /// The score at its end; absent where it was not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_score: Option<f64>,
}

/// A decision to bear a risk, and what became of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PastAcceptance {
    /// When it was recorded.
    pub at: Timestamp,
    /// Who decided.
    pub by: String,
    /// Why.
    pub why: String,
    /// Until when it was to hold.
    pub until: Timestamp,
    /// When it was withdrawn, or replaced by another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
}

/// A risk, whole.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskDetail {
    /// The risk as list_risks tells it, but its links, which are told whole.
    #[serde(flatten)]
    pub risk: Risk,
    /// Everything else that is known of it, by the names of its fields.
    pub fields: Map<String, Value>,
    /// Those of the fields that the tenant said; the others are the catalogue's.
    pub own: Vec<String>,
    /// The controls that work against it, with how well.
    pub control_details: Vec<RiskControl>,
    /// The KRIs that tell of it, directly and through its controls, at most 50, with their values.
    pub kri_details: Vec<RiskKri>,
    /// The outcomes that it can end in, with its share.
    pub outcome_details: Vec<Share>,
    /// What is done about it, by due dates.
    pub actions: Vec<Action>,
    /// Every decision to bear it, the newest first.
    pub acceptances: Vec<PastAcceptance>,
    /// The current score of the last 90 days, on the days on which the risk was edited.
    pub history: Vec<RiskPoint>,
    /// What people said about it, newest first, at most 100.
    pub comments: Vec<Comment>,
}

/// Gets one risk.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GetRisk {
    /// The id or the slug of the risk.
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
}

impl Op for GetRisk {
    const NAME: &'static str = "get_risk";
    const TITLE: &'static str = "Get a risk";
    const ABOUT: &'static str = "One risk with its scores, the controls against it and how well they work, the KRIs that tell of it, the outcomes that it can end in, decisions, treatment actions, history and comments.";
    const DOORS: Doors = Doors::risk().rest(Verb::Get, "/risks/{id}").repeatable();
    const OUTSIDE: &'static [&'static str] = &[
        "title",
        "statement",
        "category",
        "owner",
        "explanation[]",
        "accepted.by",
        "accepted.why",
        "fields",
        "controlDetails[].name",
        "kriDetails[].name",
        "outcomeDetails[].name",
        "actions[].title",
        "actions[].owner",
        "actions[].note",
        "acceptances[].by",
        "acceptances[].why",
        "comments[].text",
        "comments[].by",
    ];
    type Cap = Read;
    type Answer = RiskDetail;

    async fn run(self, cx: Ctx<Read>) -> Result<RiskDetail, Error> {
        let id = register::find_row(cx.db(), Kind::Risk, &self.id).await?.id;
        let detail = whole(cx.db(), id, cx.now()).await?;
        cx.about(format!("risk:{}", detail.risk.slug));
        Ok(detail)
    }
}

async fn whole(db: Reader<'_>, id: watchkeep_model::EntryId, now: Timestamp) -> Result<RiskDetail, Error> {
    let row = store::one(db, id, (now, week_ago(now))).await?.ok_or_else(|| register::gone(Kind::Risk))?;
    let (risk, entry) = Risk::new(row, now);
    let (mut control_details, mut through) = (vec![], BTreeMap::<String, Vec<String>>::new());
    for slug in entry.codes("kris") {
        through.insert(slug, vec![]);
    }
    for code in entry.codes("controls") {
        let Some(row) = watchkeep_store::register::by_code(db, Kind::Control, &code).await? else { continue };
        let control = Entry::from(row);
        for slug in control.codes("kris") {
            through.entry(slug).or_default().push(code.clone());
        }
        control_details.push(RiskControl {
            code,
            name: control.name.clone(),
            status: control.word("status"),
            effectiveness: ControlEffectiveness::of(&control, now),
        });
    }
    let mut kri_details = vec![];
    for (slug, controls) in through.into_iter().take(MOST_KRIS) {
        if let Some(k) = kris::by_slug(db, &slug, now).await? {
            kri_details.push(RiskKri {
                slug,
                name: k.name,
                controls,
                value: k.value,
                state: k.state,
                status: k.status,
            });
        }
    }
    let history = store::points(db, id, now.start_of_day().minus(HISTORY)).await?;
    let acceptances = risks::acceptances(db, id).await?;
    Ok(RiskDetail {
        fields: entry.fields.clone(),
        own: entry.own.keys().cloned().collect(),
        control_details,
        kri_details,
        outcome_details: entry.near("in outcomes").map(Share::of).collect(),
        actions: risks::actions(db, id, now).await?,
        acceptances: acceptances
            .into_iter()
            .map(|a| PastAcceptance {
                at: a.at,
                by: a.accepted_by,
                why: a.why,
                until: a.until,
                withdrawn_at: a.withdrawn_at,
            })
            .collect(),
        history: history.into_iter().map(|(at, current_score)| RiskPoint { at, current_score }).collect(),
        comments: register::comments(db, id).await?,
        risk,
    })
}
