//! Dynamic client registration (RFC 7591).
//!
//! Anybody may register, so nothing that is said here is believed: names are cleaned, addresses judged, what is not
//! understood is left out, and the answer says what was kept.

use ring::digest::{Context, SHA256};
use serde_json::{Map, Value, json};
use watchkeep_model::{Scope, text};

use super::{AuthMethod, Reason, redirect};

/// The most bytes of a registration.
pub const MOST_BYTES: usize = 8 * 1024;
/// The most redirect URIs of a client.
pub const MOST_REDIRECTS: usize = 10;

/// A registration as it will be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// `client_name`, cleaned, at most 100 characters; where none was given, where the client is answered.
    pub name: String,
    /// At least one, each passing [`redirect::register`].
    pub redirect_uris: Vec<String>,
    /// How it will authenticate. Where nothing was said it is a public client, and the answer says so.
    pub auth: AuthMethod,
    /// `web` or `native`.
    pub application_type: Option<String>,
    /// A page about the client. Not fetched, and a link only once a person has looked.
    pub client_uri: Option<String>,
    /// `authorization_code`, `refresh_token`.
    pub grant_types: Vec<String>,
    /// `code`.
    pub response_types: Vec<String>,
    /// The words that a connector knows. Says what the client means to ask for; limits nothing.
    pub scope: Option<String>,
}

/// A registration that is refused, with 400 (RFC 7591 section 3.2.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {description}")]
pub struct BadRegistration {
    /// `invalid_redirect_uri` or `invalid_client_metadata`.
    pub error: &'static str,
    /// What is wrong, with which field.
    pub description: String,
    /// For the connection doctor.
    pub reason: Reason,
}

/// Judges the body of a registration.
///
/// # Errors
/// `invalid_redirect_uri` for an address that may not be registered; `invalid_client_metadata` for all else.
pub fn judge(body: &[u8]) -> Result<Registration, BadRegistration> {
    if body.len() > MOST_BYTES {
        return Err(bad("The registration is longer than 8 KiB."));
    }
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return Err(bad("The body must be a JSON object."));
    };
    let redirect_uris = redirects(&fields)?;
    let name = text::clean(word(&fields, "client_name")?.unwrap_or_default(), 100);
    let name =
        if name.is_empty() { redirect_uris.first().map(|uri| redirect::shown(uri)).unwrap_or_default() } else { name };
    let auth = match word(&fields, "token_endpoint_auth_method")? {
        None => AuthMethod::None,
        Some(word) => AuthMethod::read(word).ok_or_else(|| {
            bad("token_endpoint_auth_method must be none, client_secret_basic or client_secret_post.")
        })?,
    };
    let grant_types = kept(&fields, "grant_types", &["authorization_code", "refresh_token"], "authorization_code")?;
    let response_types = kept(&fields, "response_types", &["code"], "code")?;
    let application_type = word(&fields, "application_type")?.filter(|word| matches!(*word, "web" | "native"));
    let client_uri = word(&fields, "client_uri")?.filter(|uri| is_page(uri));
    let scope = word(&fields, "scope")?.map(known_scopes).filter(|words| !words.is_empty());
    Ok(Registration {
        name,
        redirect_uris,
        auth,
        application_type: application_type.map(str::to_owned),
        client_uri: client_uri.map(str::to_owned),
        grant_types,
        response_types,
        scope,
    })
}

/// What tells one registration from another: SHA-256 over all that is kept. Two public clients with the same one are
/// the same client, so that connecting again makes no new row.
#[must_use]
pub fn fingerprint(registration: &Registration) -> [u8; 32] {
    let mut redirects = registration.redirect_uris.clone();
    redirects.sort_unstable();
    let parts = json!([
        registration.name,
        redirects,
        registration.auth.as_str(),
        registration.application_type,
        registration.client_uri,
        registration.grant_types,
        registration.response_types,
        registration.scope,
    ]);
    let mut hash = Context::new(&SHA256);
    hash.update(parts.to_string().as_bytes());
    let mut out = [0; 32];
    out.copy_from_slice(hash.finish().as_ref());
    out
}

/// The answer to a registration (RFC 7591 section 3.2.1): what was kept. A public client has no `client_secret`, not even
/// a null one, which clients refuse. A secret does not expire.
#[must_use]
pub fn answer(registration: &Registration, id: &str, secret: Option<&str>, issued_at_seconds: i64) -> Value {
    let mut out = json!({
        "client_id": id,
        "client_id_issued_at": issued_at_seconds,
        "client_name": registration.name,
        "redirect_uris": registration.redirect_uris,
        "grant_types": registration.grant_types,
        "response_types": registration.response_types,
        "token_endpoint_auth_method": registration.auth.as_str(),
    });
    if let Some(secret) = secret {
        out["client_secret"] = secret.into();
        out["client_secret_expires_at"] = 0.into();
    }
    let told = [
        ("application_type", &registration.application_type),
        ("client_uri", &registration.client_uri),
        ("scope", &registration.scope),
    ];
    for (name, value) in told {
        if let Some(value) = value {
            out[name] = value.as_str().into();
        }
    }
    out
}

/// A text field; null is absent.
pub(super) fn word<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, BadRegistration> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad(&format!("{name} must be a text."))),
    }
}

/// A list of texts; null is absent.
pub(super) fn list<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Option<Vec<&'a str>>, BadRegistration> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().ok_or_else(|| bad(&format!("{name} must be a list of texts."))))
            .collect::<Result<_, _>>()
            .map(Some),
        Some(_) => Err(bad(&format!("{name} must be a list of texts."))),
    }
}

/// The words among `text` that a connector or the standard knows, once each.
pub(super) fn known_scopes(text: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in text.split_whitespace() {
        let known = word == "offline_access" || word.parse::<Scope>().is_ok_and(|scope| scope.connector().is_some());
        if known && !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(" ")
}

/// True for the address of a page that may be kept as a link.
pub(super) fn is_page(uri: &str) -> bool {
    uri.len() <= redirect::MOST_BYTES
        && uri.bytes().all(|c| c.is_ascii_graphic() && !b"\"<>\\".contains(&c))
        && url::Url::parse(uri).is_ok_and(|url| url.scheme() == "https" && url.username().is_empty())
}

fn redirects(fields: &Map<String, Value>) -> Result<Vec<String>, BadRegistration> {
    let refuse = |description: String| BadRegistration {
        error: "invalid_redirect_uri",
        description,
        reason: Reason::RedirectForbidden,
    };
    let given = list(fields, "redirect_uris")?.unwrap_or_default();
    if given.is_empty() {
        return Err(refuse("redirect_uris is missing: name at least one address.".into()));
    }
    if given.len() > MOST_REDIRECTS {
        return Err(refuse(format!("redirect_uris has more than {MOST_REDIRECTS} addresses.")));
    }
    let mut kept: Vec<String> = Vec::new();
    for (i, uri) in given.into_iter().enumerate() {
        redirect::register(uri).map_err(|flaw| refuse(format!("redirect_uris[{i}]: {flaw}.")))?;
        if kept.iter().all(|other| other != uri) {
            kept.push(uri.to_owned());
        }
    }
    Ok(kept)
}

/// Those of `offered` that the field lists, which must have `needed`; all of them where it is absent.
fn kept(
    fields: &Map<String, Value>,
    name: &str,
    offered: &[&str],
    needed: &str,
) -> Result<Vec<String>, BadRegistration> {
    let given = list(fields, name)?;
    if given.as_ref().is_some_and(|given| !given.contains(&needed)) {
        return Err(bad(&format!("{name} must have {needed}.")));
    }
    let listed = |word: &&&str| given.as_ref().is_none_or(|given| given.contains(*word));
    Ok(offered.iter().filter(listed).map(|word| (*word).to_owned()).collect())
}

fn bad(description: &str) -> BadRegistration {
    BadRegistration {
        error: "invalid_client_metadata",
        description: description.to_owned(),
        reason: Reason::RegistrationRefused,
    }
}

#[cfg(test)]
mod tests;
