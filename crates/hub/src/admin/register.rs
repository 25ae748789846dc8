//! The register: entries as somebody at the machine makes, changes and archives them.
use serde_json::json;
use watchkeep_model::register::{Kind, Sheet};
use watchkeep_model::{Timestamp, text};
use watchkeep_store::{Call, TenantScope};

use super::Admin;
use crate::error::Error;
use crate::exchange::{self, Applied, Checked};
use crate::hub::Hub;
use crate::register::risks::{NewAcceptance, NewAction};
use crate::register::{self, Entry, Kept, Mode, Stamp};

impl Admin {
    /// An entry by its code or id.
    ///
    /// # Errors
    /// Not found, naming the nearest.
    pub async fn entry(&self, tenant: &TenantScope, kind: Kind, which: &str) -> Result<Entry, Error> {
        register::find(self.store().at(tenant), kind, which).await
    }

    /// Makes an entry.
    ///
    /// # Errors
    /// Every flaw; a conflict if its code is in use.
    pub async fn create_entry(&self, tenant: &TenantScope, said: Sheet) -> Result<Kept, Error> {
        let told = json!({ "kind": said.kind, "fields": said.fields });
        let call = self.act("register_entry_created", "register add", &told, said.kind);
        self.keep(tenant, call, said, None).await
    }

    /// Changes what was said of an entry.
    ///
    /// # Errors
    /// Not found; every flaw.
    pub async fn update_entry(&self, tenant: &TenantScope, which: &str, said: Sheet) -> Result<Kept, Error> {
        let entry = self.entry(tenant, said.kind, which).await?;
        let told = json!({ "id": entry.id, "fields": said.fields });
        let call = self.act("register_entry_changed", "register edit", &told, &entry.code);
        self.keep(tenant, call, said, Some(entry)).await
    }

    async fn keep(&self, tenant: &TenantScope, call: Call, said: Sheet, of: Option<Entry>) -> Result<Kept, Error> {
        let stamp = self.stamp();
        self.store()
            .write(tenant, call, async move |tx| {
                let mode = of.as_ref().map_or(Mode::Create, |e| Mode::Update(e.id, None));
                register::keep(tx, &stamp, &said, mode).await
            })
            .await
    }

    /// Takes an entry out of all lists. What was said of it stays, and its code stays taken.
    ///
    /// # Errors
    /// Not found.
    pub async fn archive_entry(&self, tenant: &TenantScope, kind: Kind, which: &str) -> Result<Entry, Error> {
        let entry = self.entry(tenant, kind, which).await?;
        let (id, now) = (entry.id, self.now());
        let call = self.act("register_entry_archived", "register archive", &json!({ "id": id }), &entry.code);
        self.store().write(tenant, call, async move |tx| register::archive(tx, kind, id, now).await).await?;
        Ok(entry)
    }

    /// Says something about an entry.
    ///
    /// # Errors
    /// Not found; an empty text.
    pub async fn comment_entry(
        &self,
        tenant: &TenantScope,
        kind: Kind,
        which: &str,
        said: &str,
    ) -> Result<Entry, Error> {
        let entry = self.entry(tenant, kind, which).await?;
        let (id, stamp, said) = (entry.id, self.stamp(), said.to_owned());
        let call = self.act("register_entry_commented", "register comment", &json!({ "id": id }), &entry.code);
        self.store()
            .write(tenant, call, async move |tx| {
                register::comment(tx, &stamp, kind, id, &said).await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(entry)
    }

    /// Accepts a risk as it is, until a day.
    ///
    /// # Errors
    /// Not found; every flaw.
    pub async fn accept_risk(&self, tenant: &TenantScope, which: &str, new: NewAcceptance) -> Result<Entry, Error> {
        let entry = self.entry(tenant, Kind::Risk, which).await?;
        let (id, stamp) = (entry.id, self.stamp());
        let told = json!({ "id": id, "by": new.by, "why": new.why, "until": new.until });
        let call = self.act("risk_accepted", "risk accept", &told, &entry.code);
        self.store()
            .write(tenant, call, async move |tx| {
                register::risks::accept(tx, &stamp, id, &new).await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(entry)
    }

    /// Notes something that is to be done about a risk, with its day.
    ///
    /// # Errors
    /// Not found; every flaw.
    pub async fn treat_risk(&self, tenant: &TenantScope, which: &str, new: NewAction) -> Result<Entry, Error> {
        let entry = self.entry(tenant, Kind::Risk, which).await?;
        let (id, stamp) = (entry.id, self.stamp());
        let told = json!({ "id": id, "title": new.title, "owner": new.owner, "due": new.due });
        let call = self.act("risk_treatment_added", "risk treat", &told, &entry.code);
        self.store()
            .write(tenant, call, async move |tx| {
                register::risks::treat(tx, &stamp, id, &new).await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(entry)
    }

    /// Keeps what a file says of the register.
    ///
    /// # Errors
    /// As [`exchange::apply`].
    pub async fn import_register(
        &self,
        hub: std::sync::Arc<Hub>,
        tenant: &TenantScope,
        checked: Checked,
        file: &str,
    ) -> Result<Applied, Error> {
        let file = text::clean(file, 120);
        let told = json!({ "file": file, "rows": checked.rows });
        let call = self.act("register_imported", "import register", &told, &file);
        exchange::apply(hub, tenant.clone(), call, checked).await
    }

    fn stamp(&self) -> Stamp {
        let at: Timestamp = self.now();
        Stamp { fresh: self.rng().id(at), at, by: self.actor().name.clone(), demo: false }
    }
}
