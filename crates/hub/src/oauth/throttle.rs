//! How often an address may knock at the doors that need no credential. In memory of each hub; what must hold over hubs
//! and restarts is a row elsewhere.
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use watchkeep_model::Timestamp;

/// A door, with what it lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Gate {
    /// Requests of browsers.
    Authorize,
    /// Requests for tokens.
    Token,
    /// Registrations of clients.
    Register,
    /// Attempts that are kept for the page about connections, of one address.
    Attempt,
    /// The same, of all addresses.
    Attempts,
    /// Metadata documents that are fetched for one person.
    Document,
}

impl Gate {
    /// How many at once, and how many seconds until one more is free.
    const fn measure(self) -> (f64, f64) {
        match self {
            Self::Authorize => (60.0, 1.0),
            Self::Token => (300.0, 0.1),
            Self::Register => (20.0, 180.0),
            Self::Attempt => (60.0, 1.0),
            Self::Attempts => (240.0, 0.5),
            Self::Document => (20.0, 6.0),
        }
    }
}

/// Above so many the full ones are thrown away.
const PRUNE_AT: usize = 4_096;
/// What one hub remembers at the most; beyond, the oldest knowledge goes.
const MOST: usize = 65_536;

#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<HashMap<(Gate, String), (f64, Timestamp)>>);

impl Throttle {
    /// Takes one from the bucket of `who`.
    ///
    /// # Errors
    /// The seconds until there is one again, at least 1.
    pub(crate) fn take(&self, gate: Gate, who: &str, now: Timestamp) -> Result<(), u32> {
        let (most, per) = gate.measure();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= PRUNE_AT {
            all.retain(|(gate, _), (left, at)| {
                let (most, per) = gate.measure();
                filled(*left, *at, now, per, most) < most
            });
            if all.len() >= MOST {
                all.clear();
            }
        }
        let bucket = all.entry((gate, net(who))).or_insert((most, now));
        let left = filled(bucket.0, bucket.1, now, per, most);
        if left >= 1.0 {
            *bucket = (left - 1.0, now);
            return Ok(());
        }
        *bucket = (left, now);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few minutes, rounded up")]
        let wait = ((1.0 - left) * per).ceil().max(1.0) as u32;
        Err(wait)
    }
}

fn filled(left: f64, at: Timestamp, now: Timestamp, per: f64, most: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a bucket's life are far below 2^53")]
    let passed = now.since(at).micros().max(0) as f64 / 1e6;
    (left + passed / per).min(most)
}

/// The network that counts as one caller: an IPv4 address, or the first 64 bits of an IPv6 one.
pub(crate) fn net(address: &str) -> String {
    match address.parse() {
        Ok(std::net::IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => {
            let s = v6.segments();
            format!("{:x}:{:x}:{:x}:{:x}::/64", s[0], s[1], s[2], s[3])
        }
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use watchkeep_model::Span;

    use super::*;

    const T0: Timestamp = Timestamp::from_micros(1_763_625_600_000_000);

    #[test]
    fn a_door_lets_so_many_through_and_tells_how_long_to_wait() {
        let throttle = Throttle::default();
        for _ in 0..20 {
            assert!(throttle.take(Gate::Register, "192.0.2.1", T0).is_ok());
        }
        assert_eq!(throttle.take(Gate::Register, "192.0.2.1", T0), Err(180));
        assert!(throttle.take(Gate::Register, "192.0.2.2", T0).is_ok());
        assert!(throttle.take(Gate::Token, "192.0.2.1", T0).is_ok());
        assert!(throttle.take(Gate::Register, "192.0.2.1", T0.plus(Span::seconds(180))).is_ok());
    }

    #[test]
    fn one_network_of_ipv6_is_one_caller() {
        assert_eq!(net("2001:db8:1:2:3::4"), net("2001:db8:1:2::9"));
        assert_ne!(net("2001:db8:1:2::4"), net("2001:db8:1:3::4"));
        assert_eq!(net("192.0.2.7"), "192.0.2.7");
    }
}
