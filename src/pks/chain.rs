//! Certificates: from a signature's leaf to a trust anchor of its party, for the date of signing.
//!
//! `webpki` builds and checks the path; what it leaves open is checked here: key usage of leaf and issuers, that anchors are CAs and
//! valid themselves on that day, and that the leaf's subject is the party and person whom the document names. A leaf whose extended
//! key usage does not list document signing (RFC 9336) can't sign, so a TLS certificate is no pen. Where a party has revocation lists
//! ([`Crls`]), a certificate revoked before the date of signing can't either.

use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{
    EndEntityCert, ExpirationPolicy, RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy, anchor_from_trusted_cert,
};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::name::DirectoryString;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};

use super::agreement::PartyName;
use super::crl::Crls;
use super::fault::PksError;
use super::key::PublicKey;
use super::signature::Party;

/// id-kp-documentSigning, 1.3.6.1.5.5.7.3.36.
const DOCUMENT_SIGNING: &[u8] = &[43, 6, 1, 5, 5, 7, 3, 36];
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// Whom each party's signatures must lead to. Two lists: the lembaga's CA can't make an office.
#[derive(Clone, Debug)]
pub struct Anchors {
    /// CAs whose leaves sign for offices.
    pub office: Vec<CertificateDer<'static>>,
    /// CAs whose leaves sign for lembaga.
    pub lembaga: Vec<CertificateDer<'static>>,
    /// Revocation lists of the former's CAs.
    pub office_crls: Crls,
    /// Revocation lists of the latter's CAs.
    pub lembaga_crls: Crls,
}

impl Anchors {
    /// Anchors without revocation lists.
    #[must_use]
    pub fn new(office: Vec<CertificateDer<'static>>, lembaga: Vec<CertificateDer<'static>>) -> Self {
        Self { office, lembaga, office_crls: Crls::default(), lembaga_crls: Crls::default() }
    }

    /// Reads the two PEM files of a folder of policies, `anchors/office.pem` and `anchors/lembaga.pem`.
    pub fn from_pem(office: &[u8], lembaga: &[u8]) -> Result<Self, PksError> {
        Ok(Self::new(certificates_from_pem(office)?, certificates_from_pem(lembaga)?))
    }

    const fn crls(&self, party: Party) -> &Crls {
        match party {
            Party::Office => &self.office_crls,
            Party::Lembaga => &self.lembaga_crls,
        }
    }

    fn of(&self, party: Party) -> &[CertificateDer<'static>] {
        match party {
            Party::Office => &self.office,
            Party::Lembaga => &self.lembaga,
        }
    }
}

/// The certificates of a PEM file, in its order; at least one.
pub fn certificates_from_pem(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, PksError> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|e| PksError::Pem(Some(e)))?;
    if certificates.is_empty() { Err(PksError::Pem(None)) } else { Ok(certificates) }
}

/// A leaf that may sign for its party.
pub(super) struct Leaf {
    pub(super) key: PublicKey,
    /// The public key as DER, to tell whether two leaves share it.
    pub(super) spki: Vec<u8>,
    /// Names of those who issued, from the leaf's issuer to the trust anchor.
    pub(super) issuers: Vec<String>,
    /// Whether revocation lists were there to be looked at.
    pub(super) revocation_checked: bool,
}

/// Checks the certificates of one signature for the date of signing; `chain` has the leaf first.
pub(super) fn check(
    party: Party,
    named: &PartyName,
    chain: &[CertificateDer<'static>],
    anchors: &Anchors,
    at: Timestamp,
) -> Result<Leaf, PksError> {
    let fault = |sentence: String| PksError::Certificate { party, sentence };
    let (leaf_der, intermediates) = chain.split_first().ok_or_else(|| fault("there is none".into()))?;
    let leaf = decode(leaf_der).map_err(fault)?;
    may_sign(&leaf).map_err(fault)?;
    subject_is(&leaf, named).map_err(fault)?;
    let key = PublicKey::of(leaf.tbs_certificate().subject_public_key_info()).map_err(|s| fault(s.to_owned()))?;
    let good: Vec<_> = anchors.of(party).iter().filter(|der| may_issue_at(der, at)).collect();
    if good.is_empty() {
        return Err(fault("no trust anchor of the party is a CA that was valid on the date of signing".into()));
    }
    let trusted: Vec<TrustAnchor<'_>> = good.iter().filter_map(|der| anchor_from_trusted_cert(der).ok()).collect();
    let chain_error = |source| PksError::Chain { party, source };
    let end = EndEntityCert::try_from(leaf_der).map_err(chain_error)?;
    let seconds = u64::try_from(at.as_second()).map_err(|_| fault("the date of signing lies before 1970".into()))?;
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let usage = webpki::KeyUsage::required_if_present(DOCUMENT_SIGNING);
    let path = end
        .verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &trusted, intermediates, time, usage, None, None)
        .map_err(chain_error)?;
    if !path.intermediate_certificates().all(|issuer| may_issue_at(&issuer.der(), at)) {
        return Err(fault("an issuer on the way to the trust anchor may not sign certificates".into()));
    }
    let crls = anchors.crls(party);
    if !crls.is_empty() {
        let lists = crls.lists();
        let options = RevocationOptionsBuilder::new(&lists)
            .map_err(|_| fault("there is no revocation list".into()))?
            .with_depth(RevocationCheckDepth::Chain)
            .with_status_policy(UnknownStatusPolicy::Deny)
            .with_expiration_policy(ExpirationPolicy::Ignore)
            .build();
        let listed = end.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &trusted, intermediates, time, usage, Some(options), None);
        match listed {
            // When it was revoked is asked below.
            Ok(_) | Err(webpki::Error::CertRevoked) => {}
            Err(source) => return Err(chain_error(source)),
        }
        let above: Vec<_> = path.intermediate_certificates().collect();
        for certificate in std::iter::once::<&webpki::Cert<'_>>(&end).chain(above) {
            if let Some(why) = crls.against(certificate, at).map_err(chain_error)? {
                return Err(fault(why));
            }
        }
    }
    let above = path.intermediate_certificates().filter_map(|issuer| decode(&issuer.der()).ok()).map(issuer_of);
    let issuers = std::iter::once(issuer_of(leaf)).chain(above).collect();
    Ok(Leaf { key, issuers, revocation_checked: !crls.is_empty(), spki: end.subject_public_key_info().to_vec() })
}

/// Whether a leaf, by itself, is one that its party can sign with: usage, subject, kind of key. No path is checked.
pub(super) fn check_leaf(party: Party, named: &PartyName, der: &CertificateDer<'_>) -> Result<(), PksError> {
    let fault = |sentence: String| PksError::Certificate { party, sentence };
    let leaf = decode(der).map_err(fault)?;
    may_sign(&leaf).map_err(fault)?;
    subject_is(&leaf, named).map_err(fault)?;
    PublicKey::of(leaf.tbs_certificate().subject_public_key_info()).map_err(|s| fault(s.to_owned())).map(|_| ())
}

fn issuer_of(certificate: Certificate) -> String {
    certificate.tbs_certificate().issuer().to_string()
}

/// The public key of a certificate, for signing: no path is checked.
pub(super) fn public_key(der: &CertificateDer<'_>) -> Result<PublicKey, String> {
    let certificate = decode(der)?;
    PublicKey::of(certificate.tbs_certificate().subject_public_key_info()).map_err(str::to_owned)
}

fn decode(der: &CertificateDer<'_>) -> Result<Certificate, String> {
    Certificate::from_der(der).map_err(|e| format!("can't be read: {e}"))
}

/// A leaf is no CA, and its key usage allows signing documents.
fn may_sign(leaf: &Certificate) -> Result<(), String> {
    let constraints = leaf.tbs_certificate().get_extension::<BasicConstraints>().map_err(|e| format!("can't be read: {e}"))?;
    if constraints.is_some_and(|(_, own)| own.ca) {
        return Err("is that of a CA, which signs certificates and not agreements".into());
    }
    match leaf.tbs_certificate().get_extension::<KeyUsage>().map_err(|e| format!("can't be read: {e}"))? {
        Some((_, usage)) if usage.digital_signature() || usage.non_repudiation() => Ok(()),
        Some(_) => Err("has a key usage without digitalSignature and nonRepudiation".into()),
        None => Err("has no key usage; digitalSignature or nonRepudiation is needed".into()),
    }
}

/// A CA that may sign certificates and was valid at the time.
fn may_issue_at(der: &CertificateDer<'_>, at: Timestamp) -> bool {
    let Ok(certificate) = decode(der) else { return false };
    let tbs = certificate.tbs_certificate();
    let ca = matches!(tbs.get_extension::<BasicConstraints>(), Ok(Some((_, own))) if own.ca);
    let signs = match tbs.get_extension::<KeyUsage>() {
        Ok(Some((_, usage))) => usage.key_cert_sign(),
        // RFC 5280 4.2.1.3: conforming CAs have the extension. An anchor without it may be an old one; but it is asked for here.
        Ok(None) | Err(_) => false,
    };
    let validity = tbs.validity();
    let second = |time: &x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    ca && signs && (second(&validity.not_before)..=second(&validity.not_after)).contains(&at.as_second())
}

/// The subject's one O and one CN are those that the document names.
fn subject_is(leaf: &Certificate, named: &PartyName) -> Result<(), String> {
    for (oid, letters, expected) in [(ORGANIZATION, "O", &named.name), (COMMON_NAME, "CN", &named.signatory.name)] {
        let mut values = leaf.tbs_certificate().subject().iter().filter(|attribute| attribute.oid == oid);
        let only = values.next().filter(|_| values.next().is_none());
        let value = only.and_then(|attribute| attribute.value.decode_as::<DirectoryString>().ok()).map(String::from);
        if value.as_ref() != Some(expected) {
            let found = value.map_or_else(|| "no single one".to_owned(), |text| format!("{text:?}"));
            return Err(format!("is a stranger's: {letters} must be {expected:?} as in the document, but there is {found}"));
        }
    }
    Ok(())
}
