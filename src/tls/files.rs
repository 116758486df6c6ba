//! PEM files, bounded in size.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::TlsError;
use crate::kernel::limits::PEM_BYTES_MAX;

/// All certificates of a file; at least one.
pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let fail = |source| TlsError::File { what: "certificates", path: path.to_owned(), source };
    let pem = read(path).map_err(|error| fail(error.into()))?;
    let found: Vec<_> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|error| fail(error.to_string().into()))?;
    if found.is_empty() { Err(fail("no certificate in it".into())) } else { Ok(found) }
}

/// The one private key of a file.
pub(super) fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let fail = |source| TlsError::File { what: "the private key", path: path.to_owned(), source };
    let pem = read(path).map_err(|error| fail(error.into()))?;
    // The parser's message can quote what it found: not repeated here.
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_quoting| fail("no private key in PEM form in it".into()))
}

/// All revocation lists of a file; at least one.
pub(super) fn revocation_lists(path: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
    let fail = |source| TlsError::File { what: "revocation lists", path: path.to_owned(), source };
    let pem = read(path).map_err(|error| fail(error.into()))?;
    let found: Vec<_> = CertificateRevocationListDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| fail(error.to_string().into()))?;
    if found.is_empty() { Err(fail("no revocation list in it".into())) } else { Ok(found) }
}

fn read(path: &Path) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path)?.take(PEM_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}
