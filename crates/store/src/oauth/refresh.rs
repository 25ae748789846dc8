//! Generations of refresh tokens: each is used once, and its successor can be told again for a while.
use watchkeep_model::{Connector, GrantId, PersonId, RefreshId, Role, Slug, TenantId, Timestamp, TokenId};

use crate::{Result, Store, TenantScope, Tx};

statements! {
    /// A refresh token names its tenant.
    Crossing BY_HASH = "select r.tenant_id, r.id, r.grant_id, r.generation, (select max(x.generation) from oauth_refresh x where x.tenant_id = r.tenant_id and x.grant_id = r.grant_id) as latest, r.nonce, r.expires_at, r.used_at, r.retries, r.recovered, r.successor_id, g.user_id, g.client_id, c.name as client, g.connector, g.resource, g.scopes, g.expires_at as grant_expires_at, g.revoked_at, g.created_at, n.slug, n.disabled_at as tenant_off, p.email, p.disabled_at as person_off, p.grants_cut_at as cut_at, m.role, m.disabled_at as member_off, s.used_at as successor_used_at, a.id as access_id, a.last_used_at as access_used_at, a.expires_at as access_expires_at, a.scopes as access_scopes from oauth_refresh r join oauth_grant g on g.tenant_id = r.tenant_id and g.id = r.grant_id join oauth_client c on c.id = g.client_id join tenant n on n.id = r.tenant_id join person p on p.id = g.user_id join membership m on m.tenant_id = g.tenant_id and m.user_id = g.user_id left join oauth_refresh s on s.tenant_id = r.tenant_id and s.id = r.successor_id left join mcp_access_tokens a on a.tenant_id = s.tenant_id and a.id = s.access_id where r.token_hash = $1";
    Tenant ADD = "insert into oauth_refresh (tenant_id, id, grant_id, generation, token_hash, nonce, created_at, expires_at, used_at, retries, recovered, successor_id, access_id) values ($1, $2, $3, $4, $5, $6, $7, $8, null, 0, 0, null, $9)";
    Tenant USE = "update oauth_refresh set used_at = $3, successor_id = $4 where tenant_id = $1 and id = $2 and used_at is null";
    Tenant RETRIED = "update oauth_refresh set retries = retries + 1 where tenant_id = $1 and id = $2";
    /// Once, and only while it is the generation that it was.
    Tenant RECOVER = "update oauth_refresh set recovered = 1, nonce = $3, used_at = $4, successor_id = $5 where tenant_id = $1 and id = $2 and recovered = 0 and successor_id = $6";
    Tenant DROP_UNUSED = "delete from oauth_refresh where tenant_id = $1 and id = $2 and used_at is null";
    Crossing CLEAR_REFRESH = "delete from oauth_refresh where expires_at < $1";
}

crate::row! {
    struct Line {
        tenant_id: TenantId, id: RefreshId, grant_id: GrantId, generation: i64, latest: Option<i64>, nonce: [u8; 16], expires_at: Timestamp,
        used_at: Option<Timestamp>, retries: i64, recovered: bool, successor_id: Option<RefreshId>, user_id: PersonId,
        client_id: String, client: String, connector: Connector, resource: Option<String>, scopes: String,
        grant_expires_at: Timestamp, revoked_at: Option<Timestamp>, created_at: Timestamp, slug: Slug,
        tenant_off: Option<Timestamp>, email: String, person_off: Option<Timestamp>, cut_at: Option<Timestamp>, role: Role, member_off: Option<Timestamp>,
        successor_used_at: Option<Timestamp>, access_id: Option<TokenId>, access_used_at: Option<Timestamp>,
        access_expires_at: Option<Timestamp>, access_scopes: Option<String>,
    }
}

/// A refresh token with its grant and what came of it.
#[derive(Clone, Debug)]
pub struct RefreshRow {
    /// The tenant's rows.
    pub scope: TenantScope,
    /// Its row.
    pub id: RefreshId,
    /// Its grant.
    pub grant: GrantId,
    /// How many came before it.
    pub generation: i64,
    /// How many came after it.
    pub newer: i64,
    /// What its successor is made of, with the token itself.
    pub nonce: [u8; 16],
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was first used.
    pub used_at: Option<Timestamp>,
    /// How often its answer was told again.
    pub retries: i64,
    /// Whether a lost answer was made good once.
    pub recovered: bool,
    /// Its successor.
    pub successor: Option<RefreshId>,
    /// Whether the successor, or the access token beside it, was ever used.
    pub successor_used: bool,
    /// The access token that was given out with the successor, when it ends, and its scopes.
    pub access: Option<(TokenId, Timestamp, String)>,
    /// Who allowed the grant.
    pub person: PersonId,
    /// Their address.
    pub email: String,
    /// The client.
    pub client_id: String,
    /// What the client calls itself.
    pub client: String,
    /// The connector.
    pub connector: Connector,
    /// The address that tokens are for.
    pub resource: Option<String>,
    /// Space-separated scopes of the grant.
    pub scopes: String,
    /// When the grant ends at the latest.
    pub grant_expires_at: Timestamp,
    /// Whether the grant was revoked.
    pub revoked: bool,
    /// Whether tenant, person and membership are all active.
    pub active: bool,
}

/// A refresh token to be kept.
#[derive(Clone, Debug)]
pub struct NewRefresh {
    /// The id.
    pub id: RefreshId,
    /// Its grant.
    pub grant: GrantId,
    /// How many came before it.
    pub generation: i64,
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// What its successor will be made of.
    pub nonce: [u8; 16],
    /// When it is made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The access token that is given out with it.
    pub access: TokenId,
}

impl Store {
    /// A refresh token by its SHA-256.
    ///
    /// # Errors
    /// Of the database.
    pub async fn refresh_token(&self, hash: &[u8; 32]) -> Result<Option<RefreshRow>> {
        let line: Option<Line> = self.crossing().opt(BY_HASH, params![hash]).await?;
        Ok(line.map(|l| RefreshRow {
            scope: TenantScope::new(l.tenant_id, l.slug),
            id: l.id,
            grant: l.grant_id,
            generation: l.generation,
            newer: l.latest.unwrap_or(l.generation) - l.generation,
            nonce: l.nonce,
            expires_at: l.expires_at,
            used_at: l.used_at,
            retries: l.retries,
            recovered: l.recovered,
            successor: l.successor_id,
            successor_used: l.successor_used_at.or(l.access_used_at).is_some(),
            access: l
                .access_id
                .zip(l.access_expires_at)
                .zip(l.access_scopes)
                .map(|((id, end), scopes)| (id, end, scopes)),
            person: l.user_id,
            email: l.email,
            client_id: l.client_id,
            client: l.client,
            connector: l.connector,
            resource: l.resource,
            scopes: l.scopes,
            grant_expires_at: l.grant_expires_at,
            revoked: l.revoked_at.is_some(),
            active: l.tenant_off.or(l.person_off).or(l.member_off).is_none()
                && l.cut_at.is_none_or(|cut| l.created_at >= cut)
                && l.role.reaches(Role::Analyst),
        }))
    }
    /// Removes generations that ended before `then`.
    ///
    /// # Errors
    /// Of the database.
    pub fn clear_refresh(&self, then: Timestamp) -> impl Future<Output = Result<u64>> + Send {
        async move { self.write_quietly(async move |tx| tx.exec(CLEAR_REFRESH, params![then]).await).await }
    }
}

/// Keeps a refresh token.
///
/// # Errors
/// Of the database.
pub async fn add(tx: &mut Tx<'_>, t: &NewRefresh) -> Result<()> {
    tx.exec(ADD, params![t.id, t.grant, t.generation, &t.hash, &t.nonce, t.created_at, t.expires_at, t.access]).await?;
    Ok(())
}
/// Notes that a token was used and what followed it; false if somebody was faster.
///
/// # Errors
/// Of the database.
pub async fn used(tx: &mut Tx<'_>, id: RefreshId, successor: RefreshId, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(USE, params![id, now, successor]).await? > 0)
}
/// Counts an answer that was told again.
///
/// # Errors
/// Of the database.
pub async fn retried(tx: &mut Tx<'_>, id: RefreshId) -> Result<()> {
    tx.exec(RETRIED, params![id]).await?;
    Ok(())
}
/// Puts another successor in the place of one that nobody ever used; false if somebody was faster or it was used meanwhile.
///
/// # Errors
/// Of the database.
pub async fn recover(
    tx: &mut Tx<'_>,
    id: RefreshId,
    nonce: &[u8; 16],
    lost: RefreshId,
    successor: RefreshId,
    now: Timestamp,
) -> Result<bool> {
    if tx.exec(RECOVER, params![id, nonce, now, successor, lost]).await? == 0 {
        return Ok(false);
    }
    Ok(tx.exec(DROP_UNUSED, params![lost]).await? > 0)
}
