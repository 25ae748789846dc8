//! The base score of a CVSS 3.0 or 3.1 vector.

/// The base score, by the formula of the CVSS v3.1 specification, section 7.1. Nothing for a vector of another version
/// or one that lacks a metric.
pub(crate) fn base_score(vector: &str) -> Option<f64> {
    let metrics = vector.trim().strip_prefix("CVSS:3.1/").or_else(|| vector.trim().strip_prefix("CVSS:3.0/"))?;
    let metric = |name: &str| metrics.split('/').find_map(|m| m.strip_prefix(name)?.strip_prefix(':'));
    let changed = match metric("S")? {
        "C" => true,
        "U" => false,
        _ => return None,
    };
    let attack_vector = weight(metric("AV")?, &[("N", 0.85), ("A", 0.62), ("L", 0.55), ("P", 0.2)])?;
    let complexity = weight(metric("AC")?, &[("L", 0.77), ("H", 0.44)])?;
    let privileges = match (metric("PR")?, changed) {
        ("N", _) => 0.85,
        ("L", false) => 0.62,
        ("L", true) => 0.68,
        ("H", false) => 0.27,
        ("H", true) => 0.5,
        _ => return None,
    };
    let interaction = weight(metric("UI")?, &[("N", 0.85), ("R", 0.62)])?;
    let loss = |name| weight(metric(name)?, &[("H", 0.56), ("L", 0.22), ("N", 0.0)]);
    let base: f64 = 1.0 - (1.0 - loss("C")?) * (1.0 - loss("I")?) * (1.0 - loss("A")?);
    let impact = if changed { 7.52 * (base - 0.029) - 3.25 * (base - 0.02).powi(15) } else { 6.42 * base };
    if impact <= 0.0 {
        return Some(0.0);
    }
    let exploitability = 8.22 * attack_vector * complexity * privileges * interaction;
    let factor = if changed { 1.08 } else { 1.0 };
    Some(round_up((factor * (impact + exploitability)).min(10.0)))
}

fn weight(value: &str, weights: &[(&str, f64)]) -> Option<f64> {
    weights.iter().find(|(name, _)| *name == value).map(|(_, weight)| *weight)
}

/// The smallest number with one decimal that is not less (specification, appendix A).
fn round_up(score: f64) -> f64 {
    let hundred_thousandths = (score * 100_000.0).round();
    if hundred_thousandths % 10_000.0 == 0.0 {
        hundred_thousandths / 100_000.0
    } else {
        ((hundred_thousandths / 10_000.0).floor() + 1.0) / 10.0
    }
}

#[cfg(test)]
mod tests {
    use super::base_score;

    #[test]
    fn scores_are_those_of_the_specification() {
        // CVSS v3.1 examples: CVE-2014-0160, CVE-2014-6271, CVE-2016-0128, CVE-2013-1937
        for (vector, score) in [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
            ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:H/A:N", 6.8),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
            ("CVSS:3.0/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ] {
            assert_eq!(base_score(vector), Some(score), "{vector}");
        }
        assert_eq!(base_score("CVSS:4.0/AV:N/AC:L"), None);
        assert_eq!(base_score("CVSS:3.1/AV:N"), None);
    }
}
