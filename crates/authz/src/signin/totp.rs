//! Time-based one-time passwords (RFC 6238): HMAC-SHA-1, 30 seconds, 6 digits, which is what every authenticator app
//! can do.
//!
//! A code of the step before or after the present one counts too, for clocks that are off. The answer is the step that
//! matched: only one that is greater than the last accepted may be accepted, so that no code counts twice.
use data_encoding::BASE32_NOPAD;
use ring::hmac;
use watchkeep_model::Timestamp;

/// Seconds that one code lasts.
pub const STEP_SECONDS: i64 = 30;
/// Bytes of a new seed: as long as the hash's output (RFC 4226, section 4, R6).
pub const SEED_BYTES: usize = 20;
/// Steps to either side of the present one that count.
const SLACK: i64 = 1;
const DIGITS: usize = 6;

/// The step of a moment.
#[must_use]
pub const fn step(now: Timestamp) -> i64 {
    now.micros().div_euclid(STEP_SECONDS * 1_000_000)
}

/// The code of a step (RFC 4226, section 5.3).
#[must_use]
pub fn code(seed: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, seed);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag[tag.len() - 1] & 0x0f);
    let word = tag[at..at + 4].iter().fold(0_u32, |w, b| (w << 8) | u32::from(*b)) & 0x7fff_ffff;
    format!("{:0DIGITS$}", word % 1_000_000)
}

/// The step whose code this is, if it may be accepted now: within the slack, and greater than `last`.
///
/// Blanks are ignored. What is accepted must be kept as the new `last` before anything is granted.
#[must_use]
pub fn matched(seed: &[u8], typed: &str, last: i64, now: Timestamp) -> Option<i64> {
    let typed = digits(typed)?;
    let present = step(now);
    // every step is looked at, whichever matches
    (present - SLACK..=present + SLACK)
        .filter(|step| *step > last)
        .fold(None, |found, step| if same(&code(seed, step), &typed) { found.or(Some(step)) } else { found })
}

/// Whether a text could be a code at all: what cannot is a recovery code, or a slip.
#[must_use]
pub fn is_code(typed: &str) -> bool {
    digits(typed).is_some()
}

fn digits(typed: &str) -> Option<String> {
    let plain: String = typed.chars().filter(|c| !c.is_whitespace()).take(DIGITS + 1).collect();
    (plain.len() == DIGITS && plain.bytes().all(|b| b.is_ascii_digit())).then_some(plain)
}

fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |odd, (a, b)| odd | (a ^ b)) == 0
}

/// A seed as it is typed into an app: base32 (RFC 4648, section 6) without padding.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    BASE32_NOPAD.encode(bytes)
}

/// The address that an app reads from the picture (the key URI format of Google Authenticator).
#[must_use]
pub fn address(issuer: &str, account: &str, seed: &[u8]) -> String {
    let (issuer, account) = (escaped(issuer), escaped(account));
    let secret = base32(seed);
    format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30")
}

/// Percent-encoded but for unreserved characters (RFC 3986, section 2.3): apps do not read `+` as a blank.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use watchkeep_model::Span;

    use super::*;

    const SEED: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_vectors_of_rfc_6238() {
        // appendix B, SHA-1, the last six of its eight digits
        for (seconds, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code(SEED, step(at(seconds))), expected);
        }
    }

    #[test]
    fn the_vectors_of_rfc_4226() {
        let expected =
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        for (i, expected) in (0..).zip(expected) {
            assert_eq!(code(SEED, i), expected);
        }
    }

    #[test]
    fn one_step_to_either_side_counts_two_do_not() {
        let now = at(1_763_625_600);
        let present = step(now);
        for (off, counts) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let typed = code(SEED, present + off);
            assert_eq!(matched(SEED, &typed, 0, now), counts.then_some(present + off), "{off}");
        }
    }

    #[test]
    fn no_step_counts_twice_nor_an_older_one() {
        let now = at(1_763_625_600);
        let present = step(now);
        for last in [present - 1, present, present + 1] {
            for off in -1..=1 {
                let found = matched(SEED, &code(SEED, present + off), last, now);
                assert_eq!(found, (present + off > last).then_some(present + off));
            }
        }
    }

    #[test]
    fn what_people_type() {
        let now = at(59);
        for typed in ["287082", "287 082", " 287082\n", "2 8 7 0 8 2"] {
            assert_eq!(matched(SEED, typed, -1, now), Some(1), "{typed:?}");
        }
        for typed in ["", "28708", "2870822", "28708a", "２８７０８２", "-87082", "287082 0"] {
            assert!(!is_code(typed) && matched(SEED, typed, -1, now).is_none(), "{typed:?}");
        }
    }

    #[test]
    fn the_vectors_of_base32() {
        // RFC 4648, section 10
        for (plain, coded) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn the_address_is_escaped() {
        let found = address("Watchkeep at hub.example:8420", "ana+x@acme.example", b"foobar");
        assert_eq!(
            found,
            "otpauth://totp/Watchkeep%20at%20hub.example%3A8420:ana%2Bx%40acme.example?secret=MZXW6YTBOI\
             &issuer=Watchkeep%20at%20hub.example%3A8420&algorithm=SHA1&digits=6&period=30"
        );
    }

    proptest! {
        #[test]
        fn a_matched_step_is_near_and_new(seed: [u8; 20], seconds in 0_i64..4_000_000_000, off in -5_i64..=5, last in -5_i64..=5) {
            let now = at(seconds);
            let (typed, last) = (code(&seed, step(now) + off), step(now) + last);
            if let Some(found) = matched(&seed, &typed, last, now) {
                prop_assert!(found > last && (found - step(now)).abs() <= 1);
                prop_assert_eq!(code(&seed, found), typed.clone());
                // and once taken it is gone
                prop_assert!(matched(&seed, &typed, found, now).is_none_or(|again| again > found));
            } else {
                prop_assert!(off.abs() > 1 || step(now) + off <= last);
            }
        }
        #[test]
        fn no_text_makes_it_panic(typed in "\\PC{0,20}", seconds: i64) {
            let now = Timestamp::from_micros(seconds.clamp(-1 << 55, 1 << 55)).plus(Span::ZERO);
            let _found = matched(SEED, &typed, 0, now);
        }
    }
}
