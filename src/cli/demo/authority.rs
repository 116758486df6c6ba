//! Certificates of a demo: made on the spot, their authorities' keys thrown away with the process.

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};

use crate::tls::LEMBAGA_URN;

/// Years that certificates of a demo are valid: as long as its agreements.
pub const YEARS: i32 = 10;
/// id-kp-documentSigning (RFC 9336): what certificates of signatories are for.
const DOCUMENT_SIGNING: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 3, 36];

/// A certificate authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    not_before: jiff::civil::Date,
}

/// A certificate and its key.
pub struct Issued {
    /// The certificate, PEM.
    pub certificate: String,
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// The key, PKCS#8 PEM.
    pub key: zeroize::Zeroizing<String>,
}

impl Authority {
    /// A new one, valid from the day before `now`.
    pub fn new(name: &str, now: Timestamp) -> Result<Self> {
        let not_before = crate::kernel::Zone::Wib.date(now).yesterday().context("a day before today")?;
        let mut params = params(&subject(name, name), not_before);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem, not_before })
    }

    /// Its own certificate, PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The certificate of a server on this machine.
    pub fn server(&self) -> Result<Issued> {
        let mut params = params(&subject("gerbang", "localhost"), self.not_before);
        params.subject_alt_names =
            vec![SanType::DnsName("localhost".try_into()?), SanType::IpAddress(std::net::Ipv4Addr::LOCALHOST.into())];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(&params)
    }

    /// The client certificate of a lembaga.
    pub fn client(&self, lembaga: &str, name: &str) -> Result<Issued> {
        let mut params = params(&subject(name, lembaga), self.not_before);
        params.subject_alt_names = vec![SanType::URI(format!("{LEMBAGA_URN}{lembaga}").as_str().try_into()?)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(&params)
    }

    /// The certificate of somebody who signs agreements.
    pub fn signatory(&self, organization: &str, person: &str) -> Result<Issued> {
        let mut params = params(&subject(organization, person), self.not_before);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(DOCUMENT_SIGNING.to_vec())];
        self.issue(&params)
    }

    fn issue(&self, params: &CertificateParams) -> Result<Issued> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Issued {
            certificate: certificate.pem(),
            der: certificate.der().to_vec(),
            key: zeroize::Zeroizing::new(key.serialize_pem()),
        })
    }
}

fn subject(organization: &str, common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, "ID");
    name.push(DnType::OrganizationName, organization);
    name.push(DnType::CommonName, common_name);
    name
}

fn params(subject: &DistinguishedName, from: jiff::civil::Date) -> CertificateParams {
    let (year, month, day) = (i32::from(from.year()), from.month().unsigned_abs(), from.day().unsigned_abs());
    let mut params = CertificateParams::default();
    params.distinguished_name = subject.clone();
    params.use_authority_key_identifier_extension = true;
    params.not_before = rcgen::date_time_ymd(year, month, day);
    // 29 February has no anniversary in most years: end a little early rather than fail.
    params.not_after = rcgen::date_time_ymd(year + YEARS, month, day.min(28));
    params
}
