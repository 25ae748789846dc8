//! Clients of the authorization server as an admin handles them, and what people allowed them.
use data_encoding::HEXLOWER;
use std::fmt;

use serde_json::json;
use watchkeep_authz::oauth::{AuthMethod, redirect};
use watchkeep_model::{GrantId, Scopes, Slug};
use watchkeep_store::oauth::clients::{self, ClientRow};
use watchkeep_store::oauth::grants::{self, MyGrant};
use watchkeep_store::oauth::hash;

use super::{Admin, named};
use crate::error::Error;
use crate::oauth::attempts::{Attempt, last};
use crate::oauth::cut;

/// A client to be made, for whoever cannot register by themselves: one for a tenant, or one for all.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// What people see.
    pub name: String,
    /// Where answers may go.
    pub redirect_uris: Vec<String>,
    /// Whether it keeps a secret.
    pub confidential: bool,
    /// The one tenant it is for; none: all.
    pub tenant: Option<Slug>,
    /// What it may have at most; none: all.
    pub scopes: Option<Scopes>,
}

/// A client at the one moment when its secret can be seen.
#[derive(Clone)]
pub struct MadeClient {
    /// What is kept.
    pub row: ClientRow,
    /// The secret, of a confidential client.
    pub secret: Option<String>,
}

impl fmt::Debug for MadeClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MadeClient").field("id", &self.row.id).finish_non_exhaustive()
    }
}

impl Admin {
    /// Makes a static client.
    ///
    /// # Errors
    /// If a redirect URI cannot be used; not found.
    pub async fn create_client(&self, new: &NewClient) -> Result<MadeClient, Error> {
        if new.redirect_uris.is_empty() {
            return Err(Error::flaw("redirect-uri", "is required: where the client is answered, at least one"));
        }
        for uri in &new.redirect_uris {
            redirect::register(uri).map_err(|why| Error::flaw("redirect-uri", &why))?;
        }
        let only_tenant = match &new.tenant {
            Some(slug) => Some(self.tenant(slug).await?.tenant()),
            None => None,
        };
        let secret = new.confidential.then(|| HEXLOWER.encode(&self.rng().bytes::<32>()));
        let method = if new.confidential { AuthMethod::Secret } else { AuthMethod::None };
        let now = self.now();
        let row = ClientRow {
            id: format!("mcp_{}", HEXLOWER.encode(&self.rng().bytes::<16>())),
            kind: "static".into(),
            name: named("name", &new.name)?,
            redirect_uris: json!(new.redirect_uris).to_string(),
            auth_method: method.as_str().to_owned(),
            secret_hash: secret.as_deref().map(|s| hash(s).to_vec()),
            former_secret_hash: None,
            only_tenant,
            scopes: new.scopes.map(|s| s.to_string()),
            about: "{}".into(),
            created_by: self.actor().name.clone(),
            created_at: now,
            granted_at: None,
            fresh_until: None,
            disabled_at: None,
        };
        let told = json!({"name": row.name, "redirectUris": new.redirect_uris, "tenant": new.tenant});
        let call = self.act("oauth_client_created", "client create", &told, &row.id);
        let kept = row.clone();
        self.store()
            .write_installation(self.store().operator(), call, async move |tx| {
                clients::add(tx, &kept, None).await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(MadeClient { row, secret })
    }

    /// The newest clients of any kind.
    ///
    /// # Errors
    /// Of the database.
    pub async fn clients(&self, limit: i64) -> Result<Vec<ClientRow>, Error> {
        Ok(self.store().oauth_clients(self.store().operator(), self.now(), limit).await?)
    }

    /// A client.
    ///
    /// # Errors
    /// Not found.
    pub async fn client(&self, id: &str) -> Result<ClientRow, Error> {
        self.store().oauth_client(self.store().operator(), id).await?.ok_or_else(|| unknown(id))
    }

    /// Switches a client off, which ends everything it was allowed in every tenant, or on again. Tells how many grants
    /// ended.
    ///
    /// # Errors
    /// Not found.
    pub async fn switch_client(&self, id: &str, on: bool) -> Result<usize, Error> {
        let now = self.now();
        let (event, op) = match on {
            true => ("oauth_client_enabled", "client enable"),
            false => ("oauth_client_disabled", "client disable"),
        };
        let call = self.act(event, op, &json!({"id": id}), id);
        let (wanted, noted) = (id.to_owned(), call.clone());
        self.store()
            .write_installation(self.store().operator(), call, async move |tx| {
                match clients::disable(tx, &wanted, (!on).then_some(now)).await? {
                    true => Ok(()),
                    false => Err(unknown(&wanted)),
                }
            })
            .await?;
        if on { Ok(0) } else { cut::client(self.store().clone(), id.to_owned(), now, noted).await }
    }

    /// Gives a confidential static client another secret. The one before stays good until [`Admin::drop_former_secret`],
    /// so that it can be changed without a gap.
    ///
    /// # Errors
    /// Not found; a conflict if it keeps no secret.
    pub async fn new_client_secret(&self, id: &str) -> Result<MadeClient, Error> {
        let row = self.client(id).await?;
        if row.kind != "static" || row.secret_hash.is_none() {
            return Err(Error::conflict("only a confidential client that an admin made has a secret to change"));
        }
        let secret = HEXLOWER.encode(&self.rng().bytes::<32>());
        let (wanted, print) = (row.id.clone(), hash(&secret));
        let call = self.act("oauth_client_secret_made", "client secret", &json!({"id": row.id}), &row.id);
        self.store()
            .write_installation(self.store().operator(), call, async move |tx| {
                clients::new_secret(tx, &wanted, &print).await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(MadeClient { row, secret: Some(secret) })
    }

    /// Ends the secret before.
    ///
    /// # Errors
    /// Not found.
    pub async fn drop_former_secret(&self, id: &str) -> Result<(), Error> {
        let row = self.client(id).await?;
        let call = self.act("oauth_client_secret_dropped", "client secret", &json!({"id": row.id}), &row.id);
        self.store()
            .write_installation(self.store().operator(), call, async move |tx| {
                clients::drop_former(tx, &row.id).await?;
                Ok::<_, Error>(())
            })
            .await
    }

    /// What a person allowed and is alive, in all tenants.
    ///
    /// # Errors
    /// Not found.
    pub async fn apps_of(&self, address: &str) -> Result<Vec<MyGrant>, Error> {
        let (_, own) = self.person(address).await?;
        let now = self.now();
        Ok(self.store().my_grants(own, now.minus(watchkeep_model::Span::days(7)), now).await?)
    }

    /// Ends one thing that a person allowed.
    ///
    /// # Errors
    /// Not found.
    pub async fn revoke_app(&self, address: &str, id: GrantId) -> Result<(), Error> {
        let (_, own) = self.person(address).await?;
        let none = || Error::not_found("no living grant of this user has that id; `watchkeep app list` shows them");
        let tenant = self.store().tenant_of_grant(own, id).await?.ok_or_else(none)?;
        let now = self.now();
        let call = self.act("oauth_revoked", "app revoke", &json!({"grant": id}), id);
        self.store()
            .write(&tenant, call, async move |tx| match grants::revoke(tx, id, "operator", now).await? {
                true => Ok(()),
                false => Err(Error::not_found("it has ended already")),
            })
            .await
    }

    /// What clients tried of late, newest first.
    ///
    /// # Errors
    /// Of the database.
    pub async fn attempts(&self, limit: i64) -> Result<Vec<Attempt>, Error> {
        last(self.store(), self.now(), limit).await
    }
}

fn unknown(id: &str) -> Error {
    let id = watchkeep_model::text::clean(id, 120);
    Error::not_found(format!("there is no client `{id}`; `watchkeep client list` shows them"))
}
