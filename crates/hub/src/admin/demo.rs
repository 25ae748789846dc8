//! Demo data on its way in: by the same doors as anybody's, marked as demo.
use watchkeep_model::Timestamp;
use watchkeep_store::{Keyring, TenantScope};

use super::Admin;
use crate::demo::{self, DemoTenant};
use crate::error::Error;

impl Admin {
    /// Makes a demo tenant with its people, integrations, KRIs and history. Tells how many samples it kept.
    ///
    /// # Errors
    /// A conflict if a tenant of that slug is there already.
    pub async fn load_demo(&self, tenant: DemoTenant) -> Result<usize, Error> {
        let count = tenant.samples.len();
        demo::load_one(self.clone(), tenant).await?;
        Ok(count)
    }

    /// Pushes evidence into the Drop Zone of a demo tenant. Tells how many proposals wait for a person.
    ///
    /// # Errors
    /// Of the database.
    pub async fn load_demo_evidence(&self, tenant: &TenantScope, keys: &Keyring) -> Result<usize, Error> {
        demo::load_evidence(self.clone(), keys.clone(), tenant.clone()).await
    }
}

/// The end of the demo's history: the whole minute, so that a value of this moment is not in the future.
#[must_use]
pub fn demo_end(now: Timestamp) -> Timestamp {
    Timestamp::from_micros(now.micros() - now.micros().rem_euclid(60_000_000))
}
