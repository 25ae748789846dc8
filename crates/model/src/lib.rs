//! The language of Watchkeep: what its things are called, which values they may have and what follows from them.
//!
//! Typed [ids](id), [time], [roles](role), [scopes](scope), the [forms of credentials](credential), the rules of a
//! [KRI](kri) (value, aggregation, status, trend, freshness), the [catalogue](catalog) of signals and the [gate](autonomy)
//! that proposals pass.
//!
//! This crate never reads a clock, a file, a socket or a random number: time and seed are arguments. It knows no
//! database, no network and no HTTP status, and it depends on no other crate of ours. An id from here opens nothing;
//! what opens something is a scope value made by the store.
//!
//! Start at [`kri`]: [`kri::aggregate`] makes one value of many readings, [`kri::judge`] gives it a colour.

pub mod autonomy;
pub mod catalog;
pub mod credential;
pub mod id;
pub mod kri;
pub mod register;
pub mod role;
pub mod scope;
pub mod slug;
pub mod text;
pub mod time;
pub mod word;

#[cfg(test)]
mod mutate;

pub use id::{
    ArtifactId, EntryId, GrantId, IntegrationId, JobId, KriId, PasskeyId, PersonId, ProposalId, RefreshId, RequestId,
    RunId, SampleId, ScheduleId, SessionId, TenantId, TokenId,
};
pub use kri::SourceKind;
pub use role::Role;
pub use scope::{Connector, Scope, Scopes};
pub use slug::{KriSlug, Slug};
pub use time::{Span, Timestamp};
