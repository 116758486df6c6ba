//! Sorts pairs of numbers within a bound of memory: sorted runs under temporary names, then one merge over all of them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::error::WarehouseError;
use super::super::files::{Staged, Workplace};
use super::Pair;

/// Pairs held in memory (32 MB); 300 million residents make 150 runs.
pub(super) const RUN_PAIRS: usize = 2 * 1024 * 1024;
/// Bytes of a pair in a run.
const PAIR_BYTES: usize = 16;
/// Pairs of a run that the merge holds in memory (64 KiB).
const BUFFER_PAIRS: usize = 4 * 1024;

/// Pairs on their way into order.
pub(super) struct Runs {
    pairs_max: usize,
    pairs: Vec<Pair>,
    runs: Vec<Staged>,
}

impl Runs {
    /// Starts; where more than `pairs_max` come, runs are written.
    pub(super) const fn new(pairs_max: usize) -> Self {
        Self { pairs_max, pairs: Vec::new(), runs: Vec::new() }
    }

    /// Takes a pair; runs are written into `place`.
    pub(super) fn push(&mut self, place: &Workplace, pair: Pair) -> Result<(), WarehouseError> {
        self.pairs.push(pair);
        if self.pairs.len() >= self.pairs_max { self.spill(place) } else { Ok(()) }
    }

    fn spill(&mut self, place: &Workplace) -> Result<(), WarehouseError> {
        self.pairs.sort_unstable();
        let mut run = place.stage(&format!("families-{:04}", self.runs.len()))?;
        let mut bytes = Vec::with_capacity(BUFFER_PAIRS * PAIR_BYTES);
        for chunk in self.pairs.chunks(BUFFER_PAIRS) {
            bytes.clear();
            for (card, nik) in chunk {
                bytes.extend_from_slice(&card.to_le_bytes());
                bytes.extend_from_slice(&nik.to_le_bytes());
            }
            run.write(&bytes)?;
        }
        self.runs.push(run);
        self.pairs.clear();
        Ok(())
    }

    /// Hands on all pairs in ascending order, each once however often it came, and removes the runs.
    pub(super) fn merge(mut self, mut each: impl FnMut(Pair) -> Result<(), WarehouseError>) -> Result<(), WarehouseError> {
        self.pairs.sort_unstable();
        let mut sources: Vec<Source<'_>> = self.runs.iter().map(Source::run).collect();
        sources.push(Source::rest(&self.pairs));
        let mut heads = BinaryHeap::with_capacity(sources.len());
        for (number, source) in sources.iter_mut().enumerate() {
            heads.extend(source.next()?.map(|pair| Reverse((pair, number))));
        }
        let mut last = None;
        while let Some(Reverse((pair, number))) = heads.pop() {
            if last != Some(pair) {
                each(pair)?;
                last = Some(pair);
            }
            if let Some(source) = sources.get_mut(number) {
                heads.extend(source.next()?.map(|pair| Reverse((pair, number))));
            }
        }
        drop(sources);
        self.runs.into_iter().try_for_each(Staged::discard)
    }
}

/// Sorted pairs, from a run or from memory.
struct Source<'r> {
    run: Option<&'r Staged>,
    offset: u64,
    bytes: Vec<u8>,
    rest: std::slice::Iter<'r, Pair>,
    buffered: std::vec::IntoIter<Pair>,
}

impl<'r> Source<'r> {
    fn run(run: &'r Staged) -> Self {
        Self {
            run: Some(run),
            offset: 0,
            bytes: vec![0; BUFFER_PAIRS * PAIR_BYTES],
            rest: [].iter(),
            buffered: Vec::new().into_iter(),
        }
    }

    fn rest(pairs: &'r [Pair]) -> Self {
        Self { run: None, offset: 0, bytes: Vec::new(), rest: pairs.iter(), buffered: Vec::new().into_iter() }
    }

    fn next(&mut self) -> Result<Option<Pair>, WarehouseError> {
        let Some(run) = self.run else { return Ok(self.rest.next().copied()) };
        if let Some(pair) = self.buffered.next() {
            return Ok(Some(pair));
        }
        let read = run.read(&mut self.bytes, self.offset)?;
        self.offset += read as u64;
        let (pairs, cut) = self.bytes.get(..read).unwrap_or_default().as_chunks::<PAIR_BYTES>();
        if !cut.is_empty() {
            return Err(WarehouseError::Bound("a run of the index of families was cut off"));
        }
        self.buffered = pairs.iter().map(pair).collect::<Vec<_>>().into_iter();
        Ok(self.buffered.next())
    }
}

fn pair(bytes: &[u8; PAIR_BYTES]) -> Pair {
    let both = u128::from_le_bytes(*bytes);
    (both as u64, (both >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn merged(pairs: &[Pair], pairs_max: usize) -> (Vec<Pair>, usize) {
        let dir = tempfile::tempdir().unwrap();
        let place = Workplace::enter(Arc::new(RealDisk), dir.path()).unwrap();
        let mut runs = Runs::new(pairs_max);
        for pair in pairs {
            runs.push(&place, *pair).unwrap();
        }
        let written = runs.runs.len();
        let mut out = Vec::new();
        runs.merge(|pair| {
            out.push(pair);
            Ok(())
        })
        .unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "the lock alone: the runs are gone");
        (out, written)
    }

    #[test]
    fn more_than_a_buffer_of_each_run_comes_out_in_order() {
        let pairs: Vec<Pair> = (0..30_000u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 50, n)).collect();
        let mut expected = pairs.clone();
        expected.sort_unstable();
        let (out, written) = merged(&pairs, 10_000);
        assert_eq!(written, 3);
        assert!(out == expected);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn any_pairs_come_out_sorted_and_once(pairs in proptest::collection::vec((0u64..50, 0u64..50), 0..200), pairs_max in 1usize..40) {
            let mut expected = pairs.clone();
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(merged(&pairs, pairs_max).0, expected);
        }
    }
}
