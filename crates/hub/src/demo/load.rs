//! Loads the demo through the product's own doors: tenants, people and KRIs as an operator makes them, samples as any
//! source brings them.
use std::collections::BTreeMap;

use serde_json::json;
use watchkeep_model::kri::SourceKind;
use watchkeep_model::register::{Kind, Sheet};
use watchkeep_model::{EntryId, IntegrationId, KriId, RunId, SampleId, Slug, Timestamp};
use watchkeep_store::integrations::{self, IntegrationRow};
use watchkeep_store::kris::NewKri;
use watchkeep_store::register as entries;
use watchkeep_store::{TenantScope, Tx, kris, runs};

use super::{DemoIntegration, DemoKri, DemoRegister, DemoSample, DemoTenant};
use crate::admin::{Admin, NewPerson};
use crate::error::{self, Error};
use crate::ingest::{self, Origin, Statement};
use crate::register::risks::{self, NewAcceptance, NewAction};
use crate::register::{self, Mode, Stamp};

/// Samples in one write.
const SLICE: usize = 200;
/// Entries of the register in one write.
const ENTRIES: usize = 10;

/// Makes the two tenants of the demo with their history up to now. Tells their slugs, the first with the story first.
///
/// # Errors
/// Of the store; a conflict if the tenants are there already.
pub async fn load(admin: Admin, seed: u64) -> Result<Vec<Slug>, Error> {
    let mut slugs = vec![];
    for tenant in super::tenants(seed, admin.now()) {
        slugs.push(tenant.slug.clone());
        load_one(admin.clone(), tenant).await?;
    }
    Ok(slugs)
}

/// Makes one tenant of the demo.
///
/// # Errors
/// As [`load`].
pub async fn load_one(admin: Admin, t: DemoTenant) -> Result<(), Error> {
    admin.create_tenant(t.slug.clone(), &t.name, true).await?;
    let scope = admin.tenant(&t.slug).await?;
    for p in &t.people {
        let new = NewPerson { email: p.email.clone(), name: Some(p.name.clone()), operator: false };
        match admin.create_person(&new).await {
            Ok(_) => {}
            // the same person in the second tenant
            Err(e) if e.kind == error::Kind::Conflict => {}
            Err(e) => return Err(e),
        }
        admin.join(&scope, &p.email, p.role, p.home).await?;
    }
    let integrations = make_integrations(admin.clone(), scope.clone(), t.integrations.clone(), &t.samples).await?;
    let mut by_kri: BTreeMap<usize, Vec<DemoSample>> = BTreeMap::new();
    for s in t.samples {
        by_kri.entry(s.kri).or_default().push(s);
    }
    for (i, k) in t.kris.into_iter().enumerate() {
        let id = make_kri(admin.clone(), scope.clone(), k).await?;
        if let Some(samples) = by_kri.remove(&i) {
            keep(admin.clone(), scope.clone(), id, samples, integrations.clone()).await?;
        }
    }
    keep_register(admin, scope, t.register).await
}

async fn keep_register(admin: Admin, scope: TenantScope, register: DemoRegister) -> Result<(), Error> {
    let now = admin.now();
    let stamp = |by: &str| Stamp { fresh: admin.rng().id(now), at: now, by: by.to_owned(), demo: true };
    let stamped: Vec<(Stamp, Sheet)> = register.entries.into_iter().map(|said| (stamp("demo"), said)).collect();
    for slice in stamped.chunks(ENTRIES).map(<[_]>::to_vec) {
        let call = admin.act("register_imported", "demo", &json!({ "entries": slice.len() }), "register");
        admin
            .store()
            .write(&scope, call, async move |tx| {
                for (stamp, said) in &slice {
                    register::keep(tx, stamp, said, Mode::Upsert).await?;
                }
                Ok::<_, Error>(())
            })
            .await?;
    }
    let accepted: Vec<_> = register.accepted.into_iter().map(|a| (stamp(a.by), a)).collect();
    let actions: Vec<_> = register.actions.into_iter().map(|a| (stamp("demo"), a)).collect();
    let comments: Vec<_> = register.comments.into_iter().map(|c| (stamp("demo"), c)).collect();
    let call = admin.act("risk_accepted", "demo", &json!({ "risks": accepted.len() }), "register");
    admin
        .store()
        .write(&scope, call, async move |tx| {
            for (stamp, a) in &accepted {
                let id = entry(tx, Kind::Risk, a.risk).await?;
                let new = NewAcceptance { by: a.by.to_owned(), why: a.why.to_owned(), until: a.until };
                risks::accept(tx, stamp, id, &new).await?;
            }
            for (stamp, a) in &actions {
                let id = entry(tx, Kind::Risk, a.risk).await?;
                let owner = Some(a.owner.to_owned());
                let new = NewAction { title: a.title.to_owned(), owner, due: a.due, note: None };
                risks::treat(tx, stamp, id, &new).await?;
            }
            for (stamp, (kind, code, text)) in &comments {
                let id = entry(tx, *kind, code).await?;
                register::comment(tx, stamp, *kind, id, text).await?;
            }
            Ok::<_, Error>(())
        })
        .await
}

async fn entry(tx: &mut Tx<'_>, kind: Kind, code: &str) -> Result<EntryId, Error> {
    let row = entries::by_code_in(tx, kind, code).await?;
    row.map(|row| row.id).ok_or_else(|| Error::internal(format!("the demo has no {kind} {code}")))
}

/// An integration and the one run that its history is credited to.
#[derive(Clone)]
struct Made {
    id: IntegrationId,
    run: RunId,
    by: String,
}

async fn make_integrations(
    admin: Admin,
    scope: TenantScope,
    all: Vec<DemoIntegration>,
    samples: &[DemoSample],
) -> Result<Vec<Made>, Error> {
    let now = admin.now();
    let mut made = vec![];
    for (i, d) in all.into_iter().enumerate() {
        let (id, run) = (IntegrationId::new(admin.rng().id(now)), RunId::new(admin.rng().id(now)));
        let last = samples.iter().rev().find(|s| s.integration == i).map(|s| {
            // a note that names no figure was read all the same
            (s.observed_at, s.value.is_some() || d.kind == SourceKind::DropZone)
        });
        made.push(Made { id, run, by: d.name.clone() });
        let row = IntegrationRow {
            schedule: d.schedule,
            auth_state: if d.authorized { "ok" } else { "expired" }.into(),
            demo: true,
            ..IntegrationRow::new(id, d.name, &d.vendor, d.kind, now)
        };
        let call = admin.act("integration_created", "demo", &json!({ "name": row.name }), id);
        admin
            .store()
            .write(&scope, call, async move |tx| {
                integrations::add(tx, &row).await?;
                if let Some((at, well)) = last {
                    runs::start(tx, run, id, "schedule", at).await?;
                    let (status, error) =
                        if well { ("ok", None) } else { ("failed", Some("the vendor refused the request")) };
                    runs::end(tx, run, status, error, at).await?;
                    integrations::ran(tx, id, run).await?;
                }
                Ok::<_, Error>(())
            })
            .await?;
    }
    Ok(made)
}

async fn make_kri(admin: Admin, scope: TenantScope, k: DemoKri) -> Result<KriId, Error> {
    let now = admin.now();
    let id = KriId::new(admin.rng().id(now));
    let new = NewKri {
        id,
        slug: k.slug.as_str().to_owned(),
        signal: k.signal.map(str::to_owned),
        name: k.name,
        about: k.about,
        category: k.category.as_str().to_owned(),
        unit: k.unit,
        direction: k.thresholds.direction,
        amber: k.thresholds.amber,
        red: k.thresholds.red,
        target: k.thresholds.target,
        aggregation: k.aggregation,
        per_thousand: k.per_thousand,
        cadence_us: k.cadence.micros(),
        owner: k.owner,
        demo: true,
    };
    let call = admin.act("kri_created", "demo", &json!({ "slug": new.slug }), &new.slug);
    admin.store().write(&scope, call, async move |tx| Ok::<_, Error>(kris::add(tx, &new, now).await?)).await?;
    Ok(id)
}

async fn keep(
    admin: Admin,
    scope: TenantScope,
    kri: KriId,
    samples: Vec<DemoSample>,
    sources: Vec<Made>,
) -> Result<(), Error> {
    let now = admin.now();
    let oldest = samples.iter().map(|s| s.observed_at).min().unwrap_or(now);
    let slices: Vec<Vec<DemoSample>> = samples.chunks(SLICE).map(<[_]>::to_vec).collect();
    let count = slices.len();
    for (n, slice) in slices.into_iter().enumerate() {
        let ids: Vec<SampleId> = slice.iter().map(|_| SampleId::new(admin.rng().id(now))).collect();
        let sources = sources.clone();
        let settle = n + 1 == count;
        let call = admin.act("kri_samples_imported", "demo", &json!({ "samples": slice.len() }), kri);
        admin
            .store()
            .write(&scope, call, async move |tx| {
                write(tx, kri, &slice, &ids, &sources, settle.then_some(oldest), now).await
            })
            .await?;
    }
    Ok(())
}

async fn write(
    tx: &mut Tx<'_>,
    kri: KriId,
    slice: &[DemoSample],
    ids: &[SampleId],
    sources: &[Made],
    settle: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Error> {
    let row = kris::by_id_in(tx, kri, now).await?.ok_or_else(|| Error::internal("the demo's KRI is gone"))?;
    let mut written: BTreeMap<RunId, i64> = BTreeMap::new();
    for (s, id) in slice.iter().zip(ids) {
        let Some(source) = sources.get(s.integration) else { continue };
        let from = Origin {
            integration: source.id,
            run: Some(source.run),
            quality: s.quality,
            actor: source.by.clone(),
            received_at: s.observed_at,
        };
        let statement = Statement {
            subject: s.subject.to_owned(),
            observed_at: s.observed_at,
            value: s.value,
            numerator: s.numerator,
            denominator: s.denominator,
            state: s.state,
            note: s.note.map(str::to_owned),
        };
        let statement = statement.checked(&row, now, "").map_err(Error::invalid)?;
        if ingest::write(tx, &row, &from, *id, &statement, &json!({ "demo": true })).await? {
            *written.entry(source.run).or_default() += 1;
        }
    }
    for (run, n) in written {
        runs::count(tx, run, n, 0).await?;
    }
    if let Some(oldest) = settle {
        ingest::settle(tx, kri, oldest, now).await?;
    }
    Ok(())
}
