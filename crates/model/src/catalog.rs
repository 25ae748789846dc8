//! The catalogue of signals: the KRIs that are known by name, with their units, default thresholds and words. Beside
//! it the catalogues of [risks()] and [controls()] that the signals speak of.
//!
//! Each is written in a file of `catalog/`; to add a signal, a risk or a control is to add an entry there. A tenant's
//! KRI may follow a signal (and edit its thresholds) or stand alone.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::kri::{Aggregation, Direction, Thresholds, Unit};
use crate::time::Span;

mod controls;
mod risks;

pub use controls::{CatalogControl, ControlFunction, KriRole, Measure, Strength, control, controls};
pub use risks::{CatalogRisk, Confidence, LossForm, Pathway, Prior, RiskCategory, risk, risks};

crate::word::words! {
    /// What a KRI is about.
    pub enum Category ("category") {
        /// Known weaknesses and how fast they go.
        Vulnerability = "vulnerability",
        /// Hosts: patches, age, hardening.
        Host = "host",
        /// Endpoint detection and response.
        Endpoint = "endpoint",
        /// Accounts, sign-in, privileges.
        Identity = "identity",
        /// E-mail, phishing and training.
        People = "people",
        /// Cloud accounts and what is in them.
        Cloud = "cloud",
        /// Seeing attacks and answering them.
        Detection = "detection",
        /// Backups and recovery.
        Resilience = "resilience",
        /// Own software and what it is made of.
        Application = "application",
        /// Data, network, assets, vendors and governance.
        Governance = "governance",
        /// Use of AI.
        Ai = "ai",
    }
}

impl Category {
    /// How it is written on a page.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vulnerability => "Vulnerability",
            Self::Host => "Host & patch",
            Self::Endpoint => "Endpoint",
            Self::Identity => "Identity",
            Self::People => "E-mail & people",
            Self::Cloud => "Cloud",
            Self::Detection => "Detection & response",
            Self::Resilience => "Resilience",
            Self::Application => "Application & supply chain",
            Self::Governance => "Data, network, asset, vendor, governance",
            Self::Ai => "AI",
        }
    }
}

/// One signal of the catalogue.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// Its name in the interface; never changes.
    pub slug: String,
    /// Its name on a page, in sentence case.
    pub name: String,
    /// One sentence: what is measured and what counts.
    pub about: String,
    /// What it is about.
    pub category: Category,
    /// What its value is.
    pub unit: Unit,
    /// Which way it gets worse.
    pub direction: Direction,
    /// Where amber begins, unless a tenant says otherwise.
    pub amber: f64,
    /// Where red begins, unless a tenant says otherwise.
    pub red: f64,
    /// What to aim for, unless a tenant says otherwise.
    #[serde(default)]
    pub target: Option<f64>,
    /// How values of many subjects become one.
    pub aggregation: Aggregation,
    /// How often a value is expected.
    pub cadence: Span,
    /// The time that the slug names: what the value looks back over (`_7d`), or the age that counts (`_gt_30d`).
    #[serde(default)]
    pub window: Option<Span>,
    /// Which kinds of tools know it, such as `idp`; `grc` is a person or a document, `ag` our own agent, `self` the
    /// hub.
    pub kinds: Vec<String>,
    /// True if it is judged per 1,000 assets above 200 assets: a larger fleet naturally has more of it.
    #[serde(default)]
    pub per_thousand: bool,
    /// Other slugs that mean it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Other words for it, in lower case, for finding it in tools and documents.
    #[serde(default)]
    pub words: Vec<String>,
}

impl Signal {
    /// Its default thresholds.
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        Thresholds { direction: self.direction, amber: self.amber, red: self.red, target: self.target }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    signal: Vec<Signal>,
}

static SIGNALS: LazyLock<Vec<Signal>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is part of the program and a test reads it")]
    let file: File = toml::from_str(include_str!("../catalog/signals.toml")).expect("catalog/signals.toml is whole");
    file.signal
});

static BY_NAME: LazyLock<HashMap<&'static str, &'static Signal>> = LazyLock::new(|| {
    let slugs = signals().iter().map(|signal| (signal.slug.as_str(), signal));
    let aliases = signals().iter().flat_map(|signal| signal.aliases.iter().map(move |alias| (alias.as_str(), signal)));
    aliases.chain(slugs).collect()
});

/// All signals, in the order of the catalogue.
#[must_use]
pub fn signals() -> &'static [Signal] {
    &SIGNALS
}

/// The signal of that slug or alias.
#[must_use]
pub fn signal(slug_or_alias: &str) -> Option<&'static Signal> {
    BY_NAME.get(slug_or_alias).copied()
}

/// The slug or alias that was probably meant, if one is near enough.
#[must_use]
pub fn nearest(written: &str) -> Option<&'static str> {
    let names =
        signals().iter().flat_map(|s| std::iter::once(s.slug.as_str()).chain(s.aliases.iter().map(String::as_str)));
    crate::word::nearest(written, names)
}

#[cfg(test)]
mod tests;
