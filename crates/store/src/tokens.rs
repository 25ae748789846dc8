//! What opens a door: personal access tokens, OAuth access tokens and API keys. Only the SHA-256 of a credential is kept; each call looks it up live, so that
//! a revocation, a disabled membership or a closed tenant holds at once.
use watchkeep_model::credential::{self, Form};
use watchkeep_model::{Connector, GrantId, PersonId, Role, Scopes, Slug, Span, TenantId, Timestamp, TokenId};

use crate::oauth::hash;
use crate::{Actor, ActorKind, Reader, Result, Store, TenantScope, Tx};

statements! {
    Crossing TOKEN = "select t.tenant_id, t.id, t.user_id, t.name, t.scopes, t.expires_at, t.revoked_at, t.last_used_at, n.slug, n.disabled_at as tenant_off, n.risk_on, n.fleet_on, p.email, p.disabled_at as person_off, m.role, m.disabled_at as member_off from mcp_access_tokens t join tenant n on n.id = t.tenant_id join person p on p.id = t.user_id left join membership m on m.tenant_id = t.tenant_id and m.user_id = t.user_id where t.token_hash = $1 and t.grant_id is null";
    Crossing ACCESS = "select t.tenant_id, t.id, t.user_id, t.name, t.scopes, t.expires_at, t.revoked_at, t.last_used_at, n.slug, n.disabled_at as tenant_off, n.risk_on, n.fleet_on, p.email, p.disabled_at as person_off, m.role, m.disabled_at as member_off, g.id as grant_id, g.client_id, g.resource, g.created_at as granted_at, g.revoked_at as grant_revoked, p.grants_cut_at as cut_at, c.disabled_at as client_off from mcp_access_tokens t join oauth_grant g on g.tenant_id = t.tenant_id and g.id = t.grant_id join oauth_client c on c.id = g.client_id join tenant n on n.id = t.tenant_id join person p on p.id = t.user_id left join membership m on m.tenant_id = t.tenant_id and m.user_id = t.user_id where t.token_hash = $1";
    Crossing KEY = "select k.tenant_id, k.id, k.name, k.scopes, k.expires_at, k.revoked_at, k.last_used_at, n.slug, n.disabled_at as tenant_off from api_key k join tenant n on n.id = k.tenant_id where k.key_hash = $1";
    Crossing TOUCH_TOKEN = "update mcp_access_tokens set last_used_at = $3, last_used_client = $4, last_used_address = $5 where tenant_id = $1 and id = $2 and (last_used_at is null or last_used_at <= $6)";
    Crossing TOUCH_GRANT = "update oauth_grant set last_used_at = $3 where tenant_id = $1 and id = (select t.grant_id from mcp_access_tokens t where t.tenant_id = $1 and t.id = $2)";
    Crossing TOUCH_KEY = "update api_key set last_used_at = $3, last_used_client = $4, last_used_address = $5 where tenant_id = $1 and id = $2 and (last_used_at is null or last_used_at <= $6)";
    Tenant ADD_TOKEN = "insert into mcp_access_tokens (tenant_id, id, user_id, kind, name, token_hash, scopes, created_at, expires_at, revoked_at, last_used_at, last_used_client, last_used_address) values ($1, $2, $3, 'pat', $4, $5, $6, $7, $8, null, null, null, null)";
    Tenant ADD_KEY = "insert into api_key (tenant_id, id, name, key_hash, scopes, created_by, created_at, expires_at, revoked_at, last_used_at, last_used_client, last_used_address) values ($1, $2, $3, $4, $5, $6, $7, $8, null, null, null, null)";
    Tenant TOKENS = "select t.id, 'pat' as kind, t.name, p.email as owner, t.scopes, t.created_at, t.expires_at, t.revoked_at, t.last_used_at, t.last_used_client, t.last_used_address from mcp_access_tokens t join person p on p.id = t.user_id where t.tenant_id = $1 and t.kind = 'pat' order by t.created_at, t.id";
    Tenant KEYS = "select id, 'api' as kind, name, created_by as owner, scopes, created_at, expires_at, revoked_at, last_used_at, last_used_client, last_used_address from api_key where tenant_id = $1 order by created_at, id";
    Tenant REVOKE_TOKEN = "update mcp_access_tokens set revoked_at = $3 where tenant_id = $1 and id = $2 and kind = 'pat' and revoked_at is null";
    Tenant REVOKE_KEY = "update api_key set revoked_at = $3 where tenant_id = $1 and id = $2 and revoked_at is null";
    Tenant REVOKE_OF_PERSON = "update mcp_access_tokens set revoked_at = $3 where tenant_id = $1 and user_id = $2 and revoked_at is null";
}

crate::row! {
    struct TokenRow {
        tenant_id: TenantId, id: TokenId, user_id: PersonId, name: String, scopes: String, expires_at: Timestamp,
        revoked_at: Option<Timestamp>, last_used_at: Option<Timestamp>, slug: Slug, tenant_off: Option<Timestamp>,
        risk_on: bool, fleet_on: bool, email: String, person_off: Option<Timestamp>, role: Option<Role>,
        member_off: Option<Timestamp>,
    }
}
crate::row! {
    struct AccessRow {
        tenant_id: TenantId, id: TokenId, user_id: PersonId, name: String, scopes: String, expires_at: Timestamp,
        revoked_at: Option<Timestamp>, last_used_at: Option<Timestamp>, slug: Slug, tenant_off: Option<Timestamp>,
        risk_on: bool, fleet_on: bool, email: String, person_off: Option<Timestamp>, role: Option<Role>,
        member_off: Option<Timestamp>, grant_id: GrantId, client_id: String, resource: Option<String>,
        granted_at: Timestamp, grant_revoked: Option<Timestamp>, cut_at: Option<Timestamp>, client_off: Option<Timestamp>,
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
    /// An OAuth access token: the address it is for, nothing else.
    OAuth,
    /// A signed-in person: REST and pages.
    Session,
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
    /// The connectors that are switched on in the tenant.
    pub connectors: Connectors,
    /// Of an OAuth token: the address that it is for; none: any address of its connector.
    pub resource: Option<String>,
}

/// Which connectors a tenant has switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connectors {
    /// The risk connector.
    pub risk: bool,
    /// The fleet connector.
    pub fleet: bool,
}
impl Connectors {
    /// Whether this one is on.
    #[must_use]
    pub const fn on(self, connector: Connector) -> bool {
        match connector {
            Connector::Risk => self.risk,
            Connector::Fleet => self.fleet,
        }
    }
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
            Ok(Form::Access) => {
                let row: Option<AccessRow> = self.crossing().opt(ACCESS, params![&hash(credential)]).await?;
                Ok(row.map_or(Err(Refusal::Unknown), |t| oauth(t, now)))
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
                    TokenKind::OAuth => {
                        tx.exec(TOUCH_GRANT, params![tenant, token, now]).await?;
                        tx.exec(TOUCH_TOKEN, p).await
                    }
                    TokenKind::ApiKey => tx.exec(TOUCH_KEY, p).await,
                    // a session has a clock of its own
                    TokenKind::Session => Ok(0),
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
    let actor = Actor {
        kind: ActorKind::Token,
        id: Some(t.id.uuid()),
        person: Some(t.user_id.uuid()),
        name: t.email,
        client: None,
    };
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
        connectors: Connectors { risk: t.risk_on, fleet: t.fleet_on },
        resource: None,
    })
}
fn oauth(t: AccessRow, now: Timestamp) -> Result<Access, Refusal> {
    let cut = t.cut_at.filter(|cut| t.granted_at < *cut);
    if let Some(refusal) = ended(t.expires_at, t.revoked_at.or(t.grant_revoked).or(t.client_off).or(cut), now) {
        return Err(refusal);
    }
    if t.tenant_off.or(t.person_off).or(t.member_off).is_some() {
        return Err(Refusal::Disabled);
    }
    let role = t.role.ok_or(Refusal::Disabled)?;
    let actor = Actor {
        kind: ActorKind::Token,
        id: Some(t.grant_id.uuid()),
        person: Some(t.user_id.uuid()),
        name: t.email,
        client: Some(t.client_id),
    };
    Ok(Access {
        scope: TenantScope::new(t.tenant_id, t.slug),
        token: t.id,
        person: Some(t.user_id),
        kind: TokenKind::OAuth,
        role,
        scopes: t.scopes.parse().map_err(|_| Refusal::Unknown)?,
        name: t.name,
        actor,
        last_used: t.last_used_at,
        connectors: Connectors { risk: t.risk_on, fleet: t.fleet_on },
        resource: t.resource,
    })
}
fn key(k: KeyRow, now: Timestamp) -> Result<Access, Refusal> {
    if let Some(refusal) = ended(k.expires_at, k.revoked_at, now) {
        return Err(refusal);
    }
    if k.tenant_off.is_some() {
        return Err(Refusal::Disabled);
    }
    let actor = Actor { kind: ActorKind::Key, id: Some(k.id.uuid()), person: None, name: k.name.clone(), client: None };
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
        connectors: Connectors { risk: true, fleet: true },
        resource: None,
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
