//! What the checks need from the machine: looked for, and installed where that can be done.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::process::run;
use crate::{Result, interrupt, postgres, world};

/// The folder of the clients and their lock files.
pub(crate) fn clients() -> PathBuf {
    world::root().join("tests/clients")
}

/// The folder of the browser's driver and its lock file.
pub(crate) fn browser() -> PathBuf {
    world::root().join("tests/browser")
}

/// Chromium, with letters to write with.
pub(crate) fn chromium() -> Result<PathBuf> {
    node_packages(&browser())?;
    if world::find("chromium").is_none() {
        install(&["chromium", "fonts-liberation"])?;
    }
    world::find("chromium").ok_or_else(|| "chromium is still missing after installing it".into())
}

/// The PostgreSQL server programs.
pub(crate) fn postgres() -> Result {
    if postgres::programs().is_none() {
        install(&["postgresql"])?;
    }
    postgres::programs().map(|_| ()).ok_or_else(|| "PostgreSQL's `initdb` is still missing after installing it".into())
}

/// The MCP clients of `tests/clients/package-lock.json`, and the Node that runs them.
pub(crate) fn node() -> Result<PathBuf> {
    node_packages(&clients())?;
    let ours = clients().join(format!("node_modules/node-linux-{}/bin/node", node_arch()));
    if ours.is_file() {
        return Ok(ours);
    }
    // on other platforms the lock file brings none
    let theirs = world::find("node").ok_or("Node 22 or newer is missing")?;
    let version = run(&theirs).arg("--version").read()?;
    let major: u32 = version.trim_start_matches('v').split('.').next().unwrap_or_default().parse()?;
    if major < 22 {
        Err(format!("Node 22 or newer is needed, {} is {version}", theirs.display()).into())
    } else {
        Ok(theirs)
    }
}

fn node_arch() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" }
}

/// Installs what the lock file of a folder names, unless that has been done.
pub(crate) fn node_packages(folder: &Path) -> Result {
    let lock = fs::read_to_string(folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    if world::find("npm").is_none() {
        install(&["npm"])?;
    }
    retried(|| run("npm").args(["ci", "--loglevel=error"]).dir(folder).limit(Duration::from_secs(600)).quiet())?;
    Ok(fs::write(stamp, lock)?)
}

/// The Python of a virtual environment that holds the clients of `tests/clients/requirements.lock`.
pub(crate) fn python() -> Result<PathBuf> {
    python_packages(&clients().join("requirements.lock"), "clients-venv")
}

/// The Python of a virtual environment `name` in the build folder that holds exactly what a lock file names.
pub(crate) fn python_packages(lock: &Path, name: &str) -> Result<PathBuf> {
    let venv = world::target().join(name);
    let python = venv.join("bin/python");
    let wanted = fs::read_to_string(lock)?;
    let stamp = venv.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    let system =
        world::find("python3").ok_or("Python 3.10 or newer is missing (Debian: `apt-get install python3-venv`)")?;
    let make = || run(&system).args(["-m", "venv", "--clear"]).arg(&venv).quiet();
    if make().is_err() {
        // Debian keeps the module in a package of its own
        install(&["python3-venv"])?;
        make()?;
    }
    retried(|| {
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"];
        run(&python).args(pip).arg(lock).limit(Duration::from_secs(600)).quiet()
    })?;
    fs::write(stamp, wanted)?;
    Ok(python)
}

/// Installs Debian packages as root, or in CI with `sudo`.
fn install(packages: &[&str]) -> Result {
    let names = packages.join(" ");
    let apt = world::find("apt-get").ok_or_else(|| format!("{names} is missing"))?;
    let sudo = !world::is_root();
    if sudo && !(world::in_ci() && run("sudo").args(["-n", "true"]).capture().is_ok_and(|done| done.status.success())) {
        return Err(format!("{names} is missing (`apt-get install {names}`)").into());
    }
    let apt = |args: &[&str]| {
        let command = if sudo { run("sudo").args(["-n", "-E"]).arg(&apt) } else { run(&apt) };
        let command = command.args(["-o", "DPkg::Lock::Timeout=120", "-q", "-y"]).args(args);
        command.env("DEBIAN_FRONTEND", "noninteractive").limit(Duration::from_secs(600)).quiet()
    };
    retried(|| apt(&["update"]))?;
    let install = [&["install", "--no-install-recommends"], packages].concat();
    retried(|| apt(&install))
}

/// Once more after a failure: networks fail.
fn retried<T>(mut what: impl FnMut() -> Result<T>) -> Result {
    if what().is_err() {
        interrupt::check()?;
        what()?;
    }
    Ok(())
}
