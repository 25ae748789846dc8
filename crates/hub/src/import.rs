//! KRI samples from a CSV file: read, checked row by row, shown as a preview, and kept only when told to.
//!
//! The first line names the columns, in any order: `kri` and `value` (or `numerator` and `denominator`), and optionally
//! `subject`, `observed_at`, `state`, `note`. Comma, semicolon or tab separate; a decimal comma is understood where the
//! separator is no comma. [`read()`] is pure; [`check`] holds the rows against the tenant's KRIs; [`apply`] keeps them in
//! slices, so that no write takes long. A file that was cut off half-way is completed by importing it again: what was
//! kept is skipped.
use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use watchkeep_model::kri::Quality;
use watchkeep_model::{IntegrationId, KriId, RunId, SampleId, Timestamp, text};
use watchkeep_store::{self as store, Call, TenantScope, runs};

use crate::error::{Error, Flaw};
use crate::hub::Hub;
use crate::ingest::{self, Origin, Source, Statement};
use crate::ops::samples::{Target, Targets};

mod read;

pub use read::{Row, read};

/// Problems told at most.
pub const MOST_PROBLEMS: usize = 200;
/// Samples in one write.
const SLICE: usize = 100;

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// The line of the file, the header being 1.
    pub row: usize,
    /// The column.
    pub column: String,
    /// What is wrong with it.
    pub problem: String,
}

/// A row that can be kept.
pub(crate) struct Good {
    slug: String,
    line: usize,
    statement: Statement,
}

/// A file that was held against a tenant's KRIs.
pub struct Checked {
    /// Rows that can be kept.
    good: Vec<Good>,
    targets: BTreeMap<String, Target>,
    /// What is wrong, at most [`MOST_PROBLEMS`].
    pub problems: Vec<Problem>,
    /// How many rows the file has.
    pub rows: usize,
}

impl Checked {
    /// How many rows can be kept.
    #[must_use]
    pub fn good(&self) -> usize {
        self.good.len()
    }
    /// The slugs of the KRIs that the rows are for.
    pub fn kris(&self) -> impl Iterator<Item = &str> {
        self.targets.keys().map(String::as_str)
    }
    /// Those of them that are not in the register yet and would be made of the catalogue.
    pub fn new_kris(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().filter(|(_, t)| t.make.is_some()).map(|(slug, _)| slug.as_str())
    }
}

impl std::fmt::Debug for Checked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Checked({} rows, {} good, {} problems)", self.rows, self.good.len(), self.problems.len())
    }
}

/// Reads a file and holds it against the tenant's KRIs. Writes nothing.
///
/// # Errors
/// If the file as a whole cannot be read: no header, unknown columns, too many rows.
pub async fn check(hub: &Hub, scope: &TenantScope, csv: &[u8], now: Timestamp) -> Result<Checked, Error> {
    let (rows, mut problems) = read(csv)?;
    // a row may have several problems
    let bad: std::collections::BTreeSet<usize> = problems.iter().map(|p| p.row).collect();
    let count = rows.len() + bad.len();
    let db = hub.store.at(scope);
    let mut targets = Targets::new(db).await?;
    let mut good = vec![];
    for r in rows {
        let id = || KriId::new(hub.rng.id(now));
        let slug = match targets.slug_of(db, &r.kri, id, now).await? {
            Ok(slug) => slug,
            Err(problem) => {
                problems.push(Problem { row: r.line, column: "kri".into(), problem });
                continue;
            }
        };
        let Some(target) = targets.get(&slug) else { continue };
        match r.statement(now).checked(&target.row, now, "") {
            Ok(statement) => good.push(Good { slug, line: r.line, statement }),
            Err(flaws) => problems.extend(flaws.into_iter().map(|f| Problem {
                row: r.line,
                column: read::column_of(&f.field).to_owned(),
                problem: f.problem,
            })),
        }
    }
    problems.sort_by(|a, b| (a.row, &a.column).cmp(&(b.row, &b.column)));
    problems.truncate(MOST_PROBLEMS);
    Ok(Checked { good, targets: targets.take(), problems, rows: count })
}

/// What became of an import.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    /// The run that the samples were kept under.
    pub run_id: RunId,
    /// How many samples were kept.
    pub written: i64,
    /// How many were known already.
    pub skipped: i64,
}

/// Keeps the good rows, in slices, each with an audit row made like `call`.
///
/// # Errors
/// Of the store. What was kept until then stays, and the run says that it failed; importing the file again completes it.
pub async fn apply(
    hub: Arc<Hub>,
    scope: TenantScope,
    call: Call,
    checked: Checked,
    filename: String,
) -> Result<Applied, Error> {
    let now = call.at;
    let run = RunId::new(hub.rng.id(now));
    let call = Call { event: "kri_samples_imported".into(), target: Some(run.to_string()), connector: None, ..call };
    let integration = begin(hub.clone(), scope.clone(), call.clone(), run).await?;
    let from = Origin {
        integration,
        run: Some(run),
        quality: Quality::Manual,
        actor: call.actor.name.clone(),
        received_at: now,
    };
    let done = keep_all(hub.clone(), scope.clone(), call.clone(), from, checked, text::clean(&filename, 120)).await;
    let (status, error) = match &done {
        Ok(_) => ("ok".to_owned(), None),
        Err(e) => ("failed".to_owned(), Some(e.to_string())),
    };
    hub.store
        .write(&scope, call, async move |tx| {
            runs::end(tx, run, &status, error.as_deref(), now).await?;
            Ok::<_, Error>(())
        })
        .await?;
    let (written, skipped) = done?;
    Ok(Applied { run_id: run, written, skipped })
}

async fn begin(hub: Arc<Hub>, scope: TenantScope, call: Call, run: RunId) -> Result<IntegrationId, Error> {
    let (now, fresh, actor) = (call.at, hub.rng.id(call.at), call.actor.name.clone());
    hub.store
        .write(&scope, call, async move |tx| {
            let integration = Source::Csv.ensure(tx, fresh, now).await?;
            runs::start(tx, run, integration, &actor, now).await?;
            store::integrations::ran(tx, integration, run).await?;
            Ok::<_, Error>(integration)
        })
        .await
}

async fn keep_all(
    hub: Arc<Hub>,
    scope: TenantScope,
    call: Call,
    from: Origin,
    checked: Checked,
    file: String,
) -> Result<(i64, i64), Error> {
    let mut by_kri: BTreeMap<String, Vec<Good>> = BTreeMap::new();
    for g in checked.good {
        by_kri.entry(g.slug.clone()).or_default().push(g);
    }
    let mut totals = (0, 0);
    for (slug, target) in checked.targets {
        let Some(rows) = by_kri.remove(&slug) else { continue };
        let target = Arc::new(target);
        let oldest = rows.iter().map(|g| g.statement.observed_at).min().unwrap_or(call.at);
        let mut rest = rows.into_iter().peekable();
        while rest.peek().is_some() {
            let slice: Vec<(SampleId, Good)> =
                rest.by_ref().take(SLICE).map(|g| (SampleId::new(hub.rng.id(call.at)), g)).collect();
            let last = rest.peek().is_none();
            let slice = Slice {
                from: from.clone(),
                target: target.clone(),
                rows: slice,
                file: file.clone(),
                settle_from: last.then_some(oldest),
            };
            let (written, skipped) = slice.keep(hub.clone(), scope.clone(), call.clone()).await?;
            totals = (totals.0 + written, totals.1 + skipped);
        }
    }
    Ok(totals)
}

/// What one write keeps.
struct Slice {
    from: Origin,
    target: Arc<Target>,
    rows: Vec<(SampleId, Good)>,
    file: String,
    /// Some in the last slice of a KRI: the time of the oldest of its samples.
    settle_from: Option<Timestamp>,
}

impl Slice {
    async fn keep(self, hub: Arc<Hub>, scope: TenantScope, call: Call) -> Result<(i64, i64), Error> {
        let now = call.at;
        hub.store
            .write(&scope, call, async move |tx| {
                let row = self.target.ensure(tx, now).await?;
                let (mut written, mut skipped) = (0, 0);
                for (id, g) in &self.rows {
                    let provenance = json!({ "file": self.file, "row": g.line });
                    if ingest::write(tx, &row, &self.from, *id, &g.statement, &provenance).await? {
                        written += 1;
                    } else {
                        skipped += 1;
                    }
                }
                if let Some(run) = self.from.run {
                    runs::count(tx, run, written, skipped).await?;
                }
                if let Some(oldest) = self.settle_from {
                    ingest::settle(tx, row.id, oldest, now).await?;
                }
                Ok::<_, Error>((written, skipped))
            })
            .await
    }
}

/// The problems of a file as flaws of the argument that held it.
pub(crate) fn flaws(problems: &[Problem]) -> Vec<Flaw> {
    problems.iter().map(|p| Flaw::new(format!("csv, row {}, column {}", p.row, p.column), &p.problem)).collect()
}
