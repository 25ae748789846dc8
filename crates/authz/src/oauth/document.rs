//! Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document-02, in the profile of MCP): the id of a
//! client is the address of a document that describes it.
//!
//! Fetching is not done here. The address proves who wrote the document; it does not prove who receives the answer, so
//! a document may only name addresses on its own host, below it, or on the person's computer.

use serde_json::{Map, Value};
use url::{Host, Url};
use watchkeep_model::text;

use super::{AuthMethod, Reason, Refused, redirect, register};

mod pinned;

pub use pinned::{PINNED_URLS, pinned};

/// The most bytes of a document.
pub const MOST_BYTES: usize = 64 * 1024;
/// The most redirect URIs that are read of one.
const MOST_REDIRECTS: usize = 50;

/// What a document says of its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// `client_name`, cleaned, at most 100 characters.
    pub name: String,
    /// Those of its addresses that it may name. At least one.
    pub redirect_uris: Vec<String>,
    /// Always [`AuthMethod::None`]: a document that offers nothing else is refused.
    pub auth: AuthMethod,
    /// The words of its `scope` that a connector knows.
    pub scope: Option<String>,
    /// A page about the client.
    pub client_uri: Option<String>,
}

/// True where a client id is meant as an address.
#[must_use]
pub fn is_url(client_id: &str) -> bool {
    let begins = |scheme: &str| client_id.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    begins("https://") || begins("http://")
}

/// Judges the address before anything is fetched (section 2 of the draft): `https`, a host name with a dot in it, a path,
/// no userinfo, fragment, port or dot segment, and written as a URL parser would write it.
///
/// # Errors
/// For the page, with what is wrong.
pub fn check_url(client_id: &str) -> Result<Url, Refused> {
    let refuse = |text: &str| Err(bad(&format!("client_id is not the address of a client's document: {text}.")));
    if client_id.len() > 2_048 {
        return refuse("it is longer than 2,048 bytes");
    }
    if !client_id.starts_with("https://") {
        return refuse("it must begin with https://");
    }
    let Ok(url) = Url::parse(client_id) else {
        return refuse("it cannot be read");
    };
    if !url.username().is_empty() || url.password().is_some() || client_id.contains('@') {
        return refuse("it must not have a user name or a password");
    }
    if client_id.contains('#') {
        return refuse("it must not have a fragment");
    }
    if url.port().is_some() {
        return refuse("it must not have a port");
    }
    match url.host() {
        Some(Host::Domain(name)) if name.contains('.') && !name.ends_with('.') => {}
        _ => return refuse("its host must be a name with a dot in it"),
    }
    if url.path() == "/" {
        return refuse("it must have a path");
    }
    if url.as_str() != client_id {
        return refuse("it must be in its plain form: host in lower case, no default port, no dot segments");
    }
    Ok(url)
}

/// Reads the document that was fetched from `url`.
///
/// # Errors
/// For the page, with what is wrong: it is no JSON object or too long, names another `client_id`, has no name or no
/// address that it may name, carries a secret, or must authenticate in a way that is not offered.
pub fn read(url: &str, bytes: &[u8]) -> Result<Document, Refused> {
    let host = check_url(url)?.host_str().unwrap_or_default().to_owned();
    let refuse = |text: &str| bad(&format!("The document of the app at {} is refused: {text}.", text::clean(url, 200)));
    if bytes.len() > MOST_BYTES {
        return Err(refuse("it is longer than 64 KiB"));
    }
    let Ok(Value::Object(fields)) = serde_json::from_slice(bytes) else {
        return Err(refuse("it is not a JSON object"));
    };
    if fields.get("client_id").and_then(Value::as_str) != Some(url) {
        return Err(refuse("its client_id is not its own address"));
    }
    if fields.contains_key("client_secret") || fields.contains_key("client_secret_expires_at") {
        return Err(refuse("it carries a client_secret, which everybody can read"));
    }
    if !is_public(&fields) {
        return Err(refuse("its token_endpoint_auth_method is not none, and none is not among those it supports"));
    }
    let name = match register::word(&fields, "client_name") {
        Ok(name) => text::clean(name.unwrap_or_default(), 100),
        Err(flaw) => return Err(refuse(&flaw.description)),
    };
    if name.is_empty() {
        return Err(refuse("it has no client_name"));
    }
    let redirect_uris = redirects(&fields, &host).map_err(|flaw| refuse(&flaw))?;
    let text_of = |name: &str| fields.get(name).and_then(Value::as_str);
    Ok(Document {
        name,
        redirect_uris,
        auth: AuthMethod::None,
        scope: text_of("scope").map(register::known_scopes).filter(|words| !words.is_empty()),
        client_uri: text_of("client_uri").filter(|uri| register::is_page(uri)).map(str::to_owned),
    })
}

/// True where the client can do without authentication: it says so, says nothing, or prefers a key of its own and
/// supports `none`.
fn is_public(fields: &Map<String, Value>) -> bool {
    let supports_none = fields
        .get("token_endpoint_auth_methods_supported")
        .and_then(Value::as_array)
        .is_some_and(|methods| methods.iter().any(|method| method == "none"));
    match fields.get("token_endpoint_auth_method") {
        None | Some(Value::Null) => true,
        Some(Value::String(method)) => method == "none" || (method == "private_key_jwt" && supports_none),
        Some(_) => false,
    }
}

/// The addresses that may be registered and that the document may name. Others are left out, so that a request for one
/// of them ends on a page; an address that nobody may register is a reason to trust nothing else that stands there.
fn redirects(fields: &Map<String, Value>, host: &str) -> Result<Vec<String>, String> {
    let given = register::list(fields, "redirect_uris").map_err(|flaw| flaw.description)?.unwrap_or_default();
    if given.is_empty() || given.len() > MOST_REDIRECTS {
        return Err("it must name 1 to 50 redirect_uris".into());
    }
    let mut kept: Vec<String> = Vec::new();
    for (i, uri) in given.into_iter().enumerate() {
        redirect::register(uri).map_err(|flaw| format!("redirect_uris[{i}]: {flaw}"))?;
        if (redirect::is_loopback(uri) || is_below(uri, host)) && kept.iter().all(|other| other != uri) {
            kept.push(uri.to_owned());
        }
    }
    if kept.is_empty() {
        return Err(format!("none of its redirect_uris is on {host} or on your own computer"));
    }
    Ok(kept)
}

/// True for an `https` address on `host` or on a host below it. `www.app.example` counts as `app.example`. Which longer
/// names belong to one owner cannot be told without a list of all registries, so it is not guessed.
fn is_below(uri: &str, host: &str) -> bool {
    let home = host.strip_prefix("www.").filter(|rest| rest.contains('.')).unwrap_or(host);
    let Some(Host::Domain(name)) =
        Url::parse(uri).ok().filter(|url| url.scheme() == "https").and_then(|url| url.host().map(|h| h.to_owned()))
    else {
        return false;
    };
    name == home || name.strip_suffix(home).is_some_and(|before| before.ends_with('.'))
}

fn bad(text: &str) -> Refused {
    Refused::new(Reason::ClientDocumentBad, "invalid_client", text)
}

#[cfg(test)]
mod tests;
