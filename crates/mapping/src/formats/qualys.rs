//! Qualys: the CSV exports with their preamble, and the asset data report. Severity 5 is critical, 4 is high (Qualys,
//! "Severity levels": urgent and critical). Only confirmed findings count.

use super::hosts::{Hosts, Weakness};
use crate::dates;
use crate::out::{Out, When};
use crate::read::table::{Headers, Sheet};
use crate::read::xml::El;
use crate::severity::Severity;

const HOST: [&str; 6] = ["ip", "ip address", "asset name", "dns", "hostname", "asset ipv4"];

pub(crate) fn is_csv(h: &Headers) -> u8 {
    let host = h.col(&HOST).is_some();
    if host && h.all(&["qid", "severity"]) { 98 } else { 0 }
}

fn severity(text: &str) -> Option<Severity> {
    Some(match text.trim() {
        "5" => Severity::Critical,
        "4" => Severity::High,
        "3" => Severity::Medium,
        "2" => Severity::Low,
        "1" => Severity::Info,
        word => return Severity::word(word),
    })
}

pub(crate) fn read_csv(sheet: &Sheet<'_>, out: &mut Out<'_>) {
    let host = sheet.col(&HOST);
    let (qid, level) = (sheet.col(&["qid"]), sheet.col(&["severity"]));
    let kind = sheet.col(&["type", "type detected"]);
    let status = sheet.col(&["vuln status", "status"]);
    let first = sheet.col(&["first detected", "first found", "first found datetime"]);
    let last = sheet.col(&["last detected", "last scan", "last found"]);
    let cve = sheet.col(&["cve id", "cveid", "cve", "cves"]);
    let mut hosts = Hosts::new(first.is_some(), cve.is_some());
    let mut at = None;
    sheet.rows(|row| {
        let name = row.get(host);
        let id = row.get(qid);
        // below the list some reports have further tables
        if name.is_empty() || (!id.is_empty() && !id.bytes().all(|b| b.is_ascii_digit())) {
            return;
        }
        at = at.max(dates::american(&row.get(last)).or_else(|| dates::parse(&row.get(last))));
        if id.is_empty() {
            let text = row.get(status).to_ascii_lowercase();
            if text.contains("not alive") || text.contains("no vulnerabilities match") && text.contains("not") {
                hosts.unreachable.insert(name.to_string());
            }
            hosts.hosts.insert(name.to_string());
            return;
        }
        hosts.hosts.insert(name.to_string());
        match row.get(kind).to_ascii_lowercase().as_str() {
            k if k.starts_with("potential") || k.starts_with("practice") => {
                hosts.potential += 1;
                return;
            }
            k if k.starts_with("ig") || k.starts_with("info") => return,
            _ => {}
        }
        if row.get(status).to_ascii_lowercase().contains("fixed") || row.get(status).eq_ignore_ascii_case("ignored") {
            hosts.closed += 1;
            return;
        }
        let seen = Weakness {
            host: &name,
            id: &id,
            severity: severity(&row.get(level)),
            cves: &row.get(cve),
            first_seen: dates::american(&row.get(first)).or_else(|| dates::parse(&row.get(first))),
            span: row.span,
        };
        hosts.see(out, &seen);
    });
    hosts.tell(out, "Qualys export", "", sheet.span(), When(at));
}

pub(crate) fn is_xml(root: El<'_>) -> u8 {
    if root.name() == "ASSET_DATA_REPORT" { 100 } else { 0 }
}

pub(crate) fn read_xml(root: El<'_>, out: &mut Out<'_>) {
    let header = root.child("HEADER");
    let at = When::text(&header.map(|h| h.child_text("GENERATION_DATETIME")).unwrap_or_default());
    let mut levels = std::collections::HashMap::new();
    for detail in root.all("VULN_DETAILS") {
        let cves: Vec<String> = detail.all("CVE_ID").map(|c| c.child_text("ID")).collect();
        levels.insert(detail.child_text("QID"), (severity(&detail.child_text("SEVERITY")), cves.join(",")));
    }
    let mut hosts = Hosts::new(true, true);
    for host in root.child("HOST_LIST").into_iter().flat_map(El::children) {
        let name = host.child_text("IP");
        hosts.hosts.insert(name.clone());
        for info in host.all("VULN_INFO") {
            match info.child_text("TYPE").as_str() {
                "Vuln" | "" => {}
                "Ig" => continue,
                _ => {
                    hosts.potential += 1;
                    continue;
                }
            }
            if info.child_text("VULN_STATUS").eq_ignore_ascii_case("fixed") {
                hosts.closed += 1;
                continue;
            }
            let id = info.child_text("QID");
            let (severity, cves) = levels.get(&id).cloned().unwrap_or_default();
            let first_seen = dates::parse(&info.child_text("FIRST_FOUND"));
            hosts.see(out, &Weakness { host: &name, id: &id, severity, cves: &cves, first_seen, span: info.span() });
        }
    }
    let tag = header.and_then(|h| h.all("ASSET_TAG").next()).map(El::text).unwrap_or_default();
    hosts.tell(out, "Qualys asset data report", &tag, root.span(), at);
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::says;

    #[test]
    fn a_preamble_potential_and_fixed_findings() {
        let text = "\"Scan Report\",\"11/01/2026 at 10:00:00 (GMT)\"\n\"Company\",\"x\",\"y\"\n\n\
            \"IP\",\"DNS\",\"QID\",\"Title\",\"Vuln Status\",\"Type\",\"Severity\",\"First Detected\",\"Last Detected\",\"CVE ID\"\n\
            10.0.0.1,a,100,t,Active,Vuln,5,2026-01-01,2026-11-01,CVE-2021-44228\n\
            10.0.0.1,a,100,t,Active,Vuln,5,2026-01-01,2026-11-01,CVE-2021-44228\n\
            10.0.0.1,a,101,t,Active,Practice,5,2026-01-01,2026-11-01,\n\
            10.0.0.2,b,102,t,Fixed,Vuln,5,2026-01-01,2026-11-01,\n\
            10.0.0.2,b,103,t,Active,Vuln,4,2026-01-01,2026-11-01,\n";
        says(
            text,
            "qualys-csv",
            &[
                ("vuln_critical_open", Some(1.0)),
                ("vuln_critical_open_gt_30d", Some(1.0)),
                ("vuln_high_open", Some(1.0)),
                ("vuln_kev_open", Some(1.0)),
            ],
        );
    }

    #[test]
    fn a_report_without_hosts_is_unknown() {
        let text = "<ASSET_DATA_REPORT><HEADER><GENERATION_DATETIME>2021-03-25T07:13:51Z</GENERATION_DATETIME></HEADER></ASSET_DATA_REPORT>";
        says(text, "qualys-xml", &[("vuln_critical_open", None), ("vuln_high_open", None)]);
    }
}
