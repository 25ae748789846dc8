//! The steps of a connection as programs and people take them, over HTTP alone: a browser without a window, and a client
//! that registers, asks, redeems, refreshes and revokes.
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use crate::{Answer, Client, TestHub};

mod browser;
mod form;

pub use browser::{Browser, Visit};
pub use form::{Form, plain};

/// The verifier of every test's request (RFC 7636, appendix B).
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Its challenge.
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// The password of every test's person.
pub const PASSWORD: &str = "seven lanterns over cold harbour";
/// The `state` of every test's request: with signs that must be escaped.
pub const STATE: &str = "s t&a=t#e";

/// The path of a one-time link for a person: the first one, or one that sets another password.
///
/// # Panics
/// If there is no such person.
pub async fn link(hub: &TestHub, email: &str) -> String {
    format!("/link/{}", hub.admin().link(email).await.unwrap().token)
}

/// Fields of a form or a query.
pub type Fields = Vec<(String, String)>;

/// `fields` with `changes` in the place of those of the same names; an empty value takes a field away. The same name
/// may stand twice in `changes`, and then stands twice.
#[must_use]
pub fn changed(fields: &[(&str, &str)], changes: &[(&str, &str)]) -> Fields {
    let kept = fields.iter().filter(|(name, _)| !changes.iter().any(|(other, _)| other == name));
    let new = changes.iter().filter(|(_, value)| !value.is_empty());
    kept.chain(new).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Fields as a query or a form.
#[must_use]
pub fn encoded(fields: &[(String, String)]) -> String {
    let mut out = String::new();
    for (name, value) in fields {
        for (before, text) in [(if out.is_empty() { "" } else { "&" }, name), ("=", value)] {
            out.push_str(before);
            for byte in text.bytes() {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
                    _ => out.push_str(&format!("%{byte:02X}")),
                }
            }
        }
    }
    out
}

/// The values of `name` in the query of an address.
#[must_use]
pub fn query(address: &str, name: &str) -> Vec<String> {
    let query = address.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let query = query.split('#').next().unwrap_or_default();
    let fields = query.split('&').filter_map(|field| field.split_once('='));
    fields.filter(|(key, _)| *key == name).map(|(_, value)| form::percent(&value.replace('+', " "))).collect()
}

/// A client of the hub's authorization server.
#[derive(Clone, Debug)]
pub struct App {
    /// Its id.
    pub id: String,
    /// Its secret, unless it is a public client.
    pub secret: Option<String>,
    /// How it authenticates.
    pub method: &'static str,
    /// Where it is answered.
    pub redirect: String,
    /// What it sends besides: `scope`, `resource`, `prompt`.
    pub extra: Vec<(&'static str, String)>,
}

/// What the token endpoint gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// `access_token`.
    pub access: String,
    /// `refresh_token`.
    pub refresh: String,
    /// `scope`.
    pub scope: String,
    /// `expires_in`.
    pub seconds: i64,
}

impl Tokens {
    /// Those of an answer, which must be a good one (RFC 6749, section 5.1).
    ///
    /// # Panics
    /// If it is not.
    pub fn of(answer: &Answer) -> Self {
        let body = answer.json();
        let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("{name} of {body}")).to_owned();
        assert_eq!(answer.status, 200, "{body}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(text("token_type"), "Bearer");
        let (access, refresh) = (text("access_token"), text("refresh_token"));
        assert!(access.starts_with("mat_") && access.len() == 68, "{access}");
        assert!(refresh.starts_with("mrt_") && refresh.len() == 68, "{refresh}");
        Self { access, refresh, scope: text("scope"), seconds: body["expires_in"].as_i64().unwrap() }
    }
}

/// Sends a registration.
pub async fn register(hub: &TestHub, body: Value) -> Answer {
    hub.stranger().json("POST", "/register", body).await
}

impl App {
    /// A client that registered itself with this name, redirect URI and method.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn registered(hub: &TestHub, name: &str, redirect: &str, method: &'static str) -> Self {
        let body = json!({ "client_name": name, "redirect_uris": [redirect], "token_endpoint_auth_method": method });
        let answer = register(hub, body).await;
        assert_eq!(answer.status, 201, "{}", answer.json());
        let secret = answer.json()["client_secret"].as_str().map(str::to_owned);
        assert_eq!(secret.is_none(), method == "none");
        let id = answer.json()["client_id"].as_str().unwrap().to_owned();
        Self { id, secret, method, redirect: redirect.to_owned(), extra: Vec::new() }
    }
    /// A public client.
    pub async fn public(hub: &TestHub, name: &str) -> Self {
        Self::registered(hub, name, &format!("https://{name}.example/cb"), "none").await
    }
    /// This client, asking for something besides.
    #[must_use]
    pub fn asking(mut self, name: &'static str, value: &str) -> Self {
        self.extra.push((name, value.to_owned()));
        self
    }

    /// Where a browser begins, with these changes to a good request.
    #[must_use]
    pub fn request(&self, changes: &[(&str, &str)]) -> String {
        let mut fields = vec![
            ("client_id", self.id.as_str()),
            ("redirect_uri", &self.redirect),
            ("response_type", "code"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", STATE),
        ];
        fields.extend(self.extra.iter().map(|(name, value)| (*name, value.as_str())));
        format!("/authorize?{}", encoded(&changed(&fields, changes)))
    }

    /// Asks the token endpoint, authenticated as this client is.
    pub async fn token(&self, hub: &TestHub, fields: &[(&str, &str)]) -> Answer {
        self.form(hub, "/token", fields).await
    }
    /// Redeems a code, with these changes to a good request.
    pub async fn redeem(&self, hub: &TestHub, code: &str, changes: &[(&str, &str)]) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect),
            ("code_verifier", VERIFIER),
        ];
        self.sent(hub, "/token", changed(&fields, changes)).await
    }
    /// Refreshes, with these changes to a good request.
    pub async fn refresh(&self, hub: &TestHub, token: &str, changes: &[(&str, &str)]) -> Answer {
        let fields = changed(&[("grant_type", "refresh_token"), ("refresh_token", token)], changes);
        self.sent(hub, "/token", fields).await
    }
    /// Gives a token back.
    pub async fn revoke(&self, hub: &TestHub, token: &str) -> Answer {
        self.form(hub, "/revoke", &[("token", token)]).await
    }

    async fn form(&self, hub: &TestHub, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.sent(hub, path, changed(fields, &[])).await
    }
    async fn sent(&self, hub: &TestHub, path: &str, mut fields: Fields) -> Answer {
        let mut request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        let secret = self.secret.clone().unwrap_or_default();
        let mut add = |name: &str, value: &str| {
            if fields.iter().all(|(other, _)| other != name) {
                fields.push((name.to_owned(), value.to_owned()));
            }
        };
        match self.method {
            "client_secret_basic" => request = request.header("authorization", basic(&self.id, &secret)),
            "client_secret_post" => {
                add("client_id", &self.id);
                add("client_secret", &secret);
            }
            _ => add("client_id", &self.id),
        }
        hub.stranger().send(request, encoded(&fields)).await
    }
}

/// An `Authorization` header of HTTP Basic, as it stands: what must be escaped is escaped by the caller.
#[must_use]
pub fn basic(id: &str, secret: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = "Basic ".to_owned();
    for chunk in format!("{id}:{secret}").as_bytes().chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[(group >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// The status of a call with this token, at this connector.
pub async fn call(hub: &TestHub, token: &str, path: &str) -> Answer {
    hub.client(token).rpc_at(path, json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })).await
}

impl Client {
    /// Sends a form as a program does.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.send(request, encoded(&changed(fields, &[]))).await
    }
    /// Sends bytes as a form.
    pub async fn raw_form(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send(Request::post(path).header("content-type", "application/x-www-form-urlencoded"), body).await
    }
}
