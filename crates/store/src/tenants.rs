//! Tenants: made, listed, renamed and disabled by the installation's operator.
use watchkeep_model::{Connector, Slug, TenantId, Timestamp};

use crate::{InstallationScope, Result, Store, TenantScope, Tx, sql::Installation};

statements! {
    /// The scope of a tenant, for the command line on the hub's own machine.
    Crossing TENANT = "select id, slug, name, demo, created_at, disabled_at from tenant where slug = $1";
    Installation LIST = "select id, slug, name, demo, created_at, disabled_at from tenant order by slug";
    Installation BY_SLUG = "select id, slug, name, demo, created_at, disabled_at from tenant where slug = $1";
    Installation RESERVED = "select slug from tenant_slug where slug = $1";
    Installation ADD = "insert into tenant (id, slug, name, demo, created_at, disabled_at) values ($1, $2, $3, $4, $5, null)";
    Installation RESERVE = "insert into tenant_slug (slug, tenant_id, since) values ($1, $2, $3) on conflict (slug) do nothing";
    Installation HEAD = "insert into audit_head (chain_id, seq, hash) values ($1, 0, $2) on conflict (chain_id) do nothing";
    Installation RENAME = "update tenant set slug = $2, name = $3 where id = $1";
    Installation DISABLE = "update tenant set disabled_at = $2 where id = $1";
    Installation REQUIRE_MFA = "update tenant set require_mfa = $2 where id = $1";
    Installation RISK = "update tenant set risk_on = $2 where id = $1";
    Installation FLEET = "update tenant set fleet_on = $2 where id = $1";
    Installation RULES = "select require_mfa, risk_on, fleet_on from tenant where slug = $1";
    Installation STARTED = "select created_at, demo from installation where id = 1";
    Crossing INSTALL = "insert into installation (id, created_at, demo) values (1, $1, $2) on conflict (id) do nothing";
}

crate::row! {
    /// A tenant.
    pub struct TenantRow {
        /// The id.
        pub id: TenantId,
        /// The name in addresses and tokens.
        pub slug: Slug,
        /// The name for people.
        pub name: String,
        /// Made by the demo.
        pub demo: bool,
        /// When it was made.
        pub created_at: Timestamp,
        /// Since when it is closed.
        pub disabled_at: Option<Timestamp>,
    }
}

crate::row! {
    /// What a tenant asks of its people, and which of its connectors are open.
    pub struct TenantRules {
        /// Its members need a second factor.
        pub require_mfa: bool,
        /// The risk connector is open.
        pub risk_on: bool,
        /// The fleet connector is open.
        pub fleet_on: bool,
    }
}

impl Store {
    /// The scope of the installation. For the command line on the hub's own machine and for the hub's own jobs;
    /// whoever can read the database file is past every other check.
    pub fn operator(&self) -> InstallationScope {
        InstallationScope::new()
    }
    /// The scope of a tenant, for the command line on the hub's own machine; `None` if there is no such tenant.
    ///
    /// # Errors
    /// Of the database.
    pub async fn administer(&self, slug: &Slug) -> Result<Option<TenantScope>> {
        let t: Option<TenantRow> = self.crossing().opt(TENANT, params![slug]).await?;
        Ok(t.map(|t| TenantScope::new(t.id, t.slug)))
    }
    /// All tenants, by slug.
    ///
    /// # Errors
    /// Of the database.
    pub async fn tenants(&self, s: InstallationScope) -> Result<Vec<TenantRow>> {
        self.installation(s).all(LIST, []).await
    }
    /// What a tenant asks of its people; none if there is no such tenant.
    ///
    /// # Errors
    /// Of the database.
    pub async fn tenant_rules(&self, s: InstallationScope, slug: &Slug) -> Result<Option<TenantRules>> {
        self.installation(s).opt(RULES, params![slug]).await
    }
    /// When the installation began and whether it is a demo; makes its row at the first start.
    ///
    /// # Errors
    /// Of the database.
    pub fn install(&self, now: Timestamp, demo: bool) -> impl Future<Output = Result<(Timestamp, bool)>> + Send {
        async move {
            let there: Option<(Timestamp, bool)> = self.installation(self.operator()).opt(STARTED, []).await?;
            if let Some(row) = there {
                return Ok(row);
            }
            self.write_quietly(async move |tx| tx.exec(INSTALL, params![now, demo]).await).await?;
            self.installation(self.operator()).one(STARTED, []).await
        }
    }
    /// True if the database answers.
    ///
    /// # Errors
    /// Of the database.
    pub async fn ready(&self) -> Result<()> {
        let _row: Option<(Timestamp, bool)> = self.installation(self.operator()).opt(STARTED, []).await?;
        Ok(())
    }
}

/// A tenant by its slug.
///
/// # Errors
/// Of the database.
pub async fn by_slug(tx: &mut Tx<'_, Installation>, slug: &Slug) -> Result<Option<TenantRow>> {
    tx.opt(BY_SLUG, params![slug]).await
}
/// Whether a slug is taken, now or by a tenant that once had it.
///
/// # Errors
/// Of the database.
pub async fn is_reserved(tx: &mut Tx<'_, Installation>, slug: &Slug) -> Result<bool> {
    let row: Option<(String,)> = tx.opt(RESERVED, params![slug]).await?;
    Ok(row.is_some())
}
/// Makes a tenant with its chain and reserves its slug.
///
/// # Errors
/// A unique violation if the slug is in use.
pub async fn add(tx: &mut Tx<'_, Installation>, t: &TenantRow) -> Result<()> {
    tx.exec(ADD, params![t.id, &t.slug, &t.name, t.demo, t.created_at]).await?;
    tx.exec(RESERVE, params![&t.slug, t.id, t.created_at]).await?;
    tx.exec(HEAD, params![t.id, &[0_u8; 32]]).await?;
    Ok(())
}
/// Changes slug and name; the old slug stays reserved.
///
/// # Errors
/// A unique violation if the slug is in use.
pub async fn rename(
    tx: &mut Tx<'_, Installation>,
    id: TenantId,
    slug: &Slug,
    name: &str,
    now: Timestamp,
) -> Result<()> {
    tx.exec(RENAME, params![id, slug, name]).await?;
    tx.exec(RESERVE, params![slug, id, now]).await?;
    Ok(())
}
/// Closes a tenant (`Some`) or opens it again (`None`).
///
/// # Errors
/// Of the database.
pub async fn disable(tx: &mut Tx<'_, Installation>, id: TenantId, at: Option<Timestamp>) -> Result<()> {
    tx.exec(DISABLE, params![id, at]).await?;
    Ok(())
}

/// Whether the members of a tenant need a second factor.
///
/// # Errors
/// Of the database.
pub async fn require_mfa(tx: &mut Tx<'_, Installation>, id: TenantId, on: bool) -> Result<()> {
    tx.exec(REQUIRE_MFA, params![id, on]).await?;
    Ok(())
}
/// Opens or closes a connector of a tenant.
///
/// # Errors
/// Of the database.
pub async fn open_connector(tx: &mut Tx<'_, Installation>, id: TenantId, connector: Connector, on: bool) -> Result<()> {
    let p = params![id, on];
    match connector {
        Connector::Risk => tx.exec(RISK, p).await?,
        Connector::Fleet => tx.exec(FLEET, p).await?,
    };
    Ok(())
}
