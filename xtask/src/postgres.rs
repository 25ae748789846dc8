//! A throw-away PostgreSQL cluster: made in a temporary folder, on a free port of 127.0.0.1, gone when it is dropped.
//!
//! Three roles: `postgres` (superuser), `watchkeep_owner` (may create databases, owns them and runs the migrations)
//! and `watchkeep_app` (what the hub works as: no superuser, no BYPASSRLS, owns nothing). Nobody needs a password: the
//! port is reachable from this machine alone and the data are worth nothing.
//!
//! Text sorts by the rules of American English, not by bytes, as on most servers in the field: a statement that relies
//! on the byte order of SQLite without saying so is found here and not at a customer's.

use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;
use std::{fs, io};

use crate::process::{Run, run};
use crate::{Result, interrupt, process, world};

/// A running cluster. Dropping it stops the server and removes its files.
pub(crate) struct Cluster {
    folder: PathBuf,
    port: u16,
    server: Child,
}

impl Cluster {
    /// Makes and starts a cluster.
    ///
    /// # Errors
    /// When no server programs are installed (the message says how to get them), or the server does not come up.
    pub(crate) fn start() -> Result<Self> {
        let bin = programs().ok_or("PostgreSQL is not installed (Debian: `apt-get install postgresql`)")?;
        let account = Account::choose()?;
        let folder = account.folder()?;
        let started = Self::start_in(&bin, &account, &folder);
        if started.is_err() {
            let _ = fs::remove_dir_all(&folder);
        }
        started
    }

    fn start_in(bin: &Path, account: &Account, folder: &Path) -> Result<Self> {
        let data = folder.join("data");
        account
            .run(bin.join("initdb"))
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--locale=C"])
            .args(if major(bin)? < 15 { &[][..] } else { &["--locale-provider=icu", "--icu-locale=en-US"] })
            .arg(process::option("--pgdata", &data))
            .quiet()?;
        // the port may be taken between asking for a free one and listening on it
        let mut last = String::new();
        for _ in 0..3 {
            let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
            match Self::listen(bin, account, folder, &data, port) {
                Ok(cluster) => {
                    cluster.make_roles(bin)?;
                    return Ok(cluster);
                }
                Err(error) => last = error.to_string(),
            }
            interrupt::check()?;
        }
        Err(last.into())
    }

    fn listen(bin: &Path, account: &Account, folder: &Path, data: &Path, port: u16) -> Result<Self> {
        let log = folder.join("log");
        let out = fs::OpenOptions::new().create(true).append(true).open(&log)?;
        let settings = [
            format!("port={port}"),
            String::from("listen_addresses=127.0.0.1"),
            format!("unix_socket_directories={}", folder.display()),
            String::from("max_connections=200"),
            String::from("timezone=UTC"),
        ];
        let mut command = account
            .run(bin.join("postgres"))
            .args(["-D".as_ref(), data.as_os_str()])
            .args(settings.iter().flat_map(|setting| ["-c", setting]))
            .into_command();
        // in a process group of its own: Ctrl-C reaches the chore first, which then stops what it started
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let server = command.stdout(Stdio::null()).stderr(out).spawn()?;
        let mut cluster = Self { folder: folder.to_path_buf(), port, server };
        let asked = world::now();
        loop {
            let ready =
                run(bin.join("pg_isready")).args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]).capture()?;
            if ready.status.success() {
                return Ok(cluster);
            }
            if cluster.server.try_wait()?.is_some() || asked.elapsed() > Duration::from_secs(60) {
                let said = fs::read_to_string(&log).unwrap_or_default();
                cluster.folder = PathBuf::new(); // the caller may try again in it
                return Err(format!("PostgreSQL does not come up:\n{}", process::tail(&said, 10)).into());
            }
            thread::sleep(Duration::from_millis(30));
        }
    }

    fn make_roles(&self, bin: &Path) -> Result {
        let sql = "CREATE ROLE watchkeep_owner LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS; \
                   CREATE ROLE watchkeep_app LOGIN NOCREATEDB NOSUPERUSER NOBYPASSRLS";
        run(bin.join("psql")).args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &self.url(), "-c", sql]).quiet()?;
        Ok(())
    }

    /// The superuser's URL: `postgres://postgres@127.0.0.1:PORT/postgres`.
    pub(crate) fn url(&self) -> String {
        self.url_of("postgres", "postgres")
    }

    /// The URL of one role on one database.
    pub(crate) fn url_of(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// The process id of the server, whose children are its connections.
    pub(crate) fn pid(&self) -> u32 {
        self.server.id()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // immediate shutdown: nobody will read these data again
        process::signal(&self.server, "QUIT");
        let asked = world::now();
        while matches!(self.server.try_wait(), Ok(None)) && asked.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.server.kill();
        let _ = self.server.wait();
        if !self.folder.as_os_str().is_empty() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// The folder of the newest installed server programs.
pub(crate) fn programs() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin)| bin.join("initdb").is_file() && bin.join("postgres").is_file())
        .collect();
    found.sort();
    let newest = found.pop().map(|(_, bin)| bin);
    newest.or_else(|| Some(fs::canonicalize(world::find("initdb")?).ok()?.parent()?.to_path_buf()))
}

/// The first number of the version: `initdb (PostgreSQL) 15.18 (...)`.
fn major(bin: &Path) -> Result<u32> {
    let said = run(bin.join("initdb")).arg("--version").read()?;
    let version = said.split_whitespace().nth(2).unwrap_or_default();
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().map_err(|_| format!("`initdb --version` says `{}`", said.trim()).into())
}

/// Who runs the server: the person who started the chore or, as PostgreSQL refuses root, somebody else.
struct Account(Option<Other>);

struct Other {
    name: &'static str,
    uid: u32,
    gid: u32,
}

impl Account {
    fn choose() -> Result<Self> {
        if !world::is_root() {
            return Ok(Self(None));
        }
        if world::find("setpriv").is_none() {
            return Err("`setpriv` is missing, and PostgreSQL does not run as root (Debian: install util-linux)".into());
        }
        let ask = |flag: &str, name: &str| run("id").args([flag, name]).read().ok()?.trim().parse::<u32>().ok();
        for name in ["postgres", "nobody"] {
            if let (Some(uid), Some(gid)) = (ask("-u", name), ask("-g", name)) {
                return Ok(Self(Some(Other { name, uid, gid })));
            }
        }
        Err("PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as".into())
    }

    /// A new folder that belongs to the account. Its name is short: a socket's path may have 107 characters.
    fn folder(&self) -> Result<PathBuf> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("wk-pg-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        // a private folder for temporary files may be closed to the account
        for parent in [std::env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from("/var/tmp")] {
            let folder = parent.join(&name);
            match fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => fs::create_dir(&folder)?,
            }
            if let Some(other) = &self.0 {
                std::os::unix::fs::chown(&folder, Some(other.uid), Some(other.gid))?;
            }
            if self.run(PathBuf::from("test")).arg("-w").arg(&folder).capture()?.status.success() {
                return Ok(folder);
            }
            fs::remove_dir(&folder)?;
        }
        Err("PostgreSQL's user cannot write to any folder for temporary files".into())
    }

    /// A program run as the account. Where the system can, it ends with the chore however that ends.
    fn run(&self, program: PathBuf) -> Run {
        let started = match &self.0 {
            None if world::find("setpriv").is_none() => run(program),
            None => run("setpriv").args(["--pdeathsig", "QUIT"]).arg(program),
            Some(other) => run("setpriv")
                .args(["--pdeathsig", "QUIT", "--clear-groups"])
                .arg(format!("--reuid={}", other.uid))
                .arg(format!("--regid={}", other.gid))
                .arg(program)
                .env("HOME", "/nonexistent")
                .env("USER", other.name),
        };
        // the folder of the repository may be closed to the account
        started.dir("/").env("LC_ALL", "C")
    }
}

/// `cargo xtask postgres`: a cluster for trying things out. Its URL is the one line printed; it runs until standard
/// input ends or, with `--stay`, until it is interrupted.
pub(crate) fn chore(args: &[String]) -> Result {
    let stay = match args {
        [] => false,
        [flag] if flag == "--stay" => true,
        _ => return Err("usage: cargo xtask postgres [--stay]".into()),
    };
    let cluster = Cluster::start()?;
    println!("{}", cluster.url());
    let input = thread::spawn(|| io::stdin().read_to_end(&mut Vec::new()).map(|_| ()));
    while !interrupt::interrupted() && (stay || !input.is_finished()) {
        thread::sleep(Duration::from_millis(100));
    }
    drop(cluster);
    Ok(())
}
