//! What opens the store. A scope is made by the store alone, from a token, a session, a claimed job, or the machine's
//! own command line; an id opens nothing.
use uuid::Uuid;
use watchkeep_model::{PersonId, Slug, TenantId};

/// One tenant's rows.
///
/// Nobody else makes one:
/// ```compile_fail,E0451
/// use watchkeep_model::{Slug, TenantId};
/// fn f(tenant: TenantId, slug: Slug) -> watchkeep_store::TenantScope {
///     watchkeep_store::TenantScope { tenant, slug }
/// }
/// ```
/// Where there is one, it says whose it is:
/// ```
/// use watchkeep_model::{Slug, TenantId};
/// fn f(scope: watchkeep_store::TenantScope) -> (TenantId, Slug) {
///     (scope.tenant(), scope.slug().clone())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantScope {
    tenant: TenantId,
    slug: Slug,
}

impl TenantScope {
    pub(crate) fn new(tenant: TenantId, slug: Slug) -> Self {
        Self { tenant, slug }
    }
    /// The tenant's id.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }
    /// The tenant's slug at the time the scope was made.
    pub fn slug(&self) -> &Slug {
        &self.slug
    }
}

/// A person's own rows, over all their tenants.
///
/// An id does not become one:
/// ```compile_fail,E0423
/// fn f(id: watchkeep_model::PersonId) -> watchkeep_store::PersonScope {
///     watchkeep_store::PersonScope(id)
/// }
/// ```
/// ```
/// fn f(scope: watchkeep_store::PersonScope) -> watchkeep_model::PersonId {
///     scope.person()
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonScope(PersonId);

impl PersonScope {
    pub(crate) fn new(person: PersonId) -> Self {
        Self(person)
    }
    /// The person's id.
    pub fn person(self) -> PersonId {
        self.0
    }
}

/// The installation's rows: tenants, people, the installation's own chain. It reads no tenant's data.
///
/// It opens no tenant:
/// ```compile_fail,E0308
/// async fn f(store: watchkeep_store::Store, scope: watchkeep_store::InstallationScope) {
///     let _kris = watchkeep_store::kris::slugs(store.at(&scope)).await;
/// }
/// ```
/// ```
/// async fn f(store: watchkeep_store::Store, scope: watchkeep_store::TenantScope) {
///     let _kris = watchkeep_store::kris::slugs(store.at(&scope)).await;
/// }
/// ```
/// and is made by the store:
/// ```compile_fail,E0423
/// fn f() -> watchkeep_store::InstallationScope {
///     watchkeep_store::InstallationScope(())
/// }
/// ```
/// ```
/// fn f(store: &watchkeep_store::Store) -> watchkeep_store::InstallationScope {
///     store.operator()
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstallationScope(());

impl InstallationScope {
    pub(crate) fn new() -> Self {
        Self(())
    }
}

/// The chain (and the tenant setting) of the installation itself.
pub(crate) const INSTALLATION: Uuid = Uuid::nil();
