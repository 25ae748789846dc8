//! Personal access tokens and API keys: made once, shown once, revoked for good.
use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use serde_json::json;
use watchkeep_model::{Connector, Role, Scope, Scopes, Slug, Span, Timestamp, TokenId};
use watchkeep_store::TenantScope;
use watchkeep_store::oauth::grants;
use watchkeep_store::tokens::{self, NewToken};

use super::{Admin, named};
use crate::error::Error;

/// How long a credential lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// So long from now on.
    For(Span),
    /// Until then.
    Until(Timestamp),
}

impl Default for Lifetime {
    fn default() -> Self {
        Self::For(Span::days(90))
    }
}

impl FromStr for Lifetime {
    type Err = String;

    /// Reads a length (`90d`, `12h`) or a time (`2027-01-31`).
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(span) = text.parse::<Span>() {
            return Ok(Self::For(span));
        }
        text.parse().map(Self::Until).map_err(|_| {
            format!("`{text}` is neither a length such as 90d or 12h nor a day such as 2027-01-31; every token ends")
        })
    }
}

impl Lifetime {
    fn end(self, now: Timestamp) -> Result<Timestamp, Error> {
        let end = match self {
            Self::For(span) => now.plus(span),
            Self::Until(end) => end,
        };
        if end <= now { Err(Error::flaw("expires", "must lie in the future")) } else { Ok(end) }
    }
}

/// A personal access token to be made.
#[derive(Clone, Debug)]
pub struct NewPat {
    /// Whose; a member of the tenant.
    pub user: String,
    /// Its label.
    pub name: String,
    /// The connectors that it opens; none means the risk connector.
    pub connectors: Vec<Connector>,
    /// Whether it may write.
    pub write: bool,
    /// How long it lives.
    pub lifetime: Lifetime,
}

/// An API key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Its label.
    pub name: String,
    /// Whether it may write.
    pub write: bool,
    /// How long it lives.
    pub lifetime: Lifetime,
}

/// A credential at the one moment when it can be seen.
#[derive(Clone)]
pub struct Credential {
    /// The id, which is no secret.
    pub id: TokenId,
    /// Its label.
    pub name: String,
    /// The tenant.
    pub tenant: Slug,
    /// Whose; none for a key.
    pub user: Option<String>,
    /// What it may do.
    pub scopes: Scopes,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The credential itself.
    pub secret: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("id", &self.id).field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

/// How many tokens of a person were revoked in one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The tenant.
    pub tenant: Slug,
    /// How many.
    pub tokens: u64,
}

impl Admin {
    /// Makes a personal access token.
    ///
    /// # Errors
    /// Not found; a conflict if the person's role opens no connector.
    pub async fn create_pat(&self, tenant: &TenantScope, new: &NewPat) -> Result<Credential, Error> {
        let member = self.member(tenant, &new.user).await?;
        if member.disabled_at.or(member.person_disabled_at).is_some() {
            return Err(Error::conflict(format!("{} is disabled, so a token would open nothing", member.email)));
        }
        if !member.role.reaches(Role::Analyst) {
            let (who, slug) = (&member.email, tenant.slug());
            return Err(Error::conflict(format!(
                "{who} is {} of `{slug}`, and a connector needs an analyst: \
                 `watchkeep user join {who} --tenant {slug} --role analyst` first",
                member.role
            )));
        }
        let connectors: &[Connector] = if new.connectors.is_empty() { &[Connector::Risk] } else { &new.connectors };
        let scopes = connectors.iter().fold(Scopes::NONE, |all, c| {
            let all = all.with(Scope::read(*c));
            if new.write { all.with(Scope::write(*c)) } else { all }
        });
        let made = self.credential(tenant, "drx_pat_", Some(member.email), &new.name, scopes, new.lifetime)?;
        let (person, token) = (member.id, made.kept(self.now()));
        let call = self.act("api_token_created", "token create", &made.told("pat"), made.id);
        self.store()
            .write(tenant, call, async move |tx| {
                tokens::add_token(tx, person, &token).await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(made)
    }

    /// Makes an API key.
    ///
    /// # Errors
    /// If the name is empty or the end lies in the past.
    pub async fn create_key(&self, tenant: &TenantScope, new: &NewKey) -> Result<Credential, Error> {
        let scopes = Scopes::one(Scope::ApiRead);
        let scopes = if new.write { scopes.with(Scope::ApiWrite) } else { scopes };
        let made = self.credential(tenant, "drx_api_", None, &new.name, scopes, new.lifetime)?;
        let (by, token) = (self.actor().name.clone(), made.kept(self.now()));
        let call = self.act("api_token_created", "token create", &made.told("api"), made.id);
        self.store()
            .write(tenant, call, async move |tx| {
                tokens::add_key(tx, &by, &token).await?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(made)
    }

    fn credential(
        &self,
        tenant: &TenantScope,
        prefix: &str,
        user: Option<String>,
        name: &str,
        scopes: Scopes,
        lifetime: Lifetime,
    ) -> Result<Credential, Error> {
        let now = self.now();
        let digits = HEXLOWER.encode(&self.rng().bytes::<32>());
        Ok(Credential {
            id: TokenId::new(self.rng().id(now)),
            name: named("name", name)?,
            tenant: tenant.slug().clone(),
            user,
            scopes,
            expires_at: lifetime.end(now)?,
            secret: format!("{prefix}{}.{digits}", tenant.slug()),
        })
    }

    /// Revokes one token or key; it opens nothing from the next call on.
    ///
    /// # Errors
    /// Not found if no living one has the id.
    pub async fn revoke_token(&self, tenant: &TenantScope, id: TokenId) -> Result<(), Error> {
        let now = self.now();
        let call = self.act("api_token_revoked", "token revoke", &json!({"id": id}), id);
        self.store()
            .write(tenant, call, async move |tx| {
                if tokens::revoke(tx, id, now).await? {
                    return Ok(());
                }
                Err(Error::not_found(format!(
                    "no living token or key has the id {id} here; `watchkeep token list` shows them"
                )))
            })
            .await
    }

    /// Revokes every token of a person and everything they allowed a client, in all their tenants. API keys belong to the tenant and stay.
    ///
    /// # Errors
    /// Not found; of the database, and then the tenants before are done: it may simply be repeated.
    pub async fn revoke_tokens_of(&self, address: &str) -> Result<Vec<Revoked>, Error> {
        let (person, own) = self.person(address).await?;
        let now = self.now();
        let mut done = vec![];
        for (tenant, scope) in self.everywhere(own).await? {
            let id = person.id;
            let call = self.act("api_token_revoked", "token revoke", &json!({"user": person.email}), id);
            let tokens = self
                .store()
                .write(&scope, call, async move |tx| {
                    // whatever could make new ones, too
                    grants::revoke_of_person(tx, id, "operator", now).await?;
                    Ok::<_, Error>(tokens::revoke_of_person(tx, id, now).await?)
                })
                .await?;
            done.push(Revoked { tenant, tokens });
        }
        Ok(done)
    }
}

impl Credential {
    /// What the store keeps of it.
    fn kept(&self, now: Timestamp) -> NewToken {
        NewToken {
            id: self.id,
            name: self.name.clone(),
            credential: self.secret.clone(),
            scopes: self.scopes,
            created_at: now,
            expires_at: self.expires_at,
        }
    }

    /// What is hashed into the audit row: everything but the secret.
    fn told(&self, kind: &str) -> serde_json::Value {
        json!({
            "kind": kind, "name": self.name, "user": self.user, "scopes": self.scopes, "expiresAt": self.expires_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_a_length_or_a_day() {
        assert_eq!("90d".parse(), Ok(Lifetime::For(Span::days(90))));
        assert_eq!("2027-01-31".parse(), Ok(Lifetime::Until("2027-01-31T00:00:00Z".parse().unwrap())));
        assert!("never".parse::<Lifetime>().unwrap_err().contains("every token ends"));
        let now = Timestamp::from_micros(1_763_625_600_000_000);
        assert!(Lifetime::For(Span::days(-1)).end(now).is_err());
        assert!(Lifetime::For(Span::ZERO).end(now).is_err());
        assert_eq!(Lifetime::default().end(now).unwrap(), now.plus(Span::days(90)));
    }
}
