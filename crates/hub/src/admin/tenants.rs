//! Tenants: made, renamed, closed and opened again.
use serde_json::json;
use watchkeep_model::{Slug, TenantId};
use watchkeep_store::tenants::{self, TenantRow};

use super::{Admin, named};
use crate::error::Error;

impl Admin {
    /// Makes a tenant.
    ///
    /// # Errors
    /// A conflict if a tenant has or once had the slug: tokens and addresses of that time must not open another one.
    pub async fn create_tenant(&self, slug: Slug, name: &str, demo: bool) -> Result<TenantRow, Error> {
        let name = named("name", name)?;
        let now = self.now();
        let row =
            TenantRow { id: TenantId::new(self.rng().id(now)), slug, name, demo, created_at: now, disabled_at: None };
        let told = json!({"slug": row.slug, "name": row.name, "demo": demo});
        let call = self.act("tenant_created", "tenant create", &told, &row.slug);
        self.store()
            .write_installation(self.store().operator(), call, async move |tx| {
                if tenants::is_reserved(tx, &row.slug).await? {
                    return Err(reserved(&row.slug));
                }
                tenants::add(tx, &row).await?;
                Ok(row.clone())
            })
            .await
    }

    /// Gives a tenant another slug, another name, or both. The old slug stays reserved.
    ///
    /// # Errors
    /// Not found; a conflict if the new slug is or was somebody's.
    pub async fn rename_tenant(&self, slug: Slug, to: Option<Slug>, name: Option<&str>) -> Result<TenantRow, Error> {
        let name = name.map(|n| named("name", n)).transpose()?;
        let now = self.now();
        let call = self.act("tenant_renamed", "tenant rename", &json!({"slug": slug, "to": to, "name": name}), &slug);
        self.store()
            .write_installation(self.store().operator(), call, async move |tx| {
                let mut row = tenants::by_slug(tx, &slug).await?.ok_or_else(|| unknown(&slug))?;
                if let Some(to) = to.as_ref().filter(|to| **to != row.slug) {
                    if tenants::is_reserved(tx, to).await? {
                        return Err(reserved(to));
                    }
                    row.slug = to.clone();
                }
                if let Some(name) = &name {
                    row.name.clone_from(name);
                }
                tenants::rename(tx, row.id, &row.slug, &row.name, now).await?;
                Ok(row)
            })
            .await
    }

    /// Closes a tenant, so that no credential of it opens anything, or opens it again.
    ///
    /// # Errors
    /// Not found.
    pub async fn switch_tenant(&self, slug: Slug, on: bool) -> Result<TenantRow, Error> {
        let now = self.now();
        let (event, op) = if on { ("tenant_enabled", "tenant enable") } else { ("tenant_disabled", "tenant disable") };
        let call = self.act(event, op, &json!({"slug": slug}), &slug);
        self.store()
            .write_installation(self.store().operator(), call, async move |tx| {
                let mut row = tenants::by_slug(tx, &slug).await?.ok_or_else(|| unknown(&slug))?;
                if on == row.disabled_at.is_some() {
                    row.disabled_at = (!on).then_some(now);
                    tenants::disable(tx, row.id, row.disabled_at).await?;
                }
                Ok(row)
            })
            .await
    }
}

pub(super) fn unknown(slug: &Slug) -> Error {
    Error::not_found(format!("there is no tenant `{slug}`; `watchkeep tenant list` shows all"))
}

fn reserved(slug: &Slug) -> Error {
    Error::conflict(format!(
        "`{slug}` is or was the slug of a tenant, and a former slug stays reserved: choose another one"
    ))
}
