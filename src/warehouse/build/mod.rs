//! `warehouse build`: Parquet or CSV files with SIAK or DWH columns become a snapshot.
//!
//! First all files are checked: form, columns, types. Then workers decode them and sort what they have whenever their memory is
//! full, each time into a run on the disk; rows that can't be taken go into a list. At last the runs are merged, NIKs that occur
//! more than once become duplicates, and the snapshot is written: data files first, the manifest last. Until then the older snapshot
//! in the directory stays whole; what a killed build leaves is removed by the next one.
//!
//! Refuses files that are broken as such (truncated, other encoding, broken quotes, missing columns, wrong types), for then no row
//! of them can be trusted. A row with a value that cannot be is left out and listed.

mod bounds;
mod cells;
mod csv_file;
mod csv_records;
mod decode;
mod headings;
mod inputs;
mod merge;
mod packed;
mod parquet_file;
mod rejects;
mod run;
mod sorter;
mod work;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use jiff::civil::Date;

use super::error::WarehouseError;
use super::filler::fill;
use super::manifest::Manifest;
use super::writer::SnapshotWriter;
use crate::disk::Disk;
use inputs::Inputs;
use work::Work;

/// What a build needs beside the rows that it sorts: groups being encoded, page indexes, the program itself.
const FIXED_BYTES: u64 = 96 * 1024 * 1024;
/// What a worker needs at least to sort in.
const SORT_BYTES_MIN: u64 = 16 * 1024 * 1024;
/// MiB of memory that a build can be told to keep within.
pub const MEMORY_MIB: std::ops::RangeInclusive<u64> = 160..=1024 * 1024;

/// What to build.
#[derive(Clone, Debug)]
pub struct Build {
    /// A Parquet or CSV file, or a directory of them.
    pub input: PathBuf,
    /// Where the snapshot goes; made if missing.
    pub output: PathBuf,
    /// The list of rejected rows; replaced by every build.
    pub rejects: PathBuf,
    /// The day up to which the data go.
    pub as_of: Date,
    /// Memory to keep within, one of [`MEMORY_MIB`].
    pub memory_mib: u64,
    /// Threads that read.
    pub workers: usize,
    /// Take every resident as active whose status the input does not tell.
    pub all_active: bool,
    /// With more rejected rows there is no snapshot.
    pub rejects_max: u64,
}

/// A built snapshot.
pub struct Built {
    /// What was written.
    pub manifest: Manifest,
    /// Rows read, with those rejected.
    pub rows_read: u64,
    /// Rows that are listed and not in the snapshot.
    pub rejected: u64,
    /// Rows that share their NIK with another; all are in the snapshot, as duplicates.
    pub duplicates: u64,
    /// Columns that one of the files lacks: there the residents have no value.
    pub missing: Vec<&'static str>,
    /// Files of a directory that are neither Parquet nor CSV by their ending.
    pub ignored: usize,
}

/// What a build is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Reading, in bytes of the input.
    Reading,
    /// Writing the snapshot, in residents.
    Writing,
}

/// Builds a snapshot. `progress` is told the stage, how much is done, and of how much.
pub fn build(disk: &Arc<dyn Disk>, options: &Build, progress: &mut dyn FnMut(Stage, u64, u64)) -> Result<Built, WarehouseError> {
    if !MEMORY_MIB.contains(&options.memory_mib) {
        return Err(WarehouseError::Options("the memory must lie between 160 and 1,048,576 MiB"));
    }
    keep_apart(&options.input, &options.output)?;
    let inputs = Inputs::check(&options.input, !options.all_active)?;
    let shares = shares(options, inputs.memory_bytes)?;
    let writer = SnapshotWriter::create(Arc::clone(disk), &options.output)?;
    let numbers = AtomicUsize::new(0);
    let work = Work::new((&inputs, writer.place(), &numbers), (options.all_active, options.rejects_max), shares);
    let mut read = work.run(&mut |bytes| progress(Stage::Reading, bytes, inputs.bytes));
    if matches!(read.runs, Ok(_) | Err(WarehouseError::TooManyRejects(_))) {
        let names: Vec<&str> = inputs.files.iter().map(|input| input.name.as_str()).collect();
        rejects::write(&**disk, &options.rejects, &names, &mut read.rejects)?;
    }
    let (rows_read, rejected) = (read.rows, read.rejects.len() as u64);
    drop(read.rejects);
    let runs = merge::narrow(writer.place(), &numbers, read.runs?)?;
    if rows_read == rejected {
        return Err(WarehouseError::Nobody(options.input.clone()));
    }
    let mut told = |rows| progress(Stage::Writing, rows, rows_read - rejected);
    let (writer, duplicates) = fill(writer, &mut told, |filler| merge::merge(runs, filler))?;
    let manifest = writer.finish(options.as_of, None)?;
    let missing = inputs.missing.into_iter().collect();
    Ok(Built { manifest, rows_read, rejected, duplicates, missing, ignored: inputs.ignored })
}

/// How many workers there is memory for, and how much each of them has to sort in.
fn shares(options: &Build, decoding_bytes: u64) -> Result<(usize, usize), WarehouseError> {
    let memory = (options.memory_mib * 1024 * 1024).saturating_sub(FIXED_BYTES);
    let each = decoding_bytes + SORT_BYTES_MIN;
    let workers = (options.workers.max(1) as u64).min(memory / each);
    if workers == 0 {
        let mib = (each + FIXED_BYTES).div_ceil(1024 * 1024);
        return Err(WarehouseError::Memory(mib));
    }
    // An eighth is left for what allocators and threads keep for themselves.
    let sort_bytes = (memory / workers - decoding_bytes) / 8 * 7;
    Ok((workers as usize, usize::try_from(sort_bytes).unwrap_or(usize::MAX)))
}

/// Refuses to build into the input: the older snapshot in the output is removed, and that would be the input itself.
fn keep_apart(input: &Path, output: &Path) -> Result<(), WarehouseError> {
    let input = input.canonicalize().map_err(WarehouseError::io("look at", input))?;
    if output.canonicalize().is_ok_and(|output| output.starts_with(&input) || input.starts_with(&output)) {
        return Err(WarehouseError::Options("the input and the output must lie apart"));
    }
    Ok(())
}
