//! Many questions counted at once: the lines of a batch.
//!
//! Each line counts as one question, against the burst and against the day. Against the burst a batch is slowed down rather than
//! refused, window by window; of the day's quota a [`Lot`] takes what there is, so that the line after the last one is refused.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{Balance, Quotas, Terms, day_of};
use crate::kernel::LembagaId;
use crate::quota::meter::Meter;

/// The right to ask some times, reserved. Dropped without [`Lot::settle`], it gives all of it back.
pub struct Lot {
    meter: Arc<Meter>,
    terms: Terms,
    day: u32,
    reserved: u64,
}

/// Questions that have been counted for good.
pub struct SettledLot {
    meter: Arc<Meter>,
    day: u32,
    balance: Balance,
}

impl Quotas {
    /// How many lines pass the burst limiter at once: half of the burst, so that the lembaga's other questions find some of it.
    #[must_use]
    pub fn lines_at_once(terms: &Terms) -> NonZeroU32 {
        NonZeroU32::new(terms.burst.get() / 2).unwrap_or(NonZeroU32::MIN)
    }

    /// Passes lines through the burst limiter, or tells how long to wait before trying again. More than the burst never pass at once:
    /// they are treated as if they were the whole burst.
    pub fn pass_lines(&self, lembaga: &LembagaId, terms: &Terms, lines: NonZeroU32) -> Result<(), Duration> {
        self.meter(lembaga, terms).pass_many(lines.min(terms.burst)).unwrap_or(Ok(()))
    }

    /// Reserves up to so many questions of the day. The burst is not asked: see [`Quotas::pass_lines`].
    pub fn reserve_lot(&self, lembaga: &LembagaId, terms: &Terms, wanted: u64, now: Timestamp) -> Lot {
        let (meter, day) = (self.meter(lembaga, terms), day_of(terms, now));
        let reserved = meter.take_up_to(day, terms.per_day, wanted);
        Lot { meter, terms: *terms, day, reserved }
    }
}

impl Lot {
    /// How many questions are reserved.
    #[must_use]
    pub const fn reserved(&self) -> u64 {
        self.reserved
    }

    /// Ends the window: so many questions were answered and count, at most as many as are reserved; the rest is given back.
    pub fn settle(mut self, counted: u64, now: Timestamp) -> SettledLot {
        let counted = counted.min(self.reserved);
        self.meter.give_back(self.day, self.reserved - counted);
        self.reserved = 0;
        let balance = self.meter.balance(&self.terms, self.day, now);
        SettledLot { meter: Arc::clone(&self.meter), day: self.day, balance }
    }
}

impl Drop for Lot {
    fn drop(&mut self) {
        if self.reserved > 0 {
            self.meter.give_back(self.day, self.reserved);
        }
    }
}

impl SettledLot {
    /// What was left right after the last of them.
    #[must_use]
    pub const fn balance(&self) -> Balance {
        self.balance
    }

    /// Takes some of the counts back: their answers could not be sealed and will not leave.
    pub fn undo(&self, count: u64) {
        if count > 0 {
            self.meter.give_back(self.day, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Zone;

    fn terms(burst: u32, per_day: u64) -> Terms {
        let number = |number| NonZeroU32::new(number).unwrap();
        Terms { per_second: number(burst), burst: number(burst), per_day, zone: Zone::Wita }
    }

    fn lembaga() -> LembagaId {
        LembagaId::parse("bank-antasari").unwrap()
    }

    fn now() -> Timestamp {
        "2026-11-22T01:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_lot_is_what_is_left_and_what_was_not_answered_comes_back() {
        let (quotas, terms) = (Quotas::new(), terms(100, 10));
        let lot = quotas.reserve_lot(&lembaga(), &terms, 7, now());
        assert_eq!(lot.reserved(), 7);
        let rest = quotas.reserve_lot(&lembaga(), &terms, 7, now());
        assert_eq!(rest.reserved(), 3);
        assert_eq!(quotas.reserve_lot(&lembaga(), &terms, 1, now()).reserved(), 0);
        assert!(quotas.reserve(&lembaga(), &terms, now()).is_err(), "single questions see the lots");
        drop(rest);
        assert_eq!(lot.settle(5, now()).balance().remaining_day, 5);
    }

    #[test]
    fn no_more_counts_than_was_reserved_and_what_was_not_sealed_is_taken_back() {
        let (quotas, terms) = (Quotas::new(), terms(100, 10));
        let settled = quotas.reserve_lot(&lembaga(), &terms, 4, now()).settle(9, now());
        assert_eq!(settled.balance().remaining_day, 6);
        settled.undo(3);
        assert_eq!(quotas.balance(&lembaga(), &terms, now()).remaining_day, 9);
    }

    #[test]
    fn lines_wait_for_the_burst_and_more_than_a_burst_is_a_burst() {
        let (quotas, terms) = (Quotas::new(), terms(4, 10));
        let lines = |count| NonZeroU32::new(count).unwrap();
        assert_eq!(Quotas::lines_at_once(&terms).get(), 2);
        assert_eq!(Quotas::lines_at_once(&self::terms(1, 1)).get(), 1);
        assert!(quotas.pass_lines(&lembaga(), &terms, lines(9)).is_ok());
        let wait = quotas.pass_lines(&lembaga(), &terms, lines(4)).unwrap_err();
        assert!(wait > Duration::from_millis(500) && wait <= Duration::from_secs(1), "{wait:?}");
        assert!(quotas.reserve(&lembaga(), &terms, now()).is_err(), "single questions share the burst");
    }

    #[test]
    fn threads_together_never_exceed_the_day() {
        let (quotas, terms) = (Quotas::new(), terms(100, 1000));
        let counted: u64 = std::thread::scope(|scope| {
            let work = || (0..100).map(|_| quotas.reserve_lot(&lembaga(), &terms, 7, now())).map(keep).sum::<u64>();
            let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).sum()
        });
        assert_eq!(counted, 1000);
    }

    fn keep(lot: Lot) -> u64 {
        let reserved = lot.reserved();
        let _settled = lot.settle(reserved, now());
        reserved
    }
}
