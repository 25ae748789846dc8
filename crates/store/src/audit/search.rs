//! Reading the audit log.
use watchkeep_model::Timestamp;

use super::Row;
use crate::engine::postgres::Sight;
use crate::scope::INSTALLATION;
use crate::{InstallationScope, Reader, Result, Store};

statements! {
    Tenant NEWEST = concat!("select ", super::columns!(), " from audit_log where tenant_id = $1 and seq < $2 and ($3 = '' or event = $3) and at >= $4 order by seq desc limit $5");
    Tenant CALLS = "select called_at, request_id, tool_name, result_status, duration_ms from mcp_call_log where tenant_id = $1 and called_at < $2 order by called_at desc, request_id limit $3";
}

crate::row! {
    /// A row of `mcp_call_log`.
    pub struct CallRow {
        /// When the call came in.
        pub called_at: Timestamp,
        /// The request.
        pub request_id: uuid::Uuid,
        /// The tool as it was asked for.
        pub tool_name: String,
        /// `ok` or the error's word.
        pub result_status: String,
        /// How long it took.
        pub duration_ms: i64,
    }
}

/// Audit rows before a place in the chain (`i64::MAX` for the newest), newest first.
///
/// # Errors
/// Of the database.
pub async fn newest(r: Reader<'_>, before: i64, event: &str, since: Timestamp, limit: i64) -> Result<Vec<Row>> {
    r.all(NEWEST, params![before, event, since, limit]).await
}
/// MCP calls before a moment, newest first.
///
/// # Errors
/// Of the database.
pub async fn calls(r: Reader<'_>, before: Timestamp, limit: i64) -> Result<Vec<CallRow>> {
    r.all(CALLS, params![before, limit]).await
}

impl Store {
    /// Rows of the installation's own chain (sign-in, tenants, people) before a place in it, newest first.
    ///
    /// # Errors
    /// Of the database.
    pub async fn installation_log(
        &self,
        _: InstallationScope,
        before: i64,
        event: &str,
        since: Timestamp,
        limit: i64,
    ) -> Result<Vec<Row>> {
        newest(self.reader(Sight::Tenant(INSTALLATION)), before, event, since, limit).await
    }
}
