//! Compaction: a base and the deltas over it are written together into a new base, and switched to.
//!
//! Reads while others go on answering and publishing: deltas that come meanwhile end up over the new base. Memory is bounded by one
//! row group and a page of each column of each layer; the pace can be. What is interrupted changes nothing: the half-written base is
//! removed by the next compaction.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::super::error::WarehouseError;
use super::super::group::{Group, Record};
use super::super::layers::Layers;
use super::super::manifest::{Lineage, Manifest};
use super::super::merge::each_record;
use super::super::writer::SnapshotWriter;
use super::publish::Published;
use super::{Current, Place, Purpose, Staging, Switch, verify};
use crate::disk::Disk;

/// The longest pause before it is looked again whether to stop.
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// How a compaction goes about its work.
#[derive(Clone, Copy, Debug)]
pub struct Compact<'s> {
    /// Rows a second at most; `None` for as many as the machine gives.
    pub rows_per_second: Option<u32>,
    /// Set to end it early.
    pub stop: &'s AtomicBool,
}

/// Writes a base and its deltas together and switches to the result; `None` where there are no deltas. `progress` is told the rows
/// written so far and about how many there are.
pub fn compact(
    disk: &Arc<dyn Disk>,
    root: &Path,
    options: &Compact<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Option<Published>, WarehouseError> {
    if Current::read(root)?.is_none_or(|current| current.layers.len() < 2) {
        return Ok(None);
    }
    let staging = Staging::take(&**disk, root, Purpose::Compact)?;
    let written = write(disk, root, staging.dir(), options, progress).and_then(|(before, manifest)| {
        let switch = Switch::take(&**disk, root)?;
        let above = above(&before, switch.current.as_ref(), &manifest)?;
        Ok((switch, above, manifest))
    });
    match written {
        Err(error) => {
            staging.discard();
            Err(error)
        }
        Ok((switch, above, manifest)) => {
            let now = switch.to(staging, manifest.snapshot(), &[], &above)?;
            Ok(Some(Published {
                id: manifest.snapshot().to_owned(),
                as_of: manifest.as_of(),
                serial: now.serial,
                deltas: above.len(),
                already: false,
            }))
        }
    }
}

/// Writes the new base and reads it back; gives what it was written from.
fn write(
    disk: &Arc<dyn Disk>,
    root: &Path,
    dir: &Path,
    options: &Compact<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Current, Manifest), WarehouseError> {
    let before = Current::read(root)?.ok_or(WarehouseError::Bound("a set of layers without any"))?;
    let layers = Layers::open(&Place::of(root)?, None)?;
    if layers.serial() != before.serial {
        return Err(overtaken(&layers));
    }
    let info = layers.info().clone();
    let expected = info.rows + info.changed as u64;
    let mut filling =
        Filling { writer: SnapshotWriter::create(Arc::clone(disk), dir)?, group: Group::new(), rows: 0, began: Instant::now() };
    each_record(&layers, &mut |record| filling.push(record, options, &mut |rows| progress(rows, expected)))?;
    filling.flush()?;
    progress(filling.rows, expected.max(filling.rows));
    filling.keep_pace(options)?;
    let stands_for = Lineage::StandsFor(info.id.to_string());
    filling.writer.finish_as(info.as_of, None, stands_for)?;
    Ok((before, verify(dir, &mut |_, _| ())?))
}

/// The layers that came over those compacted: they stay over the new base.
fn above(before: &Current, now: Option<&Current>, manifest: &Manifest) -> Result<Vec<String>, WarehouseError> {
    let rest = now.and_then(|now| now.layers.strip_prefix(before.layers.as_slice()));
    rest.map(<[String]>::to_vec).ok_or_else(|| WarehouseError::Misfit {
        snapshot: manifest.snapshot().to_owned(),
        what: "another base was published while it was written",
    })
}

fn overtaken(layers: &Layers) -> WarehouseError {
    WarehouseError::Misfit { snapshot: layers.info().id.to_string(), what: "another was published at the same moment: try again" }
}

/// The base in the making.
struct Filling {
    writer: SnapshotWriter,
    group: Group,
    rows: u64,
    began: Instant,
}

impl Filling {
    fn push(&mut self, record: &Record<'_>, options: &Compact<'_>, progress: &mut dyn FnMut(u64)) -> Result<(), WarehouseError> {
        if !self.group.push(record) {
            return Err(WarehouseError::Bound("a value of another kind than its column"));
        }
        if self.group.is_full() {
            self.flush()?;
            progress(self.rows);
            self.keep_pace(options)?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), WarehouseError> {
        self.rows += self.group.rows() as u64;
        self.writer.write(&self.group)?;
        self.group.clear();
        Ok(())
    }

    /// Waits until as much time has gone by as the rows written should take.
    fn keep_pace(&self, options: &Compact<'_>) -> Result<(), WarehouseError> {
        loop {
            if options.stop.load(Ordering::Relaxed) {
                return Err(WarehouseError::Stopped);
            }
            let due = options.rows_per_second.map_or(Duration::ZERO, |pace| {
                Duration::try_from_secs_f64(self.rows as f64 / f64::from(pace.max(1))).unwrap_or(Duration::MAX)
            });
            let Some(early) = due.checked_sub(self.began.elapsed()).filter(|early| !early.is_zero()) else { return Ok(()) };
            thread::park_timeout(early.min(PAUSE_MAX));
        }
    }
}
