//! The authorization endpoint (RFC 6749 section 4.1.1, OAuth 2.1 section 4.1.1): what a request asks for, and whether
//! the answer may leave the hub.
//!
//! Until client and redirect URI are known to belong together nothing is sent anywhere: the person sees a page
//! (RFC 6749 section 4.1.2.1, RFC 9700 section 4.11). After that the client is told, at that address.

use watchkeep_model::{Connector, Scope, Scopes, text};

use super::error::description_text;
use super::params::Params;
use super::resource::{Audience, Resources};
use super::{Alias, Client, Reason, Refused, redirect, scope};

/// The most bytes of `state` that are carried through.
const MOST_STATE: usize = 8 * 1024;

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A page on the hub's own origin, status 400, without a way to the client.
    Page(Refused),
    /// The client is told, at its registered address.
    Redirect {
        /// The complete address, with `error`, `error_description`, `state` and `iss`.
        to: String,
        /// Why.
        refused: Refused,
    },
    /// The person is asked.
    Ask(Box<Request>),
}

/// A request that may be put before a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The client.
    pub client_id: String,
    /// Where the answer goes, as asked: with the port that the client listens on.
    pub redirect_uri: String,
    /// Returned to the client as it came.
    pub state: Option<String>,
    /// The PKCE challenge: 43 characters, `S256`.
    pub challenge: String,
    /// What the token will be for.
    pub audience: Audience,
    /// What is asked for, at most what the client may have. Writing includes reading.
    pub scopes: Scopes,
    /// True if `offline_access` was asked for. Says nothing: each grant has a refresh token.
    pub offline: bool,
    /// How often the person is to be asked.
    pub prompt: Prompt,
}

/// The `prompt` of OpenID Connect Core section 3.1.2.1, which MCP clients send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// As little as is safe.
    None,
    /// `login` or `select_account`: sign in again, and consent again.
    Login,
    /// `consent`: ask even where a consent is remembered.
    Consent,
    /// `none`: no page at all. Where one is needed the answer is `login_required` or `consent_required`.
    Silent,
}

/// The client of a request, before it is looked up.
///
/// # Errors
/// For the page: `client_id` is missing, doubled or longer than 2,048 bytes.
pub fn client_id(params: &Params) -> Result<&str, Refused> {
    if params.all("client_id").nth(1).is_some() {
        return Err(doubled("client_id"));
    }
    let missing = || {
        let text = "The address has no client_id, so it is not known which app asks. Start again from the app.";
        Refused::new(Reason::MalformedRequest, "invalid_request", text)
    };
    let id = params.get("client_id").ok_or_else(missing)?;
    if id.len() > 2_048 {
        let text = "client_id is longer than 2,048 bytes. Start again from the app.";
        return Err(Refused::new(Reason::MalformedRequest, "invalid_request", text));
    }
    Ok(id)
}

/// Judges a request of `client`, which is none where the id is of no client.
///
/// Order: client, redirect URI, doubled fields, what is not offered, response type, PKCE, resource, scope, prompt.
#[must_use]
pub fn judge(params: &Params, client: Option<&Client>, alias: Alias, resources: &Resources, issuer: &str) -> Verdict {
    let (client, redirect_uri) = match receiver(params, client) {
        Ok(known) => known,
        Err(refused) => return Verdict::Page(refused),
    };
    let state = state(params);
    match asked(params, client, redirect_uri, alias, resources) {
        Ok(request) => Verdict::Ask(Box::new(Request { state: state.map(str::to_owned), ..request })),
        Err(refused) => {
            let to = error_to(redirect_uri, state, issuer, refused.error, &refused.text);
            Verdict::Redirect { to, refused }
        }
    }
}

/// The answer to the client that says no: `error`, `error_description`, `state`, `iss` (RFC 6749 section 4.1.2.1,
/// RFC 9207 section 2).
#[must_use]
pub fn error_redirect(request: &Request, issuer: &str, error: &str, description: &str) -> String {
    error_to(&request.redirect_uri, request.state.as_deref(), issuer, error, description)
}

/// The answer to the client that brings the code: `code`, `state`, `iss` (RFC 6749 section 4.1.2, RFC 9207 section 2).
#[must_use]
pub fn code_redirect(request: &Request, issuer: &str, code: &str) -> String {
    let mut answer = vec![("code", code)];
    answer.extend(request.state.as_deref().map(|state| ("state", state)));
    answer.push(("iss", issuer));
    redirect::with(&request.redirect_uri, &answer)
}

fn error_to(uri: &str, state: Option<&str>, issuer: &str, error: &str, description: &str) -> String {
    let description = description_text(description);
    let mut answer = vec![("error", error), ("error_description", description.as_str())];
    answer.extend(state.map(|state| ("state", state)));
    answer.push(("iss", issuer));
    redirect::with(uri, &answer)
}

/// The state that may be returned: not one of two, and not one that would not fit a header.
fn state(params: &Params) -> Option<&str> {
    let alone = params.all("state").nth(1).is_none();
    params.get("state").filter(|state| alone && state.len() <= MOST_STATE)
}

/// The client and the address that belong together.
fn receiver<'a>(params: &'a Params, client: Option<&'a Client>) -> Result<(&'a Client, &'a str), Refused> {
    let id = client_id(params)?;
    let unknown = || {
        let text = "This hub does not know the app that asks. Remove the connection in the app and add it again, so that \
                    it registers anew.";
        Refused::new(Reason::ClientUnknown, "invalid_client", text)
    };
    let client = client.filter(|client| client.id == id).ok_or_else(unknown)?;
    if client.disabled {
        let text = "This app was switched off here. Ask an administrator of this hub.";
        return Err(Refused::new(Reason::ClientDisabled, "unauthorized_client", text));
    }
    if params.all("redirect_uri").nth(1).is_some() {
        return Err(doubled("redirect_uri"));
    }
    let mismatch = |text: String| Refused::new(Reason::RedirectMismatch, "invalid_request", text);
    let Some(uri) = params.get("redirect_uri") else {
        return Err(mismatch("The address has no redirect_uri, so it is not known where the answer goes.".into()));
    };
    if !client.redirect_uris.iter().any(|registered| redirect::matches(registered, uri)) {
        return Err(mismatch(format!(
            "The app asks to be answered at {}, which is not an address that it registered. Nothing was sent there. \
             Remove the connection in the app and add it again.",
            text::clean(uri, 200)
        )));
    }
    // what is registered passed this rule once; it may have become stricter since
    redirect::register(uri).map_err(|flaw| {
        let text = format!("The address that the app asks to be answered at is not allowed: {flaw}.");
        Refused::new(Reason::RedirectForbidden, "invalid_request", text)
    })?;
    Ok((client, uri))
}

fn asked(
    params: &Params,
    client: &Client,
    redirect_uri: &str,
    alias: Alias,
    resources: &Resources,
) -> Result<Request, Refused> {
    if let Some(name) = params.duplicate() {
        return Err(doubled(name));
    }
    if params.get("state").is_some_and(|state| state.len() > MOST_STATE) {
        return Err(malformed("invalid_request", "state is longer than 8 KiB."));
    }
    // RFC 9101 section 6.3, OpenID Connect Core section 3.1.2.6
    for (name, error) in [("request", "request_not_supported"), ("request_uri", "request_uri_not_supported")] {
        if params.get(name).is_some() {
            return Err(malformed(error, &format!("{name} is not supported; send the parameters themselves.")));
        }
    }
    match params.get("response_type") {
        Some("code") => {}
        given => {
            let error = if given.is_none() { "invalid_request" } else { "unsupported_response_type" };
            return Err(Refused::new(Reason::ResponseType, error, "response_type must be code."));
        }
    }
    if params.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(malformed("invalid_request", "response_mode must be query, or left out."));
    }
    let challenge = challenge(params)?;
    let scope_text = params.get("scope").unwrap_or_default();
    let audience = match params.get("resource") {
        Some(text) => resources.read(text).ok_or_else(|| {
            let text = format!(
                "resource must be an address of this hub's connectors, such as {}{}.",
                resources.base, resources.risk
            );
            Refused::new(Reason::ResourceUnknown, "invalid_target", text)
        })?,
        None => Audience::any(scope::dialect(scope_text).unwrap_or(alias.connector())),
    };
    let (scopes, offline) = scopes(scope_text, audience.connector, client)?;
    Ok(Request {
        client_id: client.id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        state: None,
        challenge: challenge.to_owned(),
        audience,
        scopes,
        offline,
        prompt: prompt(params)?,
    })
}

/// The PKCE challenge (RFC 7636 section 4.3, RFC 9700 section 2.1.1). A missing method would mean `plain`.
fn challenge(params: &Params) -> Result<&str, Refused> {
    let refuse = |reason, text: &str| Refused::new(reason, "invalid_request", text);
    let Some(challenge) = params.get("code_challenge") else {
        return Err(refuse(Reason::PkceMissing, "code_challenge is missing: PKCE is required of every client."));
    };
    if params.get("code_challenge_method") != Some("S256") {
        return Err(refuse(Reason::PkceMethod, "code_challenge_method must be S256."));
    }
    let fine = challenge.len() == 43 && challenge.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_');
    if !fine {
        let text = "code_challenge must be the SHA-256 of the verifier in base64url without padding: 43 characters.";
        return Err(refuse(Reason::PkceMalformed, text));
    }
    Ok(challenge)
}

/// What is asked for (RFC 6749 section 3.3): nothing means reading; words that are not known are left out where others
/// are; whoever asks to write asks to read.
fn scopes(text: &str, connector: Connector, client: &Client) -> Result<(Scopes, bool), Refused> {
    let asked = scope::read(text, connector);
    let read = Scope::read(connector);
    let refuse = |text: String| Refused::new(Reason::ScopeUnknown, "invalid_scope", text);
    if asked.scopes.is_empty() && asked.unknown {
        let write = Scope::write(connector);
        return Err(refuse(format!("scope has no scope of this connector; it offers {read} and {write}.")));
    }
    let scopes = asked.scopes.with(read);
    let scopes = client.scopes.map_or(scopes, |most| scopes.intersection(most));
    if scopes.is_empty() {
        return Err(refuse("This client may not ask for the scopes in scope. Ask whoever registered it.".into()));
    }
    Ok((scopes, asked.offline))
}

fn prompt(params: &Params) -> Result<Prompt, Refused> {
    let words = || params.get("prompt").unwrap_or_default().split_whitespace();
    if words().any(|word| word == "none") {
        return match words().nth(1) {
            None => Ok(Prompt::Silent),
            Some(_) => Err(malformed("invalid_request", "prompt=none must stand alone.")),
        };
    }
    Ok(if words().any(|word| word == "login" || word == "select_account") {
        Prompt::Login
    } else if words().any(|word| word == "consent") {
        Prompt::Consent
    } else {
        Prompt::None
    })
}

fn doubled(name: &str) -> Refused {
    let text = format!("{name} is sent more than once. Send it once.");
    Refused::new(Reason::DuplicateParameter, "invalid_request", text)
}

fn malformed(error: &'static str, text: &str) -> Refused {
    Refused::new(Reason::MalformedRequest, error, text)
}

#[cfg(test)]
mod tests;
