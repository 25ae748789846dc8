//! A value that a person types: a run of its own, a sample, and the KRI settled.
use serde_json::json;
use uuid::Uuid;
use watchkeep_model::kri::Quality;
use watchkeep_model::{RunId, SampleId, Timestamp};
use watchkeep_store::kris::{KriRow, Settled};
use watchkeep_store::{Tx, integrations, runs};

use super::{Origin, Source, Statement, settle, write};
use crate::error::Error;

/// A checked value with the ids of what it makes.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Of which KRI.
    pub of: KriRow,
    /// What it says, checked.
    pub said: Statement,
    /// The sample's id.
    pub sample: SampleId,
    /// The run's id.
    pub run: RunId,
    /// The id of the integration for typed values, if it has to be made.
    pub source: Uuid,
    /// Who types it.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

impl Entry {
    /// Keeps it; false beside what the KRI is now, if the same was kept before.
    ///
    /// # Errors
    /// Of the store.
    pub async fn record(&self, tx: &mut Tx<'_>) -> Result<(Settled, bool), Error> {
        let (now, run) = (self.at, self.run);
        let integration = Source::Manual.ensure(tx, self.source, now).await?;
        runs::start(tx, run, integration, &self.actor, now).await?;
        let from = Origin {
            integration,
            run: Some(run),
            quality: Quality::Manual,
            actor: self.actor.clone(),
            received_at: now,
        };
        let new = write(tx, &self.of, &from, self.sample, &self.said, &json!({})).await?;
        runs::count(tx, run, i64::from(new), i64::from(!new)).await?;
        runs::end(tx, run, "ok", None, now).await?;
        integrations::ran(tx, integration, run).await?;
        Ok((settle(tx, self.of.id, self.said.observed_at, now).await?, new))
    }
}
