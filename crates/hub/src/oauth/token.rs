//! Codes and refresh tokens become tokens (RFC 6749, sections 4.1.3 and 6). What may be is decided in `authz`; here it is
//! looked up, and done in one transaction with its row. Of many that come at once with the same code one wins, by the
//! database's own word.
use data_encoding::HEXLOWER;
use std::sync::Arc;

use ring::hmac;
use serde::Serialize;
use serde_json::json;
use watchkeep_authz::oauth::code::{self, CodeState, Redeem};
use watchkeep_authz::oauth::params::Params;
use watchkeep_authz::oauth::reason::Reason;
use watchkeep_authz::oauth::refresh::{self, Refresh, RefreshState};
use watchkeep_authz::oauth::token::{Asked, asked};
use watchkeep_authz::oauth::{Client, TokenError, client_auth};
use watchkeep_model::{Connector, GrantId, PersonId, RefreshId, Scopes, Span, Timestamp, TokenId};
use watchkeep_store::oauth::grants::{self, CodeRow, NewAccess};
use watchkeep_store::oauth::hash;
use watchkeep_store::oauth::refresh::{self as generations, NewRefresh, RefreshRow};

use super::attempts::{Step, Who, note};
use super::throttle::Knock;
use super::{REFRESH, RETRY_WINDOW, clients, record};
use crate::Hub;
use crate::error::{Error, Kind};
use crate::identity::Visitor;

/// Why there are no tokens.
#[derive(Debug)]
pub enum Failed {
    /// RFC 6749, section 5.2.
    Refused(TokenError),
    /// The hub's.
    Failed(Error),
}

impl From<TokenError> for Failed {
    fn from(e: TokenError) -> Self {
        Self::Refused(e)
    }
}
impl From<Error> for Failed {
    fn from(e: Error) -> Self {
        Self::Failed(e)
    }
}
impl From<watchkeep_store::Error> for Failed {
    fn from(e: watchkeep_store::Error) -> Self {
        Self::Failed(e.into())
    }
}

/// The answer of RFC 6749, section 5.1.
#[derive(Serialize)]
pub struct Tokens {
    /// The access token.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: i64,
    /// The refresh token.
    pub refresh_token: String,
    /// What it may do.
    pub scope: String,
}

/// How long an access token lives (requirements: 15 minutes for risk, an hour for fleet).
#[must_use]
pub const fn access_life(connector: Connector) -> Span {
    match connector {
        Connector::Risk => Span::minutes(15),
        Connector::Fleet => Span::hours(1),
    }
}

/// Answers the token endpoint.
///
/// # Errors
/// What RFC 6749, section 5.2 has; of the database.
pub async fn answer(
    hub: &Arc<Hub>,
    visitor: &Visitor,
    authorization: Option<&str>,
    params: &Params,
) -> Result<Tokens, Failed> {
    hub.oauth.admit(Knock::Token, &visitor.address, hub.now())?;
    let mut who = Who { client_id: params.get("client_id").map(str::to_owned), ..Who::default() };
    let answer = exchanged(hub, visitor, authorization, params, &mut who).await;
    match &answer {
        Ok((_, reason)) => note(hub, visitor, Step::Token, *reason, who, None),
        Err(Failed::Refused(e)) => note(hub, visitor, Step::Token, e.reason, who, Some(&e.description)),
        Err(Failed::Failed(_)) => {}
    }
    answer.map(|(tokens, _)| tokens)
}

async fn exchanged(
    hub: &Arc<Hub>,
    visitor: &Visitor,
    authorization: Option<&str>,
    params: &Params,
    who: &mut Who,
) -> Result<(Tokens, Reason), Failed> {
    let asked = asked(params)?;
    let client = authenticated(hub, authorization, params).await?;
    *who = Who { client_id: Some(client.id.clone()), client: Some(client.name.clone()), person: None };
    match asked {
        Asked::Code { code } => {
            let row = hub.store.code(&hash(code)).await?.ok_or_else(code::unknown)?;
            who.person = (row.client_id == client.id).then_some(row.person);
            redeem(hub, visitor, &client, row, params).await
        }
        Asked::Refresh { token } => {
            let row = hub.store.refresh_token(&hash(token)).await?.ok_or_else(refresh::unknown)?;
            who.person = (row.client_id == client.id).then_some(row.person);
            refreshed(hub, visitor, &client, row, token, params).await
        }
    }
}

/// The client that a request is of, by whatever it authenticates with.
pub(super) async fn authenticated(
    hub: &Arc<Hub>,
    authorization: Option<&str>,
    params: &Params,
) -> Result<Client, Failed> {
    let presented = client_auth::presented(authorization, params)?;
    let row = hub.store.oauth_client(hub.store.operator(), presented.client_id()).await?;
    let client = row.map(|row| clients::client(&row)).ok_or_else(|| presented.unknown())?;
    client_auth::judge(&client, &presented)?;
    Ok(client)
}

async fn redeem(
    hub: &Arc<Hub>,
    visitor: &Visitor,
    client: &Client,
    row: CodeRow,
    params: &Params,
) -> Result<(Tokens, Reason), Failed> {
    let now = hub.now();
    let scopes: Scopes = row.scopes.parse().unwrap_or_default();
    let state = CodeState {
        client_id: row.client_id.clone(),
        redirect_uri: row.redirect_uri.clone(),
        challenge: row.challenge.clone(),
        resource: row.resource.clone(),
        connector: row.connector,
        slug: Some(row.scope.slug().clone()),
        expires_at: row.code_expires_at,
        used_at: row.code_used_at,
        tries: row.code_tries,
        scopes,
    };
    let verdict = code::judge(now, &state, &client.id, params, &hub.oauth.resources);
    let told = json!({"grant": row.id});
    let call =
        |event| record::of_client(hub, visitor, event, "token", client, row.id, Some((row.person, &row.email)), &told);
    let id = row.id;
    match verdict {
        Redeem::Issue if row.revoked_at.is_none() && row.active => {}
        Redeem::Issue => return Err(TokenError { reason: Reason::TokenRevoked, ..code::unknown() }.into()),
        Redeem::Replayed => return replayed(hub, &row, call("oauth_code_replayed")).await,
        Redeem::WrongTry(refused) => {
            let call = call("oauth_code_refused");
            hub.store.write(&row.scope, call, async move |tx| Ok::<_, Error>(grants::wrong_try(tx, id).await?)).await?;
            return Err(refused.into());
        }
        Redeem::Refuse(refused) => return Err(refused.into()),
    }
    let pair = Pair::fresh(hub);
    let access_expires = now.plus(access_life(row.connector)).min(row.expires_at);
    let kept = Kept::of(hub, &pair, row.person, id, &client.name, scopes, now, access_expires, row.expires_at, 0);
    let wrote = hub
        .store
        .write(&row.scope, call("oauth_code_redeemed"), async move |tx| {
            if !grants::redeem(tx, id, now).await? {
                return Err(second());
            }
            grants::add_access(tx, &kept.access).await?;
            generations::add(tx, &kept.refresh).await?;
            Ok(())
        })
        .await;
    if !won(wrote)? {
        // somebody else has it: whoever came second cannot be told from a thief
        return replayed(hub, &row, call("oauth_code_replayed")).await;
    }
    Ok((pair.tokens(access_expires.since(now), scopes), Reason::TokenOk))
}

async fn replayed(hub: &Arc<Hub>, row: &CodeRow, call: watchkeep_store::Call) -> Result<(Tokens, Reason), Failed> {
    let (id, now) = (row.id, hub.now());
    tracing::warn!(grant = %id, client = row.client_id, "an authorization code was redeemed twice; its grant was revoked");
    hub.store
        .write(&row.scope, call, async move |tx| Ok::<_, Error>(grants::revoke(tx, id, "code_replayed", now).await?))
        .await?;
    Err(TokenError { reason: Reason::CodeReplayed, ..code::unknown() }.into())
}

async fn refreshed(
    hub: &Arc<Hub>,
    visitor: &Visitor,
    client: &Client,
    mut row: RefreshRow,
    token: &str,
    params: &Params,
) -> Result<(Tokens, Reason), Failed> {
    // whoever is second meanwhile is judged again by what the first one left
    for _ in 0..3 {
        let now = hub.now();
        let scopes: Scopes = row.scopes.parse().unwrap_or_default();
        let state = RefreshState {
            client_id: row.client_id.clone(),
            scopes,
            resource: row.resource.clone(),
            connector: row.connector,
            expires_at: row.expires_at,
            grant_expires_at: row.grant_expires_at,
            revoked: row.revoked || !row.active,
            used_at: row.used_at,
            retries: row.retries,
            successor_used: row.successor_used,
            recovered: row.recovered,
            chain_in_window: row.newer,
        };
        let told = json!({"grant": row.grant});
        let call = |event| {
            record::of_client(hub, visitor, event, "token", client, row.grant, Some((row.person, &row.email)), &told)
        };
        let (id, grant) = (row.id, row.grant);
        match refresh::judge(now, RETRY_WINDOW, &state, &client.id, params, &hub.oauth.resources) {
            Refresh::Refuse(refused) => return Err(refused.into()),
            Refresh::Reused => {
                tracing::warn!(%grant, client = row.client_id, "a refresh token was used again; its grant was revoked");
                let call = call("oauth_refresh_reuse_detected");
                hub.store
                    .write(&row.scope, call, async move |tx| {
                        Ok::<_, Error>(grants::revoke(tx, grant, "refresh_reused", now).await?)
                    })
                    .await?;
                return Err(TokenError { reason: Reason::RefreshReused, ..refresh::unknown() }.into());
            }
            Refresh::Retry => {
                let call = call("oauth_refresh_retried");
                hub.store
                    .write(&row.scope, call, async move |tx| Ok::<_, Error>(generations::retried(tx, id).await?))
                    .await?;
                let pair = Pair::after(hub, token, &row.nonce);
                // the access token of that answer may have been narrowed
                let (left, scopes) = match &row.access {
                    Some((_, end, scopes)) => (end.since(now), scopes.parse().unwrap_or_default()),
                    None => (Span::ZERO, scopes),
                };
                return Ok((pair.tokens(left, scopes), Reason::RefreshRetried));
            }
            Refresh::Rotate { scopes } => {
                let pair = Pair::after(hub, token, &row.nonce);
                let end = now.plus(access_life(row.connector)).min(row.grant_expires_at);
                let kept = Kept::of(
                    hub,
                    &pair,
                    row.person,
                    grant,
                    &client.name,
                    scopes,
                    now,
                    end,
                    row.grant_expires_at,
                    row.generation + 1,
                );
                let wrote = hub
                    .store
                    .write(&row.scope, call("oauth_token_refreshed"), async move |tx| {
                        if !generations::used(tx, id, kept.refresh.id, now).await? {
                            return Err(second());
                        }
                        grants::add_access(tx, &kept.access).await?;
                        generations::add(tx, &kept.refresh).await?;
                        Ok(())
                    })
                    .await;
                if won(wrote)? {
                    return Ok((pair.tokens(end.since(now), scopes), Reason::RefreshOk));
                }
            }
            Refresh::Recover => {
                let nonce = hub.rng.bytes();
                let pair = Pair::after(hub, token, &nonce);
                let end = now.plus(access_life(row.connector)).min(row.grant_expires_at);
                let kept = Kept::of(
                    hub,
                    &pair,
                    row.person,
                    grant,
                    &client.name,
                    scopes,
                    now,
                    end,
                    row.grant_expires_at,
                    row.generation + 1,
                );
                let (lost, access) = (row.successor, row.access.as_ref().map(|(id, _, _)| *id));
                let wrote = hub
                    .store
                    .write(&row.scope, call("oauth_refresh_recovered"), async move |tx| {
                        let Some(lost) = lost else { return Err(second()) };
                        if !generations::recover(tx, id, &nonce, lost, kept.refresh.id, now).await? {
                            return Err(second());
                        }
                        if let Some(access) = access {
                            grants::revoke_access(tx, access, now).await?;
                        }
                        grants::add_access(tx, &kept.access).await?;
                        generations::add(tx, &kept.refresh).await?;
                        Ok(())
                    })
                    .await;
                if won(wrote)? {
                    return Ok((pair.tokens(end.since(now), scopes), Reason::RefreshRecovered));
                }
            }
        }
        row = hub.store.refresh_token(&hash(token)).await?.ok_or_else(refresh::unknown)?;
    }
    Err(Error::new(Kind::Unavailable, "too many requests with this refresh token at once; try again").into())
}

/// Somebody with the same code or token was faster. Nothing of this attempt is kept but its row, which says so.
fn second() -> Error {
    Error::conflict("somebody with the same code or token was faster")
}

/// Whether a write was the first one.
fn won(wrote: Result<(), Error>) -> Result<bool, Error> {
    match wrote {
        Ok(()) => Ok(true),
        Err(e) if e.kind == Kind::Conflict => Ok(false),
        Err(e) => Err(e),
    }
}

/// A pair of tokens as the client gets it.
struct Pair {
    access: String,
    refresh: String,
}

impl Pair {
    fn fresh(hub: &Hub) -> Self {
        Self {
            access: format!("mat_{}", HEXLOWER.encode(&hub.rng.bytes::<32>())),
            refresh: format!("mrt_{}", HEXLOWER.encode(&hub.rng.bytes::<32>())),
        }
    }
    /// The pair that follows `token`: made of the token, of what its row holds and of the hub's own secret, so that the hub
    /// can tell it again and keeps none of it.
    fn after(hub: &Hub, token: &str, nonce: &[u8; 16]) -> Self {
        let part = |label: &[u8]| {
            let mut tag = hmac::Context::with_key(&hub.oauth.successors);
            tag.update(label);
            tag.update(nonce);
            tag.update(token.as_bytes());
            HEXLOWER.encode(tag.sign().as_ref())
        };
        Self { access: format!("mat_{}", part(b"access")), refresh: format!("mrt_{}", part(b"refresh")) }
    }
    fn tokens(self, left: Span, scopes: Scopes) -> Tokens {
        Tokens {
            access_token: self.access,
            token_type: "Bearer",
            expires_in: (left.micros() / 1_000_000).max(0),
            refresh_token: self.refresh,
            scope: scopes.to_string(),
        }
    }
}

/// What is kept of a pair.
#[derive(Clone)]
struct Kept {
    access: NewAccess,
    refresh: NewRefresh,
}

impl Kept {
    #[expect(clippy::too_many_arguments, reason = "one row each, named where they are made")]
    fn of(
        hub: &Hub,
        pair: &Pair,
        person: PersonId,
        grant: GrantId,
        client: &str,
        scopes: Scopes,
        now: Timestamp,
        access_expires: Timestamp,
        grant_expires: Timestamp,
        generation: i64,
    ) -> Self {
        let access = TokenId::new(hub.rng.id(now));
        Self {
            access: NewAccess {
                id: access,
                person,
                name: client.to_owned(),
                hash: hash(&pair.access),
                scopes: scopes.to_string(),
                created_at: now,
                expires_at: access_expires,
                grant,
            },
            refresh: NewRefresh {
                id: RefreshId::new(hub.rng.id(now)),
                grant,
                generation,
                hash: hash(&pair.refresh),
                nonce: hub.rng.bytes(),
                created_at: now,
                expires_at: now.plus(REFRESH).min(grant_expires),
                access,
            },
        }
    }
}
