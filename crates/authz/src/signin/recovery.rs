//! Recovery codes: for the day on which the second factor is lost. Ten codes of 80 bits, each good for one sign-in.
use ring::digest::{SHA256, digest};

/// How many are made at once.
pub const CODES: usize = 10;
/// Random bytes of one code.
pub const BYTES: usize = 10;

/// Letters that are not mistaken for each other (Crockford's base32).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LETTERS: usize = 16;

/// A code for people: 16 letters in four groups.
#[must_use]
pub fn code(chance: &[u8; BYTES]) -> String {
    let word = chance.iter().fold(0_u128, |w, b| (w << 8) | u128::from(*b));
    let mut out = String::with_capacity(LETTERS + 3);
    for i in 0..LETTERS {
        if i > 0 && i % 4 == 0 {
            out.push('-');
        }
        out.push(char::from(ALPHABET[(word >> (75 - 5 * i)) as usize & 31]));
    }
    out
}

/// What is kept of a code, from what was typed: capitals, blanks, hyphens and look-alikes (o, i, l) do not matter. None
/// if it cannot be one.
#[must_use]
pub fn hash(typed: &str) -> Option<[u8; 32]> {
    let mut plain = String::with_capacity(LETTERS);
    for c in typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(LETTERS + 1) {
        let c = match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            c => c,
        };
        if !c.is_ascii() || !ALPHABET.contains(&(c as u8)) {
            return None;
        }
        plain.push(c);
    }
    if plain.len() != LETTERS {
        return None;
    }
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, plain.as_bytes()).as_ref());
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_grouped_and_holds_all_its_bits() {
        assert_eq!(code(&[0; 10]), "0000-0000-0000-0000");
        assert_eq!(code(&[255; 10]), "zzzz-zzzz-zzzz-zzzz");
        assert_eq!(code(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), "0410-6105-0r3g-g28a");
    }

    #[test]
    fn how_it_is_typed_does_not_matter() {
        let kept = hash("0410-6105-0r3g-g28a").unwrap();
        for typed in ["041061050r3gg28a", "0410 6105 0R3G G28A", "o4lO-6iO5-or3g-g28a", " 0410-6105-0r3g-g28a\n"] {
            assert_eq!(hash(typed), Some(kept), "{typed}");
        }
        for typed in
            ["", "0410-6105-0r3g-g28", "0410-6105-0r3g-g28aa", "0410-6105-0r3g-g28u", "123456", "ö410-6105-0r3g-g28"]
        {
            assert_eq!(hash(typed), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn every_code_is_read_again_and_no_two_are_one(one: [u8; 10], other: [u8; 10]) {
            let (a, b) = (hash(&code(&one)), hash(&code(&other)));
            prop_assert!(a.is_some() && b.is_some());
            prop_assert_eq!(a == b, one == other);
            prop_assert_eq!(hash(&code(&one).to_uppercase()), a);
        }
        #[test]
        fn no_text_makes_it_panic(typed in "\\PC{0,40}") {
            let _found = hash(&typed);
        }
    }
}
