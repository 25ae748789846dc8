//! What stands before a hash: limits per address and account, and a queue that is bounded in length and time.
//!
//! A hash takes 19 MiB and tens of milliseconds. So many run at once as there are processors but one, so many wait as
//! can be served in two seconds, and everybody else hears at once that the hub is busy: memory is bounded, and the other
//! doors stay open.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ring::hmac;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use watchkeep_authz::signin::password::{self, Cost};
use watchkeep_model::Timestamp;
use watchkeep_store::Keyring;

use crate::bucket::{Buckets, Size, network};
use crate::error::{Error, Kind};
use crate::rng::Rng;

/// Sign-in attempts per minute; 0 means no limit. A bucket starts full, so this is also the burst. Several hubs behind a
/// load balancer each have their own; the locks on accounts are rows, and hold for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From one address (IPv4) or network (IPv6, /64).
    pub address: u32,
    /// For one account, and for one browser that the account knows.
    pub account: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { address: 20, account: 10 }
    }
}

impl Limits {
    /// No limits at all: for measurements and tests.
    pub const NONE: Self = Self { address: 0, account: 0 };
}

const WAITING: usize = 32;
const WAIT: Duration = Duration::from_secs(2);

/// The gate of one hub.
pub(crate) struct Gate {
    limits: Limits,
    attempts: Buckets<[u8; 32]>,
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    subjects: hmac::Key,
    /// Verified for people who are not there.
    nobodys: String,
}

/// The right to one hash.
pub(crate) struct Slot(OwnedSemaphorePermit);

impl Slot {
    /// Runs `work` on a thread of its own; the slot is free when it has ended, whoever left meanwhile.
    pub(crate) async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let Self(permit) = self;
        let done = tokio::task::spawn_blocking(move || {
            let out = work();
            drop(permit);
            out
        });
        done.await.map_err(Error::internal)
    }
}

struct Waiting<'g>(&'g AtomicUsize);
impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Gate {
    pub(crate) fn new(limits: Limits, keys: &Keyring, rng: &Rng) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            limits,
            attempts: Buckets::default(),
            slots: Arc::new(Semaphore::new(cores.saturating_sub(1).max(1))),
            waiting: AtomicUsize::new(0),
            subjects: hmac::Key::new(hmac::HMAC_SHA256, &keys.derive("sign-in")),
            nobodys: password::nobodys(&rng.bytes(), Cost::NOW),
        }
    }

    /// What a count of attempts is kept under. Keyed, so that the rows tell nobody which addresses were tried.
    pub(crate) fn subject(&self, what: &str, whose: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.subjects);
        context.update(what.as_bytes());
        context.update(&[0]);
        context.update(whose);
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }

    /// A PHC string that nothing opens, at the price of a real one.
    pub(crate) fn nobodys(&self) -> String {
        self.nobodys.clone()
    }

    /// Takes an attempt of an address.
    ///
    /// # Errors
    /// [`Kind::Limited`].
    pub(crate) fn address(&self, address: &str, now: Timestamp) -> Result<(), Error> {
        self.take(self.subject("address", network(address).as_bytes()), self.limits.address, now)
    }

    /// Takes an attempt for an account, or for a browser that it knows.
    ///
    /// # Errors
    /// [`Kind::Limited`].
    pub(crate) fn account(&self, subject: [u8; 32], now: Timestamp) -> Result<(), Error> {
        self.take(subject, self.limits.account, now)
    }

    fn take(&self, key: [u8; 32], per_minute: u32, now: Timestamp) -> Result<(), Error> {
        if per_minute == 0 {
            return Ok(());
        }
        match self.attempts.take(key, Size::per_minute(per_minute), now).wait {
            Some(wait) => Err(super::wait(now.plus(wait), now)),
            None => Ok(()),
        }
    }

    /// A place in the queue for hashes.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] if it is full, or does not move within two seconds.
    pub(crate) async fn slot(&self) -> Result<Slot, Error> {
        if let Ok(permit) = self.slots.clone().try_acquire_owned() {
            return Ok(Slot(permit));
        }
        let before = self.waiting.fetch_add(1, Ordering::AcqRel);
        let _waiting = Waiting(&self.waiting);
        if before >= WAITING {
            return Err(busy());
        }
        match tokio::time::timeout(WAIT, self.slots.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Slot(permit)),
            _ => Err(busy()),
        }
    }
}

fn busy() -> Error {
    Error::new(Kind::Unavailable, "the hub is busy; try again in a few seconds")
}

#[cfg(test)]
mod tests {
    use watchkeep_model::Span;

    use super::*;

    fn gate(limits: Limits) -> Gate {
        Gate::new(limits, &Keyring::generate().unwrap(), &Rng::seeded(1))
    }
    const NOW: Timestamp = Timestamp::from_micros(1_763_625_600_000_000);

    #[test]
    fn a_bucket_starts_full_and_fills_up_evenly() {
        let gate = gate(Limits { address: 20, account: 10 });
        let free = |at| (0..30).take_while(|_| gate.address("192.0.2.1", at).is_ok()).count();
        assert_eq!(free(NOW), 20);
        assert_eq!(free(NOW.plus(Span::seconds(3))), 1);
        assert_eq!(free(NOW.plus(Span::seconds(33))), 10);
        assert_eq!(free(NOW.plus(Span::minutes(5))), 20);
        // a clock that went back neither fills nor closes for long
        assert_eq!(free(NOW), 0);
        assert!(gate.address("192.0.2.2", NOW).is_ok(), "others are free");
    }

    #[test]
    fn the_wait_is_told_in_seconds() {
        let gate = gate(Limits { address: 1, account: 10 });
        gate.address("192.0.2.1", NOW).unwrap();
        let told = gate.address("192.0.2.1", NOW.plus(Span::seconds(20))).unwrap_err();
        assert!(matches!(told.kind, Kind::Limited { retry_after: 40 | 41 }), "{told:?}");
    }

    #[test]
    fn no_limits_are_no_limits() {
        let gate = gate(Limits::NONE);
        assert!((0..10_000).all(|_| gate.address("192.0.2.1", NOW).is_ok()));
    }

    #[tokio::test(start_paused = true)]
    async fn the_queue_is_bounded_in_length_and_time() {
        let gate = Arc::new(gate(Limits::NONE));
        let running = gate.slots.available_permits();
        let mut held = vec![];
        for _ in 0..running {
            held.push(gate.slot().await.unwrap());
        }
        let waiting: Vec<_> = (0..WAITING + 5).map(|_| gate.slot()).collect();
        let ended = futures_util::future::join_all(waiting).await;
        assert!(ended.iter().all(|e| matches!(e, Err(e) if e.kind == Kind::Unavailable)));
        assert_eq!(gate.waiting.load(Ordering::Acquire), 0);
        drop(held);
        assert_eq!(gate.slot().await.unwrap().run(|| 7).await.unwrap(), 7);
    }
}
