//! All that can be done, from top to bottom. A new operation is one file under `ops/` and one line here.
use crate::op::OpDef;

pub mod imports;
pub mod integrations;
pub mod kris;
pub mod samples;
pub mod search;
pub mod signals;

/// Every operation, in the order in which clients see them.
pub const OPS: &[OpDef] = &[
    // the risk connector
    OpDef::of::<kris::ListKris>(),
    OpDef::of::<kris::detail::GetKri>(),
    OpDef::of::<integrations::ListIntegrations>(),
    OpDef::of::<search::Search>(),
    OpDef::of::<search::Fetch>(),
    // the API's own
    OpDef::of::<signals::ListSignals>(),
    OpDef::of::<kris::edit::CreateKri>(),
    OpDef::of::<kris::edit::UpdateKri>(),
    OpDef::of::<kris::edit::ArchiveKri>(),
    OpDef::of::<kris::edit::RecordKriValue>(),
    OpDef::of::<samples::PostSamples>(),
    OpDef::of::<imports::ImportKriSamples>(),
];
