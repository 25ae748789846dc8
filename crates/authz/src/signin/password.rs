//! Passwords: which ones are taken, and how they are kept.
//!
//! Length counts, not composition (NIST SP 800-63B, section 5.1.1.2): at least 12 characters, 8 where a second factor is
//! required, at most 1,024 bytes, and not easy to guess by zxcvbn, which is told the person's address and name. What is
//! kept is Argon2id (RFC 9106) in a PHC string, so that the cost can grow with the machines.
use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::BASE64_NOPAD;

/// The longest password, in bytes: what is longer is refused before any work is done.
pub const MAX_BYTES: usize = 1_024;
/// The shortest password, in characters.
pub const MIN_CHARS: usize = 12;
/// The shortest one where a second factor is required.
pub const MIN_CHARS_WITH_SECOND: usize = 8;
/// The lowest score of zxcvbn that is taken, of 0 to 4.
const MIN_SCORE: u8 = 3;
/// Characters that zxcvbn looks at: its time grows much faster than the length.
const JUDGED_CHARS: usize = 100;

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Too few characters.
    #[error("must have at least {0} characters")]
    Short(usize),
    /// Too many bytes.
    #[error("must have at most {MAX_BYTES} bytes")]
    Long,
    /// A guesser would find it soon.
    #[error(
        "is easy to guess: take a few words that have nothing to do with each other, with you or with this product"
    )]
    Guessable,
}

/// Judges a new password. `about` is what a guesser knows: the person's address and name.
///
/// # Errors
/// The first weakness.
pub fn judge(password: &str, second_factor_required: bool, about: &[&str]) -> Result<(), Weakness> {
    if password.len() > MAX_BYTES {
        return Err(Weakness::Long);
    }
    let least = if second_factor_required { MIN_CHARS_WITH_SECOND } else { MIN_CHARS };
    if password.chars().count() < least {
        return Err(Weakness::Short(least));
    }
    let judged: String = password.chars().take(JUDGED_CHARS).collect();
    let mut known = vec!["watchkeep"];
    for text in about {
        known.push(text);
        known.extend(text.split(|c: char| !c.is_alphanumeric()).filter(|part| part.len() > 2));
    }
    if u8::from(zxcvbn::zxcvbn(&judged, &known).score()) < MIN_SCORE {
        return Err(Weakness::Guessable);
    }
    Ok(())
}

/// What one hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// 19 MiB, two passes, one lane: the smallest that OWASP's password storage cheat sheet names for Argon2id.
    pub const NOW: Self = Self { memory: 19 * 1_024, passes: 2, lanes: 1 };
    /// The most that a kept string may ask for: one that was tampered with must not exhaust the hub.
    const MOST: Self = Self { memory: 256 * 1_024, passes: 16, lanes: 4 };

    fn within(self, most: Self) -> bool {
        self.memory <= most.memory && self.passes <= most.passes && self.lanes <= most.lanes
    }
}

const LENGTH: usize = 32;

/// A password as it is kept.
struct Phc {
    cost: Cost,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Phc {
    /// Reads `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("$argon2id$v=19$")?.split('$');
        let (costs, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let mut costs = costs.split(',');
        let mut cost = |name: &str| costs.next()?.strip_prefix(name)?.parse::<u32>().ok();
        let cost = Cost { memory: cost("m=")?, passes: cost("t=")?, lanes: cost("p=")? };
        if costs.next().is_some() || !cost.within(Cost::MOST) {
            return None;
        }
        let (salt, hash) = (BASE64_NOPAD.decode(salt.as_bytes()).ok()?, BASE64_NOPAD.decode(hash.as_bytes()).ok()?);
        (salt.len() >= 8 && salt.len() <= 64 && hash.len() == LENGTH).then_some(Self { cost, salt, hash })
    }
}

fn argon2id(password: &str, salt: &[u8], cost: Cost) -> Option<[u8; LENGTH]> {
    let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(LENGTH)).ok()?;
    let mut out = [0; LENGTH];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut out)
        .ok()?;
    Some(out)
}

/// The PHC string of a password. Takes the time and memory that `cost` says; `None` if there is not so much memory.
#[must_use]
pub fn hash(password: &str, salt: &[u8; 16], cost: Cost) -> Option<String> {
    let out = argon2id(password, salt, cost)?;
    let Cost { memory, passes, lanes } = cost;
    Some(format!(
        "$argon2id$v=19$m={memory},t={passes},p={lanes}${}${}",
        BASE64_NOPAD.encode(salt),
        BASE64_NOPAD.encode(&out)
    ))
}

/// Whether a password is the one of a PHC string. Takes the time and memory that the string says.
#[must_use]
pub fn verify(password: &str, phc: &str) -> bool {
    let Some(phc) = Phc::read(phc) else { return false };
    let Some(out) = argon2id(password, &phc.salt, phc.cost) else { return false };
    // in constant time: every byte counts, whichever differs first
    out.iter().zip(&phc.hash).fold(0, |odd, (a, b)| odd | (a ^ b)) == 0
}

/// Whether a PHC string was made more cheaply than a new one would be: hash again once the password is at hand.
#[must_use]
pub fn is_outdated(phc: &str, now: Cost) -> bool {
    Phc::read(phc).is_none_or(|phc| phc.cost.memory < now.memory || phc.cost.passes < now.passes)
}

/// A PHC string that no password opens, at the same price: verified for people who are not there, so that time tells
/// nothing. `chance` makes its hash.
#[must_use]
pub fn nobodys(chance: &[u8; 32], cost: Cost) -> String {
    let Cost { memory, passes, lanes } = cost;
    let salt = BASE64_NOPAD.encode(&chance[..16]);
    format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${}", BASE64_NOPAD.encode(chance))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHEAP: Cost = Cost { memory: 64, passes: 1, lanes: 1 };
    const ABOUT: &[&str] = &["ana.lyst@acme.example", "Ana Lyst"];

    #[test]
    fn length_is_counted_in_characters_and_cut_in_bytes() {
        assert_eq!(judge("kx9-ruzp-qm", false, ABOUT), Err(Weakness::Short(12)));
        assert_eq!(judge("kx9-ruzp-qm", true, ABOUT), Ok(()));
        assert_eq!(judge("kx9-ruz", true, ABOUT), Err(Weakness::Short(8)));
        assert_eq!(judge("ö7ßü-qäé%wêm", false, ABOUT), Ok(()));
        assert_eq!(judge(&"ü".repeat(513), false, ABOUT), Err(Weakness::Long));
        assert_eq!(judge(&"a".repeat(1_025), false, ABOUT), Err(Weakness::Long));
    }

    #[test]
    fn what_is_easy_to_guess_is_refused() {
        for weak in [
            "password1234",
            "aaaaaaaaaaaaaaaa",
            "qwertyuiop12",
            "123456789012345",
            "ana.lyst@acme.example",
            "Ana Lyst 2026",
            "watchkeep2026",
        ] {
            assert_eq!(judge(weak, false, ABOUT), Err(Weakness::Guessable), "{weak}");
        }
        for good in ["correct horse battery staple", "violet tractor hums at noon", "T7#pqz!9vLm2x"] {
            assert_eq!(judge(good, false, ABOUT), Ok(()), "{good}");
        }
    }

    #[test]
    fn a_long_password_is_judged_by_its_beginning() {
        let long = format!("violet tractor hums at noon {}", "x".repeat(900));
        assert_eq!(judge(&long, false, ABOUT), Ok(()));
    }

    #[test]
    fn the_hash_is_argon2id_with_the_cost_that_it_names() {
        let phc = hash("violet tractor", &[7; 16], Cost::NOW).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$BwcHBwcHBwcHBwcHBwcHBw$"), "{phc}");
        assert!(verify("violet tractor", &phc));
        assert!(!verify("violet tractoR", &phc));
        assert!(!is_outdated(&phc, Cost::NOW));
        assert!(is_outdated(&phc, Cost { memory: 32 * 1_024, ..Cost::NOW }));
        assert!(is_outdated(&phc, Cost { passes: 3, ..Cost::NOW }));
        assert!(!is_outdated(&phc, CHEAP), "a dearer one is kept");
    }

    #[test]
    fn the_vector_of_another_implementation() {
        // RFC 9106's own vectors have a secret and associated data; this one is of the reference program:
        // echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32
        let phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(verify("password", phc));
        assert!(!verify("Password", phc));
    }

    #[test]
    fn nobodys_costs_the_same_and_opens_for_nobody() {
        let phc = nobodys(&[9; 32], CHEAP);
        assert!(Phc::read(&phc).is_some_and(|p| p.cost == CHEAP));
        assert!(!verify("", &phc) && !verify("password", &phc));
    }

    #[test]
    fn a_string_that_asks_for_too_much_is_refused() {
        let phc = hash("x", &[1; 16], CHEAP).unwrap();
        assert!(verify("x", &phc));
        for (from, to) in
            [("m=64", "m=4194304"), ("t=1", "t=400000"), ("p=1", "p=64"), ("argon2id", "argon2i"), ("v=19", "v=16")]
        {
            assert!(!verify("x", &phc.replace(from, to)), "{to}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_password_opens_its_own_hash_only(one in "\\PC{0,40}", other in "\\PC{0,40}", salt: [u8; 16]) {
            let phc = hash(&one, &salt, CHEAP).unwrap();
            prop_assert!(verify(&one, &phc));
            prop_assert_eq!(verify(&other, &phc), one == other);
        }
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}") {
            prop_assert!(!verify("x", &text));
            let text = format!("$argon2id$v=19${text}");
            prop_assert!(!verify("x", &text));
        }
    }
}
