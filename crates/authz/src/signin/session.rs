//! How old a session may be: 8 hours unused, 7 days in all; one day in all for those who administer.
use watchkeep_model::{Span, Timestamp};

/// The longest time between two uses.
pub const IDLE: Span = Span::hours(8);
/// The longest life.
pub const LIFE: Span = Span::days(7);
/// The longest life of a session of an operator, or of an admin of any tenant.
pub const LIFE_OF_ADMIN: Span = Span::hours(24);
/// How long a second factor counts as just given: changes of factors ask for one.
pub const FRESH: Span = Span::minutes(15);

/// Whether a session lives: by when its person signed in, and when it was last used.
#[must_use]
pub fn lives(signed_in: Timestamp, seen: Timestamp, administers: bool, now: Timestamp) -> bool {
    let life = if administers { LIFE_OF_ADMIN } else { LIFE };
    now < signed_in.plus(life) && now < seen.plus(IDLE)
}

/// Whether a second factor was given just now.
#[must_use]
pub fn is_fresh(second: Option<Timestamp>, now: Timestamp) -> bool {
    second.is_some_and(|at| at <= now && now < at.plus(FRESH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_by_idleness_and_by_age() {
        let start = Timestamp::from_micros(1_763_625_600_000_000);
        let after = |hours: i64, idle: i64, admin| {
            let now = start.plus(Span::hours(hours));
            lives(start, now.minus(Span::hours(idle)), admin, now)
        };
        assert!(after(0, 0, false) && after(7, 7, false) && after(167, 1, false));
        assert!(!after(8, 8, false) && !after(168, 0, false));
        assert!(after(23, 1, true) && !after(24, 0, true));
    }

    #[test]
    fn a_second_factor_is_fresh_for_a_quarter_of_an_hour() {
        let at = Timestamp::from_micros(1_763_625_600_000_000);
        assert!(is_fresh(Some(at), at) && is_fresh(Some(at), at.plus(Span::seconds(899))));
        assert!(!is_fresh(Some(at), at.plus(FRESH)) && !is_fresh(None, at));
        // a clock that went back
        assert!(!is_fresh(Some(at.plus(Span::seconds(1))), at));
    }
}
