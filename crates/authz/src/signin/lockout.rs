//! How long a guesser waits.
//!
//! A password gets slower with each failure: the first few cost nothing, then one second, two, four, at most a quarter
//! of an hour. The lock holds for passwords only, never for passkeys and not in browsers that the account knows, so that
//! nobody is locked out by a stranger. A second factor is closed for a quarter of an hour after five failures.
use watchkeep_model::Span;

/// Failures of a password that cost nothing: slips.
pub const FREE: i64 = 5;
/// Failures that close a second factor.
pub const CODES: i64 = 5;
/// The longest wait.
pub const LONGEST: Span = Span::minutes(15);

/// How long a password is refused after so many failures in a row.
#[must_use]
pub fn password(failures: i64) -> Span {
    if failures <= FREE {
        return Span::ZERO;
    }
    let doublings = (failures - FREE - 1).min(10);
    let wait = Span::seconds(1 << doublings);
    if wait.micros() < LONGEST.micros() { wait } else { LONGEST }
}

/// How long a second factor is refused after so many failures in a row: from the fifth on, each one closes it
/// again.
#[must_use]
pub fn code(failures: i64) -> Span {
    if failures >= CODES { LONGEST } else { Span::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_slows_down_to_a_quarter_of_an_hour() {
        let waits: Vec<i64> = (0..=18).map(|n| password(n).micros() / 1_000_000).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        assert_eq!(password(i64::MAX), LONGEST);
        assert_eq!(password(i64::MIN), Span::ZERO);
    }

    #[test]
    fn five_codes_close_the_factor() {
        let closed: Vec<bool> = (0..=7).map(|n| code(n) == LONGEST).collect();
        assert_eq!(closed, [false, false, false, false, false, true, true, true]);
    }
}
