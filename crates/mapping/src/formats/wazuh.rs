//! Wazuh, Microsoft Defender and others that list vulnerabilities of hosts as JSON.

use super::hosts::{Hosts, Weakness};
use crate::dates;
use crate::out::{Out, When};
use crate::read::json::Val;
use crate::severity::Severity;

fn items(root: Val<'_>) -> Val<'_> {
    root.at("data").at("affected_items")
}

pub(crate) fn is_wazuh(root: Val<'_>) -> u8 {
    let list = items(root);
    if list.len() > 0 && list.items().take(10).all(|v| v.at("cve").is_text() && v.has("severity")) { 97 } else { 0 }
}

pub(crate) fn read_wazuh(root: Val<'_>, out: &mut Out<'_>) {
    let list = items(root);
    let mut hosts = Hosts::new(list.items().any(|v| v.at("detection_time").there()), true);
    let subject = out.subject("").name;
    for v in list.items() {
        let name = v.any(&["agent_name", "agent_id"]).s();
        let name = if name.is_empty() { subject.clone() } else { name.into_owned() };
        if matches!(v.at("status").s().as_ref(), "SOLVED" | "OBSOLETE") {
            hosts.closed += 1;
            continue;
        }
        let cve = v.at("cve").s();
        let id = format!("{cve} {} {}", v.at("name").s(), v.at("version").s());
        let severity = match Severity::word(&v.at("severity").s()) {
            Some(severity) => Some(severity),
            None => v.any(&["cvss3_score"]).number().filter(|n| *n > 0.0).and_then(Severity::score),
        };
        let first_seen = dates::parse(&v.at("detection_time").s());
        hosts.see(out, &Weakness { host: &name, id: &id, severity, cves: &cve, first_seen, span: v.span() });
    }
    let total = root.at("data").at("total_affected_items").number();
    if total.is_some_and(|n| n > list.len() as f64) {
        out.doubt(0.6, "the answer is one page of several");
    }
    hosts.tell(out, "Wazuh vulnerabilities", "", list.span(), When(None));
}

pub(crate) fn is_defender(root: Val<'_>) -> u8 {
    let list = root.at("value");
    let fits =
        |v: Val<'_>| v.at("cveId").is_text() && v.at("severity").is_text() && (v.has("machineId") || v.has("deviceId"));
    if list.len() > 0 && list.items().take(10).all(fits) { 95 } else { 0 }
}

pub(crate) fn read_defender(root: Val<'_>, out: &mut Out<'_>) {
    let list = root.at("value");
    let mut hosts = Hosts::new(false, true);
    for v in list.items() {
        let host = v.any(&["machineId", "deviceId"]).s();
        let cve = v.at("cveId").s();
        let id = format!(
            "{cve} {} {}",
            v.any(&["productName", "softwareName"]).s(),
            v.any(&["productVersion", "softwareVersion"]).s()
        );
        hosts.see(
            out,
            &Weakness {
                host: &host,
                id: &id,
                severity: Severity::word(&v.at("severity").s()),
                cves: &cve,
                first_seen: None,
                span: v.span(),
            },
        );
    }
    if root.at("@odata.nextLink").there() {
        out.doubt(0.6, "there are further pages");
    }
    hosts.tell(out, "Microsoft Defender vulnerabilities", "", list.span(), When(None));
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{said, says};

    #[test]
    fn one_page_of_several_goes_to_review() {
        let text = r#"{"data":{"affected_items":[{"cve":"CVE-2020-0001","name":"a","version":"1","severity":"Critical","agent_name":"h"}],"total_affected_items":9}}"#;
        says(
            text,
            "wazuh",
            &[("vuln_critical_open", Some(1.0)), ("vuln_high_open", Some(0.0)), ("vuln_kev_open", Some(0.0))],
        );
        assert!(said(text).extractions.iter().all(|e| e.confidence < 0.85));
    }

    #[test]
    fn further_pages_of_defender_go_to_review() {
        let text = r#"{"value":[{"cveId":"CVE-2021-44228","machineId":"m","productName":"p","productVersion":"1","severity":"High"}],"@odata.nextLink":"https://x"}"#;
        says(
            text,
            "defender",
            &[("vuln_critical_open", Some(0.0)), ("vuln_high_open", Some(1.0)), ("vuln_kev_open", Some(1.0))],
        );
        assert!(said(text).extractions.iter().all(|e| e.confidence < 0.85));
    }
}
