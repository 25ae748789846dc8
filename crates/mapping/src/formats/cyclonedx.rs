//! CycloneDX with vulnerabilities: each counts once per component that it affects. A bill of materials without a list
//! of vulnerabilities says nothing of them.

use crate::cvss;
use crate::out::{Out, Trust, When};
use crate::read::json::Val;
use crate::read::xml::El;
use crate::severity::Severity;
use crate::tally::{SCA, Tally};

pub(crate) fn score(root: Val<'_>) -> u8 {
    if root.at("bomFormat").s() == "CycloneDX" { 100 } else { 0 }
}

pub(crate) fn read(root: Val<'_>, out: &mut Out<'_>) {
    let meta = root.at("metadata");
    let component = meta.at("component");
    let subject = out.subject(&component.at("name").s());
    let at = When::text(&meta.at("timestamp").s());
    let list = root.at("vulnerabilities");
    if !list.is_array() {
        for signal in ["sca_critical_open", "sca_high_open"] {
            out.unknown(signal, &subject.name, root.span(), "the bill of materials has no list of vulnerabilities", at);
        }
        return;
    }
    let mut tally = Tally::default();
    tally.open_pair(&subject.name, SCA);
    for vuln in list.items() {
        let state = vuln.at("analysis").at("state").s();
        if matches!(state.as_ref(), "resolved" | "resolved_with_pedigree" | "false_positive" | "not_affected") {
            continue;
        }
        let severity = severity(vuln);
        let id = vuln.at("id").s();
        let mut affected = false;
        for target in vuln.at("affects").items() {
            affected = true;
            tally.rated(&subject.name, SCA, severity, format!("{id} {}", target.at("ref").s()), vuln.span());
        }
        if !affected {
            tally.rated(&subject.name, SCA, severity, format!("{id}"), vuln.span());
        }
    }
    let zero = if list.len() > 0 || subject.named || root.at("components").len() > 0 {
        Ok(())
    } else {
        Err("the list is empty and names nothing that was scanned")
    };
    out.tally(
        &tally,
        &Trust::exact("CycloneDX: vulnerability and affected component, by rating"),
        list.span(),
        at,
        zero,
    );
}

/// The rating of the source that the vulnerability is from, else the worst.
fn severity(vuln: Val<'_>) -> Option<Severity> {
    let rating = |r: Val<'_>| {
        Severity::word(&r.at("severity").s())
            .or_else(|| {
                let scored = matches!(r.at("method").s().as_ref(), "CVSSv3" | "CVSSv31" | "CVSSv4" | "");
                r.at("score").number().filter(|_| scored).and_then(Severity::score)
            })
            .or_else(|| cvss::base_score(&r.at("vector").s()).and_then(Severity::score))
    };
    let source = vuln.at("source").at("name").s();
    let own = |r: &Val<'_>| {
        let name = r.at("source").at("name").s();
        name.is_empty() || (!source.is_empty() && name == source)
    };
    let ratings = vuln.at("ratings");
    ratings.items().filter(own).filter_map(rating).max().or_else(|| ratings.items().filter_map(rating).max())
}

pub(crate) fn is_xml(root: El<'_>) -> u8 {
    let namespace = root.attr("xmlns").is_some_and(|ns| ns.contains("cyclonedx"));
    if root.name() == "bom" && namespace { 100 } else { 0 }
}

/// The same as XML; before version 1.4 vulnerabilities stand in an extension, in their component.
pub(crate) fn read_xml(root: El<'_>, out: &mut Out<'_>) {
    let meta = root.child("metadata");
    let named = meta.and_then(|m| m.child("component")).map(|c| c.child_text("name")).unwrap_or_default();
    let subject = out.subject(&named);
    let at = When::text(&meta.map(|m| m.child_text("timestamp")).unwrap_or_default());
    let mut lists = root.all("vulnerabilities").peekable();
    if lists.peek().is_none() {
        for signal in ["sca_critical_open", "sca_high_open"] {
            out.unknown(signal, &subject.name, root.span(), "the bill of materials has no list of vulnerabilities", at);
        }
        return;
    }
    let mut tally = Tally::default();
    tally.open_pair(&subject.name, SCA);
    for vuln in lists.flat_map(El::children).filter(|v| v.name() == "vulnerability") {
        let state = vuln.child("analysis").map(|a| a.child_text("state")).unwrap_or_default();
        if matches!(state.as_str(), "resolved" | "resolved_with_pedigree" | "false_positive" | "not_affected") {
            continue;
        }
        let source = vuln.child("source").map(|s| s.child_text("name")).unwrap_or_default();
        let ratings: Vec<(bool, Option<Severity>)> = vuln
            .child("ratings")
            .into_iter()
            .flat_map(El::children)
            .map(|r| {
                let name = r.child("source").map(|s| s.child_text("name")).unwrap_or_default();
                let score = match r.child("score") {
                    Some(score) if score.child("base").is_some() => score.child_text("base"),
                    Some(score) => score.text(),
                    None => String::new(),
                };
                let scored = !r.child_text("method").ends_with('2');
                let severity = Severity::word(&r.child_text("severity"))
                    .or_else(|| score.parse().ok().filter(|_| scored).and_then(Severity::score));
                (name.is_empty() || (!source.is_empty() && name == source), severity)
            })
            .collect();
        let own = ratings.iter().filter(|(own, _)| *own).filter_map(|(_, s)| *s).max();
        let severity = own.or_else(|| ratings.iter().filter_map(|(_, s)| *s).max());
        let id = vuln.child_text("id");
        let mut targets: Vec<String> =
            vuln.child("affects").into_iter().flat_map(El::children).map(|t| t.child_text("ref")).collect();
        if targets.is_empty() {
            targets.push(vuln.attr("ref").unwrap_or_default().into_owned());
        }
        for target in targets {
            tally.rated(&subject.name, SCA, severity, format!("{id} {target}"), vuln.span());
        }
    }
    let scanned = subject.named || root.child("components").is_some_and(|c| c.children().next().is_some());
    let zero = if scanned { Ok(()) } else { Err("the list is empty and names nothing that was scanned") };
    out.tally(
        &tally,
        &Trust::exact("CycloneDX: vulnerability and affected component, by rating"),
        root.span(),
        at,
        zero,
    );
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::says;

    #[test]
    fn vulnerabilities_count_per_component_and_only_while_open() {
        let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"name":"shop"}},"vulnerabilities":[
            {"id":"CVE-1","ratings":[{"severity":"critical"}],"affects":[{"ref":"a"},{"ref":"b"}]},
            {"id":"CVE-2","ratings":[{"score":7.5,"method":"CVSSv31"}],"affects":[{"ref":"a"}]},
            {"id":"CVE-3","ratings":[{"severity":"critical"}],"affects":[{"ref":"a"}],"analysis":{"state":"not_affected"}}]}"#;
        says(text, "cyclonedx", &[("sca_critical_open", Some(2.0)), ("sca_high_open", Some(1.0))]);
        let xml = r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><metadata><component><name>shop</name></component></metadata><vulnerabilities>
            <vulnerability><id>CVE-1</id><ratings><rating><severity>critical</severity></rating></ratings><affects><target><ref>a</ref></target><target><ref>b</ref></target></affects></vulnerability>
            </vulnerabilities></bom>"#;
        says(xml, "cyclonedx-xml", &[("sca_critical_open", Some(2.0)), ("sca_high_open", Some(0.0))]);
        let none = r#"{"bomFormat":"CycloneDX","metadata":{"component":{"name":"shop"}},"components":[]}"#;
        says(none, "cyclonedx", &[("sca_critical_open", None), ("sca_high_open", None)]);
    }
}
