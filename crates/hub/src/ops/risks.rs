//! Risks: the list. One risk is in [`detail`], decisions about it are in [`decide`].
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use watchkeep_model::catalog::RiskCategory;
use watchkeep_model::register::{Kind, ScoreSource, Treatment};
use watchkeep_model::{EntryId, Span, Timestamp};
use watchkeep_store::kris::like;
use watchkeep_store::register::key;
use watchkeep_store::register::risks::{self as store, Order, RiskRow};

use super::controls::{Place, after, place};
use super::register::shown::{AnnualLoss, Provenance, category};
use crate::register::Entry;
use crate::register::risks::Acceptance;
use crate::{Ctx, Doors, Error, Op, Page, Paging, Read, Verb};

pub mod decide;
pub mod detail;

/// A risk.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Risk {
    /// Its id.
    pub id: EntryId,
    /// Its name in files and links, unique in the tenant.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// Cause, event and consequence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What is done about it.
    pub treatment: Treatment,
    /// How bad it would be without controls, 0 to 100; absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inherent_score: Option<f64>,
    /// How bad it is now, 0 to 100; absent where it is not known, which is not good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_score: Option<f64>,
    /// How bad it is meant to be after treatment, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residual_score: Option<f64>,
    /// Who says the scores; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_source: Option<ScoreSource>,
    /// The loss of a year; absent where nothing of it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annual_loss: Option<AnnualLoss>,
    /// By how much the current score changed in 7 days; absent where one of the two is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change7d: Option<f64>,
    /// The slugs of the outcomes that it can end in.
    pub outcomes: Vec<String>,
    /// The codes of the controls that work against it.
    pub controls: Vec<String>,
    /// The slugs of the KRIs that tell of it directly; get_risk names those of its controls, too.
    pub kris: Vec<String>,
    /// What the scores rest on, and what is missing, in short sentences.
    pub explanation: Vec<String>,
    /// Where it comes from.
    #[serde(flatten)]
    pub from: Provenance,
    /// The decision to bear it, also one whose time is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Acceptance>,
    /// Treatment actions that are open.
    pub actions_open: i64,
    /// Those of them that should have been done.
    pub actions_overdue: i64,
    /// When it is to be looked at again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_due: Option<Timestamp>,
    /// True if that has passed.
    pub review_overdue: bool,
    /// When it was edited last.
    pub updated_at: Timestamp,
    /// Grows with each edit.
    pub version: i64,
    /// True for demo data.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
    #[serde(skip)]
    rank: f64,
}

/// The end of the day from which a score counts as that of 7 days ago.
fn week_ago(now: Timestamp) -> Timestamp {
    now.minus(Span::days(7)).start_of_day()
}

impl Risk {
    fn new(row: RiskRow, now: Timestamp) -> (Self, Entry) {
        let accepted = Acceptance::of(&row, now);
        let RiskRow { entry, score_before, actions_open, actions_overdue, rank, .. } = row;
        let e = Entry::from(entry);
        let [inherent_score, current_score, residual_score] =
            ["inherentScore", "currentScore", "residualScore"].map(|name| e.number(name));
        let scored = inherent_score.or(current_score).or(residual_score).is_some();
        let review_due = e.time("reviewDue");
        let mut risk = Self {
            id: e.id,
            slug: e.code.clone(),
            // what the catalogue calls it now, where the tenant did not say otherwise
            title: e.text("title").unwrap_or_else(|| e.name.clone()),
            statement: e.text("statement"),
            category: e.text("category"),
            owner: e.text("owner"),
            treatment: e.word("treatment").unwrap_or(Treatment::Undecided),
            inherent_score,
            current_score,
            residual_score,
            score_source: scored.then_some(ScoreSource::Analyst),
            annual_loss: AnnualLoss::of(&e),
            change7d: current_score.zip(score_before).map(|(now, before)| ((now - before) * 1e4).round() / 1e4),
            outcomes: e.codes("in outcomes"),
            controls: e.codes("controls"),
            kris: e.codes("kris"),
            explanation: vec![],
            from: Provenance::of(&e),
            accepted,
            actions_open,
            actions_overdue,
            review_due,
            review_overdue: review_due.is_some_and(|due| due < now),
            updated_at: e.updated_at,
            version: e.version,
            demo: e.demo,
            rank,
        };
        risk.explanation = risk.explained();
        (risk, e)
    }

    /// What is known of how the scores came about, and what is missing. No formula computes them yet.
    fn explained(&self) -> Vec<String> {
        let day = |t: Timestamp| t.to_string().chars().take(10).collect::<String>();
        let mut told = vec![match self.current_score {
            Some(score) => format!(
                "The current score {score} is an analyst's word; the entry was edited last on {}.",
                day(self.updated_at)
            ),
            None => "Nobody has given a current score: how bad it is is not known.".to_owned(),
        }];
        match self.inherent_score.zip(self.current_score) {
            Some((inherent, current)) if inherent >= current => {
                let taken = ((inherent - current) * 100.0).round() / 100.0;
                told.push(format!("Without controls it would be {inherent}; the controls take {taken} points."));
            }
            Some((inherent, _)) => {
                told.push(format!(
                    "Without controls it was scored {inherent}, which is less: one of the two is out of date."
                ));
            }
            None => {}
        }
        if self.controls.is_empty() {
            told.push("No control is linked to it.".to_owned());
        }
        if self.controls.is_empty() && self.kris.is_empty() {
            told.push("No KRI measures it.".to_owned());
        }
        match &self.accepted {
            Some(a) if a.expired => told.push(format!("Its acceptance by {} ended on {}.", a.by, day(a.until))),
            Some(a) => told.push(format!("It is accepted by {} until {}.", a.by, day(a.until))),
            None => {}
        }
        if self.actions_overdue > 0 {
            told.push(format!("{} of {} open treatment actions are overdue.", self.actions_overdue, self.actions_open));
        }
        if self.review_overdue {
            told.push("Its review is overdue.".to_owned());
        }
        told
    }
}

/// The orders of the list of risks: the highest first, those that are not known last.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RiskSort {
    /// By the current score.
    #[default]
    CurrentScore,
    /// By the inherent score.
    InherentScore,
    /// By the loss of an average year.
    LossExpectancy,
}

/// Lists risks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListRisks {
    /// In which order, the highest first; by current score if left out. A risk whose figure is not known comes last.
    pub sort: Option<RiskSort>,
    /// Only risks of this category, such as malware or thirdParty.
    #[schemars(length(min = 1, max = 64))]
    pub category: Option<String>,
    /// Only risks whose owner's name holds this.
    #[schemars(length(min = 1, max = 120))]
    pub owner: Option<String>,
    /// Only risks with at least this current score, 0 to 100. Those without a score are listed too, last: they may be bad.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub min_score: Option<f64>,
    /// Limit and cursor.
    #[serde(flatten)]
    pub page: Paging,
}

impl Op for ListRisks {
    const NAME: &'static str = "list_risks";
    const TITLE: &'static str = "List risks";
    const ABOUT: &'static str = "The risks of this tenant, its own and those of the catalogue that it adopted, the highest current score first. scoreSource tells who says the scores: analyst is a person's word. A score that is not known is absent, never 0.";
    const DOORS: Doors = Doors::risk().rest(Verb::Get, "/risks").repeatable();
    const OUTSIDE: &'static [&'static str] = &[
        "items[].title",
        "items[].statement",
        "items[].category",
        "items[].owner",
        "items[].explanation[]",
        "items[].accepted.by",
        "items[].accepted.why",
    ];
    type Cap = Read;
    type Answer = Page<Risk>;

    async fn run(self, cx: Ctx<Read>) -> Result<Page<Risk>, Error> {
        let now = cx.now();
        let after = after(cx.after::<Place>(&self.page)?);
        let filter = store::Filter {
            category: category(cx.db(), Kind::Risk, self.category.as_ref(), RiskCategory::WORDS).await?,
            owner: self.owner.as_deref().map(like).unwrap_or_default(),
            min_score: self.min_score,
        };
        let order = match self.sort.unwrap_or_default() {
            RiskSort::CurrentScore => Order::Current,
            RiskSort::InherentScore => Order::Inherent,
            RiskSort::LossExpectancy => Order::Loss,
        };
        let rows = store::page(cx.db(), &filter, order, (now, week_ago(now)), &after, self.page.fetch()).await?;
        let all = rows.into_iter().map(|row| Risk::new(row, now).0).collect();
        cx.page(all, &self.page, |r: &Risk| place(r.rank, "", key(Kind::Risk, &r.slug)))
    }
}
