//! The list of formats. To add one: a file with its recogniser, its reader and samples, and a line here.

use crate::out::Out;
use crate::read::json::Val;
use crate::read::table::{Headers, Sheet};
use crate::read::text::Text;
use crate::read::xml::El;

mod aws_credentials;
mod backup;
mod cargo_audit;
mod checks;
mod cyclonedx;
mod generic;
mod github;
mod grype;
mod hosts;
mod iac;
mod identity;
mod lynis;
mod nessus;
mod npm;
mod openvas;
mod osv;
mod people;
mod pip_audit;
mod posture;
mod prose;
mod prowler;
mod qualys;
mod rapid7;
mod sarif;
mod secrets;
mod semgrep;
mod snyk;
mod trivy;
mod wazuh;

#[cfg(test)]
pub(crate) mod samples;

/// Below this score a recogniser has not recognised anything.
pub(crate) const RECOGNISED: u8 = 20;

/// One format: how it is recognised by its content, and how it is read.
pub struct FormatDef {
    /// Its name in answers.
    pub name: &'static str,
    /// What it is, for people.
    pub about: &'static str,
    pub(crate) reader: Reader,
}

impl std::fmt::Debug for FormatDef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FormatDef").field("name", &self.name).field("about", &self.about).finish_non_exhaustive()
    }
}

/// A recogniser (0 to 100: how sure it is that this is the format) and a reader, by the shape of the document.
#[derive(Clone, Copy)]
pub(crate) enum Reader {
    Json(fn(Val<'_>) -> u8, fn(Val<'_>, &mut Out<'_>)),
    Xml(fn(El<'_>) -> u8, fn(El<'_>, &mut Out<'_>)),
    Table(fn(&Headers) -> u8, fn(&Sheet<'_>, &mut Out<'_>)),
    Text(fn(&Text<'_>) -> u8, fn(&Text<'_>, &mut Out<'_>)),
}

const fn json(
    name: &'static str,
    about: &'static str,
    score: fn(Val<'_>) -> u8,
    read: fn(Val<'_>, &mut Out<'_>),
) -> FormatDef {
    FormatDef { name, about, reader: Reader::Json(score, read) }
}

const fn table(
    name: &'static str,
    about: &'static str,
    score: fn(&Headers) -> u8,
    read: fn(&Sheet<'_>, &mut Out<'_>),
) -> FormatDef {
    FormatDef { name, about, reader: Reader::Table(score, read) }
}

const fn xml(
    name: &'static str,
    about: &'static str,
    score: fn(El<'_>) -> u8,
    read: fn(El<'_>, &mut Out<'_>),
) -> FormatDef {
    FormatDef { name, about, reader: Reader::Xml(score, read) }
}

const fn text(
    name: &'static str,
    about: &'static str,
    score: fn(&Text<'_>) -> u8,
    read: fn(&Text<'_>, &mut Out<'_>),
) -> FormatDef {
    FormatDef { name, about, reader: Reader::Text(score, read) }
}

/// All formats. Of two that are equally sure the earlier one reads.
pub const FORMATS: &[FormatDef] = &[
    json("npm-audit", "npm audit --json, version 7 and later", npm::is_npm7, npm::read_npm7),
    json("npm-audit-6", "npm 6, pnpm and Yarn 2 audit --json", npm::is_npm6, npm::read_npm6),
    json("yarn-audit", "yarn audit --json, classic", npm::is_yarn, npm::read_yarn),
    json("yarn-npm-audit", "yarn npm audit --json", npm::is_berry, npm::read_berry),
    json("npm-error", "npm, pnpm or yarn audit that failed", npm::is_error, npm::read_error),
    json("pip-audit", "pip-audit -f json", pip_audit::score, pip_audit::read),
    json("cargo-audit", "cargo audit --json", cargo_audit::score, cargo_audit::read),
    json("osv-scanner", "OSV-Scanner JSON", osv::score, osv::read),
    json("trivy", "Trivy JSON", trivy::score, trivy::read),
    json("grype", "Grype JSON", grype::score, grype::read),
    json("dependabot", "GitHub Dependabot alerts", github::is_dependabot, github::read_dependabot),
    json("dependabot-graphql", "GitHub vulnerability alerts by GraphQL", github::is_graphql, github::read_graphql),
    json("github-code-scanning", "GitHub code scanning alerts", github::is_code, github::read_code),
    json("github-secret-scanning", "GitHub secret scanning alerts", github::is_secret, github::read_secret),
    json("sarif", "SARIF 2.1", sarif::score, sarif::read),
    json("cyclonedx", "CycloneDX JSON with vulnerabilities", cyclonedx::score, cyclonedx::read),
    xml("cyclonedx-xml", "CycloneDX XML with vulnerabilities", cyclonedx::is_xml, cyclonedx::read_xml),
    json("semgrep", "Semgrep JSON", semgrep::score, semgrep::read),
    json("snyk", "snyk test --json", snyk::score, snyk::read),
    json("gitleaks", "gitleaks JSON", secrets::is_gitleaks, secrets::read_gitleaks),
    table("gitleaks-csv", "gitleaks CSV", secrets::is_gitleaks_csv, secrets::read_gitleaks_csv),
    json("trufflehog", "TruffleHog JSON", secrets::is_trufflehog, secrets::read_trufflehog),
    json("detect-secrets", "detect-secrets baseline", secrets::is_detect_secrets, secrets::read_detect_secrets),
    json("prowler", "Prowler JSON, versions 2 and 3", prowler::is_json, prowler::read_json),
    json("prowler-ocsf", "Prowler and others in OCSF", prowler::is_ocsf, prowler::read_ocsf),
    json("asff", "AWS Security Hub findings (ASFF)", prowler::is_asff, prowler::read_asff),
    json("aws-inspector", "Amazon Inspector findings", prowler::is_inspector, prowler::read_inspector),
    table("prowler-csv", "Prowler CSV", prowler::is_csv, prowler::read_csv),
    json("scoutsuite", "ScoutSuite results", posture::is_scout, posture::read_scout),
    json("scubagear", "ScubaGear results", posture::is_scuba, posture::read_scuba),
    table("scubagear-csv", "ScubaGear results as CSV", posture::is_scuba_csv, posture::read_scuba_csv),
    json("checkov", "Checkov JSON", iac::is_checkov, iac::read_checkov),
    json("kics", "KICS JSON", iac::is_kics, iac::read_kics),
    json("tfsec", "tfsec JSON", iac::is_tfsec, iac::read_tfsec),
    table("aws-credential-report", "AWS IAM credential report", aws_credentials::score, aws_credentials::read),
    table("nessus-csv", "Nessus and Tenable CSV", nessus::is_csv, nessus::read_csv),
    xml("nessus", ".nessus file", nessus::is_xml, nessus::read_xml),
    table("qualys-csv", "Qualys CSV", qualys::is_csv, qualys::read_csv),
    xml("qualys-xml", "Qualys asset data report", qualys::is_xml, qualys::read_xml),
    table("openvas-csv", "OpenVAS CSV results", openvas::is_csv, openvas::read_csv),
    xml("openvas", "OpenVAS XML report", openvas::is_xml, openvas::read_xml),
    xml("nexpose", "Rapid7 Nexpose XML report", rapid7::is_xml, rapid7::read_xml),
    table("rapid7-csv", "Rapid7 CSV export", rapid7::is_csv, rapid7::read_csv),
    table("identity-csv", "accounts from Okta, Entra ID, Google and like", identity::score, identity::read),
    table(
        "phishing-csv",
        "phishing simulations of KnowBe4, GoPhish and like",
        people::is_phishing,
        people::read_phishing,
    ),
    table("training-csv", "enrolments in training", people::is_training, people::read_training),
    table("backup-csv", "backup jobs and recovery points", backup::is_csv, backup::read_csv),
    text("lynis", "Lynis report", lynis::score, lynis::read),
    text("backup-log", "log of backup jobs", backup::is_log, backup::read_log),
    json("wazuh", "Wazuh vulnerabilities", wazuh::is_wazuh, wazuh::read_wazuh),
    json("defender", "Microsoft Defender vulnerabilities", wazuh::is_defender, wazuh::read_defender),
    table("table", "any table of names and values", generic::is_pairs, generic::read_pairs),
    table("table-wide", "any table with a column for each signal", generic::is_wide, generic::read_wide),
    json("json-pairs", "any JSON list of names and values", generic::is_json_pairs, generic::read_json_pairs),
    json("json-wide", "any JSON object with signals as members", generic::is_json_wide, generic::read_json_wide),
    text("text", "notes, mails and Markdown", prose::score, prose::read),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::FORMATS;

    #[test]
    fn every_format_has_its_own_name_and_every_file_of_the_corpus_a_format() {
        let names: HashSet<_> = FORMATS.iter().map(|f| f.name).collect();
        assert_eq!(names.len(), FORMATS.len());
        let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
        let mut files = 0;
        for folder in std::fs::read_dir(corpus).unwrap() {
            for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                let got = super::samples::said(&std::fs::read_to_string(&path).unwrap());
                assert!(names.contains(got.format), "{}: {}", path.display(), got.format);
                assert!(!got.extractions.is_empty(), "{}: {:?}", path.display(), got.notes);
                files += 1;
            }
        }
        assert!(files >= 35, "{files}");
    }
}
