//! Samples posted by a program with an API key.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use watchkeep_model::kri::{Quality, State, Status};
use watchkeep_model::{IntegrationId, KriId, RunId, SampleId, Timestamp, catalog, text, word};
use watchkeep_store::kris::{self as store, KriRow, NewKri};
use watchkeep_store::{Reader, Tx, integrations, runs};

use super::kris::edit::{insert, of_signal};
use crate::error::{Error, Flaw};
use crate::ingest::{self, Origin, Source, Statement};
use crate::{Ctx, Doors, Op, Verb, Write};

/// What a sample says.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Said {
    /// The value; left out if it could not be had.
    pub value: Option<f64>,
    /// Of a share or a count: how many.
    pub numerator: Option<f64>,
    /// Of a share or a count: of how many.
    pub denominator: Option<f64>,
    /// Whether the value could be had: ok if left out, else unknown, unavailable or error.
    pub state: Option<State>,
    /// What it speaks of, such as one project or host; the whole if left out.
    #[schemars(length(min = 1, max = 200))]
    pub subject: Option<String>,
    /// When it was so; now if left out.
    pub observed_at: Option<Timestamp>,
    /// Where it is from, and what there is to say about it.
    #[schemars(length(min = 1, max = 500))]
    pub note: Option<String>,
}

impl Said {
    pub(super) fn statement(&self, now: Timestamp) -> Statement {
        Statement {
            subject: self.subject.clone().unwrap_or_default(),
            observed_at: self.observed_at.unwrap_or(now),
            value: self.value,
            numerator: self.numerator,
            denominator: self.denominator,
            state: self.state.unwrap_or(State::Ok),
            note: self.note.clone(),
        }
    }
}

/// One sample.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostedSample {
    /// The KRI's slug or id. A signal of the catalogue that the tenant does not use yet becomes a KRI.
    #[schemars(length(min = 1, max = 100))]
    pub kri: String,
    /// What it says.
    #[serde(flatten)]
    pub said: Said,
}

/// Posts samples.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostSamples {
    /// The samples; all of them are kept, or none.
    #[schemars(length(min = 1, max = 200))]
    pub samples: Vec<PostedSample>,
    /// The integration that they are credited to; one of the key's own if left out.
    pub integration_id: Option<IntegrationId>,
}

/// What a KRI is after the samples.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KriNow {
    /// The KRI.
    pub slug: String,
    /// Its value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Whether there is one.
    pub state: State,
    /// Its status.
    pub status: Status,
}

/// What became of the samples.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Posted {
    /// The run that they were kept under.
    pub run_id: RunId,
    /// How many were kept.
    pub written: i64,
    /// How many were known already.
    pub skipped: i64,
    /// The KRIs as they are now.
    pub kris: Vec<KriNow>,
}

/// A KRI that samples are for: there already, or to be made of its signal.
pub(crate) struct Target {
    pub(crate) row: KriRow,
    pub(crate) make: Option<NewKri>,
}

/// Finds the KRI that a name means: a slug, an id, a catalogue signal or its alias.
pub(crate) struct Targets {
    known: Vec<(KriId, String)>,
    found: BTreeMap<String, Target>,
}

impl Targets {
    pub(crate) async fn new(db: Reader<'_>) -> Result<Self, Error> {
        Ok(Self { known: store::slugs(db).await?, found: BTreeMap::new() })
    }
    /// The slug that `name` means, with its KRI looked up; an error is the sentence for the field.
    pub(crate) async fn slug_of(
        &mut self,
        db: Reader<'_>,
        name: &str,
        new_id: impl Fn() -> KriId,
        now: Timestamp,
    ) -> Result<Result<String, String>, Error> {
        let signal = catalog::signal(name);
        let named = |wanted: &str| self.known.iter().find(|(_, slug)| slug == wanted);
        // a KRI of that very name counts before the signal of which the name is an alias
        let there = named(name)
            .or_else(|| named(&signal?.slug))
            .or_else(|| self.known.iter().find(|(id, _)| id.to_string() == name))
            .cloned();
        if let Some((id, slug)) = there {
            if !self.found.contains_key(&slug)
                && let Some(row) = store::by_id(db, id, now).await?
            {
                self.found.insert(slug.clone(), Target { row, make: None });
            }
            return Ok(Ok(slug));
        }
        if let Some(signal) = signal {
            let slug = signal.slug.clone();
            if !self.found.contains_key(&slug) {
                let make = of_signal(&slug, new_id())?;
                self.found.insert(slug.clone(), Target { row: make.row(), make: Some(make) });
            }
            return Ok(Ok(slug));
        }
        let known =
            self.known.iter().map(|(_, s)| s.as_str()).chain(catalog::signals().iter().map(|s| s.slug.as_str()));
        let near = word::nearest(name, known).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        Ok(Err(format!("there is no KRI and no catalogue signal `{}`{near}", text::clean(name, 80))))
    }
    pub(crate) fn get(&self, slug: &str) -> Option<&Target> {
        self.found.get(slug)
    }
    pub(crate) fn take(self) -> BTreeMap<String, Target> {
        self.found
    }
}

impl Target {
    /// Makes the KRI if it is not there yet. Another call may have made it meanwhile: then that one counts. One that was
    /// archived does not come back by itself.
    pub(crate) async fn ensure(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<KriRow, Error> {
        let Some(make) = &self.make else { return Ok(self.row.clone()) };
        if let Some(row) = store::by_slug_in(tx, &make.slug, now).await? {
            return Ok(row);
        }
        insert(tx, make, now).await?;
        Ok(self.row.clone())
    }
}

impl Op for PostSamples {
    const NAME: &'static str = "post_samples";
    const TITLE: &'static str = "Post samples";
    const ABOUT: &'static str = "Keeps up to 200 KRI samples of a program, all or none, and tells what the KRIs are now. The same sample again is skipped.";
    const DOORS: Doors = Doors::api().rest(Verb::Post, "/samples").repeatable();
    type Cap = Write;
    type Answer = Posted;

    async fn run(self, cx: Ctx<Write>) -> Result<Posted, Error> {
        let now = cx.now();
        let mut targets = Targets::new(cx.db()).await?;
        let (mut flaws, mut checked) = (vec![], vec![]);
        for (i, s) in self.samples.iter().enumerate() {
            let slug = match targets.slug_of(cx.db(), &s.kri, || KriId::new(cx.id()), now).await? {
                Ok(slug) => slug,
                Err(why) => {
                    flaws.push(Flaw::new(format!("samples[{i}].kri"), why));
                    continue;
                }
            };
            let Some(target) = targets.get(&slug) else { continue };
            match s.said.statement(now).checked(&target.row, now, &format!("samples[{i}].")) {
                Ok(st) => checked.push((slug, SampleId::new(cx.id()), st, i)),
                Err(more) => flaws.extend(more),
            }
        }
        if !flaws.is_empty() {
            return Err(Error::invalid(flaws));
        }
        let named = match self.integration_id {
            Some(id) => Some(integrations::get(cx.db(), id).await?.ok_or_else(|| {
                Error::not_found("integrationId: there is no such integration; list_integrations tells their ids")
            })?),
            None => None,
        };
        if named.as_ref().is_some_and(|i| !i.enabled) {
            return Err(Error::conflict("integrationId: this integration is switched off; switch it on first"));
        }
        let source = Source::Key(cx.access().name.clone());
        let (run, fresh) = (RunId::new(cx.id()), cx.id());
        let actor = cx.access().actor.name.clone();
        let targets = targets.take();
        cx.about(run);
        cx.write(async move |tx| {
            let integration = match &named {
                Some(i) => i.id,
                None => source.ensure(tx, fresh, now).await?,
            };
            runs::start(tx, run, integration, &actor, now).await?;
            let from = Origin {
                integration,
                run: Some(run),
                quality: Quality::Complete,
                actor: actor.clone(),
                received_at: now,
            };
            let (mut written, mut skipped) = (0, 0);
            let mut touched: BTreeMap<&str, (KriRow, Timestamp)> = BTreeMap::new();
            for (slug, id, s, place) in &checked {
                if !touched.contains_key(slug.as_str())
                    && let Some(t) = targets.get(slug)
                {
                    touched.insert(slug, (t.ensure(tx, now).await?, s.observed_at));
                }
                let Some((row, oldest)) = touched.get_mut(slug.as_str()) else { continue };
                *oldest = s.observed_at.min(*oldest);
                if ingest::write(tx, row, &from, *id, s, &json!({ "place": place })).await? {
                    written += 1;
                } else {
                    skipped += 1;
                }
            }
            let mut kris = Vec::with_capacity(touched.len());
            for (slug, (row, oldest)) in touched {
                let s = ingest::settle(tx, row.id, oldest, now).await?;
                kris.push(KriNow { slug: slug.to_owned(), value: s.value, state: s.state, status: s.status });
            }
            runs::count(tx, run, written, skipped).await?;
            runs::end(tx, run, "ok", None, now).await?;
            integrations::ran(tx, integration, run).await?;
            Ok(Posted { run_id: run, written, skipped, kris })
        })
        .await
    }
}
