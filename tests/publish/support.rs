//! Small populations, days of changes over them, and what is served.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use gerbang::disk::{Disk, RealDisk};
use gerbang::kernel::{Elemen, ElemenSet, Nik, Row};
use gerbang::warehouse::{self, Changes, Compact, Found, Generate, Manifest, Published, Rows, Snapshot, Warehouse, WarehouseError};
use tempfile::TempDir;

/// Residents of a small population.
pub(crate) const ROWS: u64 = 1_000;

pub(crate) fn temporary() -> TempDir {
    tempfile::tempdir().unwrap()
}

pub(crate) fn population(dir: &Path, seed: u64) -> Manifest {
    let options = Generate { rows: ROWS, seed, as_of: jiff::civil::date(2026, 11, 22) };
    warehouse::generate(dir, &options, &mut |_| ()).unwrap().manifest
}

/// A day of changes, so many of each kind, on a day of November 2026.
pub(crate) fn changes(over: &Path, dir: &Path, of_each: u32, day: i8) -> Manifest {
    let of_day = Changes {
        births: of_each,
        deaths: of_each,
        moves: of_each,
        corrections: of_each,
        seed: day.unsigned_abs().into(),
        as_of: jiff::civil::date(2026, 11, day),
    };
    warehouse::changes(over, dir, &of_day).unwrap()
}

pub(crate) fn publish(root: &Path, dir: &Path) -> Result<Published, WarehouseError> {
    warehouse::publish(&RealDisk, root, dir, &mut |_, _| ())
}

pub(crate) fn compact_on(disk: Arc<dyn Disk>, root: &Path) -> Result<Option<Published>, WarehouseError> {
    let options = Compact { rows_per_second: None, stop: &AtomicBool::new(false) };
    warehouse::compact(&disk, root, &options, &mut |_, _| ())
}

pub(crate) fn compact(root: &Path) -> Result<Option<Published>, WarehouseError> {
    compact_on(Arc::new(RealDisk), root)
}

pub(crate) fn open(root: &Path) -> Warehouse {
    Warehouse::open(root, 1 << 20, Duration::from_secs(60)).unwrap()
}

/// A row as text: what it says of the NIK, where the resident lives, and every element.
pub(crate) fn shown(row: &Row) -> Vec<String> {
    let own = [format!("{:?}", row.status()), row.region().number().to_string()];
    own.into_iter().chain(Elemen::all().map(|elemen| row.value(elemen).unwrap().to_owned())).collect()
}

/// Everybody in one snapshot.
pub(crate) fn everybody(dir: &Path) -> BTreeMap<u64, Vec<String>> {
    let snapshot = Snapshot::open(dir).unwrap();
    let mut rows = BTreeMap::new();
    snapshot
        .each_nik(|nik| {
            rows.insert(nik.number(), shown(&snapshot.look_up(nik, ElemenSet::ALL).unwrap().unwrap()));
            true
        })
        .unwrap();
    rows
}

/// What is served says of each of these NIKs what is expected, and knows nobody else of them.
pub(crate) fn serves(root: &Path, expected: &BTreeMap<u64, Vec<String>>) {
    let rows = Rows::open(root, 1 << 20, Duration::from_secs(60)).unwrap();
    for (nik, row) in expected {
        let nik = Nik::from_number(*nik).unwrap_or_else(|_| panic!("no NIK"));
        match rows.read(nik, ElemenSet::ALL).unwrap() {
            Found::Row(found) => assert!(shown(&found) == *row, "another row"),
            Found::Absent => panic!("a resident is missing"),
        }
    }
}

/// The directories of layers, and every other name in the root.
pub(crate) fn names(root: &Path) -> (Vec<String>, Vec<String>) {
    let visible = |names: Vec<String>| names.into_iter().filter(|name| !name.starts_with('.')).collect();
    (RealDisk.list_dirs(&root.join("snapshots")).unwrap_or_default(), visible(RealDisk.list(root).unwrap()))
}

/// The one data file of a small snapshot.
pub(crate) fn data_file(dir: &Path) -> PathBuf {
    dir.join(&Manifest::read(dir).unwrap().files()[0].name)
}
