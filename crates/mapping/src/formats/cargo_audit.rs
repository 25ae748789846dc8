//! `cargo audit --json`: RustSec advisories of a lock file. The severity is that of the CVSS vector.

use crate::cvss;
use crate::out::{Out, Trust, When};
use crate::read::json::Val;
use crate::severity::Severity;
use crate::tally::{SCA, Tally};

pub(crate) fn score(root: Val<'_>) -> u8 {
    if root.at("vulnerabilities").at("list").is_array() && root.at("lockfile").is_object() { 100 } else { 0 }
}

pub(crate) fn read(root: Val<'_>, out: &mut Out<'_>) {
    let subject = out.subject("");
    let found = root.at("vulnerabilities");
    let list = found.at("list");
    let mut tally = Tally::default();
    tally.open_pair(&subject.name, SCA);
    for entry in list.items() {
        let advisory = entry.at("advisory");
        let package = entry.at("package");
        let key = format!("{} {} {}", advisory.at("id").s(), package.at("name").s(), package.at("version").s());
        let severity = cvss::base_score(&advisory.at("cvss").s()).and_then(Severity::score);
        tally.rated(&subject.name, SCA, severity, key, entry.span());
    }
    let locked = root.at("lockfile").at("dependency-count").number().unwrap_or_default();
    let said = found.at("count").number();
    let trust = Trust::exact(format!("cargo audit of {locked} locked packages, severity from the CVSS vector")).cap_if(
        said.is_some_and(|n| n != list.len() as f64),
        0.6,
        "the count and the list contradict each other",
    );
    let zero = if locked > 0.0 || subject.named { Ok(()) } else { Err("the lock file has no packages") };
    out.tally(&tally, &trust, found.span(), When(None), zero);
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::says;

    fn report(list: &str, locked: u32) -> String {
        let n = list.matches("advisory\"").count();
        format!(
            r#"{{"lockfile":{{"dependency-count":{locked}}},"vulnerabilities":{{"found":false,"count":{n},"list":[{list}]}},"warnings":{{}}}}"#
        )
    }

    #[test]
    fn severities_come_from_vectors() {
        let critical = r#"{"advisory":{"id":"RUSTSEC-1","cvss":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},"package":{"name":"a","version":"1"}}"#;
        let unrated = r#"{"advisory":{"id":"RUSTSEC-2","cvss":null},"package":{"name":"a","version":"1"}}"#;
        says(&report(critical, 9), "cargo-audit", &[("sca_critical_open", Some(1.0)), ("sca_high_open", Some(0.0))]);
        says(&report(unrated, 9), "cargo-audit", &[("sca_critical_open", None), ("sca_high_open", None)]);
        says(&report("", 9), "cargo-audit", &[("sca_critical_open", Some(0.0)), ("sca_high_open", Some(0.0))]);
        says(&report("", 0), "cargo-audit", &[("sca_critical_open", None), ("sca_high_open", None)]);
    }
}
