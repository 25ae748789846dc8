//! Artifacts: what was pushed into a Drop Zone, with its bytes sealed.
//!
//! A row says what it was, who pushed it and when; the same bytes are one row per integration. The body lies beside it
//! in parts of [`PART`] bytes, each sealed for its own place, and goes after its time; the row stays. A body of several
//! parts is laid down part by part before the row ([`Store::stage_part`]), so that no write takes long; what never got
//! its row is found by [`Store::staged_before`].
use watchkeep_model::{ArtifactId, IntegrationId, Slug, TenantId, Timestamp};

use crate::seal::Place;
use crate::{Keyring, Reader, Result, Store, TenantScope, Tx};

pub mod zones;

/// Bytes of a body in one part.
pub const PART: usize = 1 << 20;

macro_rules! select {
    () => {
        "select id, integration_id, sha256, filename, mime, subject, size, parts, format, notes, extractions, via, pushed_by, pusher_id, client, received_at, expires_at, body_removed_at from artifact where tenant_id = $1 "
    };
}

statements! {
    Tenant ADD = "insert into artifact (tenant_id, id, integration_id, sha256, filename, mime, subject, size, parts, format, notes, extractions, via, pushed_by, pusher_id, client, received_at, expires_at, body_removed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, null) on conflict (tenant_id, integration_id, sha256) do nothing";
    Tenant GET = concat!(select!(), "and id = $2");
    Tenant BY_HASH = concat!(select!(), "and integration_id = $2 and sha256 = $3");
    Tenant PAGE = concat!(select!(), "and id < $2 and (integration_id = $3 or $3 is null) order by id desc limit $4");
    Tenant PUT_PART = "insert into artifact_part (tenant_id, artifact_id, n, sealed) values ($1, $2, $3, $4)";
    Tenant PART_OF = "select sealed from artifact_part where tenant_id = $1 and artifact_id = $2 and n = $3";
    Tenant DROP_PARTS = "delete from artifact_part where tenant_id = $1 and artifact_id = $2 and n in (select n from artifact_part where tenant_id = $1 and artifact_id = $2 order by n limit $3)";
    Tenant UNSTAGE = "delete from artifact_staging where tenant_id = $1 and artifact_id = $2";
    Tenant REMOVED = "update artifact set body_removed_at = coalesce(body_removed_at, $3) where tenant_id = $1 and id = $2";
    Crossing STAGE = "insert into artifact_staging (tenant_id, artifact_id, since) values ($1, $2, $3) on conflict (tenant_id, artifact_id) do nothing";
    Crossing STAGE_PART = "insert into artifact_part (tenant_id, artifact_id, n, sealed) values ($1, $2, $3, $4)";
    Crossing STAGED = "select s.tenant_id, t.slug, s.artifact_id from artifact_staging s join tenant t on t.id = s.tenant_id where s.since < $1 order by s.since limit $2";
    Crossing EXPIRED = "select a.tenant_id, t.slug, a.id from artifact a join tenant t on t.id = a.tenant_id where a.expires_at <= $1 and a.body_removed_at is null order by a.expires_at limit $2";
}

crate::row! {
    /// An artifact without its bytes.
    pub struct ArtifactRow {
        /// The id.
        pub id: ArtifactId,
        /// The Drop Zone that it was pushed into.
        pub integration_id: IntegrationId,
        /// SHA-256 of its bytes.
        pub sha256: [u8; 32],
        /// The name it had.
        pub filename: Option<String>,
        /// The media type that the sender named.
        pub mime: Option<String>,
        /// What the sender said that it speaks of.
        pub subject: Option<String>,
        /// How many bytes.
        pub size: i64,
        /// In how many parts they are kept.
        pub parts: i64,
        /// What it was recognised as, or `unknown`.
        pub format: String,
        /// A JSON array of what a person should know.
        pub notes: String,
        /// How many values were read from it.
        pub extractions: i64,
        /// The door: `mcp`, `api`, `webhook`, `command_line`.
        pub via: String,
        /// Who pushed it: a person's address, a key's label.
        pub pushed_by: String,
        /// The token or key that it was pushed with.
        pub pusher_id: Option<uuid::Uuid>,
        /// The program that it was pushed with.
        pub client: Option<String>,
        /// When it came in.
        pub received_at: Timestamp,
        /// When its bytes go.
        pub expires_at: Timestamp,
        /// When they went.
        pub body_removed_at: Option<Timestamp>,
    }
}

/// Keeps an artifact's row; false if the integration has the same bytes already.
///
/// # Errors
/// Of the database.
pub async fn add(tx: &mut Tx<'_>, a: &ArtifactRow) -> Result<bool> {
    let p = params![
        a.id,
        a.integration_id,
        &a.sha256,
        a.filename.as_deref(),
        a.mime.as_deref(),
        a.subject.as_deref(),
        a.size,
        a.parts,
        &a.format,
        &a.notes,
        a.extractions,
        &a.via,
        &a.pushed_by,
        a.pusher_id,
        a.client.as_deref(),
        a.received_at,
        a.expires_at,
    ];
    Ok(tx.exec(ADD, p).await? > 0)
}
/// One artifact.
///
/// # Errors
/// Of the database.
pub async fn get(r: Reader<'_>, id: ArtifactId) -> Result<Option<ArtifactRow>> {
    r.opt(GET, params![id]).await
}
/// The same inside a write.
///
/// # Errors
/// Of the database.
pub async fn get_in(tx: &mut Tx<'_>, id: ArtifactId) -> Result<Option<ArtifactRow>> {
    tx.opt(GET, params![id]).await
}
/// The artifact of an integration that has these bytes.
///
/// # Errors
/// Of the database.
pub async fn by_hash(r: Reader<'_>, of: IntegrationId, sha256: &[u8; 32]) -> Result<Option<ArtifactRow>> {
    r.opt(BY_HASH, params![of, sha256]).await
}
/// The same inside a write.
///
/// # Errors
/// Of the database.
pub async fn by_hash_in(tx: &mut Tx<'_>, of: IntegrationId, sha256: &[u8; 32]) -> Result<Option<ArtifactRow>> {
    tx.opt(BY_HASH, params![of, sha256]).await
}
/// Artifacts before an id, newest first; of one integration, or of all.
///
/// # Errors
/// Of the database.
pub async fn page(
    r: Reader<'_>,
    of: Option<IntegrationId>,
    before: ArtifactId,
    limit: i64,
) -> Result<Vec<ArtifactRow>> {
    r.all(PAGE, params![before, of, limit]).await
}

/// Part `n` of a body (from 0) as it is kept.
///
/// # Errors
/// Of the keyring.
pub fn seal_part(keys: &Keyring, tenant: TenantId, of: ArtifactId, n: i64, plain: &[u8]) -> Result<Vec<u8>> {
    keys.seal(part_place(tenant, of, &n.to_string()), plain)
}
/// The place of part `n`, which is given as text.
pub(crate) fn part_place(tenant: TenantId, of: ArtifactId, n: &str) -> Place<'_> {
    Place { table: "artifact_part", tenant, row: of.uuid(), column: n }
}
/// Keeps a sealed part together with its artifact.
///
/// # Errors
/// Of the database.
pub async fn put_part(tx: &mut Tx<'_>, of: ArtifactId, n: i64, sealed: &[u8]) -> Result<()> {
    tx.exec(PUT_PART, params![of, n, sealed]).await?;
    Ok(())
}
/// Says that the parts that were laid down have their artifact now.
///
/// # Errors
/// Of the database.
pub async fn unstage(tx: &mut Tx<'_>, of: ArtifactId) -> Result<()> {
    tx.exec(UNSTAGE, params![of]).await?;
    Ok(())
}
/// Part `n` of a body, opened; none where it is gone.
///
/// # Errors
/// Of the database, or [`crate::Error::Sealed`].
pub async fn part(r: Reader<'_>, keys: &Keyring, tenant: TenantId, of: ArtifactId, n: i64) -> Result<Option<Vec<u8>>> {
    let row: Option<(Vec<u8>,)> = r.opt(PART_OF, params![of, n]).await?;
    row.map(|(sealed,)| keys.open(part_place(tenant, of, &n.to_string()), &sealed)).transpose()
}
/// Removes up to `limit` parts of a body; tells how many went.
///
/// # Errors
/// Of the database.
pub async fn drop_parts(tx: &mut Tx<'_>, of: ArtifactId, limit: i64) -> Result<u64> {
    tx.exec(DROP_PARTS, params![of, limit]).await
}
/// Notes that the bytes are gone; false if there is no such artifact. The first time stays.
///
/// # Errors
/// Of the database.
pub async fn body_removed(tx: &mut Tx<'_>, of: ArtifactId, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(REMOVED, params![of, now]).await? > 0)
}

impl Store {
    /// Lays down a sealed part of a body whose artifact follows in a write of its own, which has the audit row.
    ///
    /// # Errors
    /// Of the database.
    pub fn stage_part(
        &self,
        scope: &TenantScope,
        of: ArtifactId,
        n: i64,
        sealed: Vec<u8>,
        now: Timestamp,
    ) -> impl Future<Output = Result<()>> + Send {
        let tenant = scope.tenant();
        async move {
            self.write_quietly(async move |tx| {
                tx.exec(STAGE, params![tenant, of, now]).await?;
                tx.exec(STAGE_PART, params![tenant, of, n, &sealed]).await?;
                Ok(())
            })
            .await
        }
    }
    /// Bodies that were laid down before a moment and never got their artifact.
    ///
    /// # Errors
    /// Of the database.
    pub async fn staged_before(&self, before: Timestamp, limit: i64) -> Result<Vec<(TenantScope, ArtifactId)>> {
        let rows: Vec<(TenantId, Slug, ArtifactId)> = self.crossing().all(STAGED, params![before, limit]).await?;
        Ok(scoped(rows))
    }
    /// Artifacts whose bytes have had their time.
    ///
    /// # Errors
    /// Of the database.
    pub async fn expired_artifacts(&self, now: Timestamp, limit: i64) -> Result<Vec<(TenantScope, ArtifactId)>> {
        let rows: Vec<(TenantId, Slug, ArtifactId)> = self.crossing().all(EXPIRED, params![now, limit]).await?;
        Ok(scoped(rows))
    }
}
fn scoped(rows: Vec<(TenantId, Slug, ArtifactId)>) -> Vec<(TenantScope, ArtifactId)> {
    rows.into_iter().map(|(tenant, slug, id)| (TenantScope::new(tenant, slug), id)).collect()
}
