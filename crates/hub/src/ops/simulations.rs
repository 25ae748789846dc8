//! Loss simulations. This version runs none, and says so.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use watchkeep_model::{EntryId, Timestamp};

use crate::{Ctx, Doors, Error, Op, Page, Paging, Read, Verb};

/// The loss of a year over all risks, in money.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TotalLoss {
    /// Of an average year.
    pub mean: f64,
    /// In 1 of 10 years it is no more than this.
    pub p10: f64,
    /// In half of the years it is no more than this.
    pub p50: f64,
    /// In 9 of 10 years it is no more than this.
    pub p90: f64,
    /// In 99 of 100 years it is no more than this.
    pub p99: f64,
}

/// A loss simulation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Simulation {
    /// Its id.
    pub id: EntryId,
    /// Its name.
    pub name: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Who started it.
    pub by: String,
    /// How it ended; running while it runs.
    pub status: String,
    /// How many years were drawn.
    pub trials: i64,
    /// What they were drawn from.
    pub seed: i64,
    /// The version of the engine.
    pub engine_version: String,
    /// The loss of a year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_loss: Option<TotalLoss>,
    /// How likely any loss is, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability_of_loss: Option<f64>,
    /// The slugs of the risks with the largest shares.
    pub top_contributors: Vec<String>,
    /// SHA-256 of its inputs.
    pub input_hash: String,
}

/// Lists simulations.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListSimulations {
    /// Limit and cursor.
    #[serde(flatten)]
    pub page: Paging,
}

impl Op for ListSimulations {
    const NAME: &'static str = "list_simulations";
    const TITLE: &'static str = "List simulations";
    const ABOUT: &'static str = "Loss simulations of this tenant. This version of the hub runs none, so the list is empty: that says nothing about the losses. The annual losses of list_risks and list_outcomes are people's words.";
    const DOORS: Doors = Doors::risk().rest(Verb::Get, "/simulations").repeatable();
    type Cap = Read;
    type Answer = Page<Simulation>;

    async fn run(self, cx: Ctx<Read>) -> Result<Page<Simulation>, Error> {
        let _start: Option<String> = cx.after(&self.page)?;
        cx.page(vec![], &self.page, |s: &Simulation| s.id.to_string())
    }
}
