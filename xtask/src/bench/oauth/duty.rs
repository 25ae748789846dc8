//! The four duties, and where a server does each of them.

use std::sync::Mutex;

use serde::Serialize;

use crate::Result;
use crate::bench::load::Caller;
use crate::bench::oauth::ask::{Register, Repeat, Rotate};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Duty {
    /// A refresh token for a new pair; the old one is spent.
    Rotation,
    /// Is this access token good, and whose is it?
    Validation,
    /// The same for one that was revoked.
    Revoked,
    /// A new client, each with another name.
    Registration,
}

impl Duty {
    /// In this order: validation asks with what rotation gave.
    pub(super) const ALL: [Self; 4] = [Self::Rotation, Self::Validation, Self::Revoked, Self::Registration];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Rotation => "refresh rotation",
            Self::Validation => "access token good",
            Self::Revoked => "access token revoked",
            Self::Registration => "client registration",
        }
    }
}

/// The tokens of one grant; rotation puts the newest here.
#[derive(Clone, Debug, serde::Deserialize)]
pub(super) struct Pair {
    pub(super) refresh: String,
    pub(super) access: String,
}

/// How a server is asked whether a token is good.
#[derive(Clone, Debug)]
pub(super) enum Look {
    /// The token opens a call that does nothing else.
    Use { path: String },
    /// Another server asks for it, with credentials of its own (Basic, already encoded).
    Introspect { path: String, basic: String },
}

/// Where a server does its duties, and the grants that it knows.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) port: u16,
    pub(super) client: String,
    pub(super) token_path: &'static str,
    pub(super) register_path: &'static str,
    pub(super) look: Look,
    /// One grant for each caller.
    pub(super) grants: Vec<Mutex<Pair>>,
    /// Access tokens that were revoked.
    pub(super) revoked: Vec<String>,
}

impl Desk {
    /// Somebody who asks for this duty.
    pub(super) fn caller(&self, duty: Duty, number: usize) -> Result<Box<dyn Caller + '_>> {
        let grant = self.grants.get(number).ok_or("there are fewer grants than callers")?;
        Ok(match duty {
            Duty::Rotation => Box::new(Rotate::connect(self, grant)?),
            Duty::Registration => Box::new(Register::connect(self, number)?),
            Duty::Validation => {
                let access = grant.lock().map_err(|_| "a caller has failed")?.access.clone();
                Box::new(self.looking(&access, true)?)
            }
            Duty::Revoked => {
                let access = self.revoked.get(number % self.revoked.len().max(1)).ok_or("no token was revoked")?;
                Box::new(self.looking(access, false)?)
            }
        })
    }

    fn looking(&self, access: &str, good: bool) -> Result<Repeat> {
        let port = self.port;
        match &self.look {
            Look::Use { path } => {
                let body = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
                let head = format!(
                    "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {access}\r\n\
                     Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
                     MCP-Protocol-Version: {}\r\n",
                    crate::bench::call::REVISION
                );
                let (status, word) = if good { (200, "\"result\"") } else { (401, "") };
                Repeat::connect(port, &head, body, status, word)
            }
            Look::Introspect { path, basic } => {
                let head = format!(
                    "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Basic {basic}\r\n\
                     Content-Type: application/x-www-form-urlencoded\r\n"
                );
                let word = if good { "\"active\":true" } else { "\"active\":false" };
                Repeat::connect(port, &head, &format!("token={access}"), 200, word)
            }
        }
    }
}
