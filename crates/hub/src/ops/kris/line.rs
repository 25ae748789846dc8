//! The lines of the list, kept as they were written last.
//!
//! A KRI changes a few times a day and is read all day by every client, so writing it anew each time is most of the work
//! of a list. What is listed, and each line's revision, comes from the database with every call; a line whose revision,
//! freshness and names of sources are still those that it was written with is copied.
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use schemars::{Schema, SchemaGenerator};
use watchkeep_model::{IntegrationId, KriId, TenantId, Timestamp};
use watchkeep_store::Reader;
use watchkeep_store::integrations::Named;
use watchkeep_store::kris::{self as store, KriRow, Mark};

use super::Kri;
use crate::error::Error;
use crate::page::Item;

/// How many lines are kept, about 1.5 KiB each. When there are more, all are forgotten and written again.
const MOST: usize = 8_192;

/// A KRI as the list tells it: the JSON of a [`Kri`].
#[derive(Debug, Clone)]
pub struct Line(Arc<Written>);

#[derive(Debug)]
struct Written {
    slug: String,
    json: String,
    /// The JSON inside a JSON text, without the quotes around it.
    text: String,
    holds: Holds,
}

/// What a line was written from; while it is the same, the line is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Holds {
    rev: i64,
    stale: bool,
    names: u64,
}

impl Holds {
    fn new(rev: i64, fresh_until: Option<Timestamp>, now: Timestamp, names: u64) -> Self {
        Self { rev, stale: fresh_until.is_some_and(|until| until < now), names }
    }
}

impl Line {
    /// The slug, by which the list goes on.
    #[must_use]
    pub fn slug(&self) -> &str {
        &self.0.slug
    }

    fn write(row: KriRow, sources: &Sources, now: Timestamp) -> Result<Self, Error> {
        let holds = Holds::new(row.rev, row.fresh_until, now, sources.hash);
        let slug = row.slug.clone();
        let json = serde_json::to_string(&Kri::new(row, &sources.names)).map_err(Error::internal)?;
        let mut text = serde_json::to_string(&json).map_err(Error::internal)?;
        text.pop();
        text.remove(0);
        Ok(Self(Arc::new(Written { slug, json, text, holds })))
    }
}

impl Item for Line {
    fn schema(g: &mut SchemaGenerator) -> Schema {
        g.subschema_for::<Kri>()
    }

    fn write(&self, json: &mut Vec<u8>) -> Result<(), Error> {
        json.extend_from_slice(self.0.json.as_bytes());
        Ok(())
    }

    fn text(&self) -> Option<&str> {
        Some(&self.0.text)
    }
}

/// The tenant's integrations by their id, and a number that changes when one of them does.
pub(super) struct Sources {
    pub(super) names: HashMap<IntegrationId, Named>,
    hash: u64,
}

impl Sources {
    pub(super) fn new(all: Vec<Named>) -> Self {
        // the rows come in any order
        let hash = all.iter().fold(0_u64, |sum, i| {
            let mut one = DefaultHasher::new();
            (i.id, &i.name, i.source_kind).hash(&mut one);
            sum.wrapping_add(one.finish())
        });
        Self { names: all.into_iter().map(|i| (i.id, i)).collect(), hash }
    }
}

/// The lines that were written last.
#[derive(Debug, Default)]
pub(crate) struct Lines(Mutex<HashMap<(TenantId, KriId), Line>>);

impl Lines {
    /// The line of each mark, written anew where it does not hold any more. What was archived meanwhile is left out.
    pub(super) async fn of(
        &self,
        tenant: TenantId,
        db: Reader<'_>,
        marks: &[Mark],
        sources: &Sources,
        now: Timestamp,
    ) -> Result<Vec<Line>, Error> {
        let mut lines = self.kept(tenant, marks, sources, now);
        let mut fresh = vec![];
        for (line, mark) in lines.iter_mut().zip(marks) {
            if line.is_none()
                && let Some(row) = store::by_id(db, mark.id, now).await?
            {
                let written = Line::write(row, sources, now)?;
                fresh.push((mark.id, written.clone()));
                *line = Some(written);
            }
        }
        self.keep(tenant, fresh);
        Ok(lines.into_iter().flatten().collect())
    }

    fn kept(&self, tenant: TenantId, marks: &[Mark], sources: &Sources, now: Timestamp) -> Vec<Option<Line>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = |mark: &Mark| {
            let line = all.get(&(tenant, mark.id))?;
            let holds = line.0.holds == Holds::new(mark.rev, mark.fresh_until, now, sources.hash);
            holds.then(|| line.clone())
        };
        marks.iter().map(line).collect()
    }

    fn keep(&self, tenant: TenantId, fresh: Vec<(KriId, Line)>) {
        if fresh.is_empty() {
            return;
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() + fresh.len() > MOST {
            all.clear();
        }
        all.extend(fresh.into_iter().map(|(id, line)| ((tenant, id), line)));
    }
}
