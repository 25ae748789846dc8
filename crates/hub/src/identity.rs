//! People at the door: sign-in, second factors, passkeys, sessions, one-time links.
//!
//! **What it is.** One file per thing that a page does, each a free function of the hub and the [`Visitor`]. What counts
//! as right is decided in `authz::signin`; what is kept, and that it is kept once, in `store::identity`. Each act is one
//! transaction with its row in the installation's chain.
//!
//! **What it never does.** It sets no cookie and knows no page. It keeps no secret: sessions, links, devices and recovery
//! codes leave it once and are kept as SHA-256. Nothing it says tells a stranger whether an account exists.
//!
//! **Where to start.** [`password::sign_in`], then [`second::confirm`]; `gate` for what stands before a hash.
use data_encoding::HEXLOWER;
use std::fmt;

use serde_json::{Value, json};
use watchkeep_authz::signin::session;
use watchkeep_model::{PersonId, RequestId, Role, SessionId, Slug, Span, Timestamp, text};
use watchkeep_store::identity::{devices, links as kept_links, sessions as kept_sessions};
use watchkeep_store::sql::Installation;
use watchkeep_store::{Actor, ActorKind, Call, PersonScope, Stopwatch, Tx};

use crate::canonical;
use crate::error::{Error, Kind};
use crate::hub::Hub;

pub(crate) mod gate;
pub mod links;
pub mod passkeys;
pub mod password;
pub mod recovery;
pub mod second;
pub mod sessions;
pub mod totp;

pub use gate::Limits;

/// Who is at the door: for limits, and for the rows.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The peer's address, as the doors judge it.
    pub address: String,
    /// The browser, as it calls itself.
    pub client: Option<String>,
    /// The device cookie, if the browser sent one.
    pub device: Option<String>,
    /// The request's id.
    pub request: RequestId,
    /// Started when the request came in.
    pub watch: Stopwatch,
}

/// How far a person has signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The password was right; a second factor is still due, and nothing else is open.
    Password,
    /// All that the account has was given.
    Full,
}

impl Level {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Full => "full",
        }
    }
}

/// The second factors of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factors {
    /// An authenticator app.
    pub totp: bool,
    /// Passkeys.
    pub passkeys: usize,
    /// Recovery codes that were not used yet.
    pub recovery_left: usize,
}

impl Factors {
    /// Whether there is a second factor. Recovery codes alone are none.
    #[must_use]
    pub const fn any(self) -> bool {
        self.totp || self.passkeys > 0
    }
    fn counted(totp: i64, passkeys: i64, recovery_left: i64) -> Self {
        let number = |n| usize::try_from(n).unwrap_or(0);
        Self { totp: totp > 0, passkeys: number(passkeys), recovery_left: number(recovery_left) }
    }
}

/// A person with a living session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session.
    pub session: SessionId,
    /// SHA-256 of its secret.
    pub secret_hash: [u8; 32],
    /// The person.
    pub person: PersonId,
    /// Their address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// They run the installation.
    pub operator: bool,
    /// The scope of their own rows.
    pub own: PersonScope,
    /// How far they have signed in.
    pub level: Level,
    /// When a second factor was last given in this session.
    pub second_at: Option<Timestamp>,
    /// When they signed in.
    pub created_at: Timestamp,
    /// Last use of the session, to the minute.
    pub seen_at: Timestamp,
    /// Their second factors.
    pub factors: Factors,
    /// A tenant of theirs requires a second factor and they have none: nothing else comes before that.
    pub must_enrol: bool,
    /// A tenant of theirs requires a second factor.
    pub must_keep: bool,
}

impl SignedIn {
    /// Whether a second factor was given in the last quarter of an hour.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        session::is_fresh(self.second_at, now)
    }
    /// The actor of what they do.
    #[must_use]
    pub fn actor(&self) -> Actor {
        actor(self.person, &self.email)
    }
    /// Refuses where a second factor is still due.
    fn full(&self) -> Result<(), Error> {
        match self.level {
            Level::Full => Ok(()),
            Level::Password => {
                Err(Error::new(Kind::Unauthenticated, "finish signing in first: your second factor is due"))
            }
        }
    }
    /// Refuses where factors exist and none was given lately: changing factors takes a factor.
    fn may_change_factors(&self, now: Timestamp) -> Result<(), Error> {
        self.full()?;
        if self.factors.any() && !self.is_fresh(now) {
            return Err(Error::conflict("confirm your second factor again, then repeat this within 15 minutes"));
        }
        Ok(())
    }
    /// Refuses to take away the last factor of somebody who must have one.
    fn may_lose_factor(&self, left: bool) -> Result<(), Error> {
        if self.must_keep && !left {
            return Err(Error::conflict(
                "a tenant of yours requires a second factor: add another one first, then remove this one",
            ));
        }
        Ok(())
    }
}

/// A session that has just begun, or taken the place of another one.
#[derive(Clone)]
pub struct Began {
    /// The new session cookie: 64 hex digits.
    pub secret: String,
    /// A new device cookie, where the browser is not known yet.
    pub device: Option<String>,
    /// Who signed in, and how far.
    pub signed: SignedIn,
}

impl fmt::Debug for Began {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Began").field("signed", &self.signed).finish_non_exhaustive()
    }
}

/// One of a person's own memberships.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mine {
    /// The tenant's slug. It opens nothing by itself.
    pub scope_slug: Slug,
    /// The tenant's name.
    pub name: String,
    /// The role there.
    pub role: Role,
    /// It is the home tenant.
    pub home: bool,
    /// The membership is disabled.
    pub disabled: bool,
    /// The tenant is closed.
    pub tenant_disabled: bool,
    /// The tenant requires a second factor.
    pub require_mfa: bool,
}

/// The memberships of a person, by slug.
///
/// # Errors
/// Of the database.
pub async fn tenants(hub: &Hub, signed: &SignedIn) -> Result<Vec<Mine>, Error> {
    let mine = hub.store.memberships(signed.own).await?;
    let line = |m: watchkeep_store::people::Membership| Mine {
        scope_slug: m.slug,
        name: m.name,
        role: m.role,
        home: m.home,
        disabled: m.disabled_at.is_some(),
        tenant_disabled: m.tenant_disabled_at.is_some(),
        require_mfa: m.require_mfa,
    };
    Ok(mine.into_iter().map(line).collect())
}

/// Ends what a person's standing opens, in the transaction that changes it: after a new password, a reset of the factors,
/// a lock-out. Sessions (but one), known devices and open links end here, and whatever clients were allowed opens nothing
/// from this moment on; [`crate::oauth::cut::person`] then notes it in each tenant. A membership that ends concerns one
/// tenant: its tokens are looked up live and open nothing then.
///
/// # Errors
/// Of the database.
pub async fn cut_off(
    tx: &mut Tx<'_, Installation>,
    person: PersonId,
    but: Option<SessionId>,
    now: Timestamp,
) -> Result<u64, watchkeep_store::Error> {
    watchkeep_store::people::cut_grants(tx, person, now).await?;
    let ended = kept_sessions::end_all(tx, person, but, now).await?;
    devices::forget(tx, person).await?;
    kept_links::end(tx, person, now).await?;
    Ok(ended)
}

/// How long a browser stays known.
const DEVICE: Span = Span::days(365);

/// A session (and perhaps a device) that is made, before it is kept.
struct Opening {
    secret: String,
    session: kept_sessions::NewSession,
    device: Option<String>,
}

/// What a new session is made of.
struct Sought {
    person: PersonId,
    level: Level,
    signed_in_at: Timestamp,
    second_at: Option<Timestamp>,
    /// The browser is known to belong to this person.
    known: bool,
}

impl Opening {
    fn new(hub: &Hub, visitor: &Visitor, sought: &Sought) -> Self {
        let now = hub.now();
        let secret = new_secret(hub);
        let session = kept_sessions::NewSession {
            id: SessionId::new(hub.rng.id(now)),
            person: sought.person,
            hash: secret_hash(&secret),
            level: sought.level.as_str(),
            signed_in_at: sought.signed_in_at,
            second_at: sought.second_at,
            seen_at: now,
            address: text::clean(&visitor.address, 60),
            client: visitor.client.as_ref().map(|c| text::clean(c, 200)),
        };
        let device = (sought.level == Level::Full && !sought.known).then(|| new_secret(hub));
        Self { secret, session, device }
    }
    async fn keep(&self, tx: &mut Tx<'_, Installation>) -> Result<(), watchkeep_store::Error> {
        kept_sessions::add(tx, &self.session).await?;
        if let Some(device) = &self.device {
            let now = self.session.seen_at;
            devices::add(tx, self.session.person, &secret_hash(device), now, now.plus(DEVICE)).await?;
        }
        Ok(())
    }
    async fn began(secret: String, device: Option<String>, hub: &Hub) -> Result<Began, Error> {
        let signed = sessions::open(hub, &secret).await?.ok_or_else(wrong)?;
        Ok(Began { secret, device, signed })
    }
}

/// Whether the visitor's browser is one in which this person signed in before.
async fn knows_device(hub: &Hub, visitor: &Visitor, own: PersonScope) -> Result<bool, Error> {
    match &visitor.device {
        Some(device) => Ok(hub.store.knows_device(own, &secret_hash(device), hub.now()).await?),
        None => Ok(false),
    }
}

fn new_secret(hub: &Hub) -> String {
    HEXLOWER.encode(&hub.rng.bytes::<32>())
}

fn secret_hash(secret: &str) -> [u8; 32] {
    canonical::sha256(secret.as_bytes())
}

fn actor(person: PersonId, email: &str) -> Actor {
    let id = Some(person.uuid());
    Actor { kind: ActorKind::Person, id, person: id, name: email.to_owned(), client: None }
}

/// Somebody whose account is not known: what they typed is not repeated, it may be a password in the wrong field.
fn nobody() -> Actor {
    Actor { kind: ActorKind::Person, id: None, person: None, name: "unknown account".into(), client: None }
}

/// The record of an act at the door.
fn act(hub: &Hub, visitor: &Visitor, event: &'static str, actor: Actor, told: &Value) -> Call {
    let nothing = serde_json::Map::new();
    Call {
        event: event.into(),
        op: event.into(),
        connector: None,
        target: actor.person.map(|id| id.to_string()),
        actor,
        args: canonical::digest(told.as_object().unwrap_or(&nothing)),
        at: hub.now(),
        watch: visitor.watch,
        request: visitor.request,
        client: visitor.client.as_ref().map(|c| text::clean(c, 120)),
        address: Some(text::clean(&visitor.address, 60)),
    }
}

/// The one answer to all that is wrong about a sign-in.
fn wrong() -> Error {
    Error::new(Kind::Unauthenticated, "the address or the password is wrong")
}

/// Closed until then, for whatever reason.
fn wait(until: Timestamp, now: Timestamp) -> Error {
    let seconds = until.since(now).micros().div_euclid(1_000_000) + 1;
    let retry_after = u32::try_from(seconds.clamp(1, 900)).unwrap_or(900);
    let text = format!("too many attempts; try again in {}", spoken(retry_after));
    Error::new(Kind::Limited { retry_after }, text)
}

fn spoken(seconds: u32) -> String {
    match seconds {
        1 => "a second".into(),
        2..=90 => format!("{seconds} seconds"),
        more => format!("{} minutes", more.div_ceil(60)),
    }
}

/// What is told about a person in an act, as hash.
fn about(email: &str) -> Value {
    json!({ "email": email })
}
