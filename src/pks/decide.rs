//! May this caller ask this now? [`decide`] answers with a [`Permit`] or with the reason why not.
//!
//! Pure: the agreement, the caller, the question and the moment are values. The order of the checks is the order in which reasons are
//! told: whose agreement, suspension, term, hours, network, certificate, officer's card, method, purpose, elements, threshold.
//! Quotas and the resident's region are judged elsewhere, for they take state and the row.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;

use super::agreement::Agreement;
use super::verified::{Standing, VerifiedPks};
use crate::kernel::{Ask, Caller, ElemenSet, Fingerprint, Generation, LembagaId, Method, Nik, Reason, Refusal};

/// Leave to look up and to reveal, within bounds. INVARIANT: [`decide`] alone makes one, so there is no look-up without an agreement.
///
/// ```compile_fail,E0451
/// # use std::sync::Arc;
/// # use gerbang::pks::{Permit, VerifiedPks};
/// fn moved_to_another_agreement(pks: Arc<VerifiedPks>, permit: Permit) -> Permit {
///     Permit { pks, ..permit }
/// }
/// ```
pub struct Permit {
    pks: Arc<VerifiedPks>,
    pub(super) scope: Scope,
}

/// The bounds of a permit.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    pub(super) method: Method,
    pub(super) nik: Option<Nik>,
    pub(super) granted: ElemenSet,
    /// The caller's threshold; 0 where the floors alone hold.
    pub(super) threshold: u8,
    purpose: Option<usize>,
}

/// What is judged of a caller.
pub(super) struct Situation<'a> {
    pub(super) lembaga: &'a LembagaId,
    pub(super) address: IpAddr,
    pub(super) certificate: Option<Fingerprint>,
    pub(super) officer: bool,
}

impl Permit {
    /// The NIK to look up; `None` where what was given is none, or where the deed is about no resident.
    #[must_use]
    pub const fn nik(&self) -> Option<Nik> {
        self.scope.nik
    }

    /// The columns to read: no others may be.
    #[must_use]
    pub const fn columns(&self) -> ElemenSet {
        self.scope.granted
    }

    /// The elements asked that are granted.
    #[must_use]
    pub const fn granted(&self) -> ElemenSet {
        self.scope.granted
    }

    /// The method permitted.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.scope.method
    }

    /// The lembaga on whose behalf.
    #[must_use]
    pub fn lembaga(&self) -> &LembagaId {
        &self.pks.agreement().lembaga_id
    }

    /// The place of the purpose named in the agreement's list.
    #[must_use]
    pub const fn purpose(&self) -> Option<usize> {
        self.scope.purpose
    }

    /// The agreement that permits.
    #[must_use]
    pub const fn pks(&self) -> &Arc<VerifiedPks> {
        &self.pks
    }
}

/// Judges a question by an agreement.
///
/// `/v1` refuses an element that is not granted and a threshold below the floor; on the DWH route such an element is left out (refused
/// only if none is left) and such a threshold is judged by the floor. [`Method::Agreement`] touches no resident: hours, card, purpose
/// and elements do not matter for it.
pub fn decide(pks: &Arc<VerifiedPks>, caller: &Caller, ask: &Ask, now: Timestamp) -> Result<Permit, Refusal> {
    let situation = Situation {
        lembaga: caller.lembaga(),
        address: caller.address(),
        certificate: caller.certificate(),
        officer: caller.officer().is_some(),
    };
    if let Some(revoked) = pks.revocation().filter(|_| caller.lembaga() == &pks.agreement().lembaga_id) {
        return Err(Refusal::new(Reason::PksRevoked).with(revoked.reason.clone()));
    }
    let scope = judge(pks.agreement(), &situation, ask, now)?;
    Ok(Permit { pks: Arc::clone(pks), scope })
}

/// The judgement itself, without a witness: cases judge drafts by it that nobody has signed.
pub(super) fn judge(agreement: &Agreement, caller: &Situation<'_>, ask: &Ask, now: Timestamp) -> Result<Scope, Refusal> {
    binds(agreement, caller, now)?;
    let resident = !matches!(ask.method, Method::Agreement);
    if resident
        && let Some(hours) = &agreement.hours
        && !hours.contain(now)
    {
        return Err(Refusal::new(Reason::OutsideHours).with(hours.words()));
    }
    if !agreement.admits_address(caller.address) {
        return Err(Refusal::new(Reason::NetworkNotAllowed));
    }
    if !agreement.admits_certificate(caller.certificate) {
        return Err(Refusal::new(Reason::CertificateNotAllowed));
    }
    if !resident {
        return Ok(Scope { method: ask.method, nik: None, granted: ElemenSet::EMPTY, threshold: 0, purpose: None });
    }
    if agreement.operator_card && !caller.officer {
        return Err(Refusal::new(Reason::OperatorRequired));
    }
    if !agreement.grants_method(ask.method) {
        return Err(Refusal::new(Reason::MethodNotGranted));
    }
    let purpose = purpose(agreement, ask)?;
    let granted = granted(agreement, ask)?;
    let threshold = threshold(agreement, ask, granted)?;
    Ok(Scope { method: ask.method, nik: ask.nik.ok(), granted, threshold, purpose })
}

/// Whether the agreement is this caller's and binds now.
fn binds(agreement: &Agreement, caller: &Situation<'_>, now: Timestamp) -> Result<(), Refusal> {
    if *caller.lembaga != agreement.lembaga_id {
        return Err(Refusal::new(Reason::PksMissing));
    }
    match agreement.standing(now) {
        Standing::InForce => Ok(()),
        Standing::Suspended => Err(Refusal::new(Reason::PksSuspended)),
        Standing::Revoked => Err(Refusal::new(Reason::PksRevoked)),
        Standing::NotYet => Err(Refusal::new(Reason::PksNotInForce).with("the term has not begun")),
        Standing::Expired => Err(Refusal::new(Reason::PksNotInForce).with("the term is over")),
    }
}

/// The place of the purpose named. One that is named must be of the list even where none need be.
fn purpose(agreement: &Agreement, ask: &Ask) -> Result<Option<usize>, Refusal> {
    match &ask.purpose {
        None if agreement.purpose_required => Err(Refusal::new(Reason::PurposeMissing).with("no purpose is named")),
        None => Ok(None),
        Some(code) => match agreement.purposes.iter().position(|purpose| purpose.code == *code) {
            Some(place) => Ok(Some(place)),
            None => Err(Refusal::new(Reason::PurposeMissing).with("the purpose named is not one of the agreement's")),
        },
    }
}

fn granted(agreement: &Agreement, ask: &Ask) -> Result<ElemenSet, Refusal> {
    let asked = ask.elements();
    let granted = asked.intersection(agreement.grants.of(ask.method));
    let beyond = asked.without(granted);
    let refused = match ask.generation {
        Generation::V1 => !beyond.is_empty() || granted.is_empty(),
        Generation::Dwh => granted.is_empty(),
    };
    if refused { Err(Refusal::about(Reason::ElementNotGranted, beyond)) } else { Ok(granted) }
}

fn threshold(agreement: &Agreement, ask: &Ask, granted: ElemenSet) -> Result<u8, Refusal> {
    let (Method::Verify, Some(threshold)) = (ask.method, ask.threshold) else { return Ok(0) };
    let below: ElemenSet = granted.iter().filter(|elemen| elemen.scored() && agreement.grants.floor(*elemen) > threshold).collect();
    match ask.generation {
        Generation::V1 if !below.is_empty() => {
            let highest = below.iter().map(|elemen| agreement.grants.floor(elemen)).max().unwrap_or(100);
            Err(Refusal::about(Reason::ThresholdBelowFloor, below).with(format!("the lowest threshold is {highest}")))
        }
        _ => Ok(threshold),
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
