//! The agreement (PKS, perjanjian kerja sama): what it says, who signed it, what it lets be asked, and what it lets be told.
//!
//! A line of types that can't be entered in the middle:
//!
//! - [`verify()`] makes a [`VerifiedPks`] from a document, both parties' signatures and their trust anchors;
//! - [`decide()`] makes a [`Permit`] from a `VerifiedPks`, a caller and a question;
//! - [`Permit::reveal`] makes an [`Answer`] from what the warehouse found.
//!
//! Pure and sync: bytes, clock and trust anchors are passed in. Refuses whatever is unsigned, half-signed, altered or signed by a
//! stranger, a document that contradicts itself, and every question that the agreement does not grant, each with its reason.
//!
//! A draft that nobody has signed can be judged by its cases, which tell what would be decided and hand out no witness.

mod agreement;
mod cases;
mod chain;
mod change;
mod crl;
mod decide;
mod document;
mod examine;
mod fault;
mod hours;
mod json;
mod key;
mod matrix;
mod network;
mod paper;
mod parse;
mod parse_elements;
mod place;
mod regions;
mod reveal;
mod revocation;
mod shape;
mod signature;
mod simulate;
#[cfg(test)]
pub(crate) mod specimen;
mod template;
mod verified;

pub use agreement::{Agreement, Balikan, Grants, PartyName, Term};
pub use cases::{Case, CaseResult, Expect, Found, read_cases, run_cases};
pub use chain::{Anchors, certificates_from_pem};
pub use change::{Change, Way, changes};
pub use crl::Crls;
pub use decide::{Permit, decide};
pub use document::{
    BalikanText, Document, DwhMethods, ElementText, FORMAT, Former, Guessing, HoursText, LembagaText, Numbers, OfficeText, Period,
    Purpose, Quota, RegionsText, Signatory, TermText, document_digest,
};
pub use examine::{Step, examine};
pub use fault::{PksError, PksFault};
pub use hours::{DAYS, Hours};
pub use json::{merge, read_json};
pub use key::{Algorithm, SigningKey, Signs};
pub use matrix::matrix;
pub use network::Network;
pub use paper::Paper;
pub use parse_elements::DWH_METHODS;
pub use regions::Regions;
pub use reveal::{Answer, Finding, Verdict};
pub use revocation::{Revocation, Revoked, may_sign_revocation, sign_revocation, verify_revocation};
pub use signature::{Party, Signature, assemble, read_signatures};
pub use simulate::{Past, Replay, Report};
pub use template::{template, template_names};
pub use verified::{Signer, Standing, VerifiedPks, fits, may_sign_for, sign, verify};
