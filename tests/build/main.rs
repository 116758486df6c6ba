//! `warehouse build` from outside: whatever form a population is exported in, the same snapshot comes of it; what is broken is told
//! by file and row; whatever the disk does, there is an old snapshot or a new one.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test says by a panic what does not hold, and makes inputs of its own"
)]

mod broken;
mod crash;
mod duplicates;
#[path = "../extract/mod.rs"]
mod extract;
mod forms;
mod rejects;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gerbang::disk::{Disk, RealDisk};
use gerbang::kernel::{Elemen, ElemenSet, Nik, NikStatus};
use gerbang::warehouse::{Build, Built, Generate, Snapshot, WarehouseError, build, generate};
use tempfile::TempDir;

const AS_OF: jiff::civil::Date = jiff::civil::date(2026, 11, 22);

/// A resident: what the record says of the NIK, and all elements as retrieval shows them.
type Resident = (NikStatus, Vec<String>);

/// A directory with a generated population, and room for inputs and outputs.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    /// With a population, whose snapshot's id comes with it.
    fn populated(rows: u64) -> (Self, String) {
        let place = Self::new();
        let options = Generate { rows, seed: 5, as_of: AS_OF };
        let made = generate(&place.path("population"), &options, &mut |_| ()).unwrap();
        (place, made.manifest.snapshot().to_owned())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn options(&self, input: impl AsRef<Path>) -> Build {
        Build {
            input: input.as_ref().to_owned(),
            output: self.path("out"),
            rejects: self.path("out.rejects.csv"),
            as_of: AS_OF,
            memory_mib: 256,
            workers: 2,
            all_active: false,
            rejects_max: 1000,
        }
    }

    fn build(&self, input: impl AsRef<Path>) -> Result<Built, WarehouseError> {
        run(&self.options(input))
    }

    fn rejects(&self) -> String {
        std::fs::read_to_string(self.path("out.rejects.csv")).unwrap()
    }

    /// The names in the output.
    fn left(&self) -> Vec<String> {
        RealDisk.list(&self.path("out")).unwrap()
    }
}

fn run(options: &Build) -> Result<Built, WarehouseError> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    build(&disk, options, &mut |_, _, _| ())
}

/// The residents of a snapshot by their NIK.
fn residents(dir: &Path) -> BTreeMap<String, Resident> {
    let snapshot = Snapshot::open(dir).unwrap();
    let mut found = BTreeMap::new();
    let each = |nik: Nik| {
        let row = snapshot.look_up(nik, ElemenSet::ALL).unwrap().unwrap();
        let values = Elemen::all().map(|elemen| row.value(elemen).unwrap().to_owned()).collect();
        found.insert(nik.text(), (row.status(), values));
        true
    };
    snapshot.each_nik(each).unwrap();
    found
}

/// The whole message of an error.
fn told(error: &WarehouseError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// A CSV file with just the needed columns and a name.
fn small_csv(rows: &[(&str, &str)]) -> String {
    let line = |(nik, name): &(&str, &str)| format!("{nik},63,5,1,{name}\n");
    format!("NIK,NO_PROP,NO_KAB,STATUS,NAMA_LGKP\n{}", rows.iter().map(line).collect::<String>())
}
