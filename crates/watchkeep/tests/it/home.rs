//! A home of its own for each test: nothing of the machine's configuration reaches the program.
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;
use watchkeep_store::Stopwatch;

/// A folder that goes away with its test.
pub(crate) struct Home {
    pub(crate) path: PathBuf,
    /// The environment, beyond where the home is.
    pub(crate) env: Vec<(String, String)>,
}

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// It ended with this code.
    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, expected, "out: {}\nerr: {}", self.out, self.err);
        self
    }
    /// The error stream has this in it.
    #[track_caller]
    pub(crate) fn told(self, text: &str) -> Self {
        assert!(self.err.contains(text), "`{text}` is not in: {}", self.err);
        self
    }
    /// The output stream has this in it.
    #[track_caller]
    pub(crate) fn shows(self, text: &str) -> Self {
        assert!(self.out.contains(text), "`{text}` is not in: {}", self.out);
        self
    }
    /// The one document on the output stream.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.out.trim_end().lines().count(), 1, "one line: {}\nerr: {}", self.out, self.err);
        serde_json::from_str(&self.out).unwrap()
    }
}

impl Home {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("wk-cli-{}-{n}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self { path, env: vec![] }
    }

    /// With a tenant `acme` and its admin `ana@example.com`.
    pub(crate) fn initialised() -> Self {
        let home = Self::new();
        home.run(["init", "--tenant", "acme", "--tenant-name", "Acme Corp", "--email", "ana@example.com"]).code(0);
        home
    }

    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchkeep"));
        command.args(args).current_dir(&self.path).env_clear().stdin(Stdio::null());
        command.env("HOME", &self.path).env("WATCHKEEP_DATA_DIR", self.data()).envs(self.env.iter().cloned());
        command
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        ran(self.command(args))
    }

    /// The document that a command prints with `--json`.
    #[track_caller]
    pub(crate) fn json<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Value {
        let mut command = self.command(args);
        command.arg("--json");
        ran(command).code(0).json()
    }

    /// A token of a user, through the door.
    pub(crate) fn token(&self, user: &str) -> String {
        self.run(["token", "create", "--user", user]).code(0).out.trim().to_owned()
    }

    /// Starts `serve` or `demo` with `--json` on a free port and waits for the line that it prints.
    pub(crate) fn start<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Running {
        let mut command = self.command(args);
        command.arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Ok(told) = serde_json::from_str(&line) else {
            let ended = child.wait_with_output().unwrap();
            panic!("it told `{line}` and ended: {}", String::from_utf8_lossy(&ended.stderr));
        };
        Running { child, told }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

pub(crate) fn ran(mut command: Command) -> Ran {
    let done = command.output().unwrap();
    Ran {
        code: done.status.code().unwrap_or(-1),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

/// A hub that is running. Dropping it kills it; [`Running::stop`] asks.
pub(crate) struct Running {
    child: Child,
    pub(crate) told: Value,
}

impl Running {
    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Asks it to stop, and gives what it left.
    pub(crate) fn stop(mut self, signal: &str) -> Ran {
        self.signal(signal);
        let begun = Stopwatch::start();
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None if begun.elapsed() > Duration::from_secs(60) => panic!("it does not stop"),
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        let mut err = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        Ran { code: status.code().unwrap_or(-1), out: String::new(), err }
    }

    /// The id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn text(&self, path: &[&str]) -> String {
        let value = path.iter().fold(&self.told, |value, name| &value[*name]);
        value.as_str().unwrap_or_default().to_owned()
    }

    /// One request; the status and the body of the answer.
    pub(crate) fn ask(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> (u16, String) {
        let host = self.text(&["url"]).trim_start_matches("http://").to_owned();
        let mut stream = TcpStream::connect(&host).unwrap();
        let bearer = token.map_or_else(String::new, |t| format!("authorization: Bearer {t}\r\n"));
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\n{bearer}content-type: application/json\r\naccept: application/json, \
             text/event-stream\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
        (status, body)
    }

    /// Calls a tool of the risk connector; the status and the structured content of its result.
    pub(crate) fn tool(&self, token: &str, name: &str, args: &str) -> (u16, Value) {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","arguments":{args}}}}}"#
        );
        let (status, body) = self.ask("POST", "/api/mcp", Some(token), &body);
        let answer: Value = serde_json::from_str(&body).unwrap_or_default();
        (status, answer["result"]["structuredContent"].clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Replaces bytes in a file, as somebody would who goes behind the hub's back. The lengths must be the same.
pub(crate) fn tamper(file: &Path, from: &str, to: &str) -> usize {
    assert_eq!(from.len(), to.len());
    let mut bytes = std::fs::read(file).unwrap();
    let mut count = 0;
    for at in 0..bytes.len().saturating_sub(from.len()) {
        if bytes[at..].starts_with(from.as_bytes()) {
            bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
            count += 1;
        }
    }
    std::fs::write(file, bytes).unwrap();
    count
}
