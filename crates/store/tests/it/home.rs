//! Where a case lives: a temporary folder and, on PostgreSQL, a database of its own with the roles that a careful
//! operator would make.
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use tempfile::TempDir;
use tokio_postgres::config::Host;
use watchkeep_store::{Database, Keyring, Options, Store, tables};

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

/// In memory where there is room: most cases ask what is kept, not whether the disk holds it.
fn folder() -> TempDir {
    static ROOM: OnceLock<bool> = OnceLock::new();
    let roomy = ROOM.get_or_init(|| {
        let df = std::process::Command::new("df").args(["--output=avail", "-BM", "/dev/shm"]).output();
        let told = df.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
        told.lines().nth(1).and_then(|l| l.trim().trim_end_matches('M').parse::<u32>().ok()).is_some_and(|m| m > 256)
    });
    if *roomy { TempDir::with_prefix_in("wk-store-", "/dev/shm") } else { TempDir::with_prefix("wk-store-") }.unwrap()
}
/// Databases that a case has left empty.
static USED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A new database with the two roles. The caller drops it.
async fn make_database(server: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let base = format!("wk_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let c = connect(server).await;
    for role in [OWNER, APP] {
        let made = format!("create role {role} login nosuperuser nobypassrls nocreatedb password '{PASSWORD}'");
        // another test may make it at the same time
        let _there = c.batch_execute(&made).await;
    }
    c.batch_execute(&format!("create database {base} owner {OWNER}")).await.unwrap();
    base
}
/// Whether a case has left the schema alone.
async fn as_the_store_makes_it(c: &tokio_postgres::Client) -> bool {
    static LEDGER: OnceLock<String> = OnceLock::new();
    let same = "select (select count(*) from pg_trigger where not tgisinternal) = 0 \
         and (select count(*) from pg_proc where pronamespace = 'public'::regnamespace) = 0 \
         and (select array_agg(tablename::text order by tablename) from pg_tables where schemaname = 'public') = $2 \
         and (select bool_and(tableowner = $1) from pg_tables where schemaname = 'public') \
         and (select count(*) from pg_class where relrowsecurity and relforcerowsecurity) = $3 \
         and (select count(*) from pg_policies) = 2 * $3 + $4";
    let mut all = [tables::TENANT, tables::PERSON, tables::INSTALLATION].concat();
    all.sort_unstable();
    let (forced, person) = (tables::TENANT.len() as i64, tables::PERSON_IN_TENANT.len() as i64);
    if !c.query_one(same, &[&OWNER, &all, &forced, &person]).await.unwrap().get::<_, Option<bool>>(0).unwrap_or(false) {
        return false;
    }
    let ledger = "select string_agg(name || encode(sum, 'hex'), ' ' order by name) from schema_migration";
    let ledger: String = c.query_one(ledger, &[]).await.unwrap().get(0);
    LEDGER.get_or_init(|| ledger.clone()) == &ledger
}

pub(crate) struct Home {
    pub(crate) engine: Engine,
    pub(crate) folder: TempDir,
    /// The superuser's URL of the cluster.
    server: String,
    /// The name of the database on the cluster.
    base: String,
}

impl Home {
    pub(crate) async fn new(engine: Engine) -> Self {
        let folder = folder();
        if engine == Engine::Sqlite {
            return Self { engine, folder, server: String::new(), base: String::new() };
        }
        let (used, server) = (USED.lock().unwrap().pop(), server().unwrap());
        let made = used.is_none();
        let base = if let Some(base) = used { base } else { make_database(&server).await };
        let me = Self { engine, folder, server, base };
        if made {
            // a commit need not reach the disk; a case that pulls the plug takes an untouched one
            let c = connect(&me.server).await;
            c.batch_execute(&format!("alter database {} set synchronous_commit = off", me.base)).await.unwrap();
        }
        me
    }
    /// A database that nobody has opened yet, on the disk.
    pub(crate) async fn untouched(&self) -> Self {
        let base = if self.engine == Engine::Postgres { make_database(&self.server).await } else { String::new() };
        let folder = TempDir::with_prefix("wk-store-").unwrap();
        Self { engine: self.engine, folder, server: self.server.clone(), base }
    }
    /// A database on another cluster.
    pub(crate) async fn on(server: String) -> Self {
        let base = make_database(&server).await;
        Self { engine: Engine::Postgres, folder: folder(), server, base }
    }
    /// Empties the database for the next case, as making one takes longer than most cases; one whose schema a case
    /// has changed goes. The folder goes by itself.
    pub(crate) async fn leave(&self) {
        if self.engine != Engine::Postgres {
            return;
        }
        let c = self.superuser().await;
        c.batch_execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() \
             and pid <> pg_backend_pid()",
        )
        .await
        .unwrap();
        if as_the_store_makes_it(&c).await {
            let tables = [tables::TENANT, tables::PERSON, tables::INSTALLATION].concat();
            let rows = tables.iter().filter(|t| **t != "schema_migration").map(|t| format!("delete from {t};"));
            let nil = uuid::Uuid::nil();
            let head = format!("insert into audit_head values ('{nil}', 0, decode(repeat('00', 32), 'hex'))");
            // all of it goes, so in which order is no matter: the superuser leaves the foreign keys alone
            let all = format!("set session_replication_role = replica; {}{head}", rows.collect::<String>());
            c.batch_execute(&all).await.unwrap();
            USED.lock().unwrap().push(self.base.clone());
        } else {
            self.discard().await;
        }
    }
    /// Drops the database.
    pub(crate) async fn discard(&self) {
        if self.engine == Engine::Postgres {
            let c = connect(&self.server).await;
            c.batch_execute(&format!("drop database if exists {} with (force)", self.base)).await.unwrap();
        }
    }
    /// Drops what was kept for further cases.
    pub(crate) async fn close() {
        let used = std::mem::take(&mut *USED.lock().unwrap());
        if !used.is_empty() {
            let c = connect(&server().unwrap()).await;
            for base in used {
                c.batch_execute(&format!("drop database if exists {base} with (force)")).await.unwrap();
            }
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
        let c = tokio_postgres::Config::from_str(&self.server).unwrap();
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
            Engine::Postgres => {
                let c = self.superuser().await;
                // a superuser need not keep the foreign keys
                c.batch_execute("set session_replication_role = replica").await.unwrap();
                Raw::Postgres(c)
            }
        }
    }
    /// A superuser's connection to the database.
    pub(crate) async fn superuser(&self) -> tokio_postgres::Client {
        let mut c = tokio_postgres::Config::from_str(&self.server).unwrap();
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
