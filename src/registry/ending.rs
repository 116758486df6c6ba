//! Agreements that end soon: told 90, 30 and 7 days before, so that a renewal can be signed in time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::lineage::Lineage;
use crate::kernel::LembagaId;

/// Days before the end from which on it is told, each more urgent than the one before.
pub const WARN_DAYS: [i64; 3] = [90, 30, 7];

/// An agreement that ends soon, with no version to follow without a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Whose.
    pub lembaga: LembagaId,
    /// The last day on which it holds, in its zone.
    pub last_day: Date,
    /// Days from today up to that one: 0 on the last day.
    pub days_left: i64,
    /// The number of [`WARN_DAYS`] that it has come under.
    pub within_days: i64,
}

impl Ending {
    /// How a lembaga's agreement ends, if soon.
    pub(super) fn of(lineage: &Lineage, now: Timestamp) -> Option<Self> {
        let agreement = lineage.at(now)?.agreement();
        let ends = lineage.ends(now)?;
        let zone = agreement.term.zone;
        let last_day = zone.date(ends).yesterday().ok()?;
        let days_left = zone.day_number(ends) - 1 - zone.day_number(now);
        let within_days = WARN_DAYS.into_iter().rev().find(|days| days_left <= *days)?;
        Some(Self { lembaga: agreement.lembaga_id.clone(), last_day, days_left, within_days })
    }
}

/// Which endings were told already: each once for every number of [`WARN_DAYS`].
#[derive(Debug, Default)]
pub struct Told(BTreeMap<LembagaId, i64>);

impl Told {
    /// Those of the endings that were not told before. What ends no more may be told again one day.
    pub fn news(&mut self, endings: Vec<Ending>) -> Vec<Ending> {
        let before = std::mem::take(&mut self.0);
        self.0 = endings.iter().map(|ending| (ending.lembaga.clone(), ending.within_days)).collect();
        endings.into_iter().filter(|ending| before.get(&ending.lembaga) != Some(&ending.within_days)).collect()
    }
}
