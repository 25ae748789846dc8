//! A person's decision about a proposal.
use uuid::Uuid;
use watchkeep_model::autonomy::{ProposalKind, ProposalStatus as Status};
use watchkeep_model::{ProposalId, Span, Timestamp, catalog, text};
use watchkeep_store::proposals::outcomes::{self, OutcomeRow};
use watchkeep_store::proposals::{self as store, ProposalRow};
use watchkeep_store::samples::{self, Undone};
use watchkeep_store::{Actor, Tx, kris};

use super::{Edit, Said};
use crate::error::{Error, Flaw};
use crate::ingest;
use crate::ops::kris::edit::of_signal;

/// The longest note in characters.
const MAX_NOTE: usize = 500;

/// What a person decides.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// It holds as it is.
    Accept {
        /// Why.
        note: Option<String>,
    },
    /// It holds with changes.
    Edit {
        /// The changes.
        edit: Edit,
        /// Why.
        note: Option<String>,
    },
    /// It does not hold.
    Reject {
        /// Why.
        note: Option<String>,
    },
    /// Nothing is decided, but something is said.
    Note {
        /// What is said.
        note: String,
    },
    /// What was accepted is taken back: its sample no longer counts.
    Undo {
        /// Why.
        note: Option<String>,
    },
}

impl Decision {
    /// The word of the decision.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Accept { .. } => "accept",
            Self::Edit { .. } => "edit",
            Self::Reject { .. } => "reject",
            Self::Note { .. } => "note",
            Self::Undo { .. } => "undo",
        }
    }

    fn note(&self) -> Option<&str> {
        match self {
            Self::Accept { note } | Self::Edit { note, .. } | Self::Reject { note } | Self::Undo { note } => {
                note.as_deref()
            }
            Self::Note { note } => Some(note),
        }
    }

    /// What the proposal becomes, and what it may be before.
    const fn step(&self) -> Option<(Status, &'static [Status])> {
        const OPEN: &[Status] = &[Status::Pending, Status::Rejected, Status::Dismissed, Status::Undone];
        match self {
            Self::Accept { .. } => Some((Status::Accepted, OPEN)),
            Self::Edit { .. } => Some((Status::Edited, OPEN)),
            Self::Reject { .. } => Some((Status::Rejected, &[Status::Pending, Status::Dismissed])),
            Self::Undo { .. } => Some((Status::Undone, &[Status::Accepted, Status::Edited])),
            Self::Note { .. } => None,
        }
    }
}

/// Decides about a proposal, inside a write. `id` is the id of the row of `ai_proposal_outcome`. What is accepted becomes
/// a sample at the next run of its integration; what is undone no longer counts at once.
///
/// # Errors
/// Not found; a conflict where it has been decided otherwise; every flaw of what would be kept.
pub async fn decide(
    tx: &mut Tx<'_>,
    which: ProposalId,
    decision: &Decision,
    by: &Actor,
    id: Uuid,
    now: Timestamp,
) -> Result<ProposalRow, Error> {
    let p = store::get_in(tx, which).await?.ok_or_else(|| missing(which))?;
    let note = decision.note().map(|n| text::clean(n, MAX_NOTE)).filter(|n| !n.is_empty());
    let Some((status, from)) = decision.step() else {
        let note = note.ok_or_else(|| Error::flaw("note", "must not be empty"))?;
        store::note(tx, which, &note).await?;
        return read_again(tx, which).await;
    };
    if !from.contains(&p.status) {
        return Err(refused(&p, decision));
    }
    let edit = match decision {
        Decision::Edit { edit, .. } => {
            if *edit == Edit::default() {
                return Err(Error::flaw("edit", "changes nothing: name what is different, or accept it as it is"));
            }
            Some(serde_json::to_string(edit).map_err(Error::internal)?)
        }
        _ => None,
    };
    let accepts = matches!(status, Status::Accepted | Status::Edited);
    let lands = accepts && p.kind == ProposalKind::Extraction;
    if lands {
        let said = match decision {
            Decision::Edit { edit, .. } => Said::edited(&p, edit),
            _ => Said::edited(&p, &Edit::default()),
        };
        possible(tx, &said, now).await?;
    }
    // an undone one keeps what was changed: it tells what the sample was
    let edit = if status == Status::Undone { p.edit.clone() } else { edit };
    let kept = store::Decision {
        status,
        edit: edit.as_deref(),
        note: note.as_deref().or(p.note.as_deref()),
        by: &by.name,
        at: now,
        to_land: lands,
    };
    if !store::decide(tx, which, p.status, &kept).await? {
        return Err(refused(&p, decision));
    }
    outcomes::add(
        tx,
        &OutcomeRow {
            id,
            proposal_id: p.id,
            kind: p.kind,
            decision: status.as_str().to_owned(),
            reason: None,
            confidence: p.confidence,
            features: p.features.clone(),
            threshold: p.threshold,
            floor: p.floor,
            actor_kind: by.kind.as_str().to_owned(),
            actor: by.name.clone(),
            note: note.clone(),
            at: now,
        },
    )
    .await?;
    if status == Status::Undone {
        take_back(tx, &p, &by.name, note, now).await?;
    }
    read_again(tx, which).await
}

/// Whether what was said could be kept.
async fn possible(tx: &mut Tx<'_>, said: &Said, now: Timestamp) -> Result<(), Error> {
    let Some(signal) = catalog::signal(&said.signal) else {
        let near = catalog::nearest(&said.signal).map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        let told = format!("there is no signal `{}` in the catalogue{near}", text::clean(&said.signal, 80));
        return Err(Error::flaw("signal", &told));
    };
    let row = match kris::by_slug_in(tx, &signal.slug, now).await? {
        Some(row) => row,
        None if kris::archived_in(tx).await?.contains(&signal.slug) => {
            return Err(Error::conflict(format!(
                "the KRI `{}` was archived, so it takes no values: reject this proposal",
                signal.slug
            )));
        }
        None => of_signal(&signal.slug, watchkeep_model::KriId::new(Uuid::nil()))?.row(),
    };
    let hinted = |flaw: Flaw| Flaw { problem: format!("{}; edit the proposal", flaw.problem), ..flaw };
    match said.statement().checked(&row, now, "") {
        Ok(_) => Ok(()),
        Err(flaws) => Err(Error::invalid(flaws.into_iter().map(hinted).collect())),
    }
}

/// The sample of an undone proposal no longer counts, unless another proposal that holds says the same.
async fn take_back(
    tx: &mut Tx<'_>,
    p: &ProposalRow,
    by: &str,
    note: Option<String>,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(((kri, sample), observed_at)) = p.kri_id.zip(p.sample_id).zip(p.sample_at) else { return Ok(()) };
    if store::others_of_sample(tx, sample, p.id).await? > 0 {
        return Ok(());
    }
    let row = kris::by_id_in(tx, kri, now).await?;
    let undone = Undone {
        kri,
        sample,
        observed_at,
        subject: text::clean(&Said::of(p).statement().subject, ingest::MAX_SUBJECT),
        integration: p.integration_id,
        actor: by.to_owned(),
        note,
        cadence: row.as_ref().map_or(Span::ZERO, ingest::cadence),
    };
    // one that was archived meanwhile has no value to be settled
    if samples::undo(tx, &undone, now).await? && row.is_some() {
        ingest::settle_without(tx, kri, observed_at, now).await?;
    }
    Ok(())
}

async fn read_again(tx: &mut Tx<'_>, which: ProposalId) -> Result<ProposalRow, Error> {
    store::get_in(tx, which).await?.ok_or_else(|| missing(which))
}

pub(crate) fn missing(which: ProposalId) -> Error {
    Error::not_found(format!("there is no proposal {which}; `watchkeep proposal list` and list_proposals tell the ids"))
}

fn refused(p: &ProposalRow, decision: &Decision) -> Error {
    let by = p.decided_by.as_deref().unwrap_or("nobody");
    let hint = match decision {
        Decision::Undo { .. } => "only what was accepted can be undone",
        _ if matches!(p.status, Status::Accepted | Status::Edited) => "undo it first",
        _ => "that is the end of it, unless it is accepted",
    };
    Error::conflict(format!("the proposal is {} (by {by}), so `{}` does not fit: {hint}", p.status, decision.word()))
}
