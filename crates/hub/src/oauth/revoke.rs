//! A client gives a token back (RFC 7009). A refresh token ends the grant, an access token itself; what is unknown or
//! somebody else's is answered alike.
use std::sync::Arc;

use serde_json::json;
use watchkeep_authz::oauth::params::Params;
use watchkeep_authz::oauth::token;
use watchkeep_store::oauth::{grants, hash};

use super::record;
use super::token::{Failed, authenticated};
use crate::Hub;
use crate::error::Error;
use crate::identity::Visitor;

/// Revokes what the client owns.
///
/// # Errors
/// If the client cannot be authenticated; of the database.
pub async fn revoke(
    hub: &Arc<Hub>,
    visitor: &Visitor,
    authorization: Option<&str>,
    params: &Params,
) -> Result<(), Failed> {
    let token = token::revoked(params)?;
    let client = authenticated(hub, authorization, params).await?;
    // what is longer than any token is unknown
    let Some(token) = token else { return Ok(()) };
    let print = hash(token);
    let now = hub.now();
    if let Some(found) = hub.store.access_token(&print).await?
        && found.client_id == client.id
    {
        let told = json!({"token": found.id});
        let call = record::of_client(hub, visitor, "oauth_revoked", "revoke", &client, found.grant, None, &told);
        let id = found.id;
        hub.store
            .write(&found.scope, call, async move |tx| Ok::<_, Error>(grants::revoke_access(tx, id, now).await?))
            .await?;
        return Ok(());
    }
    if let Some(found) = hub.store.refresh_token(&print).await?
        && found.client_id == client.id
    {
        let (grant, told) = (found.grant, json!({"grant": found.grant}));
        let who = Some((found.person, found.email.as_str()));
        let call = record::of_client(hub, visitor, "oauth_revoked", "revoke", &client, grant, who, &told);
        hub.store
            .write(&found.scope, call, async move |tx| Ok::<_, Error>(grants::revoke(tx, grant, "client", now).await?))
            .await?;
    }
    Ok(())
}
