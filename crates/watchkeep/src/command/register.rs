//! `watchkeep control`, `risk`, `outcome`, `vendor`, `asset`, `application`, `person`: one set of commands for each kind
//! of entry of the register. Flags, checks and columns follow from the declaration of its fields.
use clap::{Args, Subcommand};
use serde_json::json;
use watchkeep_hub::exchange;
use watchkeep_hub::register::risks::{NewAcceptance, NewAction};
use watchkeep_hub::register::{Did, Entry, all};
use watchkeep_model::Timestamp;
use watchkeep_model::register::{Kind, Sheet};

use crate::app::App;
use crate::cli::OfTenant;
use crate::desk::Desk;
use crate::exit::Exit;
use crate::fault::{Fault, Result};

mod said;
mod show;

pub(crate) use said::{Application, Asset, Control, Outcome, Person, Risk, Said, Vendor};

/// What can be done with entries of one kind.
#[derive(Debug, Subcommand)]
pub(crate) enum Entries<S: Said> {
    /// List the entries.
    List(List),
    /// Show an entry with its links and comments.
    Show {
        /// Its code or slug, or its id.
        entry: String,
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Make an entry.
    Add(Box<Add<S>>),
    /// Change an entry: what is not given stays as it is.
    Edit(Box<Edit<S>>),
    /// Take an entry out of all lists; what was said of it stays, and its name stays taken.
    Archive {
        /// Its code or slug, or its id.
        entry: String,
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
    },
    /// Say something about an entry.
    Comment {
        /// Its code or slug, or its id.
        entry: String,
        /// What there is to say.
        text: String,
        /// The tenant.
        #[command(flatten)]
        of: OfTenant,
    },
}

/// Risks can be decided on, too.
#[derive(Debug, Subcommand)]
pub(crate) enum Risks {
    /// What can be done with any entry.
    #[command(flatten)]
    Entry(Entries<Risk>),
    /// Accept a risk as it is, until a day. An acceptance that has ended is shown as such.
    Accept(Accept),
    /// Note what is to be done about a risk, and until when.
    Treat(Treat),
}

/// Which entries.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// Only with this in name, code, category or owner.
    #[arg(long)]
    query: Option<String>,
    /// So many at most.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// A new entry.
#[derive(Args, Debug)]
pub(crate) struct Add<S: Said> {
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// What is said of it.
    #[command(flatten)]
    said: S,
}

/// What to change of an entry.
#[derive(Args, Debug)]
pub(crate) struct Edit<S: Said> {
    /// Its code or slug, or its id.
    entry: String,
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// What is said of it.
    #[command(flatten)]
    said: S,
    /// Take back what was said of a field, by its name, such as annualCost. Can be repeated.
    #[arg(long, value_name = "FIELD")]
    clear: Vec<String>,
}

/// An acceptance.
#[derive(Args, Debug)]
pub(crate) struct Accept {
    /// The risk's slug or id.
    risk: String,
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// Who accepts it.
    #[arg(long)]
    by: String,
    /// Why it can be borne.
    #[arg(long)]
    why: String,
    /// The day on which the acceptance ends.
    #[arg(long, value_name = "DAY")]
    until: Timestamp,
}

/// Something to be done.
#[derive(Args, Debug)]
pub(crate) struct Treat {
    /// The risk's slug or id.
    risk: String,
    /// What is to be done.
    title: String,
    /// The tenant.
    #[command(flatten)]
    of: OfTenant,
    /// The day on which it should be done.
    #[arg(long, value_name = "DAY")]
    due: Timestamp,
    /// Who does it.
    #[arg(long)]
    owner: Option<String>,
    /// What else there is to say.
    #[arg(long)]
    note: Option<String>,
}

impl Risks {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        match self {
            Self::Entry(entries) => return entries.run(app).await,
            Self::Accept(a) => {
                let desk = Desk::open(app).await?;
                let scope = desk.tenant(a.of.tenant.as_ref()).await?;
                let new = NewAcceptance { by: a.by, why: a.why, until: a.until };
                let (by, why, until) = (new.by.clone(), new.why.clone(), new.until);
                let entry = desk.admin.accept_risk(&scope, &a.risk, new).await?;
                app.out.line(format!("risk {} is accepted by {by} until {until}", entry.code))?;
                app.out
                    .document(&json!({ "id": entry.id, "slug": entry.code, "by": by, "why": why, "until": until }))?;
            }
            Self::Treat(t) => {
                let desk = Desk::open(app).await?;
                let scope = desk.tenant(t.of.tenant.as_ref()).await?;
                let new = NewAction { title: t.title, owner: t.owner, due: t.due, note: t.note };
                let (title, due) = (new.title.clone(), new.due);
                let entry = desk.admin.treat_risk(&scope, &t.risk, new).await?;
                app.out.line(format!("to be done about risk {} until {due}: {title}", entry.code))?;
                app.out.document(&json!({ "id": entry.id, "slug": entry.code, "title": title, "due": due }))?;
            }
        }
        Ok(Exit::Ok)
    }
}

impl<S: Said> Entries<S> {
    /// Runs the command.
    ///
    /// # Errors
    /// See [`Exit`].
    pub(crate) async fn run(self, app: &App) -> Result<Exit> {
        let (out, kind, desk) = (app.out, S::KIND, Desk::open(app).await?);
        match self {
            Self::List(which) => list(app, &desk, kind, which).await?,
            Self::Show { entry, of } => {
                let scope = desk.tenant(of.tenant.as_ref()).await?;
                let entry = desk.admin.entry(&scope, kind, &entry).await?;
                show::tell(app, desk.store().at(&scope), &entry, desk.admin.now()).await?;
            }
            Self::Add(add) => {
                let said = read(kind, add.said.fields())?;
                let scope = desk.tenant(add.of.tenant.as_ref()).await?;
                let kept = desk.admin.create_entry(&scope, said).await?;
                out.line(format!("{kind} {} ({}) made in {}", kept.code, kept.name, scope.slug()))?;
                out.document(&json!({ "id": kept.id, kind.code_field(): kept.code, "version": kept.version }))?;
            }
            Self::Edit(edit) => {
                let mut said = read(kind, edit.said.fields())?;
                for name in &edit.clear {
                    let told = |why| Fault::new(Exit::Invalid, format!("--clear {name}: {why}"));
                    exchange::clear(&mut said, name).map_err(told)?;
                }
                if said == Sheet::new(kind) {
                    let told = "nothing to change was given";
                    return Err(Fault::new(Exit::Usage, told).hint("see --help for what can be said"));
                }
                let scope = desk.tenant(edit.of.tenant.as_ref()).await?;
                let kept = desk.admin.update_entry(&scope, &edit.entry, said).await?;
                let did = if kept.did == Did::Same { "was so already" } else { "is changed" };
                out.line(format!("{kind} {} {did} (version {})", kept.code, kept.version))?;
                out.document(&json!({ "id": kept.id, kind.code_field(): kept.code, "version": kept.version }))?;
            }
            Self::Archive { entry, of } => {
                let scope = desk.tenant(of.tenant.as_ref()).await?;
                let entry = desk.admin.archive_entry(&scope, kind, &entry).await?;
                out.line(format!("{kind} {} is archived; its name stays taken", entry.code))?;
                out.document(&json!({ "id": entry.id, kind.code_field(): entry.code, "archived": true }))?;
            }
            Self::Comment { entry, text, of } => {
                let scope = desk.tenant(of.tenant.as_ref()).await?;
                let entry = desk.admin.comment_entry(&scope, kind, &entry, &text).await?;
                out.line(format!("said about {kind} {}", entry.code))?;
                out.document(&json!({ "id": entry.id, kind.code_field(): entry.code }))?;
            }
        }
        Ok(Exit::Ok)
    }
}

/// What the flags say, as an entry.
fn read(kind: Kind, fields: Result<serde_json::Map<String, serde_json::Value>>) -> Result<Sheet> {
    Sheet::read(kind, &fields?).map_err(|problems| {
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Fault::new(Exit::Invalid, told.join("\n"))
    })
}

async fn list(app: &App, desk: &Desk, kind: Kind, which: List) -> Result {
    let scope = desk.tenant(which.of.tenant.as_ref()).await?;
    let mut entries = all(desk.store().at(&scope), kind).await?;
    if let Some(query) = which.query.map(|q| q.to_lowercase()) {
        entries.retain(|e| show::texts(e).iter().any(|text| text.to_lowercase().contains(&query)));
    }
    if kind == Kind::Risk {
        // what nobody has scored comes last, not first
        let score = |e: &Entry| e.fields.get("currentScore").and_then(serde_json::Value::as_f64);
        entries.sort_by(|a, b| score(b).partial_cmp(&score(a)).unwrap_or(std::cmp::Ordering::Equal));
    }
    entries.truncate(which.limit.unwrap_or(usize::MAX));
    show::table(app, kind, &entries)
}
