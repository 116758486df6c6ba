//! Look-up of single residents: `cargo bench --all-features --bench lookup -- [ROWS ..]` (default 1000000), and
//! `.. --bench lookup -- caches [ROWS]` for the row cache against its alternatives.
//!
//! Prints, for each number of rows: opening, the directory's memory, and the look-up of ten columns on one thread with the page cache
//! cold, warm, for NIKs of nobody, and out of the row cache. Populations are generated once, into `target/tmp/lookup-ROWS`.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

mod caches;
mod stats;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gerbang::cli::bench::RETRIEVED as COLUMNS;
use gerbang::kernel::{ElemenSet, Nik};
use gerbang::warehouse::{Generate, Manifest, Rows, Snapshot, generate};

use stats::{Fallible, Series, machine, median, proc_number};

const ROUNDS: usize = 9;
/// NIKs of a round: enough that a round does not fit the processor's caches.
const LOOKUPS: usize = 50_000;
/// With a cold page cache each page is a read of the disk.
const COLD_LOOKUPS: usize = 200;
const CACHE_BYTES: u64 = 64 << 20;

fn main() -> Fallible<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let compare = arguments.first().is_some_and(|first| first == "caches");
    if compare {
        arguments.remove(0);
    }
    if arguments.is_empty() {
        arguments.push("1000000".to_owned());
    }
    println!("{}", machine());
    for argument in &arguments {
        let dir = prepare(argument.parse()?)?;
        if compare { caches::compare(&dir)? } else { measure(&dir)? }
    }
    println!("{}", machine());
    Ok(())
}

/// The directory with a population of so many, generated if it is not there.
fn prepare(rows: u64) -> Fallible<PathBuf> {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("lookup-{rows}"));
    if Manifest::read(&dir).is_ok_and(|manifest| manifest.rows() == rows) {
        return Ok(dir);
    }
    let started = Instant::now();
    let options = Generate { rows, seed: 1, as_of: jiff::civil::date(2026, 11, 22) };
    let made = generate(&dir, &options, &mut |_| ())?;
    let bytes: u64 = made.manifest.files().iter().map(|file| file.bytes).sum();
    let peak = proc_number("/proc/self/status", "VmHWM:") / 1024;
    println!("generated {rows} rows in {:.1} s, {} MB, peak {peak} MB", started.elapsed().as_secs_f64(), bytes / 1_000_000);
    Ok(dir)
}

fn measure(dir: &Path) -> Fallible<()> {
    let columns: ElemenSet = COLUMNS.into_iter().collect();
    let mut opened = Vec::new();
    for _ in 0..5 {
        let started = Instant::now();
        drop(Snapshot::open(dir)?);
        opened.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let snapshot = Snapshot::open(dir)?;
    let (rows, directory) = (snapshot.rows(), snapshot.directory_bytes());
    println!("\n{rows} rows, {} columns returned, one thread, {ROUNDS} rounds of {LOOKUPS}", columns.len());
    println!("open {:.0} ms, directory {:.2} bytes a resident", median(&mut opened), directory as f64 / rows as f64);
    let present = snapshot.sample(LOOKUPS)?;
    let absent: Vec<Nik> = present.iter().filter_map(|nik| Nik::from_number(nik.number() / 10_000 * 10_000 + 9_321).ok()).collect();
    println!("| | p50 µs (spread over rounds) | p99 µs | CPU µs a look-up |\n|---|--:|--:|--:|");
    cold(dir, columns)?;
    let there = |nik| snapshot.look_up(nik, columns).is_ok_and(|row| row.is_some());
    Series::over(ROUNDS, &present, there)?.print("present, page cache warm");
    Series::over(ROUNDS, &absent, |nik| snapshot.look_up(nik, columns).is_ok_and(|row| row.is_none()))?.print("absent");
    let warehouse = Rows::over(snapshot, CACHE_BYTES, Duration::from_secs(600));
    for nik in &present {
        warehouse.read(*nik, columns)?;
    }
    warehouse.run_pending();
    Series::over(ROUNDS, &present, |nik| warehouse.cached(nik, columns).is_some())?.print("row cache, hit");
    println!("resident memory {} MB, of it mapped files {} MB", resident_mb("VmRSS:"), resident_mb("RssFile:"));
    Ok(())
}

/// Look-ups whose pages all come from the disk. A mapping opened before would keep pages in the cache, so each round opens anew.
fn cold(dir: &Path, columns: ElemenSet) -> Fallible<()> {
    let mut series = Series::default();
    let manifest = Manifest::read(dir)?;
    let niks = Snapshot::open(dir)?.sample(COLD_LOOKUPS * 3)?;
    let mut faults = 0;
    for own in niks.chunks(COLD_LOOKUPS) {
        let snapshot = Snapshot::open(dir)?;
        for entry in manifest.files() {
            let file = std::fs::File::open(dir.join(&entry.name))?;
            rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
        }
        let before = major_faults();
        series.round(own, &mut |nik| snapshot.look_up(nik, columns).is_ok_and(|row| row.is_some()))?;
        faults += major_faults() - before;
    }
    series.print("present, page cache cold");
    println!("cold: {:.1} reads of the disk a look-up", faults as f64 / niks.len() as f64);
    Ok(())
}

fn major_faults() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name.split_whitespace().nth(9).and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn resident_mb(line: &str) -> u64 {
    proc_number("/proc/self/status", line) / 1024
}
