//! Chance: ids and secrets. Seeded in tests and for demo data, the system's otherwise.
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;
use watchkeep_model::Timestamp;

/// A source of random bytes and of ids that sort by the time of their making.
pub struct Rng(Mutex<State>);

struct State {
    source: Source,
    /// The last id as 122 bits: 48 of milliseconds, 74 of chance.
    last: u128,
}

enum Source {
    System(SystemRandom),
    /// SHA-256 of seed and block number: the same bytes for the same seed, everywhere.
    Seeded {
        seed: u64,
        block: u64,
    },
}

const CHANCE_BITS: u32 = 74;

impl Rng {
    /// The operating system's generator.
    #[must_use]
    pub fn system() -> Self {
        Self::of(Source::System(SystemRandom::new()))
    }

    /// The same sequence for the same seed. Not for secrets.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::of(Source::Seeded { seed, block: 0 })
    }

    fn of(source: Source) -> Self {
        Self(Mutex::new(State { source, last: 0 }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `N` random bytes.
    ///
    /// # Panics
    /// If the operating system has no randomness to give: nothing that needs a secret may go on then.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.state().source.fill(&mut out);
        out
    }

    /// A UUIDv7 of this time, greater than each one made here before (RFC 9562, section 6.2, method 2), also when
    /// the clock stands still or goes back.
    #[must_use]
    pub fn id(&self, now: Timestamp) -> Uuid {
        let mut state = self.state();
        let mut bytes = [0; 16];
        state.source.fill(&mut bytes);
        let chance = u128::from_be_bytes(bytes);
        let millis = u128::try_from(now.micros().max(0) / 1_000).unwrap_or_default() & ((1 << 48) - 1);
        let fresh = (millis << CHANCE_BITS) | (chance & ((1 << CHANCE_BITS) - 1));
        // in the same millisecond: a random step, so that one id does not tell the next
        let next = if fresh > state.last { fresh } else { state.last + 1 + (chance & 0xFFFF_FFFF) };
        state.last = next;
        Uuid::from_u128(lay_out(next))
    }
}

/// 122 bits into the places that version and variant leave free.
const fn lay_out(bits: u128) -> u128 {
    let time = bits >> CHANCE_BITS;
    let high = (bits >> 62) & 0xFFF;
    let low = bits & ((1 << 62) - 1);
    (time << 80) | (7 << 76) | (high << 64) | (2 << 62) | low
}

impl Source {
    fn fill(&mut self, out: &mut [u8]) {
        match self {
            #[expect(clippy::panic, reason = "without randomness no secret may be made, and no answer is right")]
            Source::System(system) => {
                if system.fill(out).is_err() {
                    panic!("the operating system gives no random bytes");
                }
            }
            Source::Seeded { seed, block } => {
                for chunk in out.chunks_mut(32) {
                    let mut text = [0_u8; 16];
                    text[..8].copy_from_slice(&seed.to_be_bytes());
                    text[8..].copy_from_slice(&block.to_be_bytes());
                    *block += 1;
                    chunk.copy_from_slice(&digest(&SHA256, &text).as_ref()[..chunk.len()]);
                }
            }
        }
    }
}

impl fmt::Debug for Rng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rng(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_also_when_the_clock_stands_still_or_goes_back() {
        for rng in [Rng::system(), Rng::seeded(1)] {
            let mut last = Uuid::nil();
            for i in 0..5_000_i64 {
                let now = Timestamp::from_micros(1_763_625_600_000_000 + [0, 0, 5_000, -9_000][(i % 4) as usize]);
                let id = rng.id(now);
                assert!(id > last, "{id} after {last}");
                assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
                last = id;
            }
        }
    }

    #[test]
    fn an_id_tells_its_millisecond() {
        let id = Rng::seeded(3).id(Timestamp::from_micros(1_763_625_600_123_456));
        assert_eq!(id.as_u128() >> 80, 1_763_625_600_123);
    }

    #[test]
    fn a_seed_repeats_itself_and_no_other() {
        let (a, b, c) = (Rng::seeded(7), Rng::seeded(7), Rng::seeded(8));
        let (x, y): ([u8; 70], [u8; 70]) = (a.bytes(), b.bytes());
        assert_eq!(x, y);
        assert_ne!(x, c.bytes::<70>());
        assert_ne!(x, a.bytes::<70>());
        assert_ne!(Rng::system().bytes::<32>(), Rng::system().bytes::<32>());
    }
}
