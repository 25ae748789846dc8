//! Secrets found in code: gitleaks, TruffleHog, detect-secrets. Each distinct secret counts once.

use crate::out::{Out, Trust, When};
use crate::read::json::Val;
use crate::read::table::{Headers, Sheet};
use crate::tally::Tally;

const SIGNAL: &str = "secrets_exposed_open";

fn lines(root: Val<'_>) -> Vec<Val<'_>> {
    if root.is_array() { root.items().collect() } else { vec![root] }
}

fn every(root: Val<'_>, fits: impl Fn(Val<'_>) -> bool) -> bool {
    let list = lines(root);
    !list.is_empty() && list.iter().take(20).all(|v| fits(*v))
}

pub(crate) fn is_gitleaks(root: Val<'_>) -> u8 {
    let new = |v: Val<'_>| v.at("RuleID").is_text() && v.has("Secret") && v.has("File");
    let old = |v: Val<'_>| v.has("offender") && v.has("rule") && v.has("file");
    if every(root, new) {
        98
    } else if every(root, old) {
        92
    } else {
        0
    }
}

pub(crate) fn read_gitleaks(root: Val<'_>, out: &mut Out<'_>) {
    let list = lines(root);
    let repo = list.first().map(|v| v.at("repo").s().into_owned()).unwrap_or_default();
    let subject = out.subject(&repo);
    let mut tally = Tally::default();
    tally.open(&subject.name, SIGNAL);
    let mut redacted = 0;
    for leak in &list {
        let secret = leak.any(&["Secret", "offender"]).s();
        let key = if secret.is_empty() || secret.contains("REDACTED") || secret.chars().all(|c| c == '*') {
            redacted += 1;
            let place = leak.any(&["Fingerprint"]).s();
            if place.is_empty() {
                format!(
                    "{} {} {}",
                    leak.any(&["File", "file"]).s(),
                    leak.any(&["StartLine", "lineNumber"]).s(),
                    leak.any(&["RuleID", "rule"]).s()
                )
            } else {
                place.into_owned()
            }
        } else {
            secret.into_owned()
        };
        tally.add(&subject.name, SIGNAL, key, leak.span());
    }
    let trust = Trust::exact(format!("gitleaks: {} findings, each secret once", list.len())).cap_if(
        redacted > 0,
        0.88,
        format!("{redacted} secrets are redacted and count by where they stand"),
    );
    out.tally(&tally, &trust, root.span(), When(None), Ok(()));
}

pub(crate) fn is_gitleaks_csv(h: &Headers) -> u8 {
    if h.all(&["rule id", "commit", "file", "secret"]) { 97 } else { 0 }
}

pub(crate) fn read_gitleaks_csv(sheet: &Sheet<'_>, out: &mut Out<'_>) {
    let col = |name: &str| sheet.col(&[name]);
    let (secret, place, file) = (col("secret"), col("fingerprint"), col("file"));
    let (line, rule) = (col("start line"), col("rule id"));
    let subject = out.subject("");
    let mut tally = Tally::default();
    tally.open(&subject.name, SIGNAL);
    let (mut redacted, mut rows) = (0, 0);
    sheet.rows(|row| {
        rows += 1;
        let found = row.get(secret);
        let hidden = found.is_empty() || found.contains("REDACTED") || found.chars().all(|c| c == '*');
        redacted += usize::from(hidden);
        let key = if hidden {
            format!("{} {} {} {}", row.get(place), row.get(file), row.get(line), row.get(rule))
        } else {
            found.into_owned()
        };
        tally.add(&subject.name, SIGNAL, key, row.span);
    });
    let trust = Trust::exact(format!("gitleaks: {rows} findings, each secret once")).cap_if(
        redacted > 0,
        0.88,
        format!("{redacted} secrets are redacted and count by where they stand"),
    );
    let zero = if subject.named {
        Ok(())
    } else {
        Err("the report is empty and names nothing that was searched; give a subject")
    };
    out.tally(&tally, &trust, sheet.span(), When(None), zero);
}

pub(crate) fn is_trufflehog(root: Val<'_>) -> u8 {
    let new = |v: Val<'_>| v.at("SourceMetadata").is_object() && v.has("DetectorName");
    let old = |v: Val<'_>| v.at("stringsFound").is_array() && v.has("reason") && v.has("path");
    let list = lines(root);
    // its log lines stand between the findings
    if list.iter().take(50).any(|v| new(*v)) {
        98
    } else if every(root, old) {
        95
    } else {
        0
    }
}

pub(crate) fn read_trufflehog(root: Val<'_>, out: &mut Out<'_>) {
    let list = lines(root);
    let repo = list
        .iter()
        .find_map(|v| {
            let data = v.at("SourceMetadata").at("Data");
            data.members()
                .map(|(_, source)| source.any(&["repository", "bucket", "image"]).s().into_owned())
                .find(|r| !r.is_empty())
        })
        .unwrap_or_default();
    let subject = out.subject(&repo);
    let mut tally = Tally::default();
    tally.open(&subject.name, SIGNAL);
    let (mut findings, mut verified) = (0, 0);
    for found in &list {
        if found.at("DetectorName").there() {
            findings += 1;
            verified += usize::from(found.at("Verified").truth() == Some(true));
            let raw = found.any(&["Raw", "RawV2", "Redacted"]).s();
            tally.add(&subject.name, SIGNAL, format!("{} {raw}", found.at("DetectorName").s()), found.span());
        } else {
            for text in found.at("stringsFound").items() {
                findings += 1;
                tally.add(&subject.name, SIGNAL, text.s(), found.span());
            }
        }
    }
    let trust = Trust::exact(format!("TruffleHog: {findings} findings ({verified} verified), each secret once"));
    out.tally(&tally, &trust, root.span(), When(None), Ok(()));
}

pub(crate) fn is_detect_secrets(root: Val<'_>) -> u8 {
    if root.at("results").is_object() && (root.at("plugins_used").is_array() || root.at("filters_used").is_array()) {
        100
    } else {
        0
    }
}

pub(crate) fn read_detect_secrets(root: Val<'_>, out: &mut Out<'_>) {
    let subject = out.subject("");
    let at = When::text(&root.at("generated_at").s());
    let results = root.at("results");
    let mut tally = Tally::default();
    tally.open(&subject.name, SIGNAL);
    let (mut findings, mut audited) = (0, 0);
    for (_, file) in results.members() {
        for secret in file.items() {
            findings += 1;
            if secret.at("is_secret").truth() == Some(false) {
                audited += 1;
                continue;
            }
            tally.add(&subject.name, SIGNAL, secret.at("hashed_secret").s(), secret.span());
        }
    }
    let trust = Trust::exact(format!("detect-secrets: {findings} findings, {audited} of them audited as no secret"));
    let zero = if findings > 0 || subject.named {
        Ok(())
    } else {
        Err("the baseline is empty and names no repository; give a subject if it is a true zero")
    };
    out.tally(&tally, &trust, results.span(), at, zero);
}

#[cfg(test)]
mod tests {
    use crate::formats::samples::{says, says_of};

    #[test]
    fn each_secret_counts_once() {
        let leaks = r#"[{"RuleID":"aws","Secret":"AKIA1","File":"a","Fingerprint":"x"},{"RuleID":"aws","Secret":"AKIA1","File":"b","Fingerprint":"y"},
            {"RuleID":"aws","Secret":"AKIA2","File":"b","Fingerprint":"z"}]"#;
        says(leaks, "gitleaks", &[("secrets_exposed_open", Some(2.0))]);
        says(&leaks.replace("AKIA1", "REDACTED"), "gitleaks", &[("secrets_exposed_open", Some(3.0))]);
        let hog = "{\"SourceMetadata\":{\"Data\":{\"Git\":{\"repository\":\"r\"}}},\"DetectorName\":\"AWS\",\"Raw\":\"A\"}\n\
            {\"SourceMetadata\":{\"Data\":{\"Git\":{\"repository\":\"r\"}}},\"DetectorName\":\"AWS\",\"Raw\":\"A\"}";
        says(hog, "trufflehog", &[("secrets_exposed_open", Some(1.0))]);
    }

    #[test]
    fn an_empty_baseline_needs_a_subject() {
        let text = r#"{"version":"1.5.0","plugins_used":[{"name":"A"}],"filters_used":[],"results":{},"generated_at":"2024-05-19T10:45:24Z"}"#;
        says(text, "detect-secrets", &[("secrets_exposed_open", None)]);
        says_of(text, Some("o/r"), "detect-secrets", &[("secrets_exposed_open", Some(0.0))]);
        let full = text.replace(
            "\"results\":{}",
            r#""results":{"a":[{"hashed_secret":"h","is_secret":false},{"hashed_secret":"g"},{"hashed_secret":"g"}]}"#,
        );
        says(&full, "detect-secrets", &[("secrets_exposed_open", Some(1.0))]);
    }

    #[test]
    fn gitleaks_as_a_table() {
        let head = "RuleID,Commit,File,SymlinkFile,Secret,Match,StartLine,Fingerprint\n";
        let text =
            format!("{head}a,c1,f,,S1,m,1,p1\na,c2,f,,S1,m,1,p2\nb,c1,g,,REDACTED,m,3,p3\nb,c1,g,,REDACTED,m,4,p4\n");
        says(&text, "gitleaks-csv", &[("secrets_exposed_open", Some(3.0))]);
        says(head, "gitleaks-csv", &[("secrets_exposed_open", None)]);
    }
}
