//! A draft against the past: which questions of the audit log would be answered otherwise, lembaga by lembaga and element by element.
//!
//! What an entry holds can be judged anew: who asked from where and when, what was asked, granted and matched, where the resident
//! lives. What it does not hold can't, and is counted as open: scores (a lower floor may turn *no match* into *match*), the status of
//! a NIK that was not told, the region of a resident nobody looked up, bursts within a second. The draft's own term and suspension are
//! left out of it: the past is judged as if the draft had been in force.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;

use super::agreement::Agreement;
use super::decide::{self, Situation};
use crate::kernel::{
    Ask, AskedElemen, Elemen, ElemenSet, Fingerprint, Generation, KabCode, Method, Nik, NikFault, Outcome, Reason, Refusal,
};

/// A NIK that judgement does not depend on; invented.
const SOME_NIK: &str = "6305014507850001";

/// A question of the past, as the log holds it.
#[derive(Clone, Debug)]
pub struct Past {
    /// When.
    pub at: Timestamp,
    /// From where.
    pub address: IpAddr,
    /// With which certificate.
    pub certificate: Option<Fingerprint>,
    /// Whether an officer was logged in by card.
    pub officer: bool,
    /// The deed.
    pub method: Method,
    /// By which API.
    pub generation: Generation,
    /// The elements asked.
    pub asked: ElemenSet,
    /// The elements granted.
    pub granted: ElemenSet,
    /// Those that matched, or were given.
    pub matched: ElemenSet,
    /// The threshold named.
    pub threshold: Option<u8>,
    /// The purpose named.
    pub purpose: Option<String>,
    /// Whether the NIK was one.
    pub nik: bool,
    /// Where the resident lives, where that was found out.
    pub region: Option<KabCode>,
    /// Whether it counted against the quota of the day.
    pub counted: bool,
    /// What came of it.
    pub outcome: Result<Outcome, Reason>,
}

/// How often, by element.
type ByElemen = BTreeMap<Elemen, u64>;

/// What would become of the past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Questions looked at.
    pub questions: u64,
    /// Those whose answer would be the same, as far as the log tells.
    pub unchanged: u64,
    /// Answered then, refused by the draft, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Refused then, answered by the draft, by the reason of then.
    pub answered: BTreeMap<&'static str, u64>,
    /// Refused then and by the draft, for another reason: the draft's.
    pub otherwise: BTreeMap<&'static str, u64>,
    /// Elements told then and no more.
    pub lost: ByElemen,
    /// Elements not told then that the draft grants.
    pub gained: ByElemen,
    /// Answers whose status would be told otherwise.
    pub status: u64,
    /// Verdicts on elements that hang on a score, which the log does not hold.
    pub scores: ByElemen,
    /// Questions that can't be judged anew, by why not.
    pub open: BTreeMap<&'static str, u64>,
}

/// A draft that the past is put to.
pub struct Replay {
    draft: Agreement,
    /// The agreement of then, for its thresholds.
    former: Option<Agreement>,
    /// The day of the draft's zone that is being counted, and how many NIKs so far.
    day: (i64, u64),
    report: Report,
}

impl Replay {
    /// For a draft; `former` is the agreement of then, where it is known: without it every scored verdict is open.
    #[must_use]
    pub fn new(mut draft: Agreement, former: Option<Agreement>) -> Self {
        (draft.term.begins, draft.term.ends, draft.suspended) = (Timestamp::MIN, Timestamp::MAX, false);
        Self { draft, former, day: (i64::MIN, 0), report: Report::default() }
    }

    /// Whose draft it is: only that lembaga's past concerns it.
    #[must_use]
    pub const fn draft(&self) -> &Agreement {
        &self.draft
    }

    /// What came of it.
    #[must_use]
    pub fn finish(self) -> Report {
        self.report
    }

    /// Judges one question of the draft's lembaga; they come in the order of time.
    pub fn question(&mut self, past: &Past) {
        self.report.questions += 1;
        if let Err(reason) = past.outcome
            && !judged(reason)
        {
            count(&mut self.report.open, reason.code());
            return;
        }
        let now = self.judge(past);
        match (&past.outcome, now) {
            (Ok(outcome), Ok(granted)) => self.both_answered(past, *outcome, granted),
            (Ok(_), Err(reason)) => {
                count(&mut self.report.refused, reason.code());
                add(&mut self.report.lost, past.granted);
            }
            // Refused then before anybody looked where the resident lives.
            (Err(_), Ok(_)) if past.region.is_none() && self.asks_region(past) => count(&mut self.report.open, "region not known"),
            (Err(then), Ok(granted)) => {
                count(&mut self.report.answered, then.code());
                add(&mut self.report.gained, granted);
            }
            (Err(then), Err(reason)) if *then == reason => self.report.unchanged += 1,
            (Err(_), Err(reason)) => count(&mut self.report.otherwise, reason.code()),
        }
    }

    /// What the draft says: the elements it grants, or why not.
    fn judge(&mut self, past: &Past) -> Result<ElemenSet, Reason> {
        let lembaga = &self.draft.lembaga_id;
        let situation = Situation { lembaga, address: past.address, certificate: past.certificate, officer: past.officer };
        let scope = decide::judge(&self.draft, &situation, &ask(past), past.at).map_err(|refusal: Refusal| refusal.reason)?;
        if past.region.is_some_and(|region| !self.draft.regions.cover(region)) {
            return Err(Reason::RegionOutside);
        }
        if past.counted {
            let today = self.draft.term.zone.day_number(past.at);
            self.day = if self.day.0 == today { (today, self.day.1 + 1) } else { (today, 1) };
            if self.day.1 > self.draft.quota.per_day {
                return Err(Reason::QuotaExhausted);
            }
        }
        Ok(scope.granted)
    }

    fn asks_region(&self, past: &Past) -> bool {
        past.nik && past.method != Method::Agreement && self.draft.regions != super::regions::Regions::All
    }

    fn both_answered(&mut self, past: &Past, outcome: Outcome, granted: ElemenSet) {
        let (lost, gained) = (past.granted.without(granted), granted.without(past.granted));
        add(&mut self.report.lost, lost);
        add(&mut self.report.gained, gained);
        let status = self.status_changes(outcome);
        self.report.status += u64::from(status == Some(true));
        let mut open = status.is_none();
        if open {
            count(&mut self.report.open, "status not known");
        }
        if past.method == Method::Verify && matches!(outcome, Outcome::Active | Outcome::Unconfirmed) {
            for elemen in granted.intersection(past.granted).iter().filter(|elemen| elemen.scored()) {
                if self.score_matters(past, elemen) {
                    add(&mut self.report.scores, elemen.alone());
                    open = true;
                }
            }
        }
        if lost.is_empty() && gained.is_empty() && status == Some(false) && !open {
            self.report.unchanged += 1;
        }
    }

    /// Whether the status of an answer would be told otherwise; `None` where the log does not say.
    fn status_changes(&self, outcome: Outcome) -> Option<bool> {
        match (outcome, self.draft.tell_status) {
            (Outcome::Malformed | Outcome::Done, _) => Some(false),
            (Outcome::Unconfirmed, true) => None,
            (Outcome::Unconfirmed, false) => Some(false),
            (_, told) => Some(!told),
        }
    }

    /// Whether an element's verdict may change with the score that the log does not hold: it matched and more is asked now, or it
    /// did not and less is.
    fn score_matters(&self, past: &Past, elemen: Elemen) -> bool {
        let Some(former) = &self.former else { return true };
        let asked = past.threshold.unwrap_or(0);
        let (then, now) = (asked.max(former.grants.floor(elemen)), asked.max(self.draft.grants.floor(elemen)));
        if past.matched.contains(elemen) { now > then } else { now < then }
    }
}

/// Whether a reason is one that an agreement gives: others were given before it was asked, or by the house.
const fn judged(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::PksMissing
            | Reason::PksNotInForce
            | Reason::PksSuspended
            | Reason::PksRevoked
            | Reason::OutsideHours
            | Reason::NetworkNotAllowed
            | Reason::CertificateNotAllowed
            | Reason::RegionOutside
            | Reason::PurposeMissing
            | Reason::MethodNotGranted
            | Reason::ElementNotGranted
            | Reason::ThresholdBelowFloor
            | Reason::OperatorRequired
    )
}

/// The question anew, without the values that nobody kept.
fn ask(past: &Past) -> Ask {
    Ask {
        method: past.method,
        generation: past.generation,
        nik: if past.nik { Nik::parse(SOME_NIK) } else { Err(NikFault::Length) },
        elements: past.asked.iter().map(|elemen| AskedElemen { elemen, value: None }).collect(),
        threshold: past.threshold,
        purpose: past.purpose.clone(),
    }
}

fn count(map: &mut BTreeMap<&'static str, u64>, key: &'static str) {
    *map.entry(key).or_default() += 1;
}

fn add(map: &mut ByElemen, elements: ElemenSet) {
    for elemen in elements.iter() {
        *map.entry(elemen).or_default() += 1;
    }
}

#[cfg(test)]
#[path = "simulate_tests.rs"]
mod tests;
