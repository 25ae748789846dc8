//! How long a value is believed.

use crate::time::{Span, Timestamp};

/// What a source may be late by for other reasons than having stopped.
const GRACE: Span = Span::minutes(5);

/// Until when a sample is fresh: twice its cadence and five minutes after it was observed. One missed run is no news,
/// two are. After that moment its state is `stale`. A negative cadence counts as none.
#[must_use]
pub fn fresh_until(observed_at: Timestamp, cadence: Span) -> Timestamp {
    observed_at.plus(cadence.max(Span::ZERO).times(2).plus(GRACE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_missed_run_is_no_news_two_are() {
        let daily = Span::days(1);
        let at: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        let until = fresh_until(at, daily);
        assert_eq!(until.to_string(), "2026-11-22T08:05:00Z");
        assert!(at.plus(daily).plus(Span::hours(23)) < until, "the run after a missed one is awaited");
        assert!(at.plus(daily.times(2)).plus(Span::minutes(6)) > until);
    }

    #[test]
    fn odd_cadences_do_not_reach_back() {
        let at = Timestamp::EPOCH;
        assert_eq!(fresh_until(at, Span::days(-3)), at.plus(Span::minutes(5)));
        assert_eq!(fresh_until(at, Span::from_micros(i64::MAX)), Timestamp::MAX);
        assert_eq!(fresh_until(Timestamp::MAX, Span::days(1)), Timestamp::MAX);
    }
}
