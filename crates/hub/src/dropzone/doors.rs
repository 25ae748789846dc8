//! Pushes that come in by doors of their own: a file over REST, the webhook of a Drop Zone. They are no operations, as
//! their bodies are streams; what is checked and recorded is the same.
use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};
use watchkeep_model::{IntegrationId, Role, Scope, Slug};
use watchkeep_store::artifacts::zones::Opened;
use watchkeep_store::{Access, Actor, ActorKind, Call, TenantScope};

use super::{Push, Submitted, Via, open_zone, submit};
use crate::call::{self, CallMeta, Door};
use crate::canonical;
use crate::error::Error;
use crate::hub::Hub;
use crate::op::Rate;
use crate::rate::RateState;

/// The name of an upload in the audit log.
const UPLOAD: &str = "upload_artifact";
/// The name of a call of the webhook.
const HOOK: &str = "dropzone_hook";

/// How an upload ended, and what is left of the caller's rate.
#[derive(Debug)]
pub struct Uploaded {
    /// What became of it, or why nothing did.
    pub result: Result<Submitted, Error>,
    /// None where no limit is set, or the call was refused before it was counted.
    pub rate: Option<RateState>,
}

/// Whether this credential may push into this Drop Zone, before its body is read. Writes nothing.
///
/// # Errors
/// As [`upload`] would refuse it.
pub async fn admit(hub: &Arc<Hub>, access: &Access, integration: IntegrationId) -> Result<(), Error> {
    allowed(access)?;
    open_zone(&hub.store, &access.scope, integration).await
}

fn allowed(access: &Access) -> Result<(), Error> {
    if !access.role.reaches(Role::Analyst) {
        return Err(Error::nothing_here());
    }
    if !access.scopes.contains(Scope::ApiWrite) {
        return Err(Error::missing_scope(Scope::ApiWrite));
    }
    Ok(())
}

/// Takes a file that came in over REST. It runs to its end and leaves its row, also if the caller hangs up.
pub async fn upload(hub: &Arc<Hub>, access: &Arc<Access>, meta: CallMeta, push: Push) -> Uploaded {
    let row = call::row(hub, access, meta, Cow::Borrowed(UPLOAD), canonical::digest(&push.told()));
    let free = allowed(access);
    let (rate, free) = match free {
        Ok(()) => hub.rates.take(access.token, Rate::Write, row.at),
        Err(e) => (None, Err(e)),
    };
    take(hub, access.scope.clone(), row, Via::Api, push, rate, free).await
}

/// Records an upload that a door refused before it was read whole.
///
/// # Errors
/// If the row could not be written: then there must be no other answer than that.
pub async fn upload_refused(hub: &Arc<Hub>, access: &Access, meta: CallMeta, why: &Error) -> Result<(), Error> {
    call::refuse(hub, access, meta, UPLOAD, &Map::new(), why).await
}

/// A Drop Zone that its own token opened.
#[derive(Clone, Debug)]
pub struct Zone(Opened);

impl Zone {
    /// The Drop Zone.
    #[must_use]
    pub fn integration(&self) -> IntegrationId {
        self.0.integration
    }

    /// The tenant's slug.
    #[must_use]
    pub fn slug(&self) -> &Slug {
        self.0.scope.slug()
    }

    fn call(&self, hub: &Hub, meta: CallMeta, told: &Map<String, Value>) -> Call {
        let name = watchkeep_model::text::clean(&format!("webhook of {}", self.0.name), 120);
        let actor = Actor { kind: ActorKind::Key, id: Some(self.0.token.uuid()), person: None, name, client: None };
        Call {
            event: Door::Rest.event().into(),
            op: HOOK.into(),
            connector: None,
            actor,
            args: canonical::digest(told),
            at: hub.now(),
            watch: meta.watch,
            request: meta.request,
            client: meta.client.map(|c| watchkeep_model::text::clean(&c, 120)),
            address: meta.address,
            target: Some(self.0.integration.to_string()),
        }
    }
}

/// The Drop Zone that a token opens; none for an id that nobody has, a token of another one, a tenant that is closed. The
/// three are told apart nowhere.
///
/// # Errors
/// Of the store.
pub async fn zone(hub: &Hub, integration: &str, token: &str) -> Result<Option<Zone>, Error> {
    let Ok(id) = integration.parse::<IntegrationId>() else { return Ok(None) };
    Ok(hub.store.open_zone(id, token).await?.map(Zone))
}

/// Takes what came in by the webhook of a Drop Zone; [`Push::integration`] is the zone's own whatever it says.
pub async fn hook(hub: &Arc<Hub>, zone: Zone, meta: CallMeta, push: Push) -> Uploaded {
    let push = Push { integration: zone.integration(), ..push };
    let row = zone.call(hub, meta, &push.told());
    let (rate, free) = hub.rates.take(zone.0.token, Rate::Write, row.at);
    take(hub, zone.0.scope, row, Via::Webhook, push, rate, free).await
}

/// Records a call of the webhook that a door refused before it was read whole.
///
/// # Errors
/// As [`upload_refused`].
pub async fn hook_refused(hub: &Arc<Hub>, zone: &Zone, meta: CallMeta, why: &Error) -> Result<(), Error> {
    let (request, row) = (meta.request, zone.call(hub, meta, &Map::new()));
    let recorded = hub.store.record(&zone.0.scope, row, why.word()).await;
    recorded.map_err(|e| Error::from(e).of_request(request, HOOK))
}

async fn take(
    hub: &Arc<Hub>,
    scope: TenantScope,
    row: Call,
    via: Via,
    push: Push,
    rate: Option<RateState>,
    free: Result<(), Error>,
) -> Uploaded {
    let (request, op) = (row.request, row.op.clone());
    let (store, intake, tasks) = (hub.store.clone(), hub.intake(), hub.tasks.clone());
    let done = tasks
        .spawn(async move {
            match free {
                Ok(()) => submit(intake, scope, row, via, push).await,
                Err(e) => {
                    store.record(&scope, row, e.word()).await?;
                    Err(e)
                }
            }
        })
        .await
        .unwrap_or_else(|e| Err(Error::internal(e)));
    Uploaded { result: done.map_err(|e| e.of_request(request, &op)), rate }
}
