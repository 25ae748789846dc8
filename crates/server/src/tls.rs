//! TLS from two PEM files, which may be replaced while the hub runs.
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;
use watchkeep_hub::Tasks;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(10);

/// A certificate and its key, and how a connection greets with them. A clone is the same.
#[derive(Clone)]
pub struct Tls {
    files: Arc<Files>,
    current: Arc<Current>,
    acceptor: TlsAcceptor,
}

#[derive(Debug)]
struct Files {
    cert: PathBuf,
    key: PathBuf,
}

#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads a certificate chain and its key.
    ///
    /// # Errors
    /// With a sentence that names the file and says what to do.
    pub fn from_files(cert: impl Into<PathBuf>, key: impl Into<PathBuf>) -> io::Result<Self> {
        let files = Arc::new(Files { cert: cert.into(), key: key.into() });
        let current = Arc::new(Current(RwLock::new(files.read()?)));
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_cert_resolver(current.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { files, current, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// Reads the files again. The certificate in use stays if they cannot be used.
    ///
    /// # Errors
    /// As [`Tls::from_files`].
    pub fn reload(&self) -> io::Result<()> {
        let fresh = self.files.read()?;
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Follows the files until the hub stops.
    pub(crate) async fn follow(self, tasks: Tasks) {
        let mut seen = self.files.changed();
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = tasks.stopping() => return,
            }
            let now = self.files.changed();
            if now == seen {
                continue;
            }
            match self.reload() {
                Ok(()) => {
                    seen = now;
                    tracing::info!(cert = %self.files.cert.display(), "the TLS certificate was read again");
                }
                // perhaps only one of the two is written yet: looked at again, since `seen` stays
                Err(error) => {
                    tracing::warn!(%error, "the TLS files changed but cannot be used; the old ones stay in use")
                }
            }
        }
    }
}

impl Files {
    fn changed(&self) -> [Option<(SystemTime, u64)>; 2] {
        [&self.cert, &self.key].map(|file| {
            let about = std::fs::metadata(file).ok()?;
            Some((about.modified().ok()?, about.len()))
        })
    }

    fn read(&self) -> io::Result<Arc<CertifiedKey>> {
        let told =
            |file: &Path, why: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", file.display()));
        let chain = CertificateDer::pem_file_iter(&self.cert)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|e| told(&self.cert, format!("the certificate chain cannot be read ({e}); it must be PEM")))?;
        if chain.is_empty() {
            return Err(told(&self.cert, "there is no certificate in it; it must be PEM, the hub's own first".into()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|e| {
            told(&self.key, format!("the private key cannot be read ({e}); it must be PEM without a password"))
        })?;
        let key = CertifiedKey::from_der(chain, key, &default_provider())
            .map_err(|e| told(&self.key, format!("certificate and key do not go together ({e})")))?;
        Ok(Arc::new(key))
    }
}
