//! The templates of sign-in and consent, with what they show. The words stand in `templates/`.
use askama::Template;

use super::frame::{Frame, Problems};

/// `/sign-in`.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub(super) struct SignIn {
    pub frame: Frame,
    pub problems: Problems,
    /// What was done before, such as signing out.
    pub told: Option<String>,
    /// True if the application insists on a new sign-in.
    pub fresh: bool,
    /// The sealed request that waits.
    pub request: Option<String>,
    pub email: String,
    /// Where passkeys work, if not here.
    pub passkey_address: Option<String>,
}

/// `/sign-in/second`.
#[derive(Debug, Template)]
#[template(path = "second.html")]
pub(super) struct Second {
    pub frame: Frame,
    pub problems: Problems,
    pub request: Option<String>,
    /// True if the person comes from the page about security and goes back there.
    pub back: bool,
    pub email: String,
    /// True if there is an authenticator app.
    pub app: bool,
    /// True if recovery codes are left.
    pub recovery: bool,
    /// True if the person has passkeys.
    pub passkeys: bool,
    /// The token of the passkey's calls.
    pub passkey_form: String,
}

/// `/sign-in/enrol` and the same in the account.
#[derive(Debug, Template)]
#[template(path = "enrol.html")]
pub(super) struct Enrol {
    pub frame: Frame,
    pub problems: Problems,
    pub request: Option<String>,
    /// Where the form goes.
    pub action: &'static str,
    /// True during sign-in, where nothing goes on without.
    pub required: bool,
    /// An SVG of the hub's own making.
    pub qr: String,
    /// The secret in groups of four.
    pub secret: String,
    /// The sealed enrolment.
    pub state: String,
    /// True if a passkey would do.
    pub passkeys: bool,
    pub passkey_form: String,
}

/// Recovery codes, at the one moment when they can be seen.
#[derive(Debug, Template)]
#[template(path = "codes.html")]
pub(super) struct Codes {
    pub frame: Frame,
    pub told: Option<String>,
    pub codes: Vec<String>,
    /// Where the person goes then.
    pub next: String,
}

/// `/link/{token}`.
#[derive(Debug, Template)]
#[template(path = "link.html")]
pub(super) struct Link {
    pub frame: Frame,
    pub problems: Problems,
    pub invitation: bool,
    pub name: String,
    pub email: String,
    pub token: String,
}

/// `/forgot`.
#[derive(Debug, Template)]
#[template(path = "forgot.html")]
pub(super) struct Forgot {
    pub frame: Frame,
}

/// A page that only says something; the error page of `/authorize` is one.
#[derive(Debug, Default, Template)]
#[template(path = "message.html")]
pub(super) struct Message {
    pub frame: Frame,
    /// `good`, `warn`, `bad` or empty.
    pub tone: &'static str,
    pub text: String,
    pub advice: String,
    /// A code out of the published list, or empty.
    pub reason: String,
    /// The request's id, or empty.
    pub request_id: String,
    /// A link to go on: address and label.
    pub next: Option<(String, String)>,
}

/// What stands in the place of a form on plain http.
#[derive(Debug, Template)]
#[template(path = "https.html")]
pub(super) struct Https {
    pub frame: Frame,
    pub base: String,
}

/// `/consent`.
#[derive(Debug, Template)]
#[template(path = "consent.html")]
pub(super) struct Consent {
    pub frame: Frame,
    pub problems: Problems,
    pub request: String,
    pub ticket: String,
    pub initials: String,
    pub client: Client,
    /// What it reaches, in words.
    pub connector: String,
    pub email: String,
    /// True if the address of the connector names the tenant.
    pub fixed: bool,
    /// Those that can be chosen first.
    pub tenants: Vec<Tenant>,
    pub scopes: Vec<ScopeLine>,
    pub never: Vec<&'static str>,
    /// What passes to the maker of the model; empty where nothing needs saying.
    pub passes: Vec<String>,
    /// False if there is no tenant to choose.
    pub can_allow: bool,
}

/// Who asks.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub name: String,
    pub unverified: bool,
    pub redirect_host: String,
    pub document_host: Option<String>,
    /// True if it returns to this computer.
    pub local: bool,
}

/// One line of the tenant picker.
#[derive(Debug, Clone)]
pub(super) struct Tenant {
    pub slug: String,
    pub name: String,
    pub role: String,
    pub chosen: bool,
    /// Why it cannot be chosen.
    pub refused: Option<String>,
}

/// One thing that the client asks to do.
#[derive(Debug, Clone)]
pub(super) struct ScopeLine {
    pub scope: String,
    pub sentence: String,
    pub fixed: bool,
    pub on: bool,
}
