//! Chance, repeatable: a ChaCha stream per kabupaten, and draws whose arithmetic is fixed here, so that neither a new version of a
//! library nor the number of threads changes a byte of what a seed gives.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random draws.
pub(in super::super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of this number under a seed.
    pub(in super::super) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// A number from 0 to `bound` - 1; 0 for a bound of 0.
    pub(in super::super) fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// A number from `low` to `high`, both included; `low` where the range is empty.
    pub(in super::super) fn between(&mut self, low: i32, high: i32) -> i32 {
        let width = high.saturating_sub(low).max(0).cast_unsigned();
        low.saturating_add(self.below(width + 1).cast_signed())
    }

    /// True in `cases` of `of` cases.
    pub(in super::super) fn one_of(&mut self, cases: u64, of: u64) -> bool {
        u128::from(self.0.next_u64()) * u128::from(of) < u128::from(cases) << 64
    }

    /// True in so many of a thousand cases.
    pub(in super::super) fn permille(&mut self, cases: u32) -> bool {
        self.below(1000) < cases
    }

    /// One of a list; the default of an empty one.
    pub(in super::super) fn pick<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let place = self.below(list.len() as u32) as usize;
        list.get(place).copied().unwrap_or_default()
    }

    /// One of a list of (weight, what).
    pub(in super::super) fn weighted<T: Copy + Default>(&mut self, list: &[(u32, T)]) -> T {
        let mut left = self.below(list.iter().map(|(weight, _)| weight).sum());
        for (weight, what) in list {
            if left < *weight {
                return *what;
            }
            left -= weight;
        }
        T::default()
    }
}
