//! `watchkeep export`
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use watchkeep_hub::exchange;
use watchkeep_hub::ops::register_io::ExportedRegister;
use watchkeep_hub::register::{Entry, all, comments, risks};
use watchkeep_model::Timestamp;
use watchkeep_model::register::Kind;
use watchkeep_store::Reader;

use crate::app::App;
use crate::cli::OfTenant;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::out::count;

/// Write the register to files that import again to the same.
///
/// Into a folder: a CSV file for each kind of entry, register.json with all of them, and decisions.json with what was said
/// and decided about them (comments, acceptances, actions), which is for reading and is not imported. Archived entries are
/// left out.
#[derive(Args, Debug)]
pub(crate) struct Export {
    /// The folder; - for JSON on the output stream.
    dir: PathBuf,
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// Write over files that are there.
    #[arg(long)]
    overwrite: bool,
}

impl Export {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let desk = Desk::open(app).await?;
        let scope = desk.tenant(self.of.tenant.as_ref()).await?;
        let mut whole = ExportedRegister::new(scope.slug().as_str());
        let (mut files, mut entries, mut decided) = (vec![], 0, vec![]);
        let (db, now) = (desk.store().at(&scope), desk.admin.now());
        for kind in exchange::ORDER {
            let of_kind = all(db, kind).await?;
            entries += of_kind.len();
            for entry in &of_kind {
                decided.extend(decisions(db, entry, now).await?);
            }
            files.push((format!("{}.csv", kind.plural()), exchange::csv(kind, &of_kind)?));
            whole.put(kind, exchange::objects(kind, &of_kind));
        }
        let text = serde_json::to_string_pretty(&whole).map_err(|e| Fault::new(Exit::Failed, e.to_string()))?;
        let note = |to: String| json!({ "tenant": scope.slug(), "to": to, "entries": entries });
        if self.dir.as_os_str() == "-" {
            desk.admin.note_in(&scope, "register_exported", "export", &note("stdout".to_owned())).await?;
            app.out.raw(&text)?;
            return Ok(Exit::Ok);
        }
        files.push(("register.json".to_owned(), format!("{text}\n")));
        files.push(("decisions.json".to_owned(), format!("{:#}\n", json!({ "items": decided }))));
        tokio::fs::create_dir_all(&self.dir).await.map_err(|e| Fault::io(self.dir.display(), &e))?;
        if !self.overwrite
            && let Some((name, _)) = files.iter().find(|(name, _)| self.dir.join(name).exists())
        {
            let told = format!("{} is there already", self.dir.join(name).display());
            return Err(Fault::new(Exit::Invalid, told).hint("choose another folder, or add --overwrite"));
        }
        for (name, text) in &files {
            write(&self.dir.join(name), text).await?;
        }
        desk.admin.note_in(&scope, "register_exported", "export", &note(self.dir.display().to_string())).await?;
        app.out.line(format!(
            "{} in {} written to {}",
            if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") },
            count(files.len(), "file"),
            self.dir.display()
        ))?;
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        app.out.document(&json!({ "entries": entries, "folder": self.dir, "files": names }))?;
        Ok(Exit::Ok)
    }
}

/// What was said and decided about an entry; none if nothing was.
async fn decisions(db: Reader<'_>, entry: &Entry, now: Timestamp) -> Result<Option<Value>> {
    let said = comments(db, entry.id).await?;
    let (mut accepted, mut actions) = (vec![], vec![]);
    if entry.kind == Kind::Risk {
        for a in risks::acceptances(db, entry.id).await? {
            accepted.push(json!({
                "by": a.accepted_by, "why": a.why, "at": a.at, "until": a.until, "withdrawnAt": a.withdrawn_at,
            }));
        }
        actions = risks::actions(db, entry.id, now).await?;
    }
    let told = !(said.is_empty() && accepted.is_empty() && actions.is_empty());
    Ok(told.then(|| {
        let (kind, code) = (entry.kind.to_string(), &entry.code);
        json!({ "kind": kind, "code": code, "comments": said, "acceptances": accepted, "actions": actions })
    }))
}

async fn write(file: &Path, text: &str) -> Result {
    tokio::fs::write(file, text).await.map_err(|e| Fault::io(file.display(), &e))
}
