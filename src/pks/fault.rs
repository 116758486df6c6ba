//! What can be wrong with an agreement: faults of the document, and errors of its signatures.

use std::fmt;

use super::place;
use super::signature::Party;

/// One fault of a document, in a plain Indonesian sentence: those who draft agreements are officials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PksFault {
    /// Where: a JSON pointer (RFC 6901); empty where the whole text is meant (the sentence then tells line and column).
    pub pointer: String,
    /// What is wrong and what would be right.
    pub sentence: String,
}

impl PksFault {
    pub(super) fn new(pointer: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), sentence: sentence.into() }
    }
}

impl fmt::Display for PksFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pointer.is_empty() {
            return f.write_str(&self.sentence);
        }
        write!(f, "{} ({}): {}", place::words(&self.pointer), self.pointer, self.sentence)
    }
}

impl std::error::Error for PksFault {}

/// Why a document with its signatures is no agreement that binds anyone.
#[derive(Debug, thiserror::Error)]
pub enum PksError {
    /// The document is malformed or contradicts itself; all faults that were found.
    #[error("the agreement can't be read: {}", list(.0))]
    Document(Vec<PksFault>),
    /// The text of `pks.sig` (or of a protected header in it) is not what it must be.
    #[error("the signature file can't be read: {0}")]
    Signatures(PksFault),
    /// A party has not signed.
    #[error("the signature of the {0} is missing")]
    Missing(Party),
    /// A party has signed twice.
    #[error("the {0} has signed twice")]
    Doubled(Party),
    /// Both signatures are by the same key: one party has signed for both.
    #[error("both signatures are by the same key")]
    SameKey,
    /// An algorithm that is not accepted, or that does not fit the key in the certificate.
    #[error("signature of the {party}: {sentence}")]
    Algorithm {
        /// Whose signature.
        party: Party,
        /// Which algorithm, and what would be right.
        sentence: String,
    },
    /// The date of signing lies in the future.
    #[error("the {0} signed at a time that has not come yet")]
    SignedLater(Party),
    /// A certificate that may not sign agreements.
    #[error("certificate of the {party}: {sentence}")]
    Certificate {
        /// Whose certificate.
        party: Party,
        /// Which rule it breaks.
        sentence: String,
    },
    /// The certificate does not lead to a trust anchor of the party, on the date of signing.
    #[error("the certificate of the {party} was not good on the date of signing")]
    Chain {
        /// Whose certificate.
        party: Party,
        /// Which step failed.
        #[source]
        source: webpki::Error,
    },
    /// The signature is not one over this document by the key in the certificate.
    #[error("the signature of the {0} does not fit the document")]
    SignatureWrong(Party),
    /// A file of revocation lists can't be used.
    #[error("the revocation lists can't be read: {0}")]
    Crl(String),
    /// A PEM file holds no certificate that can be read.
    #[error("a PEM file of certificates holds none that can be read")]
    Pem(#[source] Option<rustls::pki_types::pem::Error>),
    /// A private key or a certificate given for signing can't be used.
    #[error("{0}")]
    SigningKey(String),
}

fn list(faults: &[PksFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
