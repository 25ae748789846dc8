//! OpenVAS and Greenbone: XML reports and CSV results. The severity is a CVSS score; old versions have no word for
//! critical, so that the score decides.

use super::hosts::{Hosts, Weakness};
use crate::dates;
use crate::out::{Out, When};
use crate::read::table::{Headers, Sheet};
use crate::read::xml::El;
use crate::severity::Severity;

fn rating(score: &str, word: &str) -> Option<Severity> {
    if word.eq_ignore_ascii_case("false positive") {
        return None;
    }
    match score.trim().parse::<f64>() {
        Ok(score) if score < 0.0 => None,
        Ok(score) => Severity::score(score),
        Err(_) => Severity::word(word),
    }
}

pub(crate) fn is_csv(h: &Headers) -> u8 {
    if h.col(&["nvt oid", "nvt name"]).is_some() && h.col(&["ip", "host", "hostname"]).is_some() { 98 } else { 0 }
}

pub(crate) fn read_csv(sheet: &Sheet<'_>, out: &mut Out<'_>) {
    let host = sheet.col(&["ip", "host", "hostname"]);
    let (score, word) = (sheet.col(&["cvss", "severity score"]), sheet.col(&["severity", "threat"]));
    let id = sheet.col(&["nvt oid", "nvt name"]);
    let cve = sheet.col(&["cves", "cve"]);
    let (task, time) = (sheet.col(&["task name"]), sheet.col(&["timestamp", "date"]));
    let mut hosts = Hosts::new(false, cve.is_some());
    let (mut at, mut name) = (None, String::new());
    sheet.rows(|row| {
        let ip = row.get(host);
        if ip.is_empty() {
            return;
        }
        if name.is_empty() {
            name = row.get(task).into_owned();
        }
        at = at.max(dates::parse(&row.get(time)));
        hosts.hosts.insert(ip.to_string());
        let word = row.get(word);
        if word.eq_ignore_ascii_case("false positive") {
            hosts.closed += 1;
            return;
        }
        let severity = rating(&row.get(score), &word);
        hosts.see(
            out,
            &Weakness { host: &ip, id: &row.get(id), severity, cves: &row.get(cve), first_seen: None, span: row.span },
        );
    });
    hosts.tell(out, "OpenVAS results", &name, sheet.span(), When(at));
}

/// The report that has the results: reports are wrapped in a report.
fn inner(root: El<'_>) -> Option<El<'_>> {
    let holds = |e: El<'_>| e.child("results").is_some() || e.child("scan_run_status").is_some();
    match root.name() {
        "report" if holds(root) => Some(root),
        "report" => root.child("report").filter(|r| holds(*r)),
        "get_reports_response" => root.child("report").and_then(inner),
        _ => None,
    }
}

pub(crate) fn is_xml(root: El<'_>) -> u8 {
    if inner(root).is_some() { 97 } else { 0 }
}

pub(crate) fn read_xml(root: El<'_>, out: &mut Out<'_>) {
    let Some(report) = inner(root) else { return };
    let status = report.child_text("scan_run_status");
    if !status.is_empty() && status != "Done" {
        out.doubt(0.6, "the scan was not done when the report was made");
    }
    let mut hosts = Hosts::new(false, true);
    for host in report.children().filter(|c| c.name() == "host") {
        let ip = host.child_text("ip");
        if !ip.is_empty() {
            hosts.hosts.insert(ip);
        }
    }
    for result in report.child("results").into_iter().flat_map(El::children).filter(|c| c.name() == "result") {
        let host = result.child_text("host");
        let nvt = result.child("nvt");
        let id = nvt.and_then(|n| n.attr("oid")).map_or_else(|| result.child_text("name"), |o| o.into_owned());
        let threat = result.child_text("threat");
        if threat.eq_ignore_ascii_case("false positive") || result.child_text("severity").starts_with('-') {
            hosts.closed += 1;
            continue;
        }
        let cves: Vec<String> = nvt
            .into_iter()
            .flat_map(|n| {
                n.all("ref").filter(|r| r.attr("type").as_deref() == Some("cve")).filter_map(|r| r.attr("id"))
            })
            .map(|c| c.into_owned())
            .chain(nvt.map(|n| n.child_text("cve")))
            .collect();
        let severity = rating(&result.child_text("severity"), &threat);
        hosts.see(
            out,
            &Weakness { host: &host, id: &id, severity, cves: &cves.join(","), first_seen: None, span: result.span() },
        );
    }
    // a finished scan of hosts that are only counted
    let scanned =
        report.child("hosts").map(|h| h.child_text("count")).and_then(|n| n.parse::<f64>().ok()).unwrap_or_default();
    if hosts.hosts.is_empty() && scanned > 0.0 {
        hosts.hosts.insert("scanned".to_owned());
    }
    let listed = report.child("results").and_then(|r| r.attr("max")).and_then(|m| m.parse::<f64>().ok());
    let full = report.child("result_count").map(|r| (r.child_text("full"), r.child_text("filtered")));
    if listed.is_some_and(|m| m > 0.0) && full.is_some_and(|(full, filtered)| full != filtered && !full.is_empty()) {
        out.note("The report was filtered; results that the filter left out are not in it.");
    }
    let name = report.child("task").map(|t| t.child_text("name")).unwrap_or_default();
    let at = [report.child_text("scan_end"), report.child_text("timestamp"), report.child_text("scan_start")];
    let at = at.iter().find_map(|t| dates::parse(t));
    hosts.tell(out, "OpenVAS report", &name, report.span(), When(at));
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{said, says};

    #[test]
    fn the_score_decides_what_is_critical() {
        let text = r#"<report id="1"><report id="2"><scan_run_status>Done</scan_run_status><task id="3"><name>office</name></task><hosts><count>1</count></hosts>
            <results start="1" max="-1"><result><name>n</name><host>10.0.0.1<asset/></host><nvt oid="1.2"><refs><ref type="cve" id="CVE-2021-44228"/></refs></nvt><threat>High</threat><severity>10.0</severity></result>
            <result><host>10.0.0.1</host><nvt oid="1.3"/><threat>High</threat><severity>7.5</severity></result></results></report></report>"#;
        says(
            text,
            "openvas",
            &[("vuln_critical_open", Some(1.0)), ("vuln_high_open", Some(1.0)), ("vuln_kev_open", Some(1.0))],
        );
        let running = text.replace(">Done<", ">Running<");
        assert!(said(&running).extractions.iter().all(|e| e.confidence < 0.85));
    }

    #[test]
    fn results_as_a_table() {
        let text = "IP,Hostname,Port,Port Protocol,CVSS,Severity,QoD,Solution Type,NVT Name,Summary,NVT OID,CVEs,Task ID,Task Name,Timestamp\n\
            10.0.0.1,,80,tcp,9.8,High,80,x,n,s,1.2,CVE-2020-0001,t,office,2024-03-18T12:46:31Z\n";
        says(
            text,
            "openvas-csv",
            &[("vuln_critical_open", Some(1.0)), ("vuln_high_open", Some(0.0)), ("vuln_kev_open", Some(0.0))],
        );
    }
}
