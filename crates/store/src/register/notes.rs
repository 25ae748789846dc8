//! What people say about entries.
use watchkeep_model::register::Kind;
use watchkeep_model::{EntryId, Timestamp};

use crate::{Reader, Result, Tx};

statements! {
    Tenant ADD = "insert into register_comment (tenant_id, kind, entry_id, id, at, author, said) values ($1, $2, $3, $4, $5, $6, $7)";
    Tenant OF = "select id, at, author, said from register_comment where tenant_id = $1 and entry_id = $2 order by id desc limit $3";
}

crate::row! {
    /// A comment.
    pub struct CommentRow {
        /// The id.
        pub id: EntryId,
        /// When.
        pub at: Timestamp,
        /// By whom.
        pub author: String,
        /// What.
        pub said: String,
    }
}

/// Keeps a comment on an entry.
///
/// # Errors
/// Of the database.
pub async fn add(tx: &mut Tx<'_>, kind: Kind, entry: EntryId, c: &CommentRow) -> Result<()> {
    tx.exec(ADD, params![kind, entry, c.id, c.at, &c.author, &c.said]).await?;
    Ok(())
}
/// The comments on an entry, newest first.
///
/// # Errors
/// Of the database.
pub async fn of(r: Reader<'_>, entry: EntryId, limit: i64) -> Result<Vec<CommentRow>> {
    r.all(OF, params![entry, limit]).await
}
