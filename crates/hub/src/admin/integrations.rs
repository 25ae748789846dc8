//! Integrations: where samples come from.
use serde_json::json;
use watchkeep_model::IntegrationId;
use watchkeep_model::kri::SourceKind;
use watchkeep_store::TenantScope;
use watchkeep_store::integrations::{self, IntegrationRow, Named};

use super::{Admin, named};
use crate::error::Error;

/// An integration to be made.
#[derive(Clone, Debug)]
pub struct NewIntegration {
    /// Its name, unique in the tenant.
    pub name: String,
    /// The vendor; empty where there is none.
    pub vendor: String,
    /// By which way its values come in.
    pub kind: SourceKind,
    /// Which source wins; the kind's own rank where nothing is said.
    pub priority: Option<i64>,
}

impl Admin {
    /// Makes an integration of a kind that only takes what is brought to it: by hand, by file, or by API key.
    ///
    /// # Errors
    /// A conflict if the name is in use; a flaw for a kind that this version cannot run.
    pub async fn create_integration(&self, tenant: &TenantScope, new: &NewIntegration) -> Result<Named, Error> {
        if !matches!(new.kind, SourceKind::Manual | SourceKind::Csv | SourceKind::Api) {
            return Err(Error::flaw(
                "kind",
                &format!("`{}` needs a part that this version does not have; allowed are manual, csv, api", new.kind),
            ));
        }
        let priority = new.priority.unwrap_or(new.kind.priority());
        if !(0..=1_000).contains(&priority) {
            return Err(Error::flaw("priority", "must be from 0 to 1000; the lower wins"));
        }
        let now = self.now();
        let name = named("name", &new.name)?;
        let vendor = watchkeep_model::text::clean(&new.vendor, 120);
        let row = IntegrationRow {
            priority,
            ..IntegrationRow::new(IntegrationId::new(self.rng().id(now)), name, &vendor, new.kind, now)
        };
        let told = json!({"name": row.name, "vendor": row.vendor, "kind": row.source_kind, "priority": priority});
        let call = self.act("integration_created", "integration create", &told, row.id);
        let made = Named { id: row.id, name: row.name.clone(), source_kind: row.source_kind, priority };
        self.store()
            .write(tenant, call, async move |tx| {
                if integrations::by_name_in(tx, &row.name).await?.is_some() {
                    return Err(Error::conflict(format!("there is an integration named `{}` already", row.name)));
                }
                integrations::add(tx, &row).await?;
                Ok(())
            })
            .await?;
        Ok(made)
    }

    /// An integration by its id or its name.
    ///
    /// # Errors
    /// Not found.
    pub async fn integration(&self, tenant: &TenantScope, which: &str) -> Result<Named, Error> {
        let id = which.parse::<IntegrationId>().ok();
        let all = integrations::names(self.store().at(tenant)).await?;
        let found = all.iter().find(|n| Some(n.id) == id).or_else(|| all.iter().find(|n| n.name == which));
        found.cloned().ok_or_else(|| {
            let names: Vec<String> = all.into_iter().map(|n| n.name).collect();
            let meant = crate::shape::nearest(which, &names);
            let meant = meant.map_or_else(String::new, |m| format!("; did you mean `{m}`?"));
            Error::not_found(format!(
                "there is no integration `{which}`; `watchkeep integration list` shows all{meant}"
            ))
        })
    }

    /// Switches an integration on or off. One that is off takes and pulls nothing; what it brought stays.
    ///
    /// # Errors
    /// Not found.
    pub async fn switch_integration(&self, tenant: &TenantScope, which: &str, on: bool) -> Result<Named, Error> {
        let found = self.integration(tenant, which).await?;
        let op = if on { "integration enable" } else { "integration disable" };
        let call = self.act("integration_changed", op, &json!({"id": found.id, "enabled": on}), found.id);
        let id = found.id;
        self.store()
            .write(tenant, call, async move |tx| {
                integrations::enable(tx, id, on).await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(found)
    }
}
