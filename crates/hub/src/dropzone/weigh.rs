//! What the gate looks at, for each value that was read: held against the tenant's KRIs as they are now.
use std::collections::{BTreeMap, HashMap};

use watchkeep_mapping::Extraction;
use watchkeep_model::autonomy::{Band, Decided, Features, ProposalKind, ProposalStatus, Verdict, decide};
use watchkeep_model::kri::{SourceKind, State};
use watchkeep_model::{IntegrationId, KriId, ProposalId, Timestamp, text};
use watchkeep_store::artifacts::ArtifactRow;
use watchkeep_store::integrations::{self, Named};
use watchkeep_store::kris::{self, KriRow};
use watchkeep_store::proposals::{self, ProposalRow, autonomy};
use watchkeep_store::samples::{self, SubjectRow};
use watchkeep_store::{Reader, TenantScope};

use super::{Intake, MOST_PROPOSALS};
use crate::error::Error;
use crate::ingest::{Statement, improves, would_be};
use crate::ops::kris::edit::of_signal;
use crate::proposals::Said;

/// The longest reasoning in characters.
const MAX_REASONING: usize = 1_000;
/// Accepted proposals that wait to become samples, of which the gate takes notice.
const MOST_WAITING: i64 = 2_000;

/// A KRI that values are for, with what its value is made of.
pub(super) struct Measured {
    pub(super) row: KriRow,
    pub(super) subjects: Vec<SubjectRow>,
    /// True if its slug belongs to one that was archived.
    pub(super) archived: bool,
}

/// Which of the integrations are pulled, and which wins over which.
pub(super) struct Sources {
    pub(super) rank: HashMap<IntegrationId, i64>,
    pulled: Vec<IntegrationId>,
}

impl Sources {
    pub(super) fn of(all: Vec<Named>) -> Self {
        let is_pulled = |k| matches!(k, SourceKind::McpClient | SourceKind::Native | SourceKind::Agent);
        let pulled = all.iter().filter(|i| is_pulled(i.source_kind)).map(|i| i.id).collect();
        Self { rank: all.into_iter().map(|i| (i.id, i.priority)).collect(), pulled }
    }

    /// True if a source that is pulled speaks of the KRI.
    pub(super) fn pull(&self, subjects: &[SubjectRow]) -> bool {
        subjects.iter().any(|s| self.pulled.contains(&s.integration_id))
    }
}

/// The band and the rule of the tenant, or the defaults.
pub(super) fn settings(kept: Option<&autonomy::AutonomyRow>) -> (Band, bool) {
    kept.map_or((Band::default(), false), |k| (Band { threshold: k.threshold, floor: k.floor }, k.review_improvements))
}

/// The gate's decision on each value of an artifact, as the rows that are kept.
pub(super) async fn weigh(
    intake: &Intake,
    scope: &TenantScope,
    artifact: &ArtifactRow,
    read: &[Extraction],
    now: Timestamp,
) -> Result<Vec<ProposalRow>, Error> {
    let read = read.get(..MOST_PROPOSALS).unwrap_or(read);
    if read.is_empty() {
        return Ok(vec![]);
    }
    let db = intake.store.at(scope);
    let kept = autonomy::get(db, ProposalKind::Extraction).await?;
    let (band, review) = settings(kept.as_ref());
    let sources = Sources::of(integrations::names(db).await?);
    let kris = measured(intake, db, read, now).await?;
    let mut said: BTreeMap<&str, Vec<Statement>> = BTreeMap::new();
    for e in read {
        said.entry(e.signal).or_default().push(statement(e, now));
    }
    // what was accepted already counts as if it were kept: two steps that do nothing alone may do something together
    let waiting = proposals::waiting(db, MOST_WAITING).await?;
    let together: BTreeMap<&str, bool> = said
        .iter()
        .filter_map(|(signal, new)| {
            let kri = kris.get(signal)?;
            let before: Vec<Statement> =
                waiting.iter().filter(|w| w.signal == *signal).map(|w| Said::of(w).statement()).collect();
            let all = before.iter().chain(new);
            let after = would_be(&kri.row, &kri.subjects, &sources.rank, artifact.integration_id, all, now);
            Some((*signal, improves(kri.row.status, after)))
        })
        .collect();
    let mut proposals = Vec::with_capacity(read.len());
    for e in read {
        let Some(kri) = kris.get(e.signal) else { continue };
        let s = statement(e, now);
        let alone = would_be(&kri.row, &kri.subjects, &sources.rank, artifact.integration_id, [&s], now);
        let features = Features {
            confidence: e.confidence,
            reasoning: !e.reasoning.trim().is_empty(),
            has_value: e.value.is_some(),
            is_unknown: e.state != State::Ok,
            possible: !kri.archived && s.clone().checked(&kri.row, now, "").is_ok(),
            pulled_source: sources.pull(&kri.subjects),
            improves: improves(kri.row.status, alone)
                || (e.value.is_some() && together.get(e.signal).copied().unwrap_or_default()),
            review_improvements: review,
        };
        let decided = decide(&features, &band);
        let id = ProposalId::new(intake.rng.id(now));
        proposals.push(row(id, artifact, e, &s, &features, band, decided, now)?);
    }
    Ok(proposals)
}

/// The KRIs of these signals; one that the tenant does not have yet as it would be made.
async fn measured<'e>(
    intake: &Intake,
    db: Reader<'_>,
    read: &'e [Extraction],
    now: Timestamp,
) -> Result<BTreeMap<&'e str, Measured>, Error> {
    let mut found = BTreeMap::new();
    let archived = kris::archived(db).await?;
    for e in read {
        if found.contains_key(e.signal) {
            continue;
        }
        let measured = match kris::by_slug(db, e.signal, now).await? {
            Some(row) => {
                let subjects = samples::subjects_now(db, row.id).await?;
                Measured { row, subjects, archived: false }
            }
            None => Measured {
                row: of_signal(e.signal, KriId::new(intake.rng.id(now)))?.row(),
                subjects: vec![],
                archived: archived.iter().any(|slug| slug == e.signal),
            },
        };
        found.insert(e.signal, measured);
    }
    Ok(found)
}

fn statement(e: &Extraction, now: Timestamp) -> Statement {
    Statement {
        subject: text::clean(&e.subject, crate::ingest::MAX_SUBJECT),
        observed_at: e.observed_at.unwrap_or(now),
        value: e.value,
        numerator: e.numerator,
        denominator: e.denominator,
        state: e.state,
        note: None,
    }
}

#[expect(clippy::too_many_arguments, reason = "one row made of all that is known, in one place")]
fn row(
    id: ProposalId,
    artifact: &ArtifactRow,
    e: &Extraction,
    s: &Statement,
    features: &Features,
    band: Band,
    decided: Decided,
    now: Timestamp,
) -> Result<ProposalRow, Error> {
    let status = match decided.verdict {
        Verdict::AutoAccepted => ProposalStatus::Accepted,
        Verdict::Queued => ProposalStatus::Pending,
        Verdict::Dismissed => ProposalStatus::Dismissed,
    };
    let accepted = status == ProposalStatus::Accepted;
    let finite = |v: Option<f64>| v.filter(|v| v.is_finite());
    Ok(ProposalRow {
        id,
        kind: ProposalKind::Extraction,
        status,
        verdict: decided.verdict,
        reason: decided.reason,
        integration_id: artifact.integration_id,
        artifact_id: Some(artifact.id),
        signal: e.signal.to_owned(),
        subject: s.subject.clone(),
        value: finite(e.value),
        numerator: finite(e.numerator),
        denominator: finite(e.denominator),
        unit: e.unit,
        state: e.state,
        observed_at: s.observed_at,
        span_start: i64::try_from(e.span.start).ok(),
        span_end: i64::try_from(e.span.end).ok(),
        confidence: if e.confidence.is_finite() { e.confidence } else { 0.0 },
        reasoning: text::clean(&e.reasoning, MAX_REASONING),
        features: serde_json::to_string(features).map_err(Error::internal)?,
        threshold: band.threshold,
        floor: band.floor,
        edit: None,
        note: None,
        created_at: now,
        decided_by: (decided.verdict != Verdict::Queued).then(|| crate::proposals::GATE.to_owned()),
        decided_at: (decided.verdict != Verdict::Queued).then_some(now),
        to_land: accepted,
        kri_id: None,
        sample_id: None,
        sample_at: None,
        run_id: None,
        landed_at: None,
    })
}
