//! The one way to run an operation. Every door ends here: check, run, record. No row, no answer.
use std::any::TypeId;
use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::FutureExt;
use serde_json::{Map, Value};
use watchkeep_model::{Connector, RequestId, text};
use watchkeep_store::{self as store, Access, Stopwatch};

use crate::canonical;
use crate::ctx::{Base, Fate};
use crate::error::{Error, Kind};
use crate::hub::{Hub, Ready};
use crate::idempotency::Keyed;
use crate::op::{Cap, scope};
use crate::page::{Question, Reply};
use crate::rate::RateState;

/// Where a call comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// A tool or a resource of a connector.
    Mcp(Connector),
    /// The REST API, with a key.
    Rest,
    /// The REST API, with the session of a browser. What a page reads leaves no row.
    Web,
}

impl Door {
    /// The audit event of a call through this door.
    #[must_use]
    pub const fn event(self) -> &'static str {
        match self {
            Self::Mcp(Connector::Risk) => "MCP_TOOL_CALLED",
            Self::Mcp(Connector::Fleet) => "mcp_tool_invoked",
            Self::Rest => "api_called",
            Self::Web => "web_called",
        }
    }

    /// The connector, where it is one.
    #[must_use]
    pub const fn connector(self) -> Option<Connector> {
        match self {
            Self::Mcp(connector) => Some(connector),
            Self::Rest | Self::Web => None,
        }
    }

    /// A model writes the arguments here, so small slips of form are forgiven.
    const fn forgiving(self) -> bool {
        matches!(self, Self::Mcp(_))
    }
}

/// What a door knows of a call before it runs.
#[derive(Debug, Clone)]
pub struct CallMeta {
    /// Where it came in.
    pub door: Door,
    /// The client's name, such as its user agent; cleaned and cut when it is recorded.
    pub client: Option<String>,
    /// The peer's address.
    pub address: Option<String>,
    /// The id that the caller sees in `x-request-id`.
    pub request: RequestId,
    /// Started when the call came in.
    pub watch: Stopwatch,
}

/// How a call ended, and what is left of the caller's rate.
#[derive(Debug)]
pub struct Called {
    /// The bytes, or why there are none.
    pub result: Result<Reply, Error>,
    /// None where no limit is set, or the call was refused before it was counted.
    pub rate: Option<RateState>,
}

/// Checks, runs and records one call.
///
/// A call that has begun runs to its end and leaves its row, also if the caller hangs up or the operation panics.
pub async fn call(
    hub: &Arc<Hub>,
    access: &Arc<Access>,
    meta: CallMeta,
    ready: &Arc<Ready>,
    args: Map<String, Value>,
) -> Called {
    let request = meta.request;
    let (hub, access, ready) = (hub.clone(), access.clone(), ready.clone());
    let name = ready.def.name;
    let tasks = hub.tasks.clone();
    let mut called = tasks.see_through(run(hub, access, meta, ready, args)).await;
    called.result = called.result.map_err(|e| e.of_request(request, name));
    called
}

/// Records a call that a door refused before it ran: an unknown tool, a missing scope.
///
/// # Errors
/// If the row could not be written: then there must be no other answer than that.
pub async fn refuse(
    hub: &Arc<Hub>,
    access: &Access,
    meta: CallMeta,
    op: &str,
    args: &Map<String, Value>,
    why: &Error,
) -> Result<(), Error> {
    note(hub, access, meta, op, args, why.word()).await
}

/// Records a call that needs no operation, such as the reading of a prompt's text.
///
/// # Errors
/// As [`refuse`].
pub async fn note(
    hub: &Arc<Hub>,
    access: &Access,
    meta: CallMeta,
    op: &str,
    args: &Map<String, Value>,
    outcome: &'static str,
) -> Result<(), Error> {
    let request = meta.request;
    let row = row(hub, access, meta, Cow::Owned(text::clean(op, 80)), canonical::digest(args));
    let (hub, scope) = (hub.clone(), access.scope.clone());
    let tasks = hub.tasks.clone();
    let recorded = tasks.see_through(async move { hub.store.record(&scope, row, outcome).await }).await;
    recorded.map_err(|e| Error::from(e).of_request(request, "record"))
}

pub(crate) fn row(hub: &Hub, access: &Access, meta: CallMeta, op: Cow<'static, str>, args: [u8; 32]) -> store::Call {
    store::Call {
        event: Cow::Borrowed(meta.door.event()),
        op,
        connector: meta.door.connector(),
        actor: access.actor.clone(),
        args,
        at: hub.now(),
        watch: meta.watch,
        request: meta.request,
        client: meta.client.map(|c| text::clean(&c, 120)),
        address: meta.address,
        target: None,
    }
}

async fn run(
    hub: Arc<Hub>,
    access: Arc<Access>,
    meta: CallMeta,
    ready: Arc<Ready>,
    args: Map<String, Value>,
) -> Called {
    let door = meta.door;
    let call = row(&hub, &access, meta, Cow::Borrowed(ready.def.name), canonical::digest(&args));
    let fate = Arc::new(Fate::default());
    let base = Base {
        hub: hub.clone(),
        access: access.clone(),
        call: call.clone(),
        fate: fate.clone(),
        key: None,
        question: None,
        cap: ready.def.cap,
        dialect: ready.def.doors.dialect,
        answers: TypeId::of::<()>(),
    };
    let mut rate = None;
    // an operation that panics is ours to answer for; what it holds is dropped, and the store rolls back on its own
    let result = AssertUnwindSafe(checked(base, &ready, door, args, &mut rate))
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| Err(Error::internal(panic_text(&*panic))));
    let page_read = door == Door::Web && ready.def.cap == Cap::Read && result.is_ok();
    if page_read || fate.recorded.load(Ordering::Acquire) {
        return Called { result, rate };
    }
    let outcome = result.as_ref().map_or_else(Error::word, |_| "ok");
    let row = store::Call { target: fate.target.get().cloned(), ..call };
    let result = match hub.store.record(&access.scope, row, outcome).await {
        Ok(()) => result,
        Err(e) => Err(e.into()),
    };
    Called { result, rate }
}

async fn checked(
    mut base: Base,
    ready: &Ready,
    door: Door,
    mut args: Map<String, Value>,
    rate: &mut Option<RateState>,
) -> Result<Reply, Error> {
    let (def, hub, access) = (ready.def, base.hub.clone(), base.access.clone());
    if !access.role.reaches(def.doors.role) {
        return Err(Error::nothing_here());
    }
    let needed = scope(door.connector(), def.cap);
    if !access.scopes.contains(needed) {
        return Err(Error::missing_scope(needed));
    }
    let (state, free) = hub.rates.take(access.token, def.rate, base.call.at);
    *rate = state;
    free?;
    ready.shape.fit(&mut args, door.forgiving())?;
    if ready.shape.field("cursor").is_some() {
        base.question = Some(Question::of(access.scope.tenant(), def.name, &ready.shape, &args));
    }
    let key = match args.remove(def.doors.dialect.idempotency_key()) {
        Some(Value::String(key)) if def.cap == Cap::Write => key,
        _ => return (def.run)(base, args).await,
    };

    // same key, same token, same tool: run once, let a running twin end first, refuse other arguments
    let key = Keyed::new(access.token, def.name, key, &args, base.call.at, def.doors.dialect);
    let _turn = key.turn(&hub.twins).await;
    if let Some(before) = key.answered(hub.store.at(&access.scope)).await? {
        return Ok(before);
    }
    base.key = Some(key.clone());
    let (fate, row) = (base.fate.clone(), base.row());
    let reply = match (def.run)(base, args).await {
        Ok(reply) => reply,
        // a twin on another hub may have ended between the look above and the work: then its answer is the one
        Err(e) => return key.answered(hub.store.at(&access.scope)).await?.ok_or(e),
    };
    if !fate.recorded.load(Ordering::Acquire) {
        // it found nothing to change: the answer is remembered all the same, in one commit with the row
        let row = store::Call { target: fate.target.get().cloned(), ..row };
        let answer = reply.clone();
        fate.recorded.store(true, Ordering::Release);
        hub.store
            .write(&access.scope, row, async move |tx: &mut store::Tx<'_>| {
                key.still_new(tx).await?;
                key.keep(tx, answer.clone()).await
            })
            .await?;
    }
    Ok(reply)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
    format!("the operation panicked: {}", text.unwrap_or_else(|| "no text".into()))
}

impl Error {
    /// As good as not there: for a role that is too low, and for a path that nobody has.
    #[must_use]
    pub fn nothing_here() -> Self {
        Self::not_found("there is nothing here; check the path, the tenant and the spelling")
    }

    /// The credential lacks this scope.
    #[must_use]
    pub fn missing_scope(scope: watchkeep_model::Scope) -> Self {
        let text = format!("this needs the scope {scope}; use a credential that has it");
        Self::new(Kind::Forbidden { scope: scope.as_str().into() }, text)
    }
}
