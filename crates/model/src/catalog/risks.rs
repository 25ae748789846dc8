//! Risks that many have: cause, event and consequence, the ways that lead there, and first figures to start from.
//!
//! They are written in `catalog/risks.toml`. Every figure is an illustrative prior with its source: it stands until a
//! tenant edits it, and it is never shown as measured.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

crate::word::words! {
    /// What a risk is about.
    pub enum RiskCategory ("risk category") {
        /// Extortion and destruction by malicious software.
        Malware = "malware",
        /// Deception that ends in a payment.
        Fraud = "fraud",
        /// Misuse of accounts and of what vouches for them.
        Identity = "identity",
        /// Weak or exposed systems and applications.
        Exposure = "exposure",
        /// Cloud and software services.
        Cloud = "cloud",
        /// People inside.
        Insider = "insider",
        /// Suppliers and what they deliver.
        ThirdParty = "thirdParty",
        /// Outages, whatever the cause.
        Availability = "availability",
        /// Personal and confidential data.
        Data = "data",
        /// Use of AI.
        Ai = "ai",
        /// Buildings and devices.
        Physical = "physical",
        /// Law, regulation and being able to show what happened.
        Compliance = "compliance",
    }
}

crate::word::words! {
    /// In which form a loss comes.
    pub enum LossForm ("loss form") {
        /// Work that does not get done, sales that are not made.
        Productivity = "productivity",
        /// The work of handling the event.
        Response = "response",
        /// What must be bought or built anew, and money that is gone.
        Replacement = "replacement",
        /// Fines and judgements.
        Fines = "fines",
        /// A lead that competitors no longer lack.
        CompetitiveAdvantage = "competitiveAdvantage",
        /// Customers, credit and trust that go.
        Reputation = "reputation",
    }
}

crate::word::words! {
    /// How far a figure can be trusted.
    pub enum Confidence ("confidence") {
        /// Somebody's first guess: an order of magnitude.
        Low = "low",
        /// A guess that public figures support.
        Medium = "medium",
        /// Measured.
        High = "high",
    }
}

/// One risk of the catalogue.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogRisk {
    /// Its name in the interface; never changes.
    pub slug: String,
    /// Goes up by one with each change of the entry.
    pub version: u32,
    /// Its name on a page, in sentence case.
    pub title: String,
    /// One sentence: cause, event, consequence.
    pub statement: String,
    /// What it is about.
    pub category: RiskCategory,
    /// The forms in which the loss comes, the heaviest first.
    pub loss_forms: Vec<LossForm>,
    /// The ways that lead there; their shares sum to 1.
    pub pathways: Vec<Pathway>,
    /// How many loss events a year, for an organisation of a few hundred people without controls of note.
    pub frequency: Prior,
    /// How large the loss of one event is, as a share of a year's revenue.
    pub severity: Prior,
    /// Controls of the catalogue that work against it, by slug.
    pub controls: Vec<String>,
    /// Signals that tell of it, by slug.
    pub signals: Vec<String>,
    /// Subcategories of NIST CSF 2.0.
    pub csf: Vec<String>,
    /// Controls of NIST SP 800-53 Rev. 5.
    pub nist: Vec<String>,
}

/// A way that leads to a risk's event.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pathway {
    /// What happens, in a few words.
    pub name: String,
    /// ATT&CK techniques in the order in which they are met; none where no attacker is needed.
    #[serde(default)]
    pub techniques: Vec<String>,
    /// Which share of the events comes this way, 0 to 1.
    pub share: f64,
}

/// A range that stands until a tenant knows better.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// In 1 of 20 cases it is less.
    pub low: f64,
    /// In 1 of 20 cases it is more.
    pub high: f64,
    /// Where it comes from.
    pub source: String,
    /// How far it can be trusted.
    pub confidence: Confidence,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    risk: Vec<CatalogRisk>,
}

static RISKS: LazyLock<Vec<CatalogRisk>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is part of the program and a test reads it")]
    let file: File = toml::from_str(include_str!("../../catalog/risks.toml")).expect("catalog/risks.toml is whole");
    file.risk
});

static BY_SLUG: LazyLock<HashMap<&'static str, &'static CatalogRisk>> =
    LazyLock::new(|| risks().iter().map(|r| (r.slug.as_str(), r)).collect());

/// All risks, in the order of the catalogue.
#[must_use]
pub fn risks() -> &'static [CatalogRisk] {
    &RISKS
}

/// The risk of that slug.
#[must_use]
pub fn risk(slug: &str) -> Option<&'static CatalogRisk> {
    BY_SLUG.get(slug).copied()
}
