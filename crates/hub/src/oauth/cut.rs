//! What was allowed ends with the standing of whoever allowed it, in each tenant with a row of its own. It opens nothing
//! already when this runs: the rows here say so in the tenants' own records.
use serde_json::json;
use watchkeep_model::{Connector, Timestamp};
use watchkeep_store::oauth::grants;
use watchkeep_store::{Call, PersonScope, Store, TenantScope};

use crate::error::Error;

/// Notes in each tenant that what a person allowed up to `cut` has ended. `call` is the row of what happened to the person.
///
/// # Errors
/// Of the database; it may simply be repeated.
pub async fn person(store: Store, own: PersonScope, why: String, cut: Timestamp, call: Call) -> Result<(), Error> {
    for tenant in store.tenants_with_grants(own).await? {
        let (id, why, row) = (own.person(), why.clone(), Call { event: "oauth_revoked".into(), ..call.clone() });
        store
            .write(&tenant, row, async move |tx| Ok::<_, Error>(grants::revoke_before(tx, id, &why, cut).await?))
            .await?;
    }
    Ok(())
}

/// Ends what was allowed in a tenant for a connector that was switched off.
///
/// # Errors
/// Of the database.
pub async fn connector(
    store: Store,
    tenant: TenantScope,
    connector: Connector,
    now: Timestamp,
    call: Call,
) -> Result<u64, Error> {
    let row = Call { event: "oauth_revoked".into(), ..call.clone() };
    store
        .write(&tenant, row, async move |tx| Ok::<_, Error>(grants::revoke_of_connector(tx, connector, now).await?))
        .await
}

/// Ends what a client was allowed, in every tenant; tells in how many grants.
///
/// # Errors
/// Of the database; it may simply be repeated.
pub async fn client(store: Store, id: String, now: Timestamp, call: Call) -> Result<usize, Error> {
    let all = store.grants_of_client(&id).await?;
    for (tenant, grant) in all.clone() {
        let (grant, row) = (
            grant,
            Call {
                event: "oauth_revoked".into(),
                target: Some(grant.to_string()),
                args: crate::canonical::digest(json!({"grant": grant}).as_object().unwrap_or(&serde_json::Map::new())),
                ..call.clone()
            },
        );
        store
            .write(&tenant, row, async move |tx| Ok::<_, Error>(grants::revoke(tx, grant, "client_off", now).await?))
            .await?;
    }
    Ok(all.len())
}
