//! One proposal with all that is known of it: the artifact, the words it was read from, every decision.
use data_encoding::HEXLOWER;
use schemars::JsonSchema;
use serde::Serialize;
use watchkeep_model::{ArtifactId, IntegrationId, ProposalId, TenantId, Timestamp, text};
use watchkeep_store::artifacts::{self, ArtifactRow, PART};
use watchkeep_store::proposals::outcomes::{self, OutcomeRow};
use watchkeep_store::proposals::{self as store, ProposalRow};
use watchkeep_store::{Keyring, Reader};

use super::decide::missing;
use super::{Proposal, SHOWN};
use crate::error::Error;

/// What was pushed, without its bytes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// Its id.
    pub id: ArtifactId,
    /// The Drop Zone that it was pushed into.
    pub integration_id: IntegrationId,
    /// SHA-256 of its bytes in hex.
    pub sha256: String,
    /// The name of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Its media type, as the sender said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// What it speaks of, as the sender said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// How many bytes.
    pub size: i64,
    /// What it was recognised as, or unknown.
    pub format: String,
    /// What a person should know.
    pub notes: Vec<String>,
    /// How many values were read from it.
    pub extractions: i64,
    /// The door: mcp, api, webhook or command_line.
    pub via: String,
    /// Who pushed it.
    pub pushed_by: String,
    /// The program that it was pushed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// When it came in.
    pub received_at: Timestamp,
    /// When its bytes go.
    pub expires_at: Timestamp,
    /// When they went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_removed_at: Option<Timestamp>,
}

impl From<ArtifactRow> for Artifact {
    fn from(a: ArtifactRow) -> Self {
        Self {
            id: a.id,
            integration_id: a.integration_id,
            sha256: HEXLOWER.encode(&a.sha256),
            filename: a.filename,
            mime: a.mime,
            subject: a.subject,
            size: a.size,
            format: a.format,
            notes: serde_json::from_str(&a.notes).unwrap_or_default(),
            extractions: a.extractions,
            via: a.via,
            pushed_by: a.pushed_by,
            client: a.client,
            received_at: a.received_at,
            expires_at: a.expires_at,
            body_removed_at: a.body_removed_at,
        }
    }
}

/// A decision about a proposal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// When.
    pub at: Timestamp,
    /// What: auto_accepted, queued, dismissed; accepted, edited, rejected, undone.
    pub decision: String,
    /// Why the gate decided so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who.
    pub by: String,
    /// What was said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The threshold in force.
    pub threshold: f64,
    /// The floor in force.
    pub floor: f64,
}

impl From<OutcomeRow> for Outcome {
    fn from(o: OutcomeRow) -> Self {
        let OutcomeRow { at, decision, reason, actor, note, threshold, floor, .. } = o;
        Self { at, decision, reason, by: actor, note, threshold, floor }
    }
}

/// A proposal with all that is known of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProposalDetail {
    /// The proposal.
    #[serde(flatten)]
    pub proposal: Proposal,
    /// What the gate looked at.
    pub features: serde_json::Value,
    /// The artifact that it was read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// The words that it was read from, cleaned and cut; absent where they are no text, or the bytes are gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// Every decision, oldest first.
    pub decisions: Vec<Outcome>,
}

/// One proposal with all that is known of it.
///
/// # Errors
/// Not found; of the store. A body that does not open is not quoted.
pub async fn detail(
    db: Reader<'_>,
    keys: &Keyring,
    tenant: TenantId,
    which: ProposalId,
) -> Result<ProposalDetail, Error> {
    let row = store::get(db, which).await?.ok_or_else(|| missing(which))?;
    let artifact = match row.artifact_id {
        Some(id) => artifacts::get(db, id).await?,
        None => None,
    };
    let excerpt = match &artifact {
        Some(a) if a.body_removed_at.is_none() => match excerpt(db, keys, tenant, a, &row).await {
            // the key is lost, or the bytes were changed: `doctor` says which; the proposal is still there to be seen
            Err(watchkeep_store::Error::Sealed(why)) => {
                tracing::error!(artifact = %a.id, why, "the body of an artifact does not open");
                None
            }
            other => other?,
        },
        _ => None,
    };
    let decisions = outcomes::of(db, which).await?.into_iter().map(Outcome::from).collect();
    Ok(ProposalDetail {
        features: serde_json::from_str(&row.features).unwrap_or_default(),
        artifact: artifact.map(Artifact::from),
        excerpt,
        decisions,
        proposal: row.into(),
    })
}

/// The cited bytes as text. Only the parts that they stand in are opened, at most two.
async fn excerpt(
    db: Reader<'_>,
    keys: &Keyring,
    tenant: TenantId,
    of: &ArtifactRow,
    p: &ProposalRow,
) -> watchkeep_store::Result<Option<String>> {
    let place = |v: Option<i64>| v.and_then(|v| usize::try_from(v).ok());
    let Some((start, end)) = place(p.span_start).zip(place(p.span_end)) else { return Ok(None) };
    // four bytes to a character at most
    let end = end.min(start.saturating_add(4 * SHOWN));
    let mut cited = vec![];
    for n in start / PART..=end.saturating_sub(1).max(start) / PART {
        let number = i64::try_from(n).unwrap_or(i64::MAX);
        let Some(plain) = artifacts::part(db, keys, tenant, of.id, number).await? else { return Ok(None) };
        let (from, to) = (start.saturating_sub(n * PART), end.saturating_sub(n * PART).min(plain.len()));
        cited.extend_from_slice(plain.get(from..to).unwrap_or_default());
    }
    // a cut may fall into a character; what is no text beyond that is not shown
    let text = String::from_utf8_lossy(&cited);
    let strange = text.chars().filter(|c| *c == '\u{FFFD}').count();
    let text = text::clean(&text, SHOWN);
    Ok((strange <= 2 && !text.is_empty()).then_some(text))
}
