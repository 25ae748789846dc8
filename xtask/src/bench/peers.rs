//! The peers: programs of ours in `bench/peers` that do the same three duties on the two stacks that most MCP servers
//! are built with. They are installed from lock files, into the build folder (Python) or beside their source (Node).

use std::fs;
use std::path::PathBuf;

use crate::bench::call::Endpoint;
use crate::bench::subject::{self, Family, Rows, Subject, free_port, holds};
use crate::process::{Run, run};
use crate::{Result, world};

const TOKEN: &str = "bench_pat_5f0c6a4be1d2473f9a8807c1d96e3b20";

/// One stack, installed.
pub(super) struct Stack {
    family: Family,
    /// Name and version, as the table shows it.
    title: String,
    /// What runs the program, and the program.
    words: [PathBuf; 2],
    mode: &'static str,
}

/// A stack with its data and a number of processes.
pub(super) struct Peer<'a> {
    stack: &'a Stack,
    workers: usize,
    folder: PathBuf,
}

impl Stack {
    /// Python: FastMCP on uvicorn. Without sessions, which are not cheaper there.
    ///
    /// # Errors
    /// When there is no Python from 3.11 on, or the packages cannot be had.
    pub(super) fn fastmcp() -> Result<Self> {
        let source = world::root().join("bench/peers/fastmcp");
        let lock = fs::read_to_string(source.join("requirements.lock"))?;
        let venv = world::target().join("bench/fastmcp");
        let (python, stamp) = (venv.join("bin/python"), venv.join("installed"));
        if !holds(&stamp, &lock) {
            eprintln!("installing FastMCP into {}", venv.display());
            run("python3").args(["-m", "venv", "--clear"]).arg(&venv).quiet()?;
            let pip = run(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
            pip.args(["--require-hashes", "-r"]).arg(source.join("requirements.lock")).quiet()?;
            fs::write(&stamp, &lock)?;
        }
        let version = "import fastmcp, platform; print(fastmcp.__version__ + ', Python ' + platform.python_version())";
        let title = format!("FastMCP {}", run(&python).args(["-c", version]).read()?.trim());
        Ok(Self { family: Family::FastMcp, title, words: [python, source.join("server.py")], mode: "stateless" })
    }

    /// Node: the TypeScript SDK on node:http. With sessions, which spare it a new server object per call.
    ///
    /// # Errors
    /// When there is no npm, or the packages cannot be had.
    pub(super) fn typescript() -> Result<Self> {
        let source = world::root().join("bench/peers/typescript");
        let lock = fs::read_to_string(source.join("package-lock.json"))?;
        let modules = source.join("node_modules");
        let (node, stamp) = (modules.join(".bin/node"), modules.join(".installed"));
        if !holds(&stamp, &lock) {
            eprintln!("installing the TypeScript SDK into {}", modules.display());
            run("npm").args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).dir(&source).quiet()?;
            fs::write(&stamp, &lock)?;
        }
        let package = fs::read_to_string(modules.join("@modelcontextprotocol/server/package.json"))?;
        let package: serde_json::Value = serde_json::from_str(&package)?;
        let version = package["version"].as_str().unwrap_or("?");
        let title = format!("TypeScript SDK {version}, Node {}", run(&node).arg("--version").read()?.trim());
        Ok(Self { family: Family::TypeScript, title, words: [node, source.join("server.ts")], mode: "sessions" })
    }

    fn run(&self, verb: &str) -> Run {
        run(&self.words[0]).arg(&self.words[1]).arg(verb).env("NODE_ENV", "production").env("NODE_NO_WARNINGS", "1")
    }

    /// The stack as one process and as one process per core, each with data of its own.
    pub(super) fn peers(&self, cores: usize) -> Result<Vec<Peer<'_>>> {
        let counts = if cores > 1 { vec![1, cores] } else { vec![1] };
        counts.into_iter().map(|workers| Peer::make(self, workers)).collect()
    }
}

impl<'a> Peer<'a> {
    fn make(stack: &'a Stack, workers: usize) -> Result<Self> {
        let name = if stack.family == Family::FastMcp { "fastmcp" } else { "typescript" };
        let peer = Self { stack, workers, folder: subject::folder(&format!("{name}-{workers}"))? };
        stack.run("init").arg("--data").arg(peer.data()).args(["--token", TOKEN]).quiet()?;
        Ok(peer)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("bench.db")
    }
}

impl Subject for Peer<'_> {
    fn name(&self) -> String {
        let processes =
            if self.workers == 1 { String::from("1 process") } else { format!("{} processes", self.workers) };
        format!("{}, {processes}", self.stack.title)
    }

    fn family(&self) -> Family {
        self.stack.family
    }

    fn command(&self) -> Result<(Run, Endpoint)> {
        let port = free_port()?;
        let serve = self.stack.run("serve").arg("--data").arg(self.data());
        let serve = serve.args(["--mode", self.stack.mode, "--port", &port.to_string()]);
        let serve = serve.args(["--workers", &self.workers.to_string()]);
        Ok((serve, Endpoint { port, path: String::from("/mcp"), token: String::from(TOKEN) }))
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn rows(&self) -> Result<Rows> {
        let said = self.stack.run("audit").arg("--data").arg(self.data()).read()?;
        let rows = said.trim().parse().map_err(|_| format!("`{}` is no number of audit rows", said.trim()))?;
        Ok(vec![("audit", rows)])
    }
}
