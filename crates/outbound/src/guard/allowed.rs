//! What may be dialled although it is not public: said one by one, never by one switch.

use std::net::{IpAddr, SocketAddr};

/// Addresses inside that may be dialled on one port each. Empty unless somebody who may says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed(Vec<Entry>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    peer: SocketAddr,
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
        self.and(Entry { peer, plain: false })
    }

    /// This address on this port, too, by http without TLS: for a server on the same host or in a test.
    #[must_use]
    pub fn http(self, peer: SocketAddr) -> Self {
        self.and(Entry { peer, plain: true })
    }

    fn and(mut self, entry: Entry) -> Self {
        self.0.push(entry);
        self
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn any_on(&self, port: u16, plain: bool) -> bool {
        self.0.iter().any(|entry| entry.peer.port() == port && entry.plain == plain)
    }

    pub(super) fn has(&self, address: IpAddr, port: u16, plain: bool) -> bool {
        self.0.contains(&Entry { peer: SocketAddr::new(address, port), plain })
    }
}
