//! Where a case lives: a temporary folder and, on PostgreSQL, a database of its own with the roles that a careful
//! operator would make.
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;
use tokio_postgres::config::Host;
use watchkeep_store::{Database, Keyring, Options, Store};

use crate::raw::Raw;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}
impl Engine {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
    /// An id as it stands in SQL.
    pub(crate) fn id(self, id: uuid::Uuid) -> String {
        match self {
            Self::Sqlite => format!("x'{}'", id.simple()),
            Self::Postgres => format!("'{id}'::uuid"),
        }
    }
    /// Bytes as they stand in SQL.
    pub(crate) fn bytes(self, b: &[u8]) -> String {
        let hex: String = b.iter().map(|x| format!("{x:02x}")).collect();
        match self {
            Self::Sqlite => format!("x'{hex}'"),
            Self::Postgres => format!("'\\x{hex}'::bytea"),
        }
    }
}

/// The superuser's URL of the cluster, if there is one.
pub(crate) fn server() -> Option<String> {
    std::env::var("WATCHKEEP_TEST_PG").ok().filter(|url| !url.is_empty())
}
/// Whether to take longer.
pub(crate) fn long() -> bool {
    std::env::var("WATCHKEEP_LONG").is_ok_and(|v| v == "1")
}

/// The role that owns the databases, and the one that serves.
pub(crate) const OWNER: &str = "watchkeep_test_owner";
pub(crate) const APP: &str = "watchkeep_test_app";
const PASSWORD: &str = "nothing-to-protect";

pub(crate) struct Home {
    pub(crate) engine: Engine,
    pub(crate) folder: TempDir,
    /// The name of the database on the cluster.
    base: String,
}

impl Home {
    pub(crate) async fn new(engine: Engine) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let base = format!("wk_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let me = Self { engine, folder: TempDir::with_prefix("wk-store-").unwrap(), base };
        if engine == Engine::Postgres {
            me.make_database().await;
        }
        me
    }
    async fn make_database(&self) {
        let c = connect(&server().unwrap()).await;
        for role in [OWNER, APP] {
            let made = format!("create role {role} login nosuperuser nobypassrls nocreatedb password '{PASSWORD}'");
            // another test may make it at the same time
            let _there = c.batch_execute(&made).await;
        }
        c.batch_execute(&format!("create database {} owner {OWNER}", self.base)).await.unwrap();
    }
    /// Takes the database away again; the folder goes by itself.
    pub(crate) async fn leave(&self) {
        if self.engine == Engine::Postgres {
            let c = connect(&server().unwrap()).await;
            c.batch_execute(&format!("drop database if exists {} with (force)", self.base)).await.unwrap();
        }
    }

    /// The SQLite file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("hub.db")
    }
    /// A name in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    /// The database's URL for a role.
    pub(crate) fn url(&self, role: &str) -> String {
        let c = tokio_postgres::Config::from_str(&server().unwrap()).unwrap();
        let Host::Tcp(host) = &c.get_hosts()[0] else { panic!("WATCHKEEP_TEST_PG names a host on TCP") };
        let port = c.get_ports().first().copied().unwrap_or(5432);
        format!("postgres://{role}:{PASSWORD}@{host}:{port}/{}", self.base)
    }
    /// How a hub would open it.
    pub(crate) fn options(&self) -> Options {
        match self.engine {
            Engine::Sqlite => Options::sqlite(self.file()),
            Engine::Postgres => Options { database: self.postgres(APP, Some(OWNER)), ..Options::sqlite("") },
        }
    }
    pub(crate) fn postgres(&self, role: &str, owner: Option<&str>) -> Database {
        let owner_url = owner.map(|o| self.url(o));
        Database::Postgres { url: self.url(role), owner_url, ca_file: None, connections: 8 }
    }
    /// The store, as a hub has it.
    pub(crate) async fn open(&self) -> Store {
        Store::open(self.options()).await.unwrap()
    }
    /// Past the store, with all rights.
    pub(crate) async fn raw(&self) -> Raw {
        match self.engine {
            Engine::Sqlite => Raw::sqlite(&self.file()),
            Engine::Postgres => Raw::Postgres(self.superuser().await),
        }
    }
    /// A superuser's connection to the database.
    pub(crate) async fn superuser(&self) -> tokio_postgres::Client {
        let mut c = tokio_postgres::Config::from_str(&server().unwrap()).unwrap();
        c.dbname(&self.base);
        connected(c).await
    }
    /// The serving role's connection to the database.
    pub(crate) async fn app(&self) -> tokio_postgres::Client {
        connect(&self.url(APP)).await
    }
    pub(crate) fn keys(&self) -> Keyring {
        Keyring::generate().unwrap()
    }
}

pub(crate) async fn connect(url: &str) -> tokio_postgres::Client {
    connected(tokio_postgres::Config::from_str(url).unwrap()).await
}
async fn connected(c: tokio_postgres::Config) -> tokio_postgres::Client {
    let (client, line) = c.connect(tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(line);
    client
}
