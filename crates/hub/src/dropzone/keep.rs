//! The write: an artifact with its proposals and the gate's decisions, all of it or nothing.
use data_encoding::HEXLOWER;
use watchkeep_model::ArtifactId;
use watchkeep_model::autonomy::Verdict;
use watchkeep_store::artifacts::{self, ArtifactRow};
use watchkeep_store::proposals::{self, ProposalRow, outcomes};
use watchkeep_store::{Error as StoreError, Tx};

use super::{Counts, Submitted};
use crate::error::Error;
use crate::proposals::by_gate;

/// A push that was read and decided about.
pub(crate) struct Prepared {
    row: ArtifactRow,
    proposals: Vec<ProposalRow>,
    /// The last part of the body, sealed; the parts before it are laid down.
    last: Vec<u8>,
}

impl Prepared {
    pub(super) fn new(row: ArtifactRow, proposals: Vec<ProposalRow>, last: Vec<u8>) -> Self {
        Self { row, proposals, last }
    }

    /// The id that the artifact gets, if nobody is faster with the same bytes.
    pub(crate) fn artifact(&self) -> ArtifactId {
        self.row.id
    }

    /// Keeps it. Where a twin was faster, its artifact is the answer, and what was laid down for this one is removed later.
    ///
    /// # Errors
    /// Of the store.
    pub(crate) async fn keep(&self, tx: &mut Tx<'_>) -> Result<Submitted, Error> {
        if !artifacts::add(tx, &self.row).await? {
            let first = artifacts::by_hash_in(tx, self.row.integration_id, &self.row.sha256).await?;
            return first.map(Submitted::repeat).ok_or_else(|| StoreError::NoRow.into());
        }
        artifacts::put_part(tx, self.row.id, self.row.parts - 1, &self.last).await?;
        if self.row.parts > 1 {
            artifacts::unstage(tx, self.row.id).await?;
        }
        let mut counts = Counts::default();
        for p in &self.proposals {
            match p.verdict {
                Verdict::AutoAccepted => counts.auto_accepted += 1,
                Verdict::Queued => counts.queued += 1,
                Verdict::Dismissed => counts.dismissed += 1,
            }
            proposals::add(tx, p).await?;
            // one decision per proposal here, so the proposal's id names the row, too
            outcomes::add(tx, &by_gate(p, p.id.uuid(), p.created_at)).await?;
        }
        Ok(Submitted {
            artifact_id: self.row.id,
            sha256: HEXLOWER.encode(&self.row.sha256),
            duplicate_of: None,
            format: self.row.format.clone(),
            notes: serde_json::from_str(&self.row.notes).unwrap_or_default(),
            proposals: counts,
        })
    }
}
