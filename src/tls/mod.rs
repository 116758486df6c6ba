//! Floor 2: TLS as the gateway offers it, and what a client certificate says.
//!
//! TLS 1.3 and 1.2, aws-lc-rs, ALPN `h2` and `http/1.1`. Client certificates are asked for but not demanded by TLS itself: whether
//! one is needed is the PKS's business, and a stranger gets a 401 rather than an alert. A certificate that is shown must verify:
//! foreign, expired, without the client usage or revoked by a configured CRL, the handshake ends in an alert. An open connection asks
//! again when authorities or lists have changed: [`Entrance::vouches_for`].
//!
//! Refuses at load what webpki lets pass: a client CA that is no CA any more (expired).

mod certificate;
mod files;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};

pub use certificate::{LEMBAGA_URN, peer_certificate};

/// Where the PEM files lie.
#[derive(Clone, Debug)]
pub struct ServerFiles {
    /// The server's chain, leaf first.
    pub certificate: PathBuf,
    /// Its private key, PKCS#8.
    pub key: PathBuf,
    /// The authorities whose client certificates are accepted.
    pub client_ca: PathBuf,
    /// Revocation lists of those authorities; with one given, every client certificate must be covered by a list that is not stale.
    pub client_crls: Option<PathBuf>,
}

/// Why the TLS configuration can't be built.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read or holds no PEM of the kind wanted.
    #[error("cannot read {what} from {path}")]
    File {
        /// What was looked for.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A client authority's own certificate is not valid now.
    #[error("the client authority in {path} is not valid at this time")]
    AuthorityExpired {
        /// Where.
        path: PathBuf,
    },
    /// rustls refuses the combination.
    #[error("the TLS configuration does not fit together")]
    Configuration(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Makes aws-lc-rs the provider of the process. To be called first in `main`: a choice left to chance panics in rustls.
pub fn install_provider() {
    // A second call finds the provider installed; that is what was wanted.
    let _already = aws_lc_rs::default_provider().install_default();
}

/// What the listener goes by: how it shakes hands, and for which clients its authorities and revocation lists vouch.
pub struct Entrance {
    config: Arc<ServerConfig>,
    verifier: Arc<dyn ClientCertVerifier>,
    number: u64,
}

impl Entrance {
    /// Builds it from its files.
    pub fn load(files: &ServerFiles, now: Timestamp) -> Result<Arc<Self>, TlsError> {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        let verifier = client_verifier(files, now)?;
        let config = server_config(files, Arc::clone(&verifier))?;
        Ok(Arc::new(Self { config, verifier, number: NUMBERS.fetch_add(1, Ordering::Relaxed) }))
    }

    /// How to shake hands.
    #[must_use]
    pub const fn config(&self) -> &Arc<ServerConfig> {
        &self.config
    }

    /// No two entrances of a process have the same number, and none has 0.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Whether a chain, leaf first, that was shown in an earlier handshake would verify in one now. Costs as much as it did then.
    #[must_use]
    pub fn vouches_for(&self, chain: &[CertificateDer<'_>]) -> bool {
        let (Some((leaf, rest)), Some(now)) = (chain.split_first(), self.config.time_provider.current_time()) else { return false };
        self.verifier.verify_client_cert(leaf, rest, now).is_ok()
    }
}

fn client_verifier(files: &ServerFiles, now: Timestamp) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let roots = client_roots(&files.client_ca, now)?;
    let mut verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).allow_unauthenticated();
    if let Some(path) = &files.client_crls {
        verifier = verifier.with_crls(files::revocation_lists(path)?).enforce_revocation_expiration();
    }
    verifier.build().map_err(|source| TlsError::Configuration(source.into()))
}

fn server_config(files: &ServerFiles, verifier: Arc<dyn ClientCertVerifier>) -> Result<Arc<ServerConfig>, TlsError> {
    let configuration = |source: rustls::Error| TlsError::Configuration(source.into());
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(configuration)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(files::certificates(&files.certificate)?, files::private_key(&files.key)?)
        .map_err(configuration)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = aws_lc_rs::Ticketer::new().map_err(configuration)?;
    config.send_tls13_tickets = 1;
    Ok(Arc::new(config))
}

fn client_roots(path: &Path, now: Timestamp) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for authority in files::certificates(path)? {
        if !certificate::is_valid_at(&authority, now) {
            return Err(TlsError::AuthorityExpired { path: path.to_owned() });
        }
        roots.add(authority).map_err(|source| TlsError::Configuration(source.into()))?;
    }
    Ok(roots)
}
