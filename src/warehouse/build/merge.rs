//! Sorted runs become one ascending line of rows. Rows that share a NIK are all kept, and each of them becomes a duplicate.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::error::WarehouseError;
use super::super::files::Workplace;
use super::super::filler::Filler;
use super::super::group::Value;
use super::super::schema::STATUS;
use super::packed::unpack;
use super::run::{Key, Run, RunReader, RunWriter};
use crate::kernel::NikStatus;

/// Runs that are read at once: 32 MiB of blocks.
const RUNS_AT_ONCE: usize = 128;
/// Rows that may share a NIK: they stay in one file, whose size is bounded.
const ROWS_OF_A_NIK_MAX: u64 = 1024 * 1024;

/// What is done with each row.
type Each<'e> = dyn FnMut(Key, &[u8]) -> Result<(), WarehouseError> + 'e;

/// Rows of several runs in ascending order.
struct Merge {
    readers: Vec<RunReader>,
    heads: BinaryHeap<Reverse<(Key, usize)>>,
}

/// Merges until one reading of them all is enough.
pub(super) fn narrow(place: &Workplace, numbers: &AtomicUsize, mut runs: Vec<Run>) -> Result<Vec<Run>, WarehouseError> {
    while runs.len() > RUNS_AT_ONCE {
        let rest = runs.split_off(RUNS_AT_ONCE);
        let mut out = RunWriter::create(place, numbers.fetch_add(1, Ordering::Relaxed))?;
        let mut merge = Merge::new(runs)?;
        while merge.next(&mut |key, bytes| out.push(key, bytes))? {}
        merge.discard()?;
        runs = rest;
        runs.push(out.finish()?);
    }
    Ok(runs)
}

/// Hands all rows of the runs to the snapshot and removes the runs; how many rows share their NIK with another.
pub(super) fn merge(runs: Vec<Run>, filler: &mut Filler<'_>) -> Result<u64, WarehouseError> {
    let mut merge = Merge::new(runs)?;
    let mut held = Held::default();
    while merge.next(&mut |key, bytes| held.swap(key, bytes, filler))? {}
    held.give(false, filler)?;
    merge.discard()?;
    Ok(held.duplicates)
}

/// The row before the current one: only the next row tells whether it is alone.
#[derive(Default)]
struct Held {
    nik: Option<i64>,
    bytes: Vec<u8>,
    /// Rows of its NIK before it.
    before: u64,
    duplicates: u64,
}

impl Held {
    /// Gives the held row on and holds this one.
    fn swap(&mut self, key: Key, bytes: &[u8], filler: &mut Filler<'_>) -> Result<(), WarehouseError> {
        let same = self.nik == Some(key.nik);
        self.give(same, filler)?;
        self.before = if same { self.before + 1 } else { 0 };
        if self.before >= ROWS_OF_A_NIK_MAX {
            return Err(WarehouseError::Bound("more than 1,048,576 rows share one NIK"));
        }
        self.nik = Some(key.nik);
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn give(&mut self, another_follows: bool, filler: &mut Filler<'_>) -> Result<(), WarehouseError> {
        let Some(nik) = self.nik else { return Ok(()) };
        let mut record = unpack(nik, &self.bytes).ok_or(WarehouseError::Bound("a spilled row is not a row"))?;
        if another_follows || self.before > 0 {
            self.duplicates += 1;
            if let Some(status) = record.get_mut(STATUS) {
                *status = Value::Int(NikStatus::Duplicate as i32);
            }
        }
        filler.push(&record)
    }
}

impl Merge {
    fn new(runs: Vec<Run>) -> Result<Self, WarehouseError> {
        let mut readers: Vec<RunReader> = runs.into_iter().map(Run::read).collect();
        let mut heads = BinaryHeap::with_capacity(readers.len());
        for (number, reader) in readers.iter_mut().enumerate() {
            heads.extend(reader.advance(true)?.map(|key| Reverse((key, number))));
        }
        Ok(Self { readers, heads })
    }

    /// Hands on the lowest row; false where none is left.
    fn next(&mut self, each: &mut Each<'_>) -> Result<bool, WarehouseError> {
        let Some(mut head) = self.heads.peek_mut() else { return Ok(false) };
        let Reverse((_, number)) = *head;
        let Some(reader) = self.readers.get_mut(number) else { return Ok(false) };
        let row = reader.row().ok_or_else(|| reader.damaged())?;
        each(row.key, row.bytes)?;
        match reader.advance(false)? {
            Some(key) => *head = Reverse((key, number)),
            None => drop(PeekMut::pop(head)),
        }
        Ok(true)
    }

    fn discard(self) -> Result<(), WarehouseError> {
        self.readers.into_iter().try_for_each(RunReader::discard)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::super::decode::Stored;
    use super::super::sorter::Sorter;
    use super::*;
    use crate::disk::{Disk as _, FaultyDisk, Open, read_all};
    use crate::warehouse::schema::{Physical, physical};

    const DIR: &str = "/d";

    /// Sorts rows with next to no memory; their bytes are all alike but for the place.
    fn runs(workplace: &Workplace, numbers: &AtomicUsize, rows: &[(i64, u64)]) -> Vec<Run> {
        let mut sorter = Sorter::new(workplace, numbers, 32 * 1024);
        for (nik, place) in rows {
            let value = |column| match physical(column) {
                Physical::Long => Ok::<_, ()>(Stored::Long(*nik)),
                Physical::Int | Physical::Date => Ok(Stored::Int(*place as i32)),
                Physical::Text => Ok(Stored::Text("SITI")),
            };
            sorter.push(*place, value).unwrap().unwrap();
        }
        sorter.finish().unwrap()
    }

    fn shuffled(count: u64) -> Vec<(i64, u64)> {
        (0..count).map(|place| ((place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 50).cast_signed(), place)).collect()
    }

    #[test]
    fn many_runs_become_one_ascending_line_and_leave_nothing() {
        let disk = FaultyDisk::new();
        let workplace = Workplace::enter(Arc::new(disk.clone()), Path::new(DIR)).unwrap();
        let numbers = AtomicUsize::new(0);
        let rows = shuffled(14_000);
        let many = runs(&workplace, &numbers, &rows);
        assert!(many.len() > 2 * RUNS_AT_ONCE, "{}", many.len());
        let few = narrow(&workplace, &numbers, many).unwrap();
        assert!(few.len() <= RUNS_AT_ONCE);
        let mut merge = Merge::new(few).unwrap();
        let mut line = Vec::new();
        let mut take = |key: Key, bytes: &[u8]| {
            let record = unpack(key.nik, bytes).unwrap();
            assert!(matches!(record[STATUS], Value::Int(place) if place as u64 == key.place), "its own bytes");
            line.push((key.nik, key.place));
            Ok(())
        };
        while merge.next(&mut take).unwrap() {}
        merge.discard().unwrap();
        let mut expected = rows;
        expected.sort_unstable();
        assert_eq!(line, expected);
        assert_eq!(disk.list(Path::new(DIR)).unwrap(), [".unfinished-lock"]);
    }

    #[test]
    fn a_run_that_comes_back_changed_or_cut_is_damage_and_not_other_rows() {
        let disk = FaultyDisk::new();
        let workplace = Workplace::enter(Arc::new(disk.clone()), Path::new(DIR)).unwrap();
        let rows = shuffled(40);
        let whole = runs(&workplace, &AtomicUsize::new(0), &rows);
        assert_eq!(whole.len(), 1);
        let path = Path::new(DIR).join(".unfinished-run-000000");
        let sound = read_all(&disk, &path, 1 << 20).unwrap();
        drop(whole);
        for (at, length) in (0..sound.len())
            .step_by(37)
            .map(|at| (Some(at), sound.len()))
            .chain((1..sound.len()).step_by(41).map(|cut| (None, cut)))
        {
            let run = runs(&workplace, &AtomicUsize::new(0), &rows);
            let mut bytes = sound[..length].to_vec();
            if let Some(at) = at {
                bytes[at] ^= 0x10;
            }
            let file = disk.open(&path, Open::Write).unwrap();
            file.set_size_bytes(0).unwrap();
            file.write_all_at(&bytes, 0).unwrap();
            let result = Merge::new(run).and_then(|mut merge| {
                while merge.next(&mut |_, _| Ok(()))? {}
                Ok(())
            });
            assert!(matches!(result, Err(WarehouseError::Spilled(_))), "byte {at:?}, length {length}");
        }
    }
}
