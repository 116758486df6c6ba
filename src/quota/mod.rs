//! Floor 2: how much a lembaga may still ask: bursts a second by governor, the quota of the day by an exact counter.
//!
//! A question reserves one before the look-up and settles after the answer: what was refused, malformed or failed gives its
//! reservation back; a window of lines does the same with a [`Lot`]. So the counter never exceeds the quota, and never forgets an answer. The day ends at midnight in the zone of
//! the PKS's term. Counters of the running day are rebuilt from the audit log at start: the log is the truth. Budgets of wrong
//! guesses are a count of their own ([`guess`]).

pub mod guess;
mod lot;
mod meter;

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;

use crate::kernel::{LembagaId, Reason, Refusal, Zone};
use meter::Meter;

pub use lot::{Lot, SettledLot};

/// What a PKS allows, as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Requests a second, sustained.
    pub per_second: NonZeroU32,
    /// Requests at once.
    pub burst: NonZeroU32,
    /// NIKs a day.
    pub per_day: u64,
    /// Where the day ends.
    pub zone: Zone,
}

/// What is left after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// NIKs that may still be asked today.
    pub remaining_day: u64,
    /// NIKs a day.
    pub per_day: u64,
    /// Seconds until the day begins anew.
    pub resets_in_s: u32,
    /// Requests a second, sustained.
    pub per_second: NonZeroU32,
    /// Requests at once.
    pub burst: NonZeroU32,
}

/// A refusal by quota, with what the caller may do about it.
#[derive(Clone, Debug)]
pub struct Exhausted {
    /// Which limit.
    pub refusal: Refusal,
    /// Seconds after which trying again makes sense.
    pub retry_after_s: u32,
    /// What is left.
    pub balance: Balance,
}

/// The right to ask once, reserved. Dropped without [`Allowance::settle`], it gives the reservation back.
pub struct Allowance {
    meter: Arc<Meter>,
    terms: Terms,
    day: u32,
    reserved: bool,
}

/// The counters of all lembaga.
#[derive(Default)]
pub struct Quotas {
    meters: RwLock<HashMap<LembagaId, Arc<Meter>>>,
}

impl Quotas {
    /// Without any count.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reserves one question: first the burst, then the day.
    pub fn reserve(&self, lembaga: &LembagaId, terms: &Terms, now: Timestamp) -> Result<Allowance, Exhausted> {
        let meter = self.meter(lembaga, terms);
        let day = day_of(terms, now);
        let exhausted = |reason, retry_after_s| Exhausted {
            refusal: Refusal::new(reason),
            retry_after_s,
            balance: meter.balance(terms, day, now),
        };
        if !meter.passes_burst() {
            return Err(exhausted(Reason::RateLimited, 1));
        }
        if !meter.take(day, terms.per_day, 1) {
            return Err(exhausted(Reason::QuotaExhausted, terms.zone.seconds_to_midnight(now)));
        }
        Ok(Allowance { meter: Arc::clone(&meter), terms: *terms, day, reserved: true })
    }

    /// Passes one request that touches no resident: the burst is limited, the day is not.
    pub fn pass_burst(&self, lembaga: &LembagaId, terms: &Terms, now: Timestamp) -> Result<(), Exhausted> {
        let meter = self.meter(lembaga, terms);
        if meter.passes_burst() {
            return Ok(());
        }
        let balance = meter.balance(terms, day_of(terms, now), now);
        Err(Exhausted { refusal: Refusal::new(Reason::RateLimited), retry_after_s: 1, balance })
    }

    /// What is left, without asking for anything.
    pub fn balance(&self, lembaga: &LembagaId, terms: &Terms, now: Timestamp) -> Balance {
        self.meter(lembaga, terms).balance(terms, day_of(terms, now), now)
    }

    /// Counts answers that the audit log holds: at start, before any question. Those of a day that has not come yet (a clock ran
    /// ahead) are passed over, for they would close the days until then.
    pub fn recount(&self, lembaga: &LembagaId, terms: &Terms, answered_at: Timestamp, count: u64, now: Timestamp) {
        let day = day_of(terms, answered_at);
        if day <= day_of(terms, now) {
            self.meter(lembaga, terms).count(day, count);
        }
    }

    /// The meter of a lembaga; a new one, with the old count, where the PKS's rate has changed.
    fn meter(&self, lembaga: &LembagaId, terms: &Terms) -> Arc<Meter> {
        let known = self.meters.read().unwrap_or_else(PoisonError::into_inner).get(lembaga).map(Arc::clone);
        match known {
            Some(meter) if meter.fits(terms) => meter,
            _ => {
                let mut meters = self.meters.write().unwrap_or_else(PoisonError::into_inner);
                let meter = match meters.get(lembaga) {
                    Some(meter) if meter.fits(terms) => return Arc::clone(meter),
                    Some(meter) => Arc::new(meter.with_terms(terms)),
                    None => Arc::new(Meter::new(terms)),
                };
                meters.insert(lembaga.clone(), Arc::clone(&meter));
                meter
            }
        }
    }
}

/// A question that has been counted, or not, for good.
pub struct Settled {
    meter: Arc<Meter>,
    day: u32,
    counted: bool,
    balance: Balance,
}

impl Settled {
    /// What was left right after.
    #[must_use]
    pub const fn balance(&self) -> Balance {
        self.balance
    }

    /// Takes the count back: the answer could not be sealed and will not leave.
    pub fn undo(self) {
        if self.counted {
            self.meter.give_back(self.day, 1);
        }
    }
}

impl Allowance {
    /// Ends the question: `counted` says whether a well-formed NIK was looked up and answered.
    pub fn settle(mut self, counted: bool, now: Timestamp) -> Settled {
        if !counted {
            self.give_back();
        }
        self.reserved = false;
        let balance = self.meter.balance(&self.terms, self.day, now);
        Settled { meter: Arc::clone(&self.meter), day: self.day, counted, balance }
    }

    /// Reserves so many more of the same day, all or none, for a question that turned out to be about more residents than one. It
    /// stays one request: the burst is not asked again.
    pub fn others(&self, count: usize, now: Timestamp) -> Result<Vec<Self>, Exhausted> {
        if !self.meter.take(self.day, self.terms.per_day, count as u64) {
            return Err(Exhausted {
                refusal: Refusal::new(Reason::QuotaExhausted),
                retry_after_s: self.terms.zone.seconds_to_midnight(now),
                balance: self.meter.balance(&self.terms, self.day, now),
            });
        }
        let one = || Self { meter: Arc::clone(&self.meter), terms: self.terms, day: self.day, reserved: true };
        Ok(std::iter::repeat_with(one).take(count).collect())
    }

    fn give_back(&mut self) {
        if std::mem::take(&mut self.reserved) {
            self.meter.give_back(self.day, 1);
        }
    }
}

impl Drop for Allowance {
    fn drop(&mut self) {
        self.give_back();
    }
}

fn day_of(terms: &Terms, at: Timestamp) -> u32 {
    u32::try_from(terms.zone.day_number(at)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(per_second: u32, burst: u32, per_day: u64) -> Terms {
        Terms {
            per_second: NonZeroU32::new(per_second).unwrap(),
            burst: NonZeroU32::new(burst).unwrap(),
            per_day,
            zone: Zone::Wita,
        }
    }

    fn lembaga() -> LembagaId {
        LembagaId::parse("rsud-tapin").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_day_is_used_up_exactly_and_begins_anew_at_midnight_in_its_zone() {
        let (quotas, terms) = (Quotas::new(), terms(1_000_000, 1_000_000, 2));
        let late = at("2026-11-22T15:59:59Z");
        for left in [1, 0] {
            let allowance = quotas.reserve(&lembaga(), &terms, late).ok().unwrap();
            assert_eq!(allowance.settle(true, late).balance().remaining_day, left);
        }
        let exhausted = quotas.reserve(&lembaga(), &terms, late).err().unwrap();
        assert_eq!((exhausted.refusal.reason, exhausted.retry_after_s), (Reason::QuotaExhausted, 1));
        let next = at("2026-11-22T16:00:00Z");
        assert_eq!(quotas.reserve(&lembaga(), &terms, next).ok().unwrap().settle(true, next).balance().remaining_day, 1);
    }

    #[test]
    fn what_was_not_counted_or_was_dropped_is_given_back() {
        let (quotas, terms, now) = (Quotas::new(), terms(1_000_000, 1_000_000, 1), at("2026-11-22T01:00:00Z"));
        drop(quotas.reserve(&lembaga(), &terms, now).ok().unwrap());
        assert_eq!(quotas.reserve(&lembaga(), &terms, now).ok().unwrap().settle(false, now).balance().remaining_day, 1);
        let held = quotas.reserve(&lembaga(), &terms, now).ok().unwrap();
        assert!(quotas.reserve(&lembaga(), &terms, now).is_err(), "reserved while under way");
        assert_eq!(held.settle(true, now).balance().remaining_day, 0);
    }

    #[test]
    fn a_reservation_of_yesterday_gives_nothing_back_to_today() {
        let (quotas, terms) = (Quotas::new(), terms(1_000_000, 1_000_000, 5));
        let (before, after) = (at("2026-11-22T15:59:59Z"), at("2026-11-22T16:00:01Z"));
        let old = quotas.reserve(&lembaga(), &terms, before).ok().unwrap();
        let new = quotas.reserve(&lembaga(), &terms, after).ok().unwrap();
        drop(old);
        assert_eq!(new.settle(true, after).balance().remaining_day, 4);
    }

    #[test]
    fn an_answer_that_could_not_be_sealed_is_taken_back() {
        let (quotas, terms, now) = (Quotas::new(), terms(1_000_000, 1_000_000, 5), at("2026-11-22T01:00:00Z"));
        quotas.reserve(&lembaga(), &terms, now).ok().unwrap().settle(true, now).undo();
        quotas.reserve(&lembaga(), &terms, now).ok().unwrap().settle(false, now).undo();
        assert_eq!(quotas.balance(&lembaga(), &terms, now).remaining_day, 5);
    }

    #[test]
    fn others_are_reserved_all_or_none_and_each_is_settled_by_itself() {
        let (quotas, terms, now) = (Quotas::new(), terms(1, 1, 4), at("2026-11-22T01:00:00Z"));
        let first = quotas.reserve(&lembaga(), &terms, now).ok().unwrap();
        let exhausted = first.others(4, now).err().unwrap();
        assert_eq!((exhausted.refusal.reason, exhausted.balance.remaining_day), (Reason::QuotaExhausted, 3));
        let mut others = first.others(3, now).ok().unwrap();
        assert_eq!(quotas.balance(&lembaga(), &terms, now).remaining_day, 0);
        assert!(first.others(1, now).is_err() && first.others(usize::MAX, now).is_err());
        drop(others.pop());
        others.pop().unwrap().settle(false, now);
        others.pop().unwrap().settle(true, now);
        assert_eq!(first.settle(true, now).balance().remaining_day, 2);
    }

    #[test]
    fn a_burst_beyond_the_pks_is_refused_and_costs_nothing_of_the_day() {
        let (quotas, terms, now) = (Quotas::new(), terms(1, 3, 100), at("2026-11-22T01:00:00Z"));
        let passed =
            (0..10).filter(|_| quotas.reserve(&lembaga(), &terms, now).is_ok_and(|a| a.settle(true, now).balance().per_day == 100));
        assert_eq!(passed.count(), 3);
        let balance = quotas.balance(&lembaga(), &terms, now);
        assert_eq!(balance.remaining_day, 97);
    }

    #[test]
    fn a_new_rate_keeps_the_count_of_the_day() {
        let (quotas, now) = (Quotas::new(), at("2026-11-22T01:00:00Z"));
        quotas.recount(&lembaga(), &terms(10, 10, 100), now, 1, now);
        let tomorrow = at("2026-11-23T01:00:00Z");
        quotas.recount(&lembaga(), &terms(10, 10, 100), tomorrow, 7, now);
        assert_eq!(quotas.balance(&lembaga(), &terms(20, 20, 50), now).remaining_day, 49);
    }

    #[test]
    fn threads_together_never_exceed_the_day() {
        let (quotas, terms, now) = (Quotas::new(), terms(1_000_000_000, 1_000_000_000, 1000), at("2026-11-22T01:00:00Z"));
        let granted: usize = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        (0..1000).filter(|_| quotas.reserve(&lembaga(), &terms, now).map(|a| a.settle(true, now)).is_ok()).count()
                    })
                })
                .collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).sum()
        });
        assert_eq!(granted, 1000);
    }
}
