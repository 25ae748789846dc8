//! An authorization request on its way through sign-in and consent. It travels in the address, signed by the hub, so
//! nothing is kept before a person has decided, any hub of a database can go on with it, and no page carries an address
//! to return to.
use ring::hmac;
use serde::{Deserialize, Serialize};
use watchkeep_authz::oauth::Alias;
use watchkeep_model::{Span, Timestamp};

use super::Authority;
use crate::page::cursor::{decode_up_to, encode};

/// How long a person may take to sign in and decide.
const LIFE: Span = Span::minutes(15);
/// The longest text that is opened; requests are at most 64 KiB.
const MAX_CHARS: usize = 100_000;
const MAC: usize = 16;

/// A request that was received.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    /// True if it came in at the fleet connector's own path.
    fleet: bool,
    /// The query or the form, as it came.
    raw: String,
    /// When it came in, microseconds.
    at: i64,
    /// Makes each request its own.
    nonce: String,
}

impl Pending {
    pub(super) fn new(alias: Alias, raw: &str, now: Timestamp, nonce: [u8; 16]) -> Self {
        let nonce = super::digits(&nonce);
        Self { fleet: alias == Alias::Fleet, raw: raw.to_owned(), at: now.micros(), nonce }
    }
    pub(super) fn alias(&self) -> Alias {
        if self.fleet { Alias::Fleet } else { Alias::Root }
    }
    pub(super) fn raw(&self) -> &str {
        &self.raw
    }
    pub(super) fn at(&self) -> Timestamp {
        Timestamp::from_micros(self.at)
    }

    pub(super) fn seal(&self, authority: &Authority) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        let mut bytes = hmac::sign(&authority.requests, &json).as_ref()[..MAC].to_vec();
        bytes.extend_from_slice(&json);
        encode(&bytes)
    }
    /// The request behind the text; none if it is not ours, or too old.
    pub(super) fn open(authority: &Authority, text: &str, now: Timestamp) -> Option<Self> {
        let bytes = decode_up_to(text, MAX_CHARS)?;
        let (mac, json) = bytes.split_at_checked(MAC)?;
        let right = hmac::sign(&authority.requests, json);
        let same = mac.iter().zip(right.as_ref()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0;
        let pending: Self = same.then(|| serde_json::from_slice(json).ok()).flatten()?;
        (now.since(pending.at()).micros() <= LIFE.micros()).then_some(pending)
    }
}

impl Authority {
    /// What ties a decision to the session that was shown the question.
    pub(super) fn ticket(&self, session: &[u8; 32], request: &str) -> String {
        let mut tag = hmac::Context::with_key(&self.tickets);
        tag.update(b"ticket");
        tag.update(session);
        tag.update(request.as_bytes());
        super::digits(tag.sign().as_ref())
    }
    /// The one code that a session can get for a request: deciding twice is found by the database.
    pub(super) fn code(&self, session: &[u8; 32], request: &str) -> String {
        let mut tag = hmac::Context::with_key(&self.tickets);
        tag.update(b"code");
        tag.update(session);
        tag.update(request.as_bytes());
        super::digits(tag.sign().as_ref())
    }
}
