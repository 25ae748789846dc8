//! Grants: what a person allowed a client in one tenant, and the code that each began with.
use watchkeep_model::{Connector, GrantId, PersonId, Role, Slug, TenantId, Timestamp, TokenId};

use crate::{PersonScope, Result, Store, TenantScope, Tx};

statements! {
    /// A code names its tenant.
    Crossing BY_CODE = "select g.tenant_id, g.id, g.user_id, g.client_id, g.redirect_uri, g.connector, g.resource, g.scopes, g.expires_at, g.revoked_at, g.code_expires_at, g.code_used_at, g.code_tries, g.challenge, g.created_at, n.slug, n.disabled_at as tenant_off, p.email, p.disabled_at as person_off, p.grants_cut_at as cut_at, m.role, m.disabled_at as member_off from oauth_grant g join tenant n on n.id = g.tenant_id join person p on p.id = g.user_id join membership m on m.tenant_id = g.tenant_id and m.user_id = g.user_id where g.code_hash = $1";
    Tenant ADD = "insert into oauth_grant (tenant_id, id, user_id, client_id, redirect_uri, connector, resource, scopes, created_at, expires_at, revoked_at, revoked_why, last_used_at, code_hash, code_expires_at, code_used_at, code_tries, challenge) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, null, null, null, $11, $12, null, 0, $13)";
    Tenant REDEEM = "update oauth_grant set code_used_at = $3 where tenant_id = $1 and id = $2 and code_used_at is null and revoked_at is null";
    Tenant WRONG_TRY = "update oauth_grant set code_tries = code_tries + 1 where tenant_id = $1 and id = $2";
    Tenant REVOKE = "update oauth_grant set revoked_at = $3, revoked_why = $4 where tenant_id = $1 and id = $2 and revoked_at is null";
    Tenant REVOKE_ACCESS = "update mcp_access_tokens set revoked_at = $3 where tenant_id = $1 and grant_id = $2 and revoked_at is null";
    Tenant REVOKE_ONE_ACCESS = "update mcp_access_tokens set revoked_at = $3 where tenant_id = $1 and id = $2 and revoked_at is null";
    Tenant REVOKE_OF_PERSON = "update oauth_grant set revoked_at = $3, revoked_why = $4 where tenant_id = $1 and user_id = $2 and revoked_at is null";
    Tenant REVOKE_ACCESS_OF_PERSON = "update mcp_access_tokens set revoked_at = $3 where tenant_id = $1 and user_id = $2 and kind = 'oauth' and revoked_at is null";
    Tenant ADD_ACCESS = "insert into mcp_access_tokens (tenant_id, id, user_id, kind, name, token_hash, scopes, created_at, expires_at, revoked_at, last_used_at, last_used_client, last_used_address, grant_id) values ($1, $2, $3, 'oauth', $4, $5, $6, $7, $8, null, null, null, null, $9)";
    Tenant REVOKE_OF_CONNECTOR = "update oauth_grant set revoked_at = $3, revoked_why = 'connector_off' where tenant_id = $1 and connector = $2 and revoked_at is null";
    Tenant REVOKE_CUT = "update oauth_grant set revoked_at = $3, revoked_why = $4 where tenant_id = $1 and user_id = $2 and revoked_at is null and created_at < $3";
    Person MY_LIVING = "select distinct g.tenant_id, n.slug from oauth_grant g join tenant n on n.id = g.tenant_id where g.user_id = $1 and g.revoked_at is null";
    Tenant OF_TENANT = "select g.id, g.user_id, p.email, g.client_id, c.name as client, g.redirect_uri, g.connector, g.scopes, g.created_at, g.expires_at, g.revoked_at, g.last_used_at from oauth_grant g join oauth_client c on c.id = g.client_id join person p on p.id = g.user_id where g.tenant_id = $1 and g.code_used_at is not null and g.revoked_at is null order by g.created_at desc, g.id";
    Person MINE = "select g.id, g.tenant_id, n.slug, n.name as tenant, g.client_id, c.name as client, c.kind, g.redirect_uri, g.connector, g.scopes, g.created_at, g.expires_at, g.last_used_at, (select max(l.called_at) from mcp_call_log l where l.tenant_id = g.tenant_id and l.client_id = g.id) as last_call_at, (select count(*) from mcp_call_log l where l.tenant_id = g.tenant_id and l.client_id = g.id and l.called_at > $2) as calls from oauth_grant g join tenant n on n.id = g.tenant_id join oauth_client c on c.id = g.client_id join person p on p.id = g.user_id where g.user_id = $1 and g.code_used_at is not null and g.revoked_at is null and g.expires_at > $3 and (p.grants_cut_at is null or g.created_at >= p.grants_cut_at) order by g.created_at desc, g.id";
    Person MY_TENANT_OF = "select g.tenant_id, n.slug from oauth_grant g join tenant n on n.id = g.tenant_id where g.user_id = $1 and g.id = $2";
    Person CHOICES = "select n.id, n.slug, n.name, m.role, m.disabled_at, n.disabled_at as tenant_off, n.require_mfa, n.risk_on, n.fleet_on from membership m join tenant n on n.id = m.tenant_id where m.user_id = $1 order by m.home desc, n.name, n.slug";
    /// An access token names its tenant.
    Crossing ACCESS_BY_HASH = "select t.tenant_id, n.slug, t.id, t.grant_id, t.user_id, t.name, g.client_id from mcp_access_tokens t join tenant n on n.id = t.tenant_id join oauth_grant g on g.tenant_id = t.tenant_id and g.id = t.grant_id where t.token_hash = $1";
    /// Grants of a client that was switched off end in every tenant.
    Crossing OF_CLIENT = "select g.tenant_id, n.slug, g.id from oauth_grant g join tenant n on n.id = g.tenant_id where g.client_id = $1 and g.revoked_at is null";
    Crossing CLEAR_CODES = "delete from oauth_grant where code_used_at is null and code_expires_at < $1";
    Crossing CLEAR_REVOKED = "delete from oauth_grant where revoked_at < $1 and not exists (select 1 from oauth_refresh r where r.tenant_id = oauth_grant.tenant_id and r.grant_id = oauth_grant.id)";
    Crossing CLEAR_ENDED = "delete from oauth_grant where expires_at < $1 and not exists (select 1 from oauth_refresh r where r.tenant_id = oauth_grant.tenant_id and r.grant_id = oauth_grant.id)";
    Crossing CLEAR_ACCESS = "delete from mcp_access_tokens where kind = 'oauth' and expires_at < $1";
}

crate::row! {
    struct CodeLine {
        tenant_id: TenantId, id: GrantId, user_id: PersonId, client_id: String, redirect_uri: String,
        connector: Connector, resource: Option<String>, scopes: String, expires_at: Timestamp,
        revoked_at: Option<Timestamp>, code_expires_at: Timestamp, code_used_at: Option<Timestamp>, code_tries: i64,
        challenge: String, created_at: Timestamp, slug: Slug, tenant_off: Option<Timestamp>, email: String,
        person_off: Option<Timestamp>, cut_at: Option<Timestamp>, role: Role, member_off: Option<Timestamp>,
    }
}
crate::row! {
    /// A grant as its tenant's admin sees it.
    pub struct TenantGrant {
        /// The id.
        pub id: GrantId,
        /// Who allowed it.
        pub user_id: PersonId,
        /// Their address.
        pub email: String,
        /// The client's id.
        pub client_id: String,
        /// What the client calls itself.
        pub client: String,
        /// Where the browser was sent.
        pub redirect_uri: String,
        /// The connector.
        pub connector: Connector,
        /// Space-separated scopes.
        pub scopes: String,
        /// When it was allowed.
        pub created_at: Timestamp,
        /// When it ends at the latest.
        pub expires_at: Timestamp,
        /// When it was revoked.
        pub revoked_at: Option<Timestamp>,
        /// Last use, to the minute.
        pub last_used_at: Option<Timestamp>,
    }
}
crate::row! {
    /// A grant as the person sees it who allowed it.
    pub struct MyGrant {
        /// The id.
        pub id: GrantId,
        /// The tenant's id.
        pub tenant_id: TenantId,
        /// The tenant's slug.
        pub slug: Slug,
        /// The tenant's name.
        pub tenant: String,
        /// The client's id.
        pub client_id: String,
        /// What the client calls itself.
        pub client: String,
        /// `registered`, `static` or `document`.
        pub kind: String,
        /// Where the browser was sent.
        pub redirect_uri: String,
        /// The connector.
        pub connector: Connector,
        /// Space-separated scopes.
        pub scopes: String,
        /// When it was allowed.
        pub created_at: Timestamp,
        /// When it ends at the latest.
        pub expires_at: Timestamp,
        /// Last use of any kind, to the minute.
        pub last_used_at: Option<Timestamp>,
        /// Last call of a tool.
        pub last_call_at: Option<Timestamp>,
        /// Calls since the time that was asked about.
        pub calls: i64,
    }
}
crate::row! {
    /// A tenant that a person is or was a member of.
    pub struct Choice {
        /// The id.
        pub id: TenantId,
        /// The slug.
        pub slug: Slug,
        /// The name for people.
        pub name: String,
        /// The role.
        pub role: Role,
        /// Since when the membership is disabled.
        pub disabled_at: Option<Timestamp>,
        /// Since when the tenant is closed.
        pub tenant_off: Option<Timestamp>,
        /// Whether it wants a second factor of everybody.
        pub require_mfa: bool,
        /// Whether the risk connector is on.
        pub risk_on: bool,
        /// Whether the fleet connector is on.
        pub fleet_on: bool,
    }
}
crate::row! {
    struct AccessLine {
        tenant_id: TenantId, slug: Slug, id: TokenId, grant_id: GrantId, user_id: PersonId, name: String, client_id: String,
    }
}

/// A tenant that a person works in.
#[derive(Clone, Debug)]
pub struct Entered {
    /// Its rows.
    pub scope: TenantScope,
    /// What it asks and allows, and the person's role in it.
    pub choice: Choice,
}

/// The grant of a code.
#[derive(Clone, Debug)]
pub struct CodeRow {
    /// The tenant's rows.
    pub scope: TenantScope,
    /// The grant.
    pub id: GrantId,
    /// Who allowed it.
    pub person: PersonId,
    /// Their address.
    pub email: String,
    /// The client that may redeem it.
    pub client_id: String,
    /// Where the code was sent.
    pub redirect_uri: String,
    /// The connector.
    pub connector: Connector,
    /// The address that tokens are for.
    pub resource: Option<String>,
    /// Space-separated scopes.
    pub scopes: String,
    /// When the grant ends at the latest.
    pub expires_at: Timestamp,
    /// When the grant was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When the code ends.
    pub code_expires_at: Timestamp,
    /// When it was redeemed.
    pub code_used_at: Option<Timestamp>,
    /// Wrong verifiers so far.
    pub code_tries: i64,
    /// The S256 challenge.
    pub challenge: String,
    /// Whether tenant, person and membership are all active.
    pub active: bool,
}

/// A grant to be kept.
#[derive(Clone, Debug)]
pub struct NewGrant {
    /// The id.
    pub id: GrantId,
    /// Who allows it.
    pub person: PersonId,
    /// The client.
    pub client_id: String,
    /// Where the code goes.
    pub redirect_uri: String,
    /// The connector.
    pub connector: Connector,
    /// The address that its tokens are for; none: any address of the connector.
    pub resource: Option<String>,
    /// Space-separated scopes.
    pub scopes: String,
    /// When it is allowed.
    pub created_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// SHA-256 of the code.
    pub code_hash: [u8; 32],
    /// When the code ends.
    pub code_expires_at: Timestamp,
    /// The S256 challenge.
    pub challenge: String,
}

/// An access token to be kept.
#[derive(Clone, Debug)]
pub struct NewAccess {
    /// The id.
    pub id: TokenId,
    /// Whose.
    pub person: PersonId,
    /// The client's name, as the list of tokens shows it.
    pub name: String,
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// Space-separated scopes.
    pub scopes: String,
    /// When it is made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The grant that it came of.
    pub grant: GrantId,
}

/// An access token, found by its text.
#[derive(Clone, Debug)]
pub struct FoundAccess {
    /// The tenant's rows.
    pub scope: TenantScope,
    /// The token.
    pub id: TokenId,
    /// Its grant.
    pub grant: GrantId,
    /// Who allowed it.
    pub person: PersonId,
    /// What its client called itself then.
    pub client: String,
    /// Its client.
    pub client_id: String,
}

impl Store {
    /// The grant of a code, by the code's SHA-256.
    ///
    /// # Errors
    /// Of the database.
    pub async fn code(&self, hash: &[u8; 32]) -> Result<Option<CodeRow>> {
        let line: Option<CodeLine> = self.crossing().opt(BY_CODE, params![hash]).await?;
        Ok(line.map(|l| CodeRow {
            scope: TenantScope::new(l.tenant_id, l.slug),
            id: l.id,
            person: l.user_id,
            email: l.email,
            client_id: l.client_id,
            redirect_uri: l.redirect_uri,
            connector: l.connector,
            resource: l.resource,
            scopes: l.scopes,
            expires_at: l.expires_at,
            revoked_at: l.revoked_at,
            code_expires_at: l.code_expires_at,
            code_used_at: l.code_used_at,
            code_tries: l.code_tries,
            challenge: l.challenge,
            active: l.tenant_off.or(l.person_off).or(l.member_off).is_none()
                && l.cut_at.is_none_or(|cut| l.created_at >= cut)
                && l.role.reaches(Role::Analyst),
        }))
    }
    /// An access token of a grant, by its SHA-256.
    ///
    /// # Errors
    /// Of the database.
    pub async fn access_token(&self, hash: &[u8; 32]) -> Result<Option<FoundAccess>> {
        let line: Option<AccessLine> = self.crossing().opt(ACCESS_BY_HASH, params![hash]).await?;
        Ok(line.map(|l| FoundAccess {
            scope: TenantScope::new(l.tenant_id, l.slug),
            id: l.id,
            grant: l.grant_id,
            person: l.user_id,
            client: l.name,
            client_id: l.client_id,
        }))
    }
    /// The grants of a person that are alive, newest first, with the calls since `since`.
    ///
    /// # Errors
    /// Of the database.
    pub async fn my_grants(&self, s: PersonScope, since: Timestamp, now: Timestamp) -> Result<Vec<MyGrant>> {
        self.of(s).all(MINE, params![since, now]).await
    }
    /// The tenant of one of a person's own grants.
    ///
    /// # Errors
    /// Of the database.
    pub async fn tenant_of_grant(&self, s: PersonScope, id: GrantId) -> Result<Option<TenantScope>> {
        let row: Option<(TenantId, Slug)> = self.of(s).opt(MY_TENANT_OF, params![id]).await?;
        Ok(row.map(|(tenant, slug)| TenantScope::new(tenant, slug)))
    }
    /// The tenants in which a person has grants that were not revoked.
    ///
    /// # Errors
    /// Of the database.
    pub async fn tenants_with_grants(&self, s: PersonScope) -> Result<Vec<TenantScope>> {
        let rows: Vec<(TenantId, Slug)> = self.of(s).all(MY_LIVING, []).await?;
        Ok(rows.into_iter().map(|(tenant, slug)| TenantScope::new(tenant, slug)).collect())
    }
    /// The tenants that a person is or was a member of: home first, then by name.
    ///
    /// # Errors
    /// Of the database.
    pub async fn choices(&self, s: PersonScope) -> Result<Vec<Choice>> {
        self.of(s).all(CHOICES, []).await
    }
    /// One of a person's tenants, if they are an active member of it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn enter(&self, s: PersonScope, slug: &str) -> Result<Option<Entered>> {
        let all = self.choices(s).await?;
        let choice = all.into_iter().find(|c| c.slug.as_str() == slug && c.disabled_at.or(c.tenant_off).is_none());
        Ok(choice.map(|choice| Entered { scope: TenantScope::new(choice.id, choice.slug.clone()), choice }))
    }
    /// The living grants of a client, over all tenants.
    ///
    /// # Errors
    /// Of the database.
    pub async fn grants_of_client(&self, client: &str) -> Result<Vec<(TenantScope, GrantId)>> {
        let rows: Vec<(TenantId, Slug, GrantId)> = self.crossing().all(OF_CLIENT, params![client]).await?;
        Ok(rows.into_iter().map(|(tenant, slug, grant)| (TenantScope::new(tenant, slug), grant)).collect())
    }
    /// Removes grants whose code nobody redeemed before `codes`, access tokens that ended before `tokens`, and grants that
    /// ended before `ended`.
    ///
    /// # Errors
    /// Of the database.
    pub fn clear_grants(
        &self,
        codes: Timestamp,
        tokens: Timestamp,
        ended: Timestamp,
    ) -> impl Future<Output = Result<()>> + Send {
        async move {
            self.write_quietly(async move |tx| {
                tx.exec(CLEAR_CODES, params![codes]).await?;
                tx.exec(CLEAR_REVOKED, params![ended]).await?;
                tx.exec(CLEAR_ENDED, params![ended]).await?;
                tx.exec(CLEAR_ACCESS, params![tokens]).await
            })
            .await?;
            Ok(())
        }
    }
}

/// Keeps a grant with its code.
///
/// # Errors
/// Of the database.
pub async fn add(tx: &mut Tx<'_>, g: &NewGrant) -> Result<()> {
    let p = params![
        g.id,
        g.person,
        &g.client_id,
        &g.redirect_uri,
        g.connector.as_str(),
        g.resource.as_deref(),
        &g.scopes,
        g.created_at,
        g.expires_at,
        &g.code_hash,
        g.code_expires_at,
        &g.challenge,
    ];
    tx.exec(ADD, p).await?;
    Ok(())
}
/// Notes that the code was redeemed; false if somebody was faster or the grant was revoked.
///
/// # Errors
/// Of the database.
pub async fn redeem(tx: &mut Tx<'_>, id: GrantId, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(REDEEM, params![id, now]).await? > 0)
}
/// Counts a wrong verifier.
///
/// # Errors
/// Of the database.
pub async fn wrong_try(tx: &mut Tx<'_>, id: GrantId) -> Result<()> {
    tx.exec(WRONG_TRY, params![id]).await?;
    Ok(())
}
/// Keeps an access token.
///
/// # Errors
/// Of the database.
pub async fn add_access(tx: &mut Tx<'_>, t: &NewAccess) -> Result<()> {
    let p = params![t.id, t.person, &t.name, &t.hash, &t.scopes, t.created_at, t.expires_at, t.grant];
    tx.exec(ADD_ACCESS, p).await?;
    Ok(())
}
/// Ends a grant and its access tokens; false if it had ended before. `why` is one word.
///
/// # Errors
/// Of the database.
pub async fn revoke(tx: &mut Tx<'_>, id: GrantId, why: &str, now: Timestamp) -> Result<bool> {
    tx.exec(REVOKE_ACCESS, params![id, now]).await?;
    Ok(tx.exec(REVOKE, params![id, now, why]).await? > 0)
}
/// Ends one access token.
///
/// # Errors
/// Of the database.
pub async fn revoke_access(tx: &mut Tx<'_>, id: TokenId, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(REVOKE_ONE_ACCESS, params![id, now]).await? > 0)
}
/// Ends all grants of a person in this tenant; tells how many.
///
/// # Errors
/// Of the database.
pub async fn revoke_of_person(tx: &mut Tx<'_>, person: PersonId, why: &str, now: Timestamp) -> Result<u64> {
    tx.exec(REVOKE_ACCESS_OF_PERSON, params![person, now]).await?;
    tx.exec(REVOKE_OF_PERSON, params![person, now, why]).await
}
/// Ends all grants of a connector in this tenant; tells how many.
///
/// # Errors
/// Of the database.
pub async fn revoke_of_connector(tx: &mut Tx<'_>, connector: Connector, now: Timestamp) -> Result<u64> {
    tx.exec(REVOKE_OF_CONNECTOR, params![connector, now]).await
}
/// Ends what a person allowed up to `cut` in this tenant; tells how many.
///
/// # Errors
/// Of the database.
pub async fn revoke_before(tx: &mut Tx<'_>, person: PersonId, why: &str, cut: Timestamp) -> Result<u64> {
    tx.exec(REVOKE_CUT, params![person, cut, why]).await
}
/// The living grants of a tenant, newest first.
///
/// # Errors
/// Of the database.
pub async fn list(r: crate::Reader<'_>) -> Result<Vec<TenantGrant>> {
    r.all(OF_TENANT, []).await
}
