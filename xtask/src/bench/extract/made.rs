//! Reports of 10 MB in the forms of common tools, made of nothing but a counter.

use std::fmt::Write as _;

/// About how large a made report is.
const SIZE: usize = 10_000_000;
/// Words to fill findings with, as long as those of tools are.
const PROSE: &str = "A vulnerability in the affected component allows a remote attacker to read memory outside of the \
                     intended bounds by means of a crafted request, which may lead to disclosure of information.";

/// A made report.
pub(super) struct Made {
    pub(super) name: &'static str,
    pub(super) file: &'static str,
    pub(super) text: String,
    /// The signals that count what the peer counts too: its critical and its high findings.
    pub(super) signals: [&'static str; 2],
}

const WORDS: [&str; 5] = ["critical", "high", "medium", "low", "high"];

/// All of them.
pub(super) fn all() -> Vec<Made> {
    let vuln = ["vuln_critical_open", "vuln_high_open"];
    let sca = ["sca_critical_open", "sca_high_open"];
    let made = |name, file, text, signals| Made { name, file, text, signals };
    vec![
        made("npm audit, JSON", "npm.json", npm(), sca),
        made("Trivy, JSON", "trivy.json", trivy(), vuln),
        made("SARIF 2.1", "grype.sarif", sarif(), sca),
        made("Nessus, CSV", "nessus.csv", nessus_csv(), vuln),
        made("Nessus, XML", "scan.nessus", nessus_xml(), vuln),
        made("note, text", "note.txt", note(), vuln),
    ]
}

fn fill(mut text: String, end: &str, mut one: impl FnMut(&mut String, usize)) -> String {
    let mut n = 0;
    while text.len() < SIZE {
        one(&mut text, n);
        n += 1;
    }
    // the last separator
    if text.ends_with(',') {
        text.pop();
    }
    text.push_str(end);
    text
}

fn npm() -> String {
    let end = "},\"metadata\":{\"dependencies\":{\"total\":90000}}}";
    fill("{\"auditReportVersion\":2,\"vulnerabilities\":{".to_owned(), end, |text, n| {
        let _ = write!(
            text,
            "\"package-{n}\":{{\"name\":\"package-{n}\",\"severity\":\"{}\",\"isDirect\":false,\"via\":[{{\"source\":{n},\"title\":\"{PROSE}\",\
             \"cwe\":[\"CWE-125\"],\"range\":\"<1.{n}.0\"}}],\"effects\":[],\"nodes\":[\"node_modules/package-{n}\"]}},",
            WORDS[n % 5]
        );
    })
}

fn trivy() -> String {
    let head = "{\"SchemaVersion\":2,\"ArtifactName\":\"shop:1\",\"ArtifactType\":\"container_image\",\"Results\":[{\"Target\":\"shop:1\",\"Class\":\"os-pkgs\",\"Type\":\"debian\",\"Vulnerabilities\":[";
    fill(head.to_owned(), "]}]}", |text, n| {
        let _ = write!(
            text,
            "{{\"VulnerabilityID\":\"CVE-2031-{n:05}\",\"PkgName\":\"lib{n}\",\"InstalledVersion\":\"1.{n}\",\"Status\":\"affected\",\"Title\":\"t\",\
             \"Description\":\"{PROSE}\",\"Severity\":\"{}\",\"References\":[\"https://example.test/{n}\"]}},",
            WORDS[n % 5].to_uppercase()
        );
    })
}

fn sarif() -> String {
    let mut rules = String::new();
    for (n, score) in ["9.8", "8.1", "5.0", "2.0", "7.5"].iter().enumerate() {
        let _ = write!(
            rules,
            "{{\"id\":\"r{n}\",\"properties\":{{\"security-severity\":\"{score}\"}}}}{}",
            if n < 4 { "," } else { "" }
        );
    }
    let head = format!(
        "{{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{{\"name\":\"osv-scanner\",\"rules\":[{rules}]}}}},\"results\":["
    );
    fill(head, "]}]}", |text, n| {
        let _ = write!(
            text,
            "{{\"ruleId\":\"r{}\",\"level\":\"error\",\"message\":{{\"text\":\"{PROSE}\"}},\"locations\":[{{\"physicalLocation\":{{\
             \"artifactLocation\":{{\"uri\":\"src/file-{n}.lock\"}},\"region\":{{\"startLine\":{n}}}}}}}]}},",
            n % 5
        );
    })
}

fn nessus_csv() -> String {
    let head = "Plugin ID,CVE,CVSS,Risk,Host,Protocol,Port,Name,Synopsis,Description,Solution,See Also,Plugin Output\n";
    fill(head.to_owned(), "", |text, n| {
        let word = WORDS[n % 5];
        let _ = writeln!(
            text,
            "{n},CVE-2031-{n:05},5.0,{}{},10.{}.{}.{},tcp,443,Plugin {n},s,\"{PROSE}\n{PROSE}\",x,y,\"out, put\"",
            word[..1].to_uppercase(),
            &word[1..],
            n / 65536 % 256,
            n / 256 % 256,
            n % 256
        );
    })
}

fn nessus_xml() -> String {
    let head = "<?xml version=\"1.0\"?>\n<NessusClientData_v2><Report name=\"made\">";
    fill(head.to_owned(), "</Report></NessusClientData_v2>", |text, n| {
        let severity = [4, 3, 2, 1, 3][n % 5];
        let _ = writeln!(
            text,
            "<ReportHost name=\"10.{}.{}.{}\"><HostProperties><tag name=\"HOST_END\">Mon Nov 16 04:11:00 2026</tag></HostProperties>\
             <ReportItem port=\"445\" svc_name=\"cifs\" protocol=\"tcp\" severity=\"{severity}\" pluginID=\"{n}\" pluginName=\"p\" \
             pluginFamily=\"f\"><cve>CVE-2031-{n:05}</cve><description>{PROSE}</description></ReportItem></ReportHost>",
            n / 65536 % 256,
            n / 256 % 256,
            n % 256
        );
    })
}

/// A note of many sentences that say nothing, and two that do.
fn note() -> String {
    let head = "Date: 2026-11-16\nvuln_critical_open: 7\nvuln_high_open: 12\n\n";
    fill(head.to_owned(), "", |text, n| {
        let _ = writeln!(text, "{n}: {PROSE} We met again on day {n} and spoke of all this.");
    })
}
