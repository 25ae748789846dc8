//! What an operation is. An operation *is* its arguments: `struct ListKris { .. }` and `impl Op for ListKris`.
use std::future::Future;
use std::pin::Pin;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use watchkeep_model::{Connector, Role, Scope};

use crate::ctx::{Base, Capability, Ctx};
use crate::error::Error;
use crate::page::{Answer, Reply};
use crate::shape;

/// How names are written. The documents of the two connectors differ, and so do we.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `nextCursor`: the risk connector and the API.
    Camel,
    /// `next_cursor`: the fleet connector.
    Snake,
}

impl Dialect {
    /// The argument that makes a repeated write harmless.
    #[must_use]
    pub const fn idempotency_key(self) -> &'static str {
        match self {
            Self::Camel => "idempotencyKey",
            Self::Snake => "idempotency_key",
        }
    }

    /// The member of a list's envelope that leads to the next page.
    #[must_use]
    pub const fn next_cursor(self) -> &'static str {
        match self {
            Self::Camel => "nextCursor",
            Self::Snake => "next_cursor",
        }
    }
}

/// The powers that an operation may ask for; see [`crate::ctx`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cap {
    /// Looks at the tenant's data.
    Read,
    /// Changes it, in one transaction.
    Write,
}

/// What a call costs; each token has one bucket per class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rate {
    /// A lookup or one page.
    Light,
    /// An export, a search, a summary over much.
    Heavy,
    /// A change.
    Write,
}

impl Rate {
    /// The name of the class in the `RateLimit-Policy` header.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Heavy => "heavy",
            Self::Write => "write",
        }
    }
}

/// The methods of the REST door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Makes something, or does something that is not a thing.
    Post,
    /// Replaces a thing.
    Put,
    /// Changes parts of a thing.
    Patch,
    /// Takes a thing away.
    Delete,
}

/// By which doors an operation is reached, and on what terms. Plain data, read from left to right.
#[derive(Debug, Clone, Copy)]
pub struct Doors {
    /// The connector whose tool it is.
    pub mcp: Option<Connector>,
    /// Verb and path below `/api/v1/tenants/{slug}`.
    pub rest: Option<(Verb, &'static str)>,
    /// The least role.
    pub role: Role,
    /// The rate class, where it is not the one of its capability.
    pub rate: Option<Rate>,
    /// Same arguments again change nothing more (MCP `idempotentHint`).
    pub repeatable: bool,
    /// Overwrites or ends something (MCP `destructiveHint`).
    pub destructive: bool,
    /// How its names are written.
    pub dialect: Dialect,
}

impl Doors {
    const fn base(mcp: Option<Connector>, dialect: Dialect) -> Self {
        Self { mcp, rest: None, role: Role::Analyst, rate: None, repeatable: false, destructive: false, dialect }
    }

    /// A tool of the risk connector.
    #[must_use]
    pub const fn risk() -> Self {
        Self::base(Some(Connector::Risk), Dialect::Camel)
    }

    /// A tool of the fleet connector.
    #[must_use]
    pub const fn fleet() -> Self {
        Self::base(Some(Connector::Fleet), Dialect::Snake)
    }

    /// No connector: the REST API (and so the web app) only.
    #[must_use]
    pub const fn api() -> Self {
        Self::base(None, Dialect::Camel)
    }

    /// Also at this verb and path, such as `/kris/{id}`; the names in braces are arguments.
    #[must_use]
    pub const fn rest(mut self, verb: Verb, path: &'static str) -> Self {
        self.rest = Some((verb, path));
        self
    }

    /// From this role on; analyst where nothing is said.
    #[must_use]
    pub const fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// In this rate class.
    #[must_use]
    pub const fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// Same arguments again change nothing more.
    #[must_use]
    pub const fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Overwrites or ends something.
    #[must_use]
    pub const fn destructive(mut self) -> Self {
        self.destructive = true;
        self
    }
}

/// One thing that can be done. The implementing struct holds the arguments.
///
/// The names of its fields are written in the dialect of its doors; each field has a sentence (its doc comment), and
/// what is optional is an `Option` or has a default. A list operation flattens [`Paging`](crate::Paging).
pub trait Op: DeserializeOwned + JsonSchema + Send + 'static {
    /// Unique within its connector; the MCP tool name and the OpenAPI `operationId`.
    const NAME: &'static str;
    /// A few words for people.
    const TITLE: &'static str;
    /// Facts for the caller; part of the interface, so it is not taken from rustdoc.
    const ABOUT: &'static str;
    /// How it is reached.
    const DOORS: Doors;
    /// The members of the answer that hold text from outside (imported names, vendors' words), such as
    /// `items[].name`. They are named in the `_meta` of a tool result; the operation has cleaned them.
    const OUTSIDE: &'static [&'static str] = &[];
    /// [`Read`](crate::Read) or [`Write`](crate::Write).
    type Cap: Capability;
    /// One thing, or a [`Page`](crate::Page) of them.
    type Answer: Answer;
    /// Does it. Arguments have been checked, the caller may do this, and the row is written by the context (a write) or
    /// when this returns (a read, a refusal).
    fn run(self, cx: Ctx<Self::Cap>) -> impl Future<Output = Result<Self::Answer, Error>> + Send;
}

pub(crate) type Running = Pin<Box<dyn Future<Output = Result<Reply, Error>> + Send>>;

/// An operation with its type erased: what the doors see. See [`OPS`](crate::OPS).
#[derive(Debug, Clone, Copy)]
pub struct OpDef {
    /// See [`Op::NAME`].
    pub name: &'static str,
    /// See [`Op::TITLE`].
    pub title: &'static str,
    /// See [`Op::ABOUT`].
    pub about: &'static str,
    /// See [`Op::DOORS`].
    pub doors: Doors,
    /// See [`Op::OUTSIDE`].
    pub outside: &'static [&'static str],
    /// What it needs.
    pub cap: Cap,
    /// Its rate class.
    pub rate: Rate,
    /// The schema of its arguments, as generated; see [`crate::schema`].
    pub args: fn(&mut SchemaGenerator) -> Schema,
    /// The schema of its answer, as generated.
    pub answer: fn(&mut SchemaGenerator, Dialect) -> Schema,
    pub(crate) run: fn(Base, Map<String, Value>) -> Running,
}

impl OpDef {
    /// The operation `T` as an entry of a list.
    #[must_use]
    pub const fn of<T: Op>() -> Self {
        let cap = <T::Cap as Capability>::CAP;
        Self {
            name: T::NAME,
            title: T::TITLE,
            about: T::ABOUT,
            doors: T::DOORS,
            outside: T::OUTSIDE,
            cap,
            rate: match (T::DOORS.rate, cap) {
                (Some(rate), _) => rate,
                (None, Cap::Read) => Rate::Light,
                (None, Cap::Write) => Rate::Write,
            },
            args: |g| g.subschema_for::<T>(),
            answer: <T::Answer as Answer>::schema,
            run: run::<T>,
        }
    }
}

/// The scope that a credential needs to use `cap` through a connector, or through REST (`None`).
#[must_use]
pub const fn scope(connector: Option<Connector>, cap: Cap) -> Scope {
    match (connector, cap) {
        (Some(connector), Cap::Read) => Scope::read(connector),
        (Some(connector), Cap::Write) => Scope::write(connector),
        (None, Cap::Read) => Scope::ApiRead,
        (None, Cap::Write) => Scope::ApiWrite,
    }
}

fn run<T: Op>(base: Base, args: Map<String, Value>) -> Running {
    Box::pin(async move {
        let cx = <T::Cap as Capability>::admit(base.answering::<T::Answer>())?;
        let op: T = shape::parse(args)?;
        op.run(cx).await?.reply(T::DOORS.dialect)
    })
}
