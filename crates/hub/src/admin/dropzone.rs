//! Drop Zones and their proposals, for the operator: made, opened to a webhook, pushed into, decided about.
use data_encoding::HEXLOWER;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;
use watchkeep_mapping::KevList;
use watchkeep_model::autonomy::{ProposalKind, ProposalStatus};
use watchkeep_model::kri::SourceKind;
use watchkeep_model::{ArtifactId, IntegrationId, ProposalId, Timestamp, TokenId};
use watchkeep_store::artifacts::zones::{self, ZoneRow};
use watchkeep_store::integrations::{self, IntegrationRow, Named};
use watchkeep_store::{Keyring, TenantScope, artifacts, proposals as store};

use super::{Admin, named};
use crate::dropzone::{self, Intake, Push, Submitted, Via, land};
use crate::error::Error;
use crate::ops::runs::{Run, run_of};
use crate::proposals::detail::{Artifact, ProposalDetail, detail};
use crate::proposals::lineage::{LineageSpan, lineage};
use crate::proposals::replay::{Replay, Replayed, replay};
use crate::proposals::{self, Autonomy, Decision, Proposal, SetAutonomy};

/// A Drop Zone to be made.
#[derive(Clone, Debug)]
pub struct NewZone {
    /// Its name, unique in the tenant.
    pub name: String,
    /// The vendor whose reports it takes; empty where there is none.
    pub vendor: String,
    /// Which source wins: 60 where nothing is said, so after everything that is pulled.
    pub priority: Option<i64>,
}

/// The token of a webhook at the one moment when it can be seen.
#[derive(Clone)]
pub struct ZoneToken {
    /// The Drop Zone.
    pub integration: IntegrationId,
    /// Its name.
    pub name: String,
    /// The token itself.
    pub secret: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl fmt::Debug for ZoneToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZoneToken").field("integration", &self.integration).finish_non_exhaustive()
    }
}

/// A Drop Zone with what lies in it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ZoneInfo {
    /// Its id.
    pub id: IntegrationId,
    /// Its name.
    pub name: String,
    /// False if it takes nothing.
    pub enabled: bool,
    /// The lower wins.
    pub priority: i64,
    /// How many artifacts were pushed.
    pub artifacts: i64,
    /// Proposals that wait for a person.
    pub open_proposals: i64,
    /// Proposals that were accepted and become samples at the next run.
    pub waiting: i64,
    /// When its token was made; absent if it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_at: Option<Timestamp>,
}

impl From<ZoneRow> for ZoneInfo {
    fn from(z: ZoneRow) -> Self {
        let ZoneRow { id, name, enabled, priority, artifacts, open_proposals, waiting, token_at } = z;
        Self { id, name, enabled, priority, artifacts, open_proposals, waiting, token_at }
    }
}

/// Which proposals to list; what is none or empty means all.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// With this status.
    pub status: Option<ProposalStatus>,
    /// Of this type.
    pub kind: Option<ProposalKind>,
    /// From this integration.
    pub integration: Option<IntegrationId>,
    /// For this KRI or signal.
    pub kri: String,
}

impl Admin {
    /// Makes a Drop Zone.
    ///
    /// # Errors
    /// A conflict if the name is in use; a flaw of the priority.
    pub async fn create_zone(&self, tenant: &TenantScope, new: &NewZone) -> Result<Named, Error> {
        let priority = new.priority.unwrap_or(SourceKind::DropZone.priority());
        if !(0..=1_000).contains(&priority) {
            return Err(Error::flaw("priority", "must be from 0 to 1000; the lower wins"));
        }
        let (now, name) = (self.now(), named("name", &new.name)?);
        let vendor = watchkeep_model::text::clean(&new.vendor, 120);
        let id = IntegrationId::new(self.rng().id(now));
        let row = IntegrationRow { priority, ..IntegrationRow::new(id, name, &vendor, SourceKind::DropZone, now) };
        let told = json!({"name": row.name, "vendor": row.vendor, "kind": row.source_kind, "priority": priority});
        let call = self.act("integration_created", "dropzone create", &told, row.id);
        let made = Named { id, name: row.name.clone(), source_kind: row.source_kind, priority };
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

    /// A Drop Zone by its id or its name.
    ///
    /// # Errors
    /// Not found; a conflict if it is another kind of integration.
    pub async fn zone(&self, tenant: &TenantScope, which: &str) -> Result<Named, Error> {
        let found = self.integration(tenant, which).await?;
        if found.source_kind == SourceKind::DropZone {
            return Ok(found);
        }
        Err(Error::conflict(format!(
            "`{}` is no Drop Zone (it is {}); `watchkeep dropzone list` shows them",
            found.name, found.source_kind
        )))
    }

    /// The Drop Zones of a tenant, by name.
    ///
    /// # Errors
    /// Of the database.
    pub async fn zones(&self, tenant: &TenantScope) -> Result<Vec<ZoneInfo>, Error> {
        Ok(zones::all(self.store().at(tenant)).await?.into_iter().map(ZoneInfo::from).collect())
    }

    /// Makes the token of a Drop Zone's webhook; the one before opens nothing from the next call on.
    ///
    /// # Errors
    /// As [`Admin::zone`].
    pub async fn rotate_zone_token(&self, tenant: &TenantScope, which: &str) -> Result<ZoneToken, Error> {
        let zone = self.zone(tenant, which).await?;
        let (now, of) = (self.now(), zone.id);
        let id = TokenId::new(self.rng().id(now));
        let secret = format!("wdz_{}", HEXLOWER.encode(&self.rng().bytes::<32>()));
        let made = ZoneToken { integration: of, name: zone.name, secret: secret.clone(), created_at: now };
        let call = self.act("dropzone_token_created", "dropzone token rotate", &json!({"integrationId": of}), of);
        let by = self.actor().name.clone();
        self.store()
            .write(tenant, call, async move |tx| {
                zones::put_token(tx, of, id, &secret, &by, now).await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(made)
    }

    /// Pushes a file into a Drop Zone; `kev` is the list of known exploited vulnerabilities, if there is one.
    ///
    /// # Errors
    /// As [`dropzone::submit`].
    pub async fn push(
        &self,
        tenant: &TenantScope,
        keys: &Keyring,
        kev: Option<Arc<KevList>>,
        push: Push,
    ) -> Result<Submitted, Error> {
        let told = json!({
            "integrationId": push.integration, "filename": push.filename, "mimeType": push.mime, "subject": push.subject,
        });
        let call = self.act("artifact_submitted", "dropzone push", &told, "");
        let intake = Intake::new(self.store().clone(), self.rng().clone(), Arc::new(keys.clone()), kev);
        dropzone::submit(intake, tenant.clone(), call, Via::CommandLine, push).await
    }

    /// What was pushed, newest first; into one Drop Zone or all.
    ///
    /// # Errors
    /// As [`Admin::zone`].
    pub async fn artifacts(
        &self,
        tenant: &TenantScope,
        which: Option<&str>,
        limit: i64,
    ) -> Result<Vec<Artifact>, Error> {
        let of = match which {
            Some(which) => Some(self.zone(tenant, which).await?.id),
            None => None,
        };
        let rows = artifacts::page(self.store().at(tenant), of, ArtifactId::new(Uuid::max()), limit).await?;
        Ok(rows.into_iter().map(Artifact::from).collect())
    }

    /// Makes samples of what was accepted in a Drop Zone, and waits for the end. A run under way is told, not doubled.
    ///
    /// # Errors
    /// As [`Admin::zone`]; of the database.
    pub async fn run_zone(&self, tenant: &TenantScope, which: &str) -> Result<Run, Error> {
        let of = self.zone(tenant, which).await?.id;
        dropzone::open_zone(self.store(), tenant, of).await?;
        let call = self.act(land::EVENT, "dropzone run", &json!({"integrationId": of}), of);
        let (store, rng) = (self.store().clone(), self.rng().clone());
        let begun = land::begin(store.clone(), rng.clone(), tenant.clone(), call.clone(), of).await?;
        if begun.new {
            land::go_on(store, rng, tenant.clone(), call, of, begun.run).await?;
        }
        run_of(self.store().at(tenant), begun.run).await
    }

    /// Proposals, newest first.
    ///
    /// # Errors
    /// Of the database.
    pub async fn proposals(&self, tenant: &TenantScope, wanted: &Wanted, limit: i64) -> Result<Vec<Proposal>, Error> {
        let filter = store::Filter {
            status: wanted.status,
            kind: wanted.kind,
            integration: wanted.integration,
            signal: wanted.kri.clone(),
        };
        let rows = store::page(self.store().at(tenant), &filter, ProposalId::new(Uuid::max()), limit).await?;
        Ok(rows.into_iter().map(Proposal::from).collect())
    }

    /// One proposal with the words that it was read from, and every decision about it.
    ///
    /// # Errors
    /// Not found.
    pub async fn proposal(
        &self,
        tenant: &TenantScope,
        keys: &Keyring,
        which: ProposalId,
    ) -> Result<ProposalDetail, Error> {
        detail(self.store().at(tenant), keys, tenant.tenant(), which).await
    }

    /// Decides about a proposal.
    ///
    /// # Errors
    /// As [`proposals::decide`].
    pub async fn decide(&self, tenant: &TenantScope, which: ProposalId, decision: Decision) -> Result<Proposal, Error> {
        let (now, by, id) = (self.now(), self.actor().clone(), self.rng().id(self.now()));
        let told = json!({"id": which, "decision": decision.word(), "told": format!("{decision:?}")});
        let call = self.act("ai_proposal_decided", "proposal decide", &told, which);
        let row = self
            .store()
            .write(tenant, call, async move |tx| proposals::decide(tx, which, &decision, &by, id, now).await)
            .await?;
        Ok(row.into())
    }

    /// What another threshold would have decided.
    ///
    /// # Errors
    /// A flaw of the question.
    pub async fn replay(&self, tenant: &TenantScope, asked: &Replay) -> Result<Replayed, Error> {
        replay(self.store().at(tenant), *asked, self.now()).await
    }

    /// The decisions by week and type, newest first.
    ///
    /// # Errors
    /// A flaw of the question.
    pub async fn lineage(
        &self,
        tenant: &TenantScope,
        kind: Option<ProposalKind>,
        days: i64,
    ) -> Result<Vec<LineageSpan>, Error> {
        lineage(self.store().at(tenant), kind, days, self.now()).await
    }

    /// How much the gate may accept by itself, for every type of proposal.
    ///
    /// # Errors
    /// Of the database.
    pub async fn autonomy(&self, tenant: &TenantScope) -> Result<Vec<Autonomy>, Error> {
        proposals::autonomy(self.store().at(tenant)).await
    }

    /// Changes how much the gate may accept by itself.
    ///
    /// # Errors
    /// A flaw if the band cannot be.
    pub async fn set_autonomy(
        &self,
        tenant: &TenantScope,
        kind: ProposalKind,
        change: &SetAutonomy,
    ) -> Result<Autonomy, Error> {
        let (now, by, change) = (self.now(), self.actor().name.clone(), *change);
        let told = json!({
            "type": kind, "threshold": change.threshold, "floor": change.floor,
            "reviewAllImprovements": change.review_all_improvements,
        });
        let call = self.act("autonomy_changed", "autonomy set", &told, kind);
        self.store()
            .write(tenant, call, async move |tx| proposals::set_autonomy(tx, kind, change, &by, now).await)
            .await
    }
}
