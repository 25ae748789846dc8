//! The hub: what all calls share.
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};
use watchkeep_mapping::KevList;
use watchkeep_model::{Connector, RequestId, Role, Timestamp};
use watchkeep_outbound::{Allowed, DocumentLimits, Documents, Guard, SystemResolver, Trust};
use watchkeep_store::{Keyring, Store};

use crate::clock::Clock;
use crate::idempotency::Twins;
use crate::identity::{self, gate::Gate};
use crate::oauth::{self, Authority};
use crate::op::{Cap, OpDef};
use crate::ops::kris::Lines;
use crate::page::Seal;
use crate::prompts::{PROMPTS, Prompt, PromptDef};
use crate::rate::{Limits, Rates};
use crate::resources::{RESOURCES, ResourceDef};
use crate::rng::Rng;
use crate::schema;
use crate::shape::Shape;
use crate::tasks::Tasks;

/// An operation ready to be served: its schemas computed once.
#[derive(Debug)]
pub struct Ready {
    /// What it is.
    pub def: &'static OpDef,
    /// The portable schema of its arguments.
    pub args: Arc<Map<String, Value>>,
    /// The portable schema of its answer.
    pub answer: Arc<Map<String, Value>>,
    /// The same arguments, to check with.
    pub shape: Shape,
}

/// What a hub is made of.
pub struct Parts {
    /// The data.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub rng: Rng,
    /// Calls per minute and token.
    pub limits: Limits,
    /// Attempts to sign in, per minute and address or account.
    pub sign_in: identity::Limits,
    /// The secret that cursors are sealed with; the same on every hub of one database.
    pub seal: [u8; 32],
    /// The keys of the installation: what was pushed is sealed with them.
    pub keys: Arc<Keyring>,
    /// The vulnerabilities that are known to be exploited, if there is a list of them.
    pub kev: Option<Arc<KevList>>,
    /// The origin that people type, without a slash at its end: links into the web app begin with it.
    pub public_url: String,
    /// How the authorization server is set.
    pub oauth: oauth::Settings,
    /// What fetches the metadata documents of clients; none: nothing is fetched.
    pub documents: Option<Documents>,
}

/// The parts of a hub with the keys of its installation: the seal of its cursors is derived from them.
pub fn hub_parts(
    store: Store,
    clock: Arc<dyn Clock>,
    rng: Rng,
    limits: Limits,
    keys: &Keyring,
    public_url: &str,
) -> Parts {
    Parts {
        store,
        clock,
        rng,
        limits,
        sign_in: identity::Limits::default(),
        seal: keys.derive("cursor"),
        keys: Arc::new(keys.clone()),
        kev: None,
        public_url: public_url.trim_end_matches('/').to_owned(),
        oauth: oauth::Settings::default(),
        documents: Trust::public().ok().map(|trust| {
            let guard = Guard::new(Arc::new(SystemResolver), Allowed::default(), trust);
            Documents::new(guard, DocumentLimits::default())
        }),
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("clock", &self.clock).field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// The lists that a hub serves.
#[derive(Debug, Clone, Copy)]
pub struct Lists {
    /// The operations.
    pub ops: &'static [OpDef],
    /// The prompts of the connectors.
    pub prompts: &'static [PromptDef],
    /// The resources of the connectors.
    pub resources: &'static [ResourceDef],
}

impl Lists {
    /// The lists of the product.
    pub const PRODUCT: Self = Self { ops: crate::ops::OPS, prompts: PROMPTS, resources: RESOURCES };
}

/// A list that cannot be served, with the sentence that says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadList(String);

/// Everything that operations share. One per process, behind an `Arc`.
pub struct Hub {
    /// The data.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub rng: Arc<Rng>,
    /// The keys of the installation.
    pub keys: Arc<Keyring>,
    /// The vulnerabilities that are known to be exploited, if there is a list of them.
    pub kev: Option<Arc<KevList>>,
    /// What runs beside requests.
    pub tasks: Tasks,
    /// The origin that people type, without a slash at its end.
    pub public_url: String,
    /// The authorization server.
    pub oauth: Authority,
    pub(crate) gate: Gate,
    pub(crate) seal: Seal,
    pub(crate) rates: Rates,
    pub(crate) twins: Twins,
    pub(crate) lines: Lines,
    ops: Vec<Arc<Ready>>,
    by_tool: HashMap<(Connector, &'static str), usize>,
    prompts: Vec<Prompt>,
    resources: &'static [ResourceDef],
}

impl Hub {
    /// A hub that serves the product's lists.
    ///
    /// # Errors
    /// If an operation's schema cannot be served; the tests of the lists find it first.
    pub fn new(parts: Parts) -> Result<Arc<Self>, BadList> {
        Self::with(Lists::PRODUCT, parts)
    }

    /// A hub that serves these operations and no prompts or resources: for tests.
    ///
    /// # Errors
    /// As [`Hub::new`].
    pub fn with_ops(ops: &'static [OpDef], parts: Parts) -> Result<Arc<Self>, BadList> {
        Self::with(Lists { ops, prompts: &[], resources: &[] }, parts)
    }

    /// A hub that serves these lists.
    ///
    /// # Errors
    /// As [`Hub::new`].
    pub fn with(lists: Lists, parts: Parts) -> Result<Arc<Self>, BadList> {
        let ops = lists.ops.iter().map(ready).collect::<Result<Vec<_>, _>>()?;
        let mut by_tool = HashMap::new();
        for (i, ready) in ops.iter().enumerate() {
            if let Some(connector) = ready.def.doors.mcp
                && by_tool.insert((connector, ready.def.name), i).is_some()
            {
                return Err(BadList(format!("{connector} has two tools named {}", ready.def.name)));
            }
        }
        for resource in lists.resources {
            for op in [resource.read, resource.list] {
                let read = by_tool.get(&(resource.connector, op)).is_some_and(|i| ops[*i].def.cap == Cap::Read);
                if !read {
                    return Err(BadList(format!("the resource {} needs the read tool {op}", resource.template())));
                }
            }
        }
        let prompts = lists.prompts.iter().map(Prompt::ready).collect::<Result<Vec<_>, _>>().map_err(BadList)?;
        let Parts { store, clock, rng, limits, sign_in, seal, keys, kev, public_url, oauth, documents } = parts;
        let oauth = Authority::new(oauth, documents, &keys, &public_url);
        let gate = Gate::new(sign_in, &keys, &rng);
        Ok(Arc::new(Self {
            store,
            clock,
            rng: Arc::new(rng),
            keys,
            kev,
            tasks: Tasks::default(),
            public_url,
            oauth,
            gate,
            seal: Seal::new(&seal),
            rates: Rates::new(limits),
            twins: Twins::default(),
            lines: Lines::default(),
            ops,
            by_tool,
            prompts,
            resources: lists.resources,
        }))
    }

    /// Every operation, in the order of the list.
    #[must_use]
    pub fn ops(&self) -> &[Arc<Ready>] {
        &self.ops
    }

    /// The tools of a connector, in the order of the list.
    pub fn tools(&self, connector: Connector) -> impl Iterator<Item = &Arc<Ready>> {
        self.ops.iter().filter(move |ready| ready.def.doors.mcp == Some(connector))
    }

    /// The tool of this name, if this role may see it. A hidden one is as good as none.
    #[must_use]
    pub fn tool(&self, connector: Connector, name: &str, role: Role) -> Option<&Arc<Ready>> {
        let ready = self.ops.get(*self.by_tool.get(&(connector, name))?)?;
        role.reaches(ready.def.doors.role).then_some(ready)
    }

    /// The prompts of a connector.
    pub fn prompts(&self, connector: Connector) -> impl Iterator<Item = &Prompt> {
        self.prompts.iter().filter(move |prompt| prompt.def.connector == connector)
    }

    /// The kinds of resources of a connector.
    pub fn resources(&self, connector: Connector) -> impl Iterator<Item = &'static ResourceDef> {
        self.resources.iter().filter(move |resource| resource.connector == connector)
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The id of a request that comes in now.
    #[must_use]
    pub fn request_id(&self) -> RequestId {
        RequestId::new(self.rng.id(self.now()))
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("ops", &self.ops.len()).field("tasks", &self.tasks).finish_non_exhaustive()
    }
}

fn ready(def: &'static OpDef) -> Result<Arc<Ready>, BadList> {
    let args = schema::args(def);
    let shape = Shape::read(&args).map_err(|e| BadList(format!("{}: {e}", def.name)))?;
    Ok(Arc::new(Ready { def, args: Arc::new(args), answer: Arc::new(schema::answer(def)), shape }))
}
