//! How many different things something was tried with: NIKs of one region and birth date, NIKs with one value. For few suspects at once.
//!
//! A suspect (a keyed hash) has a slot with a bitmap of 2,048 bits, one bit a thing by its hash; the number of different things is
//! estimated from the bits that are still clear (linear counting: within 3 % up to a few thousand). Slots are few: who comes to a slot
//! that is taken weakens the suspect in it and moves in only when no strength is left, so that noise drives out nobody who goes on.

use std::sync::{Mutex, PoisonError};

const WORDS: usize = 32;
const BITS: u32 = 2048;
const SHARDS: usize = 16;

/// The slots.
pub(super) struct Spread {
    shards: Box<[Mutex<Vec<Slot>>]>,
    slots_per_shard: usize,
}

#[derive(Clone, Copy)]
struct Slot {
    suspect: u64,
    /// The day or hour that is counted.
    window: u32,
    strength: u16,
    /// Already told of.
    told: bool,
    bits: [u64; WORDS],
}

impl Spread {
    /// With so many slots of 272 bytes, taken when they are first needed.
    pub(super) fn new(slots: usize) -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), slots_per_shard: (slots / SHARDS).max(1) }
    }

    /// Notes a thing; true once in a window, when there are `limit` different ones.
    pub(super) fn note(&self, suspect: u64, thing: u64, window: u32, limit: u32) -> bool {
        let place = usize::try_from(suspect >> 32).unwrap_or_default();
        let Some(shard) = self.shards.get(place % SHARDS) else { return false };
        let mut slots = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.is_empty() {
            *slots = vec![Slot::EMPTY; self.slots_per_shard];
        }
        let Some(slot) = slots.get_mut(place / SHARDS % self.slots_per_shard) else { return false };
        if slot.suspect != suspect || slot.window != window {
            if slot.window == window && slot.strength > 0 {
                slot.strength -= 1;
                return false;
            }
            *slot = Slot { suspect, window, ..Slot::EMPTY };
        }
        slot.note(thing, limit)
    }
}

impl Slot {
    const EMPTY: Self = Self { suspect: 0, window: 0, strength: 0, told: false, bits: [0; WORDS] };

    fn note(&mut self, thing: u64, limit: u32) -> bool {
        self.strength = self.strength.saturating_add(1);
        let place = usize::try_from(thing >> 6).unwrap_or_default() % WORDS;
        let Some(word) = self.bits.get_mut(place) else { return false };
        let bit = 1 << (thing & 63);
        if *word & bit != 0 || self.told {
            return false;
        }
        *word |= bit;
        self.told = self.different() >= f64::from(limit);
        self.told
    }

    fn different(&self) -> f64 {
        let clear = BITS - self.bits.iter().map(|word| word.count_ones()).sum::<u32>();
        // With no bit clear the number could be anything above.
        f64::from(BITS) * (f64::from(BITS) / f64::from(clear.max(1))).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sketch::mix;
    use super::*;

    fn told_at(spread: &Spread, suspect: u64, limit: u32, noise: u64) -> Option<u64> {
        (1..20_000).find(|thing| {
            for other in 0..noise {
                spread.note(mix(thing * 1000 + other), mix(other), 7, limit);
            }
            spread.note(suspect, mix(*thing), 7, limit)
        })
    }

    #[test]
    fn tells_once_near_the_limit_whatever_the_noise() {
        for limit in [200, 1_000, 10_000] {
            let at = told_at(&Spread::new(8192), mix(77), limit, 0).unwrap();
            assert!(at.abs_diff(limit.into()) <= u64::from(limit) / 12, "{limit}: {at}");
        }
        let spread = Spread::new(1024);
        let at = told_at(&spread, mix(77), 200, 100).unwrap();
        assert!((190..=230).contains(&at), "{at}");
        assert!(!spread.note(mix(77), mix(999_999), 7, 200), "told already");
    }

    #[test]
    fn the_same_again_is_nothing_new_and_a_new_window_begins_anew() {
        let spread = Spread::new(64);
        assert!((0..10_000).all(|_| !spread.note(mix(1), mix(2), 7, 2)));
        assert!(spread.note(mix(1), mix(3), 7, 2));
        assert!(!spread.note(mix(1), mix(4), 8, 2));
        assert!(spread.note(mix(1), mix(5), 8, 2));
    }
}
