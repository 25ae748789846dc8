//! `snyk test --json` and `snyk container test --json`, of one project or of several.

use crate::out::{Out, Trust, When};
use crate::read::json::Val;
use crate::severity::Severity;
use crate::tally::{SCA, Tally, VULN};

fn is_project(p: Val<'_>) -> bool {
    p.at("vulnerabilities").is_array() && p.has("ok") && (p.has("packageManager") || p.has("dependencyCount"))
}

pub(crate) fn score(root: Val<'_>) -> u8 {
    if is_project(root) || (root.len() > 0 && root.items().take(20).all(is_project)) { 97 } else { 0 }
}

pub(crate) fn read(root: Val<'_>, out: &mut Out<'_>) {
    let projects: Vec<Val<'_>> = if root.is_array() { root.items().collect() } else { vec![root] };
    let mut tally = Tally::default();
    for project in projects {
        let subject = out.subject(&project.any(&["projectName", "path"]).s());
        let manager = project.at("packageManager").s();
        let pair = if matches!(manager.as_ref(), "deb" | "rpm" | "apk" | "linux") { VULN } else { SCA };
        tally.open_pair(&subject.name, pair);
        for vuln in project.at("vulnerabilities").items() {
            // licence findings stand in the same list
            if vuln.at("type").s() == "license" || vuln.at("isIgnored").truth() == Some(true) {
                continue;
            }
            let key =
                format!("{} {} {}", vuln.at("id").s(), vuln.any(&["packageName", "name"]).s(), vuln.at("version").s());
            let word = vuln.any(&["severity", "severityWithCritical"]).s();
            tally.rated(&subject.name, pair, Severity::word(&word), key, vuln.span());
        }
    }
    out.tally(&tally, &Trust::exact("Snyk: distinct issue, package and version"), root.span(), When(None), Ok(()));
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::says;

    #[test]
    fn paths_to_one_issue_count_once() {
        let text = r#"{"ok":false,"packageManager":"npm","projectName":"shop","vulnerabilities":[
            {"id":"S-1","packageName":"a","version":"1","severity":"high","from":["x"]},
            {"id":"S-1","packageName":"a","version":"1","severity":"high","from":["y"]}]}"#;
        says(text, "snyk", &[("sca_critical_open", Some(0.0)), ("sca_high_open", Some(1.0))]);
    }
}
