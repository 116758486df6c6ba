//! `warehouse build` from Parquet: `cargo bench --all-features --bench build -- [ROWS] [MEMORY_MIB]`.
//!
//! Generates a population, exports it shuffled with all columns (Snappy, dictionaries, nulls), and builds a snapshot of it in a
//! process of its own, whose time, CPU time and peak memory are printed.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a bench prints its figures and may fail as a test does"
)]

#[path = "../tests/extract/mod.rs"]
mod extract;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use gerbang::disk::RealDisk;
use gerbang::warehouse::{Build, Generate, build, generate};
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments.first().is_some_and(|first| first == "measure") {
        measure(Path::new(&arguments[1]), arguments[2].parse().unwrap());
        return;
    }
    let number = |place: usize, default: u64| arguments.get(place).map_or(default, |text| text.parse().unwrap());
    let (rows, memory_mib) = (number(0, 1_000_000), number(1, 1024));
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let options = Generate { rows, seed: 1, as_of: jiff::civil::date(2026, 11, 22) };
    generate(&dir.path().join("population"), &options, &mut |_| ()).unwrap();
    let all = extract::export(&dir.path().join("population"));
    let input = dir.path().join("input");
    std::fs::create_dir(&input).unwrap();
    let parts = 4;
    for part in 0..parts {
        let length = all.num_rows().div_ceil(parts);
        let from = part * length;
        let slice = all.slice(from, length.min(all.num_rows() - from));
        let properties =
            WriterProperties::builder().set_compression(Compression::SNAPPY).set_max_row_group_row_count(Some(250_000));
        extract::write_parquet(&input.join(format!("{part}.parquet")), &slice, properties.build());
    }
    drop(all);
    let bytes: u64 = std::fs::read_dir(&input).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    println!("{rows} residents in {parts} files of {} MiB together", bytes >> 20);
    for _ in 0..3 {
        let status = Command::new(std::env::current_exe().unwrap())
            .arg("measure")
            .arg(dir.path())
            .arg(memory_mib.to_string())
            .status()
            .unwrap();
        assert!(status.success());
    }
}

/// Builds once and prints what this process took.
fn measure(dir: &Path, memory_mib: u64) {
    let options = Build {
        input: dir.join("input"),
        output: dir.join("snapshot"),
        rejects: dir.join("rejects.csv"),
        as_of: jiff::civil::date(2026, 11, 22),
        memory_mib,
        workers: std::thread::available_parallelism().map_or(1, usize::from),
        all_active: false,
        rejects_max: 0,
    };
    let disk: Arc<dyn gerbang::disk::Disk> = Arc::new(RealDisk);
    let (began, mut read) = (Instant::now(), None);
    let built = build(&disk, &options, &mut |stage, _, _| {
        if stage == gerbang::warehouse::Stage::Writing {
            read.get_or_insert_with(|| began.elapsed());
        }
    })
    .unwrap();
    let took = began.elapsed().as_secs_f64();
    let proc = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}")).unwrap();
    let peak = proc("status").lines().find_map(|line| Some(line.strip_prefix("VmHWM:")?.trim().to_owned())).unwrap();
    // Fields 14 and 15: user and system time in hundredths of a second.
    let stat = proc("stat");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let seconds = |field: usize| fields[field].parse::<f64>().unwrap() / 100.0;
    let rows = built.manifest.rows();
    println!(
        "{rows} rows in {took:.1} s ({:.1} s until writing): {:.0} rows/s; CPU {:.1} s user, {:.1} s system; peak {peak} of {memory_mib} MiB; load {}",
        read.unwrap_or_default().as_secs_f64(),
        rows as f64 / took,
        seconds(11),
        seconds(12),
        std::fs::read_to_string("/proc/loadavg").unwrap().trim(),
    );
}
