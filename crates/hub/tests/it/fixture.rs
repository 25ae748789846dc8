//! A hub over a throw-away SQLite file: two tenants with the same names, a person and tokens in each, and operations
//! that exist for tests only. Also mounted by the tests of the server.
#![allow(
    clippy::allow_attributes,
    unreachable_pub,
    missing_docs,
    dead_code,
    reason = "shared by several test programs, each of which uses a part"
)]
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Map, Value};
use uuid::Uuid;
use watchkeep_hub::{CallMeta, Called, Clock, Door, FixedClock, Hub, Limits, Lists, Parts, Rng, call};
use watchkeep_model::{
    Connector, IntegrationId, PersonId, RequestId, Role, Scopes, Slug, SourceKind, Span, TenantId, Timestamp, TokenId,
};
use watchkeep_store::audit::search;
use watchkeep_store::integrations::{self, IntegrationRow};
use watchkeep_store::people::{self, PersonRow};
use watchkeep_store::tenants::{self, TenantRow};
use watchkeep_store::tokens::{self, NewToken};
use watchkeep_store::{self as store, Access, Actor, ActorKind, Options, Stopwatch, Store, TenantScope};

#[path = "fixture/ops.rs"]
pub mod ops;

/// 2026-11-20T08:00:00Z
pub const NOW: Timestamp = Timestamp::from_micros(1_795_161_600_000_000);

/// A folder that goes away with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("watchkeep-doors-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

/// A hub for tests.
pub struct House {
    pub hub: Arc<Hub>,
    pub clock: Arc<FixedClock>,
    pub folder: Folder,
}

pub const LISTS: Lists =
    Lists { ops: ops::TEST_OPS, prompts: watchkeep_hub::prompts::PROMPTS, resources: ops::TEST_RESOURCES };

/// The credentials that every house has; each ends in 64 digits.
pub fn pat(slug: &str, digit: char) -> String {
    format!("drx_pat_{slug}.{}", digit.to_string().repeat(64))
}
pub fn key(slug: &str, digit: char) -> String {
    format!("drx_api_{slug}.{}", digit.to_string().repeat(64))
}

impl House {
    pub async fn new() -> Self {
        Self::with(Limits::NONE).await
    }

    /// Tenants `acme` (120 sources) and `contoso` (3 sources of the same names), in each:
    /// person `ann@<slug>.example` (analyst): PAT `a` read, `b` read and write, `f` fleet read; `vic` (viewer): PAT `c`;
    /// `ada` (admin): PAT `d` read and write; expired PAT `e`; API keys `0` read and write, `1` read.
    pub async fn with(limits: Limits) -> Self {
        Self::of(LISTS, limits).await
    }

    /// The same with other lists.
    pub async fn of(lists: Lists, limits: Limits) -> Self {
        let folder = Folder::new();
        let store = Store::open(Options::sqlite(folder.0.join("hub.db"))).await.unwrap();
        store.install(NOW, false).await.unwrap();
        for (n, slug, sources) in [(1, "acme", 120), (2, "contoso", 3)] {
            furnish(&store, n, slug, sources).await;
        }
        let clock = Arc::new(FixedClock::at(NOW));
        let parts = Parts {
            store,
            clock: clock.clone(),
            rng: Rng::seeded(1),
            limits,
            sign_in: watchkeep_hub::identity::Limits::NONE,
            seal: [9; 32],
            keys: Arc::new(watchkeep_store::Keyring::generate().unwrap()),
            kev: None,
            public_url: "https://hub.example".into(),
            oauth: watchkeep_hub::oauth::Settings { throttled: false, ..Default::default() },
            documents: None,
        };
        Self { hub: Hub::with(lists, parts).unwrap(), clock, folder }
    }

    pub fn clock_micros(&self) -> i64 {
        self.clock.now().micros()
    }

    pub async fn access(&self, credential: &str) -> Arc<Access> {
        Arc::new(self.hub.store.authenticate(credential, self.hub.now()).await.unwrap().unwrap())
    }

    pub async fn scope(&self, slug: &str) -> TenantScope {
        self.hub.store.administer(&slug.parse().unwrap()).await.unwrap().unwrap()
    }

    pub fn meta(&self, door: Door) -> CallMeta {
        CallMeta {
            door,
            client: Some("tests/1".into()),
            address: Some("192.0.2.1".into()),
            request: self.hub.request_id(),
            watch: Stopwatch::start(),
        }
    }

    /// Calls a tool of the risk connector as this token.
    pub async fn tool(&self, credential: &str, name: &str, args: Value) -> Called {
        let access = self.access(credential).await;
        let ready = self.hub.ops().iter().find(|r| r.def.name == name).unwrap().clone();
        let connector = ready.def.doors.mcp.unwrap_or(Connector::Risk);
        call(&self.hub, &access, self.meta(Door::Mcp(connector)), &ready, object(args)).await
    }

    /// The audit rows of a tenant, oldest first.
    pub async fn rows(&self, slug: &str) -> Vec<store::audit::Row> {
        let scope = self.scope(slug).await;
        let db = self.hub.store.at(&scope);
        let mut rows = search::newest(db, i64::MAX, "", Timestamp::from_micros(0), 10_000).await.unwrap();
        rows.reverse();
        rows
    }
}

pub fn object(args: Value) -> Map<String, Value> {
    match args {
        Value::Object(members) => members,
        other => panic!("{other}"),
    }
}

pub fn operator_call(event: &'static str) -> store::Call {
    store::Call {
        event: event.into(),
        op: "test".into(),
        connector: None,
        actor: Actor { kind: ActorKind::Operator, id: None, person: None, name: "tests".into(), client: None },
        args: [0; 32],
        at: NOW,
        watch: Stopwatch::start(),
        request: RequestId::new(Uuid::from_u128(1)),
        client: None,
        address: None,
        target: None,
    }
}

async fn furnish(store: &Store, n: u128, slug: &'static str, sources: usize) {
    let id = move |k: u128| Uuid::from_u128(n << 64 | k);
    let slug: Slug = slug.parse().unwrap();
    let tenant = TenantRow {
        id: TenantId::new(id(1)),
        slug: slug.clone(),
        name: slug.to_string(),
        demo: false,
        created_at: NOW,
        disabled_at: None,
    };
    let persons =
        [("ann", Role::Analyst, 2), ("vic", Role::Viewer, 3), ("ada", Role::Admin, 4)].map(|(name, role, k)| {
            let row = PersonRow {
                id: PersonId::new(id(k)),
                email: format!("{name}@{slug}.example"),
                name: name.into(),
                operator: false,
                created_at: NOW,
                disabled_at: None,
            };
            (row, role)
        });
    let rows: Vec<PersonRow> = persons.iter().map(|(row, _)| row.clone()).collect();
    store
        .write_installation(store.operator(), operator_call("tenant_created"), async move |tx| {
            tenants::add(tx, &tenant).await?;
            // it starts off
            tenants::open_connector(tx, tenant.id, watchkeep_model::Connector::Fleet, true).await?;
            for row in &rows {
                people::add(tx, row).await?;
            }
            Ok::<(), store::Error>(())
        })
        .await
        .unwrap();
    let scope = store.administer(&slug).await.unwrap().unwrap();
    store
        .write(&scope, operator_call("tenant_furnished"), async move |tx| {
            for (row, role) in &persons {
                people::join(tx, row.id, *role, true, NOW).await?;
            }
            let token = |k: u128, credential: String, scopes: &str, days: i64| NewToken {
                id: TokenId::new(id(k)),
                name: format!("token {k}"),
                credential,
                scopes: scopes.parse::<Scopes>().unwrap(),
                created_at: NOW.minus(Span::days(30)),
                expires_at: NOW.plus(Span::days(days)),
            };
            let (ann, vic, ada) = (persons[0].0.id, persons[1].0.id, persons[2].0.id);
            for (person, k, digit, scopes, days) in [
                (ann, 11, 'a', "mcp:read", 90),
                (ann, 12, 'b', "mcp:read mcp:write", 90),
                (vic, 13, 'c', "mcp:read", 90),
                (ada, 14, 'd', "mcp:read mcp:write", 90),
                (ann, 15, 'e', "mcp:read", -1),
                (ann, 16, 'f', "mcp.read", 90),
            ] {
                tokens::add_token(tx, person, &token(k, pat(slug.as_str(), digit), scopes, days)).await?;
            }
            tokens::add_key(tx, "ada", &token(21, key(slug.as_str(), '0'), "api:read api:write", 90)).await?;
            tokens::add_key(tx, "ada", &token(22, key(slug.as_str(), '1'), "api:read", 90)).await?;
            for i in 0..sources {
                integrations::add(tx, &source(id(1_000 + i as u128), i)).await?;
            }
            Ok::<(), store::Error>(())
        })
        .await
        .unwrap();
}

fn source(id: Uuid, i: usize) -> IntegrationRow {
    IntegrationRow {
        id: IntegrationId::new(id),
        name: format!("source-{i:04}"),
        vendor: format!("Vendor {} & Söhne", i % 7),
        source_kind: if i.is_multiple_of(2) { SourceKind::Csv } else { SourceKind::Api },
        schedule: None,
        enabled: true,
        auth_state: "none".into(),
        priority: 50,
        demo: false,
        created_at: NOW,
        next_run_at: None,
        open_proposals: 0,
        run_id: None,
        run_at: None,
        run_ended_at: None,
        run_status: None,
        run_written: None,
        run_skipped: None,
        run_calls: None,
        run_cap: None,
        run_error: None,
    }
}
