//! Whose certificates are believed.

use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

/// How a server outside proves who it is: rustls on ring, TLS 1.2 and 1.3, and the roots of certificates.
#[derive(Debug, Clone)]
pub struct Trust(ClientConfig);

/// A root certificate that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("a root certificate cannot be used: {0}")]
pub struct BadRoot(#[from] rustls::Error);

impl Trust {
    /// The roots that browsers trust, as compiled in; what is installed on the host is not asked.
    ///
    /// # Errors
    /// When TLS cannot be set up at all.
    pub fn public() -> Result<Self, BadRoot> {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        Self::with(roots)
    }

    /// These roots and no others: for servers inside, whose certificates come from an authority of their own.
    ///
    /// # Errors
    /// [`BadRoot`] for one that is no certificate.
    pub fn only(certificates: impl IntoIterator<Item = CertificateDer<'static>>) -> Result<Self, BadRoot> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots.add(certificate)?;
        }
        Self::with(roots)
    }

    fn with(roots: RootCertStore) -> Result<Self, BadRoot> {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(config))
    }

    pub(super) fn config(&self) -> ClientConfig {
        self.0.clone()
    }
}
