//! A cluster of the suite's own, for what a shared one must not suffer: to be stopped at once. Flushed like a real one.
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::home::Home;

pub(crate) struct Cluster {
    bin: PathBuf,
    folder: TempDir,
    port: u16,
    /// PostgreSQL refuses root.
    other: bool,
}

impl Cluster {
    /// Makes and starts one.
    pub(crate) fn start() -> Result<Self, String> {
        let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut bins: Vec<PathBuf> =
            versions.map(|e| e.path().join("bin")).filter(|b| b.join("initdb").is_file()).collect();
        bins.sort();
        let bin = bins.pop().ok_or("no PostgreSQL is installed under /usr/lib/postgresql")?;
        let folder = TempDir::with_prefix("wk-pg-").map_err(|e| e.to_string())?;
        let other = is_root();
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(|e| e.to_string())?.port();
        let me = Self { bin, folder, port, other };
        if other {
            let owned = Command::new("chown").arg("postgres").arg(me.folder.path()).status();
            if !owned.is_ok_and(|s| s.success()) {
                return Err("PostgreSQL does not run as root, and there is no user `postgres`".into());
            }
        }
        let made = me
            .program("initdb")
            .args(["-D", &me.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"])
            .output();
        match made {
            Ok(o) if o.status.success() => {}
            made => return Err(format!("initdb: {made:?}")),
        }
        me.up()?;
        Ok(me)
    }
    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }
    fn program(&self, name: &str) -> Command {
        let program = self.bin.join(name);
        let mut c = if self.other {
            let mut c = Command::new("setpriv");
            c.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            c
        } else {
            Command::new(program)
        };
        c.current_dir("/").stdin(Stdio::null());
        c
    }
    fn up(&self) -> Result<(), String> {
        let options = format!("-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''", self.port);
        let log = self.folder.path().join("data/start.log").display().to_string();
        let up = self.program("pg_ctl").args(["-D", &self.data(), "-w", "-l", &log, "-o", &options, "start"]).output();
        if up.as_ref().is_ok_and(|o| o.status.success()) { Ok(()) } else { Err(format!("pg_ctl start: {up:?}")) }
    }
    /// As if the power had gone: no checkpoint, no farewell.
    pub(crate) fn stop_at_once(&mut self) {
        let down = self.program("pg_ctl").args(["-D", &self.data(), "-m", "immediate", "-w", "stop"]).output().unwrap();
        assert!(down.status.success(), "{down:?}");
    }
    pub(crate) fn start_again(&mut self) {
        self.up().unwrap();
    }
    /// A database in it.
    pub(crate) async fn home(&self) -> Home {
        Home::on(format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)).await
    }
}
impl Drop for Cluster {
    fn drop(&mut self) {
        let _down = self.program("pg_ctl").args(["-D", &self.data(), "-m", "immediate", "-w", "stop"]).output();
    }
}
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|o| o.stdout.starts_with(b"0"))
}
