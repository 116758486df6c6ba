//! What deltas cost: look-ups over a base alone, over a base with deltas, and over their compaction, in one run.
//!
//! `cargo bench --all-features --bench layers -- [ROWS] [DELTAS] [CHANGES]`

#![expect(clippy::print_stdout, reason = "a bench tells its figures")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use gerbang::disk::{Disk, RealDisk};
use gerbang::kernel::{Elemen, ElemenSet, Nik};
use gerbang::warehouse::{self, Changes, Compact, Generate, Rows, Snapshot, WarehouseError};

/// Columns of a look-up.
const COLUMNS: usize = 10;
/// Look-ups of each kind.
const LOOKUPS: usize = 20_000;
/// A cache that keeps nothing.
const NO_CACHE: u64 = 1;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: Vec<u32> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let number = |place: usize, otherwise| numbers.get(place).copied().unwrap_or(otherwise);
    let (rows, deltas, changes) = (number(0, 1_000_000), number(1, 8), number(2, 20_000));
    let dir = tempdir()?;
    let (base, root) = (dir.join("base"), dir.join("root"));
    let as_of = jiff::civil::date(2026, 11, 22);
    warehouse::generate(&base, &Generate { rows: rows.into(), seed: 1, as_of }, &mut |_| ())?;
    println!("{rows} residents, {deltas} deltas of {changes} changes, {COLUMNS} columns, no row cache, p50 and p99 in µs");
    let niks = niks(&base)?;
    let publish = |from: &Path| warehouse::publish(&RealDisk, &root, from, &mut |_, _| ());
    told("publish the base", || publish(&base).map(drop))?;
    measure("base alone", &root, &niks)?;
    for number in 0..deltas {
        let delta = dir.join(format!("delta{number}"));
        let quarter = changes / 4;
        let (births, deaths, moves, corrections) = (0, quarter, quarter, changes - 2 * quarter);
        let day = Changes { births, deaths, moves, corrections, seed: number.into(), as_of };
        warehouse::changes(&root, &delta, &day)?;
        if number + 1 == deltas {
            told("publish the last delta", || publish(&delta).map(drop))?;
        } else {
            publish(&delta)?;
        }
    }
    measure("with deltas", &root, &niks)?;
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    let options = Compact { rows_per_second: None, stop: &AtomicBool::new(false) };
    let took = told("compact", || warehouse::compact(&disk, &root, &options, &mut |_, _| ()).map(drop))?;
    println!("{:.0} residents a second", f64::from(rows) / took.as_secs_f64());
    measure("compacted", &root, &niks)?;
    Ok(())
}

/// Present residents, spread, and NIKs beside them that nobody has.
fn niks(base: &Path) -> Result<[Vec<Nik>; 2], WarehouseError> {
    let snapshot = Snapshot::open(base)?;
    let present = snapshot.sample(LOOKUPS)?;
    let beside = present.iter().filter_map(|nik| Nik::from_number(nik.number() / 10_000 * 10_000 + 9_876).ok()).collect();
    Ok([present, beside])
}

fn measure(what: &str, root: &Path, niks: &[Vec<Nik>; 2]) -> Result<(), WarehouseError> {
    let rows = Rows::open(root, NO_CACHE, Duration::from_secs(1))?;
    let columns: ElemenSet = Elemen::all().take(COLUMNS).collect();
    for (kind, niks) in ["present", "absent"].into_iter().zip(niks) {
        let mut times = Vec::with_capacity(niks.len());
        for _warm in 0..2 {
            times.clear();
            for nik in niks {
                let began = Instant::now();
                rows.read(*nik, columns)?;
                times.push(began.elapsed());
            }
        }
        times.sort_unstable();
        let at = |share: usize| times.get(times.len() * share / 100).map_or(0.0, |time| time.as_secs_f64() * 1e6);
        println!("{what:>12} {kind:>8} {:8.2} {:8.2}", at(50), at(99));
    }
    Ok(())
}

fn told(what: &str, work: impl FnOnce() -> Result<(), WarehouseError>) -> Result<Duration, WarehouseError> {
    let began = Instant::now();
    work()?;
    let took = began.elapsed();
    println!("{what}: {:.2} s", took.as_secs_f64());
    Ok(took)
}

/// A folder of this run under the target directory's disk, emptied first.
fn tempdir() -> std::io::Result<std::path::PathBuf> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("layers");
    if dir.exists() {
        std::fs::remove_dir_all(&dir)?;
    }
    RealDisk.create_dir_all(&dir)?;
    Ok(dir)
}
