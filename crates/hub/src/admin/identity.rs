//! How people get in: one-time links, resets of second factors, sessions, and what a tenant asks of its people.
use data_encoding::HEXLOWER;
use std::fmt;

use serde_json::json;
use watchkeep_authz::signin::session;
use watchkeep_model::{Connector, Slug, Span, Timestamp};
use watchkeep_store::identity::factors;
use watchkeep_store::identity::links::{self, NewLink};
use watchkeep_store::identity::sessions::{self, SessionLine};
use watchkeep_store::people::PersonRow;
use watchkeep_store::tenants::{self, TenantRules};

use super::Admin;
use crate::canonical::sha256;
use crate::error::Error;
use crate::identity::links::LinkKind;
use crate::oauth::cut;

/// How long an invitation can be used.
const INVITATION: Span = Span::hours(72);
/// How long a reset of the password can be used.
const RESET: Span = Span::hours(1);
/// How long a reset of the second factors waits, so that whose account it is hears of it first.
const COOL_DOWN: Span = Span::hours(24);

/// A one-time link at the one moment when it can be seen.
#[derive(Clone)]
pub struct OneTimeLink {
    /// Whom it lets in.
    pub email: String,
    /// Invitation or reset.
    pub kind: LinkKind,
    /// Until when.
    pub expires_at: Timestamp,
    /// The secret: 64 hex digits.
    pub token: String,
}

impl OneTimeLink {
    /// The address of the link at a hub's origin.
    #[must_use]
    pub fn at(&self, public_url: &str) -> String {
        format!("{}/link/{}", public_url.trim_end_matches('/'), self.token)
    }
}

impl fmt::Debug for OneTimeLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneTimeLink").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Admin {
    /// A link by which a person sets their first password, for 72 hours. Earlier links of the person end.
    ///
    /// # Errors
    /// Not found; a conflict if the person is locked out, or has a password already.
    pub async fn invite(&self, address: &str) -> Result<OneTimeLink, Error> {
        let (person, own) = self.person(address).await?;
        if self.store().password_since(own).await?.is_some() {
            return Err(Error::conflict(format!("{} has a password already: make a reset link", person.email)));
        }
        self.make_link(person, LinkKind::Invitation).await
    }

    /// A link by which a person sets another password, for one hour. Second factors stay as they are.
    ///
    /// # Errors
    /// Not found; a conflict if the person is locked out.
    pub async fn reset(&self, address: &str) -> Result<OneTimeLink, Error> {
        let (person, _) = self.person(address).await?;
        self.make_link(person, LinkKind::Reset).await
    }

    /// The link that fits: an invitation for who has no password yet, a reset for who has one.
    ///
    /// # Errors
    /// Not found; a conflict if the person is locked out.
    pub async fn link(&self, address: &str) -> Result<OneTimeLink, Error> {
        let (person, own) = self.person(address).await?;
        let kind = match self.store().password_since(own).await? {
            Some(_) => LinkKind::Reset,
            None => LinkKind::Invitation,
        };
        self.make_link(person, kind).await
    }

    async fn make_link(&self, person: PersonRow, kind: LinkKind) -> Result<OneTimeLink, Error> {
        if person.disabled_at.is_some() {
            return Err(Error::conflict(format!("{} is locked out: enable them first", person.email)));
        }
        let now = self.now();
        let token = HEXLOWER.encode(&self.rng().bytes::<32>());
        let (event, op, lives) = match kind {
            LinkKind::Invitation => ("user_invited", "user link", INVITATION),
            LinkKind::Reset => ("password_reset_made", "user link", RESET),
        };
        let expires_at = now.plus(lives);
        let new = NewLink {
            id: self.rng().id(now),
            person: person.id,
            hash: sha256(token.as_bytes()),
            kind: kind.as_str(),
            created_at: now,
            expires_at,
        };
        let call = self.act(event, op, &json!({"email": person.email, "link": new.id.to_string()}), person.id);
        self.store()
            .write_installation(self.store().operator(), call, async move |tx| {
                links::add(tx, &new).await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(OneTimeLink { email: person.email, kind, expires_at, token })
    }

    /// Asks for a reset of somebody's second factors. It waits for 24 hours, and a second factor that is given meanwhile
    /// takes it back; after that the next sign-in with the password removes them all. Tells when it is due. One that
    /// waits already stays as it is.
    ///
    /// # Errors
    /// Not found; a conflict if there is nothing to reset.
    pub async fn reset_mfa(&self, address: &str) -> Result<(PersonRow, Timestamp), Error> {
        let (person, own) = self.person(address).await?;
        let counts = self.store().factor_counts(own).await?;
        if counts.totp + counts.passkeys == 0 {
            return Err(Error::conflict(format!("{} has no second factor", person.email)));
        }
        let now = self.now();
        let due = now.plus(COOL_DOWN);
        let call = self.act("mfa_reset_asked", "user reset-mfa", &json!({"email": person.email}), person.id);
        let id = person.id;
        self.store()
            .write_installation(self.store().operator(), call, async move |tx| {
                factors::ask_reset(tx, id, now, due).await?;
                Ok::<_, Error>(())
            })
            .await?;
        let due = self.store().waiting_reset(own).await?.map_or(due, |(_, due)| due);
        Ok((person, due))
    }

    /// The living sessions of a person, the last used first.
    ///
    /// # Errors
    /// Not found.
    pub async fn sessions_of(&self, address: &str) -> Result<Vec<SessionLine>, Error> {
        let (person, own) = self.person(address).await?;
        let administers = person.operator || self.store().duties(own).await?.admin;
        let (all, now) = (self.store().sessions(own).await?, self.now());
        let living = |s: &SessionLine| {
            person.disabled_at.is_none() && session::lives(s.signed_in_at, s.seen_at, administers, now)
        };
        Ok(all.into_iter().filter(living).collect())
    }

    /// Ends all sessions of a person; tells how many.
    ///
    /// # Errors
    /// Not found.
    pub async fn end_sessions_of(&self, address: &str) -> Result<u64, Error> {
        let (person, _) = self.person(address).await?;
        let (id, now) = (person.id, self.now());
        let call = self.act("session_ended", "user sessions", &json!({"email": person.email}), id);
        self.store()
            .write_installation(self.store().operator(), call, async move |tx| {
                Ok::<_, Error>(sessions::end_all(tx, id, None, now).await?)
            })
            .await
    }

    /// Whether the members of a tenant need a second factor.
    ///
    /// # Errors
    /// Not found.
    pub async fn require_mfa(&self, slug: Slug, on: bool) -> Result<TenantRules, Error> {
        let call =
            self.act("tenant_rules_changed", "tenant require-mfa", &json!({"slug": slug, "requireMfa": on}), &slug);
        let wanted = slug.clone();
        self.store()
            .write_installation(self.store().operator(), call, async move |tx| {
                let row = tenants::by_slug(tx, &wanted).await?.ok_or_else(|| super::tenants::unknown(&wanted))?;
                tenants::require_mfa(tx, row.id, on).await?;
                Ok::<_, Error>(())
            })
            .await?;
        self.tenant_rules(&slug).await
    }

    /// Opens or closes a connector of a tenant, for every credential.
    ///
    /// # Errors
    /// Not found.
    pub async fn open_connector(&self, slug: Slug, connector: Connector, on: bool) -> Result<TenantRules, Error> {
        let told = json!({"slug": slug, "connector": connector, "on": on});
        let call = self.act("tenant_rules_changed", "tenant connector", &told, &slug);
        let (wanted, noted) = (slug.clone(), call.clone());
        self.store()
            .write_installation(self.store().operator(), call, async move |tx| {
                let row = tenants::by_slug(tx, &wanted).await?.ok_or_else(|| super::tenants::unknown(&wanted))?;
                tenants::open_connector(tx, row.id, connector, on).await?;
                Ok::<_, Error>(())
            })
            .await?;
        if !on {
            cut::connector(self.store().clone(), self.tenant(&slug).await?, connector, self.now(), noted).await?;
        }
        self.tenant_rules(&slug).await
    }

    /// What a tenant asks of its people, and which of its connectors are open.
    ///
    /// # Errors
    /// Not found.
    pub async fn tenant_rules(&self, slug: &Slug) -> Result<TenantRules, Error> {
        let rules = self.store().tenant_rules(self.store().operator(), slug).await?;
        rules.ok_or_else(|| super::tenants::unknown(slug))
    }
}
