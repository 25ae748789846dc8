//! The catalogue of signals, as a tenant can use it.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use watchkeep_model::catalog::{self, Category};
use watchkeep_model::kri::{Aggregation, Thresholds, Unit};
use watchkeep_model::text;

use crate::{Ctx, Doors, Error, Op, Page, Paging, Read, Verb};

/// A signal of the catalogue.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CatalogSignal {
    /// Its name in the interface.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it measures.
    pub about: String,
    /// What it is about.
    pub category: Category,
    /// What its value is.
    pub unit: Unit,
    /// The default thresholds.
    pub thresholds: Thresholds,
    /// How subjects become one value.
    pub aggregation: Aggregation,
    /// How often a value is expected, in hours.
    pub cadence_hours: i64,
    /// Who can tell it: ag our agent, vuln scanners, idp, edr and so on.
    pub kinds: Vec<String>,
}

/// Lists the signals of the catalogue.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListSignals {
    /// Only signals of this category.
    pub category: Option<Category>,
    /// Words in the name, the slug, the description or the synonyms.
    #[schemars(length(min = 1, max = 200))]
    pub query: Option<String>,
    /// Limit and cursor.
    #[serde(flatten)]
    pub page: Paging,
}

impl Op for ListSignals {
    const NAME: &'static str = "list_signals";
    const TITLE: &'static str = "List catalogue signals";
    const ABOUT: &'static str =
        "The KRI signals that are known by name, with unit, default thresholds and who can tell them, by slug.";
    const DOORS: Doors = Doors::api().rest(Verb::Get, "/signals").repeatable();
    type Cap = Read;
    type Answer = Page<CatalogSignal>;

    async fn run(self, cx: Ctx<Read>) -> Result<Page<CatalogSignal>, Error> {
        let after: String = cx.after(&self.page)?.unwrap_or_default();
        let words = self.query.as_deref().map(|q| text::clean(q, 200).to_lowercase());
        let mut found: Vec<_> = catalog::signals()
            .iter()
            .filter(|s| s.slug > after)
            .filter(|s| self.category.is_none_or(|c| s.category == c))
            .filter(|s| words.as_deref().is_none_or(|w| speaks_of(s, w)))
            .collect();
        found.sort_by(|a, b| a.slug.cmp(&b.slug));
        found.truncate(usize::from(self.page.limit) + 1);
        cx.page(found.into_iter().map(CatalogSignal::from).collect(), &self.page, |s| s.slug.clone())
    }
}

fn speaks_of(s: &catalog::Signal, words: &str) -> bool {
    s.slug.contains(words)
        || s.name.to_lowercase().contains(words)
        || s.about.to_lowercase().contains(words)
        || s.words.iter().chain(&s.aliases).any(|w| w.contains(words))
}

impl From<&catalog::Signal> for CatalogSignal {
    fn from(s: &catalog::Signal) -> Self {
        Self {
            slug: s.slug.clone(),
            name: s.name.clone(),
            about: s.about.clone(),
            category: s.category,
            unit: s.unit,
            thresholds: s.thresholds(),
            aggregation: s.aggregation,
            cadence_hours: s.cadence.micros() / 3_600_000_000,
            kinds: s.kinds.clone(),
        }
    }
}
