//! `pip-audit -f json`: advisories of Python packages. It gives no severity, so only an empty list is a value.

use crate::out::{Out, Trust, When};
use crate::read::json::Val;

fn list(root: Val<'_>) -> Val<'_> {
    if root.at("dependencies").is_array() { root.at("dependencies") } else { root }
}

pub(crate) fn score(root: Val<'_>) -> u8 {
    let mut entries = list(root).items().take(50).peekable();
    let fits = entries.peek().is_some()
        && entries.all(|e| e.at("name").is_text() && (e.at("vulns").is_array() || e.has("skip_reason")));
    match (fits, root.has("dependencies")) {
        (true, true) => 97,
        (true, false) => 95,
        // an empty report: {"dependencies": [], "fixes": []}
        (false, true) if root.at("fixes").is_array() && list(root).len() == 0 => 60,
        _ => 0,
    }
}

pub(crate) fn read(root: Val<'_>, out: &mut Out<'_>) {
    let list = list(root);
    let subject = out.subject("").name;
    let skipped = list.items().filter(|e| e.at("skip_reason").there()).count();
    let vulns: usize = list.items().map(|e| e.at("vulns").len()).sum();
    let packages = list.len();
    let why = if skipped > 0 {
        format!("{skipped} of {packages} packages were skipped")
    } else if vulns > 0 {
        format!("{vulns} advisories are listed, and pip-audit gives no severity")
    } else if packages == 0 {
        "the report is empty and names no package".to_owned()
    } else {
        let trust = Trust::exact(format!("pip-audit: none of {packages} packages has an advisory"));
        for signal in ["sca_critical_open", "sca_high_open"] {
            out.count(signal, &subject, 0.0, list.span(), &trust, When(None));
        }
        return;
    };
    for signal in ["sca_critical_open", "sca_high_open"] {
        out.unknown(signal, &subject, list.span(), &why, When(None));
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::says;

    #[test]
    fn only_a_clean_and_complete_list_is_a_value() {
        let clean = r#"{"dependencies":[{"name":"a","version":"1","vulns":[]}],"fixes":[]}"#;
        says(clean, "pip-audit", &[("sca_critical_open", Some(0.0)), ("sca_high_open", Some(0.0))]);
        for unknown in [
            r#"[{"name":"a","version":"1","vulns":[{"id":"PYSEC-1","fix_versions":[]}]}]"#,
            r#"[{"name":"a","version":"1","vulns":[]},{"name":"b","skip_reason":"not on PyPI"}]"#,
            r#"{"dependencies":[],"fixes":[]}"#,
        ] {
            says(unknown, "pip-audit", &[("sca_critical_open", None), ("sca_high_open", None)]);
        }
    }
}
