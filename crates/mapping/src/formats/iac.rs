//! Checks of infrastructure code: Checkov, KICS, tfsec.

use super::checks::{Checks, Outcome};
use crate::out::{Out, When};
use crate::read::json::Val;
use crate::severity::Severity;

fn is_checkov_one(v: Val<'_>) -> bool {
    v.at("results").at("failed_checks").is_array() && v.has("check_type")
}

pub(crate) fn is_checkov(root: Val<'_>) -> u8 {
    if is_checkov_one(root) || (root.len() > 0 && root.items().take(20).all(is_checkov_one)) {
        return 99;
    }
    // what Checkov writes when it found nothing to check
    if root.has("checkov_version") && root.at("resource_count").there() && root.has("parsing_errors") { 80 } else { 0 }
}

pub(crate) fn read_checkov(root: Val<'_>, out: &mut Out<'_>) {
    let parts: Vec<Val<'_>> = if root.is_array() { root.items().collect() } else { vec![root] };
    let subject = out.subject("");
    let mut checks = Checks::default();
    for part in parts {
        let results = part.at("results");
        for (list, failed) in [("failed_checks", true), ("passed_checks", false)] {
            for check in results.at(list).items() {
                // vulnerabilities of packages stand in the same list
                let id = check.at("check_id").s();
                if id.starts_with("CKV_CVE") || id.starts_with("BC_CVE") || id.starts_with("CKV_SECRET") {
                    continue;
                }
                let resource =
                    format!("{} {}", check.any(&["repo_file_path", "file_path"]).s(), check.at("resource").s());
                let severity = check.at("severity");
                let severity =
                    Severity::word(&if severity.is_object() { severity.at("name").s() } else { severity.s() });
                checks.see(&Outcome {
                    account: &subject.name,
                    check: &id,
                    resource: &resource,
                    failed,
                    severity,
                    span: check.span(),
                });
            }
        }
        checks.muted += results.at("skipped_checks").len();
        checks.errored += results.at("parsing_errors").len();
    }
    checks.tell(out, "Checkov", root.span(), When(None));
}

pub(crate) fn is_kics(root: Val<'_>) -> u8 {
    if root.at("queries").is_array() && (root.has("kics_version") || root.at("severity_counters").is_object()) {
        100
    } else {
        0
    }
}

pub(crate) fn read_kics(root: Val<'_>, out: &mut Out<'_>) {
    let subject = out.subject("");
    let at = When::text(&root.at("end").s());
    let mut checks = Checks::default();
    for query in root.at("queries").items() {
        let severity = match query.at("severity").s().as_ref() {
            "TRACE" => Some(Severity::Info),
            word => Severity::word(word),
        };
        for file in query.at("files").items() {
            let resource = format!(
                "{} {} {}",
                file.at("file_name").s(),
                file.any(&["resource_name", "search_key"]).s(),
                file.any(&["similarity_id", "line"]).s()
            );
            let id = query.at("query_id").s();
            checks.see(&Outcome {
                account: &subject.name,
                check: &id,
                resource: &resource,
                failed: true,
                severity,
                span: file.span(),
            });
        }
    }
    let n = |name: &str| root.at(name).number().unwrap_or_default();
    let unread = n("files_failed_to_scan") + n("queries_failed_to_execute");
    let signal = "cloud_critical_misconfig_open";
    if n("files_scanned") <= 0.0 {
        out.unknown(signal, &subject.name, root.span(), "no file was scanned", at);
        return;
    }
    if unread > 0.0 {
        out.doubt(0.7, format!("{unread} files or queries failed"));
    }
    if !checks.any() {
        let span = root.at("queries").span();
        if unread > 0.0 {
            out.unknown(signal, &subject.name, span, "nothing was found, but files or queries failed", at);
        } else {
            let trust = crate::out::Trust::exact(format!("KICS: nothing found in {} files", n("files_scanned")));
            out.count(signal, &subject.name, 0.0, span, &trust, at);
        }
        return;
    }
    let counters = root.at("severity_counters");
    if !counters.has("CRITICAL") && counters.at("HIGH").number().is_some_and(|n| n > 0.0) {
        out.doubt(0.7, "this version of KICS has no critical severity: its high is its worst");
    }
    checks.tell(out, "KICS", root.at("queries").span(), at);
}

pub(crate) fn is_tfsec(root: Val<'_>) -> u8 {
    let results = root.at("results");
    let fits = |r: Val<'_>| r.has("rule_id") && r.at("location").is_object() && r.has("rule_description");
    if results.len() > 0 && results.items().take(20).all(fits) { 97 } else { 0 }
}

pub(crate) fn read_tfsec(root: Val<'_>, out: &mut Out<'_>) {
    let subject = out.subject("");
    let mut checks = Checks::default();
    for result in root.at("results").items() {
        let place = result.at("location");
        let resource =
            format!("{} {} {}", place.at("filename").s(), place.at("start_line").s(), result.at("resource").s());
        let id = result.any(&["long_id", "rule_id"]).s();
        if result.at("status").number() == Some(2.0) {
            checks.muted += 1;
            continue;
        }
        let passed = result.at("passed").truth() == Some(true) || result.at("status").number() == Some(1.0);
        // the words of old versions (ERROR, WARNING) have no critical and are not judged
        let severity = Severity::word(&result.at("severity").s());
        checks.see(&Outcome {
            account: &subject.name,
            check: &id,
            resource: &resource,
            failed: !passed,
            severity,
            span: result.span(),
        });
    }
    checks.tell(out, "tfsec", root.at("results").span(), When(None));
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{said, says};

    #[test]
    fn checkov_without_severities_is_unknown_but_knows_public_buckets() {
        let text = r#"{"check_type":"terraform","results":{"passed_checks":[],"failed_checks":[{"check_id":"CKV_AWS_20","resource":"aws_s3_bucket.b","file_path":"/a.tf","severity":null}],"skipped_checks":[],"parsing_errors":[]}}"#;
        says(text, "checkov", &[("cloud_critical_misconfig_open", None), ("cloud_public_storage", Some(1.0))]);
        let rated = text.replace("null", "\"CRITICAL\"");
        says(&rated, "checkov", &[("cloud_critical_misconfig_open", Some(1.0)), ("cloud_public_storage", Some(1.0))]);
    }

    #[test]
    fn kics_needs_files() {
        let text = r#"{"kics_version":"v2","files_scanned":3,"queries_failed_to_execute":0,"severity_counters":{"CRITICAL":0,"HIGH":0},"queries":[]}"#;
        says(text, "kics", &[("cloud_critical_misconfig_open", Some(0.0))]);
        says(
            &text.replace("\"files_scanned\":3", "\"files_scanned\":0"),
            "kics",
            &[("cloud_critical_misconfig_open", None)],
        );
        let failed = text.replace("\"queries_failed_to_execute\":0", "\"queries_failed_to_execute\":2");
        says(&failed, "kics", &[("cloud_critical_misconfig_open", None)]);
    }

    #[test]
    fn the_old_words_of_tfsec_are_not_judged() {
        let text = r#"{"results":[{"rule_id":"AWS001","long_id":"x","rule_description":"d","location":{"filename":"a.tf","start_line":1},"severity":"ERROR"}]}"#;
        says(text, "tfsec", &[("cloud_critical_misconfig_open", None)]);
        says(&text.replace("ERROR", "CRITICAL"), "tfsec", &[("cloud_critical_misconfig_open", Some(1.0))]);
        assert!(said(text).extractions[0].reasoning.contains("severity"));
    }
}
