//! Every table, under the kind of data that it holds.
//!
//! Row-level security on PostgreSQL, the compile-time check of statements and the backup read these lists; a
//! table that is missing here fails the schema test.

/// Rows of one tenant: `tenant_id` leads every key, and row-level security is forced on PostgreSQL.
pub const TENANT: &[&str] = &[
    "ai_proposal_outcome",
    "api_key",
    "artifact",
    "artifact_part",
    "artifact_staging",
    "asset",
    "asset_owner",
    "audit_checkpoint",
    "audit_log",
    "autonomy",
    "control",
    "control_kri",
    "dropzone_token",
    "idempotency",
    "integration",
    "integration_run",
    "integration_secret",
    "job",
    "kri",
    "kri_point",
    "kri_sample",
    "kri_sample_undone",
    "kri_subject",
    "mcp_access_tokens",
    "mcp_call_log",
    "membership",
    "outcome",
    "outcome_risk",
    "proposal",
    "register_comment",
    "risk",
    "risk_acceptance",
    "risk_control",
    "risk_kri",
    "risk_point",
    "schedule",
    "treatment_action",
    "vendor",
    "vendor_asset",
];

/// Tenant's tables in which a row also belongs to the person named by `user_id`.
pub const PERSON_IN_TENANT: &[&str] = &["mcp_access_tokens", "membership"];

/// A person's own rows.
pub const PERSON: &[&str] = &["person"];

/// Rows of the installation.
pub const INSTALLATION: &[&str] = &["audit_head", "installation", "schema_migration", "tenant", "tenant_slug"];

/// Tables that grow with use: a statement may not read them from end to end.
pub const BIG: &[&str] = &[
    "ai_proposal_outcome",
    "artifact",
    "artifact_part",
    "audit_log",
    "idempotency",
    "integration_run",
    "job",
    "kri_point",
    "kri_sample",
    "kri_sample_undone",
    "kri_subject",
    "mcp_call_log",
    "proposal",
    "register_comment",
    "risk_point",
];
