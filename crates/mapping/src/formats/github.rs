//! Alerts of GitHub: Dependabot, code scanning, secret scanning, as the REST interface and GraphQL give them.

use watchkeep_model::Span as Length;

use crate::dates;
use crate::out::{Out, Trust, When};
use crate::read::json::Val;
use crate::severity::Severity;
use crate::tally::{SCA, Tally};

/// The sizes of a page: a list of exactly that length may have another page.
const PAGES: [usize; 2] = [30, 100];

fn list_of(root: Val<'_>, fits: impl Fn(Val<'_>) -> bool) -> u8 {
    if root.is_object() && root.at("number").there() {
        return if fits(root) { 90 } else { 0 };
    }
    let mut alerts = root.items().take(20).peekable();
    if alerts.peek().is_some() && alerts.all(fits) { 97 } else { 0 }
}

fn alerts(root: Val<'_>) -> Vec<Val<'_>> {
    if root.is_array() { root.items().collect() } else { vec![root] }
}

/// The repository of an alert: by its own field, else from its address.
fn repository(alert: Val<'_>) -> String {
    let named = alert.at("repository").any(&["full_name", "name"]).s();
    if !named.is_empty() {
        return named.into_owned();
    }
    let url = alert.any(&["html_url", "url"]).s();
    let Some((_, path)) = url.split_once("://") else { return String::new() };
    let mut parts = path.split('/').skip(1).skip_while(|p| matches!(*p, "api" | "v3" | "repos")).take(2);
    match (parts.next(), parts.next()) {
        (Some(owner), Some(name)) if !owner.is_empty() && !name.is_empty() => format!("{owner}/{name}"),
        _ => String::new(),
    }
}

fn doubt_page(out: &mut Out<'_>, n: usize) {
    if PAGES.contains(&n) {
        out.doubt(0.7, format!("there are exactly {n} alerts, a full page: there may be more"));
    }
}

pub(crate) fn is_dependabot(root: Val<'_>) -> u8 {
    list_of(root, |a| {
        a.at("state").is_text() && (a.at("security_advisory").is_object() || a.at("security_vulnerability").is_object())
    })
}

pub(crate) fn read_dependabot(root: Val<'_>, out: &mut Out<'_>) {
    let mut tally = Tally::default();
    let old = out.now().minus(Length::days(30));
    for alert in alerts(root) {
        let repository = out.subject(&repository(alert)).name;
        tally.open_pair(&repository, SCA);
        tally.open(&repository, "sca_critical_open_gt_30d");
        if alert.at("state").s() != "open" {
            continue;
        }
        let word = alert.at("security_vulnerability").at("severity").s();
        let word = if word.is_empty() { alert.at("security_advisory").at("severity").s() } else { word };
        let severity = Severity::word(&word);
        let key = alert.any(&["number", "url"]).s().into_owned();
        tally.rated(&repository, SCA, severity, key.clone(), alert.span());
        if severity == Some(Severity::Critical) {
            match dates::parse(&alert.at("created_at").s()) {
                Some(since) if since < old => tally.add(&repository, "sca_critical_open_gt_30d", key, alert.span()),
                Some(_) => {}
                None => tally.open(&repository, "sca_critical_open_gt_30d").unrated += 1,
            }
        }
    }
    doubt_page(out, root.len());
    out.tally(&tally, &Trust::exact("Dependabot alerts in state open"), root.span(), When(None), Ok(()));
}

/// The repositories of an answer, wherever they are in it, each with the name that its own or an outer object has.
fn repositories(root: Val<'_>) -> Vec<(Val<'_>, String)> {
    let mut found = Vec::new();
    let mut open = vec![(root, String::new(), 0)];
    while let Some((v, name, depth)) = open.pop() {
        crate::work::tick(1);
        if found.len() >= 2_000 || depth > 8 {
            continue;
        }
        if v.is_array() {
            let mut items: Vec<_> = v.items().take(2_000).map(|item| (item, name.clone(), depth + 1)).collect();
            items.reverse();
            open.extend(items);
            continue;
        }
        let own = v.any(&["nameWithOwner", "name"]).text().map_or(name, std::borrow::Cow::into_owned);
        if v.at("vulnerabilityAlerts").is_object() {
            found.push((v, own));
            continue;
        }
        let mut members: Vec<_> = v
            .members()
            .take(50)
            .filter(|(_, member)| member.is_object() || member.is_array())
            .map(|(_, member)| (member, own.clone(), depth + 1))
            .collect();
        members.reverse();
        open.extend(members);
    }
    found
}

pub(crate) fn is_graphql(root: Val<'_>) -> u8 {
    if (root.has("data") || root.at("repository").is_object() || root.at("search").is_object())
        && repositories(root).iter().any(|(r, _)| r.at("vulnerabilityAlerts").any(&["nodes", "edges"]).is_array())
    {
        100
    } else {
        0
    }
}

pub(crate) fn read_graphql(root: Val<'_>, out: &mut Out<'_>) {
    let data = if root.has("data") { root.at("data") } else { root };
    let list = if data.at("search").is_object() {
        data.at("search")
    } else {
        data.any(&["organization", "user", "viewer"]).at("repositories")
    };
    if list.at("pageInfo").at("hasNextPage").truth() == Some(true) {
        out.note("There are further pages of repositories.");
    }
    for (repository, name) in repositories(root) {
        one_repository(repository, &name, out);
    }
}

fn one_repository(repository: Val<'_>, repo: &str, out: &mut Out<'_>) {
    let list = repository.at("vulnerabilityAlerts");
    let edges = list.at("edges").is_array();
    let alerts: Vec<Val<'_>> = if edges {
        list.at("edges").items().map(|e| e.at("node")).collect()
    } else {
        list.at("nodes").items().collect()
    };
    let repo = if repo.is_empty() {
        alerts.first().map(|a| a.at("repository").any(&["nameWithOwner", "name"]).s().into_owned()).unwrap_or_default()
    } else {
        repo.to_owned()
    };
    let subject = out.subject(&repo);
    let mut tally = Tally::default();
    tally.open_pair(&subject.name, SCA);
    let dated = alerts.iter().any(|a| a.at("createdAt").there());
    if dated {
        tally.open(&subject.name, "sca_critical_open_gt_30d");
    }
    let old = out.now().minus(Length::days(30));
    let mut stateless = 0;
    for alert in &alerts {
        let state = alert.at("state").s();
        let closed = ["dismissedAt", "fixedAt", "dismissedReason", "dismisser", "dismissReason"]
            .iter()
            .any(|k| alert.at(k).there());
        if closed || !(state.is_empty() || state == "OPEN") {
            continue;
        }
        stateless += usize::from(state.is_empty() && !alert.has("dismissedAt") && !alert.has("fixedAt"));
        let severity = Severity::word(&alert.at("securityVulnerability").at("severity").s());
        let key = alert.any(&["number", "id"]).s().into_owned();
        let key = if key.is_empty() { format!("{}", alert.span().start) } else { key };
        tally.rated(&subject.name, SCA, severity, key.clone(), alert.span());
        if dated
            && severity == Some(Severity::Critical)
            && dates::parse(&alert.at("createdAt").s()).is_some_and(|t| t < old)
        {
            tally.add(&subject.name, "sca_critical_open_gt_30d", key, alert.span());
        }
    }
    let page = list.at("pageInfo");
    let more = page.at("hasNextPage").truth() == Some(true)
        || list.at("totalCount").number().is_some_and(|n| n > alerts.len() as f64);
    let full = !more && page.at("hasNextPage").truth().is_none() && PAGES.contains(&alerts.len());
    let trust = Trust::exact("vulnerability alerts that are open")
        .cap_if(more, 0.6, "there are further pages")
        .cap_if(full, 0.7, format!("there are exactly {} alerts, a full page: there may be more", alerts.len()))
        .cap_if(stateless > 0, 0.8, format!("{stateless} alerts have no state; they are taken as open"));
    let zero = match (alerts.is_empty(), subject.named, more) {
        (_, _, true) => Err("the list is one page of several"),
        (true, false, _) => Err("the list is empty and names no repository"),
        _ => Ok(()),
    };
    out.tally(&tally, &trust, list.span(), When(None), zero);
}

pub(crate) fn is_code(root: Val<'_>) -> u8 {
    list_of(root, |a| a.at("rule").is_object() && a.at("tool").is_object() && a.at("state").is_text())
}

pub(crate) fn read_code(root: Val<'_>, out: &mut Out<'_>) {
    let mut tally = Tally::default();
    for alert in alerts(root) {
        let repository = out.subject(&repository(alert)).name;
        tally.open(&repository, "sast_critical_open");
        if alert.at("state").s() != "open" {
            continue;
        }
        let rule = alert.at("rule");
        let severity = match Severity::word(&rule.at("security_severity_level").s()) {
            Some(severity) => Some(severity),
            // a note is never critical; an error or a warning without a security severity may be
            None if rule.at("severity").s() == "note" => Some(Severity::Info),
            None => None,
        };
        tally.critical(
            &repository,
            "sast_critical_open",
            severity,
            alert.any(&["number", "url"]).s().into_owned(),
            alert.span(),
        );
    }
    doubt_page(out, root.len());
    out.tally(
        &tally,
        &Trust::exact("code scanning alerts in state open, by security severity"),
        root.span(),
        When(None),
        Ok(()),
    );
}

pub(crate) fn is_secret(root: Val<'_>) -> u8 {
    list_of(root, |a| a.at("secret_type").is_text() && a.at("state").is_text())
}

pub(crate) fn read_secret(root: Val<'_>, out: &mut Out<'_>) {
    let mut tally = Tally::default();
    for alert in alerts(root) {
        let repository = out.subject(&repository(alert)).name;
        tally.open(&repository, "secrets_exposed_open");
        if alert.at("state").s() == "open" {
            tally.add(&repository, "secrets_exposed_open", alert.any(&["number", "url"]).s(), alert.span());
        }
    }
    doubt_page(out, root.len());
    out.tally(&tally, &Trust::exact("secret scanning alerts in state open"), root.span(), When(None), Ok(()));
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{said, says};

    #[test]
    fn only_open_alerts_count_and_old_ones_are_told() {
        let text = r#"[{"number":1,"state":"open","created_at":"2026-01-01T00:00:00Z","security_advisory":{"severity":"critical"},"repository":{"full_name":"o/r"}},
            {"number":2,"state":"open","created_at":"2026-11-19T00:00:00Z","security_advisory":{"severity":"critical"},"repository":{"full_name":"o/r"}},
            {"number":3,"state":"fixed","created_at":"2026-01-01T00:00:00Z","security_advisory":{"severity":"critical"},"repository":{"full_name":"o/r"}}]"#;
        says(
            text,
            "dependabot",
            &[("sca_critical_open", Some(2.0)), ("sca_critical_open_gt_30d", Some(1.0)), ("sca_high_open", Some(0.0))],
        );
        assert!(said(text).extractions.iter().all(|e| e.subject == "o/r"));
    }

    #[test]
    fn a_full_page_goes_to_review() {
        let alert = r#"{"number":N,"state":"open","secret_type":"x","html_url":"https://github.com/o/r/security/secret-scanning/N"}"#;
        let alerts: Vec<String> = (0..30).map(|n| alert.replace('N', &n.to_string())).collect();
        let got = said(&format!("[{}]", alerts.join(",")));
        let [e] = got.extractions.as_slice() else { panic!("{got:?}") };
        assert_eq!((e.value, e.subject.as_str()), (Some(30.0), "o/r"));
        assert!(e.confidence < 0.85);
    }

    #[test]
    fn code_alerts_need_a_security_severity() {
        let text = r#"[{"number":1,"state":"open","rule":{"severity":"error","security_severity_level":"high"},"tool":{"name":"CodeQL"}}]"#;
        says(text, "github-code-scanning", &[("sast_critical_open", Some(0.0))]);
        says(
            &text.replace(",\"security_severity_level\":\"high\"", ""),
            "github-code-scanning",
            &[("sast_critical_open", None)],
        );
    }

    #[test]
    fn repositories_of_a_search_each_count() {
        let text = r#"{"data":{"search":{"nodes":[
            {"name":"a","vulnerabilityAlerts":{"pageInfo":{"hasNextPage":false},"nodes":[{"id":"1","state":"OPEN","securityVulnerability":{"severity":"CRITICAL"}}]}},
            {"name":"b","vulnerabilityAlerts":{"pageInfo":{"hasNextPage":true},"nodes":[{"id":"2","state":"FIXED","securityVulnerability":{"severity":"CRITICAL"}}]}}]}}}"#;
        let got = said(text);
        let values: Vec<_> = got.extractions.iter().map(|e| (e.subject.as_str(), e.signal, e.value)).collect();
        assert_eq!(
            values,
            [
                ("a", "sca_critical_open", Some(1.0)),
                ("a", "sca_high_open", Some(0.0)),
                ("b", "sca_critical_open", None),
                ("b", "sca_high_open", None),
            ]
        );
    }

    #[test]
    fn alerts_of_a_repository_stand_at_any_depth() {
        let alerts = r#"{"vulnerabilityAlerts":{"nodes":[{"number":1,"state":"OPEN","securityVulnerability":{"severity":"CRITICAL"}}]}}"#;
        let text = format!(r#"{{"data":{{"repository":{{"nameWithOwner":"o/r","search":{{"nodes":[{alerts}]}}}}}}}}"#);
        says(&text, "dependabot-graphql", &[("sca_critical_open", Some(1.0)), ("sca_high_open", Some(0.0))]);
        assert!(said(&text).extractions.iter().all(|e| e.subject == "o/r"));
    }
}
