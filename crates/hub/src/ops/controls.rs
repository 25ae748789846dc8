//! Controls: the list.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use watchkeep_model::catalog::{Category, ControlFunction};
use watchkeep_model::register::{Effectiveness, EffectivenessState, Kind, ScoreSource, Standing};
use watchkeep_model::{EntryId, Timestamp};
use watchkeep_store::kris::like;
use watchkeep_store::register::controls::{self as store, Order};
use watchkeep_store::register::{After, Ranked, key};

use super::register::shown::{MeasuringKri, Provenance, category};
use crate::register::Entry;
use crate::{Ctx, Doors, Error, Op, Page, Paging, Read, Verb};

/// How well a control works.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ControlEffectiveness {
    /// Whether it is known. Unknown and stale are not good: such a control may be weak.
    pub state: EffectivenessState,
    /// 0 (it does nothing) to 1; with the state stale the last known one; absent where nobody said it. A control that is
    /// planned, a gap, waived or retired has 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// It works at least so well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// It works at most so well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// How much of the value is measured by KRIs, 0 to 1; a person's word is not measured.
    pub measured_share: f64,
    /// What a person says, whatever else is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manual: Option<f64>,
    /// Until when that word counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manual_until: Option<Timestamp>,
    /// Who says the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<ScoreSource>,
}

impl ControlEffectiveness {
    pub(super) fn of(e: &Entry, now: Timestamp) -> Self {
        let (manual, until) = (e.number("effectiveness"), e.time("effectivenessUntil"));
        let standing: Option<Standing> = e.word("status");
        let Effectiveness { value, state } = Effectiveness::stated(standing, manual, until, now);
        let by_word = value.is_some() && value == manual;
        Self {
            state,
            value,
            low: e.number("effectivenessLow").filter(|_| by_word),
            high: e.number("effectivenessHigh").filter(|_| by_word),
            measured_share: 0.0,
            manual,
            manual_until: until,
            source: value.map(|_| ScoreSource::Analyst),
        }
    }
}

/// A control.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Control {
    /// Its id.
    pub id: EntryId,
    /// Its name in files and links, unique in the tenant.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// What it answers in frameworks, such as CSF:PR.AA-01.
    pub frameworks: Vec<String>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What it does about a loss event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<ControlFunction>,
    /// How it stands; absent where nobody said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Standing>,
    /// How well it works.
    pub effectiveness: ControlEffectiveness,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// ATT&CK techniques that it works against.
    pub techniques: Vec<String>,
    /// How many they are.
    pub technique_count: usize,
    /// The KRIs that measure it.
    pub kris: Vec<MeasuringKri>,
    /// The slugs of the risks that it works against.
    pub risks: Vec<String>,
    /// Where it comes from.
    #[serde(flatten)]
    pub from: Provenance,
    /// Grows with each edit.
    pub version: i64,
    /// True for demo data.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
    #[serde(skip)]
    rank: f64,
}

impl Control {
    pub(super) fn new(e: &Entry, rank: f64, now: Timestamp) -> Self {
        let techniques = e.texts("techniques");
        Self {
            id: e.id,
            code: e.code.clone(),
            name: e.name.clone(),
            frameworks: e.texts("frameworks"),
            category: e.text("category"),
            function: e.word("function"),
            status: e.word("status"),
            effectiveness: ControlEffectiveness::of(e, now),
            owner: e.text("owner"),
            technique_count: techniques.len(),
            techniques,
            kris: e.near("kris").map(MeasuringKri::of).collect(),
            risks: e.codes("in risks"),
            from: Provenance::of(e),
            version: e.version,
            demo: e.demo,
            rank,
        }
    }
}

/// The orders of the list of controls.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ControlSort {
    /// The least effective first, those of unknown effectiveness last.
    Effectiveness,
    /// The one against most techniques first.
    TechniqueCount,
    /// By name.
    #[default]
    Name,
}

/// Lists controls.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListControls {
    /// Only controls that answer this framework or a part of it, such as CSF, PR.AA or 800-53:AC-2.
    #[schemars(length(min = 1, max = 60))]
    pub framework: Option<String>,
    /// Only controls of this category, such as identity or resilience.
    #[schemars(length(min = 1, max = 64))]
    pub category: Option<String>,
    /// Only controls whose owner's name holds this.
    #[schemars(length(min = 1, max = 120))]
    pub owner: Option<String>,
    /// Only controls at most so effective, 0 to 1. Those of which it is not known, or not any more, are listed too: they may
    /// be weak.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_effectiveness: Option<f64>,
    /// In which order; by name if left out.
    pub sort: Option<ControlSort>,
    /// Limit and cursor.
    #[serde(flatten)]
    pub page: Paging,
}

/// A place in a list: the bits of the rank, the name, the key.
pub(super) type Place = (i64, String, String);

pub(super) fn place(rank: f64, name: &str, key: String) -> Place {
    (rank.to_bits().cast_signed(), name.to_owned(), key)
}

/// After which item a page goes on.
pub(super) fn after(place: Option<Place>) -> After {
    place.map_or(After::START, |(rank, name, key)| After { rank: f64::from_bits(rank.cast_unsigned()), name, key })
}

impl Op for ListControls {
    const NAME: &'static str = "list_controls";
    const TITLE: &'static str = "List controls";
    const ABOUT: &'static str = "All controls of this tenant with frameworks, category, owner, status, effectiveness and the KRIs that measure them. Filters combine. An effectiveness that is not known is told as unknown, never as 0.";
    const DOORS: Doors = Doors::risk().rest(Verb::Get, "/controls").repeatable();
    const OUTSIDE: &'static [&'static str] =
        &["items[].name", "items[].category", "items[].owner", "items[].frameworks[]", "items[].kris[].name"];
    type Cap = Read;
    type Answer = Page<Control>;

    async fn run(self, cx: Ctx<Read>) -> Result<Page<Control>, Error> {
        let now = cx.now();
        let after = after(cx.after::<Place>(&self.page)?);
        let filter = store::Filter {
            category: category(cx.db(), Kind::Control, self.category.as_ref(), Category::WORDS).await?,
            owner: self.owner.as_deref().map(like).unwrap_or_default(),
            framework: self.framework.as_deref().map(like).unwrap_or_default(),
            max_effectiveness: self.max_effectiveness,
        };
        let order = match self.sort.unwrap_or_default() {
            ControlSort::Effectiveness => Order::Effectiveness,
            ControlSort::TechniqueCount => Order::Techniques,
            ControlSort::Name => Order::Name,
        };
        let rows = store::page(cx.db(), &filter, order, now, &after, self.page.fetch()).await?;
        let all = rows.into_iter().map(|Ranked { entry, rank }| Control::new(&entry.into(), rank, now)).collect();
        cx.page(all, &self.page, |c: &Control| place(c.rank, &c.name, key(Kind::Control, &c.code)))
    }
}
