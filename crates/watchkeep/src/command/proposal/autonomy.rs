//! `watchkeep proposal replay`, `lineage` and `autonomy`: the gate's thresholds, and how they did.
use clap::Args;
use watchkeep_hub::proposals::lineage::LineageSpan;
use watchkeep_hub::proposals::replay::{self, Replayed, Verdicts};
use watchkeep_hub::proposals::{self, SetAutonomy};
use watchkeep_model::autonomy::ProposalKind;

use crate::app::App;
use crate::cli::OfTenant;
use crate::desk::Desk;
use crate::fault::Result;
use crate::out::{count, moment, or_dash, yes};

/// Other thresholds to try.
#[derive(Args, Debug)]
pub(crate) struct Replay {
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// The type of proposals.
    #[arg(long = "type", value_name = "TYPE", default_value_t = ProposalKind::Extraction)]
    kind: ProposalKind,
    /// Accepted would be from this confidence on, such as 0.8.
    #[arg(long, value_name = "0..1")]
    threshold: f64,
    /// Dismissed would be below this one; 0.35 if left out.
    #[arg(long, value_name = "0..1")]
    floor: Option<f64>,
    /// Over so many days back, 90 at most.
    #[arg(long, default_value_t = 90, value_name = "N")]
    days: i64,
}

/// The decisions of a time.
#[derive(Args, Debug)]
pub(crate) struct Lineage {
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// Only of this type, such as extraction.
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<ProposalKind>,
    /// Over so many days back.
    #[arg(long, default_value_t = 90, value_name = "N")]
    days: i64,
}

/// The thresholds of a tenant: shown, or set for one type.
#[derive(Args, Debug)]
pub(crate) struct Autonomy {
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// The type of proposals to set.
    #[arg(long = "type", value_name = "TYPE", default_value_t = ProposalKind::Extraction)]
    kind: ProposalKind,
    /// Accept by itself from this confidence on.
    #[arg(long, value_name = "0..1")]
    threshold: Option<f64>,
    /// Dismiss below this one.
    #[arg(long, value_name = "0..1")]
    floor: Option<f64>,
    /// Let a person see each pushed value that would improve a status: true or false.
    #[arg(long, value_name = "BOOL")]
    review_all_improvements: Option<bool>,
}

impl Replay {
    pub(super) async fn run(self, app: &App, desk: &Desk) -> Result {
        let scope = desk.tenant(self.of.tenant.as_ref()).await?;
        let asked = replay::Replay { kind: self.kind, threshold: self.threshold, floor: self.floor, days: self.days };
        let answer = desk.admin.replay(&scope, &asked).await?;
        if app.out.json { app.out.document(&answer) } else { tell(app, &answer) }
    }
}

fn tell(app: &App, r: &Replayed) -> Result {
    let since = moment(r.since);
    app.out.line(format!(
        "{} since {since}; {} would be decided otherwise with a threshold of {} and a floor of {}",
        count(r.decisions, "decision"),
        r.changed,
        r.threshold,
        r.floor
    ))?;
    if r.truncated {
        app.out.note("there are more decisions than can be looked at: take fewer days");
    }
    app.out.line("")?;
    let row = |name: &str, v: &Verdicts| {
        let numbers = [v.auto_accepted, v.queued, v.dismissed, v.right, v.wrong].map(|n| n.to_string());
        [name.to_owned()].into_iter().chain(numbers).chain([share(v.precision)]).collect()
    };
    app.out.table(
        &["", "accepted", "for review", "dismissed", "right", "wrong", "precision"],
        vec![row("as it was", &r.before), row("would be", &r.after)],
    )?;
    if r.changes.is_empty() {
        return Ok(());
    }
    app.out.line("")?;
    let rows = r.changes.iter().map(|c| {
        let sure = format!("{:.2}", c.confidence);
        vec![moment(c.at), sure, c.was.to_string(), c.would_be.to_string(), c.proposal_id.to_string()]
    });
    app.out.table(&["decided", "sure", "was", "would be", "proposal"], rows.collect())
}

/// A share in percent; a dash where there is none.
fn share(of: Option<f64>) -> String {
    of.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

impl Lineage {
    pub(super) async fn run(self, app: &App, desk: &Desk) -> Result {
        let scope = desk.tenant(self.of.tenant.as_ref()).await?;
        let all = desk.admin.lineage(&scope, self.kind, self.days).await?;
        app.out.list(
            &all,
            &[
                ("week of", &|l: &LineageSpan| l.from.to_string().chars().take(10).collect()),
                ("type", &|l| l.kind.to_string()),
                ("by the gate", &|l| l.auto_accepted.to_string()),
                ("for review", &|l| l.queued.to_string()),
                ("dismissed", &|l| l.dismissed.to_string()),
                ("accepted", &|l| l.accepted.to_string()),
                ("edited", &|l| l.edited.to_string()),
                ("rejected", &|l| l.rejected.to_string()),
                ("undone", &|l| l.undone.to_string()),
                ("precision", &|l| share(l.precision)),
            ],
            "nothing was decided in that time",
        )
    }
}

impl Autonomy {
    pub(super) async fn run(self, app: &App, desk: &Desk) -> Result {
        let scope = desk.tenant(self.of.tenant.as_ref()).await?;
        let change = SetAutonomy {
            threshold: self.threshold,
            floor: self.floor,
            review_all_improvements: self.review_all_improvements,
        };
        if change.threshold.is_some() || change.floor.is_some() || change.review_all_improvements.is_some() {
            let now = desk.admin.set_autonomy(&scope, self.kind, &change).await?;
            app.out.line(format!(
                "{}: accepted from {}, dismissed below {}, every improvement for review: {}",
                now.kind,
                now.threshold,
                now.floor,
                yes(now.review_all_improvements)
            ))?;
            return app.out.document(&now);
        }
        let all = desk.admin.autonomy(&scope).await?;
        app.out.list(
            &all,
            &[
                ("type", &|a: &proposals::Autonomy| a.kind.to_string()),
                ("accepted from", &|a| a.threshold.to_string()),
                ("dismissed below", &|a| a.floor.to_string()),
                ("all improvements", &|a| yes(a.review_all_improvements)),
                ("changed by", &|a| or_dash(a.changed_by.as_ref())),
            ],
            "",
        )
    }
}
