//! Proposals: what a file or a model suggests, what the gate made of it, and what a person decided.
//!
//! An accepted one becomes a sample once ([`to_land`], [`landed`]); until then it is marked by `to_land`. What the gate
//! looked at stays with it and with each decision ([`outcomes`]).
use watchkeep_model::autonomy::{ProposalKind, ProposalStatus, Reason, Verdict};
use watchkeep_model::kri::{State, Unit};
use watchkeep_model::{ArtifactId, IntegrationId, KriId, ProposalId, RunId, SampleId, Slug, TenantId, Timestamp};

use crate::{Reader, Result, Store, TenantScope, Tx};

pub mod autonomy;
pub mod outcomes;

macro_rules! select {
    () => {
        "select id, kind, status, verdict, reason, integration_id, artifact_id, signal, subject, value, numerator, denominator, unit, state, observed_at, span_start, span_end, confidence, reasoning, features, threshold, floor, edit, note, created_at, decided_by, decided_at, to_land, kri_id, sample_id, sample_at, run_id, landed_at from proposal where tenant_id = $1 "
    };
}

statements! {
    Tenant ADD = "insert into proposal (tenant_id, id, kind, status, verdict, reason, integration_id, artifact_id, signal, subject, value, numerator, denominator, unit, state, observed_at, span_start, span_end, confidence, reasoning, features, threshold, floor, edit, note, created_at, decided_by, decided_at, to_land, kri_id, sample_id, sample_at, run_id, landed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, null, null, $24, $25, $26, $27, null, null, null, null, null)";
    Tenant GET = concat!(select!(), "and id = $2");
    Tenant PAGE = concat!(select!(), "and status = $2 and id < $3 and ($4 = '' or kind = $4) and (integration_id = $5 or $5 is null) and ($6 = '' or signal = $6) order by id desc limit $7");
    Tenant PAGE_ALL = concat!(select!(), "and id < $2 and ($3 = '' or kind = $3) and (integration_id = $4 or $4 is null) and ($5 = '' or signal = $5) order by id desc limit $6");
    Tenant OF_ARTIFACT = concat!(select!(), "and artifact_id = $2 order by id limit $3");
    Tenant WAITING = concat!(select!(), "and to_land = 1 order by id limit $2");
    Tenant TO_LAND = concat!(select!(), "and integration_id = $2 and to_land = 1 order by id limit $3");
    Tenant OTHERS_OF_SAMPLE = "select count(*) as n from proposal where tenant_id = $1 and sample_id = $2 and id <> $3 and status in ('accepted', 'edited')";
    Tenant DECIDE = "update proposal set status = $4, edit = $5, note = $6, decided_by = $7, decided_at = $8, to_land = $9 where tenant_id = $1 and id = $2 and status = $3";
    Tenant NOTE = "update proposal set note = $3 where tenant_id = $1 and id = $2";
    Tenant LANDED = "update proposal set to_land = 0, kri_id = $3, sample_id = $4, sample_at = $5, run_id = $6, landed_at = $7 where tenant_id = $1 and id = $2";
    Tenant REQUEUE = "update proposal set status = 'pending', verdict = 'queued', reason = $3, features = $4, to_land = 0, decided_by = null, decided_at = null where tenant_id = $1 and id = $2";
    Crossing LANDING = "select distinct p.tenant_id, t.slug, p.integration_id from proposal p join tenant t on t.id = p.tenant_id join integration i on i.tenant_id = p.tenant_id and i.id = p.integration_id where p.to_land = 1 and p.decided_at <= $1 and i.enabled = 1 and t.disabled_at is null limit $2";
}

crate::row! {
    /// A proposal.
    pub struct ProposalRow {
        /// The id.
        pub id: ProposalId,
        /// What it is about.
        pub kind: ProposalKind,
        /// What has become of it.
        pub status: ProposalStatus,
        /// What the gate said.
        pub verdict: Verdict,
        /// Why.
        pub reason: Reason,
        /// The integration that it came from.
        pub integration_id: IntegrationId,
        /// The artifact that it was read from.
        pub artifact_id: Option<ArtifactId>,
        /// The signal of the catalogue.
        pub signal: String,
        /// What the value speaks of; empty for the whole.
        pub subject: String,
        /// The value; none if the state says why.
        pub value: Option<f64>,
        /// Of a share: how many.
        pub numerator: Option<f64>,
        /// Of a share: out of how many.
        pub denominator: Option<f64>,
        /// The unit.
        pub unit: Unit,
        /// Whether there is a value.
        pub state: State,
        /// When it was so.
        pub observed_at: Timestamp,
        /// Where it stands in the artifact: the first byte.
        pub span_start: Option<i64>,
        /// The byte after the last one.
        pub span_end: Option<i64>,
        /// How sure it is.
        pub confidence: f64,
        /// Why.
        pub reasoning: String,
        /// What the gate looked at, as JSON.
        pub features: String,
        /// The threshold in force.
        pub threshold: f64,
        /// The floor in force.
        pub floor: f64,
        /// What a person changed, as JSON.
        pub edit: Option<String>,
        /// What a person said about it.
        pub note: Option<String>,
        /// When it was made.
        pub created_at: Timestamp,
        /// Who decided; `gate` if nobody did.
        pub decided_by: Option<String>,
        /// When.
        pub decided_at: Option<Timestamp>,
        /// Accepted, and not yet a sample.
        pub to_land: bool,
        /// The KRI that it became a sample of.
        pub kri_id: Option<KriId>,
        /// The sample.
        pub sample_id: Option<SampleId>,
        /// When the sample was observed.
        pub sample_at: Option<Timestamp>,
        /// The run that made it.
        pub run_id: Option<RunId>,
        /// When.
        pub landed_at: Option<Timestamp>,
    }
}

/// Which proposals to list; empty text and `None` mean all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// What has become of them.
    pub status: Option<ProposalStatus>,
    /// What they are about.
    pub kind: Option<ProposalKind>,
    /// Of one integration.
    pub integration: Option<IntegrationId>,
    /// Of one signal.
    pub signal: String,
}

/// Keeps a proposal. What comes later (edit, note, sample) is not kept from the row.
///
/// # Errors
/// Of the database.
pub async fn add(tx: &mut Tx<'_>, p: &ProposalRow) -> Result<()> {
    let values = params![
        p.id,
        p.kind,
        p.status,
        p.verdict,
        p.reason,
        p.integration_id,
        p.artifact_id,
        &p.signal,
        &p.subject,
        p.value,
        p.numerator,
        p.denominator,
        p.unit,
        p.state,
        p.observed_at,
        p.span_start,
        p.span_end,
        p.confidence,
        &p.reasoning,
        &p.features,
        p.threshold,
        p.floor,
        p.created_at,
        p.decided_by.as_deref(),
        p.decided_at,
        p.to_land,
    ];
    tx.exec(ADD, values).await?;
    Ok(())
}
/// One proposal.
///
/// # Errors
/// Of the database.
pub async fn get(r: Reader<'_>, id: ProposalId) -> Result<Option<ProposalRow>> {
    r.opt(GET, params![id]).await
}
/// The same inside a write.
///
/// # Errors
/// Of the database.
pub async fn get_in(tx: &mut Tx<'_>, id: ProposalId) -> Result<Option<ProposalRow>> {
    tx.opt(GET, params![id]).await
}
/// Proposals before an id, newest first.
///
/// # Errors
/// Of the database.
pub async fn page(r: Reader<'_>, f: &Filter, before: ProposalId, limit: i64) -> Result<Vec<ProposalRow>> {
    let kind = f.kind.map_or("", ProposalKind::as_str);
    match f.status {
        Some(status) => r.all(PAGE, params![status, before, kind, f.integration, &f.signal, limit]).await,
        None => r.all(PAGE_ALL, params![before, kind, f.integration, &f.signal, limit]).await,
    }
}
/// What was read from an artifact, in the order in which it was kept.
///
/// # Errors
/// Of the database.
pub async fn of_artifact(r: Reader<'_>, of: ArtifactId, limit: i64) -> Result<Vec<ProposalRow>> {
    r.all(OF_ARTIFACT, params![of, limit]).await
}
/// All that was accepted and is no sample yet.
///
/// # Errors
/// Of the database.
pub async fn waiting(r: Reader<'_>, limit: i64) -> Result<Vec<ProposalRow>> {
    r.all(WAITING, params![limit]).await
}
/// What was accepted of an integration and is no sample yet, the oldest first.
///
/// # Errors
/// Of the database.
pub async fn to_land(tx: &mut Tx<'_>, of: IntegrationId, limit: i64) -> Result<Vec<ProposalRow>> {
    tx.all(TO_LAND, params![of, limit]).await
}

/// How many other proposals that were accepted became the same sample.
///
/// # Errors
/// Of the database.
pub async fn others_of_sample(tx: &mut Tx<'_>, sample: SampleId, but: ProposalId) -> Result<i64> {
    let row: Option<(i64,)> = tx.opt(OTHERS_OF_SAMPLE, params![sample, but]).await?;
    Ok(row.map_or(0, |(n,)| n))
}

/// A person's decision.
#[derive(Clone, Debug)]
pub struct Decision<'a> {
    /// What it becomes.
    pub status: ProposalStatus,
    /// What was changed, as JSON.
    pub edit: Option<&'a str>,
    /// What is said about it.
    pub note: Option<&'a str>,
    /// Who decides.
    pub by: &'a str,
    /// When.
    pub at: Timestamp,
    /// True if it has to become a sample.
    pub to_land: bool,
}
/// Keeps a decision; false if the proposal has another status than `from` meanwhile.
///
/// # Errors
/// Of the database.
pub async fn decide(tx: &mut Tx<'_>, id: ProposalId, from: ProposalStatus, d: &Decision<'_>) -> Result<bool> {
    let p = params![id, from, d.status, d.edit, d.note, d.by, d.at, d.to_land];
    Ok(tx.exec(DECIDE, p).await? > 0)
}
/// Keeps a note.
///
/// # Errors
/// Of the database.
pub async fn note(tx: &mut Tx<'_>, id: ProposalId, note: &str) -> Result<bool> {
    Ok(tx.exec(NOTE, params![id, note]).await? > 0)
}
/// Notes the sample that a proposal became.
///
/// # Errors
/// Of the database.
pub async fn landed(
    tx: &mut Tx<'_>,
    id: ProposalId,
    (kri, sample, observed_at): (KriId, SampleId, Timestamp),
    run: RunId,
    now: Timestamp,
) -> Result<()> {
    tx.exec(LANDED, params![id, kri, sample, observed_at, run, now]).await?;
    Ok(())
}
/// Puts an accepted proposal back among those that wait for a person.
///
/// # Errors
/// Of the database.
pub async fn requeue(tx: &mut Tx<'_>, id: ProposalId, reason: Reason, features: &str) -> Result<()> {
    tx.exec(REQUEUE, params![id, reason, features]).await?;
    Ok(())
}

impl Store {
    /// Integrations of which something was accepted before a moment and is no sample yet.
    ///
    /// # Errors
    /// Of the database.
    pub async fn landing(&self, before: Timestamp, limit: i64) -> Result<Vec<(TenantScope, IntegrationId)>> {
        let rows: Vec<(TenantId, Slug, IntegrationId)> = self.crossing().all(LANDING, params![before, limit]).await?;
        Ok(rows.into_iter().map(|(tenant, slug, id)| (TenantScope::new(tenant, slug), id)).collect())
    }
}
