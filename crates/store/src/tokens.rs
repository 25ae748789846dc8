//! Personal access tokens and API keys. Only the SHA-256 of a credential is kept; each call looks it up live, so that
//! a revocation, a disabled membership or a closed tenant holds at once.
use ring::digest::{SHA256, digest};
use watchkeep_model::credential::{self, Form};
use watchkeep_model::{PersonId, Role, Scopes, Slug, Span, TenantId, Timestamp, TokenId};

use crate::{Actor, ActorKind, Reader, Result, Store, TenantScope, Tx};

statements! {
    Crossing TOKEN = "select t.tenant_id, t.id, t.user_id, t.name, t.scopes, t.expires_at, t.revoked_at, t.last_used_at, n.slug, n.disabled_at as tenant_off, p.email, p.disabled_at as person_off, m.role, m.disabled_at as member_off from mcp_access_tokens t join tenant n on n.id = t.tenant_id join person p on p.id = t.user_id left join membership m on m.tenant_id = t.tenant_id and m.user_id = t.user_id where t.token_hash = $1";
    Crossing KEY = "select k.tenant_id, k.id, k.name, k.scopes, k.expires_at, k.revoked_at, k.last_used_at, n.slug, n.disabled_at as tenant_off from api_key k join tenant n on n.id = k.tenant_id where k.key_hash = $1";
    Crossing TOUCH_TOKEN = "update mcp_access_tokens set last_used_at = $3, last_used_client = $4, last_used_address = $5 where tenant_id = $1 and id = $2 and (last_used_at is null or last_used_at <= $6)";
    Crossing TOUCH_KEY = "update api_key set last_used_at = $3, last_used_client = $4, last_used_address = $5 where tenant_id = $1 and id = $2 and (last_used_at is null or last_used_at <= $6)";
    Tenant ADD_TOKEN = "insert into mcp_access_tokens (tenant_id, id, user_id, kind, name, token_hash, scopes, created_at, expires_at, revoked_at, last_used_at, last_used_client, last_used_address) values ($1, $2, $3, 'pat', $4, $5, $6, $7, $8, null, null, null, null)";
    Tenant ADD_KEY = "insert into api_key (tenant_id, id, name, key_hash, scopes, created_by, created_at, expires_at, revoked_at, last_used_at, last_used_client, last_used_address) values ($1, $2, $3, $4, $5, $6, $7, $8, null, null, null, null)";
    Tenant TOKENS = "select t.id, 'pat' as kind, t.name, p.email as owner, t.scopes, t.created_at, t.expires_at, t.revoked_at, t.last_used_at, t.last_used_client, t.last_used_address from mcp_access_tokens t join person p on p.id = t.user_id where t.tenant_id = $1 order by t.created_at, t.id";
    Tenant KEYS = "select id, 'api' as kind, name, created_by as owner, scopes, created_at, expires_at, revoked_at, last_used_at, last_used_client, last_used_address from api_key where tenant_id = $1 order by created_at, id";
    Tenant REVOKE_TOKEN = "update mcp_access_tokens set revoked_at = $3 where tenant_id = $1 and id = $2 and revoked_at is null";
    Tenant REVOKE_KEY = "update api_key set revoked_at = $3 where tenant_id = $1 and id = $2 and revoked_at is null";
    Tenant REVOKE_OF_PERSON = "update mcp_access_tokens set revoked_at = $3 where tenant_id = $1 and user_id = $2 and revoked_at is null";
}

crate::row! {
    struct TokenRow {
        tenant_id: TenantId, id: TokenId, user_id: PersonId, name: String, scopes: String, expires_at: Timestamp,
        revoked_at: Option<Timestamp>, last_used_at: Option<Timestamp>, slug: Slug, tenant_off: Option<Timestamp>,
        email: String, person_off: Option<Timestamp>, role: Option<Role>, member_off: Option<Timestamp>,
    }
}
crate::row! {
    struct KeyRow {
        tenant_id: TenantId, id: TokenId, name: String, scopes: String, expires_at: Timestamp,
        revoked_at: Option<Timestamp>, last_used_at: Option<Timestamp>, slug: Slug, tenant_off: Option<Timestamp>,
    }
}
crate::row! {
    /// A token or key as its owner sees it; never the secret.
    pub struct TokenInfo {
        /// The id.
        pub id: TokenId,
        /// `pat` or `api`.
        pub kind: String,
        /// Its label.
        pub name: String,
        /// The person behind a token; who made a key.
        pub owner: String,
        /// Space-separated scopes.
        pub scopes: String,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it ends.
        pub expires_at: Timestamp,
        /// When it was revoked.
        pub revoked_at: Option<Timestamp>,
        /// Last use, to the minute.
        pub last_used_at: Option<Timestamp>,
        /// By which client.
        pub last_used_client: Option<String>,
        /// From which address.
        pub last_used_address: Option<String>,
    }
}

/// What kind of credential opened the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A personal access token: its connectors, nothing else.
    Pat,
    /// An API key: REST, nothing else.
    ApiKey,
}

/// What a credential opens.
#[derive(Clone, Debug)]
pub struct Access {
    /// The tenant's rows.
    pub scope: TenantScope,
    /// The token's or key's id.
    pub token: TokenId,
    /// The person behind a token.
    pub person: Option<PersonId>,
    /// Token or key.
    pub kind: TokenKind,
    /// The role that counts: the person's in this tenant; a key acts as an analyst.
    pub role: Role,
    /// What it may do.
    pub scopes: Scopes,
    /// Its label.
    pub name: String,
    /// For the audit log.
    pub actor: Actor,
    /// When it was last used, as kept; see [`Store::touch`].
    pub last_used: Option<Timestamp>,
}

/// Why a credential opens nothing. A stranger is told no more than `Unknown` where that would tell them something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is none like it.
    Unknown,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
    /// The tenant, the person or the membership is disabled, or the person is no member any more.
    Disabled,
}

fn hash(credential: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, credential.as_bytes()).as_ref());
    out
}

impl Store {
    /// Looks a credential up. The slug in it is compared with the tenant that it belongs to, never trusted.
    ///
    /// # Errors
    /// Of the database; a credential that opens nothing is an `Ok(Err(refusal))`.
    pub async fn authenticate(&self, credential: &str, now: Timestamp) -> Result<Result<Access, Refusal>> {
        match credential::parse(credential) {
            Ok(Form::Pat { slug }) => {
                let row: Option<TokenRow> = self.crossing().opt(TOKEN, params![&hash(credential)]).await?;
                Ok(row.filter(|t| t.slug == slug).map_or(Err(Refusal::Unknown), |t| pat(t, now)))
            }
            Ok(Form::ApiKey { slug }) => {
                let row: Option<KeyRow> = self.crossing().opt(KEY, params![&hash(credential)]).await?;
                Ok(row.filter(|k| k.slug == slug).map_or(Err(Refusal::Unknown), |k| key(k, now)))
            }
            _ => Ok(Err(Refusal::Unknown)),
        }
    }
    /// Notes the last use of a credential, at most once a minute: call it off the path of the answer.
    ///
    /// # Errors
    /// Of the database.
    pub fn touch(
        &self,
        a: &Access,
        now: Timestamp,
        client: Option<String>,
        address: Option<String>,
    ) -> impl Future<Output = Result<()>> + Send {
        async move {
            let before = now.minus(Span::minutes(1));
            if a.last_used.is_some_and(|t| t > before) {
                return Ok(());
            }
            let (tenant, token, kind) = (a.scope.tenant(), a.token, a.kind);
            self.write_quietly(async move |tx| {
                // many calls at once know the same last use: the first one writes
                let p = params![tenant, token, now, client.as_deref(), address.as_deref(), before];
                match kind {
                    TokenKind::Pat => tx.exec(TOUCH_TOKEN, p).await,
                    TokenKind::ApiKey => tx.exec(TOUCH_KEY, p).await,
                }
            })
            .await?;
            Ok(())
        }
    }
}

fn ended(expires: Timestamp, revoked: Option<Timestamp>, now: Timestamp) -> Option<Refusal> {
    if revoked.is_some() {
        Some(Refusal::Revoked)
    } else if expires <= now {
        Some(Refusal::Expired)
    } else {
        None
    }
}
fn pat(t: TokenRow, now: Timestamp) -> Result<Access, Refusal> {
    if let Some(refusal) = ended(t.expires_at, t.revoked_at, now) {
        return Err(refusal);
    }
    if t.tenant_off.or(t.person_off).or(t.member_off).is_some() {
        return Err(Refusal::Disabled);
    }
    let role = t.role.ok_or(Refusal::Disabled)?;
    let actor = Actor { kind: ActorKind::Token, id: Some(t.id.uuid()), person: Some(t.user_id.uuid()), name: t.email };
    Ok(Access {
        scope: TenantScope::new(t.tenant_id, t.slug),
        token: t.id,
        person: Some(t.user_id),
        kind: TokenKind::Pat,
        role,
        scopes: t.scopes.parse().map_err(|_| Refusal::Unknown)?,
        name: t.name,
        actor,
        last_used: t.last_used_at,
    })
}
fn key(k: KeyRow, now: Timestamp) -> Result<Access, Refusal> {
    if let Some(refusal) = ended(k.expires_at, k.revoked_at, now) {
        return Err(refusal);
    }
    if k.tenant_off.is_some() {
        return Err(Refusal::Disabled);
    }
    let actor = Actor { kind: ActorKind::Key, id: Some(k.id.uuid()), person: None, name: k.name.clone() };
    Ok(Access {
        scope: TenantScope::new(k.tenant_id, k.slug),
        token: k.id,
        person: None,
        kind: TokenKind::ApiKey,
        role: Role::Analyst,
        scopes: k.scopes.parse().map_err(|_| Refusal::Unknown)?,
        name: k.name,
        actor,
        last_used: k.last_used_at,
    })
}

/// A token or key to be kept. The credential itself is shown once by the caller and never stored.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The id.
    pub id: TokenId,
    /// Its label.
    pub name: String,
    /// The credential, whole; its SHA-256 is kept.
    pub credential: String,
    /// What it may do.
    pub scopes: Scopes,
    /// When it is made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}
/// Keeps a personal access token.
///
/// # Errors
/// Of the database.
pub async fn add_token(tx: &mut Tx<'_>, person: PersonId, t: &NewToken) -> Result<()> {
    let (h, scopes) = (hash(&t.credential), t.scopes.to_string());
    tx.exec(ADD_TOKEN, params![t.id, person, &t.name, &h, &scopes, t.created_at, t.expires_at]).await?;
    Ok(())
}
/// Keeps an API key.
///
/// # Errors
/// Of the database.
pub async fn add_key(tx: &mut Tx<'_>, created_by: &str, t: &NewToken) -> Result<()> {
    let (h, scopes) = (hash(&t.credential), t.scopes.to_string());
    tx.exec(ADD_KEY, params![t.id, &t.name, &h, &scopes, created_by, t.created_at, t.expires_at]).await?;
    Ok(())
}
/// The tokens and keys of a tenant, oldest first.
///
/// # Errors
/// Of the database.
pub async fn list(r: Reader<'_>) -> Result<Vec<TokenInfo>> {
    let mut all: Vec<TokenInfo> = r.all(TOKENS, []).await?;
    all.extend(r.all::<TokenInfo, 0>(KEYS, []).await?);
    Ok(all)
}
/// Revokes one token or key; false if there is none that is alive.
///
/// # Errors
/// Of the database.
pub async fn revoke(tx: &mut Tx<'_>, id: TokenId, now: Timestamp) -> Result<bool> {
    let n = tx.exec(REVOKE_TOKEN, params![id, now]).await? + tx.exec(REVOKE_KEY, params![id, now]).await?;
    Ok(n > 0)
}
/// Revokes all tokens of a person in this tenant; tells how many.
///
/// # Errors
/// Of the database.
pub async fn revoke_of_person(tx: &mut Tx<'_>, person: PersonId, now: Timestamp) -> Result<u64> {
    tx.exec(REVOKE_OF_PERSON, params![person, now]).await
}
