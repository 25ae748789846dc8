//! Trivy: packages of the operating system, of languages, secrets and misconfigurations of an artifact or a cluster.

use crate::out::{Out, Trust, When};
use crate::read::json::Val;
use crate::severity::Severity;
use crate::tally::{SCA, Tally, VULN};

const SYSTEMS: [&str; 26] = [
    "debian",
    "ubuntu",
    "alpine",
    "redhat",
    "centos",
    "rocky",
    "alma",
    "almalinux",
    "amazon",
    "oracle",
    "photon",
    "suse",
    "opensuse",
    "opensuse.leap",
    "opensuse.tumbleweed",
    "suse linux enterprise server",
    "cbl-mariner",
    "mariner",
    "azurelinux",
    "wolfi",
    "chainguard",
    "fedora",
    "echo",
    "minimos",
    "bottlerocket",
    "windows",
];

/// Where a report on a cluster keeps what it scanned; older versions have two lists.
const PARTS: [&str; 3] = ["Resources", "Vulnerabilities", "Misconfigurations"];

fn is_result(v: Val<'_>) -> bool {
    v.at("Target").is_text() && (v.has("Class") || v.has("Type") || v.has("Vulnerabilities"))
}

pub(crate) fn score(root: Val<'_>) -> u8 {
    if root.at("SchemaVersion").number().is_some() && (root.at("Results").is_array() || root.has("ArtifactName")) {
        return 98;
    }
    if root.has("ClusterName") && PARTS.iter().any(|part| root.at(part).is_array()) {
        return 97;
    }
    let mut results = root.items().take(20).peekable();
    if results.peek().is_some() && results.all(is_result) { 96 } else { 0 }
}

pub(crate) fn read(root: Val<'_>, out: &mut Out<'_>) {
    let at = When::text(&root.at("CreatedAt").s());
    let mut tally = Tally::default();
    let subject;
    let mut failed = 0;
    if root.has("ClusterName") {
        subject = out.subject(&root.at("ClusterName").s());
        for resource in PARTS.iter().flat_map(|part| root.at(part).items()) {
            let place =
                format!("{}/{}/{}", resource.at("Namespace").s(), resource.at("Kind").s(), resource.at("Name").s());
            failed += usize::from(resource.at("Error").there() && !resource.at("Error").s().is_empty());
            for result in resource.at("Results").items() {
                count(result, &subject.name, &place, &mut tally);
            }
        }
    } else {
        let results = if root.is_array() { root } else { root.at("Results") };
        let image = results
            .items()
            .find(|r| class(*r) == "os-pkgs")
            .map(|r| r.at("Target").s().split(" (").next().unwrap_or_default().to_owned())
            .filter(|name| !SYSTEMS.contains(&name.as_str()));
        let name = root.at("ArtifactName").s();
        subject = out.subject(if name.is_empty() { image.as_deref().unwrap_or_default() } else { &name });
        for result in results.items() {
            count(result, &subject.name, "", &mut tally);
        }
    }
    if tally.is_empty() {
        let why = "the report has no result of any class: nothing that Trivy knows was scanned";
        for signal in ["vuln_critical_open", "sca_critical_open"] {
            out.unknown(signal, &subject.name, root.span(), why, at);
        }
        return;
    }
    if failed > 0 {
        out.doubt(0.6, format!("{failed} resources could not be scanned"));
    }
    let trust = Trust::exact("Trivy report: distinct findings of each class that was scanned");
    out.tally(&tally, &trust, root.span(), at, Ok(()));
}

/// The class of a result; old reports have only the type.
fn class(result: Val<'_>) -> String {
    let class = result.at("Class").s();
    if !class.is_empty() {
        return class.into_owned();
    }
    let kind = result.at("Type").s().to_ascii_lowercase();
    let class = if SYSTEMS.contains(&kind.as_str()) {
        "os-pkgs"
    } else if result.at("Misconfigurations").is_array() {
        "config"
    } else if result.at("Secrets").is_array() {
        "secret"
    } else {
        "lang-pkgs"
    };
    class.to_owned()
}

fn count(result: Val<'_>, subject: &str, place: &str, tally: &mut Tally) {
    let pair = match class(result).as_str() {
        "os-pkgs" => Some(VULN),
        "lang-pkgs" => Some(SCA),
        _ => None,
    };
    if let Some(pair) = pair {
        tally.open_pair(subject, pair);
        for vuln in result.at("Vulnerabilities").items() {
            if vuln.at("Status").s() == "not_affected" {
                continue;
            }
            let key = format!(
                "{place} {} {} {}",
                vuln.at("VulnerabilityID").s(),
                vuln.at("PkgName").s(),
                vuln.at("InstalledVersion").s()
            );
            // what Trivy calls UNKNOWN nobody has rated yet
            tally.rated(subject, pair, Severity::word(&vuln.at("Severity").s()), key, vuln.span());
        }
    }
    let class = class(result);
    if class == "secret" || result.at("Secrets").is_array() {
        tally.open(subject, "secrets_exposed_open");
        for secret in result.at("Secrets").items() {
            let key = format!(
                "{place} {} {} {} {}",
                result.at("Target").s(),
                secret.at("RuleID").s(),
                secret.at("StartLine").s(),
                secret.at("Match").s()
            );
            tally.add(subject, "secrets_exposed_open", key, secret.span());
        }
    }
    if class == "config" || result.at("Misconfigurations").is_array() {
        tally.open(subject, "cloud_critical_misconfig_open");
        for check in result.at("Misconfigurations").items() {
            if matches!(check.at("Status").s().as_ref(), "PASS" | "EXCEPTION") {
                continue;
            }
            let key = format!(
                "{place} {} {} {}",
                result.at("Target").s(),
                check.any(&["AVDID", "ID"]).s(),
                check.at("CauseMetadata").at("Resource").s()
            );
            let severity = Severity::word(&check.at("Severity").s());
            tally.critical(subject, "cloud_critical_misconfig_open", severity, key, check.span());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{said, says};

    #[test]
    fn each_class_that_was_scanned_gives_its_signals() {
        let text = r#"{"SchemaVersion":2,"CreatedAt":"2024-01-15T08:58:29Z","ArtifactName":"shop:1","Results":[
            {"Target":"shop:1 (debian 12)","Class":"os-pkgs","Type":"debian","Vulnerabilities":[
              {"VulnerabilityID":"CVE-1","PkgName":"a","InstalledVersion":"1","Severity":"CRITICAL"},
              {"VulnerabilityID":"CVE-1","PkgName":"a","InstalledVersion":"1","Severity":"CRITICAL"},
              {"VulnerabilityID":"CVE-2","PkgName":"a","InstalledVersion":"1","Severity":"HIGH","Status":"not_affected"}]},
            {"Target":"app/package-lock.json","Class":"lang-pkgs","Type":"npm"},
            {"Target":"/app/.env","Class":"secret","Secrets":[{"RuleID":"aws","StartLine":3,"Match":"A***"}]}]}"#;
        says(
            text,
            "trivy",
            &[
                ("sca_critical_open", Some(0.0)),
                ("sca_high_open", Some(0.0)),
                ("secrets_exposed_open", Some(1.0)),
                ("vuln_critical_open", Some(1.0)),
                ("vuln_high_open", Some(0.0)),
            ],
        );
        let got = said(text);
        assert!(got.extractions.iter().all(|e| e.subject == "shop:1" && e.observed_at.is_some()));
    }

    #[test]
    fn a_report_without_results_is_not_clean() {
        let text = r#"{"SchemaVersion":2,"ArtifactName":"shop:1","ArtifactType":"filesystem"}"#;
        says(text, "trivy", &[("sca_critical_open", None), ("vuln_critical_open", None)]);
    }
}
