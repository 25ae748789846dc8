//! Nessus and Tenable: the CSV exports and `.nessus` files.

use super::hosts::{Hosts, Weakness};
use crate::dates;
use crate::out::{Out, When};
use crate::read::table::{Headers, Sheet};
use crate::read::xml::El;
use crate::severity::Severity;

const HOST: [&str; 8] =
    ["host", "ip address", "asset name", "dns name", "host fqdn", "asset ipv4", "ipv4 address", "fqdn"];

pub(crate) fn is_csv(h: &Headers) -> u8 {
    let plugin = h.col(&["plugin id", "plugin", "definition id"]).is_some();
    let risk = h.col(&["risk", "severity", "risk factor"]).is_some();
    let host = h.col(&HOST).is_some();
    match (plugin, risk, host) {
        (true, true, true)
            if h.col(&[
                "plugin output",
                "synopsis",
                "plugin name",
                "see also",
                "vpr score",
                "name",
                "definition name",
                "definition synopsis",
            ])
            .is_some() =>
        {
            97
        }
        _ => 0,
    }
}

pub(crate) fn read_csv(sheet: &Sheet<'_>, out: &mut Out<'_>) {
    let plugin = sheet.col(&["plugin id", "plugin", "definition id"]);
    let risk = sheet.col(&["risk", "severity", "risk factor"]);
    let host = sheet.col(&HOST);
    let cve = sheet.col(&["cve", "cves", "definition cve"]);
    let text = sheet.col(&["plugin output", "plugin text", "output"]);
    let first = sheet.col(&["first discovered", "first found", "first seen", "first observed"]);
    let last = sheet.col(&["last observed", "last found", "last seen", "host end"]);
    let state = sheet.col(&["vulnerability state", "state", "status"]);
    let mut hosts = Hosts::new(first.is_some(), cve.is_some());
    let mut at = None;
    sheet.rows(|row| {
        let name = row.get(host);
        if name.is_empty() {
            return;
        }
        hosts.hosts.insert(name.to_string());
        at = at.max(dates::parse(&row.get(last)));
        let id = row.get(plugin);
        let output = row.get(text);
        match id.as_ref() {
            "19506" => {
                if let Some(worked) = credentialed(&output) {
                    hosts.sign_in(&name, worked, row.span);
                }
                at = at.max(scan_date(&output));
            }
            "10180" if output.contains("is considered as dead") => {
                hosts.unreachable.insert(name.to_string());
            }
            _ => {}
        }
        if matches!(row.get(state).to_ascii_uppercase().as_str(), "FIXED" | "ACCEPTED" | "RESOLVED") {
            hosts.closed += 1;
            return;
        }
        let word = row.get(risk);
        let severity = Severity::word(&word).or_else(|| level(&word));
        let seen = Weakness {
            host: &name,
            id: &id,
            severity,
            cves: &row.get(cve),
            first_seen: dates::parse(&row.get(first)),
            span: row.span,
        };
        hosts.see(out, &seen);
    });
    hosts.tell(out, "Nessus export", "", sheet.span(), When(at));
}

/// The number of a severity: 0 (none) to 4 (critical).
fn level(text: &str) -> Option<Severity> {
    Some(match text.trim() {
        "0" => Severity::Info,
        "1" => Severity::Low,
        "2" => Severity::Medium,
        "3" => Severity::High,
        "4" => Severity::Critical,
        _ => return None,
    })
}

/// What plugin 19506 says of signing in.
fn credentialed(output: &str) -> Option<bool> {
    let line = output.lines().find(|l| l.trim_start().starts_with("Credentialed checks"))?;
    let answer = line.split_once(':')?.1.trim_start().to_ascii_lowercase();
    if answer.starts_with("yes") {
        Some(true)
    } else if answer.starts_with("no") {
        Some(false)
    } else {
        None
    }
}

fn scan_date(output: &str) -> Option<watchkeep_model::Timestamp> {
    let line = output.lines().find(|l| l.trim_start().starts_with("Scan Start Date"))?;
    let text = line.split_once(':')?.1.trim();
    let mut words = text.split_whitespace();
    dates::parse(&format!("{} {}", words.next()?, words.next().unwrap_or_default()))
}

pub(crate) fn is_xml(root: El<'_>) -> u8 {
    if root.name().starts_with("NessusClientData") { 100 } else { 0 }
}

pub(crate) fn read_xml(root: El<'_>, out: &mut Out<'_>) {
    for report in root.children().filter(|c| c.name() == "Report") {
        one(report, out);
    }
}

fn one(report: El<'_>, out: &mut Out<'_>) {
    let mut hosts = Hosts::new(false, true);
    let mut at = None;
    for host in report.children().filter(|c| c.name() == "ReportHost") {
        let name = host.attr("name").unwrap_or_default();
        hosts.hosts.insert(name.to_string());
        for tag in host.child("HostProperties").into_iter().flat_map(El::children) {
            match tag.attr("name").as_deref() {
                Some("Credentialed_Scan") => {
                    if let Some(worked) = crate::words::truth(&tag.text()) {
                        hosts.sign_in(&name, worked, tag.span());
                    }
                }
                Some("HOST_END") => at = at.max(dates::parse(&tag.text())),
                _ => {}
            }
        }
        for item in host.children().filter(|c| c.name() == "ReportItem") {
            let id = item.attr("pluginID").unwrap_or_default();
            if id == "19506"
                && let Some(worked) = credentialed(&item.child_text("plugin_output"))
            {
                hosts.sign_in(&name, worked, item.span());
            }
            if id == "10180" && item.child_text("plugin_output").contains("is considered as dead") {
                hosts.unreachable.insert(name.to_string());
            }
            let severity = item
                .attr("severity")
                .and_then(|n| level(&n))
                .or_else(|| Severity::word(&item.child_text("risk_factor")));
            let cves: Vec<String> = item.children().filter(|c| c.name() == "cve").map(El::text).collect();
            hosts.see(
                out,
                &Weakness {
                    host: &name,
                    id: &id,
                    severity,
                    cves: &cves.join(","),
                    first_seen: None,
                    span: item.span(),
                },
            );
        }
    }
    let name = report.attr("name").unwrap_or_default();
    hosts.tell(out, "Nessus report", &name, report.span(), When(at));
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{said, says};

    const CSV: &str = "Plugin ID,CVE,CVSS,Risk,Host,Protocol,Port,Name,Synopsis,Description,Solution,See Also,Plugin Output\n\
        1,CVE-2021-44228,10,Critical,10.0.0.1,tcp,80,log4j,s,d,s,,\n\
        1,CVE-2021-45046,10,Critical,10.0.0.1,tcp,80,log4j,s,d,s,,\n\
        1,CVE-2021-44228,10,Critical,10.0.0.1,tcp,8080,log4j,s,d,s,,\n\
        2,,7,High,10.0.0.2,tcp,80,x,s,d,s,,\n\
        19506,,,None,10.0.0.1,tcp,0,info,s,d,s,,\"Credentialed checks : yes, as 'root'\nScan Start Date : 2024/1/25 18:40 CET\"\n\
        19506,,,None,10.0.0.2,tcp,0,info,s,d,s,,Credentialed checks : no\n";

    #[test]
    fn a_plugin_counts_once_per_host() {
        says(
            CSV,
            "nessus-csv",
            &[
                ("vuln_credentialed_scan_pct", Some(50.0)),
                ("vuln_critical_open", Some(1.0)),
                ("vuln_high_open", Some(1.0)),
                ("vuln_kev_open", Some(1.0)),
            ],
        );
        let got = said(CSV);
        assert_eq!(got.extractions[0].observed_at.unwrap().to_string(), "2024-01-25T18:40:00Z");
    }

    #[test]
    fn a_header_alone_is_unknown() {
        let head = CSV.lines().next().unwrap();
        says(head, "nessus-csv", &[("vuln_critical_open", None), ("vuln_high_open", None)]);
    }

    #[test]
    fn the_file_of_nessus() {
        let text = r#"<?xml version="1.0"?><NessusClientData_v2><Report name="office"><ReportHost name="h1"><HostProperties>
            <tag name="HOST_END">Thu Aug 31 10:11:12 2023</tag><tag name="Credentialed_Scan">true</tag></HostProperties>
            <ReportItem port="0" severity="4" pluginID="7"><cve>CVE-2021-44228</cve></ReportItem>
            <ReportItem port="1" severity="3" pluginID="8"/></ReportHost></Report></NessusClientData_v2>"#;
        says(
            text,
            "nessus",
            &[
                ("vuln_credentialed_scan_pct", Some(100.0)),
                ("vuln_critical_open", Some(1.0)),
                ("vuln_high_open", Some(1.0)),
                ("vuln_kev_open", Some(1.0)),
            ],
        );
        assert!(said(text).extractions.iter().all(|e| e.subject == "office"));
        let empty = r#"<NessusClientData_v2><Report name="office"></Report></NessusClientData_v2>"#;
        says(empty, "nessus", &[("vuln_critical_open", None), ("vuln_high_open", None)]);
    }
}
