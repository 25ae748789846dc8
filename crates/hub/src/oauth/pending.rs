//! An authorization request on its way through sign-in and consent. It travels in the address, sealed by the hub, so
//! nothing is kept before a person has decided, any hub of a database can go on with it, and no page carries an address
//! to return to.
use data_encoding::HEXLOWER;
use ring::hmac;
use serde::{Deserialize, Serialize};
use watchkeep_authz::oauth::Alias;
use watchkeep_model::{Span, Timestamp};

use super::Authority;
use crate::error::Error;
use crate::hub::Hub;
use crate::state::{self, NOBODY};

/// How long a person may take to sign in and decide.
const LIFE: Span = Span::minutes(15);
const PURPOSE: &str = "authorization request";

/// A request that was received.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    /// True if it came in at the fleet connector's own path.
    fleet: bool,
    /// The query or the form, as it came.
    raw: String,
    /// When it came in, microseconds.
    at: i64,
}

impl Pending {
    pub(super) fn new(alias: Alias, raw: &str, now: Timestamp) -> Self {
        Self { fleet: alias == Alias::Fleet, raw: raw.to_owned(), at: now.micros() }
    }
    pub(super) const fn alias(&self) -> Alias {
        if self.fleet { Alias::Fleet } else { Alias::Root }
    }
    pub(super) fn raw(&self) -> &str {
        &self.raw
    }
    pub(super) const fn at(&self) -> Timestamp {
        Timestamp::from_micros(self.at)
    }

    /// The request as it travels: another text each time, so that it is sealed once and passed on as it is.
    pub(super) fn seal(&self, hub: &Hub) -> Result<String, Error> {
        let json = serde_json::to_vec(self).map_err(Error::internal)?;
        state::seal(hub, PURPOSE, NOBODY, &json, LIFE)
    }
    /// The request behind the text; none if it is not ours, or too old.
    pub(super) fn open(hub: &Hub, text: &str) -> Option<Self> {
        let opened = state::open(hub, PURPOSE, NOBODY, text).ok()?;
        serde_json::from_slice(&opened.plain).ok()
    }
}

impl Authority {
    /// What ties a decision to the session that was shown the question.
    pub(super) fn ticket(&self, session: &[u8; 32], request: &str) -> String {
        HEXLOWER.encode(hmac::sign(&self.decisions, &decision(b"ticket", session, request)).as_ref())
    }
    /// Whether a ticket is that of this session and this request.
    pub(super) fn is_ticket(&self, session: &[u8; 32], request: &str, given: &str) -> bool {
        let tag = HEXLOWER.decode(given.as_bytes());
        tag.is_ok_and(|tag| hmac::verify(&self.decisions, &decision(b"ticket", session, request), &tag).is_ok())
    }
    /// The one code that a session can get for a request: deciding twice is found by the database.
    pub(super) fn code(&self, session: &[u8; 32], request: &str) -> String {
        HEXLOWER.encode(hmac::sign(&self.decisions, &decision(b"code", session, request)).as_ref())
    }
}

fn decision(what: &[u8], session: &[u8; 32], request: &str) -> Vec<u8> {
    [what, session, request.as_bytes()].concat()
}
