//! Revocation lists of the signatories' CAs: whether a certificate was withdrawn before the date of signing.
//!
//! `webpki` checks who signed a list and which certificates it speaks for. It knows only revoked or not; dates are looked at here: a
//! signature made before the revocation stands. Not so where the key was compromised: the date of signing is the signer's word, and
//! whoever holds the key can write any date. Where a party has lists, every certificate on the way must be spoken for by one.

use jiff::Timestamp;
use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject;
use std::sync::Arc;
use webpki::{Cert, CertRevocationList, OwnedCertRevocationList, RevocationReason};

use super::fault::PksError;

/// The lists of one party's CAs; none where its revocations are not followed.
#[derive(Clone, Debug, Default)]
pub struct Crls(Arc<[CertRevocationList<'static>]>);

impl Crls {
    /// The lists of a PEM file, at least one.
    pub fn from_pem(pem: &[u8]) -> Result<Self, PksError> {
        let mut lists = Vec::new();
        for der in CertificateRevocationListDer::pem_slice_iter(pem) {
            let der = der.map_err(|error| PksError::Crl(error.to_string()))?;
            let list = OwnedCertRevocationList::from_der(&der).map_err(|error| PksError::Crl(format!("{error:?}")))?;
            lists.push(CertRevocationList::from(list));
        }
        if lists.is_empty() { Err(PksError::Crl("the file holds no list".to_owned())) } else { Ok(Self(lists.into())) }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn lists(&self) -> Vec<&CertRevocationList<'static>> {
        self.0.iter().collect()
    }

    /// Why a certificate could not sign at a time; every list of its issuer is asked, not the first alone.
    pub(super) fn against(&self, certificate: &Cert<'_>, at: Timestamp) -> Result<Option<String>, webpki::Error> {
        for list in self.0.iter().filter(|list| list.issuer() == certificate.issuer()) {
            let Some(revoked) = list.find_serial(certificate.serial())? else { continue };
            let since = i64::try_from(revoked.revocation_date.as_secs()).unwrap_or(i64::MAX);
            let day = Timestamp::from_second(since).unwrap_or(Timestamp::MIN);
            if matches!(revoked.reason_code, Some(RevocationReason::KeyCompromise | RevocationReason::CaCompromise)) {
                return Ok(Some(format!("its key was reported compromised on {day}; no date of signing can be believed")));
            }
            if since <= at.as_second() {
                return Ok(Some(format!("it was revoked on {day}, before the date of signing")));
            }
        }
        Ok(None)
    }
}
