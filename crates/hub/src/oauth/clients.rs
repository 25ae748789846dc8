//! Who asks: a client that registered itself, one that an admin made, or one that is known by the address of its
//! metadata document.
use std::sync::Arc;

use serde_json::{Map, Value, json};
use watchkeep_authz::oauth::document::{self, Document};
use watchkeep_authz::oauth::{AuthMethod, Client, ClientKind, Reason, Refused};
use watchkeep_model::{Span, Timestamp};
use watchkeep_store::oauth::clients::{self, ClientRow};

use super::ClientDocuments;
use super::throttle::Knock;
use crate::Hub;
use crate::error::Error;
use crate::identity::SignedIn;

/// A document is asked again at the earliest and at the latest after so long.
const FRESH: (Span, Span) = (Span::minutes(5), Span::hours(24));
/// How long a copy of a well-known client's document serves while its address does not answer.
const STALE: Span = Span::days(7);

/// Where is dialled to see whether the hub can dial out at all: an address that it would ask anyway.
const PROBE: &str = "https://claude.ai/oauth/claude-code-client-metadata";

/// Whether metadata says that clients may be known by their documents.
pub async fn documents(hub: &Arc<Hub>) -> bool {
    match hub.oauth.settings.client_documents {
        ClientDocuments::On => true,
        ClientDocuments::Off => false,
        ClientDocuments::Auto => match &hub.oauth.documents {
            Some(documents) => documents.works(PROBE, hub.now()).await,
            None => false,
        },
    }
}

/// What is known of a client id.
#[derive(Clone, Debug)]
pub enum Found {
    /// This client.
    Client(Box<Client>),
    /// Nobody.
    Unknown,
    /// A document that nobody has read yet: it is fetched for people who have signed in, so that no stranger can send the
    /// hub anywhere.
    Later,
    /// Its document cannot be had or cannot be used.
    Refused(Refused),
}

/// Looks a client up.
///
/// # Errors
/// Of the database.
pub async fn find(hub: &Arc<Hub>, id: &str, signed: Option<&SignedIn>) -> Result<Found, Error> {
    let kept = hub.store.oauth_client(hub.store.operator(), id).await?;
    if !document::is_url(id) {
        return Ok(kept.map_or(Found::Unknown, |row| Found::Client(Box::new(client(&row)))));
    }
    if hub.oauth.settings.client_documents == ClientDocuments::Off {
        return Ok(Found::Unknown);
    }
    if let Some(row) = &kept
        && (row.disabled_at.is_some() || row.fresh_until.is_some_and(|until| until > hub.now()))
    {
        return Ok(Found::Client(Box::new(client(row))));
    }
    let url = match document::check_url(id) {
        Ok(url) => url,
        Err(refused) => return Ok(Found::Refused(refused)),
    };
    let Some(signed) = signed else {
        // what is known without asking anybody is enough to show whom the person signs in for
        return Ok(match (&kept, document::pinned(id)) {
            (Some(row), _) => Found::Client(Box::new(client(row))),
            (None, Some(pinned)) => Found::Client(Box::new(of_document(id, &pinned))),
            (None, None) => Found::Later,
        });
    };
    let throttled = hub.oauth.admit(Knock::Document, &signed.person.to_string(), hub.now()).is_err();
    let fetched = match &hub.oauth.documents {
        _ if throttled => Err("too many client documents were asked for; wait a minute".to_owned()),
        None => Err("this hub fetches nothing from outside".to_owned()),
        Some(documents) => documents.get(url.as_str(), hub.now()).await.map_err(|e| e.to_string()),
    };
    let read = match fetched {
        Ok(fetched) => match document::read(id, &fetched.bytes) {
            Ok(document) => Ok((document, fetched.max_age)),
            Err(refused) => return Ok(Found::Refused(refused)),
        },
        Err(why) => Err(why),
    };
    let now = hub.now();
    Ok(match read {
        Ok((document, max_age)) => {
            let fresh = max_age.unwrap_or(FRESH.1).max(FRESH.0).min(FRESH.1);
            keep(hub, id, &document, now.plus(fresh)).await?;
            Found::Client(Box::new(of_document(id, &document)))
        }
        Err(why) => match (document::pinned(id), kept) {
            (Some(pinned), kept) => {
                tracing::info!(client = id, why, "a client's document cannot be had; the copy in the program serves");
                if kept.is_none() {
                    keep(hub, id, &pinned, now.plus(FRESH.0)).await?;
                }
                Found::Client(Box::new(of_document(id, &pinned)))
            }
            (None, Some(row)) if row.fresh_until.is_some_and(|until| until.plus(STALE) > now) => {
                Found::Client(Box::new(client(&row)))
            }
            (None, _) => Found::Refused(Refused {
                reason: Reason::ClientDocumentUnreachable,
                error: "invalid_client",
                text: format!("the metadata document of this client cannot be read: {why}"),
            }),
        },
    })
}

/// Keeps what a document says: grants lead to the row, and the next request need not ask.
async fn keep(hub: &Arc<Hub>, id: &str, document: &Document, fresh_until: Timestamp) -> Result<(), Error> {
    let now = hub.now();
    let row = ClientRow {
        id: id.to_owned(),
        kind: "document".into(),
        name: document.name.clone(),
        redirect_uris: json!(document.redirect_uris).to_string(),
        auth_method: "none".into(),
        secret_hash: None,
        former_secret_hash: None,
        only_tenant: None,
        scopes: None,
        about: about(document.client_uri.as_deref(), None),
        created_by: "metadata document".into(),
        created_at: now,
        granted_at: None,
        fresh_until: Some(fresh_until),
        disabled_at: None,
    };
    let call = super::record::of_hub(hub, "oauth_client_registered", "client document", None, &json!({"id": id}), id);
    hub.store
        .write_installation(hub.store.operator(), call, async move |tx| {
            match clients::by_id(tx, &row.id).await? {
                Some(_) => clients::refresh_document(tx, &row).await?,
                None => clients::add(tx, &row, None).await?,
            }
            Ok::<_, Error>(())
        })
        .await
}

pub(super) fn about(client_uri: Option<&str>, application_type: Option<&str>) -> String {
    let mut about = Map::new();
    for (name, value) in [("client_uri", client_uri), ("application_type", application_type)] {
        if let Some(value) = value {
            about.insert(name.to_owned(), value.into());
        }
    }
    Value::Object(about).to_string()
}

fn of_document(id: &str, document: &Document) -> Client {
    Client {
        id: id.to_owned(),
        name: document.name.clone(),
        kind: ClientKind::Document,
        redirect_uris: document.redirect_uris.clone(),
        auth: AuthMethod::None,
        secrets: vec![],
        tenant: None,
        scopes: None,
        disabled: false,
        unverified: true,
    }
}

/// The client of a row, as decisions know it.
pub(super) fn client(row: &ClientRow) -> Client {
    let kind = match row.kind.as_str() {
        "static" => ClientKind::Static,
        "document" => ClientKind::Document,
        _ => ClientKind::Registered,
    };
    let secret = |hash: &Option<Vec<u8>>| hash.as_deref().and_then(|h| <[u8; 32]>::try_from(h).ok());
    Client {
        id: row.id.clone(),
        name: row.name.clone(),
        kind,
        redirect_uris: serde_json::from_str(&row.redirect_uris).unwrap_or_default(),
        auth: match row.auth_method.as_str() {
            "client_secret" => AuthMethod::Secret,
            word => AuthMethod::read(word).unwrap_or(AuthMethod::Basic),
        },
        secrets: [secret(&row.secret_hash), secret(&row.former_secret_hash)].into_iter().flatten().collect(),
        tenant: row.only_tenant,
        scopes: row.scopes.as_deref().and_then(|scopes| scopes.parse().ok()),
        disabled: row.disabled_at.is_some(),
        // what an admin made was looked at by somebody
        unverified: kind != ClientKind::Static,
    }
}
