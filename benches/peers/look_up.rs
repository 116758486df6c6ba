//! gerbang's part of the comparison with other engines: the same NIKs, the same ten columns, the same way of measuring.
//!
//! `sample DIR COUNT OUT` writes NIKs that are there (OUT/present) and NIKs that are not (OUT/absent), eight bytes little-endian
//! each; `measure DIR FILE` looks them up twice and tells of the second time: median and p99 in nanoseconds, the sum, how many were
//! asked and how many found. No row cache, one thread. Run by `benches/peers/run`.
#![expect(clippy::print_stdout, reason = "a bench prints")]

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use gerbang::cli::bench::RETRIEVED as COLUMNS;
use gerbang::disk::{RealDisk, replace};
use gerbang::kernel::{ElemenSet, Nik};
use gerbang::warehouse::Snapshot;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["sample", dir, count, out] => sample(Path::new(dir), count.parse()?, Path::new(out)),
        ["measure", dir, file] => measure(Path::new(dir), Path::new(file)),
        _ => bail!("sample DIR COUNT OUT, or measure DIR FILE"),
    }
}

fn sample(dir: &Path, count: usize, out: &Path) -> Result<()> {
    let snapshot = Snapshot::open(dir)?;
    let present = snapshot.sample(count)?;
    // Serials as high as this are not issued by the generator.
    let absent: Vec<Nik> = present.iter().filter_map(|nik| Nik::from_number(nik.number() / 10_000 * 10_000 + 9_321).ok()).collect();
    for (name, niks) in [("present", present), ("absent", absent)] {
        let bytes: Vec<u8> = niks.iter().flat_map(|nik| nik.number().to_le_bytes()).collect();
        replace(&RealDisk, &out.join(name), &bytes)?;
    }
    Ok(())
}

fn measure(dir: &Path, file: &Path) -> Result<()> {
    let snapshot = Snapshot::open(dir)?;
    let columns: ElemenSet = COLUMNS.into_iter().collect();
    let bytes = std::fs::read(file)?;
    let niks = bytes.as_chunks().0.iter().map(|bytes| Nik::from_number(u64::from_le_bytes(*bytes)).ok());
    let niks: Vec<Nik> = niks.collect::<Option<_>>().context("a NIK")?;
    let (mut times, mut found) = (Vec::new(), 0);
    for _ in 0..2 {
        (times, found) = (Vec::with_capacity(niks.len()), 0);
        for nik in &niks {
            let began = Instant::now();
            let row = black_box(snapshot.look_up(*nik, columns)?);
            times.push(began.elapsed().as_nanos());
            found += u64::from(row.is_some());
        }
    }
    let sum: u128 = times.iter().sum();
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    println!("{} {} {sum} {} {found}", at(50), at(99), times.len());
    Ok(())
}
