//! State that a client carries from one round to the next, and cannot change.

use ring::hmac::{self, HMAC_SHA256, Key};
use ring::rand::SystemRandom;

/// A key that lives as long as the server.
#[derive(Debug)]
pub(crate) struct Seal(Key);

impl Seal {
    /// A fresh key.
    pub(crate) fn new() -> Result<Self, ring::error::Unspecified> {
        Key::generate(HMAC_SHA256, &SystemRandom::new()).map(Self)
    }

    /// The note, readable, with a tag over it and over what it is for.
    pub(crate) fn close(&self, what: &str, note: &str) -> String {
        let tag = hmac::sign(&self.0, &bound(what, note));
        let tag: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{tag}.{note}")
    }

    /// The note of a state that was closed here for the same thing.
    pub(crate) fn open<'a>(&self, what: &str, state: &'a str) -> Option<&'a str> {
        let (tag, note) = state.split_once('.')?;
        let bytes: Option<Vec<u8>> =
            (0..tag.len()).step_by(2).map(|at| u8::from_str_radix(tag.get(at..at + 2)?, 16).ok()).collect();
        hmac::verify(&self.0, &bound(what, note), &bytes?).ok()?;
        Some(note)
    }
}

fn bound(what: &str, note: &str) -> Vec<u8> {
    [what.as_bytes(), b"\0", note.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::Seal;

    #[test]
    fn a_state_opens_for_what_it_was_closed_for() {
        let seal = Seal::new().unwrap();
        let state = seal.close("tool", "2 Ann");
        assert_eq!(seal.open("tool", &state), Some("2 Ann"));
        assert_eq!(seal.open("other", &state), None);
        assert_eq!(Seal::new().unwrap().open("tool", &state), None);
        let changed = [format!("{state}x"), state.replace('2', "3"), format!("0{state}"), "2 Ann".into(), "é.2".into()];
        for changed in changed {
            assert_eq!(seal.open("tool", &changed), None, "{changed}");
        }
    }
}
