//! What the register says about KRIs: which controls they measure, which risks they reach.
use watchkeep_model::{EntryId, KriId, Timestamp};

use crate::{Reader, Result};

statements! {
    Tenant OF_CONTROL = "select kri_id from control_kri where tenant_id = $1 and control_id = $2";
    Tenant CONTROLS = "select c.code, c.name, x.role, x.weight, c.effectiveness, case when c.effective_until < $2 then 1 else 0 end as stale from control_kri x join control c on c.tenant_id = x.tenant_id and c.id = x.control_id where x.tenant_id = $1 and x.kri_id = $3 and c.archived_at is null order by c.key";
    Tenant RISKS = "select distinct r.key, r.code, r.name, r.current_score from risk r join control_kri x on x.tenant_id = $1 and x.kri_id = $2 join risk_control y on y.tenant_id = $1 and y.control_id = x.control_id and y.risk_id = r.id join control c on c.tenant_id = $1 and c.id = x.control_id and c.archived_at is null where r.tenant_id = $1 and r.archived_at is null order by r.key";
    Tenant DIRECT = "select r.key, r.code, r.name, r.current_score from risk_kri x join risk r on r.tenant_id = x.tenant_id and r.id = x.risk_id where x.tenant_id = $1 and x.kri_id = $2 and r.archived_at is null order by r.key";
}

/// The KRIs that measure a control.
///
/// # Errors
/// Of the database.
pub async fn of_control(r: Reader<'_>, control: EntryId) -> Result<Vec<KriId>> {
    Ok(r.all::<(KriId,), 1>(OF_CONTROL, params![control]).await?.into_iter().map(|(id,)| id).collect())
}

crate::row! {
    /// A control that a KRI measures.
    pub struct FedControl {
        /// Its code.
        pub code: String,
        /// Its name.
        pub name: String,
        /// What the KRI says about it.
        pub role: Option<String>,
        /// How much that counts.
        pub weight: Option<f64>,
        /// How well it works by a person's word.
        pub effectiveness: Option<f64>,
        /// True if that word does not count any more.
        pub stale: bool,
    }
}
/// The controls that a KRI measures, by code.
///
/// # Errors
/// Of the database.
pub async fn controls(r: Reader<'_>, kri: KriId, now: Timestamp) -> Result<Vec<FedControl>> {
    r.all(CONTROLS, params![now, kri]).await
}

crate::row! {
    /// A risk that a KRI reaches.
    pub struct ReachedRisk {
        /// By what it is sorted.
        pub key: String,
        /// Its slug.
        pub code: String,
        /// Its title.
        pub name: String,
        /// How bad it is, 0 to 100.
        pub current_score: Option<f64>,
    }
}
/// The risks that a KRI reaches through the controls that it measures, by code.
///
/// # Errors
/// Of the database.
pub async fn risks(r: Reader<'_>, kri: KriId) -> Result<Vec<ReachedRisk>> {
    r.all(RISKS, params![kri]).await
}
/// The risks that a KRI is linked to directly, by code.
///
/// # Errors
/// Of the database.
pub async fn direct_risks(r: Reader<'_>, kri: KriId) -> Result<Vec<ReachedRisk>> {
    r.all(DIRECT, params![kri]).await
}
