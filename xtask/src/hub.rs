//! The program under test: built, or given as `WATCHKEEP_BIN`, and started with demo data.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{fs, thread};

use serde::Deserialize;

use crate::process::{Run, run};
use crate::{Result, interrupt, process, world};

/// Builds `watchkeep` and gives its path. With `WATCHKEEP_BIN` set, that program is taken as it is: so a released
/// binary can be put through the same clients.
pub(crate) fn build() -> Result<PathBuf> {
    match world::env("WATCHKEEP_BIN") {
        Some(path) => Ok(PathBuf::from(path)),
        None => build_package("watchkeep", "watchkeep"),
    }
}

/// Builds a program of a package in the profile that tests use, and gives its path.
pub(crate) fn build_package(package: &str, program: &str) -> Result<PathBuf> {
    run("cargo").args(["build", "--quiet", "--locked", "--package", package, "--bin", program]).show()?;
    Ok(world::target().join("debug").join(program))
}

/// What a started hub tells about itself, in one line of JSON.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    /// Its origin, `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    /// A personal access token of the demo tenant.
    #[serde(default)]
    pub(crate) token: String,
    /// The demo tenant's slug.
    #[serde(default)]
    pub(crate) tenant: String,
    /// The connectors' endpoints.
    pub(crate) mcp: Endpoints,
}

/// Where MCP clients connect.
#[derive(Clone, Deserialize)]
pub(crate) struct Endpoints {
    pub(crate) risk: String,
}

/// The folder of a demo's data, in its own folder.
const DATA: &str = "data";

/// How a demo hub differs from one that is started without a word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Variant {
    /// Not at all.
    Plain,
    /// Clients have to register: their metadata documents are not taken.
    RegistrationOnly,
    /// Reached at `http://localhost`: browsers try no passkey at an address in figures.
    Localhost,
}

impl Variant {
    /// The port to ask for, 0 for any, and the settings: what a whole day sees of one address the clients do in minutes,
    /// and documents of well-known clients are there without a network.
    fn settings(self) -> Result<(u16, Vec<(&'static str, String)>)> {
        let documents = if self == Self::RegistrationOnly { "off" } else { "on" };
        let mut settings = vec![
            ("WATCHKEEP_LIMITS__SIGN_INS_PER_MINUTE", String::from("0")),
            ("WATCHKEEP_OAUTH__CLIENT_DOCUMENTS", String::from(documents)),
        ];
        if self != Self::Localhost {
            return Ok((0, settings));
        }
        let port = free_port()?;
        settings.push(("WATCHKEEP_PUBLIC_URL", format!("http://localhost:{port}")));
        Ok((port, settings))
    }
}

/// A port that nobody listens on at this moment.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// A running hub with demo data in a folder of its own. Dropping it stops the hub and removes the folder.
pub(crate) struct Demo {
    /// What it told.
    pub(crate) told: Told,
    /// The program that it runs, for a driver that administers it from the command line.
    pub(crate) program: PathBuf,
    folder: PathBuf,
    child: Child,
}

impl Demo {
    /// Starts `watchkeep demo` on a free port.
    pub(crate) fn start(watchkeep: &Path, variant: Variant) -> Result<Self> {
        // drivers run in a folder of their own
        let program = fs::canonicalize(watchkeep)?;
        let folder = std::env::temp_dir().join(format!("wk-demo-{}-{}", std::process::id(), variant as u8));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let (port, settings) = variant.settings()?;
        let demo =
            run(watchkeep).args(["demo", "--json", "--port", &port.to_string(), "--keep"]).arg(folder.join(DATA));
        let mut command = settings
            .iter()
            .fold(demo, |demo, (name, value)| demo.env(name, value))
            .dir(&folder)
            .env("HOME", &folder)
            .env("TMPDIR", &folder)
            .without_env("WATCHKEEP_BIN")
            .into_command();
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let log = fs::File::create(folder.join("log"))?;
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn()?;
        match first_line(&mut child).and_then(|line| Ok(serde_json::from_str(&line)?)) {
            Ok(told) => Ok(Self { told, program, folder, child }),
            Err(error) => {
                process::stop(&mut child);
                let said = fs::read_to_string(folder.join("log")).unwrap_or_default();
                let _ = fs::remove_dir_all(&folder);
                Err(format!("`watchkeep demo --json` told nothing: {error}\n{}", process::tail(&said, 20)).into())
            }
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        process::stop(&mut self.child);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Demo {
    /// A driver that is to be run against it: where it is, and how it is administered.
    pub(crate) fn tell(&self, driver: Run) -> Run {
        let hub = &self.told;
        driver
            .env("WATCHKEEP_URL", &hub.url)
            .env("WATCHKEEP_TOKEN", &hub.token)
            .env("WATCHKEEP_TENANT", &hub.tenant)
            .env("WATCHKEEP_MCP_RISK", &hub.mcp.risk)
            .env("WATCHKEEP_PROGRAM", &self.program)
            .env("WATCHKEEP_DATA", self.folder.join(DATA))
    }
}

/// The first line that a child prints, within two minutes. What follows it is read and forgotten.
pub(crate) fn first_line(child: &mut Child) -> Result<String> {
    let stdout = child.stdout.take().ok_or("the program's output is not piped")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
            let _ = sender.send(line);
        }
    });
    let asked = world::now();
    loop {
        match receiver.recv_timeout(Duration::from_millis(100)) {
            Ok(line) => return Ok(line),
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err("it ended at once".into()),
            Err(mpsc::RecvTimeoutError::Timeout) => interrupt::check()?,
        }
        if asked.elapsed() > Duration::from_secs(120) {
            return Err("it printed nothing for two minutes".into());
        }
    }
}

/// `cargo xtask demo [ARGUMENTS]`: builds everything and runs `watchkeep demo` with the arguments.
pub(crate) fn demo(args: &[String]) -> Result {
    run(build()?).arg("demo").args(args).show()
}
