//! Demo data on its way in: by the same doors as anybody's, marked as demo.
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use watchkeep_model::{IntegrationId, KriId, RunId, SampleId, Timestamp};
use watchkeep_store::integrations::{self, IntegrationRow};
use watchkeep_store::kris::{self, NewKri};
use watchkeep_store::{Call, TenantScope, runs};

use super::{Admin, NewPerson};
use crate::demo::{DemoIntegration, DemoKri, DemoSample, DemoTenant};
use crate::error::{Error, Kind};
use crate::ingest::{self, Origin, Statement};

/// Samples in one write: no unit of work may hold the writer for long.
const SLICE: usize = 200;

impl Admin {
    /// Makes a demo tenant with its people, integrations, KRIs and history. Tells how many samples it kept.
    ///
    /// # Errors
    /// A conflict if a tenant of that slug is there already.
    pub async fn load_demo(&self, demo: DemoTenant) -> Result<usize, Error> {
        self.create_tenant(demo.slug.clone(), &demo.name, true).await?;
        let tenant = self.tenant(&demo.slug).await?;
        for person in &demo.people {
            let new = NewPerson { email: person.email.clone(), name: Some(person.name.clone()), operator: false };
            match self.create_person(&new).await {
                // the same person, in both tenants
                Err(e) if e.kind == Kind::Conflict => {}
                other => drop(other?),
            }
            self.join(&tenant, &person.email, person.role, person.home).await?;
        }
        let call = self.act("demo_loaded", "demo", &json!({ "tenant": demo.slug }), &demo.slug);
        let integrations = self.demo_integrations(&tenant, &call, &demo.integrations).await?;
        let kris = self.demo_kris(&tenant, &call, &demo.kris).await?;
        let count = demo.samples.len();
        let mut of_kri: BTreeMap<usize, Vec<DemoSample>> = BTreeMap::new();
        for sample in demo.samples {
            of_kri.entry(sample.kri).or_default().push(sample);
        }
        for (place, samples) in of_kri {
            let Some(kri) = kris.get(place) else { continue };
            self.demo_samples(&tenant, &call, *kri, &integrations, samples).await?;
        }
        self.demo_runs(&tenant, &call, &integrations).await?;
        Ok(count)
    }

    async fn demo_integrations(
        &self,
        tenant: &TenantScope,
        call: &Call,
        all: &[DemoIntegration],
    ) -> Result<Vec<Arc<IntegrationRow>>, Error> {
        let now = call.at;
        let row = |i: &DemoIntegration| {
            let id = IntegrationId::new(self.rng().id(now));
            Arc::new(IntegrationRow {
                schedule: i.schedule.clone(),
                auth_state: if i.authorized { "ok" } else { "reauthorize" }.to_owned(),
                demo: true,
                ..IntegrationRow::new(id, i.name.clone(), &i.vendor, i.kind, now)
            })
        };
        let rows: Vec<Arc<IntegrationRow>> = all.iter().map(row).collect();
        let kept = rows.clone();
        self.store()
            .write(tenant, call.clone(), async move |tx| {
                for row in &rows {
                    integrations::add(tx, row).await?;
                }
                Ok::<_, Error>(())
            })
            .await?;
        Ok(kept)
    }

    async fn demo_kris(&self, tenant: &TenantScope, call: &Call, all: &[DemoKri]) -> Result<Vec<KriId>, Error> {
        let now = call.at;
        let new: Vec<NewKri> = all
            .iter()
            .map(|k| NewKri {
                id: KriId::new(self.rng().id(now)),
                slug: k.slug.to_string(),
                signal: k.signal.map(str::to_owned),
                name: k.name.clone(),
                about: k.about.clone(),
                category: k.category.as_str().to_owned(),
                unit: k.unit,
                direction: k.thresholds.direction,
                amber: k.thresholds.amber,
                red: k.thresholds.red,
                target: k.thresholds.target,
                aggregation: k.aggregation,
                per_thousand: k.per_thousand,
                cadence_us: k.cadence.micros(),
                owner: k.owner.clone(),
                demo: true,
            })
            .collect();
        let ids = new.iter().map(|k| k.id).collect();
        self.store()
            .write(tenant, call.clone(), async move |tx| {
                for kri in &new {
                    kris::add(tx, kri, now).await?;
                }
                Ok::<_, Error>(())
            })
            .await?;
        Ok(ids)
    }

    /// All samples of one KRI, which is settled with the last slice of them.
    async fn demo_samples(
        &self,
        tenant: &TenantScope,
        call: &Call,
        kri: KriId,
        sources: &[Arc<IntegrationRow>],
        samples: Vec<DemoSample>,
    ) -> Result<(), Error> {
        let now = call.at;
        let oldest = samples.iter().map(|s| s.observed_at).min().unwrap_or(now);
        let mut rest = samples.into_iter().peekable();
        while rest.peek().is_some() {
            let slice: Vec<(SampleId, Arc<IntegrationRow>, DemoSample)> = rest
                .by_ref()
                .take(SLICE)
                .filter_map(|s| Some((SampleId::new(self.rng().id(now)), sources.get(s.integration)?.clone(), s)))
                .collect();
            let last = rest.peek().is_none();
            self.store()
                .write(tenant, call.clone(), async move |tx| {
                    let row = kris::by_id_in(tx, kri, now)
                        .await?
                        .ok_or_else(|| Error::not_found("the KRI is not there any more"))?;
                    for (id, source, sample) in &slice {
                        let said = statement(sample).checked(&row, now, "").map_err(Error::invalid)?;
                        let from = Origin {
                            integration: source.id,
                            run: None,
                            quality: sample.quality,
                            actor: source.name.clone(),
                            received_at: sample.observed_at,
                        };
                        ingest::write(tx, &row, &from, *id, &said, &json!({ "demo": true })).await?;
                    }
                    if last {
                        ingest::settle(tx, kri, oldest, now).await?;
                    }
                    Ok::<_, Error>(())
                })
                .await?;
        }
        Ok(())
    }

    /// A last run for each integration, so that the list of them tells how they are doing.
    async fn demo_runs(&self, tenant: &TenantScope, call: &Call, all: &[Arc<IntegrationRow>]) -> Result<(), Error> {
        let now = call.at;
        let runs: Vec<(RunId, IntegrationId, bool)> =
            all.iter().map(|i| (RunId::new(self.rng().id(now)), i.id, i.auth_state == "ok")).collect();
        self.store()
            .write(tenant, call.clone(), async move |tx| {
                for (run, integration, good) in &runs {
                    runs::start(tx, *run, *integration, "demo", now).await?;
                    let (status, error) =
                        if *good { ("ok", None) } else { ("failed", Some("the access of this source has run out")) };
                    runs::end(tx, *run, status, error, now).await?;
                    integrations::ran(tx, *integration, *run).await?;
                }
                Ok::<_, Error>(())
            })
            .await
    }
}

fn statement(s: &DemoSample) -> Statement {
    Statement {
        subject: s.subject.to_owned(),
        observed_at: s.observed_at,
        value: s.value,
        numerator: s.numerator,
        denominator: s.denominator,
        state: s.state,
        note: s.note.map(str::to_owned),
    }
}

/// The end of the demo's history: the whole minute, so that a value of this moment is not in the future.
#[must_use]
pub fn demo_end(now: Timestamp) -> Timestamp {
    Timestamp::from_micros(now.micros() - now.micros().rem_euclid(60_000_000))
}
