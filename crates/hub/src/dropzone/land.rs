//! From accepted proposals to samples: a run of a Drop Zone.
//!
//! A run takes what was accepted and is no sample yet, oldest first, in slices of [`SLICE`], each a transaction with its
//! row. What the gate accepted is held against the KRI once more: between the decision and the run the KRI may have
//! become one that a pushed value would improve. A run under way is the answer to whoever asks for another one; one that
//! does not end in [`ABANDONED`] has lost its hub and makes way.
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use watchkeep_model::autonomy::{Features, ProposalKind, Reason, Verdict, decide};
use watchkeep_model::kri::{Quality, State};
use watchkeep_model::{ArtifactId, IntegrationId, KriId, RunId, SampleId, Span, Timestamp, catalog};
use watchkeep_store::artifacts::{self, ArtifactRow};
use watchkeep_store::kris::{self, KriRow};
use watchkeep_store::proposals::{self, ProposalRow, autonomy, outcomes};
use watchkeep_store::{Call, Store, TenantScope, Tx, integrations, runs, samples};

use super::weigh::{Sources, settings};
use crate::error::Error;
use crate::ingest::{self, Origin, Statement, improves, would_be};
use crate::ops::kris::edit::{insert, of_signal};
use crate::proposals::{GATE, Said, by_gate};
use crate::rng::Rng;

/// Proposals in one write.
pub const SLICE: usize = 20;
/// Slices in one run; the next run goes on.
const MOST_SLICES: usize = 500;
/// A run that is under way for longer has lost its hub.
pub const ABANDONED: Span = Span::minutes(5);
/// The audit event of the writes of a run.
pub const EVENT: &str = "dropzone_run";

/// A run that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The run.
    pub run: RunId,
    /// False if it was under way before.
    pub new: bool,
}

/// Begins a run of a Drop Zone, or tells the one that is under way.
///
/// # Errors
/// Of the store.
pub async fn begin(
    store: Store,
    rng: Arc<Rng>,
    scope: TenantScope,
    call: Call,
    of: IntegrationId,
) -> Result<Begun, Error> {
    let (now, by) = (call.at, call.actor.name.clone());
    let run = RunId::new(rng.id(now));
    let call = part(call, run);
    store
        .write(&scope, call, async move |tx| {
            // writes of one tenant run one after the other, so nobody begins one in between
            if let Some(under_way) = runs::running(tx, of).await? {
                if under_way.started_at.plus(ABANDONED) > now {
                    return Ok::<_, Error>(Begun { run: under_way.id, new: false });
                }
                runs::end(tx, under_way.id, "failed", Some("the hub that ran it stopped"), now).await?;
            }
            runs::start(tx, run, of, &by, now).await?;
            integrations::ran(tx, of, run).await?;
            Ok(Begun { run, new: true })
        })
        .await
}

/// Does a run that was begun, to its end.
///
/// # Errors
/// Of the store. What became a sample until then stays, and the run says that it failed.
pub async fn go_on(
    store: Store,
    rng: Arc<Rng>,
    scope: TenantScope,
    call: Call,
    of: IntegrationId,
    run: RunId,
) -> Result<(), Error> {
    let now = call.at;
    let call = part(call, run);
    let mut done = Ok(());
    for _ in 0..MOST_SLICES {
        let ids: Vec<Ids> = (0..SLICE).map(|_| Ids::new(&rng, now)).collect();
        let slice = Slice { of, run, ids, now };
        match store.write(&scope, call.clone(), async move |tx| slice.land(tx).await).await {
            Ok(0) => break,
            Ok(_) => {}
            Err(e) => {
                done = Err(e);
                break;
            }
        }
    }
    let (status, error) = match &done {
        Ok(()) => ("ok".to_owned(), None),
        Err(e) => ("failed".to_owned(), Some(e.to_string())),
    };
    // the call's own watch tells how long it took; the time of the call is the same for all of it
    let ended = now.plus(Span::from_micros(call.watch.micros()));
    store
        .write(&scope, call, async move |tx| {
            runs::end(tx, run, &status, error.as_deref(), ended).await?;
            Ok::<_, Error>(())
        })
        .await?;
    done
}

fn part(call: Call, run: RunId) -> Call {
    Call { event: EVENT.into(), target: Some(run.to_string()), connector: None, ..call }
}

/// What one proposal may need.
#[derive(Clone, Copy)]
struct Ids {
    sample: SampleId,
    kri: KriId,
    outcome: uuid::Uuid,
}

impl Ids {
    fn new(rng: &Rng, now: Timestamp) -> Self {
        Self { sample: SampleId::new(rng.id(now)), kri: KriId::new(rng.id(now)), outcome: rng.id(now) }
    }
}

struct Slice {
    of: IntegrationId,
    run: RunId,
    ids: Vec<Ids>,
    now: Timestamp,
}

/// What stands against a proposal now.
enum Landing {
    /// Nothing: it becomes a sample of this KRI.
    On(Box<KriRow>, Statement),
    /// It goes back to a person.
    Back(Reason, Option<Features>),
}

impl Slice {
    /// Makes samples of the oldest that wait; tells how many it dealt with.
    async fn land(&self, tx: &mut Tx<'_>) -> Result<usize, Error> {
        let now = self.now;
        let waiting = proposals::to_land(tx, self.of, SLICE as i64).await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let sources = Sources::of(integrations::names_in(tx).await?);
        let review = settings(autonomy::get_in(tx, ProposalKind::Extraction).await?.as_ref()).1;
        let mut from: BTreeMap<ArtifactId, ArtifactRow> = BTreeMap::new();
        let mut touched: BTreeMap<KriId, Timestamp> = BTreeMap::new();
        let (mut written, mut skipped) = (0, 0);
        for (p, ids) in waiting.iter().zip(&self.ids) {
            let (row, said) = match landing(tx, p, *ids, &sources, review, now).await? {
                Landing::On(row, said) => (row, said),
                Landing::Back(reason, features) => {
                    back(tx, p, reason, features, ids.outcome, now).await?;
                    skipped += 1;
                    continue;
                }
            };
            if let Some(id) = p.artifact_id.filter(|id| !from.contains_key(id))
                && let Some(artifact) = artifacts::get_in(tx, id).await?
            {
                from.insert(id, artifact);
            }
            let artifact = p.artifact_id.and_then(|id| from.get(&id));
            let origin = Origin {
                integration: self.of,
                run: Some(self.run),
                quality: if p.edit.is_some() { Quality::Manual } else { Quality::Extracted },
                actor: artifact.map_or_else(|| GATE.to_owned(), |a| a.pushed_by.clone()),
                received_at: now,
            };
            let provenance = provenance(p, artifact);
            let sample = if ingest::write(tx, &row, &origin, ids.sample, &said, &provenance).await? {
                written += 1;
                ids.sample
            } else {
                // another file said the same: both rest on one sample
                skipped += 1;
                let same = ingest::sample(&row, &origin, ids.sample, &said, &provenance);
                samples::standing(tx, &same).await?.unwrap_or(ids.sample)
            };
            proposals::landed(tx, p.id, (row.id, sample, said.observed_at), self.run, now).await?;
            let oldest = touched.entry(row.id).or_insert(said.observed_at);
            *oldest = said.observed_at.min(*oldest);
        }
        for (kri, oldest) in touched {
            ingest::settle(tx, kri, oldest, now).await?;
        }
        runs::count(tx, self.run, written, skipped).await?;
        Ok(waiting.len())
    }
}

/// Whether a proposal can still become a sample, and of which KRI. One that the tenant does not have yet is made of the
/// catalogue, as samples posted by a program make it.
async fn landing(
    tx: &mut Tx<'_>,
    p: &ProposalRow,
    ids: Ids,
    sources: &Sources,
    review: bool,
    now: Timestamp,
) -> Result<Landing, Error> {
    let impossible = Landing::Back(Reason::Impossible, None);
    let said = Said::of(p);
    let Some(signal) = catalog::signal(&said.signal) else { return Ok(impossible) };
    let there = kris::by_slug_in(tx, &signal.slug, now).await?;
    let (row, make) = match there {
        Some(row) => (row, None),
        None if kris::archived_in(tx).await?.contains(&signal.slug) => return Ok(impossible),
        None => {
            let make = of_signal(&signal.slug, ids.kri)?;
            (make.row(), Some(make))
        }
    };
    let Ok(said) = said.statement().checked(&row, now, "") else { return Ok(impossible) };
    // a person has seen it; what the gate accepted is weighed against what is known now
    if p.decided_by.as_deref() == Some(GATE) {
        let subjects = samples::subjects(tx, row.id).await?;
        let after = would_be(&row, &subjects, &sources.rank, p.integration_id, [&said], now);
        let kept: Features = serde_json::from_str(&p.features).map_err(Error::internal)?;
        let features = Features {
            pulled_source: sources.pull(&subjects),
            improves: said.state == State::Ok && improves(row.status, after),
            review_improvements: review,
            ..kept
        };
        let band = watchkeep_model::autonomy::Band { threshold: p.threshold, floor: p.floor };
        let decided = decide(&features, &band);
        if decided.verdict != Verdict::AutoAccepted {
            return Ok(Landing::Back(decided.reason, Some(features)));
        }
    }
    if let Some(make) = make {
        insert(tx, &make, now).await?;
    }
    Ok(Landing::On(Box::new(row), said))
}

/// Puts a proposal back among those that wait for a person; that is a decision of the gate, too.
async fn back(
    tx: &mut Tx<'_>,
    p: &ProposalRow,
    reason: Reason,
    features: Option<Features>,
    outcome: uuid::Uuid,
    now: Timestamp,
) -> Result<(), Error> {
    let features = match features {
        Some(features) => features,
        None => {
            let kept: Features = serde_json::from_str(&p.features).map_err(Error::internal)?;
            Features { possible: false, ..kept }
        }
    };
    let text = serde_json::to_string(&features).map_err(Error::internal)?;
    proposals::requeue(tx, p.id, reason, &text).await?;
    let again = ProposalRow { verdict: Verdict::Queued, reason, features: text, ..p.clone() };
    Ok(outcomes::add(tx, &by_gate(&again, outcome, now)).await?)
}

/// Where the value stood, and who brought it.
fn provenance(p: &ProposalRow, artifact: Option<&ArtifactRow>) -> serde_json::Value {
    let mut told = json!({ "proposalId": p.id });
    if let Some((start, end)) = p.span_start.zip(p.span_end) {
        told["span"] = json!({ "start": start, "end": end });
    }
    if let Some(a) = artifact {
        told["artifactId"] = json!(a.id);
        told["format"] = json!(a.format);
        told["via"] = json!(a.via);
        told["pushedBy"] = json!(a.pushed_by);
        if let Some(id) = a.pusher_id {
            told["tokenId"] = json!(id);
        }
        if let Some(client) = &a.client {
            told["client"] = json!(client);
        }
        if let Some(name) = &a.filename {
            told["file"] = json!(name);
        }
    }
    if let Some(by) = &p.decided_by {
        told["acceptedBy"] = json!(by);
    }
    told
}
