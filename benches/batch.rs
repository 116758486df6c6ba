//! Batches in one process: `cargo bench --all-features --bench batch -- [ROWS] [DIR]`.
//!
//! Random residents of a population (generated, or the one in DIR), three elements each, compared with values of which seven in ten
//! differ by case alone, two by a slip, one is somebody else's. Prints lines a second of processor time for the grouped look-up, for
//! the same residents looked up one by one, and for whole windows: judged (decided, looked up, revealed, entries made), and read from
//! JSON, judged, sealed and written as JSON. One thread works, the journal's writer beside it; the processor time is that of both.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gerbang::app::{Batch, Lines, Opened};
use gerbang::cli::demo::agreements::Signatories;
use gerbang::cli::demo::authority::Authority;
use gerbang::config::Config;
use gerbang::disk::{self, Disk as _, RealDisk};
use gerbang::gateway::{question, write_line};
use gerbang::kernel::limits::BATCH_WINDOW_LINES_MAX;
use gerbang::kernel::{Clock as _, Elemen, ElemenSet, Fingerprint, LembagaId, Method, Nik, PeerCertificate};
use gerbang::store::Accounts;
use gerbang::warehouse::{Generate, Manifest, Rows, Snapshot, generate};
use gerbang::wiring::{House, SystemClock};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Fallible<T> = Result<T, Box<dyn Error>>;

const BANK: &str = "bank-antasari";
const ELEMENTS: [Elemen; 3] = [Elemen::NamaLgkp, Elemen::TmptLhr, Elemen::TglLhr];
const LINES: usize = 131_072;
const ROUNDS: usize = 5;

fn main() -> Fallible<()> {
    gerbang::tls::install_provider();
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let rows: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let temp = tempfile::Builder::new().prefix("batch").tempdir()?;
    let dir = arguments.next().map_or_else(|| temp.path().join("warehouse"), PathBuf::from);
    if !Manifest::read(&dir).is_ok_and(|manifest| manifest.rows() == rows) {
        generate(&dir, &Generate { rows, seed: 1, as_of: jiff::civil::date(2026, 11, 22) }, &mut |_| ())?;
    }
    let house = house(temp.path(), &dir)?;
    let snapshot = Snapshot::open(&dir)?;
    let niks = snapshot.sample(LINES)?;
    let lines = questions(&snapshot, &niks)?;
    let bytes: usize = lines.iter().map(String::len).sum();
    println!("{rows} residents, {} lines of {} bytes, windows of {BATCH_WINDOW_LINES_MAX}", lines.len(), bytes / lines.len());
    for round in 0..ROUNDS {
        let columns: ElemenSet = ELEMENTS.into_iter().collect();
        let one = one_by_one(&snapshot, &niks, columns)?;
        let mut told = format!("round {round}: one by one {one:>7.0}/s");
        for window in [256, 1024, 4096, BATCH_WINDOW_LINES_MAX] {
            let rows = Rows::over(Snapshot::open(&dir)?, 1, Duration::from_secs(1));
            let many = grouped(&rows, &niks, columns, window)?;
            told.push_str(&format!(", {window} at once {many:>7.0}/s ({:.2})", many / one));
        }
        println!("{told}");
        println!("  judged {:>7.0}/s", windows(&house, &lines, false)?);
        println!("  read, judged, sealed, written {:>7.0}/s", windows(&house, &lines, true)?);
    }
    Ok(())
}

/// Lines a second of processor time, and the processor time.
fn rate(lines: usize, before: Duration) -> Fallible<f64> {
    Ok(lines as f64 / cpu_time()?.saturating_sub(before).as_secs_f64())
}

fn one_by_one(snapshot: &Snapshot, niks: &[Nik], columns: ElemenSet) -> Fallible<f64> {
    let before = cpu_time()?;
    for nik in niks {
        snapshot.look_up(*nik, columns)?.ok_or("a resident is missing")?;
    }
    rate(niks.len(), before)
}

fn grouped(rows: &Rows, niks: &[Nik], columns: ElemenSet, window: usize) -> Fallible<f64> {
    let before = cpu_time()?;
    for window in niks.chunks(window) {
        let wanted: Vec<_> = window.iter().map(|nik| (Some(*nik), columns)).collect();
        let many = rows.read_many(&wanted);
        if many.error.is_some() || many.found.len() != window.len() {
            return Err("a resident is missing".into());
        }
    }
    rate(niks.len(), before)
}

/// Whole windows through the house.
fn windows(house: &House, lines: &[String], whole: bool) -> Fallible<f64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let peer = PeerCertificate {
            lembaga: Some(LembagaId::parse(BANK)?),
            fingerprint: Fingerprint::from_digest([1; 32]),
            not_after_s: i64::MAX,
        };
        let app = Arc::clone(house.app());
        let opened = Batch::open(Arc::clone(&app), app.next_request_id(), [127, 0, 0, 1].into(), Some(peer)).await;
        let Opened::Open(batch) = opened else { return Err("the batch was refused".into()) };
        let mut spent = Duration::ZERO;
        let mut active = 0;
        for window in lines.chunks(BATCH_WINDOW_LINES_MAX) {
            let texts: Vec<String> = window.to_vec();
            let read = texts.into_iter().map(|line| question(Method::Verify, line.as_bytes()));
            let (before, questions): (Duration, Lines) = if whole {
                (cpu_time()?, Box::new(read))
            } else {
                let read: Vec<_> = read.collect();
                (cpu_time()?, Box::new(read.into_iter()))
            };
            let judged = batch.judge(questions).await.map_err(|_turned| "turned away")?;
            if !whole {
                spent += cpu_time()?.saturating_sub(before);
                active += window.len();
                continue;
            }
            let mut text = String::new();
            for (line, number) in batch.seal(judged).await.iter().zip(1..) {
                active += usize::from(write_line(&mut text, number, line, "bench/audit") == "active");
                if text.len() > 64 * 1024 {
                    text.clear();
                }
            }
            spent += cpu_time()?.saturating_sub(before);
        }
        if active < lines.len() * 9 / 10 {
            return Err(format!("only {active} of {} lines found an active resident", lines.len()).into());
        }
        Ok(lines.len() as f64 / spent.as_secs_f64())
    })
}

/// The lines of the batch.
fn questions(snapshot: &Snapshot, niks: &[Nik]) -> Fallible<Vec<String>> {
    let columns = ELEMENTS.into_iter().collect();
    let row = |nik| snapshot.look_up(nik, columns)?.ok_or_else(|| Box::<dyn Error>::from("a resident is missing"));
    let mut lines = Vec::with_capacity(niks.len());
    for ((number, nik), other) in niks.iter().enumerate().zip(niks.iter().cycle().skip(7)) {
        let row = row(if number.is_multiple_of(10) { *other } else { *nik })?;
        let mut elements = serde_json::Map::new();
        for elemen in ELEMENTS {
            let value = row.value(elemen).unwrap_or_default().to_lowercase();
            let value = if number % 10 < 3 && elemen != Elemen::TglLhr { value.replacen('a', "e", 1) } else { value };
            elements.insert(elemen.name().to_owned(), value.into());
        }
        lines.push(serde_json::json!({"nik": nik.text(), "elements": elements, "threshold": 80}).to_string());
    }
    Ok(lines)
}

/// A house over the population, with the bank's agreement of the templates without a bound that matters.
fn house(dir: &Path, warehouse: &Path) -> Fallible<House> {
    let now = SystemClock.now();
    let write = |name: &str, text: &str| disk::replace(&RealDisk, &dir.join(name), text.as_bytes());
    let policies = dir.join("policies");
    RealDisk.create_dir_all(&policies)?;
    let signatories = Signatories::found(&RealDisk, &policies, now)?;
    let mut document = gerbang::pks::template(BANK)?;
    document.certificates.clear();
    (document.quota.per_second, document.quota.burst) = (1_000_000_000, 1_000_000_000);
    signatories.conclude(&RealDisk, &policies, &mut document, now)?;
    let authority = Authority::new("bench", now)?;
    let server = authority.server()?;
    write("ca.pem", authority.pem())?;
    write("server.pem", &server.certificate)?;
    write("server.key", &server.key)?;
    write("accounts.toml", &Accounts::render(Vec::new())?)?;
    write("pseudonym.key", &"5a".repeat(32))?;
    let configuration = format!(
        "[listen]\napi = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n\
         [tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\nclient_ca = \"ca.pem\"\n\
         [policies]\ndirectory = \"policies\"\n[accounts]\nfile = \"accounts.toml\"\n[warehouse]\ndirectory = \"{}\"\n\
         [audit]\ndirectory = \"audit\"\npseudonym_key = \"pseudonym.key\"\nlog = \"bench/audit\"\n",
        std::path::absolute(warehouse)?.display()
    );
    write("gerbang.toml", &configuration)?;
    Ok(House::open(Config::load(&dir.join("gerbang.toml"))?, None, Arc::new(RealDisk), Arc::new(SystemClock))?)
}

/// Processor time of all living threads, as the scheduler counts it.
fn cpu_time() -> Fallible<Duration> {
    let mut nanoseconds = 0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let line = std::fs::read_to_string(task?.path().join("schedstat"))?;
        nanoseconds += line.split(' ').next().ok_or("an empty schedstat")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}
