//! All that can be done, from top to bottom. A new operation is one file under `ops/` and one line here.
use crate::op::OpDef;

pub mod assets;
pub mod controls;
pub mod dropzone;
pub mod imports;
pub mod integrations;
pub mod kris;
pub mod outcomes;
pub mod proposals;
pub mod register;
pub mod register_io;
pub mod risks;
pub mod runs;
pub mod samples;
pub mod search;
pub mod signals;
pub mod simulations;
pub mod vendors;

/// Every operation, in the order in which clients see them.
pub const OPS: &[OpDef] = &[
    // the risk connector
    OpDef::of::<kris::ListKris>(),
    OpDef::of::<kris::detail::GetKri>(),
    OpDef::of::<controls::ListControls>(),
    OpDef::of::<risks::ListRisks>(),
    OpDef::of::<risks::detail::GetRisk>(),
    OpDef::of::<outcomes::ListOutcomes>(),
    OpDef::of::<vendors::ListVendors>(),
    OpDef::of::<assets::GetAssetInventory>(),
    OpDef::of::<simulations::ListSimulations>(),
    OpDef::of::<integrations::ListIntegrations>(),
    OpDef::of::<dropzone::SubmitDropzoneArtifact>(),
    OpDef::of::<runs::RunIntegration>(),
    OpDef::of::<runs::GetRun>(),
    OpDef::of::<proposals::ListProposals>(),
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
    OpDef::of::<register::Create<register::Controls>>(),
    OpDef::of::<register::Update<register::Controls>>(),
    OpDef::of::<register::Archive<register::Controls>>(),
    OpDef::of::<register::Create<register::Risks>>(),
    OpDef::of::<register::Update<register::Risks>>(),
    OpDef::of::<register::Archive<register::Risks>>(),
    OpDef::of::<register::Create<register::Outcomes>>(),
    OpDef::of::<register::Update<register::Outcomes>>(),
    OpDef::of::<register::Archive<register::Outcomes>>(),
    OpDef::of::<register::Create<register::Vendors>>(),
    OpDef::of::<register::Update<register::Vendors>>(),
    OpDef::of::<register::Archive<register::Vendors>>(),
    OpDef::of::<register::Create<register::Assets>>(),
    OpDef::of::<register::Update<register::Assets>>(),
    OpDef::of::<register::Archive<register::Assets>>(),
    OpDef::of::<register::Create<register::Applications>>(),
    OpDef::of::<register::Update<register::Applications>>(),
    OpDef::of::<register::Archive<register::Applications>>(),
    OpDef::of::<register::Create<register::People>>(),
    OpDef::of::<register::Update<register::People>>(),
    OpDef::of::<register::Archive<register::People>>(),
    OpDef::of::<register::detail::GetEntry>(),
    OpDef::of::<register::detail::CommentOnEntry>(),
    OpDef::of::<register::link::LinkEntry>(),
    OpDef::of::<register::link::UnlinkEntry>(),
    OpDef::of::<register::catalog::ListCatalogRisks>(),
    OpDef::of::<register::catalog::ListCatalogControls>(),
    OpDef::of::<register::catalog::AdoptCatalogRisk>(),
    OpDef::of::<register::catalog::AdoptCatalogControl>(),
    OpDef::of::<risks::decide::AcceptRisk>(),
    OpDef::of::<risks::decide::WithdrawAcceptance>(),
    OpDef::of::<risks::decide::AddTreatmentAction>(),
    OpDef::of::<risks::decide::UpdateTreatmentAction>(),
    OpDef::of::<register_io::ImportRegister>(),
    OpDef::of::<register_io::ExportRegister>(),
    OpDef::of::<proposals::ProposalLineage>(),
];
