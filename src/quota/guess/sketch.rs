//! Counts of wrong guesses in little memory: blocks of 4-bit counters, conservatively updated, that only ever count too many.
//!
//! A key (lembaga, NIK and day, hashed under a key of this process) chooses one block of 64 bytes, and each element three of its 124
//! counters; the count is the least of the three. Another key can raise a counter but none lowers one, so the error is towards
//! holding. The first two bytes of a block are the day it counts: a block of an earlier day is empty, nothing is swept at midnight.
//! Days of Indonesia's zones overlap by two hours, so odd and even days have blocks of their own.

use std::sync::{Mutex, PoisonError};

use crate::kernel::{Elemen, ElemenSet};

/// A counter that stays where it is: held, whatever the budget.
pub(super) const FULL: u8 = 15;
/// Counters of a block, beside 16 bits for its day.
const COUNTERS: u64 = 124;
/// Nibbles that the day takes.
const DAY_NIBBLES: u64 = 4;
/// Locks of the blocks of odd or even days.
const SHARDS: u64 = 16;

type Block = [u64; 8];

/// The counts of the running days.
pub(super) struct Sketch {
    /// Those of even days, then those of odd days; a shard is empty until it is needed.
    shards: Box<[Mutex<Vec<Block>>]>,
    blocks_per_shard: u64,
}

/// A wrong or right value of each of these elements.
#[derive(Clone, Copy)]
pub(super) struct Tried {
    pub(super) wrong: ElemenSet,
    pub(super) right: ElemenSet,
}

impl Sketch {
    /// With so many blocks of 64 bytes for all days together, taken when they are first needed.
    pub(super) fn new(blocks: usize) -> Self {
        let shards = (0..2 * SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, blocks_per_shard: (blocks as u64 / (2 * SHARDS)).max(1) }
    }

    /// Counts what is wrong, unless it is held already; gives the elements that are held: their budget was used up before this.
    pub(super) fn charge(&self, key: u64, day: u16, tried: Tried, budget: u8) -> ElemenSet {
        let mut held = ElemenSet::EMPTY;
        self.with_block(key, day, |block| {
            for elemen in tried.wrong.union(tried.right).iter() {
                let places = places(key, elemen);
                let count = least(block, places);
                if count >= budget {
                    held.insert(elemen);
                } else if tried.wrong.contains(elemen) {
                    raise(block, places, count + 1);
                }
            }
        });
        held
    }

    /// Holds elements till the end of the day.
    pub(super) fn hold(&self, key: u64, day: u16, elements: ElemenSet) {
        self.with_block(key, day, |block| elements.iter().for_each(|elemen| raise(block, places(key, elemen), FULL)));
    }

    fn with_block(&self, key: u64, day: u16, change: impl FnOnce(&mut Block)) {
        let place = scaled(key >> 32, 32, SHARDS * self.blocks_per_shard);
        let shard = u64::from(day & 1) * SHARDS + place / self.blocks_per_shard;
        let Some(shard) = usize::try_from(shard).ok().and_then(|shard| self.shards.get(shard)) else { return };
        let mut blocks = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if blocks.is_empty() {
            *blocks = vec![[0; 8]; usize::try_from(self.blocks_per_shard).unwrap_or_default()];
        }
        let place = usize::try_from(place % self.blocks_per_shard).unwrap_or_default();
        let Some(block) = blocks.get_mut(place) else { return };
        // A clock that was set back finds the later day's block and counts on in it: too many rather than too few.
        if day_of(block) < day {
            *block = [u64::from(day), 0, 0, 0, 0, 0, 0, 0];
        }
        change(block);
    }

    /// Bytes taken so far.
    pub(super) fn bytes(&self) -> usize {
        let blocks = |shard: &Mutex<Vec<Block>>| shard.lock().unwrap_or_else(PoisonError::into_inner).capacity();
        self.shards.iter().map(blocks).sum::<usize>() * size_of::<Block>()
    }
}

fn day_of(block: &Block) -> u16 {
    u16::try_from(block.first().copied().unwrap_or_default() & 0xffff).unwrap_or_default()
}

/// The three counters of an element, as nibbles of the block.
fn places(key: u64, elemen: Elemen) -> [u64; 3] {
    let mixed = mix(key ^ (u64::from(elemen.bit()) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    [mixed, mixed >> 21, mixed >> 42].map(|part| DAY_NIBBLES + scaled(part & 0x1f_ffff, 21, COUNTERS))
}

fn least(block: &Block, places: [u64; 3]) -> u8 {
    places.into_iter().map(|place| nibble(block, place)).min().unwrap_or(FULL)
}

/// Raises the counters that are lower: the others count somebody else's guesses too and are high enough.
fn raise(block: &mut Block, places: [u64; 3], count: u8) {
    let count = u64::from(count.min(FULL));
    for place in places {
        if u64::from(nibble(block, place)) < count
            && let Some(word) = usize::try_from(place / 16).ok().and_then(|word| block.get_mut(word))
        {
            let shift = place % 16 * 4;
            *word = *word & !(0xf << shift) | count << shift;
        }
    }
}

fn nibble(block: &Block, place: u64) -> u8 {
    let word = usize::try_from(place / 16).ok().and_then(|word| block.get(word)).copied().unwrap_or(u64::MAX);
    u8::try_from(word >> (place % 16 * 4) & 0xf).unwrap_or(FULL)
}

/// A number of so many bits, scaled down to one below `bound`, which is less than 2^32.
const fn scaled(number: u64, bits: u32, bound: u64) -> u64 {
    (number * bound) >> bits
}

/// The finalizer of splitmix64.
pub(super) const fn mix(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u16 = 20_779;

    fn tried(wrong: &[Elemen], right: &[Elemen]) -> Tried {
        Tried { wrong: wrong.iter().copied().collect(), right: right.iter().copied().collect() }
    }

    fn key(number: u64) -> u64 {
        mix(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    #[test]
    fn the_budget_is_used_up_by_wrong_guesses_and_then_right_ones_are_held_too() {
        let sketch = Sketch::new(1024);
        let (wrong, right) = (tried(&[Elemen::TglLhr], &[]), tried(&[], &[Elemen::TglLhr, Elemen::NamaLgkp]));
        assert!(sketch.charge(key(1), DAY, right, 5).is_empty());
        for _ in 0..5 {
            assert!(sketch.charge(key(1), DAY, wrong, 5).is_empty());
            assert!(sketch.charge(key(2), DAY, right, 5).is_empty());
        }
        assert!(sketch.charge(key(1), DAY, wrong, 5) == Elemen::TglLhr.alone());
        assert!(sketch.charge(key(1), DAY, right, 5) == Elemen::TglLhr.alone());
        assert!(sketch.charge(key(1), DAY, right, 6).is_empty(), "held guesses are not counted further");
        assert!(sketch.charge(key(1), DAY + 1, right, 5).is_empty());
        assert!(sketch.charge(key(1), DAY, right, 5) == Elemen::TglLhr.alone(), "odd and even days are apart");
    }

    #[test]
    fn a_block_of_an_earlier_day_is_empty_and_one_of_a_later_day_is_kept() {
        let sketch = Sketch::new(32);
        let right = tried(&[], &[Elemen::NamaLgkpIbu]);
        sketch.hold(key(1), DAY, Elemen::NamaLgkpIbu.alone());
        assert!(!sketch.charge(key(1), DAY, right, 14).is_empty());
        assert!(sketch.charge(key(1), DAY + 2, right, 14).is_empty());
        sketch.hold(key(1), DAY + 2, Elemen::NamaLgkpIbu.alone());
        assert!(!sketch.charge(key(1), DAY, right, 14).is_empty());
    }

    #[test]
    fn guesses_side_by_side_get_no_more_than_the_budget() {
        let sketch = Sketch::new(1024);
        let (sketch, wrong) = (&sketch, tried(&[Elemen::TglLhr], &[]));
        let told: usize = std::thread::scope(|scope| {
            let guess = move || (0..1000).filter(|_| sketch.charge(key(9), DAY, wrong, 5).is_empty()).count();
            let guessers: Vec<_> = (0..4).map(|_| scope.spawn(guess)).collect();
            guessers.into_iter().map(|guesser| guesser.join().unwrap()).sum()
        });
        assert_eq!(told, 5);
    }

    /// A sixty-fourth of the real size under a sixty-fourth of ten million NIKs.
    fn false_holds(wrong: &[Elemen], budget: u8) -> f64 {
        let sketch = Sketch::new(crate::kernel::limits::GUESS_BLOCKS / 64);
        for number in 0..10_000_000 / 64 {
            sketch.charge(key(number), DAY, tried(wrong, &[]), FULL);
        }
        let asked: u64 = 100_000;
        let unguessed = tried(&[], &[Elemen::TglLhr]);
        let held = (0..asked).filter(|number| !sketch.charge(key(1 << 40 | number), DAY, unguessed, budget).is_empty()).count();
        held as f64 / asked as f64
    }

    #[test]
    fn never_forgets_a_guess_under_full_load() {
        let sketch = Sketch::new(crate::kernel::limits::GUESS_BLOCKS / 64);
        let wrong = tried(&[Elemen::TglLhr], &[]);
        for number in 0..10_000_000 / 64 {
            for _ in 0..5 {
                sketch.charge(key(number), DAY, wrong, 5);
            }
        }
        assert!((0..10_000_000 / 64).all(|number| !sketch.charge(key(number), DAY, wrong, 5).is_empty()));
    }

    #[test]
    fn hardly_anybody_is_held_for_another_ones_guesses() {
        assert!(false_holds(&[Elemen::TglLhr], 5) == 0.0);
        let three = [Elemen::TglLhr, Elemen::NamaLgkp, Elemen::NamaLgkpIbu];
        let rate = false_holds(&three, 5);
        assert!(rate < 0.000_1, "{rate}");
        let rate = false_holds(&[Elemen::TglLhr], 1);
        assert!(rate > 0.01 && rate < 0.1, "a budget of one pays for the sharing: {rate}");
    }

    #[test]
    fn memory_is_bounded_and_taken_when_needed() {
        let sketch = Sketch::new(crate::kernel::limits::GUESS_BLOCKS);
        assert_eq!(sketch.bytes(), 0);
        for number in 0..1000 {
            sketch.hold(key(number), DAY + u16::from(number % 2 == 0), ElemenSet::ALL);
        }
        assert!(sketch.bytes() <= 56 << 20 && sketch.bytes() > 55 << 20, "{}", sketch.bytes());
    }
}
