//! People, and which tenants they belong to in which role.
use watchkeep_model::{PersonId, Role, Slug, Timestamp};

use crate::{InstallationScope, PersonScope, Reader, Result, Store, Tx, sql::Installation};

statements! {
    Installation LIST = "select id, email, name, operator, created_at, disabled_at from person order by email";
    Installation BY_EMAIL = "select id, email, name, operator, created_at, disabled_at from person where email = $1";
    Installation ADD = "insert into person (id, email, name, operator, created_at, disabled_at) values ($1, $2, $3, $4, $5, null)";
    Installation DISABLE = "update person set disabled_at = $2 where id = $1";
    Installation CUT_GRANTS = "update person set grants_cut_at = $2 where id = $1";
    Tenant JOIN = "insert into membership (tenant_id, user_id, role, home, created_at, disabled_at) values ($1, $2, $3, $4, $5, null) on conflict (tenant_id, user_id) do update set role = excluded.role, disabled_at = null";
    Tenant LEAVE = "update membership set disabled_at = $3 where tenant_id = $1 and user_id = $2";
    Tenant MEMBERS = "select p.id, p.email, p.name, m.role, m.home, m.created_at, m.disabled_at, p.disabled_at as person_disabled_at from membership m join person p on p.id = m.user_id where m.tenant_id = $1 order by p.email";
    Tenant MEMBER = "select p.id, p.email, p.name, m.role, m.home, m.created_at, m.disabled_at, p.disabled_at as person_disabled_at from membership m join person p on p.id = m.user_id where m.tenant_id = $1 and p.email = $2";
    Person MINE = "select t.slug, t.name, m.role, m.home, m.disabled_at, t.disabled_at as tenant_disabled_at, t.require_mfa from membership m join tenant t on t.id = m.tenant_id where m.user_id = $1 order by t.slug";
}

crate::row! {
    /// A person.
    pub struct PersonRow {
        /// The id.
        pub id: PersonId,
        /// The address, lower case; unique.
        pub email: String,
        /// The name for people.
        pub name: String,
        /// Runs the installation: makes tenants, reads no tenant's data.
        pub operator: bool,
        /// When the person was made.
        pub created_at: Timestamp,
        /// Since when the person is locked out everywhere.
        pub disabled_at: Option<Timestamp>,
    }
}
crate::row! {
    /// A person as a member of one tenant.
    pub struct Member {
        /// The person's id.
        pub id: PersonId,
        /// The person's address.
        pub email: String,
        /// The person's name.
        pub name: String,
        /// The role in this tenant.
        pub role: Role,
        /// Whether this is the person's home tenant.
        pub home: bool,
        /// Since when.
        pub created_at: Timestamp,
        /// Since when the membership is disabled.
        pub disabled_at: Option<Timestamp>,
        /// Since when the person is locked out everywhere.
        pub person_disabled_at: Option<Timestamp>,
    }
}
crate::row! {
    /// One of a person's own memberships.
    pub struct Membership {
        /// The tenant.
        pub slug: Slug,
        /// The tenant's name.
        pub name: String,
        /// The role there.
        pub role: Role,
        /// Whether it is the home tenant.
        pub home: bool,
        /// Since when it is disabled.
        pub disabled_at: Option<Timestamp>,
        /// Since when the tenant is closed.
        pub tenant_disabled_at: Option<Timestamp>,
        /// The tenant requires a second factor.
        pub require_mfa: bool,
    }
}

impl Store {
    /// All people, by address.
    ///
    /// # Errors
    /// Of the database.
    pub async fn people(&self, s: InstallationScope) -> Result<Vec<PersonRow>> {
        self.installation(s).all(LIST, []).await
    }
    /// A person by address, and the scope of their own rows.
    ///
    /// # Errors
    /// Of the database.
    pub async fn person(&self, s: InstallationScope, email: &str) -> Result<Option<(PersonRow, PersonScope)>> {
        let p: Option<PersonRow> = self.installation(s).opt(BY_EMAIL, params![email]).await?;
        Ok(p.map(|p| {
            let scope = PersonScope::new(p.id);
            (p, scope)
        }))
    }
    /// The tenants of a person.
    ///
    /// # Errors
    /// Of the database.
    pub async fn memberships(&self, s: PersonScope) -> Result<Vec<Membership>> {
        self.of(s).all(MINE, []).await
    }
}

/// A person by address.
///
/// # Errors
/// Of the database.
pub async fn by_email(tx: &mut Tx<'_, Installation>, email: &str) -> Result<Option<PersonRow>> {
    tx.opt(BY_EMAIL, params![email]).await
}
/// Makes a person.
///
/// # Errors
/// A unique violation if the address is in use.
pub async fn add(tx: &mut Tx<'_, Installation>, p: &PersonRow) -> Result<()> {
    tx.exec(ADD, params![p.id, &p.email, &p.name, p.operator, p.created_at]).await?;
    Ok(())
}
/// Locks a person out everywhere (`Some`) or lets them in again (`None`).
///
/// # Errors
/// Of the database.
pub async fn disable(tx: &mut Tx<'_, Installation>, id: PersonId, at: Option<Timestamp>) -> Result<()> {
    tx.exec(DISABLE, params![id, at]).await?;
    Ok(())
}
/// Makes what a person allowed any client good for nothing from this moment on.
///
/// # Errors
/// Of the database.
pub async fn cut_grants(tx: &mut Tx<'_, Installation>, id: PersonId, now: Timestamp) -> Result<()> {
    tx.exec(CUT_GRANTS, params![id, now]).await?;
    Ok(())
}
/// Makes a person a member, or changes the role; a disabled membership is enabled again.
///
/// # Errors
/// Of the database.
pub async fn join(tx: &mut Tx<'_>, person: PersonId, role: Role, home: bool, now: Timestamp) -> Result<()> {
    tx.exec(JOIN, params![person, role, home, now]).await?;
    Ok(())
}
/// Disables a membership.
///
/// # Errors
/// Of the database.
pub async fn leave(tx: &mut Tx<'_>, person: PersonId, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(LEAVE, params![person, now]).await? > 0)
}
/// The members of a tenant, by address.
///
/// # Errors
/// Of the database.
pub async fn members(r: Reader<'_>) -> Result<Vec<Member>> {
    r.all(MEMBERS, []).await
}
/// A member by address.
///
/// # Errors
/// Of the database.
pub async fn member(r: Reader<'_>, email: &str) -> Result<Option<Member>> {
    r.opt(MEMBER, params![email]).await
}
