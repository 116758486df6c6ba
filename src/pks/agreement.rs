//! The agreement as it is meant: every field parsed, every contradiction refused, and what the road asks of it worked out once.
//!
//! An `Agreement` is not yet believed by anyone: [`verify`](super::verify) makes a [`VerifiedPks`](super::VerifiedPks) of one.

use jiff::Timestamp;
use jiff::civil::Date;
use std::net::IpAddr;

use super::document::{Document, Former, Guessing, Numbers, Period, Purpose, Quota, Signatory};
use super::fault::PksFault;
use super::hours::Hours;
use super::network::Network;
use super::regions::Regions;
use crate::kernel::{CustomerId, Elemen, ElemenSet, Fingerprint, LembagaId, Method, Zone};

/// One of the two parties as the agreement names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyName {
    /// The party's name: what O says in its certificate.
    pub name: String,
    /// Who signs for it: what CN says in the certificate.
    pub signatory: Signatory,
}

/// From when until when, both days included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The moment it begins.
    pub begins: Timestamp,
    /// The first moment it is over.
    pub ends: Timestamp,
    /// Where its days begin and end: quotas of a day go by this zone too.
    pub zone: Zone,
}

impl Term {
    /// The last day on which it holds.
    #[must_use]
    pub fn last_day(&self) -> Date {
        let day = self.zone.date(self.ends);
        day.yesterday().unwrap_or(day)
    }
}

/// The data balikan owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balikan {
    /// Names of the fields.
    pub fields: Vec<String>,
    /// How often.
    pub period: Period,
}

/// The elements granted, worked out for the road.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants {
    /// Elements that may be compared.
    pub verify: ElemenSet,
    /// Elements whose score may be told.
    pub score: ElemenSet,
    /// Elements whose value may be given.
    pub read: ElemenSet,
    /// The lowest threshold of each element, by its bit: 100 for what has no score.
    pub(super) floors: [u8; Elemen::COUNT],
}

impl Grants {
    /// The elements granted for a method.
    #[must_use]
    pub const fn of(&self, method: Method) -> ElemenSet {
        match method {
            Method::Verify => self.verify,
            Method::Retrieve | Method::Family => self.read,
            Method::Agreement => ElemenSet::EMPTY,
        }
    }

    /// The lowest threshold that an element is judged by; 100 (only equal values match) for an element without a score.
    #[must_use]
    pub fn floor(&self, elemen: Elemen) -> u8 {
        self.floors.get(usize::from(elemen.bit())).copied().unwrap_or(100)
    }
}

/// An agreement that makes sense.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Agreement {
    /// The number each party files it under.
    pub number: Numbers,
    /// Counts up with every change.
    pub version: u32,
    /// The version it amends or renews.
    pub supersedes: Option<Former>,
    /// The office that grants.
    pub office: PartyName,
    /// The lembaga that is granted.
    pub lembaga: PartyName,
    /// The lembaga's short name.
    pub lembaga_id: LembagaId,
    /// What the lembaga is.
    pub lembaga_kind: String,
    /// The number the DWH service knows the lembaga by.
    pub customer_id: CustomerId,
    /// What the data may be used for.
    pub purposes: Vec<Purpose>,
    /// Whether every question must name a purpose.
    pub purpose_required: bool,
    /// From when until when.
    pub term: Term,
    /// Whether the office has suspended it.
    pub suspended: bool,
    /// Whether verification is granted.
    pub may_verify: bool,
    /// Whether retrieval is granted.
    pub may_retrieve: bool,
    /// Whether retrieval of a whole family card is granted, by the NIK of any of its members.
    pub may_family: bool,
    /// DWH method names of the lembaga's own, upper case, with what they mean.
    pub dwh_methods: Vec<(String, Method)>,
    /// The elements granted.
    pub grants: Grants,
    /// The legal ground of each protected element granted.
    pub legal_grounds: Vec<(Elemen, String)>,
    /// How much may be asked.
    pub quota: Quota,
    /// What is taken for guessing.
    pub guessing: Guessing,
    /// When may be asked; `None` for always.
    pub hours: Option<Hours>,
    /// From where.
    pub networks: Vec<Network>,
    /// The certificates admitted; empty for every one of the lembaga.
    pub certificates: Vec<Fingerprint>,
    /// Whether the DWH route takes a password alone.
    pub password_without_certificate: bool,
    /// Where the residents live about whom may be asked.
    pub regions: Regions,
    /// Whether an officer's card is needed.
    pub operator_card: bool,
    /// Whether the NIK's status may be told.
    pub tell_status: bool,
    /// The data balikan owed.
    pub balikan: Option<Balikan>,
    /// SHA-256 of the paper.
    pub paper_sha256: [u8; 32],
}

impl Agreement {
    /// Works out what a document means, or everything that is wrong with it.
    pub(super) fn from_document(document: &Document) -> Result<Self, Vec<PksFault>> {
        super::parse::agreement(document)
    }

    /// Whether a method is granted.
    #[must_use]
    pub const fn grants_method(&self, method: Method) -> bool {
        match method {
            Method::Verify => self.may_verify,
            Method::Retrieve => self.may_retrieve,
            Method::Family => self.may_family,
            Method::Agreement => true,
        }
    }

    /// What a DWH method name of the lembaga's own means; case does not matter.
    #[must_use]
    pub fn dwh_method(&self, name: &str) -> Option<Method> {
        self.dwh_methods.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, method)| *method)
    }

    /// Whether it may be asked from this address.
    #[must_use]
    pub fn admits_address(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
    }

    /// Whether this client certificate (or none) may be used. Whose certificate it is was found out before.
    #[must_use]
    pub fn admits_certificate(&self, certificate: Option<Fingerprint>) -> bool {
        match certificate {
            None => self.password_without_certificate,
            Some(shown) => self.certificates.is_empty() || self.certificates.contains(&shown),
        }
    }
}
