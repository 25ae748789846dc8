//! The audit log: one row per event, in a hash chain per tenant and one for the installation.
//!
//! A row's hash is `SHA-256(0x00 || previous hash || chain id || seq || each field, length first)`. The head of each
//! chain stands in `audit_head`; [`checkpoint`] signs heads and keeps them outside the database; [`verify`] reads it
//! all again. Arguments are kept as SHA-256 of their canonical JSON, never raw.
use ring::digest::{Context, SHA256};
use uuid::Uuid;

use crate::{Call, Param};

pub mod checkpoint;
pub mod search;
pub mod verify;

/// Where a chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Head {
    pub(crate) seq: i64,
    pub(crate) hash: [u8; 32],
}

crate::row! {
    /// A row as it stands in the table.
    pub struct Row {
        /// Place in the chain, from 1.
        pub seq: i64,
        /// When the call came in, microseconds.
        pub at: i64,
        /// The audit event.
        pub event: String,
        /// The operation.
        pub op: String,
        /// The kind of actor.
        pub actor_kind: String,
        /// The actor's id.
        pub actor_id: Option<Uuid>,
        /// The actor's name.
        pub actor: String,
        /// The thing the call is about.
        pub target: Option<String>,
        /// `ok` or the stable word of the error.
        pub outcome: String,
        /// SHA-256 of the canonical arguments.
        pub args_hash: [u8; 32],
        /// How long it took, microseconds.
        pub duration_us: i64,
        /// The peer's address.
        pub address: Option<String>,
        /// The request's id.
        pub request_id: Uuid,
        /// A JSON object: client id, client, connector.
        pub metadata: String,
        /// The link.
        pub hash: [u8; 32],
    }
}

/// The columns of [`Row`], in order.
macro_rules! columns {
    () => {
        "seq, at, event, op, actor_kind, actor_id, actor, target, outcome, args_hash, duration_us, address, request_id, metadata, hash"
    };
}
pub(crate) use columns;

/// The insert of one row; `$1` is the chain. Shared by the engines, which run it inside their own transactions.
pub(crate) const INSERT: &str = concat!(
    "insert into audit_log (tenant_id, ",
    columns!(),
    ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
);

impl Head {
    /// The row that follows this head, and the head after it.
    pub(crate) fn next(self, chain: Uuid, call: &Call, outcome: &str) -> (Self, Row) {
        let mut row = Row {
            seq: self.seq + 1,
            at: call.at.micros(),
            event: call.event.clone().into_owned(),
            op: call.op.clone().into_owned(),
            actor_kind: call.actor.kind.as_str().to_owned(),
            actor_id: call.actor.id,
            actor: call.actor.name.clone(),
            target: call.target.clone(),
            outcome: outcome.to_owned(),
            args_hash: call.args,
            duration_us: call.watch.micros(),
            address: call.address.clone(),
            request_id: call.request.uuid(),
            metadata: metadata(call),
            hash: [0; 32],
        };
        row.hash = link(&self.hash, chain, &row);
        (Self { seq: row.seq, hash: row.hash }, row)
    }
}

fn metadata(call: &Call) -> String {
    let mut m = serde_json::Map::new();
    match (&call.actor.client, call.actor.id) {
        (Some(client), grant) => {
            m.insert("clientId".into(), client.as_str().into());
            if let Some(grant) = grant.filter(|_| call.actor.kind == crate::ActorKind::Token) {
                m.insert("grantId".into(), grant.to_string().into());
            }
        }
        (None, Some(id)) => {
            m.insert("clientId".into(), id.to_string().into());
        }
        (None, None) => {}
    }
    if let Some(client) = &call.client {
        m.insert("client".into(), client.as_str().into());
    }
    if let Some(connector) = call.connector {
        m.insert("connector".into(), connector.as_str().into());
    }
    serde_json::Value::Object(m).to_string()
}

/// The hash of a row after `previous`.
pub(crate) fn link(previous: &[u8; 32], chain: Uuid, r: &Row) -> [u8; 32] {
    let mut d = Context::new(&SHA256);
    d.update(&[0]);
    d.update(previous);
    d.update(chain.as_bytes());
    for n in [r.seq, r.at, r.duration_us] {
        d.update(&n.to_be_bytes());
    }
    let mut field = |b: Option<&[u8]>| match b {
        // a missing field is not an empty one
        None => d.update(&u32::MAX.to_be_bytes()),
        Some(b) => {
            d.update(&u32::try_from(b.len()).unwrap_or(u32::MAX - 1).to_be_bytes());
            d.update(b);
        }
    };
    for text in [&r.event, &r.op, &r.actor_kind, &r.actor, &r.outcome, &r.metadata] {
        field(Some(text.as_bytes()));
    }
    field(r.actor_id.as_ref().map(|u| u.as_bytes().as_slice()));
    field(r.target.as_deref().map(str::as_bytes));
    field(r.address.as_deref().map(str::as_bytes));
    field(Some(&r.args_hash));
    field(Some(r.request_id.as_bytes()));
    let mut out = [0; 32];
    out.copy_from_slice(d.finish().as_ref());
    out
}

impl Row {
    /// The parameters of [`INSERT`] after the chain.
    pub(crate) fn params(&self) -> [Param<'_>; 15] {
        crate::params![
            self.seq,
            self.at,
            &self.event,
            &self.op,
            &self.actor_kind,
            self.actor_id,
            &self.actor,
            self.target.as_deref(),
            &self.outcome,
            &self.args_hash,
            self.duration_us,
            self.address.as_deref(),
            self.request_id,
            &self.metadata,
            &self.hash,
        ]
    }
}

/// The insert of one row of `mcp_call_log`.
pub(crate) const INSERT_CALL: &str = "insert into mcp_call_log (tenant_id, called_at, request_id, connector, tool_name, \
     args_hash, result_status, duration_ms, user_id, client_id, oauth_client) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// The parameters of [`INSERT_CALL`] after the tenant; none for a call by another door.
pub(crate) fn call_params<'a>(call: &'a Call, row: &'a Row) -> Option<[Param<'a>; 10]> {
    let connector = call.connector?;
    Some(crate::params![
        row.at,
        row.request_id,
        connector.as_str(),
        &row.op,
        &row.args_hash,
        &row.outcome,
        row.duration_us / 1000,
        call.actor.person,
        call.actor.id,
        call.actor.client.as_deref(),
    ])
}
