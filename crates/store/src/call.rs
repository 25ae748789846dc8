//! What is recorded about one call.
use std::borrow::Cow;
use std::time::{Duration, Instant};

use uuid::Uuid;
use watchkeep_model::{Connector, RequestId, Timestamp};

/// One call, as it is known before it runs. The store adds the outcome, the duration and the place in the chain.
#[derive(Clone, Debug)]
pub struct Call {
    /// The audit event: `MCP_TOOL_CALLED`, `api_called`, `tenant_created`, ...
    pub event: Cow<'static, str>,
    /// The operation as it was asked for; an unknown tool's name too, cleaned and cut by the caller.
    pub op: Cow<'static, str>,
    /// Some for a call over MCP, which also leaves a row in `mcp_call_log`.
    pub connector: Option<Connector>,
    /// Who calls.
    pub actor: Actor,
    /// SHA-256 of the arguments' canonical JSON; the arguments are never kept.
    pub args: [u8; 32],
    /// When the call came in.
    pub at: Timestamp,
    /// Started when the call came in.
    pub watch: Stopwatch,
    /// The id that the caller sees, too.
    pub request: RequestId,
    /// The client's id or user agent, cleaned, at most 120 characters.
    pub client: Option<String>,
    /// The peer's address.
    pub address: Option<String>,
    /// The id of the thing that the call is about, where there is one.
    pub target: Option<String>,
}

/// Who does something.
#[derive(Clone, Debug)]
pub struct Actor {
    /// What kind of actor.
    pub kind: ActorKind,
    /// Its id, where it has one: the token's for a token, the person's for a person.
    pub id: Option<Uuid>,
    /// The person behind it, where there is one.
    pub person: Option<Uuid>,
    /// A name for people: an e-mail address, a key's label, `command line`.
    pub name: String,
    /// The OAuth client that acts for them.
    pub client: Option<String>,
}

/// The kinds of actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// A signed-in person.
    Person,
    /// A token that opens a connector.
    Token,
    /// An API key.
    Key,
    /// The hub itself, in a job.
    Job,
    /// Somebody at the machine's own command line.
    Operator,
}

impl ActorKind {
    /// The word in the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Token => "token",
            Self::Key => "key",
            Self::Job => "job",
            Self::Operator => "operator",
        }
    }
}

/// How a call ended, in one stable word: `ok`, `not_found`, `invalid`, ...
pub trait Outcome {
    /// The word.
    fn word(&self) -> &'static str;
}
impl Outcome for crate::Error {
    fn word(&self) -> &'static str {
        match self.kind() {
            crate::ErrorKind::Conflict => "conflict",
            crate::ErrorKind::Full | crate::ErrorKind::Unavailable => "unavailable",
            crate::ErrorKind::Internal => "internal",
        }
    }
}

/// Measures a duration. The one place that reads the monotonic clock; it never says what time it is.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "this is the wrapper")]
    pub fn start() -> Self {
        Self(Instant::now())
    }
    /// Time since the start.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
    /// Microseconds since the start.
    pub fn micros(self) -> i64 {
        i64::try_from(self.0.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}
