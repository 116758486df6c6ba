//! A sorted run on the disk: rows in ascending order of NIK and place in the input, in blocks with a checksum each.
//!
//! A block is its length and its CRC-32 (four bytes each) and then whole rows: NIK, place (eight bytes each), length (four), bytes.
//! A run lives under a temporary name and goes when it has been read; a killed build's runs are removed by the next one.

use super::super::error::WarehouseError;
use super::super::files::{Staged, Workplace};

/// Bytes of rows after which a block is written, and so what each open run holds in memory.
pub(super) const BLOCK_BYTES: usize = 256 * 1024;
/// A longer block was never written: a row takes less than 20 KB.
const BLOCK_BYTES_MAX: usize = BLOCK_BYTES + 64 * 1024;
const HEAD: usize = 8;

/// What rows are sorted by: the NIK, then where the row stood in the input.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) nik: i64,
    pub(super) place: u64,
}

/// A run being written.
pub(super) struct RunWriter {
    file: Staged,
    block: Vec<u8>,
}

/// A finished run.
pub(super) struct Run {
    file: Staged,
}

/// A run being read, row after row.
pub(super) struct RunReader {
    run: Run,
    position: u64,
    block: Vec<u8>,
    next: usize,
}

/// One row of a run.
pub(super) struct RunRow<'r> {
    pub(super) key: Key,
    pub(super) bytes: &'r [u8],
}

impl RunWriter {
    pub(super) fn create(place: &Workplace, number: usize) -> Result<Self, WarehouseError> {
        let mut block = Vec::with_capacity(BLOCK_BYTES_MAX);
        block.resize(HEAD, 0);
        Ok(Self { file: place.stage(&format!("run-{number:06}"))?, block })
    }

    pub(super) fn push(&mut self, key: Key, bytes: &[u8]) -> Result<(), WarehouseError> {
        self.block.extend_from_slice(&key.nik.to_le_bytes());
        self.block.extend_from_slice(&key.place.to_le_bytes());
        self.block.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        self.block.extend_from_slice(bytes);
        if self.block.len() >= BLOCK_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), WarehouseError> {
        if let Some((head, rows)) = self.block.split_first_chunk_mut::<HEAD>() {
            let (length, crc) = head.split_at_mut(HEAD / 2);
            length.copy_from_slice(&(rows.len() as u32).to_le_bytes());
            crc.copy_from_slice(&crc32fast::hash(rows).to_le_bytes());
        }
        self.file.write(&self.block)?;
        self.block.truncate(HEAD);
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Run, WarehouseError> {
        if self.block.len() > HEAD {
            self.flush()?;
        }
        Ok(Run { file: self.file })
    }
}

impl Run {
    pub(super) fn read(self) -> RunReader {
        RunReader { run: self, position: 0, block: Vec::new(), next: 0 }
    }
}

impl RunReader {
    /// Goes to the next row; its key, or `None` at the end.
    pub(super) fn advance(&mut self, first: bool) -> Result<Option<Key>, WarehouseError> {
        if !first {
            self.next = self.row().map_or(usize::MAX, |row| self.next + 20 + row.bytes.len());
        }
        if self.next >= self.block.len() && !self.next_block()? {
            return Ok(None);
        }
        let key = self.row().map(|row| row.key);
        key.map(Some).ok_or_else(|| self.damaged())
    }

    /// The row it stands at.
    pub(super) fn row(&self) -> Option<RunRow<'_>> {
        let (nik, rest) = self.block.get(self.next..)?.split_first_chunk()?;
        let (place, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let bytes = rest.get(..u32::from_le_bytes(*length) as usize)?;
        Some(RunRow { key: Key { nik: i64::from_le_bytes(*nik), place: u64::from_le_bytes(*place) }, bytes })
    }

    fn next_block(&mut self) -> Result<bool, WarehouseError> {
        let mut head = [0; HEAD];
        match self.run.file.read(&mut head, self.position)? {
            0 => return Ok(false),
            HEAD => {}
            _ => return Err(self.damaged()),
        }
        let (length, crc) = head.split_at(HEAD / 2);
        let number = |bytes: &[u8]| bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
        let length = number(length) as usize;
        if length > BLOCK_BYTES_MAX {
            return Err(self.damaged());
        }
        self.block.resize(length, 0);
        let read = self.run.file.read(&mut self.block, self.position + HEAD as u64)?;
        if read != length || crc32fast::hash(&self.block) != number(crc) {
            return Err(self.damaged());
        }
        self.position += (HEAD + length) as u64;
        self.next = 0;
        Ok(true)
    }

    /// Removes the run.
    pub(super) fn discard(self) -> Result<(), WarehouseError> {
        self.run.file.discard()
    }

    pub(super) fn damaged(&self) -> WarehouseError {
        WarehouseError::Spilled(self.run.file.path().to_owned())
    }
}
