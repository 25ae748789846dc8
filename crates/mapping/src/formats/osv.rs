//! OSV-Scanner: advisories of the packages of lock files and images. Aliases of one weakness are one group.

use crate::out::{Out, Trust, When};
use crate::read::json::Val;
use crate::severity::Severity;
use crate::tally::{SCA, Tally};
use crate::{cvss, words};

pub(crate) fn score(root: Val<'_>) -> u8 {
    let results = root.at("results");
    if !results.is_array() {
        return 0;
    }
    let mut entries = results.items().take(20).peekable();
    if entries.peek().is_none() {
        return if root.has("experimental_config") { 60 } else { 0 };
    }
    let fits = entries.all(|r| r.at("source").at("path").is_text() && r.at("packages").is_array());
    if fits { 97 } else { 0 }
}

pub(crate) fn read(root: Val<'_>, out: &mut Out<'_>) {
    let results = root.at("results");
    let named = match results.len() {
        1 => results.items().next().map(|r| folder(&r.at("source").at("path").s())).unwrap_or_default(),
        _ => String::new(),
    };
    let subject = if out.cx.subject.is_some() { out.subject("") } else { out.subject(&named) };
    let mut tally = Tally::default();
    tally.open_pair(&subject.name, SCA);
    for result in results.items() {
        let path = result.at("source").at("path").s();
        for package in result.at("packages").items() {
            let what = package.at("package");
            let place = format!("{path} {} {}", what.at("name").s(), what.at("version").s());
            let vulns: Vec<Val<'_>> = package.at("vulnerabilities").items().collect();
            let mut grouped: Vec<String> = Vec::new();
            for group in package.at("groups").items() {
                let ids: Vec<String> = group.at("ids").items().map(|id| id.s().into_owned()).collect();
                let severity =
                    group.at("max_severity").number().filter(|n| *n > 0.0).and_then(Severity::score).or_else(|| {
                        vulns
                            .iter()
                            .filter(|v| ids.contains(&v.at("id").s().into_owned()))
                            .filter_map(|v| severity(*v))
                            .max()
                    });
                let span = vulns
                    .iter()
                    .find(|v| ids.contains(&v.at("id").s().into_owned()))
                    .map_or(group.span(), |v| v.span());
                tally.rated(&subject.name, SCA, severity, format!("{} {place}", ids.join(" ")), span);
                grouped.extend(ids);
            }
            for vuln in vulns {
                let id = vuln.at("id").s();
                if !grouped.iter().any(|g| *g == id) {
                    tally.rated(&subject.name, SCA, severity(vuln), format!("{id} {place}"), vuln.span());
                }
            }
        }
    }
    let zero = if results.len() > 0 || subject.named {
        Ok(())
    } else {
        Err("the report is empty and names nothing that was scanned")
    };
    out.tally(&tally, &Trust::exact("OSV-Scanner: groups of aliases per package"), results.span(), When(None), zero);
}

/// The severity of an advisory: by its database's word, else by its CVSS vector.
fn severity(vuln: Val<'_>) -> Option<Severity> {
    let word = vuln.at("database_specific").at("severity").s();
    Severity::word(&word).or_else(|| {
        vuln.at("severity")
            .items()
            .filter_map(|s| cvss::base_score(&s.at("score").s()))
            .filter_map(Severity::score)
            .max()
    })
}

/// The project of a lock file: the folder that it is in.
fn folder(path: &str) -> String {
    let Some((folder, _)) = path.rsplit_once(['/', '\\']) else { return String::new() };
    let name = words::basename(folder);
    if matches!(name, "" | "." | "tmp" | "src" | "app" | "repo" | "code" | "components") {
        String::new()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{says, says_of};

    #[test]
    fn aliases_count_once_per_package() {
        let text = r#"{"results":[{"source":{"path":"/w/shop/yarn.lock","type":"lockfile"},"packages":[{"package":{"name":"a","version":"1"},
            "vulnerabilities":[{"id":"GHSA-1","database_specific":{"severity":"CRITICAL"}},{"id":"CVE-1"},{"id":"GHSA-2","database_specific":{"severity":"HIGH"}}],
            "groups":[{"ids":["GHSA-1","CVE-1"],"max_severity":"9.8"}]}]}]}"#;
        says(text, "osv-scanner", &[("sca_critical_open", Some(1.0)), ("sca_high_open", Some(1.0))]);
    }

    #[test]
    fn an_empty_report_needs_a_subject() {
        let text = r#"{"results":[],"experimental_config":{"licenses":{}}}"#;
        says(text, "osv-scanner", &[("sca_critical_open", None), ("sca_high_open", None)]);
        says_of(text, Some("shop"), "osv-scanner", &[("sca_critical_open", Some(0.0)), ("sca_high_open", Some(0.0))]);
    }
}
