//! Vendors: the list.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use watchkeep_model::register::{Access, Kind, ScoreSource, next_review, overdue};
use watchkeep_model::{EntryId, Timestamp};
use watchkeep_store::register::vendors as store;
use watchkeep_store::register::{Ranked, key};

use super::controls::{Place, after, place};
use crate::register::Entry;
use crate::{Ctx, Doors, Error, Op, Page, Paging, Read, Verb};

/// What the score of a vendor is made of, by a person's word. What is absent is not known.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VendorParts {
    /// How much it could do, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure: Option<f64>,
    /// How well it is known to protect itself, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assurance: Option<f64>,
}

/// A vendor.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Vendor {
    /// Its id.
    pub id: EntryId,
    /// Its name in files and links, unique in the tenant.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// How much depends on it: 1 most, 4 least; absent where nobody said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<i64>,
    /// How much of a risk it is, 0 to 100; absent where it is not known, which is not good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composite_score: Option<f64>,
    /// Who says the score; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_source: Option<ScoreSource>,
    /// What the score is made of.
    pub parts: VendorParts,
    /// Which data it sees.
    pub data_classes: Vec<String>,
    /// What it can reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// When it was reviewed last; absent if it never was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_review: Option<Timestamp>,
    /// When it is to be reviewed next: as somebody said, or 90, 180, 365, 730 days after the last review by tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_review: Option<Timestamp>,
    /// True if that has passed, or it was never reviewed and nobody said when.
    pub overdue: bool,
    /// Findings of reviews that are open; absent where nobody counted them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings_open: Option<i64>,
    /// The slugs of the assets that it stands behind.
    pub assets: Vec<String>,
    /// The slugs of the applications that it stands behind.
    pub applications: Vec<String>,
    /// Grows with each edit.
    pub version: i64,
    /// True for demo data.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
    #[serde(skip)]
    rank: f64,
}

impl Vendor {
    fn new(Ranked { entry, rank }: Ranked, now: Timestamp) -> Self {
        let e = Entry::from(entry);
        let (tier, last_review) = (e.whole("tier"), e.time("lastReview"));
        let next_review = next_review(e.time("nextReview"), last_review, tier);
        let composite_score = e.number("compositeScore");
        Self {
            id: e.id,
            category: e.text("category"),
            owner: e.text("owner"),
            tier,
            composite_score,
            score_source: composite_score.map(|_| ScoreSource::Analyst),
            parts: VendorParts { exposure: e.number("exposureScore"), assurance: e.number("assuranceScore") },
            data_classes: e.texts("dataClasses"),
            access: e.word("access"),
            last_review,
            next_review,
            overdue: overdue(next_review, now),
            findings_open: e.whole("findingsOpen"),
            assets: e.codes("assets"),
            applications: e.codes("applications"),
            version: e.version,
            demo: e.demo,
            rank,
            slug: e.code,
            name: e.name,
        }
    }
}

/// Lists vendors.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListVendors {
    /// Only vendors of this tier: 1 (most depends on it) to 4.
    #[schemars(range(min = 1, max = 4))]
    pub tier: Option<i64>,
    /// Only vendors with at least this composite score, 0 to 100. Those without a score are listed too, last: they may be
    /// bad.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub min_score: Option<f64>,
    /// True: only vendors whose review is overdue, also those never reviewed; false: only the others.
    pub overdue: Option<bool>,
    /// Limit and cursor.
    #[serde(flatten)]
    pub page: Paging,
}

impl Op for ListVendors {
    const NAME: &'static str = "list_vendors";
    const TITLE: &'static str = "List vendors";
    const ABOUT: &'static str = "The vendors of this tenant with tier, composite score and its parts, data classes and reviews, the highest score first. A score that is not known is absent, never 0.";
    const DOORS: Doors = Doors::risk().rest(Verb::Get, "/vendors").repeatable();
    const OUTSIDE: &'static [&'static str] =
        &["items[].name", "items[].category", "items[].owner", "items[].dataClasses[]"];
    type Cap = Read;
    type Answer = Page<Vendor>;

    async fn run(self, cx: Ctx<Read>) -> Result<Page<Vendor>, Error> {
        let now = cx.now();
        let after = after(cx.after::<Place>(&self.page)?);
        let filter = store::Filter { tier: self.tier, min_score: self.min_score, overdue: self.overdue };
        let rows = store::page(cx.db(), &filter, now, &after, self.page.fetch()).await?;
        let all = rows.into_iter().map(|row| Vendor::new(row, now)).collect();
        cx.page(all, &self.page, |v: &Vendor| place(v.rank, "", key(Kind::Vendor, &v.slug)))
    }
}
