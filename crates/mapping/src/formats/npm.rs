//! `npm audit`, `pnpm audit` and `yarn audit`: vulnerable packages of a project.

use std::collections::BTreeMap;

use crate::Span;
use crate::out::{Out, Trust, When};
use crate::read::json::Val;
use crate::severity::Severity;

const CRITICAL: &str = "sca_critical_open";
const HIGH: &str = "sca_high_open";

/// Vulnerable packages, each with its worst severity and where it stands.
#[derive(Default)]
struct Packages {
    worst: BTreeMap<String, (Option<Severity>, Span)>,
}

impl Packages {
    fn add(&mut self, name: &str, severity: &str, span: Span) {
        let severity = Severity::word(severity);
        let entry = self.worst.entry(name.to_owned()).or_insert((severity, span));
        if severity > entry.0 {
            *entry = (severity, span);
        }
    }

    /// Writes both counts. `summary` is what the report itself says of a severity, where that counts packages too.
    fn tell(&self, out: &mut Out<'_>, what: &str, place: Span, scanned: bool, summary: impl Fn(&str) -> Option<f64>) {
        let subject = out.subject("");
        for (signal, severity, word) in [(CRITICAL, Severity::Critical, "critical"), (HIGH, Severity::High, "high")] {
            let found: Vec<Span> =
                self.worst.values().filter(|(s, _)| *s == Some(severity)).map(|(_, span)| *span).collect();
            let unrated = self.worst.values().filter(|(s, _)| s.is_none()).count();
            let span = found.iter().copied().reduce(Span::and).unwrap_or(place);
            if found.is_empty() && unrated > 0 {
                out.unknown(signal, &subject.name, span, "packages are listed without a severity", When(None));
            } else if self.worst.is_empty() && !scanned && !subject.named {
                let why = "the report is empty and names nothing that was scanned; give a subject if it is a true zero";
                out.unknown(signal, &subject.name, span, why, When(None));
            } else {
                let said = summary(word);
                let trust = Trust::exact(format!(
                    "{what}: {} of {} vulnerable packages are {word}",
                    found.len(),
                    self.worst.len()
                ))
                .cap_if(unrated > 0, 0.6, format!("{unrated} packages have no severity"))
                .cap_if(
                    said.is_some_and(|n| n != found.len() as f64),
                    0.6,
                    format!(
                        "the summary says {}, the list {}: they contradict each other",
                        said.unwrap_or_default(),
                        found.len()
                    ),
                );
                out.count(signal, &subject.name, found.len() as f64, span, &trust, When(None));
            }
        }
    }
}

fn both_unknown(out: &mut Out<'_>, span: Span, why: &str) {
    let subject = out.subject("");
    for signal in [CRITICAL, HIGH] {
        out.unknown(signal, &subject.name, span, why, When(None));
    }
}

pub(crate) fn is_npm7(root: Val<'_>) -> u8 {
    if root.at("auditReportVersion").number().is_some() && root.at("vulnerabilities").is_object() { 100 } else { 0 }
}

pub(crate) fn read_npm7(root: Val<'_>, out: &mut Out<'_>) {
    if root.at("error").there() {
        return both_unknown(out, root.at("error").span(), "the audit ended with an error");
    }
    let list = root.at("vulnerabilities");
    let mut packages = Packages::default();
    for (name, entry) in list.members() {
        packages.add(&name, &entry.at("severity").s(), entry.span());
    }
    let meta = root.at("metadata");
    let scanned = meta.at("dependencies").at("total").number().is_some_and(|n| n > 0.0);
    packages.tell(out, "npm audit report", list.span(), scanned, |word| meta.at("vulnerabilities").at(word).number());
}

pub(crate) fn is_npm6(root: Val<'_>) -> u8 {
    match (root.at("advisories").is_object(), root.at("metadata").at("vulnerabilities").is_object()) {
        (true, true) => 98,
        (true, false) if root.has("actions") => 80,
        _ => 0,
    }
}

pub(crate) fn read_npm6(root: Val<'_>, out: &mut Out<'_>) {
    if root.at("error").there() {
        return both_unknown(out, root.at("error").span(), "the audit ended with an error");
    }
    let list = root.at("advisories");
    let mut packages = Packages::default();
    for (_, entry) in list.members() {
        packages.add(&entry.at("module_name").s(), &entry.at("severity").s(), entry.span());
    }
    let meta = root.at("metadata");
    let scanned = meta.any(&["totalDependencies", "dependencies"]).number().is_some_and(|n| n > 0.0);
    // the summary counts paths, not packages: only whether there is any can be compared
    let any = |word: &str| {
        let said = meta.at("vulnerabilities").at(word).number()?;
        let listed = packages.worst.values().filter(|(s, _)| *s == Severity::word(word)).count() as f64;
        Some(if (said > 0.0) == (listed > 0.0) { listed } else { said })
    };
    packages.tell(out, "npm audit report, version 6 form", list.span(), scanned, any);
}

fn of_type<'d>(root: Val<'d>, kind: &str) -> Option<Val<'d>> {
    root.items().find(|line| line.at("type").s() == kind)
}

fn lines(root: Val<'_>) -> Vec<Val<'_>> {
    if root.is_array() { root.items().collect() } else { vec![root] }
}

pub(crate) fn is_yarn(root: Val<'_>) -> u8 {
    let found = lines(root).iter().take(200).any(|line| {
        matches!(line.at("type").s().as_ref(), "auditAdvisory" | "auditSummary") && line.at("data").is_object()
    });
    if found { 97 } else { 0 }
}

pub(crate) fn read_yarn(root: Val<'_>, out: &mut Out<'_>) {
    if let Some(error) = of_type(root, "error") {
        return both_unknown(out, error.span(), "the audit ended with an error");
    }
    let mut packages = Packages::default();
    let mut summary = None;
    for line in lines(root) {
        match line.at("type").s().as_ref() {
            "auditAdvisory" => {
                let advisory = line.at("data").at("advisory");
                packages.add(&advisory.at("module_name").s(), &advisory.at("severity").s(), line.span());
            }
            "auditSummary" => summary = Some(line.at("data")),
            _ => {}
        }
    }
    if summary.is_none() {
        out.doubt(0.75, "the summary line is missing, the list may be cut");
    }
    let scanned = summary.is_some_and(|s| s.at("totalDependencies").number().is_some_and(|n| n > 0.0));
    let any = |word: &str| {
        let said = summary?.at("vulnerabilities").at(word).number()?;
        let listed = packages.worst.values().filter(|(s, _)| *s == Severity::word(word)).count() as f64;
        Some(if (said > 0.0) == (listed > 0.0) { listed } else { said })
    };
    packages.tell(out, "yarn audit report", root.span(), scanned, any);
}

pub(crate) fn is_berry(root: Val<'_>) -> u8 {
    let found = lines(root).iter().take(20).any(|line| {
        line.at("value").is_text() && line.at("children").at("Severity").is_text() && line.at("children").has("Issue")
    });
    if found { 95 } else { 0 }
}

pub(crate) fn read_berry(root: Val<'_>, out: &mut Out<'_>) {
    let mut packages = Packages::default();
    for line in lines(root) {
        // deprecations are listed in the same form
        if line.at("children").at("ID").s().contains("deprecation") {
            continue;
        }
        packages.add(&line.at("value").s(), &line.at("children").at("Severity").s(), line.span());
    }
    packages.tell(out, "yarn npm audit report", root.span(), true, |_| None);
}

pub(crate) fn is_error(root: Val<'_>) -> u8 {
    let error = root.at("error");
    let code = error.at("code").s();
    if code.starts_with("ERR_PNPM") || asked_for_audit(root) {
        return 90;
    }
    if code.starts_with('E') && (error.has("summary") || error.has("detail") || root.has("message")) {
        return 70;
    }
    if of_type(root, "error").is_some() && lines(root).iter().all(|l| l.has("type") && l.has("data")) { 60 } else { 0 }
}

/// True if the error is the answer of a registry to an audit.
fn asked_for_audit(root: Val<'_>) -> bool {
    let uri = root.at("uri").s();
    root.at("error").is_object() && (uri.contains("/security/advisories") || uri.contains("/security/audits"))
}

pub(crate) fn read_error(root: Val<'_>, out: &mut Out<'_>) {
    let code = root.at("error").at("code").s();
    let known = ["ENOLOCK", "ENOAUDIT", "EAUDITNOPJSON", "EAUDITNOLOCK", "EAUDITGLOBAL", "EAUDIT"];
    if !(known.contains(&code.as_ref()) || code.starts_with("ERR_PNPM_AUDIT") || asked_for_audit(root)) {
        out.doubt(0.7, "it is an error, but nothing says that it is one of an audit");
    }
    both_unknown(out, root.span(), "the audit ended with an error");
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{said, says};

    const ONE: &str = r#"{"auditReportVersion":2,"vulnerabilities":{"debug":{"name":"debug","severity":"high","via":[]},
        "a":{"name":"a","severity":"low"}},"metadata":{"vulnerabilities":{"low":1,"high":1,"critical":0,"total":2},
        "dependencies":{"prod":98,"total":98}}}"#;

    #[test]
    fn packages_count_by_severity() {
        says(ONE, "npm-audit", &[("sca_critical_open", Some(0.0)), ("sca_high_open", Some(1.0))]);
        assert!(said(ONE).extractions.iter().all(|e| e.confidence >= 0.9));
    }

    #[test]
    fn a_summary_that_contradicts_the_list_goes_to_review() {
        let text = ONE.replace("\"high\":1", "\"high\":4");
        let high = said(&text).extractions.into_iter().find(|e| e.signal == "sca_high_open").unwrap();
        assert!(high.confidence < 0.85 && high.reasoning.contains("contradict"), "{high:?}");
    }

    #[test]
    fn an_error_is_unknown_and_so_is_an_empty_report_that_names_nothing() {
        for text in [
            r#"{"error":{"code":"ENOLOCK","summary":"This command requires an existing lockfile.","detail":"..."}}"#,
            r#"{"auditReportVersion":2,"vulnerabilities":{},"metadata":{"vulnerabilities":{"total":0},"dependencies":{"total":0}}}"#,
            "{\"type\":\"error\",\"data\":\"An unexpected error occurred\"}\n{\"type\":\"auditSummary\",\"data\":{\"vulnerabilities\":{}}}",
        ] {
            let got = said(text);
            assert!(got.extractions.len() == 2 && got.extractions.iter().all(|e| e.value.is_none()), "{text}: {got:?}");
        }
    }

    #[test]
    fn an_empty_report_of_a_scanned_project_is_a_true_zero() {
        let text = r#"{"auditReportVersion":2,"vulnerabilities":{},"metadata":{"vulnerabilities":{"high":0,"critical":0},"dependencies":{"total":41}}}"#;
        says(text, "npm-audit", &[("sca_critical_open", Some(0.0)), ("sca_high_open", Some(0.0))]);
    }

    #[test]
    fn advisories_of_one_package_count_once() {
        let text = r#"{"actions":[],"advisories":{"1":{"module_name":"x","severity":"high"},"2":{"module_name":"x","severity":"critical"}},
            "metadata":{"vulnerabilities":{"high":3,"critical":2},"totalDependencies":9}}"#;
        says(text, "npm-audit-6", &[("sca_critical_open", Some(1.0)), ("sca_high_open", Some(0.0))]);
        let yarn = "{\"type\":\"auditAdvisory\",\"data\":{\"advisory\":{\"module_name\":\"x\",\"severity\":\"high\"}}}\n\
            {\"type\":\"auditAdvisory\",\"data\":{\"advisory\":{\"module_name\":\"x\",\"severity\":\"high\"}}}\n\
            {\"type\":\"auditSummary\",\"data\":{\"vulnerabilities\":{\"high\":2,\"critical\":0},\"totalDependencies\":5}}";
        says(yarn, "yarn-audit", &[("sca_critical_open", Some(0.0)), ("sca_high_open", Some(1.0))]);
        let berry = "{\"value\":\"x\",\"children\":{\"ID\":1,\"Issue\":\"i\",\"Severity\":\"critical\"}}\n\
            {\"value\":\"x\",\"children\":{\"ID\":2,\"Issue\":\"i\",\"Severity\":\"high\"}}";
        says(berry, "yarn-npm-audit", &[("sca_critical_open", Some(1.0)), ("sca_high_open", Some(0.0))]);
    }

    #[test]
    fn only_the_error_of_an_audit_is_surely_one() {
        let none = [("sca_critical_open", None), ("sca_high_open", None)];
        let registry = r#"{"message":"405","method":"POST","uri":"https://r.test/-/npm/v1/security/advisories/bulk","statusCode":405,"error":{"summary":"","detail":""}}"#;
        for (text, sure) in [
            (registry, true),
            (r#"{"error":{"code":"ENOLOCK","summary":"s","detail":"d"}}"#, true),
            (r#"{"error":{"code":"EACCES","summary":"s","detail":"d"}}"#, false),
        ] {
            says(text, "npm-error", &none);
            assert_eq!(said(text).extractions[0].confidence >= 0.85, sure, "{text}");
        }
    }
}
