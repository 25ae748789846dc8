//! What has to come back with the next request, sealed: only this installation reads it, for one purpose and one person,
//! and not for long.
use data_encoding::BASE64URL_NOPAD;
use watchkeep_model::{PersonId, Span, Timestamp};
use watchkeep_store::seal::Place;

use crate::canonical::sha256;
use crate::error::Error;
use crate::hub::Hub;

/// The longest text that is opened: an authorization request has at most 64 KiB.
const MOST: usize = 128 * 1024;

/// Nobody yet: the state of a sign-in, or of a request that waits for one.
pub(crate) const NOBODY: PersonId = PersonId::new(uuid::Uuid::nil());

/// A state that was opened.
pub(crate) struct Opened {
    /// What was sealed.
    pub(crate) plain: Vec<u8>,
    /// Its time is over then.
    pub(crate) until: Timestamp,
    /// What it is spent under.
    pub(crate) hash: [u8; 32],
}

fn place(purpose: &'static str, person: PersonId) -> Place<'static> {
    Place::of_person("state", person, purpose)
}

/// Seals a state for a purpose and a person.
pub(crate) fn seal(
    hub: &Hub,
    purpose: &'static str,
    person: PersonId,
    plain: &[u8],
    lives: Span,
) -> Result<String, Error> {
    let mut whole = hub.now().plus(lives).micros().to_be_bytes().to_vec();
    whole.extend_from_slice(plain);
    Ok(BASE64URL_NOPAD.encode(&hub.keys.seal(place(purpose, person), &whole)?))
}

/// Opens a state, unless its time is over.
pub(crate) fn open(hub: &Hub, purpose: &'static str, person: PersonId, state: &str) -> Result<Opened, Error> {
    let stale = || Error::conflict("this took too long, or was begun elsewhere: begin again");
    let sealed = Some(state).filter(|s| s.len() <= MOST).and_then(|s| BASE64URL_NOPAD.decode(s.as_bytes()).ok());
    let sealed = sealed.ok_or_else(stale)?;
    let whole = hub.keys.open(place(purpose, person), &sealed).map_err(|_| stale())?;
    let (until, plain) = whole.split_first_chunk::<8>().ok_or_else(stale)?;
    let until = Timestamp::from_micros(i64::from_be_bytes(*until));
    if until <= hub.now() {
        return Err(stale());
    }
    Ok(Opened { plain: plain.to_vec(), until, hash: sha256(&sealed) })
}
