//! Samples on their way in: checked, kept, and settled into the value of their KRI.
//!
//! Whatever the door (a person's entry, a file, the API, a connector's run), samples come through [`write()`], inside the
//! caller's transaction, and the KRI is [`settle`]d in the same one. So a value and what it is made of never differ.
use std::collections::HashMap;

use watchkeep_model::kri::{self, Quality, Reading, State, Status, Thresholds};
use watchkeep_model::{IntegrationId, KriId, RunId, SampleId, Span, Timestamp};
use watchkeep_store::kris::{self, KriRow, Settled};
use watchkeep_store::samples::{self, NewSample, PointRow, SubjectRow};
use watchkeep_store::{Tx, integrations};

use crate::error::{Error, Flaw};

mod entry;
mod history;
mod source;
mod would;

pub use entry::Entry;
pub use source::Source;
pub(crate) use would::{improves, would_be};

/// Charts and `get_kri` go back as far; the trend looks at the last part of it.
pub const HISTORY: Span = Span::days(90);
/// A sample may be this far in the future: clocks differ.
const AHEAD: Span = Span::minutes(10);
/// The longest subject and the longest note, in characters.
pub const MAX_SUBJECT: usize = 200;
/// See [`MAX_SUBJECT`].
pub const MAX_NOTE: usize = 500;

/// What a sample says, before it is known to be possible.
#[derive(Debug, Clone)]
pub struct Statement {
    /// What it speaks of; empty for the whole.
    pub subject: String,
    /// When it was so.
    pub observed_at: Timestamp,
    /// The value; none if the state says why.
    pub value: Option<f64>,
    /// Of a share or a count: how many.
    pub numerator: Option<f64>,
    /// Of a share or a count: of how many.
    pub denominator: Option<f64>,
    /// Whether the value could be had.
    pub state: State,
    /// What was said about it.
    pub note: Option<String>,
}

impl Statement {
    /// Fills in what follows (a percentage from its parts), cleans the texts, and says what cannot be. `field` is put
    /// before the name of each field, such as `samples[3].`.
    ///
    /// # Errors
    /// Every flaw there is.
    pub fn checked(mut self, of: &KriRow, now: Timestamp, field: &str) -> Result<Self, Vec<Flaw>> {
        let mut flaws = vec![];
        let at = |name: &str| format!("{field}{name}");
        self.subject = watchkeep_model::text::clean(&self.subject, MAX_SUBJECT);
        self.note = self.note.map(|n| watchkeep_model::text::clean(&n, MAX_NOTE)).filter(|n| !n.is_empty());
        if self.observed_at > now.plus(AHEAD) {
            flaws.push(Flaw::new(
                at("observedAt"),
                format!("{} is in the future (it is {now} here): check the clock or the time zone", self.observed_at),
            ));
        }
        if self.value.is_none()
            && self.state == State::Ok
            && of.unit == kri::Unit::Percent
            && let (Some(n), Some(d)) = (self.numerator, self.denominator)
            && d > 0.0
        {
            self.value = Some(100.0 * n / d);
        }
        match (self.value, self.state) {
            (None, State::Ok) => flaws.push(Flaw::new(
                at("value"),
                "is required; if it could not be had, leave it out and say so with the state unknown, unavailable or error",
            )),
            (Some(_), State::Unknown | State::Unavailable | State::Error) => flaws.push(Flaw::new(
                at("state"),
                format!("says {}, so there can be no value: leave one of the two out", self.state),
            )),
            (_, State::Stale) => flaws.push(Flaw::new(
                at("state"),
                "stale is not for samples: it follows from observedAt and how often the KRI is expected",
            )),
            (Some(v), State::Ok) => {
                if let Err(f) = kri::check(of.unit, v, self.numerator, self.denominator) {
                    flaws.push(Flaw::new(at(f.field), f.message));
                }
            }
            (None, _) => {}
        }
        if flaws.is_empty() { Ok(self) } else { Err(flaws) }
    }
}

/// Where samples come from and who brings them.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The integration.
    pub integration: IntegrationId,
    /// The run that they came in with.
    pub run: Option<RunId>,
    /// How sure they are.
    pub quality: Quality,
    /// Who brings them: a person's address, a key's label.
    pub actor: String,
    /// When they came in.
    pub received_at: Timestamp,
}

/// Keeps one checked statement; false if the same was kept before.
///
/// # Errors
/// Of the store.
pub async fn write(
    tx: &mut Tx<'_>,
    of: &KriRow,
    from: &Origin,
    id: SampleId,
    s: &Statement,
    provenance: &serde_json::Value,
) -> Result<bool, Error> {
    let sample = sample(of, from, id, s, provenance);
    Ok(samples::add(tx, &sample, kri::fresh_until(s.observed_at, cadence(of))).await?)
}

/// A checked statement as the sample that is kept of it.
pub(crate) fn sample(
    of: &KriRow,
    from: &Origin,
    id: SampleId,
    s: &Statement,
    provenance: &serde_json::Value,
) -> NewSample {
    NewSample {
        kri: of.id,
        id,
        observed_at: s.observed_at,
        received_at: from.received_at,
        subject: s.subject.clone(),
        integration: from.integration,
        run: from.run,
        value: s.value,
        numerator: s.numerator,
        denominator: s.denominator,
        state: s.state,
        quality: from.quality,
        actor: from.actor.clone(),
        note: s.note.clone(),
        provenance: provenance.to_string(),
    }
}

/// How often a sample of this KRI is expected.
#[must_use]
pub fn cadence(of: &KriRow) -> Span {
    Span::from_micros(of.cadence_us)
}
/// The thresholds of a KRI.
#[must_use]
pub fn thresholds(of: &KriRow) -> Thresholds {
    Thresholds { direction: of.direction, amber: of.amber, red: of.red, target: of.target }
}

fn readings<'a>(rows: &'a [SubjectRow], rank: &HashMap<IntegrationId, i64>) -> Vec<Reading<'a>> {
    rows.iter()
        .map(|r| Reading {
            subject: &r.subject,
            integration: r.integration_id,
            priority: rank.get(&r.integration_id).copied().unwrap_or(i64::MAX),
            observed_at: r.observed_at,
            fresh_until: r.fresh_until,
            value: r.value,
            numerator: r.numerator,
            denominator: r.denominator,
            state: r.state,
            quality: r.quality,
        })
        .collect()
}

/// Since when the KRI has had this status: as it was kept, or as its days tell, where they came in late. Where it had
/// another one earlier today, since now.
fn since(status: Status, days: &[PointRow], row: &KriRow, changed: Timestamp, now: Timestamp) -> Timestamp {
    let streak = days.iter().rev().take_while(|p| p.status == status).last().map(|p| p.day);
    match row.status_since {
        Some(kept) if row.status == status && changed >= kept.start_of_day() => kept,
        Some(kept) if row.status == status => streak.map_or(kept, |streak| streak.min(kept)),
        Some(kept) if kept >= now.start_of_day() => now,
        _ => streak.unwrap_or(now),
    }
}

/// How bad a colour is, beside the others.
const fn badness(s: Status) -> u8 {
    match s {
        Status::Green => 0,
        Status::Unknown => 1,
        Status::Amber => 2,
        Status::Red => 3,
    }
}

/// The worse of two colours for the same value.
fn worse(a: Status, b: Status) -> Status {
    if badness(b) > badness(a) { b } else { a }
}

/// Computes the value of a KRI anew from the latest of its subjects and writes it, together with the points of the days
/// from `changed` on. Returns what was written.
///
/// # Errors
/// Of the store; [`crate::Kind::NotFound`] if the KRI is gone.
pub async fn settle(tx: &mut Tx<'_>, id: KriId, changed: Timestamp, now: Timestamp) -> Result<Settled, Error> {
    settle_from(tx, id, changed, now, Before::Kept).await
}

/// The same after a sample of `changed` was taken back: the days from then on are made as if it had never been, and the
/// colour that it gave is no part of the past.
///
/// # Errors
/// As [`settle`].
pub async fn settle_without(tx: &mut Tx<'_>, id: KriId, changed: Timestamp, now: Timestamp) -> Result<Settled, Error> {
    samples::drop_points(tx, id, history::first(changed, now.start_of_day())).await?;
    settle_from(tx, id, changed, now, Before::History).await
}

/// Which status counts as the one before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The one that the KRI has.
    Kept,
    /// The one that it had at the end of the last day.
    History,
}

async fn settle_from(
    tx: &mut Tx<'_>,
    id: KriId,
    changed: Timestamp,
    now: Timestamp,
    before: Before,
) -> Result<Settled, Error> {
    let row = kris::by_id_in(tx, id, now).await?.ok_or_else(|| Error::not_found("the KRI is not there any more"))?;
    let rank: HashMap<_, _> = integrations::names_in(tx).await?.into_iter().map(|i| (i.id, i.priority)).collect();
    let today = now.start_of_day();
    let mut points = samples::points_in(tx, id, today.minus(HISTORY)).await?;
    points.retain(|p| p.day < today);
    // days on which nobody said anything have their points, too
    let silent = points.last().map_or(today, |p| p.day.plus(Span::days(1)));
    let anew = changed.start_of_day().min(silent);
    if anew < today {
        history::rebuild(tx, &row, &rank, anew, today).await?;
        points = samples::points_in(tx, id, today.minus(HISTORY)).await?;
        points.retain(|p| p.day < today);
    }
    let rows = samples::subjects(tx, id).await?;
    let a = kri::aggregate(row.aggregation, row.direction, &readings(&rows, &rank), now);
    let t = thresholds(&row);
    let judged = |before| kri::judge(a.value, a.denominator, a.state, &t, row.unit, row.per_thousand, before);
    // what came in late may tell that it was worse yesterday than anybody knew
    let yesterday = points.last().filter(|_| anew < today).map(|p| judged(p.status));
    let status = match before {
        Before::Kept => yesterday.map_or(judged(row.status), |then| worse(judged(row.status), then)),
        Before::History => judged(points.last().map_or(Status::Unknown, |p| p.status)),
    };
    let line: Vec<(Timestamp, f64)> = points
        .iter()
        .filter(|p| p.state == State::Ok)
        .filter_map(|p| Some((p.day, p.value?)))
        .chain(a.value.filter(|_| a.state == State::Ok).map(|v| (today, v)))
        .collect();
    let trend = kri::trend(&line, row.direction, row.unit, &t);

    // a list may show the value until all of it is stale; it is settled again as soon as any part of it is
    let fresh = rows.iter().filter(|r| r.state == State::Ok && r.value.is_some() && r.fresh_until >= now);
    let last = fresh.clone().map(|r| r.fresh_until).max();
    let first = fresh.map(|r| r.fresh_until).min();
    let also: Vec<String> = a.also.iter().map(ToString::to_string).collect();
    let settled = Settled {
        value: a.value,
        numerator: a.numerator,
        denominator: a.denominator,
        state: a.state,
        status,
        status_since: Some(since(status, &points, &row, changed, now)),
        trend: trend.trend,
        slope_per_day: trend.slope_per_day,
        quality: a.quality,
        observed_at: a.observed_at,
        fresh_until: last.or(a.fresh_until),
        refresh_at: first.map(|t| t.plus(Span::from_micros(1))),
        source: a.source,
        also: serde_json::Value::from(also).to_string(),
        subjects: i64::try_from(a.subjects).unwrap_or(i64::MAX),
        missing: i64::try_from(a.missing).unwrap_or(i64::MAX),
    };
    kris::settle(tx, id, &settled).await?;
    if a.subjects > 0 {
        let point = PointRow { day: today, value: a.value, state: a.state, status };
        samples::put_point(tx, id, &point).await?;
    }
    Ok(settled)
}
