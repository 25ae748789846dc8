//! `watchkeep restore`
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use watchkeep_store::{Keyring, Options, Store};

use super::backup::checkpoints_beside;
use crate::app::App;
use crate::config::Config;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::out::count;
use crate::temporary::{Temporary, make_private};
use crate::{desk, hold};

/// Put a backup in the place of the database.
///
/// The hub must be stopped. The database that is there is kept beside it under another name, and so is its checkpoint
/// file. A backup of a newer version is refused.
#[derive(Args, Debug)]
pub(crate) struct Restore {
    /// The backup.
    file: PathBuf,
    /// Only try: restore into a temporary folder and verify, change nothing.
    #[arg(long)]
    check: bool,
}

impl Restore {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let config = app.config()?;
        if !self.file.is_file() {
            return Err(Fault::new(Exit::NotFound, format!("there is no file {}", self.file.display())));
        }
        let Some(database) = config.database_file() else {
            return Err(Fault::new(Exit::Failed, "PostgreSQL restores itself")
                .hint("use pg_restore or psql as the owner, with the hub stopped"));
        };
        let level = check(&self.file)?;
        if self.check {
            return try_out(app, &config, &self.file, &level).await;
        }
        make_private(config.data_dir())?;
        let held = hold::take(&database)?;
        let old = watchkeep_store::backup::restore(&self.file, &database)?;
        let old_checkpoints = swap_checkpoints(&config.checkpoint_file(), &checkpoints_beside(&self.file))?;

        let store = desk::open_store(&config).await?;
        let desk = Desk::of(config, store);
        desk.admin.note("backup_restored", "restore", &json!({ "file": self.file.display().to_string() })).await?;
        if let Some(keys) = Keyring::load(&desk.config.keyring_file())? {
            desk.store().checkpoint(&keys, &desk.config.checkpoint_file(), desk.admin.now()).await?;
        } else {
            app.out.note(format!(
                "the keyring {} is missing: restore your copy of it",
                desk.config.keyring_file().display()
            ));
        }
        held.release();

        let kept = |file: &Option<PathBuf>| file.as_ref().map(|f| f.display().to_string());
        app.out.line(format!("{} is restored from {} (schema {level})", database.display(), self.file.display()))?;
        for file in [&old, &old_checkpoints].into_iter().flatten() {
            app.out.line(format!("what was there is kept as {}", file.display()))?;
        }
        app.out.document(&json!({
            "database": database.display().to_string(), "from": self.file.display().to_string(), "schema": level,
            "kept": kept(&old), "keptCheckpoints": kept(&old_checkpoints),
        }))?;
        Ok(Exit::Ok)
    }
}

fn check(file: &Path) -> Result<String> {
    watchkeep_store::backup::check(file).map_err(|e| {
        let fault = Fault { exit: Exit::Invalid, ..Fault::from(e) };
        match fault.hint {
            None => fault.hint("name a file that `watchkeep backup` wrote"),
            Some(_) => fault,
        }
    })
}

/// Puts the checkpoints of the backup in place, which speak of the rows that are in it; those that are there stay beside.
fn swap_checkpoints(current: &Path, of_backup: &Path) -> Result<Option<PathBuf>> {
    let old = set_aside(current)?;
    if of_backup.is_file() {
        std::fs::copy(of_backup, current).map_err(|e| Fault::io(of_backup.display(), &e))?;
    }
    Ok(old)
}

/// Gives a file another name beside its own; none if it is not there.
pub(super) fn set_aside(current: &Path) -> Result<Option<PathBuf>> {
    if !current.exists() {
        return Ok(None);
    }
    let named = |n: u32| {
        let mut name = current.as_os_str().to_owned();
        name.push(format!(".replaced-{n}"));
        PathBuf::from(name)
    };
    let free = (1..).map(named).find(|path| !path.exists()).unwrap_or_else(|| named(0));
    std::fs::rename(current, &free).map_err(|e| Fault::io(current.display(), &e))?;
    Ok(Some(free))
}

/// Restores into a temporary folder, opens what is there, and verifies its audit log.
async fn try_out(app: &App, config: &Config, file: &Path, level: &str) -> Result<Exit> {
    let folder = Temporary::new("restore")?;
    let database = folder.path().join("hub.db");
    watchkeep_store::backup::restore(file, &database)?;
    let store = Store::open(Options::sqlite(&database)).await?;
    let tenants = store.tenants(store.operator()).await?.len();
    let (mut findings, mut sealed) = (vec![], None);
    match Keyring::load(&config.keyring_file())? {
        Some(keys) => {
            let report = store.verify(&keys, &checkpoints_beside(file)).await?;
            findings.extend(report.file);
            findings.extend(
                report.chains.into_iter().flat_map(|c| c.problems.into_iter().map(move |p| format!("{}: {p}", c.name))),
            );
            let seals = store.try_seals(&keys).await?;
            sealed = Some(seals.count);
            findings.extend(seals.told());
        }
        None => app.out.note(format!(
            "the keyring {} is not here, so neither the audit log nor sealed secrets could be checked",
            config.keyring_file().display()
        )),
    }
    app.out.line(format!(
        "{} is whole: schema {level}, {}; nothing was changed here",
        file.display(),
        count(tenants, "tenant")
    ))?;
    for finding in &findings {
        app.out.line(finding)?;
    }
    app.out.document(&json!({
        "file": file.display().to_string(), "schema": level, "tenants": tenants, "sealed": sealed, "findings": findings,
    }))?;
    Ok(if findings.is_empty() { Exit::Ok } else { Exit::Findings })
}
