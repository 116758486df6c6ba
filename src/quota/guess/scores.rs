//! Scores told of one NIK and element that keep changing: somebody climbs towards the value.
//!
//! Who asks the same again is told the same score, so only changes count, in either direction: a clever climber learns from a fall
//! too. A score that matches counts as well, for it is told above the floor and goes on rising there; 0 and 100 tell no direction.

use std::sync::{Mutex, PoisonError};

const SHARDS: usize = 16;

/// A slot for each climb under way, direct-mapped; a stranger weakens it before it drives it out, as in `spread.rs`.
pub(super) struct Scores {
    shards: Box<[Mutex<Vec<Slot>>]>,
    slots_per_shard: usize,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    key: u64,
    day: u16,
    last: u8,
    changes: u8,
    strength: u8,
}

impl Scores {
    /// With so many slots of 16 bytes, taken when they are first needed.
    pub(super) fn new(slots: usize) -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), slots_per_shard: (slots / SHARDS).max(1) }
    }

    /// Notes a score that is to be told; true from the change on that reaches `limit`.
    pub(super) fn note(&self, key: u64, day: u16, score: u8, limit: u8) -> bool {
        if score == 0 || score >= 100 {
            return false;
        }
        let place = usize::try_from(key >> 32).unwrap_or_default();
        let Some(shard) = self.shards.get(place % SHARDS) else { return false };
        let mut slots = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.is_empty() {
            *slots = vec![Slot::default(); self.slots_per_shard];
        }
        let Some(slot) = slots.get_mut(place / SHARDS % self.slots_per_shard) else { return false };
        if slot.key != key || slot.day != day {
            if slot.day == day && slot.strength > 0 {
                slot.strength -= 1;
                return false;
            }
            *slot = Slot { key, day, last: score, changes: 0, strength: 0 };
        }
        slot.strength = slot.strength.saturating_add(1);
        if slot.last != score {
            slot.last = score;
            slot.changes = slot.changes.saturating_add(1);
        }
        slot.changes >= limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_climb_is_told_and_asking_again_is_none() {
        let scores = Scores::new(64);
        assert!((0..100).all(|_| !scores.note(1, 7, 92, 3)));
        let climb: Vec<bool> = [10, 20, 30, 40].into_iter().map(|score| scores.note(2 << 32, 7, score, 3)).collect();
        assert_eq!(climb, [false, false, false, true]);
        assert!(!scores.note(2 << 32, 8, 50, 3), "a new day");
        assert!([0, 100, 0, 100, 0, 100].into_iter().all(|score| !scores.note(3 << 32, 7, score, 1)));
    }
}
