//! The integration that samples are credited to, where the caller names none: manual entries, files, and each API key
//! have one of their own, made at the first use.
use uuid::Uuid;
use watchkeep_model::kri::SourceKind;
use watchkeep_model::{IntegrationId, Timestamp, text};
use watchkeep_store::Tx;
use watchkeep_store::integrations::{self, IntegrationRow};

use crate::error::Error;

/// Where samples are credited to.
#[derive(Debug, Clone)]
pub enum Source {
    /// What a person typed.
    Manual,
    /// A file.
    Csv,
    /// An API key, by its label.
    Key(String),
}

impl Source {
    fn name(&self) -> String {
        match self {
            Self::Manual => "Manual entry".into(),
            Self::Csv => "CSV import".into(),
            Self::Key(label) => text::clean(&format!("API key {label}"), 100),
        }
    }
    fn kind(&self) -> SourceKind {
        match self {
            Self::Manual => SourceKind::Manual,
            Self::Csv => SourceKind::Csv,
            Self::Key(_) => SourceKind::Api,
        }
    }
    /// The integration; made with this id if it is not there yet.
    ///
    /// # Errors
    /// Of the store.
    pub async fn ensure(&self, tx: &mut Tx<'_>, id: Uuid, now: Timestamp) -> Result<IntegrationId, Error> {
        // writes of one tenant run one after the other, so nobody makes it in between
        if let Some(there) = integrations::by_name_in(tx, &self.name()).await? {
            return Ok(there.id);
        }
        let row = IntegrationRow::new(IntegrationId::new(id), self.name(), "Watchkeep", self.kind(), now);
        integrations::add(tx, &row).await?;
        Ok(row.id)
    }
}
