//! What a caller asks, parsed: the only form in which a request travels past the door.

use super::elemen::Elemen;
use super::elemen_set::ElemenSet;
use super::nik::{Nik, NikFault};
use super::secret::Secret;

/// The deed asked for. The number goes into audit entries and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Method {
    /// Compare given values with the record: SESUAI or TIDAK SESUAI.
    Verify = 1,
    /// Give values of the record.
    Retrieve = 2,
    /// Tell the caller what its own PKS allows; touches no resident.
    Agreement = 3,
    /// Give values of a resident and of everybody on the same family card, each judged by itself.
    Family = 4,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 4] = [Self::Verify, Self::Retrieve, Self::Agreement, Self::Family];

    /// The word for it in PKS documents, metrics and `audit show`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Retrieve => "retrieve",
            Self::Agreement => "agreement",
            Self::Family => "family",
        }
    }

    /// From the number in an audit entry.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|method| *method as u8 == number)
    }
}

/// Which generation of the API a question came by; decides what an element outside the PKS does (rule 4 of the interfaces).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Generation {
    /// The DWH web service: elements outside the PKS are left out of the answer, a threshold below the floor is judged by the floor.
    Dwh = 1,
    /// `/v1`: both are refused, with the reason.
    V1 = 2,
}

/// One element asked: the value to compare for verification, none for retrieval.
pub struct AskedElemen {
    /// The element.
    pub elemen: Elemen,
    /// The caller's value, as it came (personal data).
    pub value: Option<Secret<String>>,
}

/// A question about one NIK. Holds personal data: no `Debug`.
pub struct Ask {
    /// Verify or retrieve.
    pub method: Method,
    /// By which API it came.
    pub generation: Generation,
    /// The NIK, or why the text given is none. A malformed one is answered (not refused), audited and not counted.
    pub nik: Result<Nik, NikFault>,
    /// The elements asked, each at most once, in the caller's order.
    pub elements: Vec<AskedElemen>,
    /// The caller's threshold, 0-100; without one the floors of the PKS hold.
    pub threshold: Option<u8>,
    /// The purpose named, a word of the PKS's list.
    pub purpose: Option<String>,
}

impl Ask {
    /// The elements asked as a set.
    #[must_use]
    pub fn elements(&self) -> ElemenSet {
        self.elements.iter().map(|asked| asked.elemen).collect()
    }
}
