//! People and their memberships.
use serde_json::json;
use watchkeep_model::{PersonId, Role, Slug};
use watchkeep_store::oauth::grants;
use watchkeep_store::people::{self, Member, PersonRow};
use watchkeep_store::{PersonScope, TenantScope};

use super::{Admin, named};
use crate::error::Error;
use crate::identity::cut_off;
use crate::oauth::cut;

/// A person to be made.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// The address; see [`email`].
    pub email: String,
    /// The name for people; the part of the address before the `@` where none is given.
    pub name: Option<String>,
    /// Runs the installation.
    pub operator: bool,
}

/// An address as it is kept: lower case, one `@`, no blanks, at most 254 bytes (RFC 5321, section 4.5.3.1.3).
///
/// # Errors
/// Says what is wrong with it.
pub fn email(text: &str) -> Result<String, Error> {
    let address = text.trim().to_lowercase();
    let whole = address.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && !host.is_empty() && !host.contains('@') && !host.starts_with('.') && !host.ends_with('.')
    });
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"');
    if !whole || address.chars().any(odd) || address.len() > 254 {
        return Err(Error::flaw("email", "must be one address, such as ana@example.com"));
    }
    Ok(address)
}

impl Admin {
    /// A person by address, with the scope of their own rows.
    ///
    /// # Errors
    /// Not found.
    pub async fn person(&self, address: &str) -> Result<(PersonRow, PersonScope), Error> {
        let address = email(address)?;
        self.store()
            .person(self.store().operator(), &address)
            .await?
            .ok_or_else(|| Error::not_found(format!("there is no user `{address}`; `watchkeep user list` shows all")))
    }

    /// Makes a person, who belongs to no tenant yet.
    ///
    /// # Errors
    /// A conflict if the address is in use.
    pub async fn create_person(&self, new: &NewPerson) -> Result<PersonRow, Error> {
        let address = email(&new.email)?;
        let name = match &new.name {
            Some(name) => named("name", name)?,
            None => named("name", address.split('@').next().unwrap_or_default())?,
        };
        let now = self.now();
        let row = PersonRow {
            id: PersonId::new(self.rng().id(now)),
            email: address,
            name,
            operator: new.operator,
            created_at: now,
            disabled_at: None,
        };
        let told = json!({"email": row.email, "name": row.name, "operator": row.operator});
        let call = self.act("user_created", "user create", &told, row.id);
        self.store()
            .write_installation(self.store().operator(), call, async move |tx| {
                if people::by_email(tx, &row.email).await?.is_some() {
                    return Err(Error::conflict(format!(
                        "there is a user `{}` already; `watchkeep user join` makes them a member of one more tenant",
                        row.email
                    )));
                }
                people::add(tx, &row).await?;
                Ok(row.clone())
            })
            .await
    }

    /// Locks a person out everywhere, or lets them in again. Who is locked out has no session, known device or open link
    /// any more; no token of theirs opens anything.
    ///
    /// # Errors
    /// Not found.
    pub async fn switch_person(&self, address: &str, on: bool) -> Result<PersonRow, Error> {
        let (mut row, own) = self.person(address).await?;
        let now = self.now();
        let (event, op) = if on { ("user_enabled", "user enable") } else { ("user_disabled", "user disable") };
        let call = self.act(event, op, &json!({"email": row.email}), row.id);
        row.disabled_at = if on { None } else { row.disabled_at.or(Some(now)) };
        let noted = call.clone();
        let row = self
            .store()
            .write_installation(self.store().operator(), call, async move |tx| {
                people::disable(tx, row.id, row.disabled_at).await?;
                if !on {
                    cut_off(tx, row.id, None, now).await?;
                }
                Ok::<_, Error>(row.clone())
            })
            .await?;
        if !on {
            cut::person(self.store().clone(), own, "user_disabled".to_owned(), now, noted).await?;
        }
        Ok(row)
    }

    /// Makes a person a member of a tenant, or changes their role there. The first tenant is their home; they have one.
    ///
    /// # Errors
    /// Not found; a conflict if they have another home already.
    pub async fn join(&self, tenant: &TenantScope, address: &str, role: Role, home: bool) -> Result<Member, Error> {
        let (person, own) = self.person(address).await?;
        let mine = self.store().memberships(own).await?;
        let elsewhere = mine.iter().find(|m| m.home && m.slug != *tenant.slug());
        if let (true, Some(other)) = (home, elsewhere) {
            return Err(Error::conflict(format!(
                "the home of {} is `{}`, and there is one: leave --home out",
                person.email, other.slug
            )));
        }
        let home = home || mine.is_empty();
        let now = self.now();
        let told = json!({"email": person.email, "role": role, "home": home});
        let call = self.act("membership_changed", "user join", &told, person.id);
        let id = person.id;
        self.store()
            .write(tenant, call, async move |tx| {
                people::join(tx, id, role, home, now).await?;
                Ok::<_, Error>(())
            })
            .await?;
        self.member(tenant, &person.email).await
    }

    /// Ends a membership. Tokens of the person for this tenant open nothing from now on.
    ///
    /// # Errors
    /// Not found.
    pub async fn leave(&self, tenant: &TenantScope, address: &str) -> Result<Member, Error> {
        let member = self.member(tenant, address).await?;
        let now = self.now();
        let call = self.act("membership_changed", "user leave", &json!({"email": member.email}), member.id);
        let id = member.id;
        self.store()
            .write(tenant, call, async move |tx| {
                people::leave(tx, id, now).await?;
                grants::revoke_of_person(tx, id, "membership", now).await?;
                Ok::<_, Error>(())
            })
            .await?;
        self.member(tenant, &member.email).await
    }

    /// A member of a tenant by address, also a disabled one.
    ///
    /// # Errors
    /// Not found.
    pub async fn member(&self, tenant: &TenantScope, address: &str) -> Result<Member, Error> {
        let address = email(address)?;
        people::member(self.store().at(tenant), &address).await?.ok_or_else(|| {
            let slug = tenant.slug();
            Error::not_found(format!(
                "`{address}` is no member of `{slug}`; `watchkeep user join {address} --tenant {slug}` makes them one"
            ))
        })
    }

    /// All memberships of a person, with the scopes of their tenants: for what has to reach everywhere.
    pub(super) async fn everywhere(&self, own: PersonScope) -> Result<Vec<(Slug, TenantScope)>, Error> {
        let mut all = vec![];
        for membership in self.store().memberships(own).await? {
            if let Some(scope) = self.store().administer(&membership.slug).await? {
                all.push((membership.slug, scope));
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::email;

    #[test]
    fn addresses_are_kept_in_one_form() {
        assert_eq!(email(" Ana@Example.COM ").unwrap(), "ana@example.com");
        for bad in
            ["", "ana", "@example.com", "ana@", "a@b@c", "ana @example.com", "Ana <ana@example.com>", "a@.b", "a@b."]
        {
            assert!(email(bad).is_err(), "{bad}");
        }
        assert!(email(&format!("{}@example.com", "a".repeat(260))).is_err());
    }
}
