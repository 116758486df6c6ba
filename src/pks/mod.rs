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
mod decide;
mod document;
mod fault;
mod hours;
mod json;
mod key;
mod matrix;
mod network;
mod parse;
mod parse_elements;
mod regions;
mod reveal;
mod signature;
#[cfg(test)]
pub(crate) mod specimen;
mod template;
mod verified;

pub use agreement::{Agreement, Balikan, Grants, PartyName, Term};
pub use cases::{Case, CaseResult, Expect, Found, read_cases, run_cases};
pub use chain::{Anchors, certificates_from_pem};
pub use decide::{Permit, decide};
pub use document::{
    BalikanText, Document, DwhMethods, ElementText, FORMAT, Guessing, HoursText, LembagaText, Numbers, OfficeText, Period, Purpose,
    Quota, RegionsText, Signatory, TermText,
};
pub use fault::{PksError, PksFault};
pub use hours::{DAYS, Hours};
pub use key::{Algorithm, SigningKey};
pub use matrix::matrix;
pub use network::Network;
pub use parse_elements::DWH_METHODS;
pub use regions::Regions;
pub use reveal::{Answer, Finding, Verdict};
pub use signature::{Party, Signature, assemble, read_signatures};
pub use template::{template, template_names};
pub use verified::{Signer, Standing, VerifiedPks, sign, verify};
