//! What may be told of what was found: [`Permit::reveal`] turns a [`Finding`] into an [`Answer`].
//!
//! Only an active NIK has elements. Without the right to know the status everyone is `unconfirmed`: the absent, the dead, those of
//! other regions and the living whose values differ then look alike. Nothing beyond the permit is compared or given, whatever the row
//! holds.

use std::sync::Arc;

use super::agreement::Agreement;
use super::decide::{Permit, Scope};
use crate::kernel::{Ask, AskedElemen, Elemen, ElemenSet, KabCode, Kind, Method, Nik, NikStatus, Outcome, Reason, Refusal, Row};
use crate::matching;

/// What the warehouse has of the NIK.
pub enum Finding {
    /// There was nothing to look up: no NIK was given, or the deed is about no resident.
    Malformed,
    /// Nobody has this NIK.
    Absent,
    /// The resident's row, with the columns of the permit.
    Row(Arc<Row>),
}

/// The judgement on one element.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The element.
    pub elemen: Elemen,
    /// Whether the value given is enough like the record's.
    pub matched: bool,
    /// How much alike, 0-100, where the agreement lets it be told.
    pub score: Option<u8>,
}

/// All that may be told. Holds personal data: no `Debug`. INVARIANT: [`Permit::reveal`] alone makes one.
///
/// ```compile_fail,E0423
/// # use gerbang::pks::Answer;
/// let forged = Answer(loop {});
/// ```
///
/// ```compile_fail,E0277
/// # use gerbang::pks::Answer;
/// fn logged(answer: &Answer) -> String {
///     format!("{answer:?}")
/// }
/// ```
pub struct Answer(Disclosure);

/// The substance of an answer, without the witness.
pub(super) struct Disclosure {
    pub(super) outcome: Outcome,
    pub(super) found: bool,
    nik: Option<Nik>,
    region: Option<KabCode>,
    pub(super) granted: ElemenSet,
    pub(super) verdicts: Vec<Verdict>,
    held: ElemenSet,
    /// The row whose granted values are told; `None` where none may be.
    row: Option<Arc<Row>>,
}

impl Answer {
    /// What is told of the NIK.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Whether a resident was found: fees are owed for these. Not to be told beyond [`Answer::outcome`].
    #[must_use]
    pub const fn found(&self) -> bool {
        self.0.found
    }

    /// The NIK that was asked about; `None` where it was none.
    #[must_use]
    pub const fn nik(&self) -> Option<Nik> {
        self.0.nik
    }

    /// Where the resident found lives, for the audit entry. Not to be told.
    #[must_use]
    pub const fn region(&self) -> Option<KabCode> {
        self.0.region
    }

    /// The elements asked that are granted.
    #[must_use]
    pub const fn granted(&self) -> ElemenSet {
        self.0.granted
    }

    /// The elements that matched.
    #[must_use]
    pub fn matched(&self) -> ElemenSet {
        self.0.verdicts.iter().filter(|verdict| verdict.matched).map(|verdict| verdict.elemen).collect()
    }

    /// The elements that do not match because they were withheld.
    #[must_use]
    pub const fn held(&self) -> ElemenSet {
        self.0.held
    }

    /// Withholds the comparison of elements: they do not match, with a score of 0 where one is told. Nothing is ever added.
    pub fn withhold(&mut self, held: ElemenSet) {
        let compared = self.0.verdicts.iter_mut().filter(|verdict| held.contains(verdict.elemen));
        for verdict in compared {
            verdict.matched = false;
            verdict.score = verdict.score.map(|_| 0);
            self.0.held.insert(verdict.elemen);
        }
    }

    /// The judgements, in the order in which the elements were asked; none where the outcome carries no element.
    #[must_use]
    pub fn verdicts(&self) -> &[Verdict] {
        &self.0.verdicts
    }

    /// The values, in the order of the catalogue; `""` for an element without one. None for a verification.
    pub fn values(&self) -> impl Iterator<Item = (Elemen, &str)> {
        self.0.values()
    }
}

impl Disclosure {
    pub(super) fn values(&self) -> impl Iterator<Item = (Elemen, &str)> {
        let told = self.row.as_ref().map_or(ElemenSet::EMPTY, |_| self.granted);
        let row = self.row.as_deref();
        // A row without a granted column is a fault of the warehouse; the caller is then told no value, never another one.
        told.iter().map(move |elemen| (elemen, row.and_then(|row| row.value(elemen)).unwrap_or_default()))
    }

    fn without_elements(outcome: Outcome, scope: &Scope) -> Self {
        Self {
            outcome,
            found: false,
            nik: scope.nik,
            region: None,
            granted: scope.granted,
            verdicts: Vec::new(),
            held: ElemenSet::EMPTY,
            row: None,
        }
    }
}

impl Permit {
    /// Turns what was found into what may be told, or refuses for the region of the resident.
    ///
    /// `ask` must be the question that was decided; of it only the values to compare are used, everything else is the permit's own.
    pub fn reveal(&self, ask: &Ask, finding: &Finding) -> Result<Answer, Refusal> {
        disclose(self.pks().agreement(), &self.scope, ask, finding).map(Answer)
    }
}

/// The judgement itself, without a witness: cases judge drafts by it that nobody has signed.
pub(super) fn disclose(agreement: &Agreement, scope: &Scope, ask: &Ask, finding: &Finding) -> Result<Disclosure, Refusal> {
    if matches!(scope.method, Method::Agreement) {
        return Ok(Disclosure::without_elements(Outcome::Done, scope));
    }
    let row = match finding {
        // INVARIANT: a permit without a NIK reveals nothing, whatever row comes with it.
        _ if scope.nik.is_none() => return Ok(Disclosure::without_elements(Outcome::Malformed, scope)),
        Finding::Malformed => return Ok(Disclosure::without_elements(Outcome::Malformed, scope)),
        Finding::Absent => None,
        Finding::Row(row) if agreement.regions.cover(row.region()) => Some(row),
        Finding::Row(_) if agreement.tell_status => return Err(Refusal::new(Reason::RegionOutside)),
        // Without the right to know the status, a refusal would tell that the resident exists.
        Finding::Row(_) => None,
    };
    let active = row.filter(|row| row.status() == NikStatus::Active);
    let outcome = match row.map(|row| row.status()) {
        _ if !agreement.tell_status => Outcome::Unconfirmed,
        None => Outcome::NotFound,
        Some(NikStatus::Active) => Outcome::Active,
        Some(NikStatus::Deceased) => Outcome::Deceased,
        Some(NikStatus::Duplicate) => Outcome::Duplicate,
        Some(NikStatus::Inactive) => Outcome::Inactive,
    };
    let mut told = Disclosure::without_elements(outcome, scope);
    told.found = row.is_some();
    told.region = row.map(|row| row.region());
    match scope.method {
        Method::Verify if active.is_some() || !agreement.tell_status => {
            told.verdicts = verdicts(agreement, scope, ask, active.map(AsRef::as_ref));
        }
        Method::Retrieve | Method::Family => told.row = active.map(Arc::clone),
        Method::Verify | Method::Agreement => {}
    }
    Ok(told)
}

/// Judges every granted element; against no row nothing matches.
fn verdicts(agreement: &Agreement, scope: &Scope, ask: &Ask, row: Option<&Row>) -> Vec<Verdict> {
    let mut verdicts = Vec::with_capacity(ask.elements.len());
    for asked in ask.elements.iter().filter(|asked| scope.granted.contains(asked.elemen)) {
        let elemen = asked.elemen;
        let score = row.map_or_else(|| as_if_compared(asked), |row| score(row, asked));
        let matched = score >= agreement.grants.floor(elemen).max(if elemen.scored() { scope.threshold } else { 0 });
        verdicts.push(Verdict { elemen, matched, score: agreement.grants.score.contains(elemen).then_some(score) });
    }
    verdicts
}

/// No match, found out with the work of a comparison: who is not there answers no sooner than who is.
fn as_if_compared(asked: &AskedElemen) -> u8 {
    if let Some(value) = &asked.value {
        let elemen = asked.elemen;
        let stored = match elemen.kind() {
            Kind::Name => "MUHAMMAD RIZKY HIDAYATULLAH",
            Kind::Address => "JALAN AHMAD YANI KM 5 NO 12 RT 003 RW 001",
            Kind::Place => "HULU SUNGAI SELATAN",
            Kind::Date => "1985-07-05",
            Kind::Id16 | Kind::Number { .. } | Kind::Code(_) | Kind::Text => "6305010101010000",
        };
        std::hint::black_box(matching::score(elemen, stored, value.expose()));
    }
    0
}

fn score(row: &Row, asked: &AskedElemen) -> u8 {
    match (row.value(asked.elemen), &asked.value) {
        (Some(stored), Some(value)) => matching::score(asked.elemen, stored, value.expose()),
        // Nothing to compare: a column the warehouse failed to read, or no value given. Neither is a match.
        (None, _) | (_, None) => 0,
    }
}

#[cfg(test)]
#[path = "reveal_tests.rs"]
mod tests;
