//! Wrong tokens at the webhook: somebody who has sent many is not listened to for a while.
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use watchkeep_hub::{Error, Kind};
use watchkeep_model::{Span, Timestamp};

/// Wrong tokens of one network in [`WINDOW`].
const MOST: u32 = 60;
const WINDOW: Span = Span::minutes(1);
/// Above so many networks those whose time is over are forgotten.
const PRUNE_AT: usize = 4_096;

/// Wrong tokens by network, on this hub.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<IpAddr, Wrong>>);

#[derive(Debug, Clone, Copy)]
struct Wrong {
    since: Timestamp,
    count: u32,
}

impl Wrong {
    fn ends(self) -> Timestamp {
        self.since.plus(WINDOW)
    }
}

/// An IPv6 address stands for its network of 64 bits: who has one address there has them all.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

impl Attempts {
    /// Whether this address may try.
    ///
    /// # Errors
    /// [`Kind::Limited`] with the seconds to wait.
    pub(super) fn free(&self, address: IpAddr, now: Timestamp) -> Result<(), Error> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get(&network(address)) {
            Some(wrong) if wrong.count >= MOST && now < wrong.ends() => {
                let seconds = (wrong.ends().since(now).micros() + 999_999) / 1_000_000;
                let retry_after = u32::try_from(seconds).unwrap_or(60);
                let text = format!(
                    "too many wrong tokens came from this address ({MOST} a minute); correct the token, wait \
                     {retry_after} s and send it again"
                );
                Err(Error::new(Kind::Limited { retry_after }, text))
            }
            _ => Ok(()),
        }
    }

    /// Notes a wrong token.
    pub(super) fn failed(&self, address: IpAddr, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= PRUNE_AT {
            all.retain(|_, wrong| now < wrong.ends());
        }
        let wrong = all.entry(network(address)).or_insert(Wrong { since: now, count: 0 });
        if now >= wrong.ends() || now < wrong.since {
            *wrong = Wrong { since: now, count: 0 };
        }
        wrong.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_micros(1_763_625_600_000_000);

    #[test]
    fn after_many_wrong_tokens_there_is_a_pause() {
        let (attempts, bad): (Attempts, IpAddr) = (Attempts::default(), [203, 0, 113, 9].into());
        for _ in 0..MOST {
            assert!(attempts.free(bad, T0).is_ok());
            attempts.failed(bad, T0);
        }
        let told = attempts.free(bad, T0.plus(Span::seconds(20))).unwrap_err();
        assert_eq!(told.kind, Kind::Limited { retry_after: 40 });
        assert!(attempts.free([203, 0, 113, 10].into(), T0).is_ok(), "others are listened to");
        assert!(attempts.free(bad, T0.plus(WINDOW)).is_ok());
        attempts.failed(bad, T0.plus(WINDOW));
        assert!(attempts.free(bad, T0.plus(WINDOW)).is_ok(), "the count began anew");
    }

    #[test]
    fn addresses_of_one_network_are_one() {
        let attempts = Attempts::default();
        for n in 0..MOST {
            attempts.failed(format!("2001:db8::{n:x}").parse().unwrap(), T0);
        }
        assert!(attempts.free("2001:db8::ffff".parse().unwrap(), T0).is_err());
        assert!(attempts.free("2001:db8:0:1::1".parse().unwrap(), T0).is_ok());
        assert_eq!(network("::ffff:192.0.2.7".parse().unwrap()), IpAddr::from([192, 0, 2, 7]));
    }
}
