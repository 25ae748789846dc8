//! Integrations: where the KRIs come from, and how their last runs went.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use watchkeep_model::kri::SourceKind;
use watchkeep_model::{IntegrationId, RunId, Timestamp};
use watchkeep_store::integrations::{self as store, IntegrationRow};

use crate::{Ctx, Doors, Error, Op, Page, Paging, Read, Verb};

/// How an integration is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// The last run went well.
    Ok,
    /// The last run failed.
    Failing,
    /// A run is under way.
    Running,
    /// It has not run yet.
    NeverRun,
    /// It lacks its authorization.
    Reauthorize,
    /// It is switched off.
    Disabled,
}

impl Health {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failing => "failing",
            Self::Running => "running",
            Self::NeverRun => "never_run",
            Self::Reauthorize => "reauthorize",
            Self::Disabled => "disabled",
        }
    }
    /// In the order of the store's filter: what is off needs nothing, what lacks authorization cannot run.
    fn of(i: &IntegrationRow) -> Self {
        match (i.enabled, i.auth_state.as_str(), i.run_status.as_deref()) {
            (false, ..) => Self::Disabled,
            (_, auth, _) if auth != "ok" && auth != "none" => Self::Reauthorize,
            (.., None) => Self::NeverRun,
            (.., Some("failed")) => Self::Failing,
            (.., Some("running")) => Self::Running,
            _ => Self::Ok,
        }
    }
}

/// The last run of an integration.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastRun {
    /// Its id.
    pub id: RunId,
    /// When it began.
    pub at: Timestamp,
    /// When it ended; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How it ended: ok, partial or failed; running while it runs.
    pub status: String,
    /// Samples written.
    pub written: i64,
    /// Samples skipped, because they were known already.
    pub skipped: i64,
    /// Calls made to the vendor.
    pub calls: i64,
    /// Calls allowed in a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<i64>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A source of KRIs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Integration {
    /// Its id.
    pub id: IntegrationId,
    /// Its name, unique in the tenant.
    pub name: String,
    /// The vendor whose tool it reads.
    pub vendor: String,
    /// What kind of source it is.
    pub source_type: SourceKind,
    /// True if evidence can be pushed into it.
    pub is_drop_zone: bool,
    /// When it runs by itself, as a cron line in UTC; absent if it never does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// False if it is switched off.
    pub enabled: bool,
    /// How it is doing.
    pub health: Health,
    /// Its authorization: none if it needs none, ok, or what is missing.
    pub auth_state: String,
    /// Which of two sources wins for the same subject: the lower number.
    pub priority: i64,
    /// The last run; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_run: Option<LastRun>,
    /// When it runs next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_run_at: Option<Timestamp>,
    /// Proposals from it that wait for a person; list_proposals tells them.
    pub open_proposals: i64,
    /// True for demo data.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
}

impl From<IntegrationRow> for Integration {
    fn from(i: IntegrationRow) -> Self {
        let health = Health::of(&i);
        let last_run = match (i.run_id, i.run_at, i.run_status) {
            (Some(id), Some(at), Some(status)) => Some(LastRun {
                id,
                at,
                ended_at: i.run_ended_at,
                status,
                written: i.run_written.unwrap_or_default(),
                skipped: i.run_skipped.unwrap_or_default(),
                calls: i.run_calls.unwrap_or_default(),
                cap: i.run_cap,
                error: i.run_error,
            }),
            _ => None,
        };
        Self {
            id: i.id,
            name: i.name,
            vendor: i.vendor,
            source_type: i.source_kind,
            is_drop_zone: i.source_kind == SourceKind::DropZone,
            schedule: i.schedule,
            enabled: i.enabled,
            health,
            auth_state: i.auth_state,
            priority: i.priority,
            last_run,
            next_run_at: i.next_run_at,
            open_proposals: i.open_proposals,
            demo: i.demo,
        }
    }
}

/// Lists integrations.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListIntegrations {
    /// Only sources of this kind.
    pub kind: Option<SourceKind>,
    /// Only sources that are doing so.
    pub health: Option<Health>,
    /// Limit and cursor.
    #[serde(flatten)]
    pub page: Paging,
}

impl Op for ListIntegrations {
    const NAME: &'static str = "list_integrations";
    const TITLE: &'static str = "List integrations";
    const ABOUT: &'static str =
        "All KRI sources of this tenant with vendor, schedule and the health of their last run, by name.";
    const DOORS: Doors = Doors::risk().rest(Verb::Get, "/integrations").repeatable();
    const OUTSIDE: &'static [&'static str] = &["items[].name", "items[].vendor", "items[].lastRun.error"];
    type Cap = Read;
    type Answer = Page<Integration>;

    async fn run(self, cx: Ctx<Read>) -> Result<Page<Integration>, Error> {
        let after: String = cx.after(&self.page)?.unwrap_or_default();
        let filter = store::Filter {
            kind: self.kind.map(|k| k.as_str().to_owned()).unwrap_or_default(),
            health: self.health.map(|h| h.as_str().to_owned()).unwrap_or_default(),
        };
        let rows = store::page(cx.db(), &filter, &after, self.page.fetch()).await?;
        cx.page(rows.into_iter().map(Integration::from).collect(), &self.page, |i| i.name.clone())
    }
}
