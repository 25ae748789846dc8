//! Sessions of people in a browser.
use watchkeep_model::{PersonId, SessionId, Span, Timestamp};

use crate::{PersonScope, Result, Store, Tx, sql::Installation};

statements! {
    Crossing SESSION = "select s.id, s.user_id, s.secret_hash, s.level, s.signed_in_at, s.second_at, s.seen_at, p.email, p.name, p.operator, (select count(*) from totp where user_id = s.user_id) as totp, (select count(*) from passkey where user_id = s.user_id) as passkeys, (select count(*) from recovery_code where user_id = s.user_id and used_at is null) as recovery_left, (select count(*) from membership m join tenant t on t.id = m.tenant_id where m.user_id = s.user_id and m.disabled_at is null and t.disabled_at is null and t.require_mfa = 1) as required, (select count(*) from membership m join tenant t on t.id = m.tenant_id where m.user_id = s.user_id and m.disabled_at is null and t.disabled_at is null and m.role = 'admin') as admin from session s join person p on p.id = s.user_id where s.secret_hash = $1 and s.ended_at is null and p.disabled_at is null";
    Crossing TOUCH_SESSION = "update session set seen_at = $2, address = $3 where id = $1 and ended_at is null and seen_at <= $4";
    Person LIST = "select id, level, signed_in_at, seen_at, address, client from session where user_id = $1 and ended_at is null order by seen_at desc, id desc";
    Installation ADD = "insert into session (id, user_id, secret_hash, level, signed_in_at, second_at, seen_at, address, client, ended_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, null)";
    Installation END = "update session set ended_at = $3 where user_id = $1 and id = $2 and ended_at is null";
    Installation END_ALL = "update session set ended_at = $3 where user_id = $1 and id <> $2 and ended_at is null";
}

crate::row! {
    /// A session that has not ended, of a person who is not locked out; whether it is too old is the caller's to say.
    pub struct SessionRow {
        /// The id.
        pub id: SessionId,
        /// The person.
        pub user_id: PersonId,
        /// SHA-256 of the secret.
        pub secret_hash: [u8; 32],
        /// `password` (a second factor is still due) or `full`.
        pub level: String,
        /// When the person signed in.
        pub signed_in_at: Timestamp,
        /// When a second factor was last given.
        pub second_at: Option<Timestamp>,
        /// Last use, to the minute.
        pub seen_at: Timestamp,
        /// The person's address.
        pub email: String,
        /// The person's name.
        pub name: String,
        /// Runs the installation.
        pub operator: bool,
        /// 1 with an authenticator app.
        pub totp: i64,
        /// Passkeys.
        pub passkeys: i64,
        /// Recovery codes left.
        pub recovery_left: i64,
        /// In how many living memberships the tenant requires a second factor.
        pub required: i64,
        /// In how many living memberships the person is admin.
        pub admin: i64,
    }
}
impl SessionRow {
    /// The scope of the person's own rows.
    #[must_use]
    pub fn own(&self) -> PersonScope {
        PersonScope::new(self.user_id)
    }
}
crate::row! {
    /// A session as its person sees it.
    pub struct SessionLine {
        /// The id.
        pub id: SessionId,
        /// `password` or `full`.
        pub level: String,
        /// When they signed in.
        pub signed_in_at: Timestamp,
        /// Last use, to the minute.
        pub seen_at: Timestamp,
        /// From which address.
        pub address: String,
        /// With which browser.
        pub client: Option<String>,
    }
}

/// A session to be kept.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The id.
    pub id: SessionId,
    /// Whose.
    pub person: PersonId,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    /// `password` or `full`.
    pub level: &'static str,
    /// When the person signed in: a session that takes the place of another one gets no younger.
    pub signed_in_at: Timestamp,
    /// When a second factor was given.
    pub second_at: Option<Timestamp>,
    /// Now.
    pub seen_at: Timestamp,
    /// From which address.
    pub address: String,
    /// With which browser.
    pub client: Option<String>,
}

impl Store {
    /// The session with this secret.
    ///
    /// # Errors
    /// Of the database.
    pub async fn session(&self, hash: &[u8; 32]) -> Result<Option<SessionRow>> {
        self.crossing().opt(SESSION, params![hash]).await
    }
    /// Notes that a session was used, at most once a minute.
    ///
    /// # Errors
    /// Of the database.
    pub fn touch_session(
        &self,
        id: SessionId,
        seen_at: Timestamp,
        now: Timestamp,
        address: String,
    ) -> impl Future<Output = Result<()>> + Send {
        async move {
            let before = now.minus(Span::minutes(1));
            if seen_at > before {
                return Ok(());
            }
            self.write_quietly(async move |tx| tx.exec(TOUCH_SESSION, params![id, now, &address, before]).await)
                .await?;
            Ok(())
        }
    }
    /// The sessions of a person that have not ended, the last used first.
    ///
    /// # Errors
    /// Of the database.
    pub async fn sessions(&self, own: PersonScope) -> Result<Vec<SessionLine>> {
        self.of(own).all(LIST, []).await
    }
}

/// Keeps a session.
///
/// # Errors
/// Of the database.
pub async fn add(tx: &mut Tx<'_, Installation>, s: &NewSession) -> Result<()> {
    let p = params![
        s.id,
        s.person,
        &s.hash,
        s.level,
        s.signed_in_at,
        s.second_at,
        s.seen_at,
        &s.address,
        s.client.as_deref()
    ];
    tx.exec(ADD, p).await?;
    Ok(())
}
/// Ends a session of a person; false if it had ended, or is not theirs.
///
/// # Errors
/// Of the database.
pub async fn end(tx: &mut Tx<'_, Installation>, person: PersonId, id: SessionId, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(END, params![person, id, now]).await? > 0)
}
/// Ends all sessions of a person but one; tells how many.
///
/// # Errors
/// Of the database.
pub async fn end_all(
    tx: &mut Tx<'_, Installation>,
    person: PersonId,
    but: Option<SessionId>,
    now: Timestamp,
) -> Result<u64> {
    // no session has the nil id
    let but = but.map_or(uuid::Uuid::nil(), SessionId::uuid);
    tx.exec(END_ALL, params![person, but, now]).await
}
