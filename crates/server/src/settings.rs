//! What an operator can set about the doors.
use std::path::PathBuf;
use std::time::Duration;

use watchkeep_model::Connector;

use crate::peer::Cidr;

/// One place where a connector is mounted; each is its own OAuth resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mount {
    /// Which connector.
    pub connector: Connector,
    /// Its path, without a slash at the end. `/` is the bare origin and takes POST only.
    pub path: &'static str,
}

impl Mount {
    /// The paths that it answers at: as it is, with a slash, and with the tenant in the path.
    #[must_use]
    pub fn routes(self) -> Vec<String> {
        match self.path {
            "/" => vec!["/".into()],
            path => vec![path.into(), format!("{path}/"), format!("{path}/t/{{slug}}")],
        }
    }
}

/// What this version mounts.
pub const MOUNTS: &[Mount] = &[
    Mount { connector: Connector::Risk, path: "/api/mcp" },
    Mount { connector: Connector::Fleet, path: "/mcp" },
    // the fleet's document has people type the bare origin
    Mount { connector: Connector::Fleet, path: "/" },
];

/// The settings of a [`Server`](crate::Server).
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address that people type, such as `https://hub.example`: an origin without a path.
    pub public_url: String,
    /// Whose `X-Forwarded-For` and `Forwarded` are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// The bearer that opens `/metrics` from elsewhere than the machine itself.
    pub metrics_token: Option<String>,
    /// The connectors and where they are.
    pub mounts: &'static [Mount],
    /// Connections at most; more wait in the system's queue.
    pub max_connections: usize,
    /// How long a client may take to send a request's head, and how long an idle connection is kept.
    pub head_timeout: Duration,
    /// How long a client may take to send a request's body.
    pub body_timeout: Duration,
    /// The folder for files on their way in, at most 2 GiB of them; on a disk, so that they do not fill the memory.
    pub spool: PathBuf,
    /// How long a stop waits for requests that run.
    pub drain_timeout: Duration,
    /// Answers of tools take the long way through the MCP library: for tests that compare the two ways.
    pub plain_answers: bool,
}

impl Settings {
    /// The usual settings for a hub that people reach at `public_url`.
    #[must_use]
    pub fn new(public_url: impl Into<String>) -> Self {
        Self {
            public_url: public_url.into(),
            trusted_proxies: vec![],
            metrics_token: None,
            mounts: MOUNTS,
            max_connections: 1_024,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            spool: std::env::temp_dir(),
            drain_timeout: Duration::from_secs(25),
            plain_answers: false,
        }
    }
}
