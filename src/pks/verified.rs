//! From bytes to a witness: a [`VerifiedPks`] exists only where both parties have signed just this document.

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;

use super::agreement::{Agreement, PartyName};
use super::chain::{self, Anchors};
use super::document::{self, Reading, sha256};
use super::fault::{PksError, PksFault};
use super::key::Signs;
use super::revocation::Revoked;
use super::signature::{self, AGREEMENT_TYP, Claim, Party, Signature};
use crate::kernel::Fingerprint;

/// Who signed for a party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// For whom.
    pub party: Party,
    /// The person's name, from the certificate.
    pub name: String,
    /// The date of signing, as the signer gives it.
    pub signed_at: Timestamp,
    /// SHA-256 of the signer's certificate.
    pub certificate: Fingerprint,
}

/// Where an agreement stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It binds.
    InForce,
    /// Its term has not begun.
    NotYet,
    /// Its term is over.
    Expired,
    /// The office has suspended it.
    Suspended,
    /// A party has withdrawn it.
    Revoked,
}

impl Agreement {
    /// Where it stands: suspension first, then the term.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        if self.suspended {
            Standing::Suspended
        } else if now < self.term.begins {
            Standing::NotYet
        } else if now >= self.term.ends {
            Standing::Expired
        } else {
            Standing::InForce
        }
    }
}

/// An agreement that both parties have signed. INVARIANT: [`verify`] alone makes one.
///
/// One out of its term verifies all the same, so that its lembaga is told the true reason; `decide` refuses it.
///
/// ```compile_fail,E0451
/// # use gerbang::pks::{Agreement, VerifiedPks};
/// fn forged(agreement: Agreement, signed: VerifiedPks) -> VerifiedPks {
///     VerifiedPks { agreement, ..signed }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct VerifiedPks {
    agreement: Agreement,
    digest: [u8; 32],
    signers: [Signer; 2],
    revocation: Option<Revoked>,
}

impl VerifiedPks {
    /// What was agreed.
    #[must_use]
    pub const fn agreement(&self) -> &Agreement {
        &self.agreement
    }

    /// SHA-256 of the canonical document: what audit entries name it by, beside number and version.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Who signed: the office, then the lembaga.
    #[must_use]
    pub const fn signers(&self) -> &[Signer; 2] {
        &self.signers
    }

    /// Where it stands at a moment. Withdrawn is withdrawn, whatever the document says.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        if self.revocation.is_some() { Standing::Revoked } else { self.agreement.standing(now) }
    }

    /// Who withdrew it and why.
    #[must_use]
    pub const fn revocation(&self) -> Option<&Revoked> {
        self.revocation.as_ref()
    }

    /// The same, withdrawn.
    #[must_use]
    pub fn revoked(self, by: Revoked) -> Self {
        Self { revocation: Some(by), ..self }
    }
}

/// Verifies a `pks.json` with its `pks.sig`: the one way to a [`VerifiedPks`].
///
/// Refuses a document that [`Document::parse`](super::Document::parse) refuses, fewer or more than one signature of each party,
/// signatures by one key, dated after `now`, by a certificate that did not lead to the party's trust anchor on that date or names
/// somebody else than the document does, and any byte of either file that differs from what was signed (white space and the order of
/// members in the document excepted, for they are not part of its canonical form).
pub fn verify(document: &[u8], signatures: &[u8], anchors: &Anchors, now: Timestamp) -> Result<VerifiedPks, PksError> {
    let reading = document::read_for_signature(document).map_err(PksError::Document)?;
    let claims = claims(signatures)?;
    let untold = &mut |_: String| {};
    let Reading { agreement, canonical } = &reading;
    let (office, office_key) = signer(&claims.office, &agreement.office, canonical, anchors, now, untold)?;
    let (lembaga, lembaga_key) = signer(&claims.lembaga, &agreement.lembaga, canonical, anchors, now, untold)?;
    if office_key == lembaga_key {
        return Err(PksError::SameKey);
    }
    let digest = sha256(&reading.canonical);
    Ok(VerifiedPks { agreement: reading.agreement, digest, signers: [office, lembaga], revocation: None })
}

/// Signs a document for one party. `chain` has the leaf first; the leaf must belong to the key. Trust anchors are not asked here:
/// run [`verify`] over the assembled file.
pub fn sign(
    document: &[u8],
    party: Party,
    key: &dyn Signs,
    chain: &[CertificateDer<'_>],
    iat: Timestamp,
) -> Result<Signature, PksError> {
    let reading = document::read_for_signature(document).map_err(PksError::Document)?;
    sign_bytes(AGREEMENT_TYP, &reading.canonical, party, key, chain, iat)
}

/// Signs canonical bytes under a `typ`; what comes of it is checked against the certificate at once.
pub(super) fn sign_bytes(
    typ: &str,
    canonical: &[u8],
    party: Party,
    key: &dyn Signs,
    chain: &[CertificateDer<'_>],
    iat: Timestamp,
) -> Result<Signature, PksError> {
    let leaf = chain.first().ok_or_else(|| PksError::SigningKey("a certificate must go with the key".into()))?;
    let public = chain::public_key(leaf).map_err(|sentence| PksError::Certificate { party, sentence })?;
    let protected = signature::protected_header(typ, party, key.algorithm(), iat, chain)?;
    let input = signature::signing_input(&protected, canonical);
    let bytes = key.sign(&input)?;
    if public.algorithm != key.algorithm() || !public.verifies(&input, &bytes) {
        return Err(PksError::SigningKey("the key does not belong to the certificate".into()));
    }
    Ok(signature::seal(protected, &bytes))
}

/// Whether a certificate is one that a party can sign this document with, by its own words: the person named, the usage. For a clear
/// message before anything is signed; what it leads to is for [`verify`].
pub fn may_sign_for(document: &[u8], party: Party, leaf: &CertificateDer<'_>) -> Result<(), PksError> {
    let reading = document::read_for_signature(document).map_err(PksError::Document)?;
    chain::check_leaf(party, named(&reading.agreement, party), leaf)
}

/// Whose signature this is, where it is one over this document by the key in its certificate. Trust anchors are not asked.
pub fn fits(document: &[u8], signature: &Signature) -> Result<Party, PksError> {
    let reading = document::read_for_signature(document).map_err(PksError::Document)?;
    let claim = signature::open(signature, 0, AGREEMENT_TYP)?;
    let party = claim.party;
    let leaf = claim.certificates.first().ok_or(PksError::Missing(party))?;
    let key = chain::public_key(leaf).map_err(|sentence| PksError::Certificate { party, sentence })?;
    let (message, bytes) = claim.signed(&reading.canonical);
    if key.algorithm == claim.algorithm && key.verifies(&message, bytes) { Ok(party) } else { Err(PksError::SignatureWrong(party)) }
}

pub(super) const fn named(agreement: &Agreement, party: Party) -> &PartyName {
    match party {
        Party::Office => &agreement.office,
        Party::Lembaga => &agreement.lembaga,
    }
}

struct Claims {
    office: Claim,
    lembaga: Claim,
}

/// The two claims of a file, one of each party.
fn claims(signatures: &[u8]) -> Result<Claims, PksError> {
    let mut office = None;
    let mut lembaga = None;
    for (index, signature) in signature::read_signatures(signatures)?.iter().enumerate() {
        let claim = signature::open(signature, index, AGREEMENT_TYP)?;
        let place = match claim.party {
            Party::Office => &mut office,
            Party::Lembaga => &mut lembaga,
        };
        if place.is_some() {
            return Err(PksError::Doubled(claim.party));
        }
        *place = Some(claim);
    }
    Ok(Claims {
        office: office.ok_or(PksError::Missing(Party::Office))?,
        lembaga: lembaga.ok_or(PksError::Missing(Party::Lembaga))?,
    })
}

/// Verifies one claim; gives the signer and the public key, and tells every step that held.
pub(super) fn signer(
    claim: &Claim,
    named: &PartyName,
    canonical: &[u8],
    anchors: &Anchors,
    now: Timestamp,
    tell: &mut dyn FnMut(String),
) -> Result<(Signer, Vec<u8>), PksError> {
    let party = claim.party;
    if claim.iat > now {
        return Err(PksError::SignedLater(party));
    }
    tell(format!("signed at {}", claim.iat));
    let leaf = chain::check(party, named, &claim.certificates, anchors, claim.iat)?;
    tell(format!("certificate is that of {}, {}, for signing documents", named.signatory.name, named.name));
    tell(format!("certificate leads to a trust anchor of the {party} on that date: {}", leaf.issuers.join(" <- ")));
    tell(if leaf.revocation_checked { "certificate was not revoked by then" } else { "no revocation list to look at" }.to_owned());
    if leaf.key.algorithm != claim.algorithm {
        let sentence = format!("the header says {}, the key is one for {}", claim.algorithm.name(), leaf.key.algorithm.name());
        return Err(PksError::Algorithm { party, sentence });
    }
    let (message, signature) = claim.signed(canonical);
    if !leaf.key.verifies(&message, signature) {
        return Err(PksError::SignatureWrong(party));
    }
    tell(format!("signature ({}) fits the document", claim.algorithm.name()));
    let leaf_der = claim.certificates.first().ok_or_else(|| PksError::Signatures(PksFault::new("", "x5c is empty")))?;
    let certificate = Fingerprint::from_digest(sha256(leaf_der));
    Ok((Signer { party, name: named.signatory.name.clone(), signed_at: claim.iat, certificate }, leaf.spki))
}

#[cfg(test)]
#[path = "verified_tests.rs"]
mod tests;
