//! Controls that are known by name: what they do, which techniques they hold against and which signals measure them.
//!
//! They are written in `catalog/controls.toml`. A tenant adopts one and owns it from then on.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::Category;

crate::word::words! {
    /// What a control does about a loss event.
    pub enum ControlFunction ("control function") {
        /// Takes away what could be attacked.
        Avoid = "avoid",
        /// Makes an attempt less likely.
        Deter = "deter",
        /// Makes an attempt fail.
        Resist = "resist",
        /// Makes an attempt seen.
        Detect = "detect",
        /// Ends an attempt that is under way.
        Respond = "respond",
        /// Brings back what was lost.
        Recover = "recover",
        /// Keeps other controls as they are meant to be.
        Variance = "variance",
        /// Lets people decide well.
        Decision = "decision",
    }
}

crate::word::words! {
    /// What a KRI says about a control that it measures.
    pub enum KriRole ("KRI role") {
        /// How much of what should be covered is.
        Coverage = "coverage",
        /// How well it does its work where it is.
        Performance = "performance",
        /// How steadily it works.
        Reliability = "reliability",
        /// How fast it works.
        Timeliness = "timeliness",
    }
}

/// One control of the catalogue.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogControl {
    /// Its name in the interface; never changes.
    pub slug: String,
    /// What it is called in a register, such as `IAM-01`; never changes.
    pub code: String,
    /// Goes up by one with each change of the entry.
    pub version: u32,
    /// Its name on a page, in sentence case.
    pub name: String,
    /// One or two sentences: what is in place when it works.
    pub about: String,
    /// What it is about.
    pub category: Category,
    /// What it does about a loss event.
    pub function: ControlFunction,
    /// Subcategories of NIST CSF 2.0, such as `PR.AA-03`.
    pub csf: Vec<String>,
    /// Controls of NIST SP 800-53 Rev. 5, such as `IA-2.1`.
    pub nist: Vec<String>,
    /// ATT&CK techniques that it works against; none for a control that works against no attack.
    #[serde(default)]
    pub techniques: Vec<Strength>,
    /// Mitigations of ATT&CK that it is one of, such as `M1032`.
    #[serde(default)]
    pub mitigations: Vec<String>,
    /// What measures it; none where only a person knows.
    #[serde(default)]
    pub signals: Vec<Measure>,
}

/// How well a control works against a technique at its best.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strength {
    /// The technique, such as `T1110.003`.
    pub id: String,
    /// 0 to 1: an illustrative prior of ours, to be edited.
    pub strength: f64,
}

/// A signal that measures a control.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The slug of the signal.
    pub signal: String,
    /// What it says about the control.
    pub role: KriRole,
    /// How much it counts beside others of the same role.
    #[serde(default = "one")]
    pub weight: f64,
}

const fn one() -> f64 {
    1.0
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    control: Vec<CatalogControl>,
}

static CONTROLS: LazyLock<Vec<CatalogControl>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is part of the program and a test reads it")]
    let file: File =
        toml::from_str(include_str!("../../catalog/controls.toml")).expect("catalog/controls.toml is whole");
    file.control
});

static BY_NAME: LazyLock<HashMap<&'static str, &'static CatalogControl>> =
    LazyLock::new(|| controls().iter().flat_map(|c| [(c.slug.as_str(), c), (c.code.as_str(), c)]).collect());

/// All controls, in the order of the catalogue.
#[must_use]
pub fn controls() -> &'static [CatalogControl] {
    &CONTROLS
}

/// The control of that slug or code.
#[must_use]
pub fn control(slug_or_code: &str) -> Option<&'static CatalogControl> {
    BY_NAME.get(slug_or_code).copied()
}
