//! KRIs: the list. One KRI is in [`detail`], changes are in [`edit`].
use std::collections::{BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use watchkeep_model::kri::{Quality, SourceKind, State, Status, Thresholds, Trend, Unit};
use watchkeep_model::register::Kind;
use watchkeep_model::{IntegrationId, KriId, Timestamp, catalog, word};
use watchkeep_store::Reader;
use watchkeep_store::integrations::{self, Named};
use watchkeep_store::kris::{self as store, KriRow, Mark};
use watchkeep_store::register::kris::of_control as of_control_in;

use crate::error::Flaw;
use crate::ingest;
use crate::{Ctx, Doors, Error, Op, Page, Paging, Read, Verb};

pub mod detail;
pub mod edit;
mod line;

pub use line::Line;
pub(crate) use line::Lines;
use line::Sources;

/// Where a value came from.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KriSource {
    /// The integration's id; list_integrations tells more of it.
    pub integration_id: IntegrationId,
    /// Its name.
    pub name: String,
    /// What kind of source it is.
    pub kind: SourceKind,
    /// True if the hub pulled it from the vendor's MCP server.
    pub via_mcp: bool,
}

/// A key risk indicator with its current value.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Kri {
    /// Its id.
    pub id: KriId,
    /// Its name in addresses and files, unique in the tenant.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it is about, such as identity or vulnerability.
    pub category: String,
    /// The value; with the state stale the last known one; absent where nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// What the value is.
    pub unit: Unit,
    /// Of a share or a count: how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerator: Option<f64>,
    /// Of a share or a count: of how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<f64>,
    /// Whether the value could be had. Anything but ok means that it is not known now: never read it as good.
    pub state: State,
    /// The colour by the thresholds. A red or amber value that went dark keeps its colour, a green one becomes unknown.
    pub status: Status,
    /// Since when it has this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_since: Option<Timestamp>,
    /// Where it has been going over the last 30 days.
    pub trend: Trend,
    /// By how much it changes, in its unit per day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slope_per_day: Option<f64>,
    /// When the value is good, needs a look, or is bad.
    pub thresholds: Thresholds,
    /// When the value was so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_at: Option<Timestamp>,
    /// Where it came from; absent before the first sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<KriSource>,
    /// Other sources that speak of it, also those that were overruled.
    pub also_sources: Vec<KriSource>,
    /// How whole the value is.
    pub quality: Quality,
    /// Of how many subjects (projects, hosts, accounts) it is made.
    pub subjects: i64,
    /// How many of them have no fresh value.
    pub missing: i64,
    /// True for demo data.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
}

impl KriSource {
    fn new(id: IntegrationId, name: &str, kind: SourceKind) -> Self {
        Self { integration_id: id, name: name.to_owned(), kind, via_mcp: kind == SourceKind::McpClient }
    }
}

/// The tenant's integrations, by which KRIs tell their sources.
async fn sources(db: Reader<'_>) -> Result<Sources, Error> {
    Ok(Sources::new(integrations::names(db).await?))
}

impl Kri {
    fn new(r: KriRow, names: &HashMap<IntegrationId, Named>) -> Self {
        let thresholds = ingest::thresholds(&r);
        let also: Vec<IntegrationId> =
            if r.also == "[]" { vec![] } else { serde_json::from_str(&r.also).unwrap_or_default() };
        let source = |id: &IntegrationId| names.get(id).map(|i| KriSource::new(i.id, &i.name, i.source_kind));
        Self {
            id: r.id,
            slug: r.slug,
            name: r.name,
            category: r.category,
            value: r.value,
            unit: r.unit,
            numerator: r.numerator,
            denominator: r.denominator,
            state: r.state,
            status: r.status,
            status_since: r.status_since,
            trend: r.trend,
            slope_per_day: r.slope_per_day.map(|s| (s * 1e4).round() / 1e4),
            thresholds,
            observed_at: r.observed_at,
            source: r.source_id.as_ref().and_then(source),
            also_sources: also.iter().filter_map(source).collect(),
            quality: r.quality,
            subjects: r.subjects,
            missing: r.missing,
            demo: r.demo,
        }
    }
}

/// A KRI by its id or slug.
pub(super) async fn find(db: Reader<'_>, id_or_slug: &str, now: Timestamp) -> Result<KriRow, Error> {
    let by_slug = store::by_slug(db, id_or_slug, now).await?;
    let found = match (by_slug, id_or_slug.parse()) {
        (Some(row), _) => Some(row),
        (None, Ok(id)) => store::by_id(db, id, now).await?,
        // the documents' own example names a signal by its alias
        (None, Err(_)) => match catalog::signal(id_or_slug) {
            Some(signal) if signal.slug != id_or_slug => store::by_slug(db, &signal.slug, now).await?,
            _ => None,
        },
    };
    match found {
        Some(row) => Ok(row),
        None => {
            let all = store::slugs(db).await?;
            let hint = word::nearest(id_or_slug, all.iter().map(|(_, slug)| slug.as_str()))
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            let asked = watchkeep_model::text::clean(id_or_slug, 80);
            Err(Error::not_found(format!("there is no KRI `{asked}`; list_kris tells ids and slugs{hint}")))
        }
    }
}

/// Lists KRIs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListKris {
    /// Only KRIs with this status.
    pub status: Option<Status>,
    /// Only KRIs of this category, such as identity, vulnerability or cloud.
    #[schemars(length(min = 1, max = 64))]
    pub category: Option<String>,
    /// Only KRIs whose value comes from this source: an integration's id or name, or a kind of source such as manual or mcp_client.
    #[schemars(length(min = 1, max = 120))]
    pub source: Option<String>,
    /// Only KRIs that measure this control: its code or id; list_controls tells them.
    #[schemars(length(min = 1, max = 100))]
    pub control_id: Option<String>,
    /// Words in the name, the slug or the description.
    #[schemars(length(min = 1, max = 200))]
    pub query: Option<String>,
    /// Limit and cursor.
    #[serde(flatten)]
    pub page: Paging,
}

impl ListKris {
    async fn filter(&self, db: Reader<'_>) -> Result<store::Filter, Error> {
        let mut f = store::Filter {
            status: self.status.map(|s| s.as_str().to_owned()).unwrap_or_default(),
            pattern: self.query.as_deref().map(store::like).unwrap_or_default(),
            ..store::Filter::default()
        };
        if let Some(category) = &self.category {
            if !catalog::Category::WORDS.contains(&category.as_str()) {
                let mut known: Vec<String> = store::categories(db).await?;
                if !known.contains(category) {
                    known.extend(catalog::Category::WORDS.iter().map(|w| (*w).to_owned()));
                    known.sort();
                    known.dedup();
                    let flaw = Flaw::new("category", format!("`{category}` is no category")).allowed(known, category);
                    return Err(Error::invalid(vec![flaw]));
                }
            }
            f.category.clone_from(category);
        }
        if let Some(source) = &self.source {
            let all = integrations::names(db).await?;
            if let Ok(kind) = source.parse::<SourceKind>() {
                f.source_kind = kind.as_str().to_owned();
            } else if let Some(i) = all.iter().find(|i| i.name == *source || i.id.to_string() == *source) {
                f.source = Some(i.id);
            } else {
                let known = all.into_iter().map(|i| i.name).chain(SourceKind::WORDS.iter().map(|w| (*w).to_owned()));
                let flaw =
                    Flaw::new("source", format!("`{source}` is no integration's id or name, and no kind of source"))
                        .allowed(known.take(50).collect(), source);
                return Err(Error::invalid(vec![flaw]));
            }
        }
        Ok(f)
    }
}

impl Op for ListKris {
    const NAME: &'static str = "list_kris";
    const TITLE: &'static str = "List KRIs";
    const ABOUT: &'static str = "All key risk indicators of this tenant with current value, status, trend, thresholds and \
                                 source, in the order of their slugs. Filters combine.";
    const DOORS: Doors = Doors::risk().rest(Verb::Get, "/kris").repeatable();
    const OUTSIDE: &'static [&'static str] = &["items[].name", "items[].source.name", "items[].alsoSources[].name"];
    type Cap = Read;
    type Answer = Page<Line>;

    async fn run(self, cx: Ctx<Read>) -> Result<Page<Line>, Error> {
        let after: String = cx.after(&self.page)?.unwrap_or_default();
        let filter = self.filter(cx.db()).await?;
        let marks = match &self.control_id {
            None => store::marks(cx.db(), &filter, cx.now(), &after, self.page.fetch()).await?,
            Some(control) => of_control(&cx, control, &filter, after, self.page.fetch()).await?,
        };
        let sources = sources(cx.db()).await?;
        let lines = cx.hub().lines.of(cx.access().scope.tenant(), cx.db(), &marks, &sources, cx.now()).await?;
        cx.page(lines, &self.page, |line| line.slug().to_owned())
    }
}

/// The KRIs of a control after a slug, of those that the filter lets through. The list itself stays as it is: a control has
/// few KRIs, and a tenant not many.
async fn of_control(
    cx: &Ctx<Read>,
    control: &str,
    filter: &store::Filter,
    mut after: String,
    wanted: i64,
) -> Result<Vec<Mark>, Error> {
    const SLICE: i64 = 200;
    let control = crate::register::find_row(cx.db(), Kind::Control, control).await?;
    let measuring: BTreeSet<KriId> = of_control_in(cx.db(), control.id).await?.into_iter().collect();
    let wanted = usize::try_from(wanted).unwrap_or_default();
    let mut found = vec![];
    loop {
        let rows = store::marks(cx.db(), filter, cx.now(), &after, SLICE).await?;
        let last = rows.last().map(|r| r.slug.clone());
        found.extend(rows.into_iter().filter(|r| measuring.contains(&r.id)));
        match last {
            Some(slug) if found.len() < wanted.min(measuring.len()) => after = slug,
            _ => break,
        }
    }
    found.truncate(wanted);
    Ok(found)
}
