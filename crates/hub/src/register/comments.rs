//! What people say about entries. A comment is never changed and never goes.
use schemars::JsonSchema;
use serde::Serialize;
use watchkeep_model::register::Kind;
use watchkeep_model::{EntryId, Timestamp, text};
use watchkeep_store::register::notes::{self, CommentRow};
use watchkeep_store::{Reader, Tx};

use super::{Stamp, gone};
use crate::error::Error;

/// Comments that are told of one entry.
const MOST: i64 = 100;

/// A comment on an entry.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Comment {
    /// Its id.
    pub id: EntryId,
    /// When it was made.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// What it says.
    pub text: String,
}

impl From<CommentRow> for Comment {
    fn from(row: CommentRow) -> Self {
        Self { id: row.id, at: row.at, by: row.author, text: row.said }
    }
}

/// Keeps a comment on an entry.
///
/// # Errors
/// Not found, if the entry is gone; a flaw, if nothing of the text is left when it is cleaned.
pub async fn comment(tx: &mut Tx<'_>, stamp: &Stamp, kind: Kind, entry: EntryId, said: &str) -> Result<Comment, Error> {
    let row = watchkeep_store::register::get_in(tx, kind, entry).await?;
    if row.is_none_or(|row| row.archived_at.is_some()) {
        return Err(gone(kind));
    }
    let text = text::clean(said, 2_000);
    if text.is_empty() {
        return Err(Error::flaw("text", "must not be empty"));
    }
    let row = CommentRow { id: EntryId::new(stamp.fresh), at: stamp.at, author: stamp.by.clone(), said: text };
    notes::add(tx, kind, entry, &row).await?;
    Ok(row.into())
}

/// The comments on an entry, newest first, at most 100.
///
/// # Errors
/// Of the database.
pub async fn comments(db: Reader<'_>, entry: EntryId) -> Result<Vec<Comment>, Error> {
    Ok(notes::of(db, entry, MOST).await?.into_iter().map(Comment::from).collect())
}
