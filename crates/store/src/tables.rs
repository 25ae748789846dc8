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
    "oauth_grant",
    "oauth_refresh",
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
pub const PERSON_IN_TENANT: &[&str] = &["mcp_access_tokens", "mcp_call_log", "membership", "oauth_grant"];

/// A person's own rows.
pub const PERSON: &[&str] = &[
    "known_device",
    "mfa_reset",
    "one_time_link",
    "passkey",
    "password",
    "person",
    "recovery_code",
    "session",
    "totp",
];

/// Rows of the installation.
pub const INSTALLATION: &[&str] = &[
    "audit_head",
    "connection_attempt",
    "installation",
    "oauth_client",
    "schema_migration",
    "sign_in_attempt",
    "spent_state",
    "tenant",
    "tenant_slug",
];

/// Tables that grow with use: a statement may not read them from end to end.
pub const BIG: &[&str] = &[
    "ai_proposal_outcome",
    "artifact",
    "artifact_part",
    "audit_log",
    "connection_attempt",
    "idempotency",
    "integration_run",
    "job",
    "kri_point",
    "kri_sample",
    "kri_sample_undone",
    "kri_subject",
    "mcp_access_tokens",
    "mcp_call_log",
    "oauth_client",
    "oauth_grant",
    "oauth_refresh",
    "proposal",
    "register_comment",
    "risk_point",
];
