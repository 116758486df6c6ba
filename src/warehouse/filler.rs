//! Residents in, row groups out: the caller's thread fills groups, another one encodes, hashes and writes them, so that two groups
//! at most are in memory beside the one being filled.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use super::error::WarehouseError;
use super::group::{Group, Record};
use super::writer::SnapshotWriter;

/// Fills row groups and sends them to the writing thread.
pub(super) struct Filler<'p> {
    group: Group,
    full: SyncSender<Group>,
    empty: Receiver<Group>,
    rows: u64,
    progress: &'p mut dyn FnMut(u64),
}

/// Lets `make` push residents in ascending order of their NIKs, and gives the writer back when all of them are written.
/// `progress` is told how many there are so far.
pub(super) fn fill<T>(
    writer: SnapshotWriter,
    progress: &mut dyn FnMut(u64),
    make: impl FnOnce(&mut Filler<'_>) -> Result<T, WarehouseError>,
) -> Result<(SnapshotWriter, T), WarehouseError> {
    let (full, to_write) = sync_channel::<Group>(1);
    let (written, empty) = channel::<Group>();
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || write_all(writer, &to_write, &written));
        let mut filler = Filler { group: Group::new(), full, empty, rows: 0, progress };
        let made = make(&mut filler).and_then(|made| filler.finish().map(|()| made));
        // Where the writer failed, its error says why; the maker only saw a closed channel.
        let writer = thread.join().map_err(|_| stopped())??;
        Ok((writer, made?))
    })
}

impl Filler<'_> {
    /// Adds a resident, whose NIK must not be below the one before.
    pub(super) fn push(&mut self, record: &Record<'_>) -> Result<(), WarehouseError> {
        if !self.group.push(record) {
            return Err(WarehouseError::Bound("a value of another kind than its column"));
        }
        if self.group.is_full() { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> Result<(), WarehouseError> {
        let fresh = self.empty.try_recv().unwrap_or_else(|_| Group::new());
        let group = std::mem::replace(&mut self.group, fresh);
        self.rows += group.rows() as u64;
        self.full.send(group).map_err(|_| stopped())?;
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

fn stopped() -> WarehouseError {
    WarehouseError::Bound("the writing thread stopped")
}
