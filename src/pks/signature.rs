//! `pks.sig`: two signatures over one document, as JWS (RFC 7515) in the general JSON serialisation with a detached payload.
//!
//! What is signed is `BASE64URL(protected header) . BASE64URL(canonical document)`. A protected header holds exactly `alg`, `typ`,
//! `party`, `iat` and `x5c`; anything else is refused, `crit` and `b64` (RFC 7797) among it, and so is an unprotected header. The
//! algorithm is bound to the key in the certificate: the header can only repeat it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};

use super::fault::{PksError, PksFault};
use super::json;
use super::key::Algorithm;
use crate::kernel::limits::PKS_SIGNATURE_BYTES_MAX;

/// The `typ` of an agreement's protected headers: a JWS made for anything else can't stand there.
pub(super) const AGREEMENT_TYP: &str = "gerbang-pks+jws";
/// The `typ` of a revocation's protected header: no agreement's signature can stand for its withdrawal.
pub(super) const REVOCATION_TYP: &str = "gerbang-pks-revocation+jws";

/// Certificates of one signature, the leaf among them.
const X5C_MAX: usize = 6;

/// One of the two who sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// The office that grants.
    Office,
    /// The lembaga that is granted.
    Lembaga,
}

impl Party {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Office, Self::Lembaga];

    /// The word for it in protected headers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Office => "office",
            Self::Lembaga => "lembaga",
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One party's signature as it stands in a file. Nothing in it is believed yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    pub(super) protected: String,
    pub(super) signature: String,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureFile {
    signatures: Vec<Signature>,
}

/// A protected header as written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    party: Party,
    iat: i64,
    x5c: Vec<String>,
}

/// A signature taken apart, still unverified.
pub(super) struct Claim {
    pub(super) party: Party,
    pub(super) algorithm: Algorithm,
    pub(super) iat: Timestamp,
    /// Leaf first.
    pub(super) certificates: Vec<CertificateDer<'static>>,
    protected: String,
    signature: Vec<u8>,
}

impl Claim {
    /// The bytes that were signed, and the signature over them.
    pub(super) fn signed(&self, canonical: &[u8]) -> (Vec<u8>, &[u8]) {
        (signing_input(&self.protected, canonical), &self.signature)
    }
}

/// The signatures of a `pks.sig`, complete or not.
pub fn read_signatures(bytes: &[u8]) -> Result<Vec<Signature>, PksError> {
    let (_, file) = json::read_as::<SignatureFile>(bytes, PKS_SIGNATURE_BYTES_MAX).map_err(PksError::Signatures)?;
    if file.signatures.len() > Party::ALL.len() {
        return Err(PksError::Signatures(PksFault::new("/signatures", "has more than two entries: one for each party")));
    }
    Ok(file.signatures)
}

/// A `pks.sig` of these signatures; with one alone it is half-signed and binds nobody.
pub fn assemble(signatures: &[Signature]) -> Result<String, PksError> {
    let file = SignatureFile { signatures: signatures.to_vec() };
    let text = serde_json::to_string_pretty(&file).map_err(|e| PksError::Signatures(PksFault::new("", e.to_string())))?;
    Ok(text + "\n")
}

/// Takes one signature of this `typ` apart; `index` is its place in the file.
pub(super) fn open(signature: &Signature, index: usize, typ: &str) -> Result<Claim, PksError> {
    let fault =
        |member: &str, sentence: String| PksError::Signatures(PksFault::new(format!("/signatures/{index}/{member}"), sentence));
    let header = URL_SAFE_NO_PAD.decode(&signature.protected).map_err(|e| fault("protected", format!("is no base64url: {e}")))?;
    let (_, header) = json::read_as::<Header>(&header, PKS_SIGNATURE_BYTES_MAX)
        .map_err(|f| fault("protected", format!("header: {}", f.sentence)))?;
    let bytes = URL_SAFE_NO_PAD.decode(&signature.signature).map_err(|e| fault("signature", format!("is no base64url: {e}")))?;
    if header.typ != typ {
        return Err(fault("protected", format!("typ must be {typ:?}")));
    }
    let algorithm = Algorithm::parse(&header.alg)
        .map_err(|sentence| PksError::Algorithm { party: header.party, sentence: sentence.to_owned() })?;
    let iat =
        Timestamp::from_second(header.iat).map_err(|_| fault("protected", "iat is no time that a calendar can hold".into()))?;
    if header.x5c.is_empty() || header.x5c.len() > X5C_MAX {
        return Err(fault("protected", format!("x5c must hold 1-{X5C_MAX} certificates")));
    }
    let mut certificates = Vec::with_capacity(header.x5c.len());
    for text in &header.x5c {
        let der = STANDARD.decode(text).map_err(|e| fault("protected", format!("x5c is no base64: {e}")))?;
        certificates.push(CertificateDer::from(der));
    }
    Ok(Claim { party: header.party, algorithm, iat, certificates, protected: signature.protected.clone(), signature: bytes })
}

/// The protected header of a signature to be made, encoded.
pub(super) fn protected_header(
    typ: &str,
    party: Party,
    algorithm: Algorithm,
    iat: Timestamp,
    chain: &[CertificateDer<'_>],
) -> Result<String, PksError> {
    let header = Header {
        alg: algorithm.name().to_owned(),
        typ: typ.to_owned(),
        party,
        iat: iat.as_second(),
        x5c: chain.iter().map(|der| STANDARD.encode(der)).collect(),
    };
    let text = serde_json::to_vec(&header).map_err(|e| PksError::Signatures(PksFault::new("", e.to_string())))?;
    Ok(URL_SAFE_NO_PAD.encode(text))
}

/// A signature made of its two parts.
pub(super) fn seal(protected: String, signature: &[u8]) -> Signature {
    Signature { protected, signature: URL_SAFE_NO_PAD.encode(signature) }
}

/// The bytes that are signed.
pub(super) fn signing_input(protected: &str, canonical: &[u8]) -> Vec<u8> {
    let mut input = Vec::with_capacity(protected.len() + 1 + canonical.len().div_ceil(3) * 4);
    input.extend_from_slice(protected.as_bytes());
    input.push(b'.');
    input.extend_from_slice(URL_SAFE_NO_PAD.encode(canonical).as_bytes());
    input
}
