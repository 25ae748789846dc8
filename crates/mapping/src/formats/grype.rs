//! Grype: vulnerabilities of the packages of an image, a folder or an SBOM.

use crate::out::{Out, Trust, When};
use crate::read::json::Val;
use crate::severity::Severity;
use crate::tally::{SCA, Tally, VULN};

/// Kinds of packages that belong to the operating system.
const SYSTEM: [&str; 7] = ["deb", "rpm", "apk", "alpm", "portage", "linux-kernel", "msrc-kb"];

pub(crate) fn score(root: Val<'_>) -> u8 {
    let matches = root.at("matches");
    if !matches.is_array() {
        return 0;
    }
    if root.at("descriptor").at("name").s() == "grype" {
        return 100;
    }
    let fits = matches.items().take(5).all(|m| m.at("vulnerability").is_object() && m.at("artifact").is_object());
    if fits && (matches.len() > 0 || root.has("descriptor")) { 95 } else { 0 }
}

pub(crate) fn read(root: Val<'_>, out: &mut Out<'_>) {
    let source = root.at("source");
    let target = source.at("target");
    let named = if target.is_object() { target.at("userInput").s() } else { target.s() };
    let subject = out.subject(if named == "." { "" } else { &named });
    let at = When::text(&root.at("descriptor").at("timestamp").s());
    let matches = root.at("matches");
    let mut tally = Tally::default();
    // an image has both kinds of packages looked at, a folder may have no system
    if !root.at("distro").at("name").s().is_empty() {
        tally.open_pair(&subject.name, VULN);
    }
    tally.open_pair(&subject.name, SCA);
    for found in matches.items() {
        let (vuln, package) = (found.at("vulnerability"), found.at("artifact"));
        if vuln.at("fix").at("state").s() == "not-affected" {
            continue;
        }
        let pair = if SYSTEM.contains(&package.at("type").s().as_ref()) { VULN } else { SCA };
        let key = format!("{} {} {}", vuln.at("id").s(), package.at("name").s(), package.at("version").s());
        tally.rated(&subject.name, pair, Severity::word(&vuln.at("severity").s()), key, found.span());
    }
    let zero = if source.is_object() || subject.named || matches.len() > 0 {
        Ok(())
    } else {
        Err("the report is empty and names nothing that was scanned")
    };
    out.tally(
        &tally,
        &Trust::exact("Grype report: distinct vulnerability, package and version"),
        matches.span(),
        at,
        zero,
    );
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::says;

    #[test]
    fn system_and_language_packages_are_told_apart() {
        let text = r#"{"matches":[
            {"vulnerability":{"id":"CVE-1","severity":"Critical"},"artifact":{"name":"openssl","version":"1","type":"deb"}},
            {"vulnerability":{"id":"CVE-2","severity":"High"},"artifact":{"name":"django","version":"3","type":"python"}},
            {"vulnerability":{"id":"CVE-2","severity":"High"},"artifact":{"name":"django","version":"3","type":"python"}}],
            "source":{"type":"image","target":{"userInput":"shop:1"}},"distro":{"name":"debian"},"descriptor":{"name":"grype"}}"#;
        says(
            text,
            "grype",
            &[
                ("sca_critical_open", Some(0.0)),
                ("sca_high_open", Some(1.0)),
                ("vuln_critical_open", Some(1.0)),
                ("vuln_high_open", Some(0.0)),
            ],
        );
    }
}
