//! How often one caller may knock at the doors that need no credential.
use watchkeep_model::{Span, Timestamp};

use super::Authority;
use crate::bucket::{Size, network, seconds};
use crate::error::{Error, Kind};

/// What somebody without a credential asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Knock {
    /// A browser brings a request.
    Authorize,
    /// Tokens.
    Token,
    /// A new client.
    Register,
    /// An attempt to be kept for the page about connections, of one address.
    Attempt,
    /// The same, of all addresses.
    Attempts,
    /// A metadata document to be fetched, of one person.
    Document,
}

impl Knock {
    const fn size(self) -> Size {
        match self {
            Self::Authorize | Self::Attempt => Size { most: 60, each: Span::seconds(1) },
            Self::Token => Size { most: 300, each: Span::from_micros(100_000) },
            Self::Register => Size { most: 20, each: Span::minutes(3) },
            Self::Attempts => Size { most: 240, each: Span::from_micros(500_000) },
            Self::Document => Size { most: 20, each: Span::seconds(6) },
        }
    }
}

impl Authority {
    /// Lets somebody in once more, unless throttling is off: `who` is an address, or whatever else counts as one caller.
    ///
    /// # Errors
    /// [`Kind::Limited`] with the seconds to wait.
    pub(super) fn admit(&self, knock: Knock, who: &str, now: Timestamp) -> Result<(), Error> {
        if !self.settings.throttled {
            return Ok(());
        }
        let Some(wait) = self.knocks.take((knock, network(who)), knock.size(), now).wait else { return Ok(()) };
        let retry_after = seconds(wait).max(1);
        let text = format!("too many requests from one address; wait {retry_after} s, then try again");
        Err(Error::new(Kind::Limited { retry_after }, text))
    }
}

#[cfg(test)]
mod tests {
    use watchkeep_store::Keyring;

    use super::*;
    use crate::oauth::Settings;

    const T0: Timestamp = Timestamp::from_micros(1_763_625_600_000_000);

    fn authority(throttled: bool) -> Authority {
        let settings = Settings { throttled, ..Settings::default() };
        Authority::new(settings, None, &Keyring::generate().unwrap(), "https://hub.example")
    }

    #[test]
    fn a_door_lets_so_many_through_and_tells_how_long_to_wait() {
        let authority = authority(true);
        for _ in 0..20 {
            assert!(authority.admit(Knock::Register, "192.0.2.1", T0).is_ok());
        }
        let refused = authority.admit(Knock::Register, "192.0.2.1", T0).unwrap_err();
        assert_eq!(refused.kind, Kind::Limited { retry_after: 180 });
        assert!(authority.admit(Knock::Register, "192.0.2.2", T0).is_ok());
        assert!(authority.admit(Knock::Token, "192.0.2.1", T0).is_ok());
        assert!(authority.admit(Knock::Register, "192.0.2.1", T0.plus(Span::seconds(180))).is_ok());
    }

    #[test]
    fn where_nobody_is_throttled_nobody_waits() {
        let authority = authority(false);
        assert!((0..1_000).all(|_| authority.admit(Knock::Register, "192.0.2.1", T0).is_ok()));
    }
}
