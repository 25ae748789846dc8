//! `watchkeep kri`
use clap::{Args, Subcommand};
use serde_json::json;
use watchkeep_hub::ingest::Statement;
use watchkeep_hub::ops::kris::edit::{CreateKri, UpdateKri};
use watchkeep_model::catalog;
use watchkeep_model::kri::{Direction, State, Status, Unit};
use watchkeep_model::{Span, Timestamp};
use watchkeep_store::kris::{self, Filter};
use watchkeep_store::samples;

use crate::app::App;
use crate::cli::OfTenant;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::{Fault, Result};
use crate::out::{moment, or_dash, when};

mod line;

pub(crate) use line::amount;
use line::{Line, Sample};

/// KRIs: their definitions and values.
#[derive(Debug, Subcommand)]
pub(crate) enum Kri {
    /// List KRIs with their values.
    List(List),
    /// Show a KRI with its latest samples.
    Show {
        /// Its slug or id.
        kri: String,
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
        /// How many samples are shown.
        #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(i64).range(0..=1000))]
        samples: i64,
    },
    /// List the signals of the catalogue, which KRIs can be made of.
    Signals {
        /// Only signals with this in their name or slug.
        query: Option<String>,
    },
    /// Make a KRI of a catalogue signal (--signal), or one of your own.
    Add(Box<Add>),
    /// Change thresholds, name, owner or cadence; the status is judged anew.
    Edit(Box<Edit>),
    /// Take a KRI out of all lists; its samples stay.
    Archive {
        /// Its slug or id.
        kri: String,
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Record a value that you know. A fresh measured value wins over a typed one.
    Set(Box<Set>),
}

/// Which KRIs.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// Only with this status: green, amber, red or unknown.
    #[arg(long)]
    status: Option<Status>,
    /// Only of this category, such as identity.
    #[arg(long)]
    category: Option<String>,
    /// Only with this in slug, name or description.
    #[arg(long)]
    query: Option<String>,
}

/// A new KRI.
#[derive(Args, Debug)]
pub(crate) struct Add {
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// The signal of the catalogue; everything else then has its value unless it is given here.
    #[arg(long, value_name = "SLUG")]
    signal: Option<String>,
    /// The slug; made of the name if left out.
    #[arg(long)]
    slug: Option<String>,
    /// The name for people.
    #[arg(long)]
    name: Option<String>,
    /// What it measures, in a sentence.
    #[arg(long)]
    about: Option<String>,
    /// What it is about, such as identity.
    #[arg(long)]
    category: Option<String>,
    /// What its value is: count, percent, days, hours, score or ratio.
    #[arg(long)]
    unit: Option<Unit>,
    /// Which way it gets worse: higherIsWorse or lowerIsWorse.
    #[arg(long)]
    direction: Option<Direction>,
    /// Where amber begins.
    #[arg(long, value_name = "N")]
    amber: Option<f64>,
    /// Where red begins.
    #[arg(long, value_name = "N")]
    red: Option<f64>,
    /// Where it should be.
    #[arg(long, value_name = "N")]
    target: Option<f64>,
    /// How often a value is expected, such as 24h or 7d.
    #[arg(long, value_name = "SPAN", value_parser = hours)]
    cadence: Option<i64>,
    /// Who answers for it.
    #[arg(long)]
    owner: Option<String>,
}

/// What to change of a KRI.
#[derive(Args, Debug)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true)
    .args(["name", "about", "amber", "red", "target", "cadence", "owner"])))]
pub(crate) struct Edit {
    /// Its slug or id.
    kri: String,
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// The name for people.
    #[arg(long)]
    name: Option<String>,
    /// What it measures, in a sentence.
    #[arg(long)]
    about: Option<String>,
    /// Where amber begins.
    #[arg(long, value_name = "N")]
    amber: Option<f64>,
    /// Where red begins.
    #[arg(long, value_name = "N")]
    red: Option<f64>,
    /// Where it should be.
    #[arg(long, value_name = "N")]
    target: Option<f64>,
    /// How often a value is expected, such as 24h or 7d.
    #[arg(long, value_name = "SPAN", value_parser = hours)]
    cadence: Option<i64>,
    /// Who answers for it.
    #[arg(long)]
    owner: Option<String>,
}

/// A value that a person knows.
#[derive(Args, Debug)]
pub(crate) struct Set {
    /// The KRI's slug or id.
    kri: String,
    /// The value; leave it out and give --state where it could not be had, or give the two parts of a share.
    value: Option<f64>,
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// Of a share or a count: how many.
    #[arg(long, value_name = "N")]
    numerator: Option<f64>,
    /// Of a share or a count: of how many.
    #[arg(long, value_name = "N")]
    denominator: Option<f64>,
    /// Why there is no value: unknown, unavailable or error.
    #[arg(long, conflicts_with = "value")]
    state: Option<State>,
    /// What it speaks of, such as one project; the whole if left out.
    #[arg(long, default_value = "")]
    subject: String,
    /// When it was so, such as 2026-11-20 or 2026-11-20T08:00:00Z; now if left out.
    #[arg(long, value_name = "TIME")]
    observed_at: Option<Timestamp>,
    /// Where it is from, and why it is right.
    #[arg(long)]
    note: Option<String>,
}

/// A length of at least an hour, in whole hours.
fn hours(text: &str) -> std::result::Result<i64, String> {
    let span: Span = text.parse().map_err(|e| format!("{e}"))?;
    let hour = Span::hours(1).micros();
    match (span.micros() / hour, span.micros() % hour) {
        (n @ 1..=26_280, 0) => Ok(n),
        _ => Err("must be whole hours, from 1h to three years".to_owned()),
    }
}

impl Kri {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        if let Self::Signals { query } = self {
            return signals(app, query.as_deref());
        }
        let (out, desk) = (app.out, Desk::open(app).await?);
        match self {
            Self::Signals { .. } => {}
            Self::List(which) => list(app, &desk, which).await?,
            Self::Show { kri, of, samples } => show(app, &desk, &kri, &of, samples).await?,
            Self::Add(new) => {
                let scope = desk.tenant(new.of.tenant.as_ref()).await?;
                let row = desk.admin.create_kri(&scope, &new.definition()).await?;
                out.line(format!("KRI {} ({}) made in {}", row.slug, row.name, scope.slug()))?;
                out.document(&Line::from(row))?;
            }
            Self::Edit(change) => {
                let scope = desk.tenant(change.of.tenant.as_ref()).await?;
                let row = desk.admin.update_kri(&scope, change.change()).await?;
                out.line(format!(
                    "KRI {} is {}: amber at {}, red at {}, value {}",
                    row.slug,
                    row.status,
                    amount(Some(row.amber), row.unit),
                    amount(Some(row.red), row.unit),
                    amount(row.value, row.unit)
                ))?;
                out.document(&Line::from(row))?;
            }
            Self::Archive { kri, of } => {
                let scope = desk.tenant(of.tenant.as_ref()).await?;
                let row = desk.admin.archive_kri(&scope, &kri).await?;
                out.line(format!("KRI {} is archived; its samples stay, and its slug stays taken", row.slug))?;
                out.document(&json!({ "id": row.id, "slug": row.slug, "archived": true }))?;
            }
            Self::Set(value) => {
                let scope = desk.tenant(value.of.tenant.as_ref()).await?;
                let (row, now, new) =
                    desk.admin.record_value(&scope, &value.kri, value.statement(desk.admin.now())).await?;
                let known = if new { "recorded" } else { "was recorded before" };
                out.line(format!("{known}; KRI {} is {}: {}", row.slug, now.status, amount(now.value, row.unit)))?;
                out.document(&json!({
                    "slug": row.slug, "new": new, "value": now.value, "state": now.state, "status": now.status,
                }))?;
            }
        }
        Ok(Exit::Ok)
    }
}

impl Add {
    fn definition(&self) -> CreateKri {
        CreateKri {
            signal: self.signal.clone(),
            name: self.name.clone(),
            slug: self.slug.clone(),
            about: self.about.clone(),
            category: self.category.clone(),
            unit: self.unit,
            direction: self.direction,
            amber: self.amber,
            red: self.red,
            target: self.target,
            cadence_hours: self.cadence,
            owner: self.owner.clone(),
        }
    }
}

impl Edit {
    fn change(&self) -> UpdateKri {
        UpdateKri {
            id: self.kri.clone(),
            name: self.name.clone(),
            about: self.about.clone(),
            amber: self.amber,
            red: self.red,
            target: self.target,
            cadence_hours: self.cadence,
            owner: self.owner.clone(),
        }
    }
}

impl Set {
    fn statement(&self, now: Timestamp) -> Statement {
        Statement {
            subject: self.subject.clone(),
            observed_at: self.observed_at.unwrap_or(now),
            value: self.value,
            numerator: self.numerator,
            denominator: self.denominator,
            state: self.state.unwrap_or(State::Ok),
            note: self.note.clone(),
        }
    }
}

async fn list(app: &App, desk: &Desk, which: List) -> Result {
    const PAGE: i64 = 200;
    let scope = desk.tenant(which.of.tenant.as_ref()).await?;
    let db = desk.store().at(&scope);
    if let Some(category) = &which.category {
        let there = kris::categories(db).await?;
        if !there.contains(category) {
            let near = watchkeep_model::word::nearest(category, there.iter().map(String::as_str));
            let near = near.map_or_else(|| there.join(", "), |near| format!("did you mean `{near}`?"));
            return Err(Fault::new(Exit::NotFound, format!("no KRI is of the category `{category}`")).hint(near));
        }
    }
    let filter = Filter {
        status: which.status.map(|s| s.as_str().to_owned()).unwrap_or_default(),
        category: which.category.unwrap_or_default(),
        pattern: which.query.map(|q| kris::like(&q)).unwrap_or_default(),
        ..Filter::default()
    };
    let (now, mut all) = (desk.admin.now(), Vec::<Line>::new());
    loop {
        let after = all.last().map(|k| k.slug.clone()).unwrap_or_default();
        let page = kris::page(db, &filter, now, &after, PAGE).await?;
        if page.is_empty() {
            break;
        }
        all.extend(page.into_iter().map(Line::from));
    }
    app.out.list(
        &all,
        &[
            ("slug", &|k: &Line| k.slug.clone()),
            ("status", &|k| k.status.to_string()),
            ("value", &|k| amount(k.value, k.unit)),
            ("state", &|k| k.state.to_string()),
            ("trend", &|k| k.trend.to_string()),
            ("observed", &|k| when(k.observed_at)),
            ("source", &|k| or_dash(k.source.as_ref())),
            ("category", &|k| k.category.clone()),
        ],
        "no such KRI; `watchkeep kri add --signal SLUG` makes one, `watchkeep kri signals` lists the catalogue",
    )
}

async fn show(app: &App, desk: &Desk, which: &str, of: &OfTenant, count: i64) -> Result {
    let scope = desk.tenant(of.tenant.as_ref()).await?;
    let row = desk.admin.kri(&scope, which).await?;
    let db = desk.store().at(&scope);
    let latest = samples::before(db, row.id, Timestamp::MAX, count).await?;
    let sources = watchkeep_store::integrations::names(db).await?;
    let latest: Vec<Sample> = latest.into_iter().map(|s| Sample::of(s, &sources)).collect();
    let line = Line::from(row);
    if app.out.json {
        let mut whole = serde_json::to_value(&line).unwrap_or_default();
        whole["samples"] = serde_json::to_value(&latest).unwrap_or_default();
        return app.out.document(&whole);
    }
    line.tell(&app.out)?;
    if latest.is_empty() {
        app.out.note("no sample yet");
        return Ok(());
    }
    app.out.line("")?;
    app.out.list(
        &latest,
        &[
            ("observed", &|s: &Sample| moment(s.observed_at)),
            ("value", &|s| amount(s.value, line.unit)),
            ("state", &|s| s.state.to_string()),
            ("subject", &|s| if s.subject.is_empty() { "-".into() } else { s.subject.clone() }),
            ("source", &|s| s.source.clone()),
            ("by", &|s| s.actor.clone()),
            ("note", &|s| s.note.clone().unwrap_or_default()),
        ],
        "",
    )
}

fn signals(app: &App, query: Option<&str>) -> Result<Exit> {
    let query = query.unwrap_or_default().to_lowercase();
    let found = |s: &&catalog::Signal| s.slug.contains(&query) || s.name.to_lowercase().contains(&query);
    let all: Vec<serde_json::Value> = catalog::signals()
        .iter()
        .filter(found)
        .map(|s| {
            json!({
                "slug": s.slug, "name": s.name, "about": s.about, "category": s.category, "unit": s.unit,
                "direction": s.direction, "amber": s.amber, "red": s.red, "target": s.target,
                "cadence": s.cadence, "aliases": s.aliases,
            })
        })
        .collect();
    let text = |v: &serde_json::Value, key: &str| match &v[key] {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string().trim_end_matches(".0").to_owned(),
    };
    app.out.list(
        &all,
        &[
            ("slug", &|s| text(s, "slug")),
            ("name", &|s| text(s, "name")),
            ("category", &|s| text(s, "category")),
            ("unit", &|s| text(s, "unit")),
            ("amber", &|s| text(s, "amber")),
            ("red", &|s| text(s, "red")),
        ],
        "no such signal; `watchkeep kri signals` lists all",
    )?;
    Ok(Exit::Ok)
}

#[cfg(test)]
mod tests {
    use super::hours;

    #[test]
    fn a_cadence_is_whole_hours() {
        assert_eq!((hours("24h"), hours("7d"), hours("120m")), (Ok(24), Ok(168), Ok(2)));
        for bad in ["30m", "0h", "90m", "-1h", "day", "2000d"] {
            assert!(hours(bad).is_err(), "{bad}");
        }
    }
}
