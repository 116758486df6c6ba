//! Which NIKs the deltas over a base hold, in memory: what a look-up asks before it knows which layer to read.
//!
//! A sorted list of all NIKs with the newest layer of each, eleven bytes a NIK, and before it a filter of one bit in sixteen: nearly
//! every NIK that no delta holds costs one look at one bit.

use super::error::WarehouseError;
use crate::kernel::Nik;
use crate::kernel::limits::CHANGED_MAX;

/// An odd number near 2^64 divided by the golden ratio: multiplying by it spreads neighbours over the whole range.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
/// Bits of the filter for each NIK.
const FILTER_BITS: usize = 16;

/// The NIKs that deltas hold. Personal data: no `Debug`.
#[derive(Default)]
pub(super) struct Changed {
    /// Ascending, each once.
    niks: Box<[u64]>,
    /// The place of the newest delta with this NIK, counted from the oldest.
    layers: Box<[u8]>,
    /// A power of two of bits; none where there are no NIKs.
    filter: Box<[u64]>,
    /// How far a spread NIK is shifted down to become the number of a bit.
    shift: u32,
}

impl Changed {
    /// From what every delta holds, given from the oldest to the newest.
    pub(super) fn over(mut held: Vec<(u64, u8)>) -> Result<Self, WarehouseError> {
        if held.len() > CHANGED_MAX {
            return Err(WarehouseError::Bound("the deltas hold more residents than may wait for compaction"));
        }
        // The newest layer of a NIK comes first and is the one that stays.
        held.sort_unstable_by(|(nik, layer), (other, than)| nik.cmp(other).then(than.cmp(layer)));
        held.dedup_by_key(|(nik, _)| *nik);
        if held.is_empty() {
            return Ok(Self::default());
        }
        let bits = (held.len() * FILTER_BITS).next_power_of_two().max(64);
        let shift = u64::BITS - bits.trailing_zeros();
        let mut filter = vec![0u64; bits / 64];
        for (nik, _) in &held {
            let bit = nik.wrapping_mul(SPREAD) >> shift;
            if let Some(word) = filter.get_mut((bit / 64) as usize) {
                *word |= 1 << (bit % 64);
            }
        }
        let (niks, layers): (Vec<u64>, Vec<u8>) = held.into_iter().unzip();
        Ok(Self { niks: niks.into(), layers: layers.into(), filter: filter.into(), shift })
    }

    /// The newest delta that holds this NIK, counted from the oldest.
    pub(super) fn layer_of(&self, nik: Nik) -> Option<usize> {
        let bit = nik.number().wrapping_mul(SPREAD).checked_shr(self.shift)?;
        let word = self.filter.get((bit / 64) as usize)?;
        if word >> (bit % 64) & 1 == 0 {
            return None;
        }
        let place = self.niks.binary_search(&nik.number()).ok()?;
        self.layers.get(place).copied().map(usize::from)
    }

    /// How many NIKs it holds.
    pub(super) const fn len(&self) -> usize {
        self.niks.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nik(serial: u64) -> Nik {
        Nik::from_number(6_305_014_507_850_000 + serial).unwrap_or_else(|_| unreachable!())
    }

    #[test]
    fn the_newest_layer_of_a_nik_is_told_and_nothing_of_others() {
        let held = (1..4000u64).step_by(3).map(|serial| (nik(serial).number(), 0));
        let newer = (1..4000u64).step_by(6).map(|serial| (nik(serial).number(), 2));
        let changed = Changed::over(held.chain(newer).collect()).unwrap();
        assert_eq!(changed.len(), 1333);
        for serial in 1..4000 {
            let expected = match serial % 6 {
                1 => Some(2),
                4 => Some(0),
                _ => None,
            };
            assert_eq!(changed.layer_of(nik(serial)), expected, "{serial}");
        }
    }

    #[test]
    fn without_deltas_nothing_is_changed() {
        let changed = Changed::over(Vec::new()).unwrap();
        assert_eq!((changed.layer_of(nik(1)), changed.len()), (None, 0));
    }

    #[test]
    fn the_filter_alone_tells_most_strangers_apart() {
        let changed = Changed::over((1..1000).map(|serial| (nik(serial).number(), 0)).collect()).unwrap();
        let passes = |nik: Nik| {
            let bit = nik.number().wrapping_mul(SPREAD) >> changed.shift;
            changed.filter[(bit / 64) as usize] >> (bit % 64) & 1 == 1
        };
        assert!((1..1000).all(|serial| passes(nik(serial))));
        let strangers = (1000..9999).filter(|serial| passes(nik(*serial))).count();
        assert!(strangers < 900, "{strangers} of 8999 pass");
    }
}
