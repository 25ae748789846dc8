//! The queue of proposals, and how often the gate was right. Nothing here decides: that takes a person's session, or the
//! operator at the command line.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use watchkeep_model::autonomy::{ProposalKind, ProposalStatus};
use watchkeep_model::{IntegrationId, ProposalId};
use watchkeep_store::{integrations, proposals as store};

use crate::dropzone::no_zone;
use crate::proposals::lineage::{LineageSpan, lineage};
use crate::proposals::{Autonomy, Proposal, autonomy};
use crate::{Ctx, Doors, Error, Op, Page, Paging, Read, Verb};

/// Lists proposals.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListProposals {
    /// Only proposals with this status: pending if left out, which is the review queue.
    pub status: Option<ProposalStatus>,
    /// Only proposals of this type.
    #[serde(rename = "type")]
    pub kind: Option<ProposalKind>,
    /// Only proposals from this integration.
    pub integration_id: Option<IntegrationId>,
    /// Only proposals for this KRI or signal, by its slug.
    #[schemars(length(min = 1, max = 100))]
    pub kri: Option<String>,
    /// Limit and cursor.
    #[serde(flatten)]
    pub page: Paging,
}

impl Op for ListProposals {
    const NAME: &'static str = "list_proposals";
    const TITLE: &'static str = "List proposals";
    const ABOUT: &'static str = "The AI proposal queue: what was read out of evidence and waits for a person's review, with \
                                 value, confidence and reasoning, newest first. Deciding is done by a person, not here.";
    const DOORS: Doors = Doors::risk().rest(Verb::Get, "/proposals").repeatable();
    const OUTSIDE: &'static [&'static str] = Proposal::OUTSIDE;
    type Cap = Read;
    type Answer = Page<Proposal>;

    async fn run(self, cx: Ctx<Read>) -> Result<Page<Proposal>, Error> {
        let before: ProposalId = cx.after(&self.page)?.unwrap_or(ProposalId::new(Uuid::max()));
        if let Some(of) = self.integration_id
            && integrations::get(cx.db(), of).await?.is_none()
        {
            return Err(no_zone());
        }
        let filter = store::Filter {
            status: Some(self.status.unwrap_or(ProposalStatus::Pending)),
            kind: self.kind,
            integration: self.integration_id,
            signal: self.kri.unwrap_or_default(),
        };
        let rows = store::page(cx.db(), &filter, before, self.page.fetch()).await?;
        cx.page(rows.into_iter().map(Proposal::from).collect(), &self.page, |p| p.id)
    }
}

/// Tells how often the gate was right.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProposalLineage {
    /// Only proposals of this type.
    #[serde(rename = "type")]
    pub kind: Option<ProposalKind>,
    /// How many days back: 90 if left out.
    #[schemars(range(min = 1, max = 366))]
    pub days: Option<u16>,
}

/// How often the gate was right, and how much it may accept by itself.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GateRecord {
    /// What holds now, by type of proposal.
    pub autonomy: Vec<Autonomy>,
    /// The decisions by week and type, newest first.
    pub weeks: Vec<LineageSpan>,
}

impl Op for ProposalLineage {
    const NAME: &'static str = "proposal_lineage";
    const TITLE: &'static str = "Proposal lineage";
    const ABOUT: &'static str = "Decisions about proposals by week and type: what the gate accepted, queued and dismissed, what \
                                 people made of it, and the precision that follows.";
    const DOORS: Doors = Doors::api().rest(Verb::Get, "/proposals/lineage").repeatable();
    const OUTSIDE: &'static [&'static str] = &["autonomy[].changedBy"];
    type Cap = Read;
    type Answer = GateRecord;

    async fn run(self, cx: Ctx<Read>) -> Result<GateRecord, Error> {
        let weeks = lineage(cx.db(), self.kind, i64::from(self.days.unwrap_or(90)), cx.now()).await?;
        Ok(GateRecord { autonomy: autonomy(cx.db()).await?, weeks })
    }
}
