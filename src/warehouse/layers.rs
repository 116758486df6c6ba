//! What is served: a base that holds everybody and the deltas over it, as one.
//!
//! A NIK is looked up in the newest layer that holds it; the base is asked for all others. Layers that are served already are taken
//! over by the next set as they are, so that a day's delta is swapped in without opening the base anew.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;

use super::changed::Changed;
use super::error::WarehouseError;
use super::families::CardNumber;
use super::manifest::{Lineage, Manifest};
use super::root::Place;
use super::row_cache::Found;
use super::snapshot::Snapshot;
use crate::kernel::limits::{CHANGED_MAX, DELTAS_MAX};
use crate::kernel::{ElemenSet, Nik, Row};

/// Which data answers come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotInfo {
    /// The id of the newest layer, which names all below it.
    pub id: Arc<str>,
    /// The date up to which the data go.
    pub as_of: Date,
    /// Rows of the base.
    pub rows: u64,
    /// Deltas over the base.
    pub deltas: usize,
    /// Residents whom the deltas hold.
    pub changed: usize,
}

/// A base and its deltas.
pub(super) struct Layers {
    /// What `current.json` said; 0 for a plain directory.
    serial: u64,
    base: Arc<Snapshot>,
    /// From the oldest to the newest.
    deltas: Vec<Arc<Snapshot>>,
    changed: Changed,
    info: SnapshotInfo,
    /// The same snapshots with where they were found, the base first, for the next set; none where that is not known.
    opened: Vec<Layer>,
}

/// A snapshot that was found in a directory.
#[derive(Clone)]
struct Layer {
    dir: PathBuf,
    manifest: Arc<Manifest>,
    snapshot: Arc<Snapshot>,
}

impl Layers {
    /// Opens what a directory serves; what `before` has open already is shared with it.
    pub(super) fn open(place: &Place, before: Option<&Self>) -> Result<Self, WarehouseError> {
        // A numbered directory never changes its content, so what was opened under its name is what it holds.
        let known = before.filter(|known| known.serial > 0 && place.serial > 0).map_or(&[][..], |known| &known.opened);
        let mut opened = Vec::with_capacity(place.layers.len());
        for dir in &place.layers {
            opened.push(match known.iter().find(|layer| layer.dir == *dir) {
                Some(layer) => layer.clone(),
                None => Layer::open(dir)?,
            });
        }
        Self::over(place.serial, opened)
    }

    /// A snapshot that is open already, alone.
    pub(super) fn alone(snapshot: Snapshot) -> Self {
        let info = info(&snapshot, &snapshot, 0, 0);
        Self { serial: 0, base: Arc::new(snapshot), deltas: Vec::new(), changed: Changed::default(), info, opened: Vec::new() }
    }

    fn over(serial: u64, opened: Vec<Layer>) -> Result<Self, WarehouseError> {
        let Some((base, deltas)) = opened.split_first() else {
            return Err(WarehouseError::Bound("a set of layers without any"));
        };
        if let Lineage::DeltaOver(_) = base.manifest.lineage() {
            return Err(base.misfit("a delta cannot be served without its base"));
        }
        if deltas.len() > DELTAS_MAX {
            return Err(base.misfit("more deltas lie over it than may wait for compaction"));
        }
        let mut below = base;
        let mut held = Vec::new();
        for (number, delta) in (0u8..).zip(deltas) {
            below.manifest.takes(&delta.manifest)?;
            if held.len() as u64 + delta.snapshot.rows() > CHANGED_MAX as u64 {
                return Err(delta.misfit("with it the deltas hold more residents than may wait for compaction"));
            }
            delta.snapshot.each_nik(|nik| {
                held.push((nik.number(), number));
                held.len() <= CHANGED_MAX
            })?;
            below = delta;
        }
        let changed = Changed::over(held)?;
        let info = info(&base.snapshot, &below.snapshot, deltas.len(), changed.len());
        let base = Arc::clone(&base.snapshot);
        let deltas = deltas.iter().map(|delta| Arc::clone(&delta.snapshot)).collect();
        Ok(Self { serial, base, deltas, changed, info, opened })
    }

    /// What `current.json` said when this was opened; 0 for a plain directory.
    pub(super) const fn serial(&self) -> u64 {
        self.serial
    }

    /// Which data these are.
    pub(super) const fn info(&self) -> &SnapshotInfo {
        &self.info
    }

    /// The snapshots from the base to the newest delta.
    pub(super) fn each(&self) -> impl DoubleEndedIterator<Item = &Snapshot> {
        std::iter::once(&*self.base).chain(self.deltas.iter().map(|delta| &**delta))
    }

    /// The one snapshot to ask about this NIK: the newest delta that holds it, else the base.
    pub(super) fn holder_of(&self, nik: Nik) -> &Snapshot {
        let delta = self.changed.layer_of(nik).and_then(|layer| self.deltas.get(layer));
        delta.unwrap_or(&self.base)
    }

    /// Many at once, each in the layer that holds it: see [`FoundMany`](super::many::FoundMany). Blocks on the disk.
    pub(super) fn look_up_many(&self, wanted: &[(Option<Nik>, ElemenSet)]) -> (Vec<Option<Found>>, Option<WarehouseError>) {
        if self.deltas.is_empty() {
            return self.base.look_up_many(wanted);
        }
        let layer_of = |nik: Option<Nik>| nik.and_then(|nik| self.changed.layer_of(nik)).map_or(0, |delta| delta + 1);
        let layers: Vec<usize> = wanted.iter().map(|(nik, _)| layer_of(*nik)).collect();
        let (mut found, mut error) = (vec![Some(Found::Absent); wanted.len()], None);
        for (number, snapshot) in self.each().enumerate().filter(|(number, _)| layers.contains(number)) {
            let own = |(&(nik, columns), layer): (&(Option<Nik>, ElemenSet), &usize)| (nik.filter(|_| *layer == number), columns);
            let (told, failed) = snapshot.look_up_many(&wanted.iter().zip(&layers).map(own).collect::<Vec<_>>());
            for ((place, told), _) in found.iter_mut().zip(told).zip(&layers).filter(|(_, layer)| **layer == number) {
                *place = told;
            }
            error = error.or(failed);
        }
        (found, error)
    }

    /// The NIKs that any layer lists under a family card, ascending: candidates, for a newer layer may have moved them elsewhere.
    pub(super) fn listed(&self, card: CardNumber) -> Result<Vec<Nik>, WarehouseError> {
        let mut niks = Vec::new();
        for snapshot in self.each() {
            niks.extend(snapshot.listed(card)?);
        }
        niks.sort_unstable_by_key(|nik| nik.number());
        niks.dedup();
        Ok(niks)
    }

    /// The resident with this NIK and just these columns; `None` where nobody has it. Blocks on the disk.
    pub(super) fn look_up(&self, nik: Nik, columns: ElemenSet) -> Result<Option<Row>, WarehouseError> {
        self.holder_of(nik).look_up(nik, columns)
    }
}

impl Layer {
    fn open(dir: &Path) -> Result<Self, WarehouseError> {
        let manifest = Arc::new(Manifest::read(dir)?);
        Ok(Self { dir: dir.to_owned(), manifest, snapshot: Arc::new(Snapshot::open(dir)?) })
    }

    fn misfit(&self, what: &'static str) -> WarehouseError {
        WarehouseError::Misfit { snapshot: self.manifest.snapshot().to_owned(), what }
    }
}

fn info(base: &Snapshot, newest: &Snapshot, deltas: usize, changed: usize) -> SnapshotInfo {
    SnapshotInfo { id: Arc::clone(newest.id()), as_of: newest.as_of(), rows: base.rows(), deltas, changed }
}
