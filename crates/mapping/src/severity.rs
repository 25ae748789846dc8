//! How bad a finding is, in the words of many tools.

/// A severity; greater is worse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// Of a word of the scale critical, high, medium, low. Nothing for words of other scales.
    pub(crate) fn word(text: &str) -> Option<Self> {
        let word = text.trim().to_ascii_lowercase();
        Some(match word.as_str() {
            "critical" | "crit" | "kritisch" | "critique" => Self::Critical,
            "high" | "important" | "hoch" | "hoog" | "élevé" | "elevee" => Self::High,
            "medium" | "moderate" | "med" | "mittel" | "gemiddeld" | "moyen" => Self::Medium,
            "low" | "minor" | "niedrig" | "laag" | "faible" => Self::Low,
            "info" | "informational" | "information" | "negligible" | "none" | "log" | "untriaged" => Self::Info,
            _ => return None,
        })
    }

    /// Of a CVSS base score, by the qualitative scale of CVSS 3 and 4 (FIRST, CVSS v3.1 specification, table 14).
    pub(crate) fn score(score: f64) -> Option<Self> {
        Some(match score {
            s if !(0.0..=10.0).contains(&s) => return None,
            s if s >= 9.0 => Self::Critical,
            s if s >= 7.0 => Self::High,
            s if s >= 4.0 => Self::Medium,
            s if s > 0.0 => Self::Low,
            _ => Self::Info,
        })
    }
}
