//! Withdrawal of an agreement: `revocation.json`, signed like the agreement by one of its parties (`revocation.sig`).
//!
//! It names one version by number and digest, and ends it and every earlier one, from the moment it is read. Only a higher version,
//! signed anew by both parties, makes an agreement again. Either party may withdraw: the signer's organisation is that of the party
//! in the agreement; the person may be another than the one who signed, and is named here.

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};

use super::agreement::PartyName;
use super::chain::{self, Anchors};
use super::document::Signatory;
use super::fault::{PksError, PksFault};
use super::json;
use super::key::Signs;
use super::parse::Faults;
use super::signature::{self, Party, REVOCATION_TYP, Signature};
use super::verified::{self, Signer, VerifiedPks};
use crate::kernel::limits::PKS_DOCUMENT_BYTES_MAX;
use crate::kernel::to_hex;

/// The word that opens every revocation of this form.
const FORMAT: &str = "gerbang-pks-revocation/1";

/// A `revocation.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    format: String,
    /// The lembaga's short name.
    lembaga: String,
    /// The version withdrawn, with every earlier one.
    version: u32,
    /// SHA-256 of that version's canonical form, in hex.
    digest: String,
    /// Who withdraws.
    by: Party,
    /// Who signs for it.
    signatory: Signatory,
    /// Why, in a sentence that the other party is told.
    reason: String,
}

/// A withdrawal that verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The highest version withdrawn.
    pub version: u32,
    /// Who signed it, for whom and when.
    pub signer: Signer,
    /// Why.
    pub reason: String,
}

impl Revocation {
    /// The withdrawal of an agreement and its earlier versions by one of its parties.
    #[must_use]
    pub fn of(pks: &VerifiedPks, by: Party, signatory: Signatory, reason: &str) -> Self {
        let agreement = pks.agreement();
        Self {
            format: FORMAT.to_owned(),
            lembaga: agreement.lembaga_id.as_str().to_owned(),
            version: agreement.version,
            digest: to_hex(pks.digest()),
            by,
            signatory,
            reason: reason.to_owned(),
        }
    }

    /// As it is written to disk.
    pub fn to_json(&self) -> Result<String, PksFault> {
        serde_json::to_string_pretty(self).map(|text| text + "\n").map_err(|e| PksFault::new("", e.to_string()))
    }

    /// The version it withdraws: which one it must be verified against.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Reads one, without believing anything.
    pub fn read(bytes: &[u8]) -> Result<Self, Vec<PksFault>> {
        let (_, own) = json::read_as::<Self>(bytes, PKS_DOCUMENT_BYTES_MAX).map_err(|fault| vec![fault])?;
        let mut faults = Faults::default();
        if own.format != FORMAT {
            faults.add("/format", format!("harus {FORMAT:?}"));
        }
        faults.text("/signatory/name", &own.signatory.name);
        faults.text("/signatory/title", &own.signatory.title);
        faults.text("/reason", &own.reason);
        faults.none().map(|()| own)
    }
}

/// Signs a revocation for the party that it names.
pub fn sign_revocation(
    document: &[u8],
    key: &dyn Signs,
    chain: &[CertificateDer<'_>],
    iat: Timestamp,
) -> Result<Signature, PksError> {
    let by = Revocation::read(document).map_err(PksError::Document)?.by;
    verified::sign_bytes(REVOCATION_TYP, &canonical(document)?, by, key, chain, iat)
}

/// Verifies a revocation against the version that it withdraws. Refuses one of another agreement, version or text, one signed by
/// nobody or by two, by another party than it names or by somebody whose certificate does not lead to that party's trust anchors.
pub fn verify_revocation(
    document: &[u8],
    signatures: &[u8],
    pks: &VerifiedPks,
    anchors: &Anchors,
    now: Timestamp,
) -> Result<Revoked, PksError> {
    let own = Revocation::read(document).map_err(PksError::Document)?;
    let agreement = pks.agreement();
    let wrong = |pointer: &str, sentence: &str| PksError::Document(vec![PksFault::new(pointer, sentence)]);
    if own.lembaga != agreement.lembaga_id.as_str() {
        return Err(wrong("/lembaga", "bukan lembaga perjanjian ini"));
    }
    if own.version != agreement.version || own.digest != to_hex(pks.digest()) {
        return Err(wrong("/digest", "bukan versi perjanjian yang ada di sini"));
    }
    let signatures = signature::read_signatures(signatures)?;
    let [only] = signatures.as_slice() else { return Err(PksError::Missing(own.by)) };
    let claim = signature::open(only, 0, REVOCATION_TYP)?;
    if claim.party != own.by {
        return Err(PksError::Missing(own.by));
    }
    let party = match own.by {
        Party::Office => &agreement.office,
        Party::Lembaga => &agreement.lembaga,
    };
    let named = PartyName { name: party.name.clone(), signatory: own.signatory };
    let (signer, _) = verified::signer(&claim, &named, &canonical(document)?, anchors, now, &mut |_| {})?;
    Ok(Revoked { version: own.version, signer, reason: own.reason })
}

/// Whether a certificate is one that the revocation can be signed with, by its own words.
pub fn may_sign_revocation(revocation: &Revocation, pks: &VerifiedPks, leaf: &CertificateDer<'_>) -> Result<(), PksError> {
    let party = match revocation.by {
        Party::Office => &pks.agreement().office,
        Party::Lembaga => &pks.agreement().lembaga,
    };
    chain::check_leaf(revocation.by, &PartyName { name: party.name.clone(), signatory: revocation.signatory.clone() }, leaf)
}

fn canonical(document: &[u8]) -> Result<Vec<u8>, PksError> {
    let tree = json::read(document, PKS_DOCUMENT_BYTES_MAX).map_err(|fault| PksError::Document(vec![fault]))?;
    json::canonical(&tree).map_err(|fault| PksError::Document(vec![fault]))
}

#[cfg(test)]
#[path = "revocation_tests.rs"]
mod tests;
