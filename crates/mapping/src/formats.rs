//! The list of formats. To add one: a file with its recogniser, its reader and samples, and a line here.

use crate::out::Out;
use crate::read::json::Val;
use crate::read::table::{Headers, Sheet};
use crate::read::text::Text;
use crate::read::xml::El;

mod cargo_audit;
mod cyclonedx;
mod github;
mod grype;
mod npm;
mod osv;
mod pip_audit;
mod sarif;
mod semgrep;
mod snyk;
mod trivy;

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
    json("semgrep", "Semgrep JSON", semgrep::score, semgrep::read),
    json("snyk", "snyk test --json", snyk::score, snyk::read),
];
