//! A person's own tokens, over all their tenants. The page of the account and the REST of a person share this.
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use watchkeep_hub::admin::{Admin, Credential, Lifetime, NewPat};
use watchkeep_hub::identity::{self, Mine, SignedIn};
use watchkeep_hub::{Error, Hub};
use watchkeep_model::{Connector, Slug, Timestamp, TokenId};
use watchkeep_store::TenantScope;
use watchkeep_store::tokens::{self, TokenInfo};

/// A token, as its owner sees it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Own {
    /// The id, which is no secret.
    pub id: TokenId,
    /// Its label.
    pub name: String,
    /// The tenant.
    pub tenant: Slug,
    /// Space-separated.
    pub scopes: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// Last use, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// By which client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_client: Option<String>,
    /// From which address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_address: Option<String>,
}

/// A token that is asked for over REST.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The slug of the tenant.
    pub tenant: String,
    name: String,
    /// `risk`, `fleet`; the risk connector if there are none.
    #[serde(default)]
    connectors: Vec<Connector>,
    #[serde(default)]
    write: bool,
    /// `90d`, or a day; 90 days if it is not there.
    expires: Option<String>,
}

impl Wanted {
    /// What the hub makes of it.
    ///
    /// # Errors
    /// If the end is neither a length nor a day.
    pub(crate) fn pat(&self, signed: &SignedIn) -> Result<NewPat, Error> {
        let lifetime = self.expires.as_deref().map(str::parse::<Lifetime>).transpose();
        Ok(NewPat {
            user: signed.email.clone(),
            name: self.name.clone(),
            connectors: self.connectors.clone(),
            write: self.write,
            lifetime: lifetime.map_err(|text| Error::flaw("expires", &text))?.unwrap_or_default(),
        })
    }
}

async fn open(hub: &Arc<Hub>, signed: &SignedIn) -> Result<Vec<(Mine, TenantScope)>, Error> {
    let admin = Admin::of(hub, signed.actor());
    let mut all = vec![];
    for mine in identity::tenants(hub, signed).await? {
        if !mine.disabled && !mine.tenant_disabled {
            let scope = admin.tenant(&mine.scope_slug).await?;
            all.push((mine, scope));
        }
    }
    Ok(all)
}

fn is_own(token: &TokenInfo, signed: &SignedIn) -> bool {
    token.kind == "pat" && token.owner == signed.email
}

/// The person's tokens in every tenant that is open to them, the newest first.
///
/// # Errors
/// Of the database.
pub(crate) async fn list(hub: &Arc<Hub>, signed: &SignedIn) -> Result<Vec<Own>, Error> {
    let mut all = vec![];
    for (mine, scope) in open(hub, signed).await? {
        let tokens = tokens::list(hub.store.at(&scope)).await?;
        all.extend(tokens.into_iter().filter(|token| is_own(token, signed)).map(|token| Own {
            id: token.id,
            name: token.name,
            tenant: mine.scope_slug.clone(),
            scopes: token.scopes,
            created_at: token.created_at,
            expires_at: token.expires_at,
            revoked_at: token.revoked_at,
            last_used_at: token.last_used_at,
            last_client: token.last_used_client,
            last_address: token.last_used_address,
        }));
    }
    all.sort_by_key(|token| std::cmp::Reverse(token.created_at));
    Ok(all)
}

/// Makes a token in a tenant of the person.
///
/// # Errors
/// The flaw `tenant` if it is none of theirs, and those of the hub.
pub(crate) async fn create(hub: &Arc<Hub>, signed: &SignedIn, tenant: &str, new: &NewPat) -> Result<Credential, Error> {
    let mine = open(hub, signed).await?.into_iter().find(|(mine, _)| mine.scope_slug.as_str() == tenant);
    let Some((_, scope)) = mine else {
        return Err(Error::flaw("tenant", "must be one that you are an active member of"));
    };
    Admin::of(hub, signed.actor()).create_pat(&scope, new).await
}

/// Revokes a token of the person. That of somebody else is as good as none.
///
/// # Errors
/// Not found; of the database.
pub(crate) async fn revoke(hub: &Arc<Hub>, signed: &SignedIn, id: &str) -> Result<(), Error> {
    let gone = || Error::not_found("you have no living token with this id; it may have been revoked already");
    let id: TokenId = id.parse().map_err(|_| gone())?;
    for (_, scope) in open(hub, signed).await? {
        let tokens = tokens::list(hub.store.at(&scope)).await?;
        if tokens.iter().any(|token| token.id == id && is_own(token, signed)) {
            return Admin::of(hub, signed.actor()).revoke_token(&scope, id).await.map_err(|_| gone());
        }
    }
    Err(gone())
}
