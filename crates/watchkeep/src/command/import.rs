//! `watchkeep import`
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;
use tokio::io::AsyncReadExt;
use watchkeep_hub::import;
use watchkeep_model::register::Kind;

use crate::app::App;
use crate::cli::OfTenant;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::out::count;

mod register;

/// The largest file that is read.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Bring data in from files.
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// KRI samples from a CSV file: a preview, and with --apply the same for good.
    ///
    /// The first line names the columns, in any order: kri and value (or numerator and denominator), and optionally
    /// subject, observed_at, state, note. Comma, semicolon or tab separate. A second import of the same file changes
    /// nothing.
    Kris(Rows),
    /// Controls from CSV or JSON: a preview, and with --apply the same for good.
    ///
    /// The first line names the columns: the fields of `watchkeep control add`. A control is found again by its code; an
    /// empty cell leaves what is there.
    Controls(Rows),
    /// Risks from CSV or JSON: a preview, and with --apply the same for good.
    Risks(Rows),
    /// Outcomes from CSV or JSON: a preview, and with --apply the same for good.
    Outcomes(Rows),
    /// Vendors from CSV or JSON: a preview, and with --apply the same for good.
    Vendors(Rows),
    /// Assets from CSV or JSON: a preview, and with --apply the same for good.
    Assets(Rows),
    /// Applications from CSV or JSON: a preview, and with --apply the same for good.
    Applications(Rows),
    /// People of the register from CSV or JSON: a preview, and with --apply the same for good.
    People(Rows),
    /// A whole register: a JSON file or a folder, as `watchkeep export` writes them.
    Register(Rows),
}

/// A file and what to do with it.
#[derive(Args, Debug)]
pub(crate) struct Rows {
    /// The file; - for the input stream.
    file: PathBuf,
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// Keep the rows; without it nothing is written.
    #[arg(long)]
    apply: bool,
    /// Keep the good rows although others have problems.
    #[arg(long, requires = "apply")]
    skip_bad: bool,
}

impl Import {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let (kind, rows) = match self {
            Self::Kris(rows) => return samples(rows, app).await,
            Self::Controls(rows) => (Some(Kind::Control), rows),
            Self::Risks(rows) => (Some(Kind::Risk), rows),
            Self::Outcomes(rows) => (Some(Kind::Outcome), rows),
            Self::Vendors(rows) => (Some(Kind::Vendor), rows),
            Self::Assets(rows) => (Some(Kind::Asset), rows),
            Self::Applications(rows) => (Some(Kind::Application), rows),
            Self::People(rows) => (Some(Kind::Person), rows),
            Self::Register(rows) => (None, rows),
        };
        register::import(kind, rows, app).await
    }
}

async fn samples(rows: Rows, app: &App) -> Result<Exit> {
    let Rows { file, of, apply, skip_bad } = rows;
    let bytes = read(&file).await?;
    let out = app.out;
    let desk = Desk::open(app).await?;
    let scope = desk.tenant(of.tenant.as_ref()).await?;
    let hub = desk.hub(&desk.keyring()?)?;
    let name = file.file_name().map_or_else(|| "stdin".into(), |n| n.to_string_lossy().into_owned());
    let checked = import::check(&hub, &scope, &bytes, desk.admin.now()).await?;

    let (rows, good, problems) = (checked.rows, checked.good(), checked.problems.clone());
    let kris: Vec<String> = checked.kris().map(str::to_owned).collect();
    let new_kris: Vec<String> = checked.new_kris().map(str::to_owned).collect();
    let bad = !problems.is_empty();
    let done = if apply && good > 0 && (skip_bad || !bad) {
        let told = json!({ "file": name, "rows": rows });
        let call = desk.admin.act("kri_samples_imported", "import kris", &told, &name);
        Some(import::apply(hub, scope.clone(), call, checked, name.clone()).await?)
    } else {
        None
    };

    if bad {
        let lines = problems.iter().map(|p| vec![p.row.to_string(), p.column.clone(), p.problem.clone()]).collect();
        out.table(&["line", "column", "problem"], lines)?;
        out.line("")?;
    }
    out.line(format!("{name}: {}, {good} good, {} in {}", count(rows, "row"), count(kris.len(), "KRI"), scope.slug()))?;
    if !new_kris.is_empty() {
        out.line(format!("new from the catalogue: {}", new_kris.join(", ")))?;
    }
    match &done {
        Some(d) => {
            out.line(format!("kept {}, {} known already (run {})", count(d.written, "sample"), d.skipped, d.run_id))?
        }
        None if !apply => out.line("preview only, nothing was written; add --apply to keep the rows")?,
        None => {}
    }
    out.document(&json!({
        "applied": done.is_some(), "rows": rows, "good": good, "problems": problems, "kris": kris,
        "newKris": new_kris, "runId": done.as_ref().map(|d| d.run_id),
        "written": done.as_ref().map_or(0, |d| d.written), "skipped": done.as_ref().map_or(0, |d| d.skipped),
    }))?;
    if apply && done.is_none() {
        let told = format!("nothing was kept: {} in {name}", count(problems.len(), "problem"));
        return Err(
            Fault::new(Exit::Invalid, told).hint("correct the rows, or keep the good ones with --apply --skip-bad")
        );
    }
    Ok(if bad && !apply { Exit::Findings } else { Exit::Ok })
}

/// Awaits the bytes: a pipe may stay open for long, and the program must still hear a Ctrl-C.
async fn read(file: &Path) -> Result<Vec<u8>> {
    let mut bytes = vec![];
    let done = if file.as_os_str() == "-" {
        tokio::io::stdin().take(MOST_BYTES + 1).read_to_end(&mut bytes).await
    } else {
        match tokio::fs::File::open(file).await {
            Ok(open) => open.take(MOST_BYTES + 1).read_to_end(&mut bytes).await,
            Err(e) => Err(e),
        }
    };
    done.map_err(|e| Fault::io(file.display(), &e))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Fault::new(Exit::Invalid, format!("{} is larger than 16 MiB", file.display()))
            .hint("cut it into several files, each with the header line"));
    }
    Ok(bytes)
}
