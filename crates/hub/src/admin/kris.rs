//! KRIs: their definition, and values that a person knows. What is checked and how is the operations' own.
use serde_json::json;
use watchkeep_model::{KriId, RunId, SampleId, catalog, text, word};
use watchkeep_store::TenantScope;
use watchkeep_store::kris::{self as store, KriRow, Settled};

use super::Admin;
use crate::error::Error;
use crate::ingest::{self, Entry, Statement};
use crate::ops::kris::edit::{self, CreateKri, UpdateKri};

impl Admin {
    /// A KRI by its slug, its id, or the alias of its signal.
    ///
    /// # Errors
    /// Not found, naming the nearest.
    pub async fn kri(&self, tenant: &TenantScope, which: &str) -> Result<KriRow, Error> {
        let (db, now) = (self.store().at(tenant), self.now());
        let slug = catalog::signal(which).map_or(which, |signal| signal.slug.as_str());
        for slug in [which, slug] {
            if let Some(row) = store::by_slug(db, slug, now).await? {
                return Ok(row);
            }
        }
        if let Ok(id) = which.parse::<KriId>()
            && let Some(row) = store::by_id(db, id, now).await?
        {
            return Ok(row);
        }
        let all = store::slugs(db).await?;
        let near = word::nearest(which, all.iter().map(|(_, slug)| slug.as_str()));
        let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let asked = text::clean(which, 80);
        Err(Error::not_found(format!("there is no KRI `{asked}`; `watchkeep kri list` shows all{near}")))
    }

    /// Makes a KRI of a catalogue signal, or one of the tenant's own.
    ///
    /// # Errors
    /// Every flaw in the definition; a conflict if the slug is in use.
    pub async fn create_kri(&self, tenant: &TenantScope, new: &CreateKri) -> Result<KriRow, Error> {
        let now = self.now();
        let kri = new.checked(KriId::new(self.rng().id(now)))?;
        let told = json!({"slug": kri.slug, "signal": kri.signal, "amber": kri.amber, "red": kri.red});
        let call = self.act("kri_created", "kri add", &told, &kri.slug);
        let id = kri.id;
        self.store()
            .write(tenant, call, async move |tx| {
                edit::add(tx, &kri, now).await?;
                store::by_id_in(tx, id, now).await?.ok_or_else(gone)
            })
            .await
    }

    /// Changes a KRI, and judges its value anew.
    ///
    /// # Errors
    /// Not found; thresholds that do not fit each other.
    pub async fn update_kri(&self, tenant: &TenantScope, change: UpdateKri) -> Result<KriRow, Error> {
        let id = self.kri(tenant, &change.id).await?.id;
        let now = self.now();
        let told = json!({
            "id": id, "name": change.name, "about": change.about, "amber": change.amber, "red": change.red,
            "target": change.target, "cadenceHours": change.cadence_hours, "owner": change.owner,
        });
        let call = self.act("kri_changed", "kri edit", &told, id);
        self.store()
            .write(tenant, call, async move |tx| {
                let mut row = store::by_id_in(tx, id, now).await?.ok_or_else(gone)?;
                change.apply(&mut row)?;
                store::edit(tx, &row).await?;
                ingest::settle(tx, id, now, now).await?;
                store::by_id_in(tx, id, now).await?.ok_or_else(gone)
            })
            .await
    }

    /// Takes a KRI out of all lists. Its samples stay, and its slug stays taken.
    ///
    /// # Errors
    /// Not found.
    pub async fn archive_kri(&self, tenant: &TenantScope, which: &str) -> Result<KriRow, Error> {
        let row = self.kri(tenant, which).await?;
        let now = self.now();
        let call = self.act("kri_archived", "kri archive", &json!({"id": row.id}), &row.slug);
        self.store()
            .write(
                tenant,
                call,
                async move |tx| {
                    if store::archive(tx, row.id, now).await? { Ok(row.clone()) } else { Err(gone()) }
                },
            )
            .await
    }

    /// Records a value that a person knows. Samples are never changed: a later one counts. True beside the outcome if
    /// the sample is new, false if the same was recorded before.
    ///
    /// # Errors
    /// Not found; every flaw in the statement.
    pub async fn record_value(
        &self,
        tenant: &TenantScope,
        which: &str,
        said: Statement,
    ) -> Result<(KriRow, Settled, bool), Error> {
        let row = self.kri(tenant, which).await?;
        let now = self.now();
        let said = said.checked(&row, now, "").map_err(Error::invalid)?;
        let told = json!({
            "id": row.id, "value": said.value, "numerator": said.numerator, "denominator": said.denominator,
            "state": said.state, "subject": said.subject, "observedAt": said.observed_at,
        });
        let call = self.act("kri_value_recorded", "kri set", &told, &row.slug);
        let entry = Entry {
            of: row,
            said,
            sample: SampleId::new(self.rng().id(now)),
            run: RunId::new(self.rng().id(now)),
            source: self.rng().id(now),
            actor: self.actor().name.clone(),
            at: now,
        };
        self.store()
            .write(tenant, call, async move |tx| {
                let (settled, new) = entry.record(tx).await?;
                Ok((entry.of.clone(), settled, new))
            })
            .await
    }
}

fn gone() -> Error {
    Error::not_found("the KRI is not there any more")
}
