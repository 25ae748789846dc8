//! Secrets at rest: AES-256-GCM (NIST SP 800-38D), with key ids for rotation, bound to their row.
//!
//! A sealed value is `version (1) || key id (4, big endian) || nonce (12) || ciphertext || tag (16)`. Table, tenant, id
//! and column go in as associated data, so a value that was copied to another row does not open. The keyring is a
//! file of its own, outside the database; backups hold no key.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use watchkeep_model::{IntegrationId, PersonId, TenantId, Timestamp};

use crate::{Error, Reader, Result, Tx};

statements! {
    Tenant PUT = "insert into integration_secret (tenant_id, integration_id, name, sealed, created_at) values ($1, $2, $3, $4, $5) on conflict (tenant_id, integration_id, name) do update set sealed = excluded.sealed, created_at = excluded.created_at";
    Tenant GET = "select sealed from integration_secret where tenant_id = $1 and integration_id = $2 and name = $3";
    Tenant DROP = "delete from integration_secret where tenant_id = $1 and integration_id = $2 and name = $3";
}

/// The keys of an installation. Kept in one file, readable by the hub's user only.
#[derive(Clone)]
pub struct Keyring {
    active: u32,
    keys: BTreeMap<u32, [u8; 32]>,
    signing: Arc<Ed25519KeyPair>,
    seed: [u8; 32],
}
impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keyring(active {}, {} keys)", self.active, self.keys.len())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The key that new values are sealed with.
    active: u32,
    /// Key id to 64 hex digits.
    seal: BTreeMap<String, String>,
    /// Seed of the Ed25519 key that signs audit checkpoints, 64 hex digits.
    sign: String,
}

/// Where a sealed value stands; part of its seal.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The tenant.
    pub tenant: TenantId,
    /// The row.
    pub row: Uuid,
    /// The column, or the name within the row.
    pub column: &'a str,
}
impl<'a> Place<'a> {
    /// A place in a person's own row, which belongs to no tenant: the nil id stands in the tenant's place. A table is a
    /// tenant's or a person's, so that no two places have the same seal.
    #[must_use]
    pub fn of_person(table: &'a str, person: PersonId, column: &'a str) -> Self {
        Self { table, tenant: TenantId::new(Uuid::nil()), row: person.uuid(), column }
    }
    fn aad(&self) -> Vec<u8> {
        let mut v = Vec::with_capacity(80);
        for part in [self.table.as_bytes(), self.tenant.uuid().as_bytes(), self.row.as_bytes(), self.column.as_bytes()]
        {
            v.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            v.extend_from_slice(part);
        }
        v
    }
}

const VERSION: u8 = 1;

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut b = [0; N];
    SystemRandom::new().fill(&mut b).map_err(|_| Error::Io("the system has no random numbers".into()))?;
    Ok(b)
}

impl Keyring {
    /// A new keyring with one key.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn generate() -> Result<Self> {
        Self::new(1, BTreeMap::from([(1, random()?)]), random()?)
    }
    fn new(active: u32, keys: BTreeMap<u32, [u8; 32]>, seed: [u8; 32]) -> Result<Self> {
        let signing = Ed25519KeyPair::from_seed_unchecked(&seed)
            .map_err(|_| Error::Sealed("the signing key of the keyring cannot be used".into()))?;
        if !keys.contains_key(&active) {
            return Err(Error::Sealed(format!("the keyring has no key {active}, which it names as active")));
        }
        Ok(Self { active, keys, signing: Arc::new(signing), seed })
    }
    /// Adds a key and makes it the active one; values sealed with the older ones still open.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn rotate(&self) -> Result<Self> {
        let next = self.keys.keys().next_back().map_or(1, |k| k + 1);
        let mut keys = self.keys.clone();
        keys.insert(next, random()?);
        Self::new(next, keys, self.seed)
    }
    /// A new keyring whose first key comes after `last`, for values of a keyring that is lost: they then name a key that
    /// is not there, and never one that does not fit.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn generate_after(last: u32) -> Result<Self> {
        let first = last.saturating_add(1);
        Self::new(first, BTreeMap::from([(first, random()?)]), random()?)
    }
    /// The key that new values are sealed with.
    #[must_use]
    pub const fn active(&self) -> u32 {
        self.active
    }
    /// The ids of all keys, in their order.
    #[must_use]
    pub fn ids(&self) -> Vec<u32> {
        self.keys.keys().copied().collect()
    }
    /// Without one of the older keys: what is sealed with it opens no more.
    ///
    /// # Errors
    /// [`Error::Refused`] for the active key and for one that is not there.
    pub fn without(&self, id: u32) -> Result<Self> {
        if id == self.active {
            return Err(Error::Refused(format!("key {id} is the active one: rotate first")));
        }
        let mut keys = self.keys.clone();
        if keys.remove(&id).is_none() {
            return Err(Error::Refused(format!("the keyring has no key {id}")));
        }
        Self::new(self.active, keys, self.seed)
    }
    /// The key that a value says it is sealed with; none if it is not a sealed value of this form.
    #[must_use]
    pub fn key_of(sealed: &[u8]) -> Option<u32> {
        match sealed.split_first()? {
            (&VERSION, rest) => rest.first_chunk::<4>().map(|id| u32::from_be_bytes(*id)),
            _ => None,
        }
    }
    /// Reads the file; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read or can be read by others, [`Error::Sealed`] if it is not a keyring.
    pub fn load(path: &Path) -> Result<Option<Self>> {
        let name = path.display();
        let text = match std::fs::read_to_string(path) {
            Ok(t) => t,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::Io(format!("the keyring {name} cannot be read: {e}"))),
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(Error::Io(format!(
                    "the keyring {name} can be read by others (mode {mode:o}): chmod 600 it"
                )));
            }
        }
        let bad = |why: &str| Error::Sealed(format!("{name} is not a keyring: {why}"));
        let f: File = serde_json::from_str(&text).map_err(|e| {
            // not the error's own text: it may repeat a key
            bad(&format!("line {}, column {} is not as the hub writes it", e.line(), e.column()))
        })?;
        let mut keys = BTreeMap::new();
        for (id, key) in &f.seal {
            let id = id.parse().map_err(|_| bad("a key id is not a number"))?;
            keys.insert(id, unhex(key).ok_or_else(|| bad("a key is not 64 hex digits"))?);
        }
        let seed = unhex(&f.sign).ok_or_else(|| bad("the signing seed is not 64 hex digits"))?;
        Self::new(f.active, keys, seed).map(Some)
    }
    /// Writes the file, for this user only, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn save(&self, path: &Path) -> Result<()> {
        let f = File {
            active: self.active,
            seal: self.keys.iter().map(|(id, k)| (id.to_string(), hex(k))).collect(),
            sign: hex(&self.seed),
        };
        let text = serde_json::to_string_pretty(&f).map_err(|e| Error::Io(e.to_string()))?;
        crate::backup::write_private(path, text.as_bytes())
    }

    /// Seals a value for its place.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; 12] = random()?;
        let mut body = plain.to_vec();
        self.key(self.active)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place.aad()), &mut body)
            .map_err(|_| Error::Sealed("the value is too long to be sealed".into()))?;
        let mut out = vec![VERSION];
        out.extend_from_slice(&self.active.to_be_bytes());
        out.extend_from_slice(&nonce);
        out.append(&mut body);
        Ok(out)
    }
    /// Opens a value that was sealed for this place.
    ///
    /// # Errors
    /// [`Error::Sealed`] with the reason: an unknown key, a changed value, another place.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>> {
        let short = || Error::Sealed("it is cut off".into());
        let (version, rest) = sealed.split_first().ok_or_else(short)?;
        if *version != VERSION {
            return Err(Error::Sealed(format!("its form {version} is unknown to this version")));
        }
        let (id, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
        let (nonce, body) = rest.split_first_chunk::<12>().ok_or_else(short)?;
        let mut body = body.to_vec();
        let plain = self
            .key(u32::from_be_bytes(*id))?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(place.aad()), &mut body)
            .map_err(|_| Error::Sealed("it was changed, or belongs to another row".into()))?;
        Ok(plain.to_vec())
    }
    fn key(&self, id: u32) -> Result<LessSafeKey> {
        let key = self.keys.get(&id).ok_or_else(|| {
            Error::Sealed(format!(
                "the keyring has no key {id}: restore the keyring file that was in use when it was sealed"
            ))
        })?;
        UnboundKey::new(&AES_256_GCM, key)
            .map(LessSafeKey::new)
            .map_err(|_| Error::Sealed("the key cannot be used".into()))
    }
    /// A key derived for a purpose (HMAC-SHA-256 of the purpose under the signing seed); stable over rotation.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.seed), purpose.as_bytes());
        let mut out = [0; 32];
        out.copy_from_slice(tag.as_ref());
        out
    }
    pub(crate) fn sign(&self, text: &[u8]) -> [u8; 64] {
        let mut out = [0; 64];
        out.copy_from_slice(self.signing.sign(text).as_ref());
        out
    }
    pub(crate) fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, self.signing.public_key().as_ref())
            .verify(text, signature)
            .is_ok()
    }
    /// The public half of the checkpoint key, in hex: who keeps it elsewhere can check checkpoints without the keyring.
    pub fn public_key(&self) -> String {
        hex(self.signing.public_key().as_ref())
    }
}

pub(crate) fn hex(b: &[u8]) -> String {
    b.iter().map(|x| format!("{x:02x}")).collect()
}
pub(crate) fn unhex<const N: usize>(s: &str) -> Option<[u8; N]> {
    // one way to write it: a changed line must not pass for the same one
    if s.len() != 2 * N || !s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut out = [0; N];
    for (i, b) in out.iter_mut().enumerate() {
        *b = u8::from_str_radix(s.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(out)
}

pub(crate) fn secret_place(tenant: TenantId, integration: IntegrationId, name: &str) -> Place<'_> {
    Place { table: "integration_secret", tenant, row: integration.uuid(), column: name }
}

/// Seals and keeps a secret of an integration.
///
/// # Errors
/// Of the database or the keyring.
pub async fn put_secret(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    tenant: TenantId,
    integration: IntegrationId,
    name: &str,
    plain: &[u8],
    now: Timestamp,
) -> Result<()> {
    let sealed = keys.seal(secret_place(tenant, integration, name), plain)?;
    tx.exec(PUT, params![integration, name, &sealed, now]).await?;
    Ok(())
}
/// Opens a secret of an integration.
///
/// # Errors
/// Of the database, or [`Error::Sealed`].
pub async fn secret(
    r: Reader<'_>,
    keys: &Keyring,
    tenant: TenantId,
    integration: IntegrationId,
    name: &str,
) -> Result<Option<Vec<u8>>> {
    let row: Option<(Vec<u8>,)> = r.opt(GET, params![integration, name]).await?;
    row.map(|(sealed,)| keys.open(secret_place(tenant, integration, name), &sealed)).transpose()
}
/// Removes a secret; false if there was none.
///
/// # Errors
/// Of the database.
pub async fn drop_secret(tx: &mut Tx<'_>, integration: IntegrationId, name: &str) -> Result<bool> {
    Ok(tx.exec(DROP, params![integration, name]).await? > 0)
}
