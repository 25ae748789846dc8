//! How often one token may call: a bucket per token and class that fills up evenly over a minute.
use watchkeep_model::{Timestamp, TokenId};

use crate::bucket::{Buckets, Size, seconds};
use crate::error::{Error, Kind};
use crate::op::Rate;

/// Calls per minute and token, for each class; 0 means no limit. A bucket starts full, so this is also the burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Lookups and pages.
    pub light: u32,
    /// Exports, searches, summaries over much.
    pub heavy: u32,
    /// Changes.
    pub write: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { light: 600, heavy: 60, write: 120 }
    }
}

impl Limits {
    /// No limits at all: for measurements.
    pub const NONE: Self = Self { light: 0, heavy: 0, write: 0 };

    const fn of(self, rate: Rate) -> u32 {
        match rate {
            Rate::Light => self.light,
            Rate::Heavy => self.heavy,
            Rate::Write => self.write,
        }
    }
}

/// What is left of a bucket after a call: for the `RateLimit` headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateState {
    /// The class.
    pub class: Rate,
    /// Calls per minute.
    pub limit: u32,
    /// Calls that may follow at once.
    pub remaining: u32,
    /// Seconds until the bucket is full again.
    pub reset: u32,
}

/// The buckets of all tokens of this hub. Several hubs behind a load balancer each have their own.
#[derive(Debug)]
pub(crate) struct Rates {
    limits: Limits,
    buckets: Buckets<(TokenId, Rate)>,
}

impl Rates {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, buckets: Buckets::default() }
    }

    /// Takes one call from the token's bucket and tells what is left; none where there is no limit.
    ///
    /// # Errors
    /// [`Kind::Limited`] with the seconds until one call is free again.
    pub(crate) fn take(&self, token: TokenId, class: Rate, now: Timestamp) -> (Option<RateState>, Result<(), Error>) {
        let limit = self.limits.of(class);
        if limit == 0 {
            return (None, Ok(()));
        }
        let left = self.buckets.take((token, class), Size::per_minute(limit), now);
        let state = RateState { class, limit, remaining: left.remaining, reset: seconds(left.full_in) };
        let Some(wait) = left.wait else { return (Some(state), Ok(())) };
        let retry_after = seconds(wait).max(1);
        let text = format!("too many calls with this token ({limit} a minute); wait {retry_after} s and call again");
        (Some(state), Err(Error::new(Kind::Limited { retry_after }, text)))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use watchkeep_model::Span;

    use super::*;

    const T0: Timestamp = Timestamp::from_micros(1_763_625_600_000_000);

    fn token(n: u128) -> TokenId {
        TokenId::new(Uuid::from_u128(n))
    }

    #[test]
    fn a_bucket_empties_tells_how_long_and_fills_again() {
        let rates = Rates::new(Limits { light: 2, heavy: 1, write: 1 });
        let (state, first) = rates.take(token(1), Rate::Light, T0);
        assert!(first.is_ok());
        assert_eq!(state.unwrap(), RateState { class: Rate::Light, limit: 2, remaining: 1, reset: 30 });
        assert!(rates.take(token(1), Rate::Light, T0).1.is_ok());
        let (state, third) = rates.take(token(1), Rate::Light, T0);
        let error = third.unwrap_err();
        assert_eq!(error.kind, Kind::Limited { retry_after: 30 });
        assert_eq!(error.to_string(), "too many calls with this token (2 a minute); wait 30 s and call again");
        assert_eq!((state.unwrap().remaining, state.unwrap().reset), (0, 60));
        // other classes and other tokens have their own
        assert!(rates.take(token(1), Rate::Write, T0).1.is_ok());
        assert!(rates.take(token(2), Rate::Light, T0).1.is_ok());
        // one second too early, then in time
        assert!(rates.take(token(1), Rate::Light, T0.plus(Span::seconds(29))).1.is_err());
        assert!(rates.take(token(1), Rate::Light, T0.plus(Span::seconds(30))).1.is_ok());
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let rates = Rates::new(Limits { light: 1, heavy: 1, write: 1 });
        assert!(rates.take(token(1), Rate::Light, T0).1.is_ok());
        assert!(rates.take(token(1), Rate::Light, T0.minus(Span::hours(5))).1.is_err());
    }

    #[test]
    fn no_limit_is_no_state() {
        let (state, result) = Rates::new(Limits::NONE).take(token(1), Rate::Heavy, T0);
        assert!(state.is_none() && result.is_ok());
    }
}
