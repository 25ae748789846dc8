//! The Drop Zone: bytes that are pushed in become an artifact with its proposals, in one transaction.
//!
//! [`submit`] takes the bytes, whoever brings them. Reading a file may take long, so it is done on a blocking thread, at
//! most [`AT_ONCE`] at a time and never inside a write; the write keeps results only. The same bytes again change nothing
//! and are answered with the artifact that they became first; which of two twins was first is decided by the write. What
//! the gate accepts is not a sample yet: [`land`] makes samples of it, by `run_integration` or by the job of every minute.
use data_encoding::HEXLOWER;
use std::path::PathBuf;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use watchkeep_mapping::{Artifact as Given, KevList, Known, extract};
use watchkeep_model::kri::SourceKind;
use watchkeep_model::{ArtifactId, IntegrationId, Span, Timestamp, text};
use watchkeep_store::artifacts::{self, ArtifactRow, PART};
use watchkeep_store::{Actor, Call, Keyring, Store, TenantScope, integrations};

use crate::canonical;
use crate::error::Error;
use crate::hub::Hub;
use crate::rng::Rng;

mod doors;
mod keep;
pub mod land;
mod weigh;

pub use doors::{Uploaded, Zone, admit, hook, hook_refused, upload, upload_refused, zone};
pub(crate) use keep::Prepared;

/// The longest file in bytes.
pub const MAX_BODY: usize = 64 << 20;
/// The longest text over MCP in bytes.
pub const MAX_TEXT: usize = 1 << 20;
/// How many files are read at a time.
pub const AT_ONCE: usize = 2;
/// How long the bytes of an artifact are kept. Its row stays.
pub const KEPT: Span = Span::days(90);
/// The most values that are taken from one artifact.
pub const MOST_PROPOSALS: usize = 500;
/// Characters of a file name or a subject.
const MAX_NAME: usize = 200;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// Bytes that somebody brings.
#[derive(Clone, Debug)]
pub enum Body {
    /// In memory.
    Bytes(Vec<u8>),
    /// In a file of the door's, which removes it afterwards. It is read when there is a place to read it in, so that many
    /// at once need no more memory than [`AT_ONCE`] of them.
    File(PathBuf),
}

/// By which door an artifact comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A tool of a connector.
    Mcp,
    /// The REST API.
    Api,
    /// The webhook of a Drop Zone.
    Webhook,
    /// The command line.
    CommandLine,
}

impl Via {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mcp => "mcp",
            Self::Api => "api",
            Self::Webhook => "webhook",
            Self::CommandLine => "command_line",
        }
    }
}

/// What is pushed.
#[derive(Clone, Debug)]
pub struct Push {
    /// Into which Drop Zone.
    pub integration: IntegrationId,
    /// The bytes.
    pub body: Body,
    /// The name of the file.
    pub filename: Option<String>,
    /// Its media type, as the sender says.
    pub mime: Option<String>,
    /// What its values speak of, where the file does not say so.
    pub subject: Option<String>,
}

impl Push {
    /// What is hashed into the audit row: everything but the bytes.
    fn told(&self) -> Map<String, Value> {
        let told = json!({
            "integrationId": self.integration, "filename": self.filename, "mimeType": self.mime, "subject": self.subject,
        });
        told.as_object().cloned().unwrap_or_default()
    }
}

/// What the pipeline works with.
#[derive(Clone)]
pub struct Intake {
    pub(crate) store: Store,
    pub(crate) rng: Arc<Rng>,
    pub(crate) keys: Arc<Keyring>,
    /// The vulnerabilities that are known to be exploited; without them nothing is said of them.
    pub(crate) kev: Option<Arc<KevList>>,
}

impl std::fmt::Debug for Intake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Intake").finish_non_exhaustive()
    }
}

impl Intake {
    /// The pipeline over a store.
    #[must_use]
    pub fn new(store: Store, rng: Arc<Rng>, keys: Arc<Keyring>, kev: Option<Arc<KevList>>) -> Self {
        Self { store, rng, keys, kev }
    }
}

impl Hub {
    /// The pipeline of this hub.
    #[must_use]
    pub fn intake(&self) -> Intake {
        Intake::new(self.store.clone(), self.rng.clone(), self.keys.clone(), self.kev.clone())
    }
}

/// How many proposals went which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ProposalCounts")]
pub struct Counts {
    /// Accepted by the gate; samples at the next run.
    pub auto_accepted: usize,
    /// Wait for a person.
    pub queued: usize,
    /// Too unsure to ask anybody.
    pub dismissed: usize,
}

/// What became of a push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Submitted {
    /// The artifact; of a repeat the first one.
    pub artifact_id: ArtifactId,
    /// SHA-256 of the bytes in hex.
    pub sha256: String,
    /// The artifact that has the same bytes: then this push changed nothing. Absent for new bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<ArtifactId>,
    /// What it was recognised as, or unknown.
    pub format: String,
    /// What a person should know: what was not read, and why.
    pub notes: Vec<String>,
    /// What the gate made of the values in it; all 0 for a repeat.
    pub proposals: Counts,
}

impl Submitted {
    /// The answer to bytes that are there already.
    fn repeat(of: ArtifactRow) -> Self {
        let notes = serde_json::from_str(&of.notes).unwrap_or_default();
        let proposals = Counts::default();
        Self {
            artifact_id: of.id,
            sha256: HEXLOWER.encode(&of.sha256),
            duplicate_of: Some(of.id),
            format: of.format,
            notes,
            proposals,
        }
    }
}

/// Takes a push: keeps it with what can be read from it, or names the artifact that has the same bytes. Leaves one row
/// made like `call`, also where it refuses.
///
/// # Errors
/// A flaw of the body; not found or a conflict where the integration is no open Drop Zone; of the store. Nothing of it is
/// kept then.
pub async fn submit(intake: Intake, scope: TenantScope, call: Call, via: Via, push: Push) -> Result<Submitted, Error> {
    let ready = prepare(intake.clone(), scope.clone(), call.at, Pusher::of(&call, via), push).await;
    let call = |target: Option<ArtifactId>| Call { target: target.map(|t| t.to_string()), ..call.clone() };
    match ready {
        Ok(Ready::New(prepared)) => {
            let call = call(Some(prepared.artifact()));
            intake.store.write(&scope, call, async move |tx| prepared.keep(tx).await).await
        }
        Ok(Ready::Repeat(told)) => {
            intake.store.record(&scope, call(Some(told.artifact_id)), "ok").await?;
            Ok(told)
        }
        Err(e) => {
            intake.store.record(&scope, call(None), e.word()).await?;
            Err(e)
        }
    }
}

/// Who pushes, as it stands on the artifact and its samples.
#[derive(Clone, Debug)]
pub(crate) struct Pusher {
    via: Via,
    name: String,
    id: Option<uuid::Uuid>,
    client: Option<String>,
}

impl Pusher {
    pub(crate) fn of(call: &Call, via: Via) -> Self {
        let Actor { id, name, .. } = call.actor.clone();
        Self { via, name, id, client: call.client.clone() }
    }
}

/// A push that was read, before it is written.
pub(crate) enum Ready {
    /// New bytes.
    New(Arc<Prepared>),
    /// The same bytes were there before.
    Repeat(Submitted),
}

/// Reads a push and decides about its values. Writes nothing that counts: of a long body, parts that nothing names yet.
pub(crate) async fn prepare(
    intake: Intake,
    scope: TenantScope,
    now: Timestamp,
    by: Pusher,
    push: Push,
) -> Result<Ready, Error> {
    open_zone(&intake.store, &scope, push.integration).await?;
    let place = PLACES.acquire().await.map_err(Error::internal)?;
    let (integration, filename, mime, subject) = (push.integration, push.filename, push.mime, push.subject);
    let loaded = Arc::new(blocking(move || load(push.body)).await??);
    if let Some(first) = artifacts::by_hash(intake.store.at(&scope), integration, &loaded.sha256).await? {
        return Ok(Ready::Repeat(Submitted::repeat(first)));
    }
    let cleaned = |t: Option<String>| t.map(|t| text::clean(&t, MAX_NAME)).filter(|t| !t.is_empty());
    let (filename, mime, subject) = (cleaned(filename).map(|f| base(&f)), cleaned(mime), cleaned(subject));
    let extracted = {
        let (loaded, filename, mime, subject) = (loaded.clone(), filename.clone(), mime.clone(), subject.clone());
        let kev = intake.kev.clone();
        let read = move || {
            let (filename, mime, subject) = (filename.as_deref(), mime.as_deref(), subject.as_deref());
            let known = Known { kev: kev.as_deref(), now };
            extract(&Given { bytes: &loaded.bytes, filename, mime, subject }, &known)
        };
        blocking(read).await?
    };
    let left_out = extracted.extractions.len().saturating_sub(MOST_PROPOSALS);
    let mut notes: Vec<String> = extracted.notes.iter().map(|n| text::clean(n, 500)).collect();
    if left_out > 0 {
        notes.push(format!("{left_out} more values were left out: push the file in smaller pieces"));
    }
    let id = ArtifactId::new(intake.rng.id(now));
    let parts = loaded.bytes.chunks(PART).count();
    let row = ArtifactRow {
        id,
        integration_id: integration,
        sha256: loaded.sha256,
        filename,
        mime,
        subject,
        size: i64::try_from(loaded.bytes.len()).unwrap_or(i64::MAX),
        parts: i64::try_from(parts).unwrap_or(i64::MAX),
        format: extracted.format.to_owned(),
        notes: Value::from(notes).to_string(),
        extractions: i64::try_from(extracted.extractions.len()).unwrap_or(i64::MAX),
        via: by.via.as_str().to_owned(),
        pushed_by: by.name,
        pusher_id: by.id,
        client: by.client,
        received_at: now,
        expires_at: now.plus(KEPT),
        body_removed_at: None,
    };
    let proposals = weigh::weigh(&intake, &scope, &row, &extracted.extractions, now).await?;
    let last = lay_down(&intake, &scope, id, &loaded, now).await?;
    drop(place);
    Ok(Ready::New(Arc::new(Prepared::new(row, proposals, last))))
}

/// The integration, if it is a Drop Zone of the tenant that takes something.
pub(crate) async fn open_zone(store: &Store, scope: &TenantScope, id: IntegrationId) -> Result<(), Error> {
    let found = integrations::get(store.at(scope), id).await?.ok_or_else(no_zone)?;
    if found.source_kind != SourceKind::DropZone {
        return Err(Error::conflict(format!(
            "integrationId: `{}` is no Drop Zone (it is {}); list_integrations tells the ones with isDropZone",
            text::clean(&found.name, 80),
            found.source_kind
        )));
    }
    if !found.enabled {
        return Err(Error::conflict("integrationId: this Drop Zone is switched off; switch it on first"));
    }
    Ok(())
}

pub(crate) fn no_zone() -> Error {
    Error::not_found("integrationId: there is no such integration; list_integrations tells the ids, see isDropZone")
}

struct Loaded {
    bytes: Vec<u8>,
    sha256: [u8; 32],
}

/// What takes long, off the threads that answer calls.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}

fn load(body: Body) -> Result<Loaded, Error> {
    let bytes = match body {
        Body::Bytes(bytes) => bytes,
        Body::File(path) => std::fs::read(path).map_err(Error::internal)?,
    };
    if bytes.is_empty() {
        return Err(Error::flaw("content", "is empty; send the text or the file itself"));
    }
    if bytes.len() > MAX_BODY {
        let told = format!("has {} bytes, and {MAX_BODY} is the most; send it in smaller pieces", bytes.len());
        return Err(Error::flaw("content", &told));
    }
    let sha256 = canonical::sha256(&bytes);
    Ok(Loaded { bytes, sha256 })
}

/// The name of a file without the folders before it.
fn base(filename: &str) -> String {
    filename.rsplit(['/', '\\']).next().unwrap_or(filename).to_owned()
}

/// Seals the body part by part and lays down all parts but the last, which is returned: it is kept with its artifact.
async fn lay_down(
    intake: &Intake,
    scope: &TenantScope,
    id: ArtifactId,
    loaded: &Arc<Loaded>,
    now: Timestamp,
) -> Result<Vec<u8>, Error> {
    let count = loaded.bytes.chunks(PART).count();
    for n in 0..count {
        let (keys, loaded, tenant, place) = (intake.keys.clone(), loaded.clone(), scope.tenant(), n as i64);
        let sealed = blocking(move || {
            let plain = loaded.bytes.chunks(PART).nth(n).unwrap_or_default();
            artifacts::seal_part(&keys, tenant, id, place, plain)
        })
        .await??;
        if n + 1 == count {
            return Ok(sealed);
        }
        intake.store.stage_part(scope, id, place, sealed, now).await?;
    }
    Ok(vec![])
}
