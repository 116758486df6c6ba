//! What one file of the faulty disk holds: what readers see, and what a power cut would leave.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

/// What a power cut does to each sector that was written and not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tearing {
    /// Keeps it or drops it whole, as disks promise for their sectors.
    WholeSectors,
    /// Keeps it, drops it, or keeps only its first bytes: worse than disks promise.
    WithinSectors,
}

/// Bytes that a disk writes whole or not at all.
pub(super) const SECTOR_BYTES: usize = 512;

/// The contents of a file in both forms.
#[derive(Default)]
pub(super) struct Platter {
    /// What readers see.
    pub(super) seen: Vec<u8>,
    /// What is durable.
    durable: Vec<u8>,
    /// Sectors of `seen` that a sync would write.
    dirty: BTreeSet<usize>,
}

impl Platter {
    /// Writes where readers see it.
    pub(super) fn write(&mut self, bytes: &[u8], offset: usize) {
        let end = offset + bytes.len();
        if self.seen.len() < end {
            self.seen.resize(end, 0);
        }
        if let Some(place) = self.seen.get_mut(offset..end) {
            place.copy_from_slice(bytes);
        }
        if end > offset {
            self.dirty.extend(offset / SECTOR_BYTES..=(end - 1) / SECTOR_BYTES);
        }
    }

    /// Cuts off or lengthens what readers see.
    pub(super) fn resize(&mut self, size: usize) {
        let from = size.min(self.seen.len());
        self.seen.resize(size, 0);
        self.dirty.extend(from / SECTOR_BYTES..size.max(from).div_ceil(SECTOR_BYTES));
    }

    /// A sync that worked.
    pub(super) fn sync(&mut self) {
        self.durable.resize(self.seen.len(), 0);
        for sector in std::mem::take(&mut self.dirty) {
            self.keep(sector, SECTOR_BYTES);
        }
    }

    /// A sync that failed: as operating systems do, what was to be written counts as clean from now on, and is not on the disk.
    pub(super) fn forget(&mut self) {
        self.dirty.clear();
    }

    /// The power goes: what was not synced is kept, dropped or torn as the dice fall.
    pub(super) fn crash(&mut self, dice: &mut ChaCha8Rng, tearing: Tearing) {
        // In most runs the dice favour one side, so that "all kept" and "all dropped" are seen as well as mixtures.
        let bias = [0, 64, 128, 192, 256].get(dice.next_u32() as usize % 5).copied().unwrap_or(128);
        let mut keeps = || (dice.next_u32() & 255) < bias;
        let size = if keeps() { self.seen.len() } else { self.durable.len() };
        self.durable.resize(size, 0);
        let dirty = std::mem::take(&mut self.dirty);
        let mut kept = Vec::new();
        for sector in dirty {
            if keeps() {
                kept.push(sector);
            }
        }
        for sector in kept {
            let torn = tearing == Tearing::WithinSectors && dice.next_u32().is_multiple_of(3);
            let bytes = if torn { dice.next_u32() as usize % SECTOR_BYTES } else { SECTOR_BYTES };
            self.keep(sector, bytes);
        }
        self.seen.clone_from(&self.durable);
    }

    /// Makes the first bytes of a sector durable, as far as the durable size goes.
    fn keep(&mut self, sector: usize, bytes: usize) {
        let from = sector * SECTOR_BYTES;
        let to = (from + bytes).min(self.durable.len()).min(self.seen.len());
        if let (Some(into), Some(of)) = (self.durable.get_mut(from..to), self.seen.get(from..to)) {
            into.copy_from_slice(of);
        }
    }
}
