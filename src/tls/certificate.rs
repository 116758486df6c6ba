//! What a verified client certificate says about its holder.

use aws_lc_rs::digest;
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::kernel::{Fingerprint, LembagaId, PeerCertificate};

/// The URN under which a client certificate names its lembaga among its subject alternative names.
pub const LEMBAGA_URN: &str = "urn:gerbang:lembaga:";

/// Reads a certificate that TLS has verified. `None` where it can't be parsed or names two lembaga: nobody is identified by it.
#[must_use]
pub fn peer_certificate(der: &CertificateDer<'_>) -> Option<PeerCertificate> {
    let certificate = Certificate::from_der(der).ok()?;
    let not_after = certificate.tbs_certificate().validity().not_after.to_unix_duration().as_secs();
    Some(PeerCertificate {
        lembaga: lembaga_named(&certificate)?,
        fingerprint: fingerprint(der),
        not_after_s: i64::try_from(not_after).ok()?,
    })
}

/// Whether a moment lies in a certificate's validity.
pub(super) fn is_valid_at(der: &CertificateDer<'_>, at: Timestamp) -> bool {
    let Ok(certificate) = Certificate::from_der(der) else { return false };
    let validity = certificate.tbs_certificate().validity();
    let seconds = |time: &x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    (seconds(&validity.not_before)..=seconds(&validity.not_after)).contains(&at.as_second())
}

fn fingerprint(der: &CertificateDer<'_>) -> Fingerprint {
    let mut bytes = [0u8; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, der).as_ref());
    Fingerprint::from_digest(bytes)
}

/// Outer `None`: more than one, or one that is no id. Inner `None`: none named.
fn lembaga_named(certificate: &Certificate) -> Option<Option<LembagaId>> {
    let Some((_critical, names)) = certificate.tbs_certificate().get_extension::<SubjectAltName>().ok()? else {
        return Some(None);
    };
    let mut found = None;
    for name in &names.0 {
        let GeneralName::UniformResourceIdentifier(uri) = name else { continue };
        let Some(id) = uri.as_str().strip_prefix(LEMBAGA_URN) else { continue };
        if found.replace(LembagaId::parse(id).ok()?).is_some() {
            return None;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, SanType};

    fn certificate(uris: &[&str]) -> CertificateDer<'static> {
        let mut params = CertificateParams::default();
        params.subject_alt_names = uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())).collect();
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().clone()
    }

    #[test]
    fn reads_the_lembaga_from_the_urn() {
        let peer = peer_certificate(&certificate(&["https://example.test/", "urn:gerbang:lembaga:rsud-tapin"])).unwrap();
        assert_eq!(peer.lembaga.unwrap().as_str(), "rsud-tapin");
    }

    #[test]
    fn a_certificate_without_the_urn_names_no_lembaga() {
        assert!(peer_certificate(&certificate(&["https://example.test/"])).unwrap().lembaga.is_none());
        assert!(peer_certificate(&certificate(&[])).unwrap().lembaga.is_none());
    }

    #[test]
    fn a_certificate_of_two_lembaga_or_of_an_impossible_one_identifies_nobody() {
        assert!(peer_certificate(&certificate(&["urn:gerbang:lembaga:a", "urn:gerbang:lembaga:b"])).is_none());
        assert!(peer_certificate(&certificate(&["urn:gerbang:lembaga:../b"])).is_none());
        assert!(peer_certificate(&CertificateDer::from(vec![0x30, 0x00])).is_none());
    }
}
