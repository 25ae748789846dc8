//! Links: one table for each kind of them.
use uuid::Uuid;
use watchkeep_model::EntryId;
use watchkeep_model::register::{Edge, Link};

use crate::{Result, Tx};

statements! {
    Tenant PUT_CONTROL_KRI = "insert into control_kri (tenant_id, control_id, kri_id, role, weight) values ($1, $2, $3, $4, $5) on conflict (tenant_id, control_id, kri_id) do update set role = excluded.role, weight = excluded.weight";
    Tenant PUT_RISK_CONTROL = "insert into risk_control (tenant_id, risk_id, control_id) values ($1, $2, $3) on conflict (tenant_id, risk_id, control_id) do nothing";
    Tenant PUT_RISK_KRI = "insert into risk_kri (tenant_id, risk_id, kri_id) values ($1, $2, $3) on conflict (tenant_id, risk_id, kri_id) do nothing";
    Tenant PUT_OUTCOME_RISK = "insert into outcome_risk (tenant_id, outcome_id, risk_id, share) values ($1, $2, $3, $4) on conflict (tenant_id, outcome_id, risk_id) do update set share = excluded.share";
    Tenant PUT_VENDOR_ASSET = "insert into vendor_asset (tenant_id, vendor_id, asset_id) values ($1, $2, $3) on conflict (tenant_id, vendor_id, asset_id) do nothing";
    Tenant PUT_ASSET_OWNER = "insert into asset_owner (tenant_id, asset_id, owner_id) values ($1, $2, $3) on conflict (tenant_id, asset_id, owner_id) do nothing";
    Tenant CUT_CONTROL_KRI = "delete from control_kri where tenant_id = $1 and control_id = $2 and kri_id = $3";
    Tenant CUT_RISK_CONTROL = "delete from risk_control where tenant_id = $1 and risk_id = $2 and control_id = $3";
    Tenant CUT_RISK_KRI = "delete from risk_kri where tenant_id = $1 and risk_id = $2 and kri_id = $3";
    Tenant CUT_OUTCOME_RISK = "delete from outcome_risk where tenant_id = $1 and outcome_id = $2 and risk_id = $3";
    Tenant CUT_VENDOR_ASSET = "delete from vendor_asset where tenant_id = $1 and vendor_id = $2 and asset_id = $3";
    Tenant CUT_ASSET_OWNER = "delete from asset_owner where tenant_id = $1 and asset_id = $2 and owner_id = $3";
}

/// Links an entry to another, or to a KRI; a link that is there gets the role and the number of this one.
///
/// # Errors
/// A foreign key violation if one of them is not there.
pub async fn put(tx: &mut Tx<'_>, edge: Edge, from: EntryId, to: Uuid, link: &Link) -> Result<()> {
    let role = link.role.map(|r| r.as_str());
    match edge {
        Edge::ControlKri => tx.exec(PUT_CONTROL_KRI, params![from, to, role, link.number]).await?,
        Edge::RiskControl => tx.exec(PUT_RISK_CONTROL, params![from, to]).await?,
        Edge::RiskKri => tx.exec(PUT_RISK_KRI, params![from, to]).await?,
        Edge::OutcomeRisk => tx.exec(PUT_OUTCOME_RISK, params![from, to, link.number]).await?,
        Edge::VendorAsset => tx.exec(PUT_VENDOR_ASSET, params![from, to]).await?,
        Edge::AssetOwner => tx.exec(PUT_ASSET_OWNER, params![from, to]).await?,
    };
    Ok(())
}
/// Takes a link away; false if it was not there.
///
/// # Errors
/// Of the database.
pub async fn cut(tx: &mut Tx<'_>, edge: Edge, from: EntryId, to: Uuid) -> Result<bool> {
    let text = match edge {
        Edge::ControlKri => CUT_CONTROL_KRI,
        Edge::RiskControl => CUT_RISK_CONTROL,
        Edge::RiskKri => CUT_RISK_KRI,
        Edge::OutcomeRisk => CUT_OUTCOME_RISK,
        Edge::VendorAsset => CUT_VENDOR_ASSET,
        Edge::AssetOwner => CUT_ASSET_OWNER,
    };
    Ok(tx.exec(text, params![from, to]).await? > 0)
}
