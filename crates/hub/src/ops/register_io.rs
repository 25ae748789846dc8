//! The register in files over the API: import with a preview, and export.
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use watchkeep_model::register::Kind;

use crate::exchange::{self, Applied, Counts, Problem};
use crate::op::Rate;
use crate::{Ctx, Doors, Error, Op, Read, Verb, Write, register};

/// Imports entries of the register.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportRegister {
    /// The file: CSV, whose first line names the columns, or JSON: a list of entries, or an object of such lists by kind
    /// as an export gives it.
    #[schemars(length(min = 1, max = 2_000_000))]
    pub content: String,
    /// What kind of entries the file holds; may be left out for JSON that says it itself.
    pub kind: Option<Kind>,
    /// True to keep the rows; false or left out for a preview that writes nothing.
    #[serde(default)]
    pub apply: bool,
    /// True to keep the good rows although others have problems.
    #[serde(default)]
    pub skip_bad: bool,
}

/// What is in a file, and what became of it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportedRegister {
    /// True if rows were kept.
    pub applied: bool,
    /// Rows in the file.
    pub rows: usize,
    /// Rows that can be kept.
    pub good: usize,
    /// What is wrong with the others, at most 200.
    pub problems: Vec<Problem>,
    /// What would become of the good ones, or became, by kind.
    pub kinds: BTreeMap<Kind, Counts>,
    /// Entries that were made.
    pub made: usize,
    /// Entries that were changed.
    pub changed: usize,
    /// Entries that were so already.
    pub same: usize,
}

impl Op for ImportRegister {
    const NAME: &'static str = "import_register";
    const TITLE: &'static str = "Import the register";
    const ABOUT: &'static str = "Reads a CSV or JSON file of controls, risks, outcomes, vendors, assets, applications or people and tells what would happen, or keeps it with apply. An entry is found again by its code; what the file does not say stays as it is.";
    const DOORS: Doors = Doors::api().rest(Verb::Post, "/imports/register").rate(Rate::Heavy).repeatable();
    type Cap = Write;
    type Answer = ImportedRegister;

    async fn run(self, cx: Ctx<Write>) -> Result<ImportedRegister, Error> {
        let (hub, scope) = (cx.hub().clone(), cx.access().scope.clone());
        let file = exchange::read(self.kind, self.content.as_bytes())?;
        let checked = exchange::check(&hub, &scope, file).await?;
        if self.apply && !checked.problems.is_empty() && !self.skip_bad {
            return Err(Error::invalid(checked.flaws()));
        }
        let (rows, good) = (checked.rows, checked.good());
        let (problems, kinds) = (checked.problems.clone(), checked.counts.clone());
        let done: Option<Applied> = if self.apply && good > 0 {
            Some(exchange::apply(hub, scope, cx.call().clone(), checked).await?)
        } else {
            None
        };
        cx.about("register");
        cx.write(async move |_| {
            let Applied { made, changed, same } = done.unwrap_or_default();
            Ok(ImportedRegister {
                applied: done.is_some(),
                rows,
                good,
                problems: problems.clone(),
                kinds: kinds.clone(),
                made,
                changed,
                same,
            })
        })
        .await
    }
}

/// Exports the register.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportRegister {
    /// Only entries of this kind; all if left out.
    pub kind: Option<Kind>,
    /// True for a CSV file instead of JSON; needs a kind.
    #[serde(default)]
    pub csv: bool,
}

/// A register, as the import takes it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedRegister {
    /// Always `watchkeep-register`.
    pub format: String,
    /// The version of the format.
    pub version: u32,
    /// The tenant's slug.
    pub tenant: String,
    /// The entries of the kind as a CSV file, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csv: Option<String>,
    /// The people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<Vec<Map<String, Value>>>,
    /// The assets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assets: Option<Vec<Map<String, Value>>>,
    /// The applications.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applications: Option<Vec<Map<String, Value>>>,
    /// The vendors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendors: Option<Vec<Map<String, Value>>>,
    /// The controls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controls: Option<Vec<Map<String, Value>>>,
    /// The risks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risks: Option<Vec<Map<String, Value>>>,
    /// The outcomes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcomes: Option<Vec<Map<String, Value>>>,
}

impl ExportedRegister {
    /// One with no entries yet.
    #[must_use]
    pub fn new(tenant: &str) -> Self {
        Self {
            format: exchange::FORMAT.to_owned(),
            version: exchange::VERSION,
            tenant: tenant.to_owned(),
            csv: None,
            people: None,
            assets: None,
            applications: None,
            vendors: None,
            controls: None,
            risks: None,
            outcomes: None,
        }
    }

    /// Puts the entries of a kind in.
    pub fn put(&mut self, kind: Kind, entries: Vec<Map<String, Value>>) {
        let place = match kind {
            Kind::Person => &mut self.people,
            Kind::Asset => &mut self.assets,
            Kind::Application => &mut self.applications,
            Kind::Vendor => &mut self.vendors,
            Kind::Control => &mut self.controls,
            Kind::Risk => &mut self.risks,
            Kind::Outcome => &mut self.outcomes,
        };
        *place = Some(entries);
    }
}

impl Op for ExportRegister {
    const NAME: &'static str = "export_register";
    const TITLE: &'static str = "Export the register";
    const ABOUT: &'static str =
        "The whole register, or one kind of entry, in the form that the import takes; archived entries are left out.";
    const DOORS: Doors = Doors::api().rest(Verb::Get, "/exports/register").rate(Rate::Heavy);
    type Cap = Read;
    type Answer = ExportedRegister;

    async fn run(self, cx: Ctx<Read>) -> Result<ExportedRegister, Error> {
        let db = cx.db();
        let mut whole = ExportedRegister::new(cx.access().scope.slug().as_str());
        match (self.kind, self.csv) {
            (None, true) => return Err(Error::flaw("kind", "is required for CSV: a table holds one kind of entry")),
            (Some(kind), true) => whole.csv = Some(exchange::csv(kind, &register::all(db, kind).await?)?),
            (kind, false) => {
                for of in exchange::ORDER.into_iter().filter(|of| kind.is_none_or(|kind| kind == *of)) {
                    whole.put(of, exchange::objects(of, &register::all(db, of).await?));
                }
            }
        }
        cx.about("register");
        Ok(whole)
    }
}
