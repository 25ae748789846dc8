//! Running other programs: to the terminal, captured, or both; always ended when the chore is interrupted.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::{Result, interrupt, world};

/// A program that is about to be run.
pub(crate) struct Run {
    command: Command,
    limit: Option<Duration>,
}

/// What a captured program left.
pub(crate) struct Finished {
    /// How it ended; `success()` is the usual question.
    pub(crate) status: ExitStatus,
    /// What it printed, both streams, line by line as it came.
    pub(crate) output: String,
}

/// A program by its name or path. It runs in the root of the repository, without standard input.
pub(crate) fn run(program: impl AsRef<OsStr>) -> Run {
    let mut command = Command::new(program);
    command.current_dir(world::root()).stdin(Stdio::null());
    Run { command, limit: None }
}

impl Run {
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Ends the program, as failed, when it takes longer.
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The command line, for messages.
    pub(crate) fn line(&self) -> String {
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
    }

    /// Hands the prepared command over, for a program that keeps running.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }

    /// Runs it with its output on the terminal; an exit code other than 0 is an error.
    pub(crate) fn show(mut self) -> Result {
        let line = self.line();
        let mut child = self.command.spawn().map_err(|error| format!("cannot start `{line}`: {error}"))?;
        let status = wait(&mut child, self.limit, &line)?;
        if status.success() { Ok(()) } else { Err(format!("`{line}` ended with {status}").into()) }
    }

    /// Runs it quietly and keeps what it printed, whatever its exit code.
    pub(crate) fn capture(self) -> Result<Finished> {
        self.collect(false)
    }

    /// Runs it with its output on the terminal and keeps it too, whatever its exit code.
    pub(crate) fn tee(self) -> Result<Finished> {
        self.collect(true)
    }

    /// Runs it quietly; an exit code other than 0 is an error that shows the end of what it printed.
    pub(crate) fn quiet(self) -> Result<String> {
        let line = self.line();
        let done = self.capture()?;
        if done.status.success() {
            return Ok(done.output);
        }
        Err(format!("`{line}` ended with {}\n{}", done.status, tail(&done.output, 30)).into())
    }

    /// Runs it quietly and gives its standard output alone; an exit code other than 0 is an error.
    pub(crate) fn read(mut self) -> Result<String> {
        let line = self.line();
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().map_err(|error| format!("cannot start `{line}`: {error}"))?;
        let (out, err) = (drain(child.stdout.take()), drain(child.stderr.take()));
        let status = wait(&mut child, self.limit, &line)?;
        let (out, err) = (joined(out), joined(err));
        if status.success() { Ok(out) } else { Err(format!("`{line}` ended with {status}\n{}", tail(&err, 30)).into()) }
    }

    fn collect(mut self, show: bool) -> Result<Finished> {
        let line = self.line();
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().map_err(|error| format!("cannot start `{line}`: {error}"))?;
        let output = Arc::new(Mutex::new(String::new()));
        let streams = [copy(child.stdout.take(), &output, show), copy(child.stderr.take(), &output, show)];
        let status = wait(&mut child, self.limit, &line);
        for stream in streams {
            let _ = stream.join();
        }
        let output = output.lock().map_or_else(|broken| broken.into_inner().clone(), |text| text.clone());
        Ok(Finished { status: status?, output })
    }
}

/// The last lines of a text.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// Waits for a child, ending it when the chore is interrupted or the limit is over.
fn wait(child: &mut Child, limit: Option<Duration>, line: &str) -> Result<ExitStatus> {
    let started = world::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        let late = limit.is_some_and(|limit| started.elapsed() > limit);
        if late || interrupt::interrupted() {
            stop(child);
            let why = if late { "took too long and was ended" } else { "was interrupted" };
            return Err(format!("`{line}` {why}").into());
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Asks a child to end, and insists after five seconds.
pub(crate) fn stop(child: &mut Child) {
    signal(child, "TERM");
    let started = world::now();
    while started.elapsed() < Duration::from_secs(5) {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Sends a signal by its name (`TERM`, `INT`, `QUIT`) to a child that has not been waited for.
pub(crate) fn signal(child: &Child, name: &str) {
    let _ = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).stderr(Stdio::null()).status();
}

fn copy(stream: Option<impl Read + Send + 'static>, into: &Arc<Mutex<String>>, show: bool) -> thread::JoinHandle<()> {
    let into = Arc::clone(into);
    thread::spawn(move || {
        let Some(stream) = stream else { return };
        let mut lines = BufReader::new(stream);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line);
            if show {
                let mut out = std::io::stdout().lock();
                let _ = out.write_all(text.as_bytes());
                let _ = out.flush();
            }
            if let Ok(mut all) = into.lock() {
                all.push_str(&text);
            }
            line.clear();
        }
    })
}

fn drain(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn joined(reader: thread::JoinHandle<String>) -> String {
    reader.join().unwrap_or_default()
}

/// An argument of the form `--name=value`.
pub(crate) fn option(name: &str, value: impl AsRef<OsStr>) -> OsString {
    let mut word = OsString::from(name);
    word.push("=");
    word.push(value);
    word
}
