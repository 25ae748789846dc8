//! Semgrep's own JSON. Its old scale (error, warning, info) has no critical, so that an error is not judged.

use crate::out::{Out, Trust, When};
use crate::read::json::Val;
use crate::severity::Severity;
use crate::tally::Tally;

pub(crate) fn score(root: Val<'_>) -> u8 {
    let results = root.at("results");
    if !results.is_array() || !root.at("errors").is_array() {
        return 0;
    }
    let fits = results.items().take(10).all(|r| r.at("check_id").is_text() && r.at("extra").is_object());
    if fits && (results.len() > 0 || root.at("paths").is_object()) { 97 } else { 0 }
}

pub(crate) fn read(root: Val<'_>, out: &mut Out<'_>) {
    let subject = out.subject("");
    let results = root.at("results");
    let mut tally = Tally::default();
    tally.open(&subject.name, "sast_critical_open");
    for result in results.items() {
        let extra = result.at("extra");
        if extra.at("is_ignored").truth() == Some(true) {
            continue;
        }
        let severity = match extra.at("severity").s().as_ref() {
            "WARNING" => Some(Severity::Medium),
            "INFO" | "INVENTORY" | "EXPERIMENT" => Some(Severity::Info),
            // the word of the rule's author for it, else nobody knows how bad an error is
            "ERROR" => Severity::word(&extra.at("metadata").at("severity").s()),
            word => Severity::word(word),
        };
        let fingerprint = format!("{} {}", result.at("check_id").s(), result.span().start);
        tally.critical(&subject.name, "sast_critical_open", severity, fingerprint, result.span());
    }
    let errors = root.at("errors").len();
    let trust = Trust::exact(format!("Semgrep: {} results", results.len())).cap_if(
        errors > 0,
        0.7,
        format!("{errors} errors while scanning: something was not scanned"),
    );
    let scanned = root.at("paths").at("scanned").len() > 0 || results.len() > 0;
    let zero = if errors > 0 && results.len() == 0 {
        Err("the scan had errors")
    } else if scanned || subject.named {
        Ok(())
    } else {
        Err("nothing was scanned")
    };
    out.tally(&tally, &trust, results.span(), When(None), zero);
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::says;

    #[test]
    fn an_error_is_not_judged() {
        let text = |severity: &str| {
            format!(
                r#"{{"errors":[],"paths":{{"scanned":["a"]}},"results":[{{"check_id":"r","path":"a","extra":{{"severity":"{severity}"}}}}]}}"#
            )
        };
        says(&text("CRITICAL"), "semgrep", &[("sast_critical_open", Some(1.0))]);
        says(&text("HIGH"), "semgrep", &[("sast_critical_open", Some(0.0))]);
        says(&text("ERROR"), "semgrep", &[("sast_critical_open", None)]);
    }
}
