//! Something that can be measured: it makes its data once, starts as often as asked, and can tell how many audit rows
//! it holds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use crate::bench::call::{Client, Endpoint};
use crate::bench::load::Caller;
use crate::process::Run;
use crate::{Result, interrupt, process, world};

/// A server program with its data.
pub(super) trait Subject {
    /// The name in the table, with what distinguishes it: "hub, SQLite".
    fn name(&self) -> String;
    /// Which of the compared families it belongs to.
    fn family(&self) -> Family;
    /// The command that serves the existing data, and where it will answer.
    fn command(&self) -> Result<(Run, Endpoint)>;
    /// Where its output goes.
    fn log(&self) -> PathBuf;
    /// The first process of the database server that works for it.
    fn database(&self) -> Option<u32> {
        None
    }
    /// How many rows the tables hold in which each call must leave one; asked while it is stopped.
    fn rows(&self) -> Result<Rows>;
}

/// Tables with their numbers of rows.
pub(super) type Rows = Vec<(&'static str, u64)>;

/// What the aims compare.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Family {
    HubSqlite,
    HubPostgres,
    FastMcp,
    TypeScript,
}

/// A started server. Dropping it stops it.
pub(super) struct Running {
    child: Child,
    /// Where it answers.
    pub(super) endpoint: Endpoint,
    /// From the start of the program to its first right answer.
    pub(super) started: Duration,
}

impl Running {
    /// Starts a server and waits for its first right answer.
    ///
    /// # Errors
    /// With the end of its log when it ends or does not answer within 60 seconds.
    pub(super) fn start(subject: &dyn Subject) -> Result<Self> {
        let (command, endpoint) = subject.command()?;
        let log = fs::File::create(subject.log())?;
        let mut command = command.into_command();
        // in a process group of its own: Ctrl-C reaches the chore first, which then stops what it started
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let begun = world::now();
        let mut child = command.stdout(Stdio::from(log.try_clone()?)).stderr(log).spawn()?;
        let why = loop {
            let asked = Client::connect(&endpoint, 999).and_then(|mut client| client.call());
            match asked {
                Ok(()) => return Ok(Self { child, endpoint, started: begun.elapsed() }),
                _ if interrupt::interrupted() => break String::from("interrupted"),
                _ if child.try_wait()?.is_some() => break String::from("it ended"),
                Err(error) if begun.elapsed() > Duration::from_secs(60) => break error.to_string(),
                Err(_) => thread::sleep(Duration::from_millis(2)),
            }
        };
        process::stop(&mut child);
        let said = fs::read_to_string(subject.log()).unwrap_or_default();
        Err(format!("{} does not answer: {why}\n{}", subject.name(), process::tail(&said, 15)).into())
    }

    /// The process id of the server, whose children work for it.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        process::stop(&mut self.child);
    }
}

/// The folder for one subject's data and log, under the build folder: on the disk that is measured.
pub(super) fn folder(name: &str) -> Result<PathBuf> {
    let folder = parent().join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The folder that all data of the bench are in.
pub(super) fn parent() -> PathBuf {
    world::target().join("bench").join("mcp")
}

/// A port that was free a moment ago.
pub(super) fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Whether a file exists and holds exactly this text: how a set-up step knows that it is done.
pub(super) fn holds(path: &Path, text: &str) -> bool {
    fs::read_to_string(path).is_ok_and(|found| found == text)
}
