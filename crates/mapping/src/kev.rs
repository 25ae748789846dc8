//! The list of vulnerabilities that are known to be exploited.

use std::collections::HashSet;

use crate::read::json;

/// CVE ids that are known to be exploited, such as those of CISA's catalogue.
#[derive(Clone, Debug, Default)]
pub struct KevList {
    ids: HashSet<String>,
}

/// Why a file is not a list of known exploited vulnerabilities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAKevList;

impl std::fmt::Display for NotAKevList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a KEV catalogue: expected a JSON object whose vulnerabilities array has cveID in each entry")
    }
}

impl std::error::Error for NotAKevList {}

impl KevList {
    /// From CVE ids.
    pub fn new<'a>(ids: impl IntoIterator<Item = &'a str>) -> Self {
        Self { ids: ids.into_iter().map(|id| id.trim().to_ascii_uppercase()).collect() }
    }

    /// From the JSON of CISA's catalogue.
    ///
    /// # Errors
    /// If it is not that, or is empty.
    pub fn from_json(bytes: &[u8]) -> Result<Self, NotAKevList> {
        let doc = json::parse(bytes, 0).map_err(|_| NotAKevList)?;
        let entries = doc.root().at("vulnerabilities");
        let ids: HashSet<String> = entries.items().map(|e| e.at("cveID").s().to_ascii_uppercase()).collect();
        if ids.is_empty() || ids.contains("") {
            return Err(NotAKevList);
        }
        Ok(Self { ids })
    }

    /// True if that CVE is on the list.
    #[must_use]
    pub fn contains(&self, cve: &str) -> bool {
        self.ids.contains(&cve.trim().to_ascii_uppercase())
    }

    /// How many ids it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// True if it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}
