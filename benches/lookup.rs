//! Look-up of single residents: `cargo bench --all-features --bench lookup -- [ROWS] [DIR]`.
//!
//! Generates a population (or uses the one in DIR), then prints the time of a look-up of ten columns for NIKs that are there, of
//! NIKs that are not, and of a hit in the row cache, all with a warm page cache and one thread.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gerbang::kernel::{Elemen, ElemenSet, Nik};
use gerbang::warehouse::{Generate, Manifest, Rows, Snapshot, generate};

/// What `bank-antasari` asks and three more: ten columns.
const COLUMNS: [Elemen; 10] = [
    Elemen::NoKk,
    Elemen::NamaLgkp,
    Elemen::TmptLhr,
    Elemen::TglLhr,
    Elemen::JenisKlmin,
    Elemen::NamaLgkpIbu,
    Elemen::Alamat,
    Elemen::StatusKawin,
    Elemen::JenisPkrjn,
    Elemen::KelName,
];
const ROUNDS: usize = 5;
const LOOKUPS: usize = 20_000;
const CACHE_BYTES: u64 = 64 << 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let rows: u64 = arguments.next().map_or(Ok(200_000), |text| text.parse())?;
    let dir = arguments.next().map(PathBuf::from);
    let temp = std::env::temp_dir().join(format!("gerbang-lookup-{}", std::process::id()));
    let place = dir.as_deref().unwrap_or(&temp);
    prepare(place, rows)?;
    let outcome = measure(place);
    if dir.is_none() {
        std::fs::remove_dir_all(&temp)?;
    }
    outcome
}

fn prepare(dir: &Path, rows: u64) -> Result<(), Box<dyn std::error::Error>> {
    if Manifest::read(dir).is_ok_and(|manifest| manifest.rows() == rows) {
        return Ok(());
    }
    let started = Instant::now();
    let options = Generate { rows, seed: 1, as_of: jiff::civil::date(2026, 11, 22) };
    let made = generate(dir, &options, &mut |_| ())?;
    let bytes: u64 = made.manifest.files().iter().map(|file| file.bytes).sum();
    println!("generate: {rows} rows in {:.2} s, {} MB, peak {} MB", started.elapsed().as_secs_f64(), bytes / 1_000_000, peak_mb());
    Ok(())
}

fn measure(dir: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let started = Instant::now();
    let snapshot = Snapshot::open(dir)?;
    let opened = started.elapsed();
    println!(
        "open: {:.1} ms, directory {} KB ({:.2} bytes a resident)",
        opened.as_secs_f64() * 1e3,
        snapshot.directory_bytes() / 1024,
        snapshot.directory_bytes() as f64 / snapshot.rows() as f64
    );
    let columns: ElemenSet = COLUMNS.into_iter().collect();
    let present = snapshot.sample(LOOKUPS)?;
    println!("rows {}, columns returned {}, NIKs sampled {}", snapshot.rows(), columns.len(), present.len());
    let warehouse = Rows::open(dir, CACHE_BYTES, Duration::from_secs(600))?;
    for nik in &present {
        warehouse.read(*nik, columns)?;
    }
    for round in 0..ROUNDS {
        let mut times = time(&present, |nik| snapshot.look_up(nik, columns).is_ok_and(|row| row.is_some()))?;
        print!("round {round}: present p50 {} p99 {}", micro(&mut times, 50), micro(&mut times, 99));
        let absent: Vec<Nik> =
            present.iter().filter_map(|nik| Nik::from_number(nik.number() / 10_000 * 10_000 + 9_321).ok()).collect();
        let mut times = time(&absent, |nik| snapshot.look_up(nik, columns).is_ok_and(|row| row.is_none()))?;
        print!("  absent p50 {} p99 {}", micro(&mut times, 50), micro(&mut times, 99));
        let mut times = time(&present, |nik| warehouse.cached(nik, columns).is_some())?;
        println!("  row cache hit p50 {}", micro(&mut times, 50));
    }
    Ok(())
}

fn time(niks: &[Nik], mut look_up: impl FnMut(Nik) -> bool) -> Result<Vec<Duration>, Box<dyn std::error::Error>> {
    let mut times = Vec::with_capacity(niks.len());
    for nik in niks {
        let started = Instant::now();
        let as_expected = look_up(*nik);
        times.push(started.elapsed());
        if !as_expected {
            return Err("a look-up gave another outcome than expected".into());
        }
    }
    Ok(times)
}

fn micro(times: &mut [Duration], percentile: usize) -> String {
    times.sort_unstable();
    let at = times.get(times.len() * percentile / 100).copied().unwrap_or_default();
    format!("{:.2} µs", at.as_secs_f64() * 1e6)
}

/// The most memory this process has had, VmHWM.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or_default() / 1024
}
