//! Administration: tenants, people, tokens, integrations and the definitions of KRIs.
//!
//! These are no operations of a connector: nobody reaches them with a token. The command line on the hub's own machine
//! calls them as operator, whoever signs in with the right to will call the same ones. Each write is one transaction
//! with one audit row that names who did it; what concerns a tenant stands in the tenant's chain, what concerns the
//! installation in the installation's.
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};
use watchkeep_model::{RequestId, Slug, Timestamp, text};
use watchkeep_store::{Actor, ActorKind, Call, Stopwatch, Store, TenantScope};

use crate::canonical;
use crate::clock::Clock;
use crate::error::Error;
use crate::hub::Hub;
use crate::rng::Rng;

mod clients;
mod demo;
mod dropzone;
mod identity;
mod integrations;
mod keys;
mod kris;
mod people;
mod register;
mod tenants;
mod tokens;

pub use clients::{MadeClient, NewClient};
pub use demo::demo_end;
pub use dropzone::{NewZone, Wanted, ZoneInfo, ZoneToken};
pub use identity::OneTimeLink;
pub use integrations::NewIntegration;
pub use people::{NewPerson, email};
pub use tokens::{Credential, Lifetime, NewKey, NewPat, Revoked};

/// Somebody who administers: the store, the time, and the name that the audit log gets.
#[derive(Clone)]
pub struct Admin {
    store: Store,
    clock: Arc<dyn Clock>,
    rng: Arc<Rng>,
    actor: Actor,
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").field("actor", &self.actor).finish_non_exhaustive()
    }
}

impl Admin {
    /// The operator at the machine's own command line; `user` is the name of the system's account.
    #[must_use]
    pub fn operator(store: Store, clock: Arc<dyn Clock>, rng: Arc<Rng>, user: &str) -> Self {
        let name = format!("command line ({})", text::clean(user, 60));
        Self {
            store,
            clock,
            rng,
            actor: Actor { kind: ActorKind::Operator, id: None, person: None, name, client: None },
        }
    }

    /// Somebody who is signed in, or was let in otherwise, and whom the audit log is to name. What they may do is checked
    /// before: whoever has an `Admin` may do everything.
    #[must_use]
    pub fn of(hub: &Hub, actor: Actor) -> Self {
        Self { store: hub.store.clone(), clock: hub.clock.clone(), rng: hub.rng.clone(), actor }
    }

    /// The data.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Chance.
    #[must_use]
    pub fn rng(&self) -> &Arc<Rng> {
        &self.rng
    }

    /// Who administers.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The scope of a tenant.
    ///
    /// # Errors
    /// [`Kind::NotFound`](crate::error::Kind::NotFound) if there is no such tenant.
    pub async fn tenant(&self, slug: &Slug) -> Result<TenantScope, Error> {
        self.store
            .administer(slug)
            .await?
            .ok_or_else(|| Error::not_found(format!("there is no tenant `{slug}`; `watchkeep tenant list` shows all")))
    }

    /// The record of an act: its audit event, the name of the act, what it was told (no secrets) and what it is about.
    #[must_use]
    pub fn act(&self, event: &'static str, op: &'static str, told: &Value, target: impl fmt::Display) -> Call {
        let now = self.now();
        let nothing = Map::new();
        Call {
            event: event.into(),
            op: op.into(),
            connector: None,
            actor: self.actor.clone(),
            args: canonical::digest(told.as_object().unwrap_or(&nothing)),
            at: now,
            watch: Stopwatch::start(),
            request: RequestId::new(self.rng.id(now)),
            client: None,
            address: None,
            target: Some(text::clean(&target.to_string(), 120)).filter(|t| !t.is_empty()),
        }
    }

    /// Records an act on the installation that writes nothing else, such as a backup.
    ///
    /// # Errors
    /// Of the database.
    pub async fn note(&self, event: &'static str, op: &'static str, told: &Value) -> Result<(), Error> {
        let call = self.act(event, op, told, "");
        Ok(self.store.record_installation(self.store.operator(), call, "ok").await?)
    }

    /// Records an act in a tenant that writes nothing else, such as a reading of its audit log.
    ///
    /// # Errors
    /// Of the database.
    pub async fn note_in(
        &self,
        tenant: &TenantScope,
        event: &'static str,
        op: &'static str,
        told: &Value,
    ) -> Result<(), Error> {
        Ok(self.store.record(tenant, self.act(event, op, told, ""), "ok").await?)
    }
}

/// A name for people: cleaned, not empty, at most 120 characters.
fn named(field: &'static str, name: &str) -> Result<String, Error> {
    let clean = text::clean(name, 120);
    if clean.is_empty() { Err(Error::flaw(field, "must not be empty")) } else { Ok(clean) }
}
