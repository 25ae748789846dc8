//! The authorization server of the hub's own origin: any MCP client connects by itself, to one tenant, and can be cut off
//! at once. What is decided is decided in `authz`, without clock or database; here are the steps around it, each with
//! its audit row in the commit of its effect.
//!
//! | step | where | RFC |
//! |---|---|---|
//! | a client introduces itself | [`register`], [`clients`] | 7591, client id metadata documents |
//! | a browser brings its request | [`authorize`] | 6749 section 4.1, 7636, 8707, 9207 |
//! | the person decides | [`consent`] | |
//! | code and refresh token become tokens | [`token`] | 6749 sections 4.1.3 and 6, 9700 |
//! | one is given back | [`revoke`] | 7009 |
//! | the person looks and takes back | [`apps`] | |
//! | why does it not connect? | [`attempts`] | |
use ring::hmac;
use watchkeep_authz::oauth::resource::Resources;
use watchkeep_model::Span;
use watchkeep_outbound::Documents;
use watchkeep_store::Keyring;

use self::attempts::Recorder;
use self::throttle::Knock;
use crate::bucket::Buckets;

pub mod apps;
pub mod attempts;
pub mod authorize;
pub mod clients;
pub mod consent;
pub mod cut;
mod pending;
mod record;
pub mod register;
pub mod revoke;
mod throttle;
pub mod token;

/// How long an authorization code lives (RFC 6749, section 4.1.2: ten minutes at most; here one).
pub const CODE: Span = Span::seconds(60);
/// How long a refresh token lives unless it is used.
pub const REFRESH: Span = Span::days(30);
/// How long a grant lives at the most, however often it is refreshed.
pub const GRANT: Span = Span::days(180);
/// How long after its first use a refresh token gets the same answer again. Real clients race: several processes share
/// one stored token, and answers get lost on the way.
pub const RETRY_WINDOW: Span = Span::seconds(120);

/// Who may register a client by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Registration {
    /// Anybody, within the limits.
    #[default]
    Open,
    /// Programs on the person's own machine only: redirect URIs on loopback.
    Loopback,
    /// Nobody: clients are made by an admin, or have a metadata document.
    Off,
}

/// Whether clients may be known by the address of their metadata document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ClientDocuments {
    /// While the hub can dial out. A client that is told so does not fall back to registering.
    #[default]
    Auto,
    /// Always; documents of well-known clients are part of the program.
    On,
    /// Never.
    Off,
}

/// How the authorization server is set.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether clients may be known by the address of their metadata document.
    pub client_documents: ClientDocuments,
    /// Who may register.
    pub registration: Registration,
    /// Whether callers are throttled; off for measurements and tests.
    pub throttled: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { client_documents: ClientDocuments::Auto, registration: Registration::Open, throttled: true }
    }
}

/// What the authorization server keeps in memory: its settings, its secrets, its counters.
pub struct Authority {
    /// How it is set.
    pub settings: Settings,
    /// What tokens are for.
    pub resources: Resources,
    recorder: Recorder,
    knocks: Buckets<(Knock, String)>,
    documents: Option<Documents>,
    successors: hmac::Key,
    decisions: hmac::Key,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Authority {
    pub(crate) fn new(settings: Settings, documents: Option<Documents>, keys: &Keyring, public_url: &str) -> Self {
        let key = |purpose: &str| hmac::Key::new(hmac::HMAC_SHA256, &keys.derive(purpose));
        Self {
            settings,
            resources: Resources::at(public_url),
            recorder: Recorder::default(),
            knocks: Buckets::default(),
            documents,
            successors: key("refresh successor"),
            decisions: key("consent"),
        }
    }
    /// The issuer, as metadata and answers name it: byte for byte the public origin (RFC 8414, section 2).
    pub fn issuer(&self) -> &str {
        &self.resources.base
    }
}
