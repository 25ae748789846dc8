//! Drop Zones: what lies in each, and the token that opens its webhook. Only the SHA-256 of the token is kept.
use ring::digest::{SHA256, digest};
use watchkeep_model::{IntegrationId, Slug, TenantId, Timestamp, TokenId};

use crate::{Reader, Result, Store, TenantScope, Tx};

statements! {
    Tenant PUT_TOKEN = "insert into dropzone_token (tenant_id, integration_id, id, token_hash, created_at, created_by) values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id, integration_id) do update set id = excluded.id, token_hash = excluded.token_hash, created_at = excluded.created_at, created_by = excluded.created_by";
    Tenant ZONES = "select i.id, i.name, i.enabled, i.priority, (select count(*) from artifact a where a.tenant_id = $1 and a.integration_id = i.id) as artifacts, (select count(*) from proposal p where p.tenant_id = $1 and p.integration_id = i.id and p.status = 'pending') as open_proposals, (select count(*) from proposal w where w.tenant_id = $1 and w.integration_id = i.id and w.to_land = 1) as waiting, d.created_at as token_at from integration i left join dropzone_token d on d.tenant_id = i.tenant_id and d.integration_id = i.id where i.tenant_id = $1 and i.source_kind = 'drop_zone' order by i.name";
    Crossing HOOK = "select d.tenant_id, t.slug, d.integration_id, d.id, i.name from dropzone_token d join tenant t on t.id = d.tenant_id join integration i on i.tenant_id = d.tenant_id and i.id = d.integration_id where d.token_hash = $1 and t.disabled_at is null";
}

crate::row! {
    /// A Drop Zone with what lies in it.
    pub struct ZoneRow {
        /// The integration's id.
        pub id: IntegrationId,
        /// Its name.
        pub name: String,
        /// False: it takes nothing.
        pub enabled: bool,
        /// The lower wins.
        pub priority: i64,
        /// How many artifacts were pushed.
        pub artifacts: i64,
        /// Proposals that wait for a person.
        pub open_proposals: i64,
        /// Proposals that were accepted and wait to become samples.
        pub waiting: i64,
        /// When its token was made; none if it has none.
        pub token_at: Option<Timestamp>,
    }
}

/// What the token of a webhook opens.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The tenant's rows.
    pub scope: TenantScope,
    /// The Drop Zone.
    pub integration: IntegrationId,
    /// The token's id.
    pub token: TokenId,
    /// The Drop Zone's name.
    pub name: String,
}

fn hash(token: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    out
}

/// The tenant's Drop Zones, by name.
///
/// # Errors
/// Of the database.
pub async fn all(r: Reader<'_>) -> Result<Vec<ZoneRow>> {
    r.all(ZONES, []).await
}
/// Gives a Drop Zone a token; the one before opens nothing any more.
///
/// # Errors
/// Of the database.
pub async fn put_token(
    tx: &mut Tx<'_>,
    of: IntegrationId,
    id: TokenId,
    token: &str,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    let h = hash(token);
    tx.exec(PUT_TOKEN, params![of, id, &h, now, by]).await?;
    Ok(())
}

impl Store {
    /// The Drop Zone of this id, if the token is its own and its tenant is open. It is looked up by the token's hash, so
    /// nothing of the token is told by how long that takes.
    ///
    /// # Errors
    /// Of the database.
    pub async fn open_zone(&self, integration: IntegrationId, token: &str) -> Result<Option<Opened>> {
        let row: Option<(TenantId, Slug, IntegrationId, TokenId, String)> =
            self.crossing().opt(HOOK, params![&hash(token)]).await?;
        Ok(row.filter(|r| r.2 == integration).map(|(tenant, slug, integration, token, name)| Opened {
            scope: TenantScope::new(tenant, slug),
            integration,
            token,
            name,
        }))
    }
}
