//! `watchkeep dropzone push`
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};
use watchkeep_hub::dropzone::{self, Body, Submitted};
use watchkeep_hub::ops::runs::Run;
use watchkeep_mapping::KevList;
use watchkeep_model::IntegrationId;
use watchkeep_store::{Keyring, TenantScope};

use super::OfZone;
use crate::app::App;
use crate::cli::OfTenant;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::input;
use crate::out::count;

/// The largest artifact, in MiB.
const MOST_MIB: u64 = dropzone::MAX_BODY as u64 / (1024 * 1024);

/// What to push.
#[derive(Args, Debug)]
pub(crate) struct Push {
    /// The files, each at most 64 MiB; - for the input stream.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// Which Drop Zone.
    #[command(flatten)]
    zone: OfZone,
    /// What the values speak of, such as a project or a host, if a file does not say so itself.
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// The name to keep, in place of the file's own; of use with the input stream.
    #[arg(long, value_name = "NAME")]
    filename: Option<String>,
    /// Make the accepted values part of the KRIs at once.
    #[arg(long)]
    run: bool,
}

/// One file, and what became of it.
struct Pushed {
    file: String,
    end: Result<Submitted>,
}

impl Push {
    pub(super) async fn run(self, app: &App, desk: &Desk) -> Result<Exit> {
        if self.filename.is_some() && self.files.len() > 1 {
            return Err(Fault::new(Exit::Usage, "--filename names one file, and there are several")
                .hint("push them one by one, or leave it out"));
        }
        let scope = desk.tenant(self.of.tenant.as_ref()).await?;
        let zone = desk.admin.zone(&scope, &self.zone.which(desk, &scope).await?).await?;
        let keys = desk.keyring()?;
        let kev = input::known_exploited(desk.config.dropzone.kev_file.as_deref()).await?.map(Arc::new);
        let mut all = vec![];
        for file in &self.files {
            let end = self.one(desk, &scope, &keys, kev.clone(), zone.id, file).await;
            all.push(Pushed { file: file.display().to_string(), end });
        }
        tell(app, &all)?;
        let run = if self.run { Some(desk.admin.run_zone(&scope, &zone.id.to_string()).await?) } else { None };
        if let Some(run) = &run {
            app.out.line("")?;
            line_of(app, run)?;
        }
        let run = run.map(|run| serde_json::to_value(run).unwrap_or_default());
        app.out.document(&json!({ "items": all.iter().map(Pushed::json).collect::<Vec<_>>(), "run": run }))?;
        let failed: Vec<&Fault> = all.iter().filter_map(|pushed| pushed.end.as_ref().err()).collect();
        match failed.as_slice() {
            [] => Ok(Exit::Ok),
            [only] if all.len() == 1 => Err((*only).clone()),
            [first, ..] => {
                let told = format!(
                    "{} of {} could not be pushed; the first: {}",
                    failed.len(),
                    count(all.len(), "file"),
                    first.message
                );
                let fault = Fault::new(first.exit, told);
                Err(first.hint.iter().fold(fault, |fault, hint| fault.hint(hint.clone())))
            }
        }
    }

    async fn one(
        &self,
        desk: &Desk,
        scope: &TenantScope,
        keys: &Keyring,
        kev: Option<Arc<KevList>>,
        integration: IntegrationId,
        file: &Path,
    ) -> Result<Submitted> {
        let given = input::read(file, MOST_MIB).await?;
        let push = dropzone::Push {
            integration,
            body: Body::Bytes(given.bytes),
            filename: self.filename.clone().or(given.name),
            mime: None,
            subject: self.subject.clone(),
        };
        Ok(desk.admin.push(scope, keys, kev, push).await?)
    }
}

impl Pushed {
    fn json(&self) -> Value {
        match &self.end {
            Ok(submitted) => {
                let mut line = serde_json::to_value(submitted).unwrap_or_default();
                line["file"] = json!(self.file);
                line
            }
            Err(fault) => {
                let error: Value = serde_json::from_str(&fault.json()).unwrap_or_default();
                json!({ "file": self.file, "error": error })
            }
        }
    }

    fn row(&self) -> Vec<String> {
        let Ok(s) = &self.end else {
            return [self.file.as_str(), "not pushed", "", "", "", ""].map(str::to_owned).to_vec();
        };
        if let Some(first) = s.duplicate_of {
            let known = format!("known: the same bytes are artifact {first}");
            return [self.file.as_str(), &known, "-", "-", "-", ""].map(str::to_owned).to_vec();
        }
        vec![
            self.file.clone(),
            s.format.clone(),
            s.proposals.auto_accepted.to_string(),
            s.proposals.queued.to_string(),
            s.proposals.dismissed.to_string(),
            s.artifact_id.to_string(),
        ]
    }
}

fn tell(app: &App, all: &[Pushed]) -> Result {
    if app.out.json {
        return Ok(());
    }
    let rows = all.iter().map(Pushed::row).collect();
    app.out.table(&["file", "format", "accepted", "for review", "dismissed", "artifact"], rows)?;
    for pushed in all {
        match &pushed.end {
            Ok(submitted) => {
                submitted.notes.iter().for_each(|note| app.out.note(format!("{}: {note}", pushed.file)));
            }
            // a single failure is told at the end
            Err(fault) if all.len() > 1 => app.out.note(format!("{}: {}", pushed.file, fault.message)),
            Err(_) => {}
        }
    }
    let queued: usize = all.iter().filter_map(|p| p.end.as_ref().ok()).map(|s| s.proposals.queued).sum();
    if queued > 0 {
        app.out.note(format!("{} for review: `watchkeep proposal list`", count(queued, "value")));
    }
    Ok(())
}

fn line_of(app: &App, run: &Run) -> Result {
    app.out.line(format!("run {}: {}, {} new, {} known already", run.run_id, run.status, run.written, run.skipped))
}

/// Tells how a run ended.
pub(super) fn tell_run(app: &App, run: &Run) -> Result {
    line_of(app, run)?;
    app.out.document(run)
}
