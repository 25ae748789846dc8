//! How often: buckets that fill up evenly over a minute, one for each host and one for all.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use watchkeep_model::{Span, Timestamp};

const MINUTE: Span = Span::minutes(1);
/// Above so many hosts, those that were quiet for a minute are forgotten: their buckets are full.
const PRUNE_AT: usize = 1_024;

#[derive(Debug)]
pub(super) struct Pace {
    of_a_host: u32,
    in_all: u32,
    buckets: Mutex<Buckets>,
}

#[derive(Debug, Default)]
struct Buckets {
    all: Option<Bucket>,
    hosts: HashMap<String, Bucket>,
}

/// What was taken and has not flowed off yet, in microseconds of a minute.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    used: i64,
    at: Timestamp,
}

impl Bucket {
    const fn new(at: Timestamp) -> Self {
        Self { used: 0, at }
    }

    /// With what has flowed off by `now`; a clock that went back lets nothing flow.
    fn at(self, now: Timestamp) -> Self {
        Self { used: (self.used - now.since(self.at).micros().max(0)).max(0), at: now.max(self.at) }
    }

    /// One more, if a bucket of `a_minute` has room for it.
    fn with_one(self, a_minute: u32) -> Option<Self> {
        let used = self.used + MINUTE.micros() / i64::from(a_minute.max(1));
        (a_minute > 0 && used <= MINUTE.micros()).then_some(Self { used, ..self })
    }
}

impl Pace {
    pub(super) fn new(of_a_host: u32, in_all: u32) -> Self {
        Self { of_a_host, in_all, buckets: Mutex::default() }
    }

    /// Takes one for `host` and one of all; takes neither if one is spent.
    pub(super) fn take(&self, host: &str, now: Timestamp) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.hosts.len() >= PRUNE_AT {
            buckets.hosts.retain(|_, bucket| bucket.at(now).used > 0);
        }
        let all = buckets.all.unwrap_or(Bucket::new(now)).at(now).with_one(self.in_all);
        let one = buckets.hosts.get(host).copied().unwrap_or(Bucket::new(now)).at(now).with_one(self.of_a_host);
        let (Some(all), Some(one)) = (all, one) else { return false };
        buckets.all = Some(all);
        buckets.hosts.insert(host.to_owned(), one);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{PRUNE_AT, Pace};
    use watchkeep_model::{Span, Timestamp};

    #[test]
    fn a_host_has_its_share_and_all_have_theirs() {
        let pace = Pace::new(3, 5);
        let now = Timestamp::EPOCH;
        let taken = |host: &str, n: usize, now| (0..n).filter(|_| pace.take(host, now)).count();
        assert_eq!(taken("a", 10, now), 3);
        assert_eq!(taken("b", 10, now), 2, "what is left of all");
        // a third of a minute gives one back to each host, and one of all (five a minute: one each 12 s)
        let later = now.plus(Span::seconds(20));
        assert_eq!(taken("a", 10, later), 1);
        assert_eq!(taken("c", 10, later), 0);
        assert_eq!(taken("a", 10, now), 0, "a clock that goes back fills nothing");
        assert_eq!(taken("a", 10, later), 0, "nor when it comes forward again");
        let much_later = now.plus(Span::minutes(5));
        assert_eq!(taken("a", 10, much_later), 3);
    }

    #[test]
    fn a_flood_of_hosts_is_bounded_by_all_and_forgotten() {
        let pace = Pace::new(10, 60);
        let passed = (0..1_000).filter(|n| pace.take(&format!("h{n}.example"), Timestamp::EPOCH)).count();
        assert_eq!(passed, 60);
        for minute in 1..100 {
            let now = Timestamp::EPOCH.plus(Span::minutes(minute));
            for n in 0..60 {
                assert!(pace.take(&format!("h{minute}-{n}.example"), now));
            }
        }
        assert!(pace.buckets.lock().unwrap().hosts.len() <= PRUNE_AT);
    }
}
