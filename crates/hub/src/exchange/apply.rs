//! The good rows of a file, kept in slices.
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use watchkeep_store::{Call, TenantScope};

use super::{Checked, Row};
use crate::error::{Error, Flaw, Kind};
use crate::hub::Hub;
use crate::register::{Did, Mode, Stamp, keep};

/// Entries and links in one write: a slice takes a few milliseconds.
const SLICE: usize = 60;

/// What became of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    /// Entries that were made.
    pub made: usize,
    /// Entries that were changed.
    pub changed: usize,
    /// Entries that were so already.
    pub same: usize,
}

/// Keeps the good rows, each slice with an audit row made like `call`.
///
/// # Errors
/// Of the store; what somebody else changed since the check, named with its row. What was kept until then stays;
/// importing the file again completes it.
pub async fn apply(hub: Arc<Hub>, scope: TenantScope, call: Call, checked: Checked) -> Result<Applied, Error> {
    let call = Call { event: "register_imported".into(), connector: None, ..call };
    let mut done = Applied::default();
    let mut rest = checked.good.into_iter().peekable();
    while rest.peek().is_some() {
        let (mut slice, mut weight) = (vec![], 0);
        while weight < SLICE
            && let Some(row) = rest.next()
        {
            let by = call.actor.name.clone();
            weight += 1 + row.says.links.values().map(Vec::len).sum::<usize>();
            slice.push((Stamp { fresh: hub.rng.id(call.at), at: call.at, by, demo: false }, row));
        }
        let kept = keep_slice(hub.clone(), scope.clone(), call.clone(), slice).await?;
        done.made += kept.made;
        done.changed += kept.changed;
        done.same += kept.same;
    }
    Ok(done)
}

async fn keep_slice(hub: Arc<Hub>, scope: TenantScope, call: Call, slice: Vec<(Stamp, Row)>) -> Result<Applied, Error> {
    hub.store
        .write(&scope, call, async move |tx| {
            let mut done = Applied::default();
            for (stamp, row) in &slice {
                let kept = keep(tx, stamp, &row.says, Mode::Upsert).await.map_err(|e| at(row, e))?;
                match kept.did {
                    Did::Made => done.made += 1,
                    Did::Changed => done.changed += 1,
                    Did::Same => done.same += 1,
                }
            }
            Ok::<_, Error>(done)
        })
        .await
}

/// The error with the row that it is about.
fn at(row: &Row, e: Error) -> Error {
    let place = format!("content, {}, row {}", row.says.kind.plural(), row.line);
    match e.kind {
        Kind::Invalid(flaws) => Error::invalid(
            flaws.into_iter().map(|f| Flaw { field: format!("{place}, column {}", f.field), ..f }).collect(),
        ),
        Kind::Conflict => Error::conflict(format!("{place}: {}", e.public)),
        _ => e,
    }
}
