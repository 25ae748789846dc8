//! Throw-away databases.
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;
use tokio_postgres::NoTls;
use watchkeep_store::{self as store, Options, Store};

/// An engine to run a test on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file in a temporary folder.
    Sqlite,
    /// A database of its own on the server that `WATCHKEEP_TEST_PG` names.
    Postgres,
}

/// The engines that can be had here. PostgreSQL needs `WATCHKEEP_TEST_PG`, the URL of a superuser on a throw-away
/// server, which `cargo xtask test` sets; without it a line says that its half is skipped.
#[must_use]
#[expect(clippy::print_stdout, reason = "who reads the test run sees what was left out")]
pub fn engines() -> Vec<Engine> {
    if admin_url().is_some() {
        vec![Engine::Sqlite, Engine::Postgres]
    } else {
        println!("skipped: PostgreSQL (WATCHKEEP_TEST_PG is not set)");
        vec![Engine::Sqlite]
    }
}

#[expect(clippy::disallowed_methods, reason = "tests read the one variable that names their server")]
fn admin_url() -> Option<String> {
    std::env::var("WATCHKEEP_TEST_PG").ok().filter(|u| !u.is_empty())
}

/// A database that is gone when this is dropped (SQLite) or when its server is (PostgreSQL).
#[derive(Debug)]
pub struct Database {
    /// Which engine it is.
    pub engine: Engine,
    /// A folder for whatever else the test needs.
    pub folder: TempDir,
    options: Options,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// A new, empty one.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn new(engine: Engine) -> Self {
        let folder = tempfile::Builder::new().prefix("watchkeep-test-").tempdir().unwrap();
        let options = match engine {
            Engine::Sqlite => Options::sqlite(folder.path().join("hub.db")),
            Engine::Postgres => postgres().await,
        };
        Self { engine, folder, options }
    }

    /// Opens it; may be called again, for a second hub on the same data.
    ///
    /// # Panics
    /// If it cannot be opened.
    pub async fn open(&self) -> Store {
        Store::open(self.options.clone()).await.unwrap()
    }

    /// Makes every insert into a table fail, as a full disk or a broken chain would. PostgreSQL only.
    ///
    /// # Panics
    /// If it cannot be done.
    pub async fn refuse_rows(&self, table: &str) {
        let sql = format!(
            "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$; \
             create trigger refuse before insert on {table} for each row execute function refuse()"
        );
        self.as_owner(&sql).await;
    }
    /// Lets them be written again.
    ///
    /// # Panics
    /// If it cannot be done.
    pub async fn take_rows(&self, table: &str) {
        self.as_owner(&format!("drop trigger refuse on {table}; drop function refuse()")).await;
    }
    async fn as_owner(&self, sql: &str) {
        let store::Database::Postgres { owner_url: Some(url), .. } = &self.options.database else {
            panic!("only PostgreSQL has an owner to ask");
        };
        let (client, line) = tokio_postgres::connect(url, NoTls).await.unwrap();
        let line = spawn(line);
        client.batch_execute(sql).await.unwrap();
        drop(client);
        line.await.unwrap();
    }

    /// How to open it.
    #[must_use]
    pub fn options(&self) -> Options {
        self.options.clone()
    }
}

/// A database with an owner and a serving role of its own.
async fn postgres() -> Options {
    let admin = admin_url().expect("WATCHKEEP_TEST_PG is set");
    // a process may have the id of one that ended before it could clean up
    let chance = RandomState::new().build_hasher().finish();
    let name = format!("wk_{chance:016x}_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let (client, line) = tokio_postgres::connect(&admin, NoTls).await.expect("the test server answers");
    let line = spawn(line);
    for sql in [
        format!("create role {name}_owner login password 'test' nosuperuser nobypassrls"),
        format!("create role {name}_app login password 'test' nosuperuser nobypassrls"),
        format!("create database {name} owner {name}_owner"),
    ] {
        client.batch_execute(&sql).await.unwrap();
    }
    drop(client);
    line.await.unwrap();
    let url = |role: &str| {
        let parsed: tokio_postgres::Config = admin.parse().unwrap();
        let host = match parsed.get_hosts().first() {
            Some(tokio_postgres::config::Host::Tcp(h)) => h.clone(),
            _ => "127.0.0.1".into(),
        };
        let port = parsed.get_ports().first().copied().unwrap_or(5432);
        format!("postgres://{name}_{role}:test@{host}:{port}/{name}")
    };
    Options {
        database: store::Database::Postgres {
            url: url("app"),
            owner_url: Some(url("owner")),
            ca_file: None,
            connections: 8,
        },
        ..Options::sqlite("")
    }
}

#[expect(clippy::disallowed_methods, reason = "the connection's own task; it ends with its client")]
fn spawn<S, T>(line: tokio_postgres::Connection<S, T>) -> tokio::task::JoinHandle<()>
where
    tokio_postgres::Connection<S, T>: Future + Send + 'static,
{
    tokio::spawn(async move {
        let _ended = line.await;
    })
}
