//! `watchkeep proposal`
use clap::{Args, Subcommand};
use serde_json::json;
use watchkeep_hub::admin::Wanted;
use watchkeep_hub::proposals::{Decision, Edit, Proposal as Shown};
use watchkeep_model::autonomy::{ProposalKind, ProposalStatus};
use watchkeep_model::kri::State;
use watchkeep_model::{ProposalId, Timestamp};

use crate::app::App;
use crate::cli::OfTenant;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::out::moment;

mod autonomy;
mod shown;

use autonomy::{Autonomy, Lineage, Replay};

/// Proposals: what was read or suggested and is not sure enough, for a person to decide.
#[derive(Debug, Subcommand)]
pub(crate) enum Proposal {
    /// List proposals, the newest first: those that wait, unless told otherwise.
    List(List),
    /// Show one with the bytes that it was read from, why it waits, and what was decided so far.
    Show {
        /// Its id.
        proposal: ProposalId,
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Accept as they are.
    Accept(Several),
    /// Correct one and accept it; what is not given stays.
    Edit(Box<Change>),
    /// Reject: nothing comes of them.
    Reject(Several),
    /// Add a note to one, and decide nothing.
    Note {
        /// Its id.
        proposal: ProposalId,
        /// What there is to say.
        text: String,
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Take decisions back. A value that was accepted is superseded, never erased.
    Undo(Several),
    /// What would other thresholds have decided? Nothing is changed.
    Replay(Replay),
    /// How the decisions went, week by week: counts, and how often what was accepted was right.
    Lineage(Lineage),
    /// Show or set from which confidence on values are accepted without a person.
    Autonomy(Autonomy),
}

/// Which proposals.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// With this status: pending, accepted, edited, rejected, dismissed or undone.
    #[arg(long, default_value_t = ProposalStatus::Pending, conflicts_with = "all")]
    status: ProposalStatus,
    /// With any status.
    #[arg(long)]
    all: bool,
    /// Only of this type, such as extraction.
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<ProposalKind>,
    /// Only of this Drop Zone, by id or name.
    #[arg(long, short = 'z', value_name = "ZONE")]
    zone: Option<String>,
    /// Only about this KRI or signal.
    #[arg(long, value_name = "SLUG", default_value = "")]
    kri: String,
    /// How many.
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=1000))]
    limit: i64,
}

/// Some proposals, and why.
#[derive(Args, Debug)]
pub(crate) struct Several {
    /// Their ids.
    #[arg(required = true, value_name = "PROPOSAL")]
    proposals: Vec<ProposalId>,
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// Why: it is kept with the decision.
    #[arg(long)]
    note: Option<String>,
}

/// What to correct.
#[derive(Args, Debug)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true)
    .args(["signal", "subject", "value", "numerator", "denominator", "state", "observed_at"])))]
pub(crate) struct Change {
    /// Its id.
    proposal: ProposalId,
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// The signal or KRI that the value is of.
    #[arg(long, value_name = "SLUG")]
    signal: Option<String>,
    /// What it speaks of.
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// The value.
    #[arg(long, value_name = "N")]
    value: Option<f64>,
    /// Of a share: how many.
    #[arg(long, value_name = "N")]
    numerator: Option<f64>,
    /// Of a share: of how many.
    #[arg(long, value_name = "N")]
    denominator: Option<f64>,
    /// Why there is no value: unknown, unavailable or error; or ok where there is one now.
    #[arg(long)]
    state: Option<State>,
    /// When it was so, such as 2026-11-20.
    #[arg(long, value_name = "TIME")]
    observed_at: Option<Timestamp>,
    /// Why: it is kept with the decision.
    #[arg(long)]
    note: Option<String>,
}

impl Proposal {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let desk = Desk::open(app).await?;
        match self {
            Self::List(which) => list(app, &desk, which).await?,
            Self::Show { proposal, of } => {
                let scope = desk.tenant(of.tenant.as_ref()).await?;
                let found = desk.admin.proposal(&scope, &desk.keyring()?, proposal).await?;
                shown::tell(app, &found)?;
            }
            Self::Accept(these) => decide(app, &desk, these, |note| Decision::Accept { note }).await?,
            Self::Reject(these) => decide(app, &desk, these, |note| Decision::Reject { note }).await?,
            Self::Undo(these) => decide(app, &desk, these, |note| Decision::Undo { note }).await?,
            Self::Edit(change) => edit(app, &desk, *change).await?,
            Self::Note { proposal, text, of } => {
                let scope = desk.tenant(of.tenant.as_ref()).await?;
                let noted = desk.admin.decide(&scope, proposal, Decision::Note { note: text }).await?;
                app.out.line(format!("noted; {} is {}", noted.id, noted.status))?;
                app.out.document(&noted)?;
            }
            Self::Replay(replay) => replay.run(app, &desk).await?,
            Self::Lineage(lineage) => lineage.run(app, &desk).await?,
            Self::Autonomy(autonomy) => autonomy.run(app, &desk).await?,
        }
        Ok(Exit::Ok)
    }
}

async fn list(app: &App, desk: &Desk, which: List) -> Result {
    let scope = desk.tenant(which.of.tenant.as_ref()).await?;
    let integration = match &which.zone {
        Some(zone) => Some(desk.admin.zone(&scope, zone).await?.id),
        None => None,
    };
    let status = Some(which.status).filter(|_| !which.all);
    let wanted = Wanted { status, kind: which.kind, integration, kri: which.kri };
    let all = desk.admin.proposals(&scope, &wanted, which.limit).await?;
    app.out.list(
        &all,
        &[
            ("proposed", &|p: &Shown| moment(p.created_at)),
            ("kri", &|p| p.kri.clone()),
            ("value", &|p| shown::value(p)),
            ("subject", &|p| if p.subject.is_empty() { "-".to_owned() } else { p.subject.clone() }),
            ("sure", &|p| format!("{:.2}", p.confidence)),
            ("status", &|p| p.status.to_string()),
            ("why", &|p| p.why.clone()),
            ("id", &|p| p.id.to_string()),
        ],
        "no such proposal; `watchkeep proposal list --all` shows those that are decided, too",
    )
}

/// Decides one after the other. What was decided before a failure stays, and is told.
async fn decide(app: &App, desk: &Desk, these: Several, how: impl Fn(Option<String>) -> Decision) -> Result {
    let scope = desk.tenant(these.of.tenant.as_ref()).await?;
    let (mut done, mut failed): (Vec<Shown>, Option<Fault>) = (vec![], None);
    for id in &these.proposals {
        match desk.admin.decide(&scope, *id, how(these.note.clone())).await {
            Ok(decided) => {
                app.out.line(line(&decided))?;
                done.push(decided);
            }
            Err(e) => {
                failed = Some(e.into());
                break;
            }
        }
    }
    landing(app, done.iter());
    app.out.document(&json!({ "items": done }))?;
    match failed {
        Some(fault) if !done.is_empty() => {
            let told = format!("{} of {} are decided; then: {}", done.len(), these.proposals.len(), fault.message);
            let told = Fault::new(fault.exit, told);
            Err(fault.hint.into_iter().fold(told, Fault::hint))
        }
        Some(fault) => Err(fault),
        None => Ok(()),
    }
}

async fn edit(app: &App, desk: &Desk, change: Change) -> Result {
    let scope = desk.tenant(change.of.tenant.as_ref()).await?;
    let edit = Edit {
        signal: change.signal,
        subject: change.subject,
        value: change.value,
        numerator: change.numerator,
        denominator: change.denominator,
        state: change.state,
        observed_at: change.observed_at,
    };
    let edited = desk.admin.decide(&scope, change.proposal, Decision::Edit { edit, note: change.note }).await?;
    app.out.line(line(&edited))?;
    landing(app, [&edited].into_iter());
    app.out.document(&edited)
}

/// What is accepted is no sample before the next run.
fn landing<'a>(app: &App, mut decided: impl Iterator<Item = &'a Shown>) {
    if decided.any(|p| p.waits_for_run) {
        app.out.note("a running hub makes it part of the KRI within a minute; `watchkeep dropzone run` does so now");
    }
}

fn line(p: &Shown) -> String {
    format!("{} is {}: {} {}", p.id, p.status, p.kri, shown::value(p))
}
