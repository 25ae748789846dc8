//! What may be dialled although it is not public: said network by network, never by one switch.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Network;

/// Addresses inside that may be dialled, each with one port and one scheme. Empty unless somebody who may says
/// otherwise.
///
/// A network opens no address of a cloud's metadata, no multicast group and no broadcast: an operator who means such an
/// address writes it alone, in full.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed(Vec<Entry>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    network: Network,
    port: u16,
    /// Whether it is reached by plain http; else by https.
    plain: bool,
}

impl Allowed {
    /// Nothing inside.
    #[must_use]
    pub const fn nothing() -> Self {
        Self(Vec::new())
    }

    /// This address on this port, too, by https.
    #[must_use]
    pub fn https(self, peer: SocketAddr) -> Self {
        self.https_in(Network::of(peer.ip()), peer.port())
    }

    /// This address on this port, too, by http without TLS: for a server on the same host or in a test.
    #[must_use]
    pub fn http(self, peer: SocketAddr) -> Self {
        self.http_in(Network::of(peer.ip()), peer.port())
    }

    /// The addresses of this network on this port, too, by https.
    #[must_use]
    pub fn https_in(self, network: Network, port: u16) -> Self {
        self.and(Entry { network, port, plain: false })
    }

    /// The addresses of this network on this port, too, by http without TLS.
    #[must_use]
    pub fn http_in(self, network: Network, port: u16) -> Self {
        self.and(Entry { network, port, plain: true })
    }

    /// What either of the two allows.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        self.0.extend(other.0.iter().copied().filter(|entry| !self.0.contains(entry)).collect::<Vec<_>>());
        self
    }

    fn and(mut self, entry: Entry) -> Self {
        self.0.push(entry);
        self
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn any_on(&self, port: u16, plain: bool) -> bool {
        self.0.iter().any(|entry| entry.port == port && entry.plain == plain)
    }

    pub(super) fn has(&self, address: IpAddr, port: u16, plain: bool) -> bool {
        self.0.iter().any(|entry| {
            entry.port == port
                && entry.plain == plain
                && entry.network.contains(address)
                && (entry.network.is_single() || !is_special(address))
        })
    }
}

/// Addresses at which clouds serve credentials to their hosts, and those that are no one host.
fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_link_local()
                || address.is_multicast()
                || address.is_broadcast()
                || address.is_unspecified()
                || address == Ipv4Addr::new(100, 100, 100, 200)
                || address == Ipv4Addr::new(168, 63, 129, 16)
                || address == Ipv4Addr::new(192, 0, 0, 192)
        }
        IpAddr::V6(address) => {
            address.is_unicast_link_local()
                || address.is_multicast()
                || address.is_unspecified()
                || address == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)
                || address == Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Allowed;

    #[test]
    fn a_network_is_open_on_its_port_and_scheme_alone() {
        let allowed = Allowed::nothing().https_in("10.20.0.0/16".parse().unwrap(), 8443);
        assert!(allowed.has("10.20.3.4".parse().unwrap(), 8443, false));
        assert!(!allowed.has("10.20.3.4".parse().unwrap(), 8443, true));
        assert!(!allowed.has("10.20.3.4".parse().unwrap(), 443, false));
        assert!(!allowed.has("10.21.3.4".parse().unwrap(), 8443, false));
    }

    #[test]
    fn a_wide_network_opens_no_metadata() {
        let all: Allowed = ["0.0.0.0/0", "::/0"]
            .into_iter()
            .fold(Allowed::nothing(), |allowed, network| allowed.http_in(network.parse().unwrap(), 80));
        for address in [
            "169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "0.0.0.0",
            "224.0.0.1",
            "fd00:ec2::254",
            "fe80::1",
            "::",
        ] {
            assert!(!all.has(address.parse().unwrap(), 80, true), "{address}");
        }
        assert!(all.has("10.0.0.1".parse().unwrap(), 80, true));
        let meant = all.or(&Allowed::nothing().http("169.254.169.254:80".parse().unwrap()));
        assert!(meant.has("169.254.169.254".parse().unwrap(), 80, true));
    }
}
