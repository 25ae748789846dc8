//! The templates of the account, with what they show.
use askama::Template;

use crate::pages::frame::{Frame, Problems};
use crate::pages::when::When;

/// `/account`.
#[derive(Debug, Template)]
#[template(path = "account/overview.html")]
pub(in crate::pages) struct Overview {
    pub frame: Frame,
    pub told: Option<String>,
    pub name: String,
    pub operator: bool,
    /// True if the account has a second factor.
    pub second: bool,
    /// Which, in words.
    pub factor: String,
    pub recovery_low: bool,
    pub recovery_left: usize,
    pub sessions: usize,
    pub apps: usize,
    pub tenants: Vec<Membership>,
}

/// A tenant of the person.
#[derive(Debug, Clone)]
pub(in crate::pages) struct Membership {
    pub slug: String,
    pub name: String,
    pub role: String,
    pub home: bool,
    /// Why it is closed to the person.
    pub off: Option<&'static str>,
    pub require_mfa: bool,
}

/// `/account/security`.
#[derive(Debug, Template)]
#[template(path = "account/security.html")]
pub(in crate::pages) struct Security {
    pub frame: Frame,
    pub told: Option<String>,
    pub problems: Problems,
    /// True if a factor has to be given before factors change.
    pub confirm: bool,
    pub totp: bool,
    pub recovery_left: usize,
    pub passkeys: Vec<Passkey>,
    pub passkey_address: Option<String>,
}

/// A passkey in the list.
#[derive(Debug, Clone)]
pub(in crate::pages) struct Passkey {
    pub id: String,
    pub name: String,
    pub created: When,
    pub used: Option<When>,
}

/// `/account/sessions`.
#[derive(Debug, Template)]
#[template(path = "account/sessions.html")]
pub(in crate::pages) struct Sessions {
    pub frame: Frame,
    pub told: Option<String>,
    pub sessions: Vec<Session>,
}

/// A session in the list.
#[derive(Debug, Clone)]
pub(in crate::pages) struct Session {
    pub id: String,
    /// Browser and system, as far as they can be told.
    pub device: String,
    pub address: String,
    pub created: When,
    pub used: When,
    /// True if its second factor is still due.
    pub half: bool,
    pub current: bool,
}

/// `/account/tokens`.
#[derive(Debug, Template)]
#[template(path = "account/tokens.html")]
pub(in crate::pages) struct Tokens {
    pub frame: Frame,
    pub told: Option<String>,
    pub problems: Problems,
    pub tokens: Vec<Token>,
    /// Slug and name of the tenants where the person can have a token.
    pub tenants: Vec<(String, String)>,
    /// Word, label, ticked.
    pub connectors: Vec<(&'static str, &'static str, bool)>,
    /// Value and label.
    pub lifetimes: Vec<(&'static str, &'static str)>,
    pub draft: Draft,
}

/// A token in the list.
#[derive(Debug, Clone)]
pub(in crate::pages) struct Token {
    pub id: String,
    pub name: String,
    pub tenant: String,
    /// The connectors, in words.
    pub opens: String,
    pub writes: bool,
    pub expires: When,
    /// True if it ends within two weeks.
    pub soon: bool,
    /// `Revoked` or `Expired`.
    pub ended: Option<&'static str>,
    pub used: Option<When>,
    pub used_by: String,
}

/// What was typed into the form for a new token.
#[derive(Debug, Clone, Default)]
pub(in crate::pages) struct Draft {
    pub name: String,
    pub tenant: String,
    pub write: bool,
    pub expires: String,
}

/// A token at the one moment when it can be seen.
#[derive(Debug, Template)]
#[template(path = "account/token_made.html")]
pub(in crate::pages) struct TokenMade {
    pub frame: Frame,
    pub name: String,
    pub tenant: String,
    pub secret: String,
    pub opens: String,
    pub expires: When,
    /// A command that connects a client with it.
    pub command: Option<String>,
}

/// `/account/apps`.
#[derive(Debug, Template)]
#[template(path = "account/apps.html")]
pub(in crate::pages) struct Apps {
    pub frame: Frame,
    pub told: Option<String>,
    pub apps: Vec<App>,
    /// Name and address of each connector.
    pub addresses: Vec<(&'static str, String)>,
}

/// A connected app.
#[derive(Debug, Clone)]
pub(in crate::pages) struct App {
    pub id: String,
    pub initials: String,
    pub client: String,
    pub client_id: String,
    pub tenant: String,
    pub tenant_name: String,
    pub connector: String,
    pub scopes: String,
    pub writes: bool,
    pub redirect_host: String,
    pub created: When,
    pub used: Option<When>,
    /// `12 calls`.
    pub calls: String,
}

/// `/account/connections`.
#[derive(Debug, Template)]
#[template(path = "account/connections.html")]
pub(in crate::pages) struct Connections {
    pub frame: Frame,
    /// The client with the latest attempt first.
    pub clients: Vec<Tried>,
}

/// A client that tried to connect.
#[derive(Debug, Clone)]
pub(in crate::pages) struct Tried {
    pub name: String,
    /// Whether the latest attempt got through.
    pub ok: bool,
    /// Where the latest attempt stopped.
    pub step: String,
    /// The latest first.
    pub tries: Vec<Try>,
}

/// One attempt.
#[derive(Debug, Clone)]
pub(in crate::pages) struct Try {
    pub at: When,
    pub step: String,
    pub ok: bool,
    pub reason: String,
    pub text: String,
    pub advice: String,
    pub detail: Option<String>,
}
