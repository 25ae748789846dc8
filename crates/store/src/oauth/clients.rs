//! Clients of the authorization server. They belong to the installation: one client serves many tenants.
use watchkeep_model::{TenantId, Timestamp};

use crate::{InstallationScope, Result, Store, Tx, sql::Installation};

/// The columns of [`ClientRow`], in order.
macro_rules! columns {
    () => {
        "id, kind, name, redirect_uris, auth_method, secret_hash, former_secret_hash, only_tenant, scopes, about, created_by, created_at, granted_at, fresh_until, disabled_at"
    };
}

statements! {
    Installation BY_ID = concat!("select ", columns!(), " from oauth_client where id = $1");
    Installation BY_FINGERPRINT = concat!("select ", columns!(), " from oauth_client where fingerprint = $1");
    Installation LIST = concat!("select ", columns!(), " from oauth_client where created_at <= $1 order by created_at desc, id limit $2");
    Installation ADD = "insert into oauth_client (id, kind, name, redirect_uris, auth_method, secret_hash, former_secret_hash, only_tenant, scopes, about, fingerprint, created_by, created_at, granted_at, fresh_until, disabled_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    Installation REFRESH_DOCUMENT = "update oauth_client set name = $2, redirect_uris = $3, scopes = $4, about = $5, fresh_until = $6 where id = $1 and kind = 'document'";
    Installation SECRET = "update oauth_client set former_secret_hash = secret_hash, secret_hash = $2 where id = $1 and kind = 'static'";
    Installation DROP_FORMER = "update oauth_client set former_secret_hash = null where id = $1";
    Installation DISABLE = "update oauth_client set disabled_at = $2 where id = $1";
    Installation REGISTERED_SINCE = "select count(*) from oauth_client where created_at > $1";
    Crossing GRANTED = "update oauth_client set granted_at = $2 where id = $1";
    /// Nobody ever allowed it anything, or its last grant was forgotten long ago.
    Crossing CLEAR_CLIENTS = "delete from oauth_client where id in (select c.id from oauth_client c where c.created_at < $1 and c.kind <> 'static' and (c.granted_at is null or c.granted_at < $2) and not exists (select 1 from oauth_grant g where g.client_id = c.id) limit $3)";
}

crate::row! {
    /// A client as it stands in the table.
    pub struct ClientRow {
        /// `mcp_<32 hex digits>`, or the address of its metadata document.
        pub id: String,
        /// `registered`, `static` or `document`.
        pub kind: String,
        /// What it calls itself; cleaned.
        pub name: String,
        /// JSON array of redirect URIs.
        pub redirect_uris: String,
        /// `none`, `client_secret_basic` or `client_secret_post`.
        pub auth_method: String,
        /// SHA-256 of its secret.
        pub secret_hash: Option<Vec<u8>>,
        /// SHA-256 of the secret before, while it is being changed.
        pub former_secret_hash: Option<Vec<u8>>,
        /// The one tenant it is for.
        pub only_tenant: Option<TenantId>,
        /// The scopes it may have at most; none: all.
        pub scopes: Option<String>,
        /// JSON object of what else it said: `application_type`, `client_uri`.
        pub about: String,
        /// Who made it: an address, or who at the command line.
        pub created_by: String,
        /// When it was made.
        pub created_at: Timestamp,
        /// When somebody last allowed it something.
        pub granted_at: Option<Timestamp>,
        /// Until when the copy of its document is good.
        pub fresh_until: Option<Timestamp>,
        /// Since when it is switched off.
        pub disabled_at: Option<Timestamp>,
    }
}

impl Store {
    /// A client by its id.
    ///
    /// # Errors
    /// Of the database.
    pub async fn oauth_client(&self, s: InstallationScope, id: &str) -> Result<Option<ClientRow>> {
        self.installation(s).opt(BY_ID, params![id]).await
    }
    /// The client that registered exactly like this.
    ///
    /// # Errors
    /// Of the database.
    pub async fn oauth_client_like(&self, s: InstallationScope, fingerprint: &[u8; 32]) -> Result<Option<ClientRow>> {
        self.installation(s).opt(BY_FINGERPRINT, params![fingerprint]).await
    }
    /// The newest clients.
    ///
    /// # Errors
    /// Of the database.
    pub async fn oauth_clients(&self, s: InstallationScope, now: Timestamp, limit: i64) -> Result<Vec<ClientRow>> {
        self.installation(s).all(LIST, params![now, limit]).await
    }
    /// How many clients were made since `then`.
    ///
    /// # Errors
    /// Of the database.
    pub async fn oauth_clients_since(&self, s: InstallationScope, then: Timestamp) -> Result<i64> {
        let (n,): (i64,) = self.installation(s).one(REGISTERED_SINCE, params![then]).await?;
        Ok(n)
    }
    /// Removes a slice of the clients that nobody needs: made before `unclaimed` and never allowed anything, or last
    /// allowed something before `unused`, without a grant that is still kept. Tells how many.
    ///
    /// # Errors
    /// Of the database.
    pub fn clear_clients(&self, unclaimed: Timestamp, unused: Timestamp) -> impl Future<Output = Result<u64>> + Send {
        async move {
            self.write_quietly(async move |tx| tx.exec(CLEAR_CLIENTS, params![unclaimed, unused, 500_i64]).await).await
        }
    }
    /// Notes that somebody allowed a client something just now.
    ///
    /// # Errors
    /// Of the database.
    pub fn client_granted(&self, id: String, now: Timestamp) -> impl Future<Output = Result<u64>> + Send {
        async move { self.write_quietly(async move |tx| tx.exec(GRANTED, params![&id, now]).await).await }
    }
}

/// Keeps a new client; false if one with this fingerprint was faster.
///
/// # Errors
/// A unique violation if the id is in use.
pub async fn add(tx: &mut Tx<'_, Installation>, c: &ClientRow, fingerprint: Option<&[u8; 32]>) -> Result<()> {
    let p = params![
        &c.id,
        &c.kind,
        &c.name,
        &c.redirect_uris,
        &c.auth_method,
        c.secret_hash.as_ref(),
        c.former_secret_hash.as_ref(),
        c.only_tenant,
        c.scopes.as_deref(),
        &c.about,
        fingerprint,
        &c.created_by,
        c.created_at,
        c.granted_at,
        c.fresh_until,
        c.disabled_at,
    ];
    tx.exec(ADD, p).await?;
    Ok(())
}
/// The client that registered exactly like this, seen by the write.
///
/// # Errors
/// Of the database.
pub async fn like(tx: &mut Tx<'_, Installation>, fingerprint: &[u8; 32]) -> Result<Option<ClientRow>> {
    tx.opt(BY_FINGERPRINT, params![fingerprint]).await
}
/// A client by its id, seen by the write.
///
/// # Errors
/// Of the database.
pub async fn by_id(tx: &mut Tx<'_, Installation>, id: &str) -> Result<Option<ClientRow>> {
    tx.opt(BY_ID, params![id]).await
}
/// Keeps what a document says now.
///
/// # Errors
/// Of the database.
pub async fn refresh_document(tx: &mut Tx<'_, Installation>, c: &ClientRow) -> Result<()> {
    let p = params![&c.id, &c.name, &c.redirect_uris, c.scopes.as_deref(), &c.about, c.fresh_until];
    tx.exec(REFRESH_DOCUMENT, p).await?;
    Ok(())
}
/// A new secret of a static client; the one before stays good until [`drop_former`].
///
/// # Errors
/// Of the database.
pub async fn new_secret(tx: &mut Tx<'_, Installation>, id: &str, hash: &[u8; 32]) -> Result<bool> {
    Ok(tx.exec(SECRET, params![id, hash]).await? > 0)
}
/// Ends the secret before.
///
/// # Errors
/// Of the database.
pub async fn drop_former(tx: &mut Tx<'_, Installation>, id: &str) -> Result<()> {
    tx.exec(DROP_FORMER, params![id]).await?;
    Ok(())
}
/// Switches a client off (`Some`) or on again (`None`); false if there is none.
///
/// # Errors
/// Of the database.
pub async fn disable(tx: &mut Tx<'_, Installation>, id: &str, at: Option<Timestamp>) -> Result<bool> {
    Ok(tx.exec(DISABLE, params![id, at]).await? > 0)
}
