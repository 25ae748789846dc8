//! `watchkeep job`
use std::sync::Arc;

use clap::Subcommand;
use serde::Serialize;
use serde_json::json;
use watchkeep_hub::jobs::{self, JOBS, JobDef, Upkeep};
use watchkeep_model::{ScheduleId, Span, Timestamp};
use watchkeep_store::jobs::JobRow;

use crate::app::App;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::out::{moment, or_dash, when};

/// What the hub does by itself.
#[derive(Debug, Subcommand)]
pub(crate) enum Job {
    /// List the jobs of the last days, newest first.
    List {
        /// How far to look back, such as 24h or 7d.
        #[arg(long, default_value = "7d", value_name = "SPAN")]
        since: Span,
        /// How many.
        #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=1000))]
        limit: i64,
    },
    /// List the kinds of jobs and when they run.
    Kinds,
    /// Make a kind due now and do what is due, here.
    Run {
        /// The kind, as `watchkeep job kinds` lists it.
        kind: String,
    },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: String,
    kind: String,
    tenant: Option<String>,
    state: String,
    run_at: Timestamp,
    ended_at: Option<Timestamp>,
    attempt: i64,
    max_attempts: i64,
    error: Option<String>,
}

impl From<JobRow> for Line {
    fn from(j: JobRow) -> Self {
        Self {
            id: j.id.to_string(),
            kind: j.kind,
            tenant: j.slug.map(|s| s.to_string()),
            state: j.state,
            run_at: j.run_at,
            ended_at: j.ended_at,
            attempt: j.attempt,
            max_attempts: j.max_attempts,
            error: j.last_error,
        }
    }
}

#[derive(Debug, Serialize)]
struct KindLine {
    kind: &'static str,
    every: &'static str,
    about: &'static str,
}

impl Job {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        match self {
            Self::Kinds => kinds(app)?,
            Self::List { since, limit } => {
                let desk = Desk::open(app).await?;
                let store = desk.store();
                let all = store.jobs(store.operator(), desk.admin.now().minus(since), limit).await?;
                list(app, all)?;
            }
            Self::Run { kind } => {
                let def = JOBS.iter().find(|def| def.kind == kind).ok_or_else(|| unknown(&kind))?;
                let desk = Desk::open(app).await?;
                run(app, &desk, def).await?;
            }
        }
        Ok(Exit::Ok)
    }
}

fn kinds(app: &App) -> Result {
    let all: Vec<KindLine> =
        JOBS.iter().map(|def| KindLine { kind: def.kind, every: def.every, about: def.about }).collect();
    app.out.list(
        &all,
        &[
            ("kind", &|k: &KindLine| k.kind.to_owned()),
            ("when (UTC)", &|k| k.every.to_owned()),
            ("what", &|k| k.about.to_owned()),
        ],
        "",
    )
}

fn list(app: &App, all: Vec<JobRow>) -> Result {
    let all: Vec<Line> = all.into_iter().map(Line::from).collect();
    app.out.list(
        &all,
        &[
            ("kind", &|j: &Line| j.kind.clone()),
            ("tenant", &|j| or_dash(j.tenant.as_ref())),
            ("state", &|j| j.state.clone()),
            ("due", &|j| moment(j.run_at)),
            ("ended", &|j| when(j.ended_at)),
            ("tries", &|j| format!("{}/{}", j.attempt, j.max_attempts)),
            ("error", &|j| or_dash(j.error.as_ref())),
        ],
        "no job ran in this time; a running hub makes them by their schedules",
    )
}

fn unknown(kind: &str) -> Fault {
    let near = watchkeep_model::word::nearest(kind, JOBS.iter().map(|def| def.kind));
    let fix =
        near.map_or_else(|| "`watchkeep job kinds` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
    Fault::new(Exit::NotFound, format!("there is no kind of job `{kind}`")).hint(fix)
}

/// Sets the schedule of the kind to now and does one round, as a hub would. A hub that runs beside it may be quicker.
async fn run(app: &App, desk: &Desk, def: &'static JobDef) -> Result {
    let keys = Arc::new(desk.keyring()?);
    let hub = desk.hub(&keys)?;
    let up = Upkeep { hub: hub.clone(), keys, checkpoints: desk.config.checkpoint_file() };
    let (store, started) = (desk.store(), desk.admin.now());
    desk.admin.note("job_requested", "job run", &json!({ "kind": def.kind })).await?;
    jobs::install(&hub).await?;
    // a schedule gets its next time with its cron line: the line is written anew with a blank more, and put back
    let id = ScheduleId::new(hub.rng.id(started));
    store.schedule(store.operator(), id, def.kind, format!("{} ", def.every), started).await?;
    let done = jobs::round(up, "command line".to_owned()).await?;
    jobs::install(&hub).await?;
    let mine: Vec<JobRow> = store.jobs(store.operator(), started.minus(Span::minutes(1)), 100).await?;
    let ended: Vec<JobRow> = mine.into_iter().filter(|j| j.kind == def.kind).collect();
    if let Some(failed) = ended.first().filter(|j| j.last_error.is_some() && j.state != "done") {
        let why = failed.last_error.clone().unwrap_or_default();
        return Err(
            Fault::new(Exit::Failed, format!("{}: {why}", def.kind)).hint("it is put back and will be tried again")
        );
    }
    if done == 0 {
        app.out.note("a running hub took the job before this command could");
    }
    list(app, ended)
}
