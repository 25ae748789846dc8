//! Connected Apps: what a person allowed, and how to take it back. It ends at once, since every call asks.
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use watchkeep_authz::oauth::redirect;
use watchkeep_model::{Connector, GrantId, Slug, Span, Timestamp};
use watchkeep_store::oauth::grants::{self, MyGrant};

use super::record::of_person;
use crate::Hub;
use crate::error::Error;
use crate::identity::{SignedIn, Visitor};

/// One grant, as its owner sees it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct App {
    /// The grant.
    pub id: GrantId,
    /// The client's id.
    pub client_id: String,
    /// What the client calls itself.
    pub client: String,
    /// Nobody has looked at it.
    pub unverified: bool,
    /// The tenant.
    pub tenant: Slug,
    /// Its name.
    pub tenant_name: String,
    /// The connector.
    pub connector: Connector,
    /// What it may do, space-separated.
    pub scopes: String,
    /// Where the answer went.
    pub redirect_host: String,
    /// When it was allowed.
    pub created_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// Last use; of what is no call of a tool, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// Calls in the last seven days.
    pub calls_7d: i64,
}

impl From<MyGrant> for App {
    fn from(g: MyGrant) -> Self {
        Self {
            redirect_host: redirect::shown(&g.redirect_uri),
            unverified: g.kind != "static",
            id: g.id,
            client_id: g.client_id,
            client: g.client,
            tenant: g.slug,
            tenant_name: g.tenant,
            connector: g.connector,
            scopes: g.scopes,
            created_at: g.created_at,
            expires_at: g.expires_at,
            last_used_at: g.last_used_at.max(g.last_call_at),
            calls_7d: g.calls,
        }
    }
}

/// What a person allowed and is alive, newest first.
///
/// # Errors
/// Of the database.
pub async fn list(hub: &Arc<Hub>, signed: &SignedIn) -> Result<Vec<App>, Error> {
    let now = hub.now();
    let grants = hub.store.my_grants(signed.own, now.minus(Span::days(7)), now).await?;
    Ok(grants.into_iter().map(App::from).collect())
}

/// Takes a grant back: its tokens open nothing from now on.
///
/// # Errors
/// Not found if it is none of the person's, or has ended.
pub async fn revoke(hub: &Arc<Hub>, visitor: &Visitor, signed: &SignedIn, id: &str) -> Result<(), Error> {
    let none = || Error::not_found("there is no such connected app; the list shows those that are");
    let id: GrantId = id.parse().map_err(|_| none())?;
    let scope = hub.store.tenant_of_grant(signed.own, id).await?.ok_or_else(none)?;
    let now = hub.now();
    let call = of_person(hub, visitor, "oauth_revoked", "app revoke", signed, &json!({"grant": id}), &id.to_string());
    hub.store
        .write(&scope, call, async move |tx| match grants::revoke(tx, id, "person", now).await? {
            true => Ok(()),
            false => Err(Error::not_found("it has ended already")),
        })
        .await
}
