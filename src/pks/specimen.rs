//! Specimens for unit tests of this room and of those above it: trust anchors, signers, signed agreements. Never in a release.

use std::sync::Arc;

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::CertificateDer;

use super::{Anchors, Document, Party, SigningKey, VerifiedPks, assemble, sign, template, verify};

/// The object identifier of document signing.
pub(crate) const DOCUMENT_SIGNING: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 3, 36];

/// The day on which specimens are signed.
pub(crate) fn signing_day() -> Timestamp {
    "2026-01-05T02:00:00Z".parse().expect("a time")
}

/// A day within the term of every specimen, a Monday.
pub(crate) fn today() -> Timestamp {
    "2026-11-23T02:00:00Z".parse().expect("a time")
}

/// A CA for signatories.
pub(crate) struct Ca {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) issuer: Issuer<'static, KeyPair>,
}

/// A signatory's key and certificates.
pub(crate) struct Pen {
    pub(crate) key: SigningKey,
    pub(crate) chain: Vec<CertificateDer<'static>>,
}

pub(crate) fn subject(organization: &str, common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, organization);
    name.push(DnType::CommonName, common_name);
    name
}

pub(crate) fn ca_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = subject("Specimen", name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2025, 1, 1);
    params.not_after = date_time_ymd(2045, 1, 1);
    params
}

pub(crate) fn ca_of(params: CertificateParams) -> Ca {
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a CA").der().clone();
    Ca { certificate, issuer: Issuer::new(params, key) }
}

pub(crate) fn ca(name: &str) -> Ca {
    ca_of(ca_params(name))
}

pub(crate) fn leaf_params(organization: &str, common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = subject(organization, common_name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(DOCUMENT_SIGNING.to_vec())];
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params
}

pub(crate) fn pen_of(params: &CertificateParams, ca: &Ca, key: &KeyPair) -> Pen {
    let certificate = params.signed_by(key, &ca.issuer).expect("a leaf").der().clone();
    Pen { key: SigningKey::from_pkcs8_pem(key.serialize_pem().as_bytes()).expect("a key"), chain: vec![certificate] }
}

/// The pen of the person a document names for a party.
pub(crate) fn pen(document: &Document, party: Party, ca: &Ca) -> Pen {
    let (name, signatory) = match party {
        Party::Office => (&document.office.name, &document.office.signatory),
        Party::Lembaga => (&document.lembaga.name, &document.lembaga.signatory),
    };
    pen_of(&leaf_params(name, &signatory.name), ca, &KeyPair::generate().expect("a key"))
}

/// A document with everything needed to verify it.
pub(crate) struct Signed {
    pub(crate) document: String,
    pub(crate) signatures: String,
    pub(crate) anchors: Anchors,
    pub(crate) office_ca: Ca,
    pub(crate) lembaga_ca: Ca,
}

/// Signs a document by both parties.
pub(crate) fn signed(document: &Document) -> Signed {
    let (office_ca, lembaga_ca) = (ca("CA kantor"), ca("CA lembaga"));
    let text = document.to_json().expect("JSON");
    let one = |party, ca: &Ca| {
        let pen = pen(document, party, ca);
        sign(text.as_bytes(), party, &pen.key, &pen.chain, signing_day()).expect("a signature")
    };
    let signatures = assemble(&[one(Party::Office, &office_ca), one(Party::Lembaga, &lembaga_ca)]).expect("a file");
    let anchors = Anchors::new(vec![office_ca.certificate.clone()], vec![lembaga_ca.certificate.clone()]);
    Signed { document: text, signatures, anchors, office_ca, lembaga_ca }
}

/// A document as a verified agreement.
pub(crate) fn verified(document: &Document) -> Arc<VerifiedPks> {
    let signed = signed(document);
    Arc::new(
        verify(signed.document.as_bytes(), signed.signatures.as_bytes(), &signed.anchors, today()).expect("a verified agreement"),
    )
}

/// A template, changed as the test wants, as a verified agreement.
pub(crate) fn verified_with(lembaga: &str, change: impl FnOnce(&mut Document)) -> Arc<VerifiedPks> {
    let mut document = template(lembaga).expect("a template");
    change(&mut document);
    verified(&document)
}
