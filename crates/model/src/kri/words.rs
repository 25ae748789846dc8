//! The words of a KRI.

use crate::word::words;

words! {
    /// What a value counts or measures.
    pub enum Unit ("unit") {
        /// A whole number of things, 0 or more.
        Count = "count",
        /// A share from 0 to 100.
        Percent = "percent",
        /// Days, 0 or more.
        Days = "days",
        /// Hours, 0 or more.
        Hours = "hours",
        /// Points from 0 to 100.
        Score = "score",
        /// One number over another, 0 or more.
        Ratio = "ratio",
    }
}

impl Unit {
    /// The least value that can be.
    #[must_use]
    pub const fn least(self) -> f64 {
        0.0
    }

    /// The greatest value that can be; none where there is no end.
    #[must_use]
    pub const fn greatest(self) -> Option<f64> {
        match self {
            Self::Percent | Self::Score => Some(100.0),
            Self::Count | Self::Days | Self::Hours | Self::Ratio => None,
        }
    }

    /// How values of many subjects become one, unless a KRI says otherwise: counts add up, percentages are the ratio of
    /// the sums, of anything else the worst counts.
    #[must_use]
    pub const fn aggregation(self) -> Aggregation {
        match self {
            Self::Count => Aggregation::Sum,
            Self::Percent => Aggregation::Ratio,
            Self::Days | Self::Hours | Self::Score | Self::Ratio => Aggregation::Worst,
        }
    }
}

words! {
    /// Which way a value gets worse.
    pub enum Direction ("direction") {
        /// The more, the worse.
        HigherIsWorse = "higherIsWorse",
        /// The less, the worse.
        LowerIsWorse = "lowerIsWorse",
    }
}

impl Direction {
    /// `Less` if `a` is better than `b`, `Greater` if it is worse.
    #[must_use]
    pub fn compare(self, a: f64, b: f64) -> std::cmp::Ordering {
        match self {
            Self::HigherIsWorse => a.total_cmp(&b),
            Self::LowerIsWorse => b.total_cmp(&a),
        }
    }

    /// The worse of two values.
    #[must_use]
    pub fn worse(self, a: f64, b: f64) -> f64 {
        if self.compare(a, b).is_lt() { b } else { a }
    }

    /// The other way.
    #[must_use]
    pub const fn flipped(self) -> Self {
        match self {
            Self::HigherIsWorse => Self::LowerIsWorse,
            Self::LowerIsWorse => Self::HigherIsWorse,
        }
    }
}

words! {
    /// Whether a value could be had.
    pub enum State ("state") {
        /// Measured and fresh.
        Ok = "ok",
        /// Nobody knows it.
        Unknown = "unknown",
        /// Measured, but too long ago.
        Stale = "stale",
        /// The source cannot tell it, such as a module without a licence.
        Unavailable = "unavailable",
        /// The source failed.
        Error = "error",
    }
}

words! {
    /// The colour of a KRI.
    pub enum Status ("status") {
        /// Within its thresholds.
        Green = "green",
        /// At or beyond amber.
        Amber = "amber",
        /// At or beyond red.
        Red = "red",
        /// Cannot be told.
        Unknown = "unknown",
    }
}

words! {
    /// Where a value goes.
    pub enum Trend ("trend") {
        /// It gets better.
        Improving = "improving",
        /// No move that is more than noise.
        Stable = "stable",
        /// It gets worse.
        Worsening = "worsening",
        /// Too few values to tell.
        Insufficient = "insufficient",
    }
}

words! {
    /// How far a value can be trusted to be whole.
    pub enum Quality ("quality") {
        /// Measured, over everything it speaks of.
        Complete = "complete",
        /// A part is missing or old.
        Partial = "partial",
        /// Read out of a document.
        Extracted = "extracted",
        /// Written in by a person.
        Manual = "manual",
    }
}

words! {
    /// How values of many subjects become one.
    pub enum Aggregation ("aggregation") {
        /// They add up.
        Sum = "sum",
        /// A percentage: the sum of the numerators over the sum of the denominators.
        Ratio = "ratio",
        /// The worst one counts.
        Worst = "worst",
    }
}

words! {
    /// By which way values come in.
    pub enum SourceKind ("source kind") {
        /// Written in by a person.
        Manual = "manual",
        /// An imported table.
        Csv = "csv",
        /// Posted with an API key.
        Api = "api",
        /// Read out of files and notes.
        DropZone = "drop_zone",
        /// Pulled from a vendor's MCP server.
        McpClient = "mcp_client",
        /// Pulled from a vendor's API.
        Native = "native",
        /// Reported by an agent on a host.
        Agent = "agent",
    }
}

impl SourceKind {
    /// Which source wins where two report the same subject: the lower number. A tenant may set another per integration.
    #[must_use]
    pub const fn priority(self) -> i64 {
        match self {
            Self::McpClient => 40,
            Self::Native | Self::Agent | Self::Api => 50,
            Self::DropZone => 60,
            Self::Csv => 65,
            Self::Manual => 70,
        }
    }

    /// The quality of what comes in that way, if nothing is missing of it.
    #[must_use]
    pub const fn quality(self) -> Quality {
        match self {
            Self::Manual => Quality::Manual,
            Self::DropZone => Quality::Extracted,
            Self::Csv | Self::Api | Self::McpClient | Self::Native | Self::Agent => Quality::Complete,
        }
    }
}
