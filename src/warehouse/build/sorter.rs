//! Rows in memory until there is no more room, then a sorted run on the disk.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::error::WarehouseError;
use super::super::files::Workplace;
use super::super::schema::{COLUMNS, Column};
use super::decode::Stored;
use super::packed;
use super::run::{Key, Run, RunWriter};

/// Bytes that the key of a row takes in memory.
const KEY_BYTES: usize = size_of::<Slot>();

/// One worker's rows.
pub(super) struct Sorter<'w> {
    place: &'w Workplace,
    /// The numbers of the runs of all workers.
    numbers: &'w AtomicUsize,
    rows: Vec<u8>,
    slots: Vec<Slot>,
    runs: Vec<Run>,
}

/// Where a row lies.
struct Slot {
    key: Key,
    start: u32,
    length: u32,
}

impl<'w> Sorter<'w> {
    /// Takes at most `bytes` of memory, of which the system gives what is really used.
    pub(super) fn new(place: &'w Workplace, numbers: &'w AtomicUsize, bytes: usize) -> Self {
        // A row of all columns takes some 300 bytes, one of the needed columns alone 130.
        let keys = bytes / 8 / KEY_BYTES;
        let rows = (bytes - keys * KEY_BYTES).min(u32::MAX as usize);
        Self { place, numbers, rows: Vec::with_capacity(rows), slots: Vec::with_capacity(keys), runs: Vec::new() }
    }

    /// Takes a row, whose values `value` gives column by column; where it gives an error the row is left out and the error is
    /// handed back with its column.
    pub(super) fn push<'v, E>(
        &mut self,
        place: u64,
        mut value: impl FnMut(Column) -> Result<Stored<'v>, E>,
    ) -> Result<Result<(), (Column, E)>, WarehouseError> {
        if self.slots.len() == self.slots.capacity() || self.rows.capacity() - self.rows.len() < ROW_BYTES_MAX {
            self.spill()?;
        }
        let start = self.rows.len();
        let mut nik = 0;
        for column in 0..COLUMNS {
            let fits = match value(column) {
                Ok(Stored::Long(first)) if column == 0 => {
                    nik = first;
                    true
                }
                Ok(value) => packed::push(&mut self.rows, column, value),
                Err(flaw) => {
                    self.rows.truncate(start);
                    return Ok(Err((column, flaw)));
                }
            };
            if !fits {
                return Err(WarehouseError::Bound("a value of another kind than its column"));
            }
        }
        let length = (self.rows.len() - start) as u32;
        self.slots.push(Slot { key: Key { nik, place }, start: start as u32, length });
        Ok(Ok(()))
    }

    fn spill(&mut self) -> Result<(), WarehouseError> {
        if self.slots.is_empty() {
            return Ok(());
        }
        self.slots.sort_unstable_by_key(|slot| slot.key);
        let mut run = RunWriter::create(self.place, self.numbers.fetch_add(1, Ordering::Relaxed))?;
        for slot in &self.slots {
            let bytes = self.rows.get(slot.start as usize..).and_then(|rest| rest.get(..slot.length as usize));
            run.push(slot.key, bytes.unwrap_or_default())?;
        }
        self.runs.push(run.finish()?);
        self.slots.clear();
        self.rows.clear();
        Ok(())
    }

    /// The runs that hold all rows.
    pub(super) fn finish(mut self) -> Result<Vec<Run>, WarehouseError> {
        self.spill()?;
        Ok(self.runs)
    }
}

/// A row is never longer: all texts at their bound, and the rest.
const ROW_BYTES_MAX: usize = COLUMNS * (crate::kernel::limits::STORED_VALUE_BYTES_MAX + 2);
