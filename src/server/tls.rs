//! Certificate and key for TLS, by `rustls`.
//!
//! 1. *What is served is one value, swapped whole*: a handshake sees the old certificate with the old key or both new ones, and
//!    a reload that fails changes nothing.
//! 2. *A connection keeps what it began with.* Only handshakes after a reload get the new certificate.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use rustls::{
    ServerConfig,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
};

use super::{ServerError, connection::Secure};
use crate::{Named, fs, parking_lot::Mutex, sync::Arc};

/// A certificate and its key, from two files in the form PEM, for [`ServerBuilder::tls`](super::ServerBuilder::tls).
///
/// TLS 1.3 and 1.2, by rustls with ring; `http/1.1` is agreed on by ALPN with clients who ask. The handshake has to be done
/// within the time of a request's head ([`Limits::header_timeout`](super::Limits::header_timeout)). Clients whose certificate is
/// to be asked for, and several names with certificates of their own, are for a proxy.
///
/// # Examples
///
/// ```no_run
/// use unsnarl::{server::{Server, Tls}, sync::Arc};
///
/// let tls = Arc::new(Tls::open("chain.pem", "key.pem")?);
/// let server = Server::builder().root("public").tls(Arc::clone(&tls)).build()?;
/// // Later, on another thread, when the files are new:
/// tls.reload()?;
/// # Ok::<(), unsnarl::server::ServerError>(())
/// ```
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    config: Mutex<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the certificate, followed by those of its issuers, and its private key.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or has not what it should, or the key is another certificate's.
    pub fn open(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Self, ServerError> {
        let (certificate, key) = (certificate.into(), key.into());
        let config = Mutex::new(read(&certificate, &key)?).named("certificate");
        Ok(Tls { certificate, key, config })
    }

    /// Reads both files again; handshakes from now on are done with what is in them.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); then all stays as it was.
    pub fn reload(&self) -> Result<(), ServerError> {
        let config = read(&self.certificate, &self.key)?;
        *self.config.lock() = config;
        Ok(())
    }

    /// The server's side of a new connection.
    pub(super) fn secure(&self) -> Secure {
        let config = Arc::clone(&self.config.lock());
        Secure::new(config)
    }
}

fn read(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, ServerError> {
    let wrong = |path: &Path, what: &str| ServerError::tls(path.to_owned(), what.to_owned());
    let bytes = |path: &Path| fs::read(path).map_err(|error| wrong(path, &words(&error)));
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes(certificate)?).collect();
    let chain = chain.map_err(|error| wrong(certificate, &format!("it is not in the form PEM: {error}")))?;
    if chain.is_empty() {
        return Err(wrong(
            certificate,
            "there is no certificate in it; it begins with `-----BEGIN CERTIFICATE-----`",
        ));
    }
    let private = PrivateKeyDer::from_pem_slice(&bytes(key)?).map_err(|error| match error {
        pem::Error::NoItemsFound => {
            wrong(key, "there is no private key in it; it begins with `-----BEGIN PRIVATE KEY-----`")
        }
        error => wrong(key, &format!("it is not in the form PEM: {error}")),
    })?;
    let provider = rustls::crypto::ring::default_provider();
    let config = ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(certificate, &error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, private);
    let mut config = config.map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            wrong(key, &format!("it is not the key of the certificate in {}", certificate.display()))
        }
        rustls::Error::InvalidCertificate(error) => {
            wrong(certificate, &format!("the certificate is malformed: {error}"))
        }
        error => wrong(key, &format!("the key cannot be used: {error}")),
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        _ => error.to_string(),
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("certificate", &self.certificate)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
