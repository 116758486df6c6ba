//! Writes the shipped agreements anew. Keys live only as long as this runs.

use std::path::Path;

use gerbang::pks::{Document, Party, SigningKey, assemble, sign, template, template_names};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SignatureAlgorithm, date_time_ymd,
};
use rustls::pki_types::CertificateDer;

/// When the shipped agreements were signed.
const SIGNED_AT: &str = "2025-12-15T02:00:00Z";

struct Ca {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

#[expect(clippy::disallowed_methods, reason = "golden files are written by hand of the developer, not by the house")]
pub(crate) fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

pub(crate) fn write_policies(folder: &Path) {
    let office = ca("Gerbang Contoh CA Penandatangan Kantor");
    let lembaga = ca("Gerbang Contoh CA Penandatangan Lembaga");
    write(&folder.join("anchors/office.pem"), &office.pem);
    write(&folder.join("anchors/lembaga.pem"), &lembaga.pem);
    // One algorithm each, so that all three are shown: of the offices, then of the three lembaga.
    let algorithms = [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_RSA_SHA256, &rcgen::PKCS_ED25519];
    for (name, algorithm) in template_names().zip(algorithms) {
        let mut document = template(name).expect("a template");
        document.paper_sha256 = paper(name);
        let text = document.to_json().expect("JSON");
        let signatures = [
            signature(&document, &text, Party::Office, &office, &rcgen::PKCS_ECDSA_P256_SHA256),
            signature(&document, &text, Party::Lembaga, &lembaga, algorithm),
        ];
        write(&folder.join(name).join("pks.json"), &text);
        write(&folder.join(name).join("pks.sig"), &assemble(&signatures).expect("a file"));
    }
}

/// The digest of a paper that does not exist: of a sentence that says so.
fn paper(name: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, format!("there is no paper of {name}\n").as_bytes());
    gerbang::kernel::to_hex(digest.as_ref())
}

fn subject(organization: &str, common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, "ID");
    name.push(DnType::OrganizationName, organization);
    name.push(DnType::CommonName, common_name);
    name
}

fn ca(name: &str) -> Ca {
    let mut params = CertificateParams::default();
    params.distinguished_name = subject("Contoh", name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2025, 12, 1);
    params.not_after = date_time_ymd(2036, 1, 1);
    let key = KeyPair::generate().expect("a key");
    let pem = params.self_signed(&key).expect("a certificate").pem();
    Ca { pem, issuer: Issuer::new(params, key) }
}

fn signature(
    document: &Document,
    text: &str,
    party: Party,
    ca: &Ca,
    algorithm: &'static SignatureAlgorithm,
) -> gerbang::pks::Signature {
    let (name, signatory) = match party {
        Party::Office => (&document.office.name, &document.office.signatory.name),
        Party::Lembaga => (&document.lembaga.name, &document.lembaga.signatory.name),
    };
    let mut params = CertificateParams::default();
    params.distinguished_name = subject(name, signatory);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(vec![1, 3, 6, 1, 5, 5, 7, 3, 36])];
    params.not_before = date_time_ymd(2025, 12, 1);
    params.not_after = date_time_ymd(2026, 12, 1);
    let key = KeyPair::generate_for(algorithm).expect("a key");
    let leaf: CertificateDer<'static> = params.signed_by(&key, &ca.issuer).expect("a certificate").der().clone();
    let pen = SigningKey::from_pkcs8_pem(key.serialize_pem().as_bytes()).expect("a pen");
    sign(text.as_bytes(), party, &pen, &[leaf], SIGNED_AT.parse().expect("a time")).expect("a signature")
}
