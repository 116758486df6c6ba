//! The row cache against its alternatives: no cache at all, moka alone, `quick_cache` alone (which knows no time to live), the product's.
//! Two loads on one, two and four threads: hits only, and a skewed one over more residents than the cache holds.

use std::path::Path;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use gerbang::kernel::{ElemenSet, Nik, Row};
use gerbang::warehouse::{Found, Rows, Snapshot};

use crate::COLUMNS;
use crate::stats::{Fallible, median, thread_cpu_us};

const THREADS: [usize; 3] = [1, 2, 4];
const ROUNDS: usize = 5;
const OPERATIONS: usize = 200_000;
/// NIKs that all fit.
const HOT: usize = 10_000;
/// NIKs of the skewed load.
const MANY: usize = 200_000;
const BYTES: u64 = 24 << 20;
const ENTRY_BYTES: usize = 300;
const TIME_TO_LIVE: Duration = Duration::from_secs(600);

type Quick = quick_cache::sync::Cache<Nik, Arc<Row>, Weigh>;

#[derive(Clone)]
struct Weigh;

impl quick_cache::Weighter<Nik, Arc<Row>> for Weigh {
    fn weight(&self, _: &Nik, row: &Arc<Row>) -> u64 {
        (row.bytes() + ENTRY_BYTES) as u64
    }
}

/// A way to a row: true where it came from memory.
type Way<'a> = Box<dyn Fn(Nik) -> bool + Sync + 'a>;

/// Prints one table.
pub(crate) fn compare(dir: &Path) -> Fallible<()> {
    let columns: ElemenSet = COLUMNS.into_iter().collect();
    let snapshot = Snapshot::open(dir)?;
    let niks = snapshot.sample(MANY)?;
    println!(
        "\n{} rows, {} columns, cache of {} MB; CPU µs an operation (median of {ROUNDS} rounds), hits",
        snapshot.rows(),
        columns.len(),
        BYTES >> 20
    );
    println!("| load | way | 1 thread | 2 threads | 4 threads | hits |\n|---|---|--:|--:|--:|--:|");
    for (load, from) in [("hits only", niks.get(..HOT).unwrap_or(&niks)), ("skewed", niks.as_slice())] {
        for (name, make) in ways(&snapshot, dir, columns) {
            let mut line = format!("| {load} | {name} |");
            let mut hits = 0.0;
            for threads in THREADS {
                let way = make()?;
                for nik in from {
                    way(*nik);
                }
                let mut cpu = Vec::new();
                for _ in 0..ROUNDS {
                    let (spent, found) = run(&way, from, threads, load == "skewed");
                    cpu.push(spent);
                    hits = found;
                }
                line.push_str(&format!(" {:.2} |", median(&mut cpu)));
            }
            println!("{line} {:.0}% |", hits * 100.0);
        }
    }
    Ok(())
}

type Make<'a> = Box<dyn Fn() -> Fallible<Way<'a>> + 'a>;

fn ways<'a>(snapshot: &'a Snapshot, dir: &'a Path, columns: ElemenSet) -> Vec<(&'static str, Make<'a>)> {
    let read = move |nik| snapshot.look_up(nik, columns).ok().flatten().map(Arc::new);
    let none: Make<'a> = Box::new(move || Ok(Box::new(move |nik| read(nik).is_none())));
    let moka: Make<'a> = Box::new(move || {
        let weigh = |_: &Nik, row: &Arc<Row>| u32::try_from(row.bytes() + ENTRY_BYTES).unwrap_or(u32::MAX);
        let cache = moka::sync::Cache::builder().max_capacity(BYTES).weigher(weigh).time_to_live(TIME_TO_LIVE).build();
        Ok(Box::new(move |nik| {
            let found = cache.get(&nik).is_some();
            if !found && let Some(row) = read(nik) {
                cache.insert(nik, row);
            }
            found
        }))
    });
    let quick: Make<'a> = Box::new(move || {
        let cache: Quick = Quick::with_weighter(BYTES as usize / 600, BYTES, Weigh);
        Ok(Box::new(move |nik| {
            let found = cache.get(&nik).is_some();
            if !found && let Some(row) = read(nik) {
                cache.insert(nik, row);
            }
            found
        }))
    });
    let own: Make<'a> = Box::new(move || {
        let rows = Rows::open(dir, BYTES, TIME_TO_LIVE)?;
        Ok(Box::new(move |nik| match rows.cached(nik, columns) {
            Some(Found::Row(_)) => true,
            Some(Found::Absent) | None => rows.read(nik, columns).is_err(),
        }))
    });
    vec![("no cache", none), ("moka", moka), ("quick_cache", quick), ("row_cache.rs", own)]
}

/// Processor time of all threads per operation, and the share of hits.
fn run(way: &Way<'_>, niks: &[Nik], threads: usize, skewed: bool) -> (f64, f64) {
    let barrier = Barrier::new(threads);
    let results: Vec<(f64, usize)> = std::thread::scope(|scope| {
        let work = |number: usize| {
            let barrier = &barrier;
            move || {
                barrier.wait();
                let before = thread_cpu_us();
                let mut hits = 0;
                let mut dice = 0x9e37_79b9_7f4a_7c15u64.wrapping_mul(number as u64 + 1);
                for _ in 0..OPERATIONS / threads {
                    dice ^= dice << 13;
                    dice ^= dice >> 7;
                    dice ^= dice << 17;
                    let uniform = (dice >> 11) as f64 / (1u64 << 53) as f64;
                    let at = if skewed { uniform.powi(4) } else { uniform };
                    let nik = niks.get((at * niks.len() as f64) as usize);
                    hits += usize::from(nik.is_some_and(|nik| way(*nik)));
                }
                (thread_cpu_us() - before, hits)
            }
        };
        let handles: Vec<_> = (0..threads).map(|number| scope.spawn(work(number))).collect();
        handles.into_iter().filter_map(|handle| handle.join().ok()).collect()
    });
    let operations = (OPERATIONS / threads * threads) as f64;
    let cpu: f64 = results.iter().map(|(cpu, _)| cpu).sum();
    let hits: usize = results.iter().map(|(_, hits)| hits).sum();
    (cpu / operations, hits as f64 / operations)
}
