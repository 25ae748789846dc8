//! Prowler (all versions), and what it can write for others: OCSF and the findings format of AWS Security Hub (ASFF).

use super::checks::{Checks, Outcome};
use crate::out::{Out, Trust, When};
use crate::read::json::Val;
use crate::read::table::{Headers, Sheet};
use crate::severity::Severity;
use crate::tally::{SCA, Tally, VULN};
use crate::{dates, words};

const CHECK: [&str; 4] = ["check id", "title id", "control id", "check uid"];
const STATUS: [&str; 3] = ["status", "check result", "result"];
const SEVERITY: [&str; 2] = ["severity", "check severity"];

pub(crate) fn is_csv(h: &Headers) -> u8 {
    let account =
        h.col(&["account num", "account id", "account uid", "account number", "subscription id", "project id"]);
    match (account, h.col(&CHECK), h.col(&STATUS), h.col(&SEVERITY)) {
        (Some(_), Some(_), Some(_), Some(_)) if h.all(&["check id"]) || h.all(&["title id"]) => 97,
        _ => 0,
    }
}

pub(crate) fn read_csv(sheet: &Sheet<'_>, out: &mut Out<'_>) {
    let account =
        sheet.col(&["account num", "account id", "account uid", "account number", "subscription id", "project id"]);
    let (check, status, severity) = (sheet.col(&CHECK), sheet.col(&STATUS), sheet.col(&SEVERITY));
    let resource =
        sheet.col(&["resource uid", "resource arn", "resource id", "check result extended", "status extended"]);
    let region = sheet.col(&["region"]);
    let title = sheet.col(&["title text", "check title"]);
    let muted = sheet.col(&["muted"]);
    let time = sheet.col(&["timestamp", "assessment start time", "finding unique time"]);
    let mut checks = Checks::default();
    let mut at = None;
    sheet.rows(|row| {
        at = at.max(dates::parse(&row.get(time)));
        if words::truth(&row.get(muted)) == Some(true) {
            checks.muted += 1;
            return;
        }
        let account = out.subject(&row.get(account)).name;
        let id = row.get(check);
        // version 2 writes its own id in brackets before the title
        let title = row.get(title);
        let id = title.strip_prefix('[').and_then(|t| t.split_once(']')).map_or(id.as_ref(), |(id, _)| id);
        let failed = match row.get(status).to_ascii_uppercase().as_str() {
            "FAIL" | "FAILED" => true,
            "PASS" | "PASSED" => false,
            "ERROR" => {
                checks.errored += 1;
                return;
            }
            _ => return,
        };
        let resource = format!("{} {}", row.get(region), row.get(resource));
        let severity = Severity::word(&row.get(severity));
        checks.see(&Outcome { account: &account, check: id, resource: &resource, failed, severity, span: row.span });
    });
    checks.tell(out, "Prowler", sheet.span(), When(at));
}

fn list(root: Val<'_>) -> Val<'_> {
    for name in ["Findings", "findings"] {
        if root.at(name).is_array() {
            return root.at(name);
        }
    }
    root
}

fn all(root: Val<'_>, fits: impl Fn(Val<'_>) -> bool) -> bool {
    let list = list(root);
    if list.is_object() {
        return fits(list);
    }
    let mut items = list.items().take(20).peekable();
    items.peek().is_some() && items.all(fits)
}

fn each(root: Val<'_>) -> Vec<Val<'_>> {
    let list = list(root);
    if list.is_object() { vec![list] } else { list.items().collect() }
}

pub(crate) fn is_json(root: Val<'_>) -> u8 {
    let v3 = |v: Val<'_>| v.at("CheckID").is_text() && v.at("Status").is_text() && v.has("ResourceId");
    let v2 = |v: Val<'_>| v.has("Control ID") && v.at("Status").is_text() && v.has("Account Number");
    if all(root, |v| v3(v) || v2(v)) { 98 } else { 0 }
}

pub(crate) fn read_json(root: Val<'_>, out: &mut Out<'_>) {
    let mut checks = Checks::default();
    let mut at = None;
    for v in each(root) {
        at = at.max(dates::parse(&v.any(&["AssessmentStartTime", "Timestamp"]).s()));
        if v.at("Muted").truth() == Some(true) {
            checks.muted += 1;
            continue;
        }
        let failed = match v.at("Status").s().to_ascii_uppercase().as_str() {
            "FAIL" | "FAILED" => true,
            "PASS" | "PASSED" => false,
            "ERROR" => {
                checks.errored += 1;
                continue;
            }
            _ => continue,
        };
        let account = out.subject(&v.any(&["AccountId", "Account Number", "SubscriptionId", "ProjectId"]).s()).name;
        let title = v.at("Control").s();
        let id = v.any(&["CheckID", "Control ID"]).s();
        let id = title.strip_prefix('[').and_then(|t| t.split_once(']')).map_or(id.as_ref(), |(id, _)| id);
        let resource = format!("{} {}", v.at("Region").s(), v.any(&["ResourceArn", "ResourceId", "Message"]).s());
        let severity = Severity::word(&v.at("Severity").s());
        checks.see(&Outcome { account: &account, check: id, resource: &resource, failed, severity, span: v.span() });
    }
    checks.tell(out, "Prowler", root.span(), When(at));
}

pub(crate) fn is_ocsf(root: Val<'_>) -> u8 {
    let fits = |v: Val<'_>| {
        let known = v.at("metadata").at("product").is_object()
            || matches!(v.at("class_name").s().as_ref(), "Detection Finding" | "Compliance Finding");
        known && v.at("finding_info").is_object() && v.at("status_code").is_text()
    };
    if all(root, fits) { 97 } else { 0 }
}

pub(crate) fn read_ocsf(root: Val<'_>, out: &mut Out<'_>) {
    let mut checks = Checks::default();
    let mut at = None;
    let mut tool = String::new();
    let mut nameless = 0;
    for v in each(root) {
        if tool.is_empty() {
            tool = words::plain(&v.at("metadata").at("product").at("name").s());
        }
        let info = v.at("finding_info");
        at = at.max(
            dates::parse(&v.at("time_dt").s()).or(dates::parse(&info.any(&["created_time_dt", "created_time"]).s())),
        );
        if v.at("status").s().eq_ignore_ascii_case("suppressed") {
            checks.muted += 1;
            continue;
        }
        let failed = match v.at("status_code").s().to_ascii_uppercase().as_str() {
            "FAIL" | "FAILED" => true,
            "PASS" | "PASSED" => false,
            "ERROR" => {
                checks.errored += 1;
                continue;
            }
            _ => continue,
        };
        let account = out.subject(&v.at("cloud").at("account").any(&["uid", "name"]).s()).name;
        let mut id = v.at("metadata").any(&["event_code"]).s();
        if id.is_empty() {
            nameless += 1;
            id = v.any(&["message", "status_detail"]).s();
        }
        let resource: Vec<String> =
            v.at("resources").items().map(|r| r.any(&["uid", "name"]).s().into_owned()).collect();
        let severity = Severity::word(&v.at("severity").s());
        checks.see(&Outcome {
            account: &account,
            check: &id,
            resource: &resource.join(" "),
            failed,
            severity,
            span: v.span(),
        });
    }
    if nameless > 0 {
        out.doubt(0.8, format!("{nameless} findings do not name their check and are told apart by their message"));
    }
    checks.tell(out, &format!("{tool} (OCSF)"), root.span(), When(at));
}

pub(crate) fn is_asff(root: Val<'_>) -> u8 {
    let fits =
        |v: Val<'_>| v.at("ProductArn").is_text() && v.at("AwsAccountId").is_text() && v.at("Severity").is_object();
    if all(root, fits) { 98 } else { 0 }
}

pub(crate) fn read_asff(root: Val<'_>, out: &mut Out<'_>) {
    let mut checks = Checks::default();
    let mut vulns = Tally::default();
    let mut at = None;
    let mut other = 0;
    for v in each(root) {
        at = at.max(dates::parse(&v.any(&["UpdatedAt", "LastObservedAt", "CreatedAt"]).s()));
        let workflow = v.at("Workflow").at("Status").s();
        if v.at("RecordState").s() == "ARCHIVED" || matches!(workflow.as_ref(), "SUPPRESSED" | "RESOLVED") {
            checks.muted += 1;
            continue;
        }
        let account = out.subject(&v.at("AwsAccountId").s()).name;
        let severity = Severity::word(&v.at("Severity").at("Label").s());
        let resource: Vec<String> = v.at("Resources").items().map(|r| r.at("Id").s().into_owned()).collect();
        let resource = resource.join(" ");
        let vulnerability =
            v.at("Types").items().any(|t| t.s().contains("Vulnerabilities/CVE")) || v.at("Vulnerabilities").len() > 0;
        if vulnerability {
            vulns.rated(&account, VULN, severity, format!("{resource} {}", v.at("Title").s()), v.span());
            continue;
        }
        let failed = match v.at("Compliance").at("Status").s().as_ref() {
            "FAILED" => true,
            "PASSED" => false,
            "NOT_AVAILABLE" => {
                checks.errored += 1;
                continue;
            }
            _ => {
                other += 1;
                continue;
            }
        };
        let fields = v.at("ProductFields");
        let id = v.at("Compliance").at("SecurityControlId").s();
        let id = if id.is_empty() { fields.any(&["ControlId", "RuleId"]).s() } else { id };
        let generator = v.at("GeneratorId").s();
        let id = if id.is_empty() {
            generator.rsplit('/').next().unwrap_or_default().trim_start_matches("prowler-").to_owned()
        } else {
            id.into_owned()
        };
        checks.see(&Outcome { account: &account, check: &id, resource: &resource, failed, severity, span: v.span() });
    }
    if root.any(&["NextToken", "nextToken"]).there() {
        out.doubt(0.6, "there are further pages");
    }
    if other > 0 {
        out.note(format!(
            "{other} findings are neither the outcome of a check nor a vulnerability; they were left out."
        ));
    }
    let muted = checks.muted;
    if !vulns.is_empty() {
        let trust = Trust::exact(format!(
            "findings of AWS Security Hub: resource and vulnerability count once; {muted} archived or resolved"
        ));
        out.tally(&vulns, &trust, root.span(), When(at), Ok(()));
        if !checks.any() {
            return;
        }
    }
    checks.tell(out, "AWS Security Hub", root.span(), When(at));
}

pub(crate) fn is_inspector(root: Val<'_>) -> u8 {
    let list = root.at("findings");
    let fits =
        list.len() > 0 && list.items().take(20).all(|f| f.at("findingArn").is_text() && f.at("severity").is_text());
    if fits { 97 } else { 0 }
}

pub(crate) fn read_inspector(root: Val<'_>, out: &mut Out<'_>) {
    let list = root.at("findings");
    let mut tally = Tally::default();
    let mut at = None;
    for f in list.items() {
        at = at.max(dates::parse(&f.any(&["updatedAt", "lastObservedAt"]).s()));
        let account = out.subject(&f.at("awsAccountId").s()).name;
        let resources = f.at("resources");
        let lambda = resources.items().next().is_some_and(|r| r.at("type").s() == "AWS_LAMBDA_FUNCTION");
        let pair = match f.at("type").s().as_ref() {
            "PACKAGE_VULNERABILITY" if lambda => SCA,
            "PACKAGE_VULNERABILITY" => VULN,
            _ => continue,
        };
        tally.open_pair(&account, pair);
        if f.at("status").s() != "ACTIVE" {
            continue;
        }
        let id = f.at("packageVulnerabilityDetails").at("vulnerabilityId").s();
        let id = if id.is_empty() { f.at("title").s() } else { id };
        for r in resources.items() {
            tally.rated(
                &account,
                pair,
                Severity::word(&f.at("severity").s()),
                format!("{id} {}", r.at("id").s()),
                f.span(),
            );
        }
    }
    if root.at("nextToken").there() {
        out.doubt(0.6, "there are further pages");
    }
    let trust = Trust::of(0.9, "Amazon Inspector: resource and vulnerability count once, while active");
    out.tally(&tally, &trust, list.span(), When(at), Ok(()));
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{said, says};

    const CSV: &str = "AUTH_METHOD;TIMESTAMP;ACCOUNT_UID;FINDING_UID;CHECK_ID;STATUS;STATUS_EXTENDED;MUTED;SEVERITY;RESOURCE_UID;REGION\n\
        p;2026-11-01 10:00:00;123;f1;s3_bucket_public_access;FAIL;x;False;critical;arn:b1;eu\n\
        p;2026-11-01 10:00:00;123;f2;s3_bucket_public_access;PASS;x;False;critical;arn:b2;eu\n\
        p;2026-11-01 10:00:00;123;f3;iam_user_mfa_enabled_console_access;PASS;x;False;high;arn:u1;eu\n\
        p;2026-11-01 10:00:00;123;f4;iam_user_mfa_enabled_console_access;FAIL;x;False;high;arn:u2;eu\n\
        p;2026-11-01 10:00:00;123;f5;other_check;FAIL;x;True;critical;arn:b2;eu\n";

    #[test]
    fn failed_resources_and_checks_count_once_and_muted_ones_not() {
        says(
            CSV,
            "prowler-csv",
            &[
                ("cloud_critical_misconfig_open", Some(1.0)),
                ("cloud_public_storage", Some(1.0)),
                ("mfa_enforced_pct", Some(50.0)),
            ],
        );
        let got = said(CSV);
        assert!(got.extractions.iter().all(|e| e.subject == "123" && e.observed_at.is_some()));
    }

    #[test]
    fn a_check_that_was_not_run_gives_nothing() {
        let text = r#"[{"CheckID":"a","Status":"FAIL","Severity":"high","AccountId":"1","ResourceId":"r"}]"#;
        says(text, "prowler", &[("cloud_critical_misconfig_open", Some(0.0))]);
    }

    #[test]
    fn suppressed_findings_of_ocsf_do_not_count() {
        let text = r#"[{"metadata":{"event_code":"c","product":{"name":"Prowler"}},"finding_info":{"created_time":"2024-06-03T14:15:19"},
            "severity":"Critical","status":"Suppressed","status_code":"FAIL","cloud":{"account":{"uid":"1"}},"resources":[{"uid":"r"}]},
            {"metadata":{"event_code":"c","product":{"name":"Prowler"}},"finding_info":{"created_time":"2024-06-03T14:15:19"},
            "severity":"Critical","status":"New","status_code":"FAIL","cloud":{"account":{"uid":"1"}},"resources":[{"uid":"q"}]}]"#;
        says(text, "prowler-ocsf", &[("cloud_critical_misconfig_open", Some(1.0))]);
    }

    #[test]
    fn security_hub_tells_checks_from_vulnerabilities() {
        let text = r#"{"Findings":[{"ProductArn":"p","AwsAccountId":"1","Severity":{"Label":"CRITICAL"},"RecordState":"ACTIVE","Types":["Software and Configuration Checks/Vulnerabilities/CVE"],"Title":"CVE-1","Resources":[{"Id":"i"}]},
            {"ProductArn":"p","AwsAccountId":"1","Severity":{"Label":"CRITICAL"},"RecordState":"ACTIVE","Types":["x"],"Title":"t","Resources":[{"Id":"sg"}],"Compliance":{"Status":"FAILED","SecurityControlId":"EC2.13"}}]}"#;
        says(
            text,
            "asff",
            &[
                ("cloud_critical_misconfig_open", Some(1.0)),
                ("cloud_open_mgmt_ports", Some(1.0)),
                ("vuln_critical_open", Some(1.0)),
                ("vuln_high_open", Some(0.0)),
            ],
        );
    }

    #[test]
    fn inspector_counts_what_is_active() {
        let text = r#"{"findings":[{"findingArn":"a","awsAccountId":"1","type":"PACKAGE_VULNERABILITY","severity":"CRITICAL","status":"ACTIVE","title":"CVE-1","resources":[{"type":"AWS_EC2_INSTANCE","id":"i"}]},
            {"findingArn":"b","awsAccountId":"1","type":"PACKAGE_VULNERABILITY","severity":"CRITICAL","status":"CLOSED","title":"CVE-2","resources":[{"type":"AWS_EC2_INSTANCE","id":"i"}]}]}"#;
        says(text, "aws-inspector", &[("vuln_critical_open", Some(1.0)), ("vuln_high_open", Some(0.0))]);
    }
}
