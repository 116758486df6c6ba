//! What sealing an answer costs: CPU per append and throughput with 32 and 256 waiters on one and two runtimes, with the fdatasync of the
//! same disk beside it. `cargo bench --bench seal -- [directory] [seconds]`; the directory decides which disk is measured.
//!
//! CPU is that of all threads of the process, the writer's and the kernel's share included, as the scheduler counts it. Each waiter
//! copies its entry and appends it, again and again; nothing else runs.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gerbang::audit::{Entry, PksRef, PseudonymKey, Question, Verdict, leaf_hash};
use gerbang::disk::{Disk, Open, RealDisk, write_zeros};
use gerbang::journal::{Journal, Options, SyncHook};
use gerbang::kernel::{Clock, ElemenSet, Fingerprint, Generation, KabCode, LembagaId, Method, Nik, Outcome, RequestId, Secret};
use jiff::Timestamp;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

#[expect(clippy::print_stdout, reason = "a bench prints its figures")]
fn main() -> Fallible<()> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let parent = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(3);
    let dir = tempfile::Builder::new().prefix("seal").tempdir_in(parent)?;
    let entry = question()?.encode()?;
    println!("parts, on one core (entry of {} bytes)", entry.len());
    println!("  pseudonym {:>5} ns, encode {:>5} ns, leaf hash {:>5} ns", pseudonym_ns()?, encode_ns()?, leaf_ns(&entry));
    println!("bare fdatasync of an overwritten 4 KiB: {}", bare_fdatasync(dir.path())?);
    let rounds = [(1, 1, 0), (1, 32, 0), (1, 256, 0), (2, 32, 0), (2, 256, 0), (1, 256, 1), (1, 256, 5)];
    for (runtimes, waiters, pace_ms) in rounds {
        let place = dir.path().join(format!("{runtimes}-{waiters}-{pace_ms}"));
        let round = Round { runtimes, waiters, pace: Duration::from_millis(pace_ms), seconds, place: &place };
        println!("{}", round.run(&entry)?);
    }
    println!("bare fdatasync once more: {}", bare_fdatasync(dir.path())?);
    Ok(())
}

struct Round<'a> {
    runtimes: usize,
    waiters: usize,
    pace: Duration,
    seconds: u64,
    place: &'a Path,
}

impl Round<'_> {
    fn run(&self, entry: &[u8]) -> Fallible<String> {
        let syncs = Arc::new(Mutex::new(Vec::with_capacity(1 << 20)));
        let noted = Arc::clone(&syncs);
        let hook = SyncHook::new(move |took| noted.lock().unwrap_or_else(PoisonError::into_inner).push(took));
        let options = Options { sync_hook: Some(hook), commit_interval_min: self.pace, ..Options::default() };
        let (journal, _) = Journal::open(Arc::new(RealDisk), self.place, options, Arc::new(Standing))?;
        let barrier = || Barrier::new(self.runtimes + 1);
        let shared =
            Shared { journal: Arc::new(journal), stop: Arc::new(AtomicBool::new(false)), begin: barrier(), end: barrier() };
        let (waits, cpu, wall) = std::thread::scope(|scope| -> Fallible<_> {
            let start = || scope.spawn(|| load(&shared, entry, self.waiters / self.runtimes));
            let loads: Vec<_> = (0..self.runtimes).map(|_| start()).collect();
            shared.begin.wait();
            let (cpu, wall) = (cpu_time()?, Instant::now());
            while wall.elapsed() < Duration::from_secs(self.seconds) {
                std::thread::park_timeout(Duration::from_secs(self.seconds));
            }
            shared.stop.store(true, Ordering::Relaxed);
            shared.end.wait();
            let spent = (cpu_time()?.saturating_sub(cpu), wall.elapsed());
            shared.end.wait();
            let mut waits = Vec::new();
            for load in loads {
                waits.extend(load.join().map_err(|_| "a load thread panicked")??);
            }
            Ok((waits, spent.0, spent.1))
        })?;
        let journal = &shared.journal;
        let appends = waits.len() as f64;
        let groups = journal.figures().groups() as f64;
        let bytes = journal.figures().bytes() as f64 / journal.figures().entries() as f64;
        journal.close();
        let syncs = std::mem::take(&mut *syncs.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(format!(
            "{} runtime(s), {:>3} waiters, pace {:?}: {:>7.0} appends/s, CPU {:>5.2} µs each, {:>5.1} entries a group, {bytes:.0} bytes each on disk\n  \
             wait {}\n  fdatasync {}",
            self.runtimes,
            self.waiters,
            self.pace,
            appends / wall.as_secs_f64(),
            cpu.as_secs_f64() * 1e6 / appends,
            appends / groups,
            percentiles(waits),
            percentiles(syncs),
        ))
    }
}

/// One runtime with its waiters, a task each, until told to stop; gives how long each append took.
fn load(shared: &Shared, entry: &[u8], waiters: usize) -> Fallible<Vec<Duration>> {
    // With the drivers of the real road: without them a wake-up from another thread would be cheaper than it is.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    shared.begin.wait();
    let tasks: Vec<_> = (0..waiters)
        .map(|_| {
            let (journal, stop, entry) = (Arc::clone(&shared.journal), Arc::clone(&shared.stop), entry.to_vec());
            runtime.spawn(async move {
                let mut waits = Vec::with_capacity(1 << 16);
                while !stop.load(Ordering::Relaxed) {
                    let before = Instant::now();
                    journal.append(entry.clone()).await?;
                    waits.push(before.elapsed());
                }
                Fallible::Ok(waits)
            })
        })
        .collect();
    let outcome = runtime.block_on(async {
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await??);
        }
        Fallible::Ok(all)
    });
    shared.end.wait();
    shared.end.wait();
    outcome
}

struct Shared {
    journal: Arc<Journal>,
    stop: Arc<AtomicBool>,
    /// The threads wait at both ends, so that all of them are alive whenever CPU time is read.
    begin: Barrier,
    end: Barrier,
}

/// CPU time of all living threads, as the scheduler counts it.
fn cpu_time() -> Fallible<Duration> {
    let mut nanoseconds = 0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let line = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += line.split(' ').next().ok_or("an empty schedstat")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    format!("p50 {:?}, p99 {:?}, p99.9 {:?} ({} times)", at(0.5), at(0.99), at(0.999), times.len())
}

/// What a single overwrite and fdatasync takes on this disk without a journal.
fn bare_fdatasync(dir: &Path) -> Fallible<String> {
    let path = dir.join("bare");
    let file = RealDisk.open(&path, Open::Truncate)?;
    write_zeros(&*file, 0, 4 << 20)?;
    file.sync_all()?;
    let mut times = Vec::new();
    let cpu = cpu_time()?;
    for place in 0..1024 {
        file.write_all_at(&[7; 4096], place * 4096)?;
        let before = Instant::now();
        file.sync_data()?;
        times.push(before.elapsed());
    }
    let cpu = cpu_time()?.saturating_sub(cpu) / u32::try_from(times.len())?;
    RealDisk.remove(&path)?;
    Ok(format!("{}, CPU with its write {cpu:?}", percentiles(times)))
}

fn question() -> Fallible<Entry> {
    Ok(Entry::Question(Box::new(Question {
        time: "2026-11-22T01:02:03.456789Z".parse()?,
        request: RequestId::from_bits(0x0123_4567_89ab_cdef_0011_2233_4455_6677),
        lembaga: LembagaId::parse("bank-antasari")?,
        pks: Some(PksRef { number: "119/4321/DUKCAPIL/2026".into(), version: 3, digest: [9; 32] }),
        account: None,
        certificate: Some(Fingerprint::from_digest([5; 32])),
        officer: None,
        method: Some(Method::Verify),
        generation: Some(Generation::V1),
        purpose: None,
        threshold: Some(90),
        subject: Some(pseudonym_key().of(Nik::parse("6305014507850001")?)),
        region: Some(KabCode::new(63, 5)),
        asked: ElemenSet::ALL,
        granted: ElemenSet::ALL,
        matched: ElemenSet::ALL,
        held: ElemenSet::EMPTY,
        outcome: Verdict::Answered(Outcome::Active),
        counted: true,
        found: true,
        matching: 1,
        snapshot: Some("2026-11-22-000001".into()),
        source: "127.0.0.1".parse()?,
    })))
}

fn pseudonym_key() -> PseudonymKey {
    PseudonymKey::new(&Secret::new([7; 32]))
}

fn pseudonym_ns() -> Fallible<u128> {
    let (key, nik) = (pseudonym_key(), Nik::parse("6305014507850001")?);
    Ok(nanoseconds_each(|| key.of(std::hint::black_box(nik))))
}

fn encode_ns() -> Fallible<u128> {
    let question = question()?;
    Ok(nanoseconds_each(|| std::hint::black_box(&question).encode()))
}

fn leaf_ns(entry: &[u8]) -> u128 {
    nanoseconds_each(|| leaf_hash(std::hint::black_box(entry)))
}

fn nanoseconds_each<T>(mut deed: impl FnMut() -> T) -> u128 {
    const TIMES: u32 = 200_000;
    let before = Instant::now();
    for _ in 0..TIMES {
        std::hint::black_box(deed());
    }
    before.elapsed().as_nanos() / u128::from(TIMES)
}
