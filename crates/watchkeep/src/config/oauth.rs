//! `[oauth]`: which programs may ask for access.
use watchkeep_hub::oauth;

use super::section::section;
use super::setting::choice;

section! {
    /// Which programs may ask people for access to a connector.
    pub(crate) struct Oauth ("oauth") {
        /// Whether a program may be known by the address of its metadata document (Client ID Metadata Documents): `auto`
        /// while the hub can dial out, `on`, `off`. A program that is told so does not register by itself. Documents of
        /// well-known programs are part of the hub.
        client_documents ("oauth.client_documents"): Documents = "auto",
        /// Who may register a program (RFC 7591): `open`, `loopback` for programs on people's own machines only, `off`.
        registration ("oauth.registration"): Registration = "open",
    }
}

choice! {
    /// See `oauth.client_documents`.
    pub(crate) enum Documents {
        /// While the hub can dial out.
        Auto = "auto",
        /// Always.
        On = "on",
        /// Never.
        Off = "off",
    }
    expected "auto, on or off"
}

choice! {
    /// See `oauth.registration`.
    pub(crate) enum Registration {
        /// Anybody.
        Open = "open",
        /// Programs on loopback.
        Loopback = "loopback",
        /// Nobody.
        Off = "off",
    }
    expected "open, loopback or off"
}

impl Oauth {
    /// The same for the hub; `throttled` says whether callers without a credential are.
    pub(crate) fn settings(&self, throttled: bool) -> oauth::Settings {
        oauth::Settings {
            client_documents: match self.client_documents {
                Documents::Auto => oauth::ClientDocuments::Auto,
                Documents::On => oauth::ClientDocuments::On,
                Documents::Off => oauth::ClientDocuments::Off,
            },
            registration: match self.registration {
                Registration::Open => oauth::Registration::Open,
                Registration::Loopback => oauth::Registration::Loopback,
                Registration::Off => oauth::Registration::Off,
            },
            throttled,
        }
    }
}
