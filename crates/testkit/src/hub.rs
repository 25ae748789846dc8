//! A hub with a fixed clock, and tenants in it.
use std::sync::Arc;

use axum::Router;
use watchkeep_hub::admin::Admin;
use watchkeep_hub::jobs::Upkeep;
use watchkeep_hub::{FixedClock, Hub, Limits, Lists, Rng, hub_parts};
use watchkeep_model::{PersonId, Role, Scopes, Slug, Span, TenantId, Timestamp, TokenId};
use watchkeep_server::{Server, Settings};
use watchkeep_store::people::{self, PersonRow};
use watchkeep_store::tenants::{self, TenantRow};
use watchkeep_store::tokens::{self, NewToken};
use watchkeep_store::{Actor, ActorKind, Call, Keyring, Stopwatch, Store, TenantScope};

use crate::{Client, Database, Engine};

/// Where the clock stands when a test begins.
const START: &str = "2026-11-20T08:00:00Z";
/// What clients call the hub.
const PUBLIC: &str = "http://127.0.0.1:8420";

/// A hub on a throw-away database, with a clock that moves when told.
pub struct TestHub {
    /// The hub.
    pub hub: Arc<Hub>,
    /// Its clock.
    pub clock: Arc<FixedClock>,
    /// Its database.
    pub database: Arc<Database>,
    /// Its keys.
    pub keys: Arc<Keyring>,
    /// Its doors.
    pub router: Router,
}

/// A tenant with an analyst in it.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its rows.
    pub scope: TenantScope,
    /// Its slug.
    pub slug: Slug,
    /// The person whose tokens are made.
    pub person: PersonId,
}

impl TestHub {
    /// A hub without limits.
    pub async fn new(engine: Engine) -> Self {
        Self::with(engine, Lists::PRODUCT, Limits::NONE).await
    }

    /// A hub with these lists and limits.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn with(engine: Engine, lists: Lists, limits: Limits) -> Self {
        let database = Arc::new(Database::new(engine).await);
        let clock = Arc::new(FixedClock::at(START.parse().unwrap()));
        let keys = Arc::new(Keyring::generate().unwrap());
        Self::on(database, clock, keys, lists, limits, false).await
    }

    /// A second hub on the same database, with the same keys and clock, as behind a load balancer: with doors, limits
    /// and a queue of its own.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn beside(&self, lists: Lists) -> Self {
        Self::on(self.database.clone(), self.clock.clone(), self.keys.clone(), lists, Limits::NONE, false).await
    }

    /// The same with an authorization server that throttles its callers.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn beside_throttled(&self, lists: Lists) -> Self {
        Self::on(self.database.clone(), self.clock.clone(), self.keys.clone(), lists, Limits::NONE, true).await
    }

    /// A hub on the same database under other keys, as after the keyring was lost.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn with_keys(&self, keys: Arc<Keyring>) -> Self {
        Self::on(self.database.clone(), self.clock.clone(), keys, Lists::PRODUCT, Limits::NONE, false).await
    }

    async fn on(
        database: Arc<Database>,
        clock: Arc<FixedClock>,
        keys: Arc<Keyring>,
        lists: Lists,
        limits: Limits,
        throttled: bool,
    ) -> Self {
        let mut parts = hub_parts(database.open().await, clock.clone(), Rng::system(), limits, &keys, PUBLIC);
        parts.sign_in = watchkeep_hub::identity::Limits::NONE;
        parts.oauth = watchkeep_hub::oauth::Settings {
            client_documents: watchkeep_hub::oauth::ClientDocuments::On,
            throttled,
            ..Default::default()
        };
        // nothing leaves the machine: documents of well-known clients are part of the program
        parts.documents = None;
        let hub = Hub::with(lists, parts).unwrap();
        let router = Server::new(hub.clone(), Settings::new(PUBLIC)).unwrap().router();
        Self { hub, clock, database, keys, router }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.hub.store
    }
    /// Now, by the fixed clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.hub.now()
    }
    /// The operator at the command line.
    #[must_use]
    pub fn admin(&self) -> Admin {
        Admin::operator(self.store().clone(), self.clock.clone(), Arc::new(Rng::system()), "test")
    }
    /// What jobs need.
    #[must_use]
    pub fn upkeep(&self) -> Upkeep {
        Upkeep {
            hub: self.hub.clone(),
            keys: self.keys.clone(),
            checkpoints: self.database.folder.path().join("checkpoints.log"),
        }
    }
    /// Runs what is due, until nothing is.
    ///
    /// # Panics
    /// If a round fails.
    pub async fn run_jobs(&self) {
        while watchkeep_hub::jobs::round(self.upkeep(), "test".to_owned()).await.unwrap() > 0 {}
    }

    /// A call as the command line makes it.
    #[must_use]
    pub fn call(&self, event: &'static str) -> Call {
        Call {
            event: event.into(),
            op: event.into(),
            connector: None,
            actor: Actor { kind: ActorKind::Operator, id: None, person: None, name: "test".into(), client: None },
            args: [0; 32],
            at: self.now(),
            watch: Stopwatch::start(),
            request: self.hub.request_id(),
            client: None,
            address: None,
            target: None,
        }
    }

    /// A new tenant with an analyst.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn tenant(&self, slug: &str) -> Tenant {
        let (now, store) = (self.now(), self.store());
        let slug: Slug = slug.parse().unwrap();
        let row = TenantRow {
            id: TenantId::new(self.hub.rng.id(now)),
            slug: slug.clone(),
            name: format!("The {slug} company"),
            demo: false,
            created_at: now,
            disabled_at: None,
        };
        let person = PersonRow {
            id: PersonId::new(self.hub.rng.id(now)),
            email: format!("ana@{slug}.example"),
            name: "Ana Lyst".into(),
            operator: false,
            created_at: now,
            disabled_at: None,
        };
        let id = person.id;
        store
            .write_installation(store.operator(), self.call("tenant_created"), async move |tx| {
                tenants::add(tx, &row).await?;
                people::add(tx, &person).await?;
                Ok::<_, watchkeep_store::Error>(())
            })
            .await
            .unwrap();
        let scope = store.administer(&slug).await.unwrap().unwrap();
        store
            .write(&scope, self.call("membership_changed"), async move |tx| {
                people::join(tx, id, Role::Analyst, true, now).await
            })
            .await
            .unwrap();
        Tenant { scope, slug, person: id }
    }

    /// A personal access token with these scopes, such as `mcp:read`, for 90 days.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn token(&self, t: &Tenant, scopes: &str) -> String {
        self.token_until(t, scopes, self.now().plus(Span::days(90))).await
    }
    /// The same with an end.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn token_until(&self, t: &Tenant, scopes: &str, until: Timestamp) -> String {
        let (new, person) = (self.new_token(t, "drx_pat", scopes, until), t.person);
        let credential = new.credential.clone();
        self.store()
            .write(&t.scope, self.call("api_token_created"), async move |tx| tokens::add_token(tx, person, &new).await)
            .await
            .unwrap();
        credential
    }
    /// An API key with these scopes, such as `api:read api:write`.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn key(&self, t: &Tenant, scopes: &str) -> String {
        let new = self.new_token(t, "drx_api", scopes, self.now().plus(Span::days(90)));
        let credential = new.credential.clone();
        self.store()
            .write(&t.scope, self.call("api_token_created"), async move |tx| tokens::add_key(tx, "test", &new).await)
            .await
            .unwrap();
        credential
    }
    fn new_token(&self, t: &Tenant, prefix: &str, scopes: &str, until: Timestamp) -> NewToken {
        let hex: String = self.hub.rng.bytes::<32>().iter().map(|b| format!("{b:02x}")).collect();
        let scopes: Scopes = scopes.parse().unwrap();
        NewToken {
            id: TokenId::new(self.hub.rng.id(self.now())),
            name: "test".into(),
            credential: format!("{prefix}_{}.{hex}", t.slug),
            scopes,
            created_at: self.now(),
            expires_at: until,
        }
    }

    /// A client of the doors with this credential.
    #[must_use]
    pub fn client(&self, credential: &str) -> Client {
        Client::new(self.router.clone(), PUBLIC, Some(credential))
    }
    /// A client that shows none.
    #[must_use]
    pub fn stranger(&self) -> Client {
        Client::new(self.router.clone(), PUBLIC, None)
    }
}
