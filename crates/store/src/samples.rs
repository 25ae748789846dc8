//! Samples, append only; the latest of each subject and source; the value at the end of each day.
use ring::digest::{Context, SHA256};
use watchkeep_model::kri::{Quality, State, Status};
use watchkeep_model::{IntegrationId, KriId, RunId, SampleId, Span, Timestamp};

use crate::{Reader, Result, Tx};

statements! {
    Tenant ADD = "insert into kri_sample (tenant_id, kri_id, observed_at, id, received_at, subject, integration_id, run_id, value, numerator, denominator, state, quality, actor, note, provenance, fingerprint) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) on conflict (tenant_id, kri_id, fingerprint) do nothing";
    /// A sample without a value leaves the last known one standing: a source that fails must not take its share out of
    /// a sum.
    Tenant LATEST = "insert into kri_subject (tenant_id, kri_id, subject, integration_id, sample_id, observed_at, fresh_until, value, numerator, denominator, state, quality) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (tenant_id, kri_id, subject, integration_id) do update set sample_id = excluded.sample_id, observed_at = excluded.observed_at, fresh_until = excluded.fresh_until, value = coalesce(excluded.value, kri_subject.value), numerator = case when excluded.value is null then kri_subject.numerator else excluded.numerator end, denominator = case when excluded.value is null then kri_subject.denominator else excluded.denominator end, state = excluded.state, quality = excluded.quality where excluded.observed_at >= kri_subject.observed_at";
    Tenant SUBJECTS = "select subject, integration_id, sample_id, observed_at, fresh_until, value, numerator, denominator, state, quality from kri_subject where tenant_id = $1 and kri_id = $2 order by subject, integration_id";
    Tenant SINCE = "select id, observed_at, received_at, subject, integration_id, run_id, value, numerator, denominator, state, quality, actor, note, provenance from kri_sample s where s.tenant_id = $1 and s.kri_id = $2 and s.observed_at >= $3 and not exists (select 1 from kri_sample_undone u where u.tenant_id = $1 and u.kri_id = s.kri_id and u.sample_id = s.id) order by s.observed_at, s.id limit $4";
    Tenant BEFORE = "select id, observed_at, received_at, subject, integration_id, run_id, value, numerator, denominator, state, quality, actor, note, provenance from kri_sample where tenant_id = $1 and kri_id = $2 and observed_at < $3 order by observed_at desc, id desc limit $4";
    Tenant ONE = "select id, observed_at, received_at, subject, integration_id, run_id, value, numerator, denominator, state, quality, actor, note, provenance from kri_sample where tenant_id = $1 and kri_id = $2 and observed_at = $3 and id = $4";
    Tenant UNDO = "insert into kri_sample_undone (tenant_id, kri_id, sample_id, observed_at, undone_at, actor, note) values ($1, $2, $3, $4, $5, $6, $7) on conflict (tenant_id, kri_id, sample_id) do nothing";
    Tenant UNDONE_TWIN = "select s.id from kri_sample s join kri_sample_undone u on u.tenant_id = s.tenant_id and u.kri_id = s.kri_id and u.sample_id = s.id where s.tenant_id = $1 and s.kri_id = $2 and s.fingerprint = $3";
    Tenant SAME = "select id from kri_sample where tenant_id = $1 and kri_id = $2 and fingerprint = $3";
    Tenant LAST = "select s.id, s.observed_at, s.value, s.numerator, s.denominator, s.state, s.quality from kri_sample s where s.tenant_id = $1 and s.kri_id = $2 and s.subject = $3 and s.integration_id = $4 and not exists (select 1 from kri_sample_undone u where u.tenant_id = $1 and u.kri_id = s.kri_id and u.sample_id = s.id) order by s.observed_at desc, s.id desc limit 1";
    Tenant LAST_VALUE = "select s.id, s.observed_at, s.value, s.numerator, s.denominator, s.state, s.quality from kri_sample s where s.tenant_id = $1 and s.kri_id = $2 and s.subject = $3 and s.integration_id = $4 and s.value is not null and not exists (select 1 from kri_sample_undone u where u.tenant_id = $1 and u.kri_id = s.kri_id and u.sample_id = s.id) order by s.observed_at desc, s.id desc limit 1";
    Tenant RESTORE = "update kri_subject set sample_id = $5, observed_at = $6, fresh_until = $7, value = $8, numerator = $9, denominator = $10, state = $11, quality = $12 where tenant_id = $1 and kri_id = $2 and subject = $3 and integration_id = $4";
    Tenant FORGET = "delete from kri_subject where tenant_id = $1 and kri_id = $2 and subject = $3 and integration_id = $4";
    Tenant PUT_POINT = "insert into kri_point (tenant_id, kri_id, day, value, state, status) values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id, kri_id, day) do update set value = excluded.value, state = excluded.state, status = excluded.status";
    Tenant DROP_POINTS = "delete from kri_point where tenant_id = $1 and kri_id = $2 and day >= $3";
    Tenant POINTS = "select day, value, state, status from kri_point where tenant_id = $1 and kri_id = $2 and day >= $3 order by day";
}

/// A sample to be kept.
#[derive(Clone, Debug)]
pub struct NewSample {
    /// Of which KRI.
    pub kri: KriId,
    /// The id.
    pub id: SampleId,
    /// When it was observed.
    pub observed_at: Timestamp,
    /// When it came in.
    pub received_at: Timestamp,
    /// What it speaks of; empty for the whole.
    pub subject: String,
    /// Where it came from.
    pub integration: IntegrationId,
    /// In which run.
    pub run: Option<RunId>,
    /// The value; none if the state says why.
    pub value: Option<f64>,
    /// What a percentage counts.
    pub numerator: Option<f64>,
    /// Out of how many.
    pub denominator: Option<f64>,
    /// Whether there is a value.
    pub state: State,
    /// How sure.
    pub quality: Quality,
    /// Who brought it.
    pub actor: String,
    /// What they said about it.
    pub note: Option<String>,
    /// A JSON object: file and row, request, page and path.
    pub provenance: String,
}
impl NewSample {
    /// The same statement of the same source is kept once, however often it is sent; and once more after the one before
    /// was taken back.
    fn fingerprint(&self, after: Option<SampleId>) -> [u8; 32] {
        let mut d = Context::new(&SHA256);
        d.update(self.integration.uuid().as_bytes());
        d.update(&self.observed_at.micros().to_be_bytes());
        for n in [self.value, self.numerator, self.denominator] {
            match n {
                None => d.update(&[0]),
                Some(n) => {
                    d.update(&[1]);
                    d.update(&n.to_bits().to_be_bytes());
                }
            }
        }
        d.update(self.state.as_str().as_bytes());
        d.update(&[0]);
        d.update(self.subject.as_bytes());
        if let Some(after) = after {
            d.update(after.uuid().as_bytes());
        }
        let mut out = [0; 32];
        out.copy_from_slice(d.finish().as_ref());
        out
    }
}

crate::row! {
    /// A sample as it was kept.
    pub struct SampleRow {
        /// The id.
        pub id: SampleId,
        /// When it was observed.
        pub observed_at: Timestamp,
        /// When it came in.
        pub received_at: Timestamp,
        /// What it speaks of.
        pub subject: String,
        /// Where it came from.
        pub integration_id: IntegrationId,
        /// In which run.
        pub run_id: Option<RunId>,
        /// The value.
        pub value: Option<f64>,
        /// What a percentage counts.
        pub numerator: Option<f64>,
        /// Out of how many.
        pub denominator: Option<f64>,
        /// Whether there is a value.
        pub state: State,
        /// How sure.
        pub quality: Quality,
        /// Who brought it.
        pub actor: String,
        /// What they said about it.
        pub note: Option<String>,
        /// A JSON object.
        pub provenance: String,
    }
}
crate::row! {
    /// The latest sample of one subject by one source.
    pub struct SubjectRow {
        /// What it speaks of.
        pub subject: String,
        /// Where it came from.
        pub integration_id: IntegrationId,
        /// The sample.
        pub sample_id: SampleId,
        /// When it was observed.
        pub observed_at: Timestamp,
        /// Until when it is fresh.
        pub fresh_until: Timestamp,
        /// The value.
        pub value: Option<f64>,
        /// What a percentage counts.
        pub numerator: Option<f64>,
        /// Out of how many.
        pub denominator: Option<f64>,
        /// Whether there is a value.
        pub state: State,
        /// How sure.
        pub quality: Quality,
    }
}
crate::row! {
    /// The value at the end of a day.
    pub struct PointRow {
        /// The day, as its first moment.
        pub day: Timestamp,
        /// The value.
        pub value: Option<f64>,
        /// Whether there was a value.
        pub state: State,
        /// The status.
        pub status: Status,
    }
}

/// Keeps a sample; false if the same was kept before and stands. The latest of its subject follows.
///
/// # Errors
/// Of the database.
pub async fn add(tx: &mut Tx<'_>, s: &NewSample, fresh_until: Timestamp) -> Result<bool> {
    let mut fingerprint = s.fingerprint(None);
    while !insert(tx, s, &fingerprint).await? {
        // one that was taken back does not stand in the way of saying the same again
        let twin: Option<(SampleId,)> = tx.opt(UNDONE_TWIN, params![s.kri, &fingerprint]).await?;
        let Some((undone,)) = twin else { return Ok(false) };
        fingerprint = s.fingerprint(Some(undone));
    }
    let p = params![
        s.kri,
        &s.subject,
        s.integration,
        s.id,
        s.observed_at,
        fresh_until,
        s.value,
        s.numerator,
        s.denominator,
        s.state,
        s.quality
    ];
    tx.exec(LATEST, p).await?;
    Ok(true)
}
/// The sample that says the same as this one, and stands.
///
/// # Errors
/// Of the database.
pub async fn standing(tx: &mut Tx<'_>, s: &NewSample) -> Result<Option<SampleId>> {
    let mut fingerprint = s.fingerprint(None);
    loop {
        let same: Option<(SampleId,)> = tx.opt(SAME, params![s.kri, &fingerprint]).await?;
        let Some((same,)) = same else { return Ok(None) };
        let undone: Option<(SampleId,)> = tx.opt(UNDONE_TWIN, params![s.kri, &fingerprint]).await?;
        if undone.is_none() {
            return Ok(Some(same));
        }
        fingerprint = s.fingerprint(Some(same));
    }
}
async fn insert(tx: &mut Tx<'_>, s: &NewSample, fingerprint: &[u8; 32]) -> Result<bool> {
    let p = params![
        s.kri,
        s.observed_at,
        s.id,
        s.received_at,
        &s.subject,
        s.integration,
        s.run,
        s.value,
        s.numerator,
        s.denominator,
        s.state,
        s.quality,
        &s.actor,
        s.note.as_deref(),
        &s.provenance,
        fingerprint
    ];
    Ok(tx.exec(ADD, p).await? > 0)
}

crate::row! {
    struct Standing {
        id: SampleId, observed_at: Timestamp, value: Option<f64>, numerator: Option<f64>, denominator: Option<f64>,
        state: State, quality: Quality,
    }
}

/// A sample that is taken back.
#[derive(Clone, Debug)]
pub struct Undone {
    /// Of which KRI.
    pub kri: KriId,
    /// The sample.
    pub sample: SampleId,
    /// When it was observed.
    pub observed_at: Timestamp,
    /// What it spoke of.
    pub subject: String,
    /// Where it came from.
    pub integration: IntegrationId,
    /// Who takes it back.
    pub actor: String,
    /// Why.
    pub note: Option<String>,
    /// How often a sample of the KRI is expected.
    pub cadence: Span,
}
/// Takes a sample back: it stays, a row beside it says that it no longer counts, and the latest of its subject becomes
/// what stood before. False if it was taken back before. The caller settles the KRI.
///
/// # Errors
/// Of the database.
pub async fn undo(tx: &mut Tx<'_>, u: &Undone, now: Timestamp) -> Result<bool> {
    let p = params![u.kri, u.sample, u.observed_at, now, &u.actor, u.note.as_deref()];
    if tx.exec(UNDO, p).await? == 0 {
        return Ok(false);
    }
    let last: Option<Standing> = tx.opt(LAST, params![u.kri, &u.subject, u.integration]).await?;
    let Some(last) = last else {
        tx.exec(FORGET, params![u.kri, &u.subject, u.integration]).await?;
        return Ok(true);
    };
    // a sample without a value leaves the last known one standing, as when it came in
    let known: Option<Standing> = match last.value {
        Some(_) => None,
        None => tx.opt(LAST_VALUE, params![u.kri, &u.subject, u.integration]).await?,
    };
    let of = known.as_ref().unwrap_or(&last);
    let p = params![
        u.kri,
        &u.subject,
        u.integration,
        last.id,
        last.observed_at,
        watchkeep_model::kri::fresh_until(last.observed_at, u.cadence),
        of.value,
        of.numerator,
        of.denominator,
        last.state,
        last.quality
    ];
    tx.exec(RESTORE, p).await?;
    Ok(true)
}
/// The latest of each subject and source, in a settled order.
///
/// # Errors
/// Of the database.
pub async fn subjects(tx: &mut Tx<'_>, kri: KriId) -> Result<Vec<SubjectRow>> {
    tx.all(SUBJECTS, params![kri]).await
}
/// The same outside a write.
///
/// # Errors
/// Of the database.
pub async fn subjects_now(r: Reader<'_>, kri: KriId) -> Result<Vec<SubjectRow>> {
    r.all(SUBJECTS, params![kri]).await
}
/// Samples from a moment on, oldest first.
///
/// # Errors
/// Of the database.
pub async fn since(tx: &mut Tx<'_>, kri: KriId, from: Timestamp, limit: i64) -> Result<Vec<SampleRow>> {
    tx.all(SINCE, params![kri, from, limit]).await
}
/// Samples before a moment, newest first.
///
/// # Errors
/// Of the database.
pub async fn before(r: Reader<'_>, kri: KriId, until: Timestamp, limit: i64) -> Result<Vec<SampleRow>> {
    r.all(BEFORE, params![kri, until, limit]).await
}
/// One sample.
///
/// # Errors
/// Of the database.
pub async fn get(r: Reader<'_>, kri: KriId, observed_at: Timestamp, id: SampleId) -> Result<Option<SampleRow>> {
    r.opt(ONE, params![kri, observed_at, id]).await
}
/// Writes the value at the end of a day.
///
/// # Errors
/// Of the database.
pub async fn put_point(tx: &mut Tx<'_>, kri: KriId, p: &PointRow) -> Result<()> {
    tx.exec(PUT_POINT, params![kri, p.day, p.value, p.state, p.status]).await?;
    Ok(())
}
/// Removes the values from a day on: they are made anew after a sample was taken back.
///
/// # Errors
/// Of the database.
pub async fn drop_points(tx: &mut Tx<'_>, kri: KriId, from: Timestamp) -> Result<u64> {
    tx.exec(DROP_POINTS, params![kri, from]).await
}
/// The values at the end of each day, oldest first, inside a write.
///
/// # Errors
/// Of the database.
pub async fn points_in(tx: &mut Tx<'_>, kri: KriId, from: Timestamp) -> Result<Vec<PointRow>> {
    tx.all(POINTS, params![kri, from]).await
}
/// The values at the end of each day, oldest first.
///
/// # Errors
/// Of the database.
pub async fn points(r: Reader<'_>, kri: KriId, from: Timestamp) -> Result<Vec<PointRow>> {
    r.all(POINTS, params![kri, from]).await
}
