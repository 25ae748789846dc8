//! The hub itself, as its users run it: the `watchkeep` program with the data of `watchkeep demo`, on either engine.
//!
//! The words of its command line and its settings that the bench relies on all stand at the top of this file.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::bench::call::Endpoint;
use crate::bench::subject::{self, Family, Rows, Subject, free_port};
use crate::postgres::Cluster;
use crate::process::{Run, run};
use crate::{Result, postgres, process, world};

/// Makes the data, prints one line of JSON, serves until it is stopped.
const DEMO: [&str; 4] = ["demo", "--json", "--port", "0"];
/// Serves existing data.
const SERVE: [&str; 1] = ["serve"];
/// The folder of the data.
const DATA: &str = "WATCHKEEP_DATA_DIR";
/// Address and port to listen on, and the origin that clients use.
const LISTEN: &str = "WATCHKEEP_LISTEN";
const PUBLIC_URL: &str = "WATCHKEEP_PUBLIC_URL";
/// PostgreSQL: the role that serves, and the one that migrates.
const DATABASE: [&str; 2] = ["WATCHKEEP_DATABASE__URL", "WATCHKEEP_DATABASE__OWNER_URL"];
/// No limit on calls: 16 clients share one token.
const UNLIMITED: (&str, &str) = ("WATCHKEEP_LIMITS__CALLS_PER_MINUTE", "100000000");
/// The SQLite file, in the folder of the data.
const FILE: &str = "hub.db";
/// Tables in which each call must leave a row.
const TABLES: [&str; 2] = ["mcp_call_log", "audit_log"];

/// The program with its data on one engine.
pub(super) struct Hub {
    binary: PathBuf,
    folder: PathBuf,
    cluster: Option<Cluster>,
    token: String,
    path: String,
}

/// Builds the program as it is measured: release without link-time optimisation.
pub(super) fn build() -> Result<PathBuf> {
    eprintln!("building watchkeep for release");
    run("cargo").args(["build", "--release", "--package", "watchkeep"]).show()?;
    Ok(world::target().join("release").join("watchkeep"))
}

impl Hub {
    /// On SQLite.
    pub(super) fn sqlite(binary: &Path) -> Result<Self> {
        Self::make(binary, subject::folder("hub-sqlite")?, None)
    }

    /// On a throw-away PostgreSQL cluster, which ends with it.
    pub(super) fn postgres(binary: &Path) -> Result<Self> {
        let cluster = Cluster::start()?;
        let psql = postgres::programs().unwrap_or_default().join("psql");
        let create = "CREATE DATABASE bench OWNER watchkeep_owner";
        run(psql).args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &cluster.url(), "-c", create]).quiet()?;
        Self::make(binary, subject::folder("hub-postgres")?, Some(cluster))
    }

    /// Lets `watchkeep demo` make its data, then stops it.
    fn make(binary: &Path, folder: PathBuf, cluster: Option<Cluster>) -> Result<Self> {
        let mut hub = Self { binary: binary.to_owned(), folder, cluster, token: String::new(), path: String::new() };
        let mut demo = hub.run(&DEMO).into_command();
        let log = fs::File::create(hub.log())?;
        let mut demo = demo.stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut line = String::new();
        if let Some(out) = demo.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        process::stop(&mut demo);
        let Ok(said) = serde_json::from_str::<Value>(&line) else {
            let log = fs::read_to_string(hub.log()).unwrap_or_default();
            let said = format!("{line}{}", process::tail(&log, 15));
            return Err(format!("{}: `watchkeep demo --json` did not print its line:\n{said}", hub.name()).into());
        };
        let (url, token) = (said["mcp"]["risk"].as_str(), said["token"].as_str());
        let (Some(url), Some(token)) = (url, token) else {
            return Err(format!("`watchkeep demo --json` printed no token or no MCP address: {}", line.trim()).into());
        };
        hub.path = Endpoint::parse(url, token)?.path;
        hub.token = token.to_owned();
        Ok(hub)
    }

    /// The program with the settings of the bench: its data, and no limit on calls.
    fn run(&self, args: &[&str]) -> Run {
        let run = run(&self.binary).args(args);
        let run = run.env(DATA, self.folder.join("data")).env(UNLIMITED.0, UNLIMITED.1);
        match &self.cluster {
            None => run,
            Some(cluster) => {
                let [serves, owns] = ["watchkeep_app", "watchkeep_owner"].map(|role| cluster.url_of(role, "bench"));
                run.env(DATABASE[0], serves).env(DATABASE[1], owns)
            }
        }
    }

    fn count(&self, table: &str) -> Result<u64> {
        let sql = format!("SELECT count(*) FROM {table}");
        let said = match &self.cluster {
            Some(cluster) => {
                let psql = postgres::programs().unwrap_or_default().join("psql");
                run(psql)
                    .args(["-X", "-q", "-t", "-A", "-d", &cluster.url_of("postgres", "bench"), "-c", &sql])
                    .read()?
            }
            None => {
                let script = "import sqlite3, sys\n\
                              db = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)\n\
                              print(db.execute(sys.argv[2]).fetchone()[0])";
                let file = self.folder.join("data").join(FILE);
                run("python3").args(["-c", script]).arg(file).arg(&sql).read()?
            }
        };
        said.trim().parse().map_err(|_| format!("`{}` is no number of rows of {table}", said.trim()).into())
    }
}

impl Subject for Hub {
    fn name(&self) -> String {
        format!("hub, {}", if self.cluster.is_some() { "PostgreSQL" } else { "SQLite" })
    }

    fn family(&self) -> Family {
        if self.cluster.is_some() { Family::HubPostgres } else { Family::HubSqlite }
    }

    fn command(&self) -> Result<(Run, Endpoint)> {
        let port = free_port()?;
        let serve = self.run(&SERVE).env(LISTEN, format!("127.0.0.1:{port}"));
        let serve = serve.env(PUBLIC_URL, format!("http://127.0.0.1:{port}"));
        Ok((serve, Endpoint { port, path: self.path.clone(), token: self.token.clone() }))
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn database(&self) -> Option<u32> {
        self.cluster.as_ref().map(Cluster::pid)
    }

    fn rows(&self) -> Result<Rows> {
        TABLES.into_iter().map(|table| Ok((table, self.count(table)?))).collect()
    }
}
