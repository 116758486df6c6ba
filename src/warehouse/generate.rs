//! `warehouse generate`: a made-up population as a snapshot. Two threads: the caller's makes residents, the other encodes,
//! hashes and writes, so that two row groups at most are in memory beside the kabupaten whose turn it is.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use jiff::civil::Date;

use super::error::WarehouseError;
use super::group::{Group, Record};
use super::manifest::Manifest;
use super::population::{Census, Persona, RegionText};
use super::writer::SnapshotWriter;

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
    let writer = SnapshotWriter::create(dir)?;
    let (full, to_write) = sync_channel::<Group>(1);
    let (written, empty) = channel::<Group>();
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || write_all(writer, &to_write, &written));
        let mut filler = Filler { group: Group::new(), full, empty, rows: 0, progress };
        let text = RegionText::unpack()?;
        let census = Census::new(options.rows, options.seed, options.as_of);
        let made = census.take(&text, |record| filler.push(record)).and_then(|personas| filler.finish().map(|()| personas));
        // Where the writer failed, its error says why; the maker only saw a closed channel.
        let writer = thread.join().map_err(|_| WarehouseError::Bound("the writing thread stopped"))??;
        let personas = made?;
        let manifest = writer.finish(options.as_of, Some(options.seed))?;
        Ok(Generated { manifest, personas })
    })
}

/// Fills row groups and sends them to the writing thread.
struct Filler<'p> {
    group: Group,
    full: SyncSender<Group>,
    empty: Receiver<Group>,
    rows: u64,
    progress: &'p mut dyn FnMut(u64),
}

impl Filler<'_> {
    fn push(&mut self, record: &Record<'_>) -> Result<(), WarehouseError> {
        if !self.group.push(record) {
            return Err(WarehouseError::Bound("a value of another kind than its column"));
        }
        if self.group.is_full() { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> Result<(), WarehouseError> {
        let fresh = self.empty.try_recv().unwrap_or_else(|_| Group::new());
        let group = std::mem::replace(&mut self.group, fresh);
        self.rows += group.rows() as u64;
        self.full.send(group).map_err(|_| WarehouseError::Bound("the writing thread stopped"))?;
        (self.progress)(self.rows);
        Ok(())
    }

    fn finish(mut self) -> Result<(), WarehouseError> {
        if self.group.rows() > 0 { self.send() } else { Ok(()) }
    }
}

/// The writing thread: ends when the sender is gone.
fn write_all(
    mut writer: SnapshotWriter,
    to_write: &Receiver<Group>,
    written: &Sender<Group>,
) -> Result<SnapshotWriter, WarehouseError> {
    for mut group in to_write {
        writer.write(&group)?;
        group.clear();
        // Nobody may be left who wants the memory back: then it is dropped.
        drop(written.send(group));
    }
    Ok(writer)
}
