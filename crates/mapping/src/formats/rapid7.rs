//! Rapid7 InsightVM and Nexpose: the XML report version 2 and CSV exports.

use std::collections::HashMap;

use super::hosts::{Hosts, Weakness};
use crate::dates;
use crate::out::{Out, When};
use crate::read::table::{Headers, Sheet};
use crate::read::xml::El;
use crate::severity::Severity;

pub(crate) fn is_xml(root: El<'_>) -> u8 {
    if root.name() == "NexposeReport" { 100 } else { 0 }
}

/// Of the CVSS score, else of Nexpose's own severity from 1 to 10.
fn rating(score: &str, own: &str) -> Option<Severity> {
    score.trim().parse::<f64>().or_else(|_| own.trim().parse()).ok().and_then(Severity::score)
}

pub(crate) fn read_xml(root: El<'_>, out: &mut Out<'_>) {
    let mut definitions = HashMap::new();
    for def in root.child("VulnerabilityDefinitions").into_iter().flat_map(El::children) {
        let id = def.attr("id").unwrap_or_default().to_ascii_lowercase();
        let cves: Vec<String> =
            def.all("reference").filter(|r| r.attr("source").as_deref() == Some("CVE")).map(El::text).collect();
        let score = def.attr("cvssV3Score").or_else(|| def.attr("cvssScore")).unwrap_or_default();
        definitions.insert(id, (rating(&score, &def.attr("severity").unwrap_or_default()), cves.join(",")));
    }
    let (mut at, mut sites) = (None, Vec::new());
    for scan in root.child("scans").into_iter().flat_map(El::children) {
        at = at.max(scan.attr("endTime").and_then(|t| dates::parse(&t)));
        if scan.attr("status").is_some_and(|s| s != "finished") {
            out.doubt(0.6, "a scan of the report did not finish");
        }
        sites.push(scan.attr("name").unwrap_or_default().into_owned());
    }
    sites.dedup();
    let site = if sites.len() == 1 { sites.remove(0) } else { String::new() };
    let mut hosts = Hosts::new(true, true);
    for node in root.child("nodes").into_iter().flat_map(El::children) {
        let host = node.attr("address").unwrap_or_default();
        hosts.hosts.insert(host.to_string());
        if node.attr("status").is_some_and(|s| s != "alive") {
            hosts.unreachable.insert(host.to_string());
            continue;
        }
        for test in node.all("test") {
            match test.attr("status").as_deref() {
                Some("vulnerable-exploited" | "vulnerable-version") => {}
                Some("vulnerable-potential") => {
                    hosts.potential += 1;
                    continue;
                }
                Some(s) if s.contains("exception") => {
                    hosts.closed += 1;
                    continue;
                }
                _ => continue,
            }
            let id = test.attr("id").unwrap_or_default().to_ascii_lowercase();
            let (severity, cves) = definitions.get(&id).cloned().unwrap_or_default();
            let first_seen = test.attr("vulnerable-since").and_then(|t| dates::parse(&t));
            hosts.see(out, &Weakness { host: &host, id: &id, severity, cves: &cves, first_seen, span: test.span() });
        }
    }
    hosts.tell(out, "Nexpose report", &site, root.span(), When(at));
}

const ID: [&str; 3] = ["vulnerability id", "vulnerability title", "vulnerability name"];
const HOST: [&str; 5] = ["asset ip address", "ip address", "asset name", "asset names", "host name"];

pub(crate) fn is_csv(h: &Headers) -> u8 {
    let level = h.col(&[
        "vulnerability cvss score",
        "vulnerability cvssv3 score",
        "vulnerability severity level",
        "vulnerability severity",
    ]);
    if h.col(&ID).is_some() && h.col(&HOST).is_some() && level.is_some() { 97 } else { 0 }
}

pub(crate) fn read_csv(sheet: &Sheet<'_>, out: &mut Out<'_>) {
    let (id, host) = (sheet.col(&ID), sheet.col(&HOST));
    let score = sheet.col(&["vulnerability cvssv3 score", "vulnerability cvss score"]);
    let word = sheet.col(&["vulnerability severity", "vulnerability severity level"]);
    let status = sheet.col(&["vulnerability test result code", "vulnerability status"]);
    let cve = sheet.col(&[
        "vulnerability cve ids",
        "vulnerability cve urls",
        "vulnerability reference i ds",
        "vulnerability reference ids",
    ]);
    let first = sheet.col(&["vulnerable since", "vulnerability first found", "first found"]);
    let last = sheet.col(&["vulnerability test date", "last scan date"]);
    let site = sheet.col(&["site name"]);
    let mut hosts = Hosts::new(first.is_some(), cve.is_some());
    let (mut at, mut sites) = (None, Vec::new());
    sheet.rows(|row| {
        let name = row.get(host);
        if name.is_empty() {
            return;
        }
        hosts.hosts.insert(name.to_string());
        at = at.max(dates::parse(&row.get(last)));
        let site = row.get(site).into_owned();
        if !sites.contains(&site) && sites.len() < 3 {
            sites.push(site);
        }
        let code = row.get(status).to_ascii_lowercase();
        // vp is potential; "not vulnerable" and overridden ones begin with n and o
        if code.starts_with("vp") || code.contains("potential") {
            hosts.potential += 1;
            return;
        }
        if code.starts_with('n') || code.starts_with('o') || code.contains("exception") {
            hosts.closed += 1;
            return;
        }
        let severity = rating(&row.get(score), "").or_else(|| Severity::word(&row.get(word)));
        let first_seen = dates::parse(&row.get(first));
        hosts.see(
            out,
            &Weakness { host: &name, id: &row.get(id), severity, cves: &row.get(cve), first_seen, span: row.span },
        );
    });
    let site = if sites.len() == 1 { sites.remove(0) } else { String::new() };
    hosts.tell(out, "Rapid7 export", &site, sheet.span(), When(at));
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{said, says};

    #[test]
    fn tests_of_nodes_with_their_definitions() {
        let text = r#"<NexposeReport version="2.0"><scans><scan name="office" endTime="20260228T225429678" status="finished"/></scans><nodes>
            <node address="10.0.0.1" status="alive"><tests><test id="a" status="vulnerable-version" vulnerable-since="20250101T000000000"/>
            <test id="b" status="vulnerable-potential"/></tests></node><node address="10.0.0.2" status="dead"/></nodes>
            <VulnerabilityDefinitions><vulnerability id="a" severity="10" cvssScore="9.8"><references><reference source="CVE">CVE-2021-44228</reference></references></vulnerability>
            <vulnerability id="b" severity="10" cvssScore="9.8"/></VulnerabilityDefinitions></NexposeReport>"#;
        says(
            text,
            "nexpose",
            &[
                ("vuln_critical_open", Some(1.0)),
                ("vuln_critical_open_gt_30d", Some(1.0)),
                ("vuln_high_open", Some(0.0)),
                ("vuln_kev_open", Some(1.0)),
            ],
        );
    }

    #[test]
    fn an_export_as_a_table() {
        let text = "Asset IP Address,Vulnerability ID,Vulnerability CVSS Score,Vulnerability Test Result Code,Site Name\n\
            10.0.0.1,a,9.8,vv,office\n10.0.0.1,b,9.8,vp,office\n10.0.0.1,c,9.8,ov,office\n10.0.0.2,a,7.5,ve,office\n";
        says(text, "rapid7-csv", &[("vuln_critical_open", Some(1.0)), ("vuln_high_open", Some(1.0))]);
    }

    #[test]
    fn that_none_is_exploited_needs_findings_that_name_a_cve() {
        let head = "Asset IP Address,Vulnerability ID,Vulnerability CVSSv3 Score,Vulnerability CVE IDs\n";
        for (cve, kev, sure) in [("", 0.0, false), ("CVE-2020-0001", 0.0, true), ("CVE-2021-44228", 1.0, true)] {
            let got = said(&format!("{head}10.0.0.1,a,9.8,{cve}\n"));
            let found = got.extractions.iter().find(|e| e.signal == "vuln_kev_open").unwrap();
            assert_eq!((found.value, found.confidence >= 0.85), (Some(kev), sure), "{cve}: {got:?}");
        }
    }
}
