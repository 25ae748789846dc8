//! The autonomy gate: which proposals a machine may accept by itself, and which a person looks at first.
//!
//! A proposal is something that a program or a model suggests: a value read out of a file, the mapping of a vendor's
//! tool. [`decide`] is the whole gate. It is a pure function of the proposal's [`Features`] and the tenant's [`Band`];
//! both are kept with each decision, so that [`replay()`] can tell what another band would have decided, with the same
//! function.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod replay;

pub use replay::{Judged, Past, Replay, Tally, replay};

crate::word::words! {
    /// What a proposal is about.
    pub enum ProposalKind ("type of proposal") {
        /// Which tool of a vendor's server gives which KRI.
        McpToolMapping = "mcp_tool_mapping",
        /// A value read out of a file or a note.
        Extraction = "extraction",
        /// How well a control works.
        ControlEffectiveness = "control_effectiveness",
        /// The scores of a risk.
        RiskScoring = "risk_scoring",
        /// That a source is no longer needed.
        SourceDecommission = "source_decommission",
    }
}

crate::word::words! {
    /// What has become of a proposal.
    pub enum ProposalStatus ("status of a proposal") {
        /// Waits for a person.
        Pending = "pending",
        /// Accepted as it was, by the gate or a person.
        Accepted = "accepted",
        /// Accepted by a person with changes.
        Edited = "edited",
        /// Refused by a person.
        Rejected = "rejected",
        /// Below the floor: kept, but nobody was asked.
        Dismissed = "dismissed",
        /// Was accepted and taken back.
        Undone = "undone",
    }
}

crate::word::words! {
    /// What the gate does with a proposal.
    pub enum Verdict ("verdict") {
        /// Holds at once.
        AutoAccepted = "auto_accepted",
        /// Waits for a person.
        Queued = "queued",
        /// Kept, but nobody is asked.
        Dismissed = "dismissed",
    }
}

crate::word::words! {
    /// Why the gate decided so.
    pub enum Reason ("reason") {
        /// Sure enough, with reasons, and nothing speaks against it.
        Confident = "confident",
        /// Less sure than the threshold asks for.
        BelowThreshold = "below_threshold",
        /// Less sure than the floor.
        BelowFloor = "below_floor",
        /// Nothing says why it should be so.
        NoReasoning = "no_reasoning",
        /// It would improve the status of a KRI that is measured otherwise, or the tenant wants to see every improvement.
        WouldImprove = "would_improve",
        /// It cannot be kept as it is: not a value of its unit, a date in the future, a KRI that was archived.
        Impossible = "impossible",
    }
}

impl Reason {
    /// The reason as a sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Confident => "sure enough, with reasons, and nothing speaks against it",
            Self::BelowThreshold => "less sure than the tenant's threshold asks for",
            Self::BelowFloor => "less sure than the tenant's floor",
            Self::NoReasoning => "nothing says why it should be so",
            Self::WouldImprove => "it would improve the status, which a pushed value does not do by itself here",
            Self::Impossible => "it cannot be kept as it is: edit it, or reject it",
        }
    }
}

/// What the gate looks at. All of the context is in here, so that a decision can be made again from what was kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Features {
    /// How sure the proposal is, from 0 to 1.
    pub confidence: f64,
    /// True if it says why.
    pub reasoning: bool,
    /// True if it has a value.
    pub has_value: bool,
    /// True if it says that the value could not be known.
    pub is_unknown: bool,
    /// True if it could be kept as it is: of its unit, not in the future, of a KRI that is not archived.
    pub possible: bool,
    /// True if the KRI also has a source that is pulled (an MCP server, a vendor's API, an agent).
    pub pulled_source: bool,
    /// True if the status of the KRI would be better with it.
    pub improves: bool,
    /// True if the tenant wants to see every improvement, also of KRIs without a pulled source.
    #[serde(default)]
    pub review_improvements: bool,
}

/// Between which confidences a person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Band {
    /// From here on a proposal may be accepted by itself.
    pub threshold: f64,
    /// Below this nobody is asked.
    pub floor: f64,
}

impl Default for Band {
    fn default() -> Self {
        Self { threshold: 0.85, floor: 0.35 }
    }
}

/// A band that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct BadBand {
    /// `threshold` or `floor`.
    pub field: &'static str,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Band {
    /// A band of these two confidences.
    ///
    /// # Errors
    /// If one is not from 0 to 1, or the floor is above the threshold.
    pub fn new(threshold: f64, floor: f64) -> Result<Self, BadBand> {
        for (field, value) in [("threshold", threshold), ("floor", floor)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(BadBand { field, message: format!("{value} is not from 0 to 1") });
            }
        }
        if floor > threshold {
            let message = format!("{floor} is above the threshold {threshold}: nothing would ever be queued");
            return Err(BadBand { field: "floor", message });
        }
        Ok(Self { threshold, floor })
    }
}

/// The gate's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// What is done.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
}

/// Decides about a proposal.
///
/// Below the floor it is dismissed. It is accepted if it is at least as sure as the threshold, says why, could be kept as
/// it is, and does not improve the status of a KRI that has a pulled source (of any KRI, where the tenant says so).
/// Whatever else it is, a person decides. A confidence that is no number counts as none, and more than 1 as 1.
///
/// A value and "unknown" exclude each other: neither or both is impossible. So what is unknown is never accepted as a
/// value, least of all as zero.
#[must_use]
pub fn decide(features: &Features, band: &Band) -> Decided {
    let confidence = if features.confidence.is_finite() { features.confidence.clamp(0.0, 1.0) } else { 0.0 };
    let (verdict, reason) = if confidence < band.floor {
        (Verdict::Dismissed, Reason::BelowFloor)
    } else if !features.possible || features.has_value == features.is_unknown {
        (Verdict::Queued, Reason::Impossible)
    } else if !features.reasoning {
        (Verdict::Queued, Reason::NoReasoning)
    } else if confidence < band.threshold {
        (Verdict::Queued, Reason::BelowThreshold)
    } else if features.improves && (features.pulled_source || features.review_improvements) {
        (Verdict::Queued, Reason::WouldImprove)
    } else {
        (Verdict::AutoAccepted, Reason::Confident)
    };
    Decided { verdict, reason }
}

#[cfg(test)]
mod tests;
