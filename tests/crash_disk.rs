//! The disk fails, tears or loses power at step n, for all n: after recovery nothing that got a receipt is missing, nothing that was
//! never asked for is there, and the log goes on with the next index.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "the helpers of tests may fail as tests do")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use gerbang::audit::{Question, Verdict};
use gerbang::disk::{Deed, Errno, FaultyDisk, Operation, Tearing};
use gerbang::journal::{Journal, JournalError, LogState, Options, Receipt, Recovered, verify};
use gerbang::kernel::{Clock, ElemenSet, LembagaId, Reason, RequestId};
use jiff::Timestamp;

const DIR: &str = "/log";
/// Appends of a run: enough for several segments.
const ROUNDS: u64 = 12;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-11-22T05:00:00Z".parse().unwrap()
    }
}

/// Unlike any other; some go over several sectors.
fn entry(number: u64) -> Vec<u8> {
    let lembaga = LembagaId::parse("bank-antasari").unwrap();
    let outcome = Verdict::Refused(Reason::PksMissing);
    let bare = Question::bare(Noon.now(), RequestId::from_bits(u128::from(number)), lembaga, [10, 0, 0, 1].into(), outcome);
    let purpose = "x".repeat([0, 10, 300, 1000][number as usize % 4]);
    Question { asked: ElemenSet::ALL, purpose: Some(purpose.into()), ..bare }.encode().unwrap()
}

fn open(disk: &FaultyDisk) -> Result<(Journal, Recovered), JournalError> {
    let options = Options { segment_bytes_max: 3000, preallocate_bytes: 1400, segments_checked: usize::MAX, ..Options::default() };
    Journal::open(Arc::new(disk.clone()), Path::new(DIR), options, Arc::new(Noon))
}

/// What a run of a process saw.
#[derive(Default)]
struct Seen {
    /// Numbers of the entries that were asked to be appended.
    asked: Vec<u64>,
    /// What got a receipt.
    receipts: BTreeMap<u64, Receipt>,
    errors: Vec<JournalError>,
}

impl Seen {
    /// Appends alone and in threes, going on after errors.
    fn run(&mut self, disk: &FaultyDisk, rounds: u64) {
        let journal = match open(disk) {
            Ok((journal, _)) => journal,
            Err(error) => {
                self.errors.push(error);
                return;
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for round in 0..rounds {
            let count = if round % 3 == 2 { 3 } else { 1 };
            let first = self.asked.len() as u64;
            let numbers: Vec<u64> = (first..first + count).collect();
            self.asked.extend(&numbers);
            let outcomes = runtime.block_on(async {
                match numbers[..] {
                    [a, b, c] => {
                        let (a, b, c) = tokio::join!(journal.append(entry(a)), journal.append(entry(b)), journal.append(entry(c)));
                        vec![a, b, c]
                    }
                    _ => vec![journal.append(entry(first)).await],
                }
            });
            for (number, outcome) in numbers.into_iter().zip(outcomes) {
                match outcome {
                    Ok(receipt) => {
                        assert!(!matches!(self.errors.last(), Some(JournalError::Poisoned)), "a receipt after a failed fsync");
                        self.receipts.insert(number, receipt);
                    }
                    Err(error) => self.errors.push(error),
                }
            }
        }
    }

    /// The log as it stands holds every receipt at its index, and nothing that was not asked for, nor twice.
    fn check(&self, disk: &FaultyDisk, place: &str) -> u64 {
        let leaves: BTreeMap<[u8; 32], u64> = self.asked.iter().map(|n| (gerbang::audit::leaf_hash(&entry(*n)), *n)).collect();
        let mut log = Vec::new();
        let report = verify(disk, Path::new(DIR), &mut |found, _| {
            log.push(*found.leaf);
            ControlFlow::Continue(())
        });
        let report = report.unwrap();
        assert_eq!(report.state, LogState::Whole, "{place}");
        for receipt in self.receipts.values() {
            assert_eq!(log.get(receipt.index() as usize), Some(receipt.leaf()), "{place}: a receipt for what is not there");
        }
        let numbers: Vec<u64> = log.iter().map(|leaf| leaves[leaf]).collect();
        assert!(numbers.is_sorted_by(|a, b| a != b), "{place}");
        let mut once = numbers.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), numbers.len(), "{place}: an entry twice");
        log.len() as u64
    }

    /// A new process comes, finds what must be there and goes on.
    fn recover_and_go_on(&mut self, disk: &FaultyDisk, place: &str) {
        let (journal, recovered) = open(disk).unwrap_or_else(|error| panic!("{place}: {error:?}"));
        assert_eq!(self.check(disk, place), recovered.entries, "{place}");
        drop(journal);
        let before = self.receipts.len();
        self.errors.clear();
        self.run(disk, 6);
        assert!(self.errors.is_empty(), "{place}: {:?}", self.errors);
        let fresh: Vec<u64> = self.receipts.values().skip(before).map(Receipt::index).collect();
        assert_eq!(fresh.iter().min(), Some(&recovered.entries), "{place}: the next index");
        self.check(disk, place);
    }
}

/// The steps of a run without faults.
fn calm() -> Vec<Operation> {
    let disk = FaultyDisk::new();
    let mut seen = Seen::default();
    seen.run(&disk, ROUNDS);
    assert_eq!(seen.receipts.len(), seen.asked.len());
    seen.check(&disk, "calm");
    let trace = disk.trace();
    assert!(trace.iter().filter(|(operation, _)| *operation == Operation::Rename).count() > 2, "several segments");
    trace.into_iter().map(|(operation, _)| operation).collect()
}

fn run_with(step: u64, deed: Deed) -> (FaultyDisk, Seen) {
    let disk = FaultyDisk::new();
    disk.at_step(step, deed);
    let mut seen = Seen::default();
    seen.run(&disk, ROUNDS);
    (disk, seen)
}

/// What a step was; none where the run had no such step, for who commits with whom, and so the number of steps, varies a little.
fn operation_at(disk: &FaultyDisk, step: u64) -> Option<Operation> {
    disk.trace().get(step as usize).map(|(operation, _)| *operation)
}

#[test]
fn after_a_write_that_fails_the_log_goes_on_with_just_what_has_receipts() {
    let steps = calm();
    for step in 0..steps.len() as u64 {
        for (errno, torn) in
            [(Errno::NOSPC, 0), (Errno::IO, 0), (Errno::IO, 1), (Errno::NOSPC, 40), (Errno::IO, 700), (Errno::IO, usize::MAX)]
        {
            let place = format!("step {step}, {errno:?} after {torn} bytes");
            let (disk, mut seen) = run_with(step, Deed::Tear { bytes: torn, errno });
            let Some(operation) = operation_at(&disk, step) else { continue };
            let synced = matches!(operation, Operation::Sync | Operation::SyncDir);
            let opened = !matches!(seen.errors.first(), Some(JournalError::Io { .. }));
            if opened && !synced {
                let lost = seen.asked.len() - seen.receipts.len();
                assert!(lost == seen.errors.len() && lost <= 3, "{place}: only those who waited fail, not {lost}");
                let no_space = |error: &JournalError| matches!(error, JournalError::NoSpace(_)) == (errno == Errno::NOSPC);
                assert!(seen.errors.iter().all(no_space), "{place}: {:?}", seen.errors);
                let entries = seen.check(&disk, &place);
                assert_eq!(entries, seen.receipts.len() as u64, "{place}: what failed is not in the log");
            }
            disk.crash(step, Tearing::WholeSectors);
            seen.recover_and_go_on(&disk, &place);
        }
    }
}

#[test]
fn a_sync_that_fails_is_never_tried_again() {
    let steps = calm();
    for (step, operation) in (0u64..).zip(&steps) {
        if !matches!(operation, Operation::Sync | Operation::SyncDir) {
            continue;
        }
        for power_cut in [false, true] {
            let place = format!("step {step}, power cut {power_cut}");
            let (disk, mut seen) = run_with(step, Deed::Fail(Errno::IO));
            if !matches!(operation_at(&disk, step), Some(Operation::Sync | Operation::SyncDir)) {
                continue;
            }
            assert_eq!(disk.steps(), step + 1, "{place}: nothing more is done to the disk");
            if !matches!(seen.errors.first(), Some(JournalError::Io { .. })) {
                assert!(seen.errors.iter().all(|error| matches!(error, JournalError::Poisoned)), "{place}: {:?}", seen.errors);
                assert_eq!(seen.errors.len() + seen.receipts.len(), seen.asked.len(), "{place}");
            }
            if power_cut {
                disk.crash(step, Tearing::WholeSectors);
            } else {
                disk.restart();
            }
            seen.recover_and_go_on(&disk, &place);
            disk.crash(step + 1, Tearing::WholeSectors);
            seen.recover_and_go_on(&disk, &place);
        }
    }
}

#[test]
fn no_receipt_is_lost_when_the_power_goes_at_any_step() {
    let steps = calm().len() as u64;
    let mut torn = 0;
    for step in 0..steps {
        for seed in 0..40 {
            let place = format!("step {step}, seed {seed}");
            let (disk, mut seen) = run_with(step, Deed::PowerCut);
            disk.crash(seed, Tearing::WholeSectors);
            torn += u64::from(open(&disk).unwrap_or_else(|error| panic!("{place}: {error:?}")).1.torn.is_some());
            seen.recover_and_go_on(&disk, &place);
        }
    }
    assert!(torn > 50, "torn tails are part of what is tested: {torn}");
}

#[test]
fn no_receipt_is_lost_when_the_process_is_killed_at_any_step_or_within_a_write() {
    let steps = calm().len() as u64;
    for step in 0..steps {
        let bytes = [0, 1, 31, 32, 33, 70, 129, 130, 511, 513, 900, usize::MAX];
        for deed in bytes.map(|bytes| Deed::Kill { bytes }).into_iter().chain([Deed::PowerCut]) {
            let place = format!("step {step}, {deed:?}");
            let (disk, mut seen) = run_with(step, deed);
            disk.restart();
            seen.recover_and_go_on(&disk, &place);
        }
    }
}

#[test]
fn no_receipt_is_lost_when_the_power_goes_again_during_recovery() {
    let steps = calm().len() as u64;
    for step in 0..steps {
        for seed in 0..10 {
            for again in 0..4 {
                let place = format!("step {step}, seed {seed}, step {again} of the recovery");
                let (disk, mut seen) = run_with(step, Deed::PowerCut);
                disk.crash(seed, Tearing::WholeSectors);
                disk.at_step(disk.steps() + again, Deed::PowerCut);
                drop(open(&disk));
                disk.crash(seed + 1, Tearing::WholeSectors);
                seen.recover_and_go_on(&disk, &place);
            }
        }
    }
}

#[test]
fn a_disk_that_tears_within_sectors_may_have_its_log_refused_but_loses_no_receipt() {
    let steps = calm().len() as u64;
    let (mut refused, mut recovered) = (0, 0);
    for step in 0..steps {
        for seed in 0..40 {
            let place = format!("step {step}, seed {seed}");
            let (disk, mut seen) = run_with(step, Deed::PowerCut);
            disk.crash(seed, Tearing::WithinSectors);
            match open(&disk).map(drop) {
                Ok(()) => {
                    recovered += 1;
                    seen.recover_and_go_on(&disk, &place);
                }
                Err(JournalError::Damaged(damage)) => {
                    refused += 1;
                    let sealed = seen.receipts.values().map(|receipt| receipt.index() + 1).max().unwrap_or(0);
                    assert!(damage.index >= sealed, "{place}: {damage}, but {sealed} entries have receipts");
                }
                Err(error) => panic!("{place}: {error:?}"),
            }
        }
    }
    assert!(recovered > 10 * refused, "{recovered} {refused}");
}

#[test]
fn a_full_disk_turns_appends_away_until_there_is_room() {
    for room in (2000..16_000).step_by(250) {
        let disk = FaultyDisk::new();
        let (journal, _) = open(&disk).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        disk.set_room_bytes(Some(room));
        let mut seen = Seen::default();
        let mut append = |count: u64| {
            for _ in 0..count {
                let number = seen.asked.len() as u64;
                seen.asked.push(number);
                match runtime.block_on(journal.append(entry(number))) {
                    Ok(receipt) => assert!(seen.receipts.insert(number, receipt).is_none()),
                    Err(error) => seen.errors.push(error),
                }
            }
            (seen.errors.len(), journal.healthy())
        };
        let (failed, _) = append(60);
        assert!(failed > 0, "room for {room} bytes was enough");
        disk.set_room_bytes(None);
        assert_eq!(append(10), (failed, true), "all is well again");
        assert!(seen.errors.iter().all(|error| matches!(error, JournalError::NoSpace(_))), "{:?}", seen.errors);
        assert_eq!(seen.check(&disk, &format!("room {room}")), seen.receipts.len() as u64);
        drop(journal);
        disk.crash(1, Tearing::WholeSectors);
        seen.recover_and_go_on(&disk, &format!("room {room}"));
    }
}
