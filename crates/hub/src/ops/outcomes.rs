//! Outcomes: the losses that risks end in.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use watchkeep_model::EntryId;
use watchkeep_model::register::Kind;
use watchkeep_store::register::{key, outcomes as store};

use super::register::shown::{AnnualLoss, Share};
use crate::register::Entry;
use crate::{Ctx, Doors, Error, Op, Page, Paging, Read, Verb};

/// How much loss is borne.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tolerance {
    /// The largest loss of a year that is borne, in money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// How likely a larger one may be, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// The currency, such as EUR.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// A loss scenario.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Its id.
    pub id: EntryId,
    /// Its name in files and links, unique in the tenant.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// The loss scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// In which forms the loss comes.
    pub loss_forms: Vec<String>,
    /// How much of it is borne; absent where nobody said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Tolerance>,
    /// The loss of a year; absent where nothing of it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annual_loss: Option<AnnualLoss>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The risks that end in it, with their share.
    pub risks: Vec<Share>,
    /// Grows with each edit.
    pub version: i64,
    /// True for demo data.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
}

impl From<Entry> for Outcome {
    fn from(e: Entry) -> Self {
        let (loss, probability) = (e.number("toleranceLoss"), e.number("toleranceProbability"));
        let some = loss.or(probability).is_some();
        Self {
            id: e.id,
            scenario: e.text("about"),
            loss_forms: e.texts("lossForms"),
            tolerance: some.then(|| Tolerance { loss, probability, currency: e.text("currency") }),
            annual_loss: AnnualLoss::of(&e),
            owner: e.text("owner"),
            risks: e.near("risks").map(Share::of).collect(),
            version: e.version,
            demo: e.demo,
            slug: e.code,
            name: e.name,
        }
    }
}

/// Lists outcomes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListOutcomes {
    /// Limit and cursor.
    #[serde(flatten)]
    pub page: Paging,
}

impl Op for ListOutcomes {
    const NAME: &'static str = "list_outcomes";
    const TITLE: &'static str = "List outcomes";
    const ABOUT: &'static str =
        "The loss scenarios of this tenant with tolerance, annual loss and the risks that roll up into them, by slug.";
    const DOORS: Doors = Doors::risk().rest(Verb::Get, "/outcomes").repeatable();
    const OUTSIDE: &'static [&'static str] =
        &["items[].name", "items[].scenario", "items[].owner", "items[].risks[].name"];
    type Cap = Read;
    type Answer = Page<Outcome>;

    async fn run(self, cx: Ctx<Read>) -> Result<Page<Outcome>, Error> {
        let after: String = cx.after(&self.page)?.unwrap_or_default();
        let rows = store::page(cx.db(), &after, self.page.fetch()).await?;
        let all = rows.into_iter().map(|row| Outcome::from(Entry::from(row))).collect();
        cx.page(all, &self.page, |o: &Outcome| key(Kind::Outcome, &o.slug))
    }
}
