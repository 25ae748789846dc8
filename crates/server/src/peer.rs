//! Who is at the other end: the socket's address, or what a trusted proxy says.
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use http::{HeaderMap, HeaderName, header};
use watchkeep_model::text;

/// The address of the socket, put into each request by the listener.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// A range of addresses, such as `10.0.0.0/8` or `2001:db8::/32`; a single address is a range of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    net: IpAddr,
    bits: u8,
}

/// Text that is no range of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCidr(String);

impl std::fmt::Display for BadCidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is no range of addresses; write one such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32", self.0)
    }
}

impl std::error::Error for BadCidr {}

impl FromStr for Cidr {
    type Err = BadCidr;

    fn from_str(range: &str) -> Result<Self, BadCidr> {
        let bad = || BadCidr(text::clean(range, 60));
        let (net, bits) = match range.split_once('/') {
            Some((net, bits)) => (net, Some(bits.parse::<u8>().map_err(|_| bad())?)),
            None => (range, None),
        };
        let net = net.parse::<IpAddr>().map_err(|_| bad())?.to_canonical();
        let most = if net.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most { Err(bad()) } else { Ok(Self { net, bits }) }
    }
}

impl Cidr {
    /// Whether the address is in the range.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.net, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                let shift = 32 - u32::from(self.bits);
                u32::from(net).checked_shr(shift) == u32::from(ip).checked_shr(shift)
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => {
                let shift = 128 - u32::from(self.bits);
                u128::from(net).checked_shr(shift) == u128::from(ip).checked_shr(shift)
            }
            _ => false,
        }
    }
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED: HeaderName = header::FORWARDED;

/// The client's address. `X-Forwarded-For`, else `Forwarded` (RFC 7239), is read from its end and believed as long as
/// the one who said it is a trusted proxy; so what a client writes itself is never reached.
#[must_use]
pub fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Cidr]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|range| range.contains(address));
    let mut client = peer.to_canonical();
    if !is_trusted(client) {
        return client;
    }
    let hops: Vec<Option<IpAddr>> = match hops(headers, &X_FORWARDED_FOR, |hop| Some(hop)) {
        none if none.is_empty() => hops(headers, &FORWARDED, for_pair),
        hops => hops,
    };
    for hop in hops.into_iter().rev() {
        let Some(address) = hop else { break };
        client = address;
        if !is_trusted(client) {
            break;
        }
    }
    client
}

/// True if a proxy had its hands on this request.
#[must_use]
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(FORWARDED) || headers.contains_key("x-real-ip")
}

fn hops(headers: &HeaderMap, name: &HeaderName, of: fn(&str) -> Option<&str>) -> Vec<Option<IpAddr>> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|hop| of(hop.trim()).and_then(address)).collect()
}

/// The `for=` of one element of `Forwarded`.
fn for_pair(element: &str) -> Option<&str> {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| name.eq_ignore_ascii_case("for")).map(|(_, value)| value.trim_matches('"')).next()
}

/// `192.0.2.7`, `192.0.2.7:80`, `[2001:db8::1]`, `[2001:db8::1]:80` or `2001:db8::1`.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(hop, |(bare, _)| bare);
    let parsed = bare.parse::<IpAddr>().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|a| a.ip()));
    parsed.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn range(s: &str) -> Cidr {
        s.parse().unwrap()
    }

    fn seen(peer: &str, name: &'static str, value: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        let trusted = [range("10.0.0.0/8"), range("127.0.0.1"), range("2001:db8::/32")];
        client(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn ranges_hold_what_they_say() {
        assert!(range("10.0.0.0/8").contains("10.255.0.1".parse().unwrap()));
        assert!(!range("10.0.0.0/8").contains("11.0.0.1".parse().unwrap()));
        assert!(range("0.0.0.0/0").contains("203.0.113.9".parse().unwrap()));
        assert!(range("::/0").contains("2001:db8::1".parse().unwrap()));
        assert!(!range("::/0").contains("10.0.0.1".parse().unwrap()));
        assert!(range("192.0.2.7").contains("::ffff:192.0.2.7".parse().unwrap()));
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "::1/129", "host", "10.0.0.0/-1", "10.0.0.0/8/8"] {
            assert!(bad.parse::<Cidr>().unwrap_err().to_string().contains("10.0.0.0/8"), "{bad}");
        }
    }

    #[test]
    fn a_stranger_says_nothing_about_addresses() {
        assert_eq!(seen("203.0.113.9", "x-forwarded-for", "192.0.2.1"), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", "forwarded", "for=192.0.2.1"), "203.0.113.9");
    }

    #[test]
    fn the_last_untrusted_hop_is_the_client() {
        for (value, want) in [
            ("192.0.2.1", "192.0.2.1"),
            ("8.8.8.8, 192.0.2.1", "192.0.2.1"),
            ("8.8.8.8, 192.0.2.1, 10.1.1.1", "192.0.2.1"),
            ("192.0.2.1:4711", "192.0.2.1"),
            ("[2001:db9::1]:4711", "2001:db9::1"),
            ("nonsense", "127.0.0.1"),
            ("192.0.2.1, nonsense", "127.0.0.1"),
            ("10.1.1.1", "10.1.1.1"),
        ] {
            assert_eq!(seen("127.0.0.1", "x-forwarded-for", value), want, "{value}");
        }
        for (value, want) in [
            ("for=192.0.2.1;proto=https", "192.0.2.1"),
            ("For=\"[2001:db9::1]:80\", for=10.0.0.1", "2001:db9::1"),
            ("proto=https", "127.0.0.1"),
            ("for=unknown", "127.0.0.1"),
        ] {
            assert_eq!(seen("127.0.0.1", "forwarded", value), want, "{value}");
        }
    }

    /// 20,000 seeded mutations: nothing panics, a stranger changes nothing, and no address comes out of thin air.
    #[test]
    fn mutated_hops_tell_no_address_of_their_own() {
        let good = ["8.8.8.8, 192.0.2.1:80, 10.1.1.1", "for=\"[2001:db9::1]:80\";proto=https, for=10.0.0.1"];
        let trusted = [range("10.0.0.0/8")];
        let rng = watchkeep_hub::Rng::seeded(5);
        let mut taken = 0;
        for round in 0..20_000_usize {
            let mut text = good[round % 2].as_bytes().to_vec();
            for _ in 0..=rng.bytes::<1>()[0] % 3 {
                let [how, at, with] = rng.bytes::<3>();
                let at = usize::from(at) % text.len();
                match how % 3 {
                    0 => text[at] = with,
                    1 => text.insert(at, b",;=\"[]:. 1f"[usize::from(with) % 11]),
                    _ => drop(text.remove(at)),
                }
            }
            let Ok(value) = HeaderValue::from_bytes(&text) else { continue };
            let mut headers = HeaderMap::new();
            headers.insert(if round % 2 == 0 { X_FORWARDED_FOR } else { FORWARDED }, value);
            let stranger: IpAddr = [203, 0, 113, 9].into();
            assert_eq!(client(stranger, &headers, &trusted), stranger);
            let proxy: IpAddr = [10, 9, 9, 9].into();
            let told = client(proxy, &headers, &trusted);
            if told != proxy {
                taken += 1;
                let written = String::from_utf8_lossy(&text).to_ascii_lowercase();
                let known = written.split([',', ';', '=', '"', '[', ']', ' ']).any(|word| address(word) == Some(told));
                assert!(known, "{told} from {written}");
            }
        }
        assert!(taken > 5_000, "the mutations must leave some addresses: {taken}");
    }
}
