//! One KRI: its history, and where its value comes from, down to the sample.
use data_encoding::HEXLOWER;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use watchkeep_model::kri::{State, Status, downsample};
use watchkeep_model::text;
use watchkeep_model::{ArtifactId, IntegrationId, ProposalId, RunId, SampleId, Timestamp};
use watchkeep_store::register::kris as fed;
use watchkeep_store::samples::{self, PointRow, SubjectRow};
use watchkeep_store::{Reader, artifacts, proposals, runs};

use super::{Kri, find, sources};
use crate::ingest::HISTORY;
use crate::proposals::Cited;
use crate::{Ctx, Doors, Error, Op, Read, Verb};

/// Points of the history at most, and subjects whose lineage is told.
const MOST_POINTS: usize = 92;
const MOST_SUBJECTS: usize = 20;

/// The value at the end of a day.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KriPoint {
    /// The day, as its first moment in UTC.
    pub at: Timestamp,
    /// The value; absent where it was not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Whether the value could be had.
    pub state: State,
    /// The status it had.
    pub status: Status,
}

/// The run that brought a sample.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineageRun {
    /// Its id.
    pub id: RunId,
    /// When it began.
    pub at: Timestamp,
    /// How it ended.
    pub status: String,
    /// Who started it.
    pub started_by: String,
}

/// The evidence that a value was read from: what was pushed, where in it the value stands, and who accepted it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The artifact.
    pub artifact_id: ArtifactId,
    /// SHA-256 of its bytes in hex.
    pub sha256: String,
    /// The name of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// What it was recognised as.
    pub format: String,
    /// Who pushed it.
    pub pushed_by: String,
    /// By which door: mcp, api, webhook or command_line.
    pub via: String,
    /// The program that it was pushed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The bytes of the artifact that the value was read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Cited>,
    /// The proposal.
    pub proposal_id: ProposalId,
    /// How sure the reading was.
    pub confidence: f64,
    /// Why it was so sure, and how the value came about.
    pub reasoning: String,
    /// Who accepted it: gate, or a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_by: Option<String>,
}

/// The latest sample of one subject: what the value is made of.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lineage {
    /// What it speaks of; empty for the whole.
    pub subject: String,
    /// The integration that it came from.
    pub integration_id: IntegrationId,
    /// The integration's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration: Option<String>,
    /// The sample's id.
    pub sample_id: SampleId,
    /// What it said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Whether the value could be had, as of now.
    pub state: State,
    /// When it was so.
    pub observed_at: Timestamp,
    /// Until when it counts as fresh.
    pub fresh_until: Timestamp,
    /// When it came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// Who brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What was said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The run that brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<LineageRun>,
    /// Where in it the value stood: file and row, request and place, call, page and path.
    pub provenance: Map<String, Value>,
    /// The evidence that it was read from, for a value out of a Drop Zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// A control that a KRI measures.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FedControl {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What the KRI says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// How much that counts beside others of the same role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// How well it works, 0 to 1, by a person's word; absent where that is not known, or not any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effectiveness: Option<f64>,
}

/// A risk that a KRI reaches.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReachedRisk {
    /// Its slug.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// How bad it is, 0 to 100; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_score: Option<f64>,
    /// True if the KRI tells of it directly, false if through a control.
    pub direct: bool,
}

/// What the register says about a KRI.
async fn around(
    db: Reader<'_>,
    kri: watchkeep_model::KriId,
    now: Timestamp,
) -> Result<(Vec<FedControl>, Vec<ReachedRisk>), Error> {
    let controls = fed::controls(db, kri, now).await?;
    let controls = controls.into_iter().map(|c| FedControl {
        effectiveness: c.effectiveness.filter(|_| !c.stale),
        code: c.code,
        name: c.name,
        role: c.role,
        weight: c.weight,
    });
    let direct = fed::direct_risks(db, kri).await?.into_iter().map(|r| (r, true));
    let mut risks: Vec<(fed::ReachedRisk, bool)> = direct.collect();
    for risk in fed::risks(db, kri).await? {
        if risks.iter().all(|(known, _)| known.key != risk.key) {
            risks.push((risk, false));
        }
    }
    let risks = risks.into_iter().map(|(r, direct)| ReachedRisk {
        slug: r.code,
        title: r.name,
        current_score: r.current_score,
        direct,
    });
    Ok((controls.collect(), risks.collect()))
}

/// A key risk indicator with its history and the lineage of its value.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KriDetail {
    /// The KRI as list_kris tells it.
    #[serde(flatten)]
    pub kri: Kri,
    /// What it measures.
    pub about: String,
    /// The catalogue signal that it follows; absent for one of the tenant's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Until when the value counts as fresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fresh_until: Option<Timestamp>,
    /// The controls that it measures.
    pub controls: Vec<FedControl>,
    /// The risks that it reaches, those that it tells of directly first.
    pub risks: Vec<ReachedRisk>,
    /// The values of the last 90 days, oldest first, at most one a day.
    pub samples: Vec<KriPoint>,
    /// What the current value is made of: the latest sample of each subject, at most 20, the worst first.
    pub lineage: Vec<Lineage>,
}

/// Gets one KRI.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GetKri {
    /// The id or the slug of the KRI.
    #[schemars(length(min = 1, max = 100))]
    pub id: String,
}

impl Op for GetKri {
    const NAME: &'static str = "get_kri";
    const TITLE: &'static str = "Get a KRI";
    const ABOUT: &'static str = "One key risk indicator: value, thresholds, the controls it measures, the risks it \
                                 reaches, 90 days of values, and the lineage of the \
                                 current value from integration and run to the sample it was taken from.";
    const DOORS: Doors = Doors::risk().rest(Verb::Get, "/kris/{id}").repeatable();
    const OUTSIDE: &'static [&'static str] = &[
        "name",
        "about",
        "controls[].name",
        "risks[].title",
        "source.name",
        "alsoSources[].name",
        "lineage[].subject",
        "lineage[].integration",
        "lineage[].note",
        "lineage[].by",
        "lineage[].provenance",
        "lineage[].evidence",
    ];
    type Cap = Read;
    type Answer = KriDetail;

    async fn run(self, cx: Ctx<Read>) -> Result<KriDetail, Error> {
        let (db, now) = (cx.db(), cx.now());
        let row = find(db, &self.id, now).await?;
        cx.about(&row.slug);
        let points = samples::points(db, row.id, now.start_of_day().minus(HISTORY)).await?;
        let mut subjects = samples::subjects_now(db, row.id).await?;
        let by_badness = |v: Option<f64>| v.unwrap_or(f64::NAN);
        subjects.sort_by(|a, b| row.direction.compare(by_badness(b.value), by_badness(a.value)));
        subjects.truncate(MOST_SUBJECTS);
        let names = sources(db).await?.names;
        let mut lineage = Vec::with_capacity(subjects.len());
        for s in subjects {
            let name = names.get(&s.integration_id).map(|i| i.name.clone());
            lineage.push(trace(db, row.id, s, name, now).await?);
        }
        let (controls, risks) = around(db, row.id, now).await?;
        Ok(KriDetail {
            about: row.about.clone(),
            signal: row.signal.clone(),
            owner: row.owner.clone(),
            fresh_until: row.fresh_until,
            controls,
            risks,
            samples: thin(&points),
            lineage,
            kri: Kri::new(row, &names),
        })
    }
}

fn thin(points: &[PointRow]) -> Vec<KriPoint> {
    let line: Vec<(Timestamp, Option<f64>)> = points.iter().map(|p| (p.day, p.value)).collect();
    downsample(&line, MOST_POINTS)
        .into_iter()
        .filter_map(|i| points.get(i))
        .map(|p| KriPoint { at: p.day, value: p.value, state: p.state, status: p.status })
        .collect()
}

async fn trace(
    db: Reader<'_>,
    kri: watchkeep_model::KriId,
    s: SubjectRow,
    integration: Option<String>,
    now: Timestamp,
) -> Result<Lineage, Error> {
    let sample = samples::get(db, kri, s.observed_at, s.sample_id).await?;
    let run = match sample.as_ref().and_then(|s| s.run_id) {
        Some(id) => runs::get(db, id).await?,
        None => None,
    };
    let state = if s.state == State::Ok && s.fresh_until < now { State::Stale } else { s.state };
    let provenance: Map<String, Value> =
        sample.as_ref().and_then(|s| serde_json::from_str(&s.provenance).ok()).unwrap_or_default();
    let evidence = evidence(db, &provenance).await?;
    let (received_at, by, note) = sample.map(|s| (Some(s.received_at), Some(s.actor), s.note)).unwrap_or_default();
    Ok(Lineage {
        subject: s.subject,
        integration_id: s.integration_id,
        integration,
        sample_id: s.sample_id,
        value: s.value,
        state,
        observed_at: s.observed_at,
        fresh_until: s.fresh_until,
        received_at,
        by,
        note,
        run: run.map(|r| LineageRun { id: r.id, at: r.started_at, status: r.status, started_by: r.started_by }),
        provenance,
        evidence,
    })
}

/// What stands behind a value that was read out of a Drop Zone.
async fn evidence(db: Reader<'_>, provenance: &Map<String, Value>) -> Result<Option<Evidence>, Error> {
    let id = |name: &str| provenance.get(name).and_then(Value::as_str);
    let artifact = id("artifactId").and_then(|a| a.parse::<ArtifactId>().ok());
    let proposal = id("proposalId").and_then(|p| p.parse::<ProposalId>().ok());
    let Some((artifact, proposal)) = artifact.zip(proposal) else { return Ok(None) };
    let (Some(a), Some(p)) = (artifacts::get(db, artifact).await?, proposals::get(db, proposal).await?) else {
        return Ok(None);
    };
    Ok(Some(Evidence {
        artifact_id: a.id,
        sha256: HEXLOWER.encode(&a.sha256),
        filename: a.filename,
        format: a.format,
        pushed_by: a.pushed_by,
        via: a.via,
        client: a.client,
        span: p.span_start.zip(p.span_end).map(|(start, end)| Cited { start, end }),
        proposal_id: p.id,
        confidence: p.confidence,
        reasoning: text::clean(&p.reasoning, 500),
        accepted_by: p.decided_by,
    }))
}
