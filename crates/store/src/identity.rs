//! What people sign in with, and the sessions that come of it.
//!
//! These rows are a person's own and belong to no tenant. Sessions, links, devices and recovery codes are kept as the
//! SHA-256 of their secret and looked up live, so that what ended is dead at once, on every hub. Start at
//! [`sessions`]; [`attempts`] counts what was tried, before it is looked at.
use watchkeep_model::{PersonId, Timestamp};

use crate::{InstallationScope, PersonScope, Result, Store, Tx, sql::Installation};

pub mod attempts;
pub mod devices;
pub mod factors;
pub mod links;
pub mod passkeys;
pub mod sessions;

statements! {
    Installation ACCOUNT = "select p.id, p.email, p.name, p.operator, p.disabled_at, w.phc from person p left join password w on w.user_id = p.id where p.email = $1";
    Installation ACCOUNT_BY_ID = "select p.id, p.email, p.name, p.operator, p.disabled_at, w.phc from person p left join password w on w.user_id = p.id where p.id = $1";
    Installation SET_PASSWORD = "insert into password (user_id, phc, changed_at) values ($1, $2, $3) on conflict (user_id) do update set phc = excluded.phc, changed_at = excluded.changed_at";
    Installation REHASH = "update password set phc = $3 where user_id = $1 and phc = $2";
    Installation SPEND = "insert into spent_state (hash, until) values ($1, $2)";
    Person PASSWORD_SINCE = "select changed_at from password where user_id = $1";
    /// Whether the person has to have a second factor, and whether they administer: by their living memberships.
    Crossing DUTIES = "select count(case when t.require_mfa = 1 then 1 end) as required, count(case when m.role = 'admin' then 1 end) as admin from membership m join tenant t on t.id = m.tenant_id where m.user_id = $1 and m.disabled_at is null and t.disabled_at is null";
}

crate::row! {
    /// A person as sign-in sees them.
    pub struct Account {
        /// The id.
        pub id: PersonId,
        /// The address.
        pub email: String,
        /// The name.
        pub name: String,
        /// Runs the installation.
        pub operator: bool,
        /// Since when they are locked out.
        pub disabled_at: Option<Timestamp>,
        /// The hash of the password, as a PHC string; none until a link was used.
        pub phc: Option<String>,
    }
}

impl Account {
    /// The scope of the person's own rows.
    #[must_use]
    pub fn own(&self) -> PersonScope {
        PersonScope::new(self.id)
    }
}

/// What the living memberships of a person ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duties {
    /// A tenant of theirs requires a second factor.
    pub second_factor: bool,
    /// They are admin of a tenant.
    pub admin: bool,
}

impl Store {
    /// The account of an address.
    ///
    /// # Errors
    /// Of the database.
    pub async fn account(&self, s: InstallationScope, email: &str) -> Result<Option<Account>> {
        self.installation(s).opt(ACCOUNT, params![email]).await
    }
    /// The account of a person.
    ///
    /// # Errors
    /// Of the database.
    pub async fn account_of(&self, s: InstallationScope, id: PersonId) -> Result<Option<Account>> {
        self.installation(s).opt(ACCOUNT_BY_ID, params![id]).await
    }
    /// What a person's memberships ask for.
    ///
    /// # Errors
    /// Of the database.
    pub async fn duties(&self, own: PersonScope) -> Result<Duties> {
        let (required, admin): (i64, i64) = self.crossing().one(DUTIES, params![own.person()]).await?;
        Ok(Duties { second_factor: required > 0, admin: admin > 0 })
    }
    /// When the password was set; none if there is none.
    ///
    /// # Errors
    /// Of the database.
    pub async fn password_since(&self, own: PersonScope) -> Result<Option<Timestamp>> {
        let row: Option<(Timestamp,)> = self.of(own).opt(PASSWORD_SINCE, []).await?;
        Ok(row.map(|(at,)| at))
    }
}

/// The account of a person, inside a write.
///
/// # Errors
/// Of the database.
pub async fn account_in(tx: &mut Tx<'_, Installation>, id: PersonId) -> Result<Option<Account>> {
    tx.opt(ACCOUNT_BY_ID, params![id]).await
}
/// Sets the password, as a PHC string.
///
/// # Errors
/// Of the database.
pub async fn set_password(tx: &mut Tx<'_, Installation>, id: PersonId, phc: &str, now: Timestamp) -> Result<()> {
    tx.exec(SET_PASSWORD, params![id, phc, now]).await?;
    Ok(())
}
/// Puts a stronger hash of the same password in the place of the old one, unless it was changed meanwhile.
///
/// # Errors
/// Of the database.
pub async fn rehash(tx: &mut Tx<'_, Installation>, id: PersonId, old: &str, new: &str) -> Result<()> {
    tx.exec(REHASH, params![id, old, new]).await?;
    Ok(())
}
/// Spends a sealed state; it is remembered until its own time is over.
///
/// # Errors
/// A unique violation if it was spent before.
pub async fn spend(tx: &mut Tx<'_, Installation>, hash: &[u8; 32], until: Timestamp) -> Result<()> {
    tx.exec(SPEND, params![hash, until]).await?;
    Ok(())
}
