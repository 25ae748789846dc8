//! `watchkeep audit`
use clap::Subcommand;
use serde::Serialize;
use serde_json::{Value, json};
use watchkeep_model::Timestamp;
use watchkeep_store::audit::Row;
use watchkeep_store::audit::search;
use watchkeep_store::audit::verify::{Chain, Report};

use crate::app::App;
use crate::cli::OfTenant;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::Result;
use crate::out::{count, moment, or_dash};

/// The audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Read every chain again and hold it against its checkpoints; ends with 6 if anything is wrong.
    Verify,
    /// Show the newest entries of a tenant, or of the installation. The reading itself is recorded.
    List {
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
        /// The installation's own entries: sign-in, people, tenants, clients.
        #[arg(long, conflicts_with = "tenant")]
        installation: bool,
        /// How many.
        #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=1000))]
        limit: i64,
        /// Only of this event, such as MCP_TOOL_CALLED.
        #[arg(long, default_value = "")]
        event: String,
        /// Only from this time on, such as 2026-11-20.
        #[arg(long, value_name = "TIME", default_value_t = Timestamp::EPOCH, hide_default_value = true)]
        since: Timestamp,
    },
    /// Sign where the chains stand now, into the checkpoint file.
    Checkpoint,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    seq: i64,
    at: Timestamp,
    event: String,
    op: String,
    actor_kind: String,
    actor: String,
    target: Option<String>,
    outcome: String,
    duration_us: i64,
    address: Option<String>,
    request_id: String,
    metadata: Value,
    args_hash: String,
    hash: String,
}

impl From<Row> for Line {
    fn from(r: Row) -> Self {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect();
        Self {
            seq: r.seq,
            at: Timestamp::from_micros(r.at),
            event: r.event,
            op: r.op,
            actor_kind: r.actor_kind,
            actor: r.actor,
            target: r.target,
            outcome: r.outcome,
            duration_us: r.duration_us,
            address: r.address,
            request_id: r.request_id.to_string(),
            metadata: serde_json::from_str(&r.metadata).unwrap_or_default(),
            args_hash: hex(&r.args_hash),
            hash: hex(&r.hash),
        }
    }
}

impl Audit {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let desk = Desk::open(app).await?;
        match self {
            Self::Verify => {
                let file = desk.config.checkpoint_file();
                let report = desk.store().verify(&desk.keyring()?, &file).await?;
                tell(app, &report, &file.display().to_string())?;
                Ok(if report.is_clean() { Exit::Ok } else { Exit::Findings })
            }
            Self::List { installation: true, limit, event, since, .. } => {
                let told = json!({ "limit": limit, "event": event, "since": since });
                let store = desk.store();
                let rows = store.installation_log(store.operator(), i64::MAX, &event, since, limit).await?;
                desk.admin.note("audit_read", "audit list", &told).await?;
                list(app, rows)?;
                Ok(Exit::Ok)
            }
            Self::List { of, limit, event, since, .. } => {
                let scope = desk.tenant(of.tenant.as_ref()).await?;
                let told = json!({ "limit": limit, "event": event, "since": since });
                let rows = search::newest(desk.store().at(&scope), i64::MAX, &event, since, limit).await?;
                desk.admin.note_in(&scope, "audit_read", "audit list", &told).await?;
                list(app, rows)?;
                Ok(Exit::Ok)
            }
            Self::Checkpoint => {
                let file = desk.config.checkpoint_file();
                let taken = desk.store().checkpoint(&desk.keyring()?, &file, desk.admin.now()).await?;
                app.out.line(format!("{} written to {}", count(taken, "checkpoint"), file.display()))?;
                app.out.document(&json!({ "taken": taken, "file": file.display().to_string() }))?;
                Ok(Exit::Ok)
            }
        }
    }
}

fn tell(app: &App, report: &Report, file: &str) -> Result {
    let chain = |c: &Chain| json!({ "chain": c.name, "id": c.id, "rows": c.rows, "checkpoints": c.checkpoints, "problems": c.problems });
    app.out.document(&json!({
        "clean": report.is_clean(), "checkpointFile": file, "fileProblems": report.file,
        "chains": report.chains.iter().map(chain).collect::<Vec<_>>(),
    }))?;
    let lines = report.chains.iter().map(|c| {
        let verdict = if c.problems.is_empty() { "whole".to_owned() } else { format!("{} problems", c.problems.len()) };
        vec![c.name.clone(), c.rows.to_string(), c.checkpoints.to_string(), verdict]
    });
    app.out.table(&["chain", "rows", "checkpoints", "verdict"], lines.collect())?;
    for c in &report.chains {
        for problem in &c.problems {
            app.out.line(format!("{}: {problem}", c.name))?;
        }
    }
    for problem in &report.file {
        app.out.line(problem)?;
    }
    if report.is_clean() {
        return Ok(());
    }
    app.out.line(
        "The log was changed behind the hub's back, or damaged: keep a copy of the data folder before anything else.",
    )
}

fn list(app: &App, rows: Vec<Row>) -> Result {
    let rows: Vec<Line> = rows.into_iter().map(Line::from).collect();
    app.out.list(
        &rows,
        &[
            ("seq", &|r: &Line| r.seq.to_string()),
            ("at", &|r| moment(r.at)),
            ("event", &|r| r.event.clone()),
            ("op", &|r| r.op.clone()),
            ("outcome", &|r| r.outcome.clone()),
            ("actor", &|r| r.actor.clone()),
            ("target", &|r| or_dash(r.target.as_ref())),
            ("address", &|r| or_dash(r.address.as_ref())),
        ],
        "no such entry",
    )
}
