//! How often: buckets that start full and fill up evenly. In memory of each hub; what must hold over hubs and restarts is
//! a row elsewhere.
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use watchkeep_model::{Span, Timestamp};

/// Above so many buckets the full ones are thrown away.
const PRUNE_AT: usize = 4_096;
/// What one hub remembers at the most; beyond that it begins anew.
const MOST: usize = 65_536;

/// How much a bucket holds, and how long one more takes to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    /// At once.
    pub(crate) most: u32,
    /// Until one more is free.
    pub(crate) each: Span,
}

impl Size {
    /// So many a minute, and as many at once. `per_minute` is not 0.
    pub(crate) const fn per_minute(per_minute: u32) -> Self {
        Self { most: per_minute, each: Span::from_micros(Span::minutes(1).micros() / per_minute as i64) }
    }
    const fn whole(self) -> i64 {
        self.each.micros() * self.most as i64
    }
}

/// What is left of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// How many may follow at once.
    pub(crate) remaining: u32,
    /// Until it is full again.
    pub(crate) full_in: Span,
    /// Where none could be taken: until one can.
    pub(crate) wait: Option<Span>,
}

/// Buckets of one kind of caller. Kept is when each is full again: one number is enough (the generic cell rate algorithm).
#[derive(Debug)]
pub(crate) struct Buckets<K>(Mutex<HashMap<K, Timestamp>>);

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Buckets<K> {
    /// Takes one, if there is one. A clock that went back fills nothing.
    pub(crate) fn take(&self, key: K, size: Size, now: Timestamp) -> Left {
        let (now, whole) = (now.micros(), size.whole());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= PRUNE_AT {
            all.retain(|_, full_at| full_at.micros() > now);
            if all.len() >= MOST {
                all.clear();
            }
        }
        let before = all.get(&key).map_or(now, |at| at.micros().clamp(now, now + whole));
        let after = before + size.each.micros();
        let wait = (after > now + whole).then(|| Span::from_micros(after - whole - now));
        let full_at = if wait.is_some() { before } else { after };
        if wait.is_none() {
            all.insert(key, Timestamp::from_micros(full_at));
        }
        let remaining = u32::try_from((now + whole - full_at) / size.each.micros()).unwrap_or(0);
        Left { remaining, full_in: Span::from_micros(full_at - now), wait }
    }

    /// How many are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Whole seconds, rounded up.
pub(crate) fn seconds(span: Span) -> u32 {
    u32::try_from(span.micros().max(0).unsigned_abs().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

/// What counts as one caller: an IPv4 address, or the /64 of an IPv6 address, the least that one subscriber has.
pub(crate) fn network(address: &str) -> String {
    match address.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(IpAddr::V4(ip)) => ip.to_string(),
        Err(_) => address.chars().take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_micros(1_763_625_600_000_000);

    #[test]
    fn a_bucket_starts_full_empties_and_fills_up_evenly() {
        let buckets = Buckets::default();
        let size = Size { most: 3, each: Span::seconds(10) };
        for remaining in [2, 1, 0] {
            assert_eq!(buckets.take('a', size, T0).remaining, remaining);
        }
        let none = Left { remaining: 0, full_in: Span::seconds(30), wait: Some(Span::seconds(10)) };
        assert_eq!(buckets.take('a', size, T0), none);
        assert_eq!(buckets.take('b', size, T0).wait, None, "another has a bucket of its own");
        assert!(buckets.take('a', size, T0.plus(Span::seconds(9))).wait.is_some());
        assert_eq!(buckets.take('a', size, T0.plus(Span::seconds(10))).wait, None);
        // it never holds more than it can
        assert_eq!(buckets.take('a', size, T0.plus(Span::hours(5))).remaining, 2);
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let buckets = Buckets::default();
        let size = Size::per_minute(1);
        assert_eq!(buckets.take((), size, T0).wait, None);
        assert!(buckets.take((), size, T0.minus(Span::hours(5))).wait.is_some());
    }

    #[test]
    fn full_buckets_are_thrown_away_and_others_kept() {
        let buckets = Buckets::default();
        let size = Size::per_minute(2);
        for n in 0..PRUNE_AT {
            let _ = buckets.take(n, size, T0);
        }
        let _ = buckets.take(PRUNE_AT + 1, size, T0.plus(Span::minutes(2)));
        assert_eq!(buckets.len(), 1);
    }

    #[test]
    fn one_subscriber_is_one_caller() {
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::9"));
        assert_ne!(network("2001:db8:1:2::9"), network("2001:db8:1:3::9"));
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
