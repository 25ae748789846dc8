//! A client introduces itself (RFC 7591). Whoever registers exactly like somebody before gets the same client: a program
//! that forgets its registration each day leaves one row.
use data_encoding::HEXLOWER;
use std::sync::Arc;

use serde_json::{Value, json};
use watchkeep_authz::oauth::AuthMethod;
use watchkeep_authz::oauth::reason::Reason;
use watchkeep_authz::oauth::redirect;
use watchkeep_authz::oauth::register::{BadRegistration, answer, fingerprint, judge};
use watchkeep_model::Span;
use watchkeep_store::oauth::clients::{self, ClientRow};
use watchkeep_store::oauth::hash;

use super::Registration;
use super::attempts::{Step, Who, note};
use super::throttle::Knock;
use crate::Hub;
use crate::error::{Error, Kind};
use crate::identity::Visitor;

/// New clients a day at the most, over all hubs of the database.
const A_DAY: i64 = 500;

/// Why a registration was not taken.
#[derive(Debug)]
pub enum NotRegistered {
    /// RFC 7591, section 3.2.2.
    Bad(BadRegistration),
    /// The hub's.
    Failed(Error),
}

impl From<Error> for NotRegistered {
    fn from(e: Error) -> Self {
        Self::Failed(e)
    }
}
impl From<watchkeep_store::Error> for NotRegistered {
    fn from(e: watchkeep_store::Error) -> Self {
        Self::Failed(e.into())
    }
}

/// Registers; the answer is that of RFC 7591, section 3.2.1.
///
/// # Errors
/// What is wrong with the request, or too many of them, or of the database.
pub async fn register(hub: &Arc<Hub>, visitor: &Visitor, body: &[u8]) -> Result<Value, NotRegistered> {
    let now = hub.now();
    let tell = |reason: Reason, who: Who, detail: Option<&str>| {
        note(hub, visitor, Step::Registration, reason, who, detail);
    };
    if let Err(limited) = hub.oauth.admit(Knock::Register, &visitor.address, now) {
        tell(Reason::RateLimited, Who::default(), None);
        return Err(limited.into());
    }
    let asked = match judge(body).and_then(|asked| allowed(hub.oauth.settings.registration, asked)) {
        Ok(asked) => asked,
        Err(bad) => {
            tell(Reason::RegistrationRefused, Who::default(), Some(&bad.description));
            return Err(NotRegistered::Bad(bad));
        }
    };
    let public = asked.auth == AuthMethod::None;
    let print = public.then(|| fingerprint(&asked));
    let operator = hub.store.operator();
    if let Some(print) = &print
        && let Some(row) = hub.store.oauth_client_like(operator, print).await?
        && row.disabled_at.is_none()
    {
        let who = Who { client_id: Some(row.id.clone()), client: Some(row.name), person: None };
        tell(Reason::RegistrationOk, who, None);
        return Ok(answer(&asked, &row.id, None, row.created_at.micros() / 1_000_000));
    }
    if hub.oauth.settings.throttled && hub.store.oauth_clients_since(operator, now.minus(Span::days(1))).await? >= A_DAY
    {
        tell(Reason::RateLimited, Who::default(), Some("the day's number of new clients is reached"));
        let text = "this hub has taken as many new clients as it takes in a day; ask its operator for a static client";
        return Err(Error::new(Kind::Limited { retry_after: 3_600 }, text).into());
    }
    let secret = (!public).then(|| HEXLOWER.encode(&hub.rng.bytes::<32>()));
    let row = ClientRow {
        id: format!("mcp_{}", HEXLOWER.encode(&hub.rng.bytes::<16>())),
        kind: "registered".into(),
        name: asked.name.clone(),
        redirect_uris: json!(asked.redirect_uris).to_string(),
        auth_method: asked.auth.as_str().to_owned(),
        secret_hash: secret.as_deref().map(|s| hash(s).to_vec()),
        former_secret_hash: None,
        only_tenant: None,
        scopes: None,
        about: super::clients::about(asked.client_uri.as_deref(), asked.application_type.as_deref()),
        created_by: visitor.address.clone(),
        created_at: now,
        granted_at: None,
        fresh_until: None,
        disabled_at: None,
    };
    let told = json!({"name": row.name, "redirectUris": asked.redirect_uris, "auth": row.auth_method});
    let call = super::record::of_hub(hub, "oauth_client_registered", "register", Some(visitor), &told, &row.id);
    let id = hub
        .store
        .write_installation(operator, call, async move |tx| {
            // a twin may have been faster
            if let Some(print) = &print
                && let Some(before) = clients::like(tx, print).await?
            {
                return Ok::<_, Error>(before.id);
            }
            clients::add(tx, &row, print.as_ref()).await?;
            Ok(row.id.clone())
        })
        .await?;
    let who = Who { client_id: Some(id.clone()), client: Some(asked.name.clone()), person: None };
    tell(Reason::RegistrationOk, who, None);
    Ok(answer(&asked, &id, secret.as_deref(), now.micros() / 1_000_000))
}

fn allowed(
    policy: Registration,
    asked: watchkeep_authz::oauth::register::Registration,
) -> Result<watchkeep_authz::oauth::register::Registration, BadRegistration> {
    let no = |description: &str| {
        Err(BadRegistration {
            error: "invalid_client_metadata",
            description: description.to_owned(),
            reason: Reason::RegistrationRefused,
        })
    };
    match policy {
        Registration::Off => no("this hub takes no registrations; ask its operator for a client id"),
        Registration::Loopback if !asked.redirect_uris.iter().all(|uri| redirect::is_loopback(uri)) => no(
            "this hub takes registrations of programs on the person's own machine only: each redirect URI must lead to 127.0.0.1, [::1] or localhost",
        ),
        _ => Ok(asked),
    }
}
