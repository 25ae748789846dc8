//! `watchkeep backup`
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::json;
use watchkeep_model::Timestamp;

use crate::app::App;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::{Fault, Result};

/// Write a verified copy of the database, while the hub runs.
///
/// The copy holds everything but keys: keep a copy of the keyring elsewhere. The checkpoints of the audit log are copied
/// beside it, as FILE.checkpoints.
#[derive(Args, Debug)]
pub(crate) struct Backup {
    /// The file to write; it must not exist.
    file: PathBuf,
}

/// What is noted about the last backup, for `doctor`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Note {
    /// When.
    pub(crate) at: Timestamp,
    /// Where.
    pub(crate) file: PathBuf,
    /// How large.
    pub(crate) bytes: u64,
}

impl Backup {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let file = std::path::absolute(&self.file).map_err(|e| Fault::io(self.file.display(), &e))?;
        let beside = checkpoints_beside(&file);
        if let Some(taken) = [&file, &beside].into_iter().find(|f| f.exists()) {
            return Err(Fault::new(Exit::Invalid, format!("{} exists already", taken.display()))
                .hint("choose another name: a backup never writes over a file"));
        }
        if let Some(folder) = file.parent().filter(|folder| !folder.is_dir()) {
            return Err(Fault::new(Exit::NotFound, format!("the folder {} does not exist", folder.display()))
                .hint("make it, or choose another place"));
        }
        let desk = Desk::open(app).await?;
        let (store, config) = (desk.store(), &desk.config);
        desk.admin.note("backup_made", "backup", &json!({ "file": file.display().to_string() })).await?;
        store.checkpoint(&desk.keyring()?, &config.checkpoint_file(), desk.admin.now()).await?;

        let made = consistent(&desk, &file, &beside).await?;
        let note = Note { at: desk.admin.now(), file: file.clone(), bytes: made };
        let text = serde_json::to_string(&note).map_err(|e| Fault::new(Exit::Failed, e.to_string()))?;
        std::fs::write(config.backup_note(), text).map_err(|e| Fault::io(config.backup_note().display(), &e))?;

        app.out.line(format!(
            "{} ({} KiB), verified; checkpoints in {}",
            file.display(),
            made / 1024,
            beside.display()
        ))?;
        app.out.note(format!("no key is in it: keep a copy of {} elsewhere", config.keyring_file().display()));
        app.out.document(&json!({
            "file": file.display().to_string(), "bytes": made, "checkpoints": beside.display().to_string(), "verified": true,
        }))?;
        Ok(Exit::Ok)
    }
}

/// Where the checkpoints of a backup stand.
pub(super) fn checkpoints_beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".checkpoints");
    name.into()
}

/// Copies database and checkpoints of one moment: if a hub took a checkpoint between the two, both are copied again.
async fn consistent(desk: &Desk, file: &Path, beside: &Path) -> Result<u64> {
    let checkpoints = desk.config.checkpoint_file();
    let read = || match std::fs::read(&checkpoints) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(vec![]),
        other => other.map_err(|e| Fault::io(checkpoints.display(), &e)),
    };
    for _ in 0..5 {
        let before = read()?;
        let made = desk.store().backup(file).await?;
        if read()? == before {
            write_new(beside, &before)?;
            return Ok(made.bytes);
        }
        std::fs::remove_file(file).map_err(|e| Fault::io(file.display(), &e))?;
    }
    Err(Fault::new(Exit::Unavailable, "the audit log was checkpointed during each of five tries").hint("try again"))
}

fn write_new(file: &Path, bytes: &[u8]) -> Result {
    let done = std::fs::OpenOptions::new().write(true).create_new(true).open(file).and_then(|mut f| {
        std::io::Write::write_all(&mut f, bytes)?;
        f.sync_all()
    });
    done.map_err(|e| Fault::io(file.display(), &e))
}
