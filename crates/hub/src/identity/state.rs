//! What has to come back with the next request, sealed: only this installation reads it, for one purpose and one person,
//! and not for long.
use watchkeep_model::{PersonId, Span, Timestamp};
use watchkeep_store::seal::Place;

use crate::canonical::sha256;
use crate::dropzone::hex;
use crate::error::Error;
use crate::hub::Hub;

/// Nobody yet: the state of a sign-in.
pub(super) const NOBODY: PersonId = PersonId::new(uuid::Uuid::nil());

/// A state that was opened.
pub(super) struct Opened {
    /// What was sealed.
    pub(super) plain: Vec<u8>,
    /// Its time is over then.
    pub(super) until: Timestamp,
    /// What it is spent under.
    pub(super) hash: [u8; 32],
}

fn place(purpose: &'static str, person: PersonId) -> Place<'static> {
    Place::of_person("state", person, purpose)
}

/// Seals a state for a purpose and a person.
pub(super) fn seal(
    hub: &Hub,
    purpose: &'static str,
    person: PersonId,
    plain: &[u8],
    lives: Span,
) -> Result<String, Error> {
    let mut whole = hub.now().plus(lives).micros().to_be_bytes().to_vec();
    whole.extend_from_slice(plain);
    Ok(hex(&hub.keys.seal(place(purpose, person), &whole)?))
}

/// Opens a state, unless its time is over.
pub(super) fn open(hub: &Hub, purpose: &'static str, person: PersonId, state: &str) -> Result<Opened, Error> {
    let stale = || Error::conflict("this took too long, or was begun elsewhere: begin again");
    let sealed = unhex(state).ok_or_else(stale)?;
    let whole = hub.keys.open(place(purpose, person), &sealed).map_err(|_| stale())?;
    let (until, plain) = whole.split_first_chunk::<8>().ok_or_else(stale)?;
    let until = Timestamp::from_micros(i64::from_be_bytes(*until));
    if until <= hub.now() {
        return Err(stale());
    }
    Ok(Opened { plain: plain.to_vec(), until, hash: sha256(&sealed) })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || text.len() > 64 * 1024 {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    text.as_bytes().chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}
