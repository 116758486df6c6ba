//! When the writer takes what waits: at once while few wait, else as soon as everyone is back who was there, or after an interval.
//!
//! A commit costs the same for one entry as for a hundred, so under load it pays to wait until the group is as large as it will get.
//! Those who ask again and again come back within a moment of their answers: how many they are shows in the groups that have waited
//! the whole interval. The groups in between go as soon as they are as large; one in sixteen waits again, for there may be more now.

use std::time::{Duration, Instant};

use crate::kernel::limits::COMMIT_PACED_ENTRIES_MIN;

/// One group in this many waits the whole interval.
const PROBE_EVERY: u32 = 16;

/// The pace of one log's writer.
pub(super) struct Pace {
    interval: Duration,
    /// How large the last group was that waited the whole interval.
    crowd: usize,
    since_probe: u32,
}

/// Until when the writer waits for a larger group, and with how many entries it waits no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patience {
    pub(super) until: Instant,
    pub(super) enough: usize,
}

impl Pace {
    /// With the least time between the beginnings of two commits, unless everyone is back before. Zero: never waits.
    pub(super) const fn new(interval: Duration) -> Self {
        Self { interval, crowd: usize::MAX, since_probe: 0 }
    }

    /// Notes the size of a group that is now committed; tells how long to wait for the next.
    pub(super) fn after(&mut self, entries: usize, now: Instant) -> Option<Patience> {
        if self.interval.is_zero() || entries < COMMIT_PACED_ENTRIES_MIN {
            self.crowd = usize::MAX;
            return None;
        }
        // Only what a probe says counts: a group that was small by chance would make all that follow as small.
        if self.since_probe == 0 {
            self.crowd = entries;
        }
        self.since_probe = (self.since_probe + 1) % PROBE_EVERY;
        let enough = if self.since_probe == 0 { usize::MAX } else { self.crowd };
        Some(Patience { until: now + self.interval, enough })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enough(pace: &mut Pace, entries: usize) -> usize {
        pace.after(entries, Instant::now()).unwrap().enough
    }

    #[test]
    fn few_never_wait() {
        let mut pace = Pace::new(Duration::from_millis(2));
        assert_eq!(pace.after(COMMIT_PACED_ENTRIES_MIN - 1, Instant::now()), None);
        assert_eq!(Pace::new(Duration::ZERO).after(1000, Instant::now()), None);
    }

    #[test]
    fn a_group_goes_as_soon_as_everyone_is_back() {
        let mut pace = Pace::new(Duration::from_millis(2));
        assert_eq!(enough(&mut pace, 32), 32);
        assert_eq!(enough(&mut pace, 32), 32);
        assert_eq!(enough(&mut pace, 20), 32, "twelve are late, or have left");
        while enough(&mut pace, 20) != usize::MAX {}
        assert_eq!(enough(&mut pace, 20), 20, "they have left: found out by a wait in full");
    }

    #[test]
    fn who_has_come_since_is_found_out_by_one_group_in_sixteen() {
        let mut pace = Pace::new(Duration::from_millis(2));
        let waits_in_full = (0..64).filter(|_| enough(&mut pace, 32) == usize::MAX).count();
        assert_eq!(waits_in_full, 4);
        while enough(&mut pace, 32) != usize::MAX {}
        assert_eq!(enough(&mut pace, 200), 200);
    }
}
