//! Demo data: two tenants with 90 days of history, as a pure function of a seed and an end.
//!
//! The same seed and end give the same data, everywhere; nothing is later than the end. It is marked wherever it can be
//! seen: the names of tenants and integrations end in `(demo)`, and addresses are under `.example` (RFC 2606), where no
//! mail arrives. It is plain data and is loaded through the product's own doors, like anybody's.
//!
//! `acme` is a maker of things with three plants. What happened to it in the 90 days: a patch programme that works; a
//! phishing mail that became an incident, 26 days ago; a backup tool whose access ran out, 9 days ago; a mail tool
//! without the licence for data loss; one repository that is no longer scanned; a plant with old machines. `contoso`, a
//! shipper, has other values under many of the same names.
//!
//! To change a story, change its line in `acme.rs` or `contoso.rs`; what a line can say is in `series.rs`.

use watchkeep_model::catalog::{self, Category};
use watchkeep_model::kri::{Aggregation, Quality, SourceKind, State, Thresholds, Unit};
use watchkeep_model::{KriSlug, Role, Slug, Span, Timestamp};

mod acme;
mod chance;
mod contoso;
mod evidence;
mod load;
mod register;
mod series;
mod story;

pub use evidence::load_evidence;
pub use load::{load, load_one};
pub use register::{DemoAcceptance, DemoAction, DemoRegister};

/// How many days the history goes back.
pub const DAYS: i64 = 90;

/// A tenant with everything in it.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoTenant {
    /// Its slug.
    pub slug: Slug,
    /// Its name, with `(demo)` at the end.
    pub name: String,
    /// Who may look at it. One of them is in both tenants.
    pub people: Vec<DemoPerson>,
    /// Where its values come from.
    pub integrations: Vec<DemoIntegration>,
    /// What it watches.
    pub kris: Vec<DemoKri>,
    /// The history, in the order of time.
    pub samples: Vec<DemoSample>,
    /// What stands around its KRIs: controls, risks, vendors and the rest.
    pub register: DemoRegister,
}

/// A person and what they may do in the tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoPerson {
    /// The name.
    pub name: String,
    /// The address; the same one in two tenants is the same person.
    pub email: String,
    /// The role in this tenant.
    pub role: Role,
    /// True if this is the person's own tenant.
    pub home: bool,
}

/// A source of values.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoIntegration {
    /// Its name, unique in the tenant, with `(demo)` at the end.
    pub name: String,
    /// Who makes the tool.
    pub vendor: String,
    /// By which way values come in.
    pub kind: SourceKind,
    /// When it runs by itself, as a cron line; none where something comes in when it comes.
    pub schedule: Option<String>,
    /// False if its access has run out.
    pub authorized: bool,
}

/// A KRI of the tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoKri {
    /// Its slug, unique in the tenant.
    pub slug: KriSlug,
    /// The slug of the signal that it follows; none for one of the tenant's own.
    pub signal: Option<&'static str>,
    /// Its name.
    pub name: String,
    /// What it measures, in a sentence.
    pub about: String,
    /// What it is about.
    pub category: Category,
    /// What its value is.
    pub unit: Unit,
    /// The tenant's thresholds, where they differ from the signal's its own.
    pub thresholds: Thresholds,
    /// How values of many subjects become one.
    pub aggregation: Aggregation,
    /// True if it is judged per 1,000 assets.
    pub per_thousand: bool,
    /// How often a value is expected.
    pub cadence: Span,
    /// The address of the person who answers for it.
    pub owner: Option<String>,
}

/// One value, or why there was none.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoSample {
    /// Of which KRI: its place in [`DemoTenant::kris`].
    pub kri: usize,
    /// From where: its place in [`DemoTenant::integrations`].
    pub integration: usize,
    /// What it speaks of; empty for the whole.
    pub subject: &'static str,
    /// When it was so.
    pub observed_at: Timestamp,
    /// The value; none where the state says why.
    pub value: Option<f64>,
    /// Of a share: how many.
    pub numerator: Option<f64>,
    /// Of a share or a count: of how many.
    pub denominator: Option<f64>,
    /// Whether the value could be had.
    pub state: State,
    /// How whole it is.
    pub quality: Quality,
    /// What whoever brought it said about it.
    pub note: Option<&'static str>,
}

/// The two tenants of the demo, `acme` first, with their history up to `end`.
#[must_use]
pub fn tenants(seed: u64, end: Timestamp) -> [DemoTenant; 2] {
    [acme::STORY.tell(seed, end), contoso::STORY.tell(seed, end)]
}

#[cfg(test)]
mod tests;
