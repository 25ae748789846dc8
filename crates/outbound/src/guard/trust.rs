//! Whose certificates are believed, and which one we show.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

/// The most certificates in a chain or a list of roots that somebody configures.
const MOST_CERTIFICATES: usize = 64;

/// How a server outside proves who it is: rustls on ring, TLS 1.2 and 1.3, and the roots of certificates. And, where a
/// server asks for it, how we prove who we are (mutual TLS).
#[derive(Debug, Clone)]
pub struct Trust {
    roots: Arc<RootCertStore>,
    config: ClientConfig,
}

/// Roots or an identity that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadTrust {
    /// What TLS says about it.
    #[error("a certificate or key cannot be used: {0}")]
    Tls(#[from] rustls::Error),
    /// A text that holds no certificate, or one too many.
    #[error("this is not a list of PEM certificates (BEGIN CERTIFICATE), or it has more than 64")]
    Certificates,
    /// A text that holds no private key.
    #[error("this is not a private key in PEM (PKCS #8, PKCS #1 or SEC 1, without a password)")]
    Key,
}

/// A certificate chain and its private key, which a server may ask for. The key is never shown.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// From PEM: the chain, the own certificate first, and the key.
    ///
    /// # Errors
    /// [`BadTrust`]. Whether key and certificate belong together shows in [`Trust::identified`].
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, BadTrust> {
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| BadTrust::Key)?;
        Ok(Self { chain: certificates(chain)?, key })
    }
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl Trust {
    /// The roots that browsers trust, as compiled in; what is installed on the host is not asked.
    ///
    /// # Errors
    /// When TLS cannot be set up at all.
    pub fn public() -> Result<Self, BadTrust> {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        Self::with(Arc::new(roots), None)
    }

    /// These roots and no others: for servers inside, whose certificates come from an authority of their own.
    ///
    /// # Errors
    /// [`BadTrust`] for one that is no certificate.
    pub fn only(certificates: impl IntoIterator<Item = CertificateDer<'static>>) -> Result<Self, BadTrust> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots.add(certificate)?;
        }
        Self::with(Arc::new(roots), None)
    }

    /// These roots, too: PEM certificates of authorities inside. An identity shown so far is shown no more.
    ///
    /// # Errors
    /// [`BadTrust`].
    pub fn and_roots(&self, pem: &[u8]) -> Result<Self, BadTrust> {
        let mut roots = (*self.roots).clone();
        for certificate in certificates(pem)? {
            roots.add(certificate)?;
        }
        Self::with(Arc::new(roots), None)
    }

    /// The same roots; who asks for a certificate is shown this one.
    ///
    /// # Errors
    /// [`BadTrust`] when the key is not that of the certificate.
    pub fn identified(&self, identity: Identity) -> Result<Self, BadTrust> {
        Self::with(Arc::clone(&self.roots), Some(identity))
    }

    /// A configuration of its own, so that sessions of one identity are never resumed under another.
    fn with(roots: Arc<RootCertStore>, identity: Option<Identity>) -> Result<Self, BadTrust> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(Arc::clone(&roots));
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some(Identity { chain, key }) => builder.with_client_auth_cert(chain, key)?,
        };
        Ok(Self { roots, config })
    }

    pub(super) fn config(&self) -> ClientConfig {
        self.config.clone()
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, BadTrust> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).take(MOST_CERTIFICATES + 1).collect();
    let found = found.map_err(|_| BadTrust::Certificates)?;
    if found.is_empty() || found.len() > MOST_CERTIFICATES { Err(BadTrust::Certificates) } else { Ok(found) }
}
