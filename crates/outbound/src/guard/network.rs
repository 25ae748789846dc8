//! A network as operators write it: an address, or an address and a prefix length (RFC 4632, 3.1; RFC 4291, 2.3).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Addresses with the same first bits, of one family: `10.20.0.0/16`, `fd12::/48`, `192.168.1.7`.
///
/// An IPv4 network holds no IPv6 address and the other way round, mapped or not: what a name resolves to is compared as
/// it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    first: IpAddr,
    prefix: u8,
}

/// A text that is no network, with what is wrong about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadNetwork {
    /// Before the slash is no address.
    #[error("this is not an IPv4 or IPv6 address, alone or with a prefix length (10.20.0.0/16)")]
    Address,
    /// After the slash is no number of bits of that family.
    #[error("the prefix length must be a number up to 32 for IPv4, or 128 for IPv6")]
    Prefix,
    /// There are bits after the prefix: a slip more often than not.
    #[error("the address has bits beyond the prefix length; write the first address of the network")]
    Bits,
}

impl Network {
    /// The network of this address alone.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        Self { first: address, prefix: if address.is_ipv4() { 32 } else { 128 } }
    }

    /// Whether it holds this one address and no other.
    #[must_use]
    pub const fn is_single(&self) -> bool {
        self.prefix == if self.first.is_ipv4() { 32 } else { 128 }
    }

    /// Whether it holds this address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                rest_v4(u32::from(first) ^ u32::from(address), self.prefix) == 0
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                rest_v6(u128::from(first) ^ u128::from(address), self.prefix) == 0
            }
            _ => false,
        }
    }
}

/// The first `prefix` bits, moved to the end.
fn rest_v4(bits: u32, prefix: u8) -> u32 {
    bits.checked_shr(32 - u32::from(prefix)).unwrap_or(0)
}

fn rest_v6(bits: u128, prefix: u8) -> u128 {
    bits.checked_shr(128 - u32::from(prefix)).unwrap_or(0)
}

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let first: IpAddr = address.parse().map_err(|_| BadNetwork::Address)?;
        let Some(prefix) = prefix else { return Ok(Self::of(first)) };
        let digits = (1..=3).contains(&prefix.len()) && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix: u8 = prefix.parse().ok().filter(|_| digits).ok_or(BadNetwork::Prefix)?;
        let network = Self { first, prefix };
        if prefix > Self::of(first).prefix {
            return Err(BadNetwork::Prefix);
        }
        let beyond = match first {
            IpAddr::V4(first) => {
                !Ipv4Addr::from(u32::MAX.checked_shr(prefix.into()).unwrap_or(0) & u32::from(first)).is_unspecified()
            }
            IpAddr::V6(first) => {
                !Ipv6Addr::from(u128::MAX.checked_shr(prefix.into()).unwrap_or(0) & u128::from(first)).is_unspecified()
            }
        };
        if beyond { Err(BadNetwork::Bits) } else { Ok(network) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::{BadNetwork, Network};

    fn network(text: &str) -> Network {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_what_shares_its_first_bits() {
        for (text, inside, outside) in [
            ("10.20.0.0/16", "10.20.255.1", "10.21.0.0"),
            ("192.168.1.7", "192.168.1.7", "192.168.1.6"),
            ("192.168.1.4/30", "192.168.1.7", "192.168.1.8"),
            ("0.0.0.0/0", "255.1.2.3", "::"),
            ("fd12::/48", "fd12:0:0:1::9", "fd12:0:1::"),
            ("::/0", "2001:db8::1", "0.0.0.0"),
            ("fd00::1", "fd00::1", "fd00::2"),
            ("10.0.0.0/8", "10.1.1.1", "::ffff:10.1.1.1"),
        ] {
            assert!(network(text).contains(inside.parse().unwrap()), "{text} {inside}");
            assert!(!network(text).contains(outside.parse().unwrap()), "{text} {outside}");
        }
        assert_eq!(network("10.20.0.0/16").to_string(), "10.20.0.0/16");
        assert!(
            network("10.0.0.1").is_single() && network("::1/128").is_single() && !network("10.0.0.0/31").is_single()
        );
    }

    #[test]
    fn a_slip_is_told() {
        for (text, why) in [
            ("", BadNetwork::Address),
            ("10.0.0", BadNetwork::Address),
            ("example.org/8", BadNetwork::Address),
            ("10.0.0.0/33", BadNetwork::Prefix),
            ("10.0.0.0/", BadNetwork::Prefix),
            ("10.0.0.0/+8", BadNetwork::Prefix),
            ("::/129", BadNetwork::Prefix),
            ("10.0.0.1/8", BadNetwork::Bits),
            ("fd00::1/64", BadNetwork::Bits),
            ("0.0.0.1/0", BadNetwork::Bits),
        ] {
            assert_eq!(text.parse::<Network>(), Err(why), "{text}");
        }
    }
}
