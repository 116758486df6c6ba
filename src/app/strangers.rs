//! Those who knock without being anyone: counted, and entered in the log once an interval.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::audit::{StrangerKind, Strangers};
use jiff::Timestamp;

/// Counters of the running interval.
#[derive(Default)]
pub struct StrangerCounts {
    counts: [AtomicU64; StrangerKind::ALL.len()],
}

impl StrangerCounts {
    /// Counts one.
    pub fn count(&self, kind: StrangerKind) {
        if let Some(count) = StrangerKind::ALL.iter().position(|own| *own == kind).and_then(|place| self.counts.get(place)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Takes the counts of the interval that ends now.
    pub(super) fn take(&self, from: Timestamp, until: Timestamp) -> Strangers {
        let mut strangers = Strangers::new(from, until);
        for (kind, count) in StrangerKind::ALL.into_iter().zip(&self.counts) {
            strangers.add(kind, count.swap(0, Ordering::Relaxed));
        }
        strangers
    }

    /// Puts back what could not be entered.
    pub(super) fn put_back(&self, strangers: &Strangers) {
        for (kind, count) in StrangerKind::ALL.into_iter().zip(&self.counts) {
            count.fetch_add(strangers.count(kind), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_counted_once_and_taken_once() {
        let counts = StrangerCounts::default();
        for kind in StrangerKind::ALL {
            counts.count(kind);
        }
        let now = Timestamp::UNIX_EPOCH;
        let taken = counts.take(now, now);
        assert!(StrangerKind::ALL.into_iter().all(|kind| taken.count(kind) == 1));
        assert!(counts.take(now, now).is_empty());
        counts.put_back(&taken);
        assert_eq!(counts.take(now, now), taken);
    }
}
