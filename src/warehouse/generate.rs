//! `warehouse generate`: a made-up population as a snapshot. In memory are a few row groups and the kabupaten whose turn it is.

use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;

use super::error::WarehouseError;
use super::filler::fill;
use super::manifest::Manifest;
use super::population::{Census, Persona, RegionText};
use super::writer::SnapshotWriter;
use crate::disk::RealDisk;

/// Residents that a population has at least: fewer have no room for the personas.
pub const ROWS_MIN: u64 = 1_000;
/// Residents that a population has at most: with more, serials of NIKs could run out.
pub const ROWS_MAX: u64 = 300_000_000;

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct Generate {
    /// Residents, [`ROWS_MIN`] to [`ROWS_MAX`].
    pub rows: u64,
    /// The same seed, rows and date give the same bytes.
    pub seed: u64,
    /// The day the population is as of: ages follow from it.
    pub as_of: Date,
}

/// A generated snapshot.
pub struct Generated {
    /// What was written.
    pub manifest: Manifest,
    /// Residents, and NIKs of nobody, to name in examples and tests.
    pub personas: Vec<Persona>,
}

/// Generates a population into a directory, which is made if missing. `progress` is told the number of residents made so far.
///
/// An older snapshot in the directory stays whole until the new one is, and is then removed.
pub fn generate(dir: &Path, options: &Generate, progress: &mut dyn FnMut(u64)) -> Result<Generated, WarehouseError> {
    if !(ROWS_MIN..=ROWS_MAX).contains(&options.rows) {
        return Err(WarehouseError::Options("the number of residents must lie between 1,000 and 300,000,000"));
    }
    if !(2000..=2200).contains(&options.as_of.year()) {
        return Err(WarehouseError::Options("the date of the data must lie between the years 2000 and 2200"));
    }
    let writer = SnapshotWriter::create(Arc::new(RealDisk), dir)?;
    let text = RegionText::unpack()?;
    let census = Census::new(options.rows, options.seed, options.as_of);
    let (writer, personas) = fill(writer, progress, |filler| census.take(&text, |record| filler.push(record)))?;
    let manifest = writer.finish(options.as_of, Some(options.seed))?;
    Ok(Generated { manifest, personas })
}
