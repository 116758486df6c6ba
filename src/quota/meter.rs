//! The counters of one lembaga.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jiff::Timestamp;

use super::{Balance, Terms};

/// Bits of the count; the day's number stands above them (24 bits: until the year 47,000).
const COUNT_BITS: u32 = 40;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;

/// Burst limiter and count of the day. The count is shared with the meter's successor when the rate changes.
pub(super) struct Meter {
    rate: (u32, u32),
    limiter: DefaultDirectRateLimiter,
    /// Day number and count in one word, so that both change together.
    day_and_count: Arc<AtomicU64>,
}

impl Meter {
    pub(super) fn new(terms: &Terms) -> Self {
        Self::sharing(terms, Arc::default())
    }

    /// A meter for other terms that goes on with this one's count.
    pub(super) fn with_terms(&self, terms: &Terms) -> Self {
        Self::sharing(terms, Arc::clone(&self.day_and_count))
    }

    fn sharing(terms: &Terms, day_and_count: Arc<AtomicU64>) -> Self {
        Self {
            rate: rate(terms),
            limiter: RateLimiter::direct(Quota::per_second(terms.per_second).allow_burst(terms.burst)),
            day_and_count,
        }
    }

    pub(super) fn fits(&self, terms: &Terms) -> bool {
        self.rate == rate(terms)
    }

    pub(super) fn passes_burst(&self) -> bool {
        self.limiter.check().is_ok()
    }

    /// Takes so many of the day's quota; false, and none is taken, where fewer are left.
    pub(super) fn take(&self, day: u32, per_day: u64, more: u64) -> bool {
        self.change(day, |count| count.checked_add(more).filter(|count| *count <= per_day.min(COUNT_MASK)))
    }

    /// Takes up to so many of the day's quota; tells how many there were.
    pub(super) fn take_up_to(&self, day: u32, per_day: u64, wanted: u64) -> u64 {
        // The last call of the closure is the one that holds.
        let taken = std::cell::Cell::new(0);
        let changed = self.change(day, |count| {
            taken.set(per_day.min(COUNT_MASK).saturating_sub(count).min(wanted));
            (taken.get() > 0).then_some(count + taken.get())
        });
        if changed { taken.get() } else { 0 }
    }

    /// Passes so many through the burst limiter at once; else how long it is until it would pass them. `None` where it never would.
    pub(super) fn pass_many(&self, count: NonZeroU32) -> Option<Result<(), Duration>> {
        match self.limiter.check_n(count) {
            Ok(Ok(())) => Some(Ok(())),
            Ok(Err(not_until)) => Some(Err(not_until.wait_time_from(self.limiter.clock().now()))),
            Err(_more_than_the_burst) => None,
        }
    }

    /// Counts some whatever the quota says.
    pub(super) fn count(&self, day: u32, more: u64) {
        self.change(day, |count| Some(count.saturating_add(more).min(COUNT_MASK)));
    }

    /// Gives some back, unless the day is over.
    pub(super) fn give_back(&self, day: u32, count: u64) {
        self.change(day, |counted| counted.checked_sub(count));
    }

    pub(super) fn balance(&self, terms: &Terms, day: u32, now: Timestamp) -> Balance {
        let (counted_day, count) = parts(self.day_and_count.load(Ordering::Acquire));
        let used = if counted_day == day { count } else { 0 };
        Balance {
            remaining_day: terms.per_day.saturating_sub(used),
            per_day: terms.per_day,
            resets_in_s: terms.zone.seconds_to_midnight(now),
            per_second: terms.per_second,
            burst: terms.burst,
        }
    }

    /// Changes the count of a day; a later day begins at 0, an earlier one is over and stays as it is.
    fn change(&self, day: u32, change: impl Fn(u64) -> Option<u64>) -> bool {
        self.day_and_count
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |word| {
                let (counted_day, count) = parts(word);
                let count = match counted_day.cmp(&day) {
                    std::cmp::Ordering::Equal => count,
                    std::cmp::Ordering::Less => 0,
                    // A question that began before midnight and is settled after: its day is closed.
                    std::cmp::Ordering::Greater => return None,
                };
                change(count).map(|count| u64::from(day) << COUNT_BITS | count)
            })
            .is_ok()
    }
}

fn rate(terms: &Terms) -> (u32, u32) {
    (terms.per_second.get(), terms.burst.get())
}

fn parts(word: u64) -> (u32, u64) {
    (u32::try_from(word >> COUNT_BITS).unwrap_or(u32::MAX), word & COUNT_MASK)
}
