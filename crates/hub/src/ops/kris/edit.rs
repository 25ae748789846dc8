//! KRIs made, changed and taken out, and values typed by a person. None of this is reached over MCP.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use watchkeep_model::kri::{Direction, State, Status, Thresholds, Unit};
use watchkeep_model::{KriId, KriSlug, RunId, SampleId, Span, Timestamp, catalog, text};
use watchkeep_store::kris::{self as store, KriRow, NewKri};
use watchkeep_store::{ErrorKind, Tx};

use super::find;
use crate::error::{Error, Flaw};
use crate::ingest::{self, Entry};
use crate::ops::samples::Said;
use crate::{Ctx, Doors, Op, Verb, Write};

/// A KRI by name, after a change.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KriRef {
    /// Its id.
    pub id: KriId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// The KRI of a catalogue signal, with the catalogue's thresholds.
///
/// # Errors
/// [`Error::flaw`] naming the nearest signal, if there is none of that name.
pub fn of_signal(signal: &str, id: KriId) -> Result<NewKri, Error> {
    let s = catalog::signal(signal).ok_or_else(|| {
        let near = catalog::nearest(signal).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        let told =
            format!("there is no signal `{}` in the catalogue; list_signals tells them{near}", text::clean(signal, 80));
        Error::flaw("signal", &told)
    })?;
    Ok(NewKri {
        id,
        slug: s.slug.clone(),
        signal: Some(s.slug.clone()),
        name: s.name.clone(),
        about: s.about.clone(),
        category: s.category.as_str().to_owned(),
        unit: s.unit,
        direction: s.direction,
        amber: s.amber,
        red: s.red,
        target: s.target,
        aggregation: s.aggregation,
        per_thousand: s.per_thousand,
        cadence_us: s.cadence.micros(),
        owner: None,
        demo: false,
    })
}

/// Makes a KRI: one of the catalogue, or one of the tenant's own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateKri {
    /// A signal of the catalogue; everything else then has the catalogue's value unless it is given here.
    #[schemars(length(min = 1, max = 80))]
    pub signal: Option<String>,
    /// The name for people; required without a signal.
    #[schemars(length(min = 1, max = 120))]
    pub name: Option<String>,
    /// The name in addresses and files; made of the name if left out.
    #[schemars(length(min = 2, max = 80))]
    pub slug: Option<String>,
    /// What it measures, in a sentence.
    #[schemars(length(min = 1, max = 500))]
    pub about: Option<String>,
    /// What it is about, such as identity; required without a signal.
    #[schemars(length(min = 1, max = 64))]
    pub category: Option<String>,
    /// What its value is; required without a signal.
    pub unit: Option<Unit>,
    /// Which way it gets worse; required without a signal.
    pub direction: Option<Direction>,
    /// Where amber begins; required without a signal.
    pub amber: Option<f64>,
    /// Where red begins; required without a signal.
    pub red: Option<f64>,
    /// Where it should be.
    pub target: Option<f64>,
    /// How often a value is expected, in hours; a day if left out.
    #[schemars(range(min = 1, max = 26280))]
    pub cadence_hours: Option<i64>,
    /// Who answers for it.
    #[schemars(length(min = 1, max = 120))]
    pub owner: Option<String>,
}

impl CreateKri {
    /// The KRI that is asked for.
    ///
    /// # Errors
    /// Every flaw in the arguments.
    pub fn checked(&self, id: KriId) -> Result<NewKri, Error> {
        let mut k = match &self.signal {
            Some(signal) => of_signal(signal, id)?,
            None => self.own(id)?,
        };
        let clean = |t: &Option<String>, max| t.as_deref().map(|t| text::clean(t, max)).filter(|t| !t.is_empty());
        if let Some(name) = clean(&self.name, 120) {
            k.name = name;
        }
        if let Some(about) = clean(&self.about, 500) {
            k.about = about;
        }
        if let Some(slug) = &self.slug {
            k.slug = slug.parse::<KriSlug>().map_err(|e| Error::flaw("slug", &e.to_string()))?.as_str().to_owned();
        }
        if let Some(category) = clean(&self.category, 64) {
            k.category = category.to_lowercase();
        }
        (k.amber, k.red) = (self.amber.unwrap_or(k.amber), self.red.unwrap_or(k.red));
        k.target = self.target.or(k.target);
        k.owner = clean(&self.owner, 120);
        if let Some(hours) = self.cadence_hours {
            k.cadence_us = Span::hours(hours).micros();
        }
        let t = Thresholds { direction: k.direction, amber: k.amber, red: k.red, target: k.target };
        t.validate(k.unit).map_err(flaws)?;
        Ok(k)
    }
    fn own(&self, id: KriId) -> Result<NewKri, Error> {
        let missing = |field: &str| Flaw::new(field, "is required, unless a signal of the catalogue is given");
        let mut flaws = vec![];
        let name = self.name.as_deref().map(|n| text::clean(n, 120)).filter(|n| !n.is_empty());
        for (field, there) in [
            ("name", name.is_some()),
            ("category", self.category.is_some()),
            ("unit", self.unit.is_some()),
            ("direction", self.direction.is_some()),
            ("amber", self.amber.is_some()),
            ("red", self.red.is_some()),
        ] {
            if !there {
                flaws.push(missing(field));
            }
        }
        let (Some(name), Some(unit), Some(direction), Some(amber), Some(red)) =
            (name, self.unit, self.direction, self.amber, self.red)
        else {
            return Err(Error::invalid(flaws));
        };
        if !flaws.is_empty() {
            return Err(Error::invalid(flaws));
        }
        let slug = match &self.slug {
            Some(_) => String::new(),
            None => KriSlug::from_name(&name)
                .ok_or_else(|| Error::flaw("slug", "no slug can be made of this name: give one, such as my_indicator"))?
                .as_str()
                .to_owned(),
        };
        Ok(NewKri {
            id,
            slug,
            signal: None,
            name,
            about: String::new(),
            category: String::new(),
            unit,
            direction,
            amber,
            red,
            target: None,
            aggregation: unit.aggregation(),
            per_thousand: false,
            cadence_us: Span::days(1).micros(),
            owner: None,
            demo: false,
        })
    }
}

fn flaws(all: Vec<watchkeep_model::kri::Flaw>) -> Error {
    Error::invalid(all.into_iter().map(|f| Flaw::new(f.field, f.message)).collect())
}

/// Keeps a new KRI, unless its slug is taken.
///
/// # Errors
/// A conflict that names the slug.
pub async fn add(tx: &mut Tx<'_>, k: &NewKri, now: Timestamp) -> Result<(), Error> {
    if store::by_slug_in(tx, &k.slug, now).await?.is_some() {
        let told = format!("there is a KRI `{}` already: change that one, or choose another slug", k.slug);
        return Err(Error::conflict(told));
    }
    insert(tx, k, now).await
}

/// Keeps a new KRI of whose slug there is none to be seen.
///
/// # Errors
/// A conflict if the slug was that of a KRI that is archived.
pub(crate) async fn insert(tx: &mut Tx<'_>, k: &NewKri, now: Timestamp) -> Result<(), Error> {
    store::add(tx, k, now).await.map_err(|e| match e.kind() {
        ErrorKind::Conflict => Error::conflict(format!(
            "the KRI `{}` was archived, and its slug stays taken: use another slug, or leave it out",
            k.slug
        )),
        _ => e.into(),
    })
}

impl Op for CreateKri {
    const NAME: &'static str = "create_kri";
    const TITLE: &'static str = "Create a KRI";
    const ABOUT: &'static str =
        "Makes a KRI of a catalogue signal, or one of the tenant's own with its unit and thresholds.";
    const DOORS: Doors = Doors::api().rest(Verb::Post, "/kris");
    type Cap = Write;
    type Answer = KriRef;

    async fn run(self, cx: Ctx<Write>) -> Result<KriRef, Error> {
        let (now, k) = (cx.now(), self.checked(KriId::new(cx.id()))?);
        cx.about(&k.slug);
        cx.write(async move |tx| {
            add(tx, &k, now).await?;
            Ok(KriRef { id: k.id, slug: k.slug.clone(), name: k.name.clone() })
        })
        .await
    }
}

/// Changes a KRI.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateKri {
    /// The id or the slug of the KRI.
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
    /// The name for people.
    #[schemars(length(min = 1, max = 120))]
    pub name: Option<String>,
    /// What it measures, in a sentence.
    #[schemars(length(min = 1, max = 500))]
    pub about: Option<String>,
    /// Where amber begins.
    pub amber: Option<f64>,
    /// Where red begins.
    pub red: Option<f64>,
    /// Where it should be.
    pub target: Option<f64>,
    /// How often a value is expected, in hours.
    #[schemars(range(min = 1, max = 26280))]
    pub cadence_hours: Option<i64>,
    /// Who answers for it.
    #[schemars(length(min = 1, max = 120))]
    pub owner: Option<String>,
}

impl UpdateKri {
    /// Puts the changes into a row.
    ///
    /// # Errors
    /// If the thresholds would not fit each other.
    pub fn apply(&self, row: &mut KriRow) -> Result<(), Error> {
        if let Some(name) = self.name.as_deref().map(|n| text::clean(n, 120)).filter(|n| !n.is_empty()) {
            row.name = name;
        }
        if let Some(about) = self.about.as_deref() {
            row.about = text::clean(about, 500);
        }
        (row.amber, row.red) = (self.amber.unwrap_or(row.amber), self.red.unwrap_or(row.red));
        row.target = self.target.or(row.target);
        if let Some(owner) = self.owner.as_deref() {
            row.owner = Some(text::clean(owner, 120));
        }
        if let Some(hours) = self.cadence_hours {
            row.cadence_us = Span::hours(hours).micros();
        }
        ingest::thresholds(row).validate(row.unit).map_err(flaws)
    }
}

impl Op for UpdateKri {
    const NAME: &'static str = "update_kri";
    const TITLE: &'static str = "Change a KRI";
    const ABOUT: &'static str =
        "Changes name, description, thresholds, cadence or owner of a KRI; its status is judged anew.";
    const DOORS: Doors = Doors::api().rest(Verb::Patch, "/kris/{id}").repeatable().destructive();
    type Cap = Write;
    type Answer = KriRef;

    async fn run(self, cx: Ctx<Write>) -> Result<KriRef, Error> {
        let now = cx.now();
        let id = find(cx.db(), &self.id, now).await?.id;
        cx.about(id);
        cx.write(async move |tx| {
            let mut row =
                store::by_id_in(tx, id, now).await?.ok_or_else(|| Error::not_found("the KRI is not there any more"))?;
            self.apply(&mut row)?;
            store::edit(tx, &row).await?;
            ingest::settle(tx, id, now, now).await?;
            Ok(KriRef { id, slug: row.slug, name: row.name })
        })
        .await
    }
}

/// Takes a KRI out of the register.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArchiveKri {
    /// The id or the slug of the KRI.
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
}

impl Op for ArchiveKri {
    const NAME: &'static str = "archive_kri";
    const TITLE: &'static str = "Archive a KRI";
    const ABOUT: &'static str = "Takes a KRI out of all lists. Its samples stay, and its slug stays taken.";
    const DOORS: Doors = Doors::api().rest(Verb::Delete, "/kris/{id}").destructive();
    type Cap = Write;
    type Answer = KriRef;

    async fn run(self, cx: Ctx<Write>) -> Result<KriRef, Error> {
        let now = cx.now();
        let row = find(cx.db(), &self.id, now).await?;
        cx.about(&row.slug);
        cx.write(async move |tx| {
            if !store::archive(tx, row.id, now).await? {
                return Err(Error::not_found("the KRI is not there any more"));
            }
            Ok(KriRef { id: row.id, slug: row.slug.clone(), name: row.name.clone() })
        })
        .await
    }
}

/// Records a value that a person knows.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordKriValue {
    /// The id or the slug of the KRI.
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
    /// What it says.
    #[serde(flatten)]
    pub said: Said,
}

/// What became of a recorded value.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// The sample's id; absent if the same value was recorded before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_id: Option<SampleId>,
    /// The KRI's value now. A fresh measured value wins over a typed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Whether there is one.
    pub state: State,
    /// Its status now.
    pub status: Status,
}

impl Op for RecordKriValue {
    const NAME: &'static str = "record_kri_value";
    const TITLE: &'static str = "Record a value";
    const ABOUT: &'static str =
        "Records a value that a person knows, with its date and a note. Samples are never changed: a later one counts.";
    const DOORS: Doors = Doors::api().rest(Verb::Post, "/kris/{id}/values");
    type Cap = Write;
    type Answer = Recorded;

    async fn run(self, cx: Ctx<Write>) -> Result<Recorded, Error> {
        let now = cx.now();
        let of = find(cx.db(), &self.id, now).await?;
        cx.about(&of.slug);
        let entry = Entry {
            said: self.said.statement(now).checked(&of, now, "").map_err(Error::invalid)?,
            of,
            sample: SampleId::new(cx.id()),
            run: RunId::new(cx.id()),
            source: cx.id(),
            actor: cx.access().actor.name.clone(),
            at: now,
        };
        cx.write(async move |tx| {
            let (settled, new) = entry.record(tx).await?;
            Ok(Recorded {
                sample_id: new.then_some(entry.sample),
                value: settled.value,
                state: settled.state,
                status: settled.status,
            })
        })
        .await
    }
}
