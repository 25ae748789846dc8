//! One-time links: whoever has one sets the password of its account. To look at one uses nothing up, since mail programs
//! and chats look at addresses before people do.
use serde_json::json;
use watchkeep_model::{PersonId, Timestamp};
use watchkeep_store::identity::{self as kept, factors, links};

use super::password::{hash, judge};
use super::{Began, Factors, Level, Opening, Sought, Visitor, act, actor, cut_off, secret_hash};
use crate::error::Error;
use crate::hub::Hub;
use crate::oauth::cut;

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// The first password of an account.
    Invitation,
    /// Another password.
    Reset,
}

impl LinkKind {
    /// The word in rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Reset => "reset",
        }
    }
}

/// Whom a link lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkInfo {
    /// The person's address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// Invitation or reset.
    pub kind: LinkKind,
    /// Until when.
    pub expires_at: Timestamp,
    person: PersonId,
    id: uuid::Uuid,
}

/// Whom a link lets in; none if it was used, is too old, or never was.
///
/// # Errors
/// Of the database.
pub async fn look(hub: &Hub, token: &str) -> Result<Option<LinkInfo>, Error> {
    if token.len() != 64 {
        return Ok(None);
    }
    let row = hub.store.link(hub.store.operator(), &secret_hash(token), hub.now()).await?;
    Ok(row.map(|l| LinkInfo {
        email: l.email,
        name: l.name,
        kind: if l.kind == LinkKind::Reset.as_str() { LinkKind::Reset } else { LinkKind::Invitation },
        expires_at: l.expires_at,
        person: l.user_id,
        id: l.id,
    }))
}

/// Sets the password and signs in: fully where the account has no second factor, else as far as a password goes. All
/// sessions, devices and links of the person end. Two who use one link at once: one wins.
///
/// # Errors
/// Not found for a link that cannot be used, `Invalid` with the flaw `password` for a weak one.
pub async fn accept(hub: &Hub, visitor: &Visitor, token: &str, new_password: &str) -> Result<Began, Error> {
    let now = hub.now();
    hub.gate.address(&visitor.address, now)?;
    let link = look(hub, token).await?.ok_or_else(gone)?;
    let account = hub.store.account_of(hub.store.operator(), link.person).await?.ok_or_else(gone)?;
    let second_required = hub.store.duties(account.own()).await?.second_factor;
    judge(new_password, second_required, &account.email, &account.name)?;
    let phc = hash(hub, new_password).await?;

    let counts = hub.store.factor_counts(account.own()).await?;
    let factors = Factors::counted(counts.totp, counts.passkeys, counts.recovery_left);
    let level = if factors.any() { Level::Password } else { Level::Full };
    let sought = Sought { person: account.id, level, signed_in_at: now, second_at: None, known: false };
    let opening = Opening::new(hub, visitor, &sought);
    let (secret, device) = (opening.secret.clone(), opening.device.clone());
    let told = json!({"link": link.id.to_string(), "kind": link.kind.as_str()});
    let call = act(hub, visitor, "password_changed", actor(account.id, &account.email), &told);
    let (own, noted) = (account.own(), call.clone());
    hub.store
        .write_installation(hub.store.operator(), call, async move |tx| {
            if !links::take(tx, link.id, now).await? {
                return Err(gone());
            }
            let alive = kept::account_in(tx, link.person).await?.is_some_and(|a| a.disabled_at.is_none());
            // a factor that was added meanwhile is due, too
            let unchanged = factors::counts_in(tx, link.person).await?;
            if !alive || Factors::counted(unchanged.totp, unchanged.passkeys, 0).any() != factors.any() {
                return Err(gone());
            }
            kept::set_password(tx, link.person, &phc, now).await?;
            cut_off(tx, link.person, None, now).await?;
            opening.keep(tx).await?;
            Ok(())
        })
        .await?;
    cut::person(hub.store.clone(), own, "password".to_owned(), now, noted).await?;
    Opening::began(secret, device, hub).await
}

fn gone() -> Error {
    Error::not_found("this link was used already, or is too old: ask for a new one")
}
