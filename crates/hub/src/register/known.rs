//! The names that links may lead to.
use std::collections::BTreeMap;

use watchkeep_model::register::{Kind, Problem, Sheet, Target};
use watchkeep_model::{KriId, catalog, text, word};
use watchkeep_store::register as store;
use watchkeep_store::{Reader, kris};

use crate::error::Error;

/// The codes of all entries and the names of all KRIs of a tenant: to say before a write what a link would lead to.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// By kind: code in lower case, the code, whether it is archived.
    codes: BTreeMap<Kind, BTreeMap<String, (String, bool)>>,
    kris: BTreeMap<String, KriId>,
}

impl Known {
    /// Reads them.
    ///
    /// # Errors
    /// Of the database.
    pub async fn read(db: Reader<'_>) -> Result<Self, Error> {
        let mut known = Self::default();
        for kind in Kind::ALL {
            let codes = store::codes(db, *kind).await?;
            let codes = codes.into_iter().map(|(code, archived)| (code.to_ascii_lowercase(), (code, archived)));
            known.codes.insert(*kind, codes.collect());
        }
        known.kris = kris::slugs(db).await?.into_iter().map(|(id, slug)| (slug, id)).collect();
        Ok(known)
    }

    /// Adds one that is about to be made, such as another row of the same file.
    pub fn add(&mut self, kind: Kind, code: &str) {
        self.codes.entry(kind).or_default().insert(code.to_ascii_lowercase(), (code.to_owned(), false));
    }

    /// True if there is an active entry of that code, in any case.
    #[must_use]
    pub fn has(&self, kind: Kind, code: &str) -> bool {
        self.find(kind, code).is_some_and(|(_, archived)| !archived)
    }

    /// True if the code is that of an entry that is archived: it stays taken.
    #[must_use]
    pub fn archived(&self, kind: Kind, code: &str) -> bool {
        self.find(kind, code).is_some_and(|(_, archived)| *archived)
    }

    /// True if there is a KRI of that slug, id or alias.
    #[must_use]
    pub fn has_kri(&self, name: &str) -> bool {
        self.kris.contains_key(name)
            || catalog::signal(name).is_some_and(|signal| self.kris.contains_key(&signal.slug))
            || name.parse().is_ok_and(|id: KriId| self.kris.values().any(|known| *known == id))
    }

    fn find(&self, kind: Kind, code: &str) -> Option<&(String, bool)> {
        self.codes.get(&kind)?.get(&code.to_ascii_lowercase())
    }

    /// The links of a sheet that lead nowhere, with what was probably meant.
    #[must_use]
    pub fn problems(&self, sheet: &Sheet) -> Vec<Problem> {
        let mut problems = vec![];
        for (name, links) in &sheet.links {
            let Some(to) = sheet.kind.field(name).and_then(|f| f.links()).map(|l| l.to) else { continue };
            for (i, link) in links.iter().enumerate() {
                let there = match to {
                    Target::Kri => self.has_kri(&link.to),
                    Target::Entry(kind) => self.has(kind, &link.to),
                };
                if !there {
                    problems.push(Problem::new(&format!("{name}[{i}]"), self.nowhere(to, &link.to)));
                }
            }
        }
        problems
    }

    fn nowhere(&self, to: Target, name: &str) -> String {
        let near = match to {
            Target::Kri => word::nearest(name, self.kris.keys().map(String::as_str)),
            Target::Entry(kind) => {
                let codes = self.codes.get(&kind).into_iter().flatten();
                word::nearest(name, codes.filter(|(_, (_, archived))| !archived).map(|(_, (code, _))| code.as_str()))
            }
        };
        let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
        format!("{}{near}", nowhere(to, name))
    }
}

/// A link that leads nowhere, in a sentence.
pub(super) fn nowhere(to: Target, name: &str) -> String {
    let shown = text::clean(name, 80);
    match to {
        Target::Kri if catalog::signal(name).is_some() => {
            format!("the tenant has no KRI of the signal `{shown}` yet; make it first")
        }
        Target::Kri => format!("there is no KRI `{shown}`"),
        Target::Entry(kind) => format!("there is no {kind} `{shown}` in the register"),
    }
}
