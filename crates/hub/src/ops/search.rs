//! `search` and `fetch`, in the shape that ChatGPT needs, over everything that the connector can read.
use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use watchkeep_model::register::Kind;
use watchkeep_store::{integrations, kris, register as entries};

use super::integrations::Integration;
use super::kris::{detail::GetKri, find};
use super::register::{detail, shown};
use super::risks::detail::GetRisk;
use crate::op::Rate;
use crate::{Ctx, Doors, Error, Op, Read};

/// Things of each kind that are told.
const MOST: usize = 20;
/// Words that are looked for.
const MOST_WORDS: usize = 8;
/// Things that are weighed for each of them.
const MOST_WEIGHED: i64 = 200;

/// One kind of each table of the register; those that share one are found together.
const TABLES: [Kind; 5] = [Kind::Risk, Kind::Control, Kind::Outcome, Kind::Vendor, Kind::Asset];

/// One thing that was found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Found {
    /// Its id, for fetch.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its page in the web app.
    pub url: String,
}

/// What was found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Results {
    /// The things, KRIs first.
    pub results: Vec<Found>,
}

/// Searches by words.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Search {
    /// Words to look for in names and descriptions.
    #[schemars(length(min = 1, max = 200))]
    pub query: String,
}

fn url(cx: &Ctx<Read>, path: &str) -> String {
    format!("{}/t/{}/{path}", cx.hub().public_url, cx.access().scope.slug())
}

/// What a question is looked for by, with what a match weighs: as it was asked, and word by word. Short words count only
/// where there is no other.
fn patterns(query: &str) -> Vec<(String, usize)> {
    let asked = watchkeep_model::text::clean(query, 200).to_lowercase();
    let mut words: Vec<&str> = vec![];
    for word in asked.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let word = if bare.is_empty() { word } else { bare };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.iter().any(|w| w.chars().count() > 2) {
        words.retain(|w| w.chars().count() > 2);
    }
    words.truncate(MOST_WORDS);
    let whole = Some((asked.as_str(), MOST_WORDS)).filter(|(asked, _)| !asked.is_empty() && words != [*asked]);
    whole.into_iter().chain(words.iter().map(|w| (*w, 1))).map(|(text, weight)| (kris::like(text), weight)).collect()
}

/// The weightiest things, in the order of their names where they weigh the same.
fn best<T>(found: BTreeMap<String, (usize, T)>) -> impl Iterator<Item = T> {
    let mut all: Vec<(usize, T)> = found.into_values().collect();
    all.sort_by_key(|(weight, _)| Reverse(*weight));
    all.into_iter().take(MOST).map(|(_, thing)| thing)
}

impl Op for Search {
    const NAME: &'static str = "search";
    const TITLE: &'static str = "Search";
    const ABOUT: &'static str = "Finds KRIs, controls, risks, outcomes, vendors, assets, applications, people and integrations of this tenant by words in their names and descriptions. fetch gets one of them whole.";
    const DOORS: Doors = Doors::risk().rate(Rate::Heavy).repeatable();
    const OUTSIDE: &'static [&'static str] = &["results[].title"];
    type Cap = Read;
    type Answer = Results;

    async fn run(self, cx: Ctx<Read>) -> Result<Results, Error> {
        let asked = patterns(&self.query);
        if asked.is_empty() {
            return Err(Error::flaw("query", "holds no word to look for"));
        }
        let (mut kris, mut sources) = (BTreeMap::new(), BTreeMap::new());
        let mut register: Vec<BTreeMap<String, _>> = TABLES.iter().map(|_| BTreeMap::new()).collect();
        for (pattern, weight) in asked {
            for i in integrations::search(cx.db(), &pattern, MOST_WEIGHED).await? {
                sources.entry(i.name.clone()).or_insert((0, i)).0 += weight;
            }
            for (kind, found) in TABLES.iter().zip(&mut register) {
                for e in entries::search(cx.db(), *kind, &pattern, MOST_WEIGHED).await? {
                    found.entry(entries::key(e.kind, &e.code)).or_insert((0, e)).0 += weight;
                }
            }
            let filter = kris::Filter { pattern, ..kris::Filter::default() };
            for k in kris::page(cx.db(), &filter, cx.now(), "", MOST_WEIGHED).await? {
                kris.entry(k.slug.clone()).or_insert((0, k)).0 += weight;
            }
        }
        let mut results = vec![];
        for k in best(kris) {
            let title = format!("{} ({}, {})", k.name, k.status, k.state);
            results.push(Found { id: format!("kri:{}", k.slug), title, url: url(&cx, &format!("kris/{}", k.slug)) });
        }
        for e in register.into_iter().flat_map(best) {
            let url = url(&cx, &format!("{}/{}", e.kind.plural(), e.code));
            results.push(Found {
                id: format!("{}:{}", e.kind, e.code),
                title: format!("{} ({})", e.name, e.kind),
                url,
            });
        }
        for i in best(sources) {
            let url = url(&cx, &format!("integrations/{}", i.id));
            results.push(Found { id: format!("integration:{}", i.id), title: i.name, url });
        }
        Ok(Results { results })
    }
}

/// One thing, whole.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What is known of it, as text.
    pub text: String,
    /// Its page in the web app.
    pub url: String,
    /// The same as data.
    pub metadata: Map<String, Value>,
}

/// Gets one thing whole.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Fetch {
    /// An id that search returned, such as kri:mfa_enforced_pct.
    #[schemars(length(min = 1, max = 200))]
    pub id: String,
}

impl Op for Fetch {
    const NAME: &'static str = "fetch";
    const TITLE: &'static str = "Fetch";
    const ABOUT: &'static str = "Gets one thing that search found: its text and data. Ids look like kri:mfa_enforced_pct, risk:ransomware or integration:<id>.";
    const DOORS: Doors = Doors::risk().repeatable();
    const OUTSIDE: &'static [&'static str] = &["title", "text", "metadata"];
    type Cap = Read;
    type Answer = Document;

    async fn run(self, cx: Ctx<Read>) -> Result<Document, Error> {
        match self.id.split_once(':') {
            Some(("kri", slug)) => kri(&self.id, slug, cx).await,
            Some(("integration", id)) => integration(&self.id, id, cx).await,
            Some((kind, code)) if kind.parse::<Kind>().is_ok() => entry(&self.id, kind.parse().ok(), code, cx).await,
            _ => Err(Error::flaw(
                "id",
                "must be an id that search returned, such as kri:mfa_enforced_pct, risk:ransomware or integration:<id>",
            )),
        }
    }
}

fn data(v: &impl Serialize) -> Result<Map<String, Value>, Error> {
    match serde_json::to_value(v).map_err(Error::internal)? {
        Value::Object(m) => Ok(m),
        other => Err(Error::internal(format!("not an object: {other}"))),
    }
}

async fn kri(id: &str, slug: &str, cx: Ctx<Read>) -> Result<Document, Error> {
    let row = find(cx.db(), slug, cx.now()).await?;
    let (title, url) = (row.name.clone(), url(&cx, &format!("kris/{}", row.slug)));
    let value = match (row.value, row.state.as_str()) {
        (Some(v), "ok") => format!("{v} {}", row.unit),
        (Some(v), state) => format!("{state}; last known {v} {}", row.unit),
        (None, state) => state.to_owned(),
    };
    let text = format!(
        "{}\n{}\nStatus: {}. Value: {value}. Trend: {}. Thresholds: {} amber {}, red {}. Category: {}. Observed: {}. Source: {}.",
        row.name,
        row.about,
        row.status,
        row.trend,
        row.direction,
        row.amber,
        row.red,
        row.category,
        row.observed_at.map_or("never".to_owned(), |t| t.to_string()),
        row.source_name.as_deref().unwrap_or("none"),
    );
    let detail = GetKri { id: slug.to_owned() }.run(cx).await?;
    Ok(Document { id: id.to_owned(), title, text, url, metadata: data(&detail)? })
}

async fn entry(id: &str, kind: Option<Kind>, code: &str, cx: Ctx<Read>) -> Result<Document, Error> {
    let kind = kind.ok_or_else(|| Error::flaw("id", "names no kind of entry"))?;
    let entry = crate::register::find(cx.db(), kind, code).await?;
    cx.about(format!("{kind}:{}", entry.code));
    let url = url(&cx, &format!("{}/{}", kind.plural(), entry.code));
    let mut text = format!("{} ({kind} {})\n{}", entry.name, entry.code, shown::told(&entry));
    let metadata = if kind == Kind::Risk {
        let whole = GetRisk { id: entry.code.clone() }.run(cx).await?;
        text.push_str(&format!("\n{}", whole.risk.explanation.join(" ")));
        data(&whole)?
    } else {
        data(&detail::whole(cx.db(), &entry).await?)?
    };
    Ok(Document { id: id.to_owned(), title: entry.name, text, url, metadata })
}

async fn integration(id: &str, which: &str, cx: Ctx<Read>) -> Result<Document, Error> {
    let missing = || Error::not_found("there is no such integration; list_integrations tells their ids");
    let wanted: watchkeep_model::IntegrationId = which.parse().map_err(|_| missing())?;
    let row = integrations::get(cx.db(), wanted).await?.ok_or_else(missing)?;
    let i = Integration::from(row);
    let url = url(&cx, &format!("integrations/{}", i.id));
    let last = match &i.last_run {
        Some(r) => format!("Last run {} at {}: {} written, {} skipped.", r.status, r.at, r.written, r.skipped),
        None => "It has not run yet.".to_owned(),
    };
    let text = format!(
        "{}\nVendor: {}. Kind: {}. Enabled: {}. Authorization: {}. {last}",
        i.name, i.vendor, i.source_type, i.enabled, i.auth_state
    );
    let metadata = data(&json!({ "integration": serde_json::to_value(&i).map_err(Error::internal)? }))?;
    Ok(Document { id: id.to_owned(), title: i.name, text, url, metadata })
}
