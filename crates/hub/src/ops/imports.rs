//! Import of KRI samples from a CSV file over the API: a preview, and the same call again with `apply`.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use watchkeep_model::RunId;
use watchkeep_store::Call;

use crate::import::{self, Applied, Problem};
use crate::op::Rate;
use crate::{Ctx, Doors, Error, Op, Verb, Write};

/// Imports KRI samples.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportKriSamples {
    /// The file: its first line names the columns kri, value, numerator, denominator, subject, observed_at, state, note.
    #[schemars(length(min = 1, max = 2_000_000))]
    pub csv: String,
    /// The name it had.
    #[schemars(length(min = 1, max = 120))]
    pub filename: Option<String>,
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
pub struct Imported {
    /// True if rows were kept.
    pub applied: bool,
    /// Rows in the file.
    pub rows: usize,
    /// Rows that can be kept.
    pub good: usize,
    /// What is wrong with the others, at most 200.
    pub problems: Vec<Problem>,
    /// The KRIs that the rows are for.
    pub kris: Vec<String>,
    /// Those of them that are made of the catalogue by this import.
    pub new_kris: Vec<String>,
    /// The run that the samples were kept under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// Samples kept.
    pub written: i64,
    /// Samples known already.
    pub skipped: i64,
}

impl Op for ImportKriSamples {
    const NAME: &'static str = "import_kri_samples";
    const TITLE: &'static str = "Import KRI samples";
    const ABOUT: &'static str = "Reads a CSV file of KRI samples and tells what would happen, or keeps them with apply. Rows with a date that were kept before are skipped.";
    const DOORS: Doors = Doors::api().rest(Verb::Post, "/imports/kris").rate(Rate::Heavy).repeatable();
    type Cap = Write;
    type Answer = Imported;

    async fn run(self, cx: Ctx<Write>) -> Result<Imported, Error> {
        let (hub, scope) = (cx.hub().clone(), cx.access().scope.clone());
        let checked = import::check(&hub, &scope, self.csv.as_bytes(), cx.now()).await?;
        if self.apply && !checked.problems.is_empty() && !self.skip_bad {
            return Err(Error::invalid(import::flaws(&checked.problems)));
        }
        let (rows, good, problems) = (checked.rows, checked.good(), checked.problems.clone());
        let kris: Vec<String> = checked.kris().map(str::to_owned).collect();
        let new_kris: Vec<String> = checked.new_kris().map(str::to_owned).collect();
        let done: Option<Applied> = if self.apply && good > 0 {
            let call: Call = cx.call().clone();
            let file = self.filename.unwrap_or_else(|| "import.csv".to_owned());
            Some(import::apply(hub, scope, call, checked, file).await?)
        } else {
            None
        };
        if let Some(d) = &done {
            cx.about(d.run_id);
        }
        cx.write(async move |_| {
            Ok(Imported {
                applied: done.is_some(),
                rows,
                good,
                problems: problems.clone(),
                kris: kris.clone(),
                new_kris: new_kris.clone(),
                run_id: done.as_ref().map(|d| d.run_id),
                written: done.as_ref().map_or(0, |d| d.written),
                skipped: done.as_ref().map_or(0, |d| d.skipped),
            })
        })
        .await
    }
}
