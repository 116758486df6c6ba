//! The journal on a disk in memory. Crashes and tampering have files of their own under `tests/`.

use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::batch::Batch;
use super::pace::Patience;
use super::*;
use crate::audit::{Entry, Question, StrangerKind, Strangers, Verdict};
use crate::disk::{Deed, Errno, FaultyDisk, RealDisk, Tearing};
use crate::kernel::limits::{AUDIT_GROUP_BYTES_MAX, AUDIT_QUEUE_ENTRIES_MAX};
use crate::kernel::{LembagaId, Outcome, RequestId};

struct HandSet(Mutex<Timestamp>);

impl Clock for HandSet {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn clock() -> Arc<HandSet> {
    Arc::new(HandSet(Mutex::new("2026-11-22T00:00:00Z".parse().unwrap())))
}

fn small() -> Options {
    Options { segment_bytes_max: 4096, preallocate_bytes: 2048, ..Options::default() }
}

fn open(disk: &FaultyDisk) -> (Journal, Recovered) {
    Journal::open(Arc::new(disk.clone()), Path::new("/log"), small(), clock()).unwrap()
}

fn entry(at: Timestamp, count: u64) -> Vec<u8> {
    let mut strangers = Strangers::new(at, at);
    strangers.add(StrangerKind::RouteUnknown, count);
    Entry::Strangers(strangers).encode().unwrap()
}

fn counted_entry(at: Timestamp, counted: bool) -> Vec<u8> {
    let lembaga = LembagaId::parse("rsud-tapin").unwrap();
    let outcome = Verdict::Answered(Outcome::NotFound);
    let bare = Question::bare(at, RequestId::from_bits(1), lembaga, std::net::Ipv4Addr::LOCALHOST.into(), outcome);
    Question { counted, ..bare }.encode().unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn an_entry_gets_the_next_index_and_its_leaf_and_can_be_read_back() {
    let disk = FaultyDisk::new();
    let (journal, recovered) = open(&disk);
    assert_eq!((recovered.entries, recovered.torn), (0, None));
    let mut leaves = Vec::new();
    for n in 1..=100 {
        let bytes = entry(Timestamp::UNIX_EPOCH, n);
        let receipt = block_on(journal.append(bytes.clone())).unwrap();
        assert_eq!((receipt.index(), *receipt.leaf()), (n - 1, leaf_hash(&bytes)));
        leaves.push(leaf_hash(&bytes));
    }
    assert_eq!((journal.figures().entries(), journal.figures().groups(), journal.figures().log_entries()), (100, 100, 100));
    let mut seen = Vec::new();
    let report = verify(&disk, Path::new("/log"), &mut |found, entry| {
        assert_eq!(found.index, seen.len() as u64);
        assert!(matches!(entry, Entry::Strangers(s) if s.count(StrangerKind::RouteUnknown) == found.index + 1));
        seen.push(*found.leaf);
        ControlFlow::Continue(())
    });
    let report = report.unwrap();
    assert_eq!((report.entries, &report.state), (100, &LogState::Whole), "read while the journal is open");
    assert!(report.segments > 2, "{} segments", report.segments);
    assert_eq!(seen, leaves);
    drop(journal);
    let (journal, recovered) = open(&disk);
    assert_eq!((recovered.entries, recovered.chain), (100, report.chain));
    assert_eq!(block_on(journal.append(vec![1])).unwrap().index(), 100);
}

#[test]
fn a_second_opener_is_refused_until_the_first_has_closed() {
    let dir = tempfile::tempdir().unwrap();
    let again = || Journal::open(Arc::new(RealDisk), dir.path(), small(), clock());
    let (journal, _) = again().unwrap();
    assert!(matches!(again(), Err(JournalError::Locked { .. })));
    assert_eq!(block_on(journal.append(vec![1])).unwrap().index(), 0);
    journal.close();
    assert!(matches!(block_on(journal.append(vec![1])), Err(JournalError::Closed)));
    assert_eq!(again().unwrap().1.entries, 1);
}

#[test]
fn entries_of_no_bytes_or_too_many_are_refused() {
    let (journal, _) = open(&FaultyDisk::new());
    for bytes in [0, AUDIT_ENTRY_BYTES_MAX + 1] {
        assert!(matches!(block_on(journal.append(vec![7; bytes])), Err(JournalError::EntrySize { .. })));
    }
    assert!(block_on(journal.append(vec![7; AUDIT_ENTRY_BYTES_MAX])).is_ok());
}

#[test]
fn the_queue_has_an_end_and_batches_stay_within_their_bytes() {
    let queue = Queue::default();
    for _ in 0..AUDIT_QUEUE_ENTRIES_MAX {
        queue.push(vec![0; 100], [0; 32]).unwrap();
    }
    assert!(matches!(queue.push(vec![0], [0; 32]), Err(JournalError::Full)));
    queue.close();
    let mut loads = 0;
    while let Some(load) = queue.take(None) {
        assert!(load.bytes <= AUDIT_GROUP_BYTES_MAX);
        loads += 1;
    }
    assert!(loads > 1);
    assert_eq!(queue.waiting(), 0);
}

#[test]
fn many_appended_at_once_stand_in_a_row_with_the_receipts_of_each() {
    let disk = FaultyDisk::new();
    let (journal, _) = open(&disk);
    assert_eq!(block_on(journal.append(vec![1])).unwrap().index(), 0);
    let entries: Vec<Vec<u8>> = (0..300).map(|n| entry(Timestamp::UNIX_EPOCH, n + 1)).collect();
    let receipts = block_on(journal.append_many(entries.clone())).unwrap();
    assert_eq!(receipts.len(), 300);
    for (place, (receipt, entry)) in receipts.into_iter().zip(&entries).enumerate() {
        let receipt = receipt.unwrap();
        assert_eq!((receipt.index(), *receipt.leaf()), (place as u64 + 1, leaf_hash(entry)));
    }
    assert_eq!((journal.figures().log_entries(), journal.figures().groups()), (301, 2), "one commit for all of them");
    assert!(block_on(journal.append_many(Vec::new())).unwrap().is_empty());
    let one_bad = vec![vec![1], Vec::new()];
    assert!(matches!(block_on(journal.append_many(one_bad)), Err(JournalError::EntrySize { bytes: 0 })));
    assert_eq!(journal.figures().log_entries(), 301, "all or none");
}

#[test]
fn many_that_fill_more_than_a_group_get_the_places_of_each_group() {
    let disk = FaultyDisk::new();
    let (journal, _) = open(&disk);
    let entries: Vec<Vec<u8>> = (0..200u8).map(|n| vec![n + 1; AUDIT_ENTRY_BYTES_MAX]).collect();
    let receipts = block_on(journal.append_many(entries)).unwrap();
    let indices: Vec<u64> = receipts.into_iter().map(|receipt| receipt.unwrap().index()).collect();
    assert_eq!(indices, (0..200).collect::<Vec<u64>>());
    assert!(journal.figures().groups() > 1);
}

#[test]
fn of_many_only_those_of_a_group_that_failed_are_lost() {
    let disk = FaultyDisk::new();
    let (journal, _) = open(&disk);
    block_on(journal.append(vec![1])).unwrap();
    disk.at_step(disk.steps(), Deed::Fail(Errno::NOSPC));
    let entries: Vec<Vec<u8>> = (0..200u8).map(|n| vec![n + 1; AUDIT_ENTRY_BYTES_MAX]).collect();
    let receipts = block_on(journal.append_many(entries)).unwrap();
    let lost = receipts.iter().filter(|receipt| receipt.is_err()).count();
    assert!(lost > 0 && lost < receipts.len(), "{lost}");
    let first = receipts.iter().flatten().next().unwrap().index();
    assert_eq!(first, 1, "what was lost took no place");
    assert_eq!(journal.figures().log_entries() as usize, 1 + receipts.len() - lost);
}

#[test]
fn many_that_do_not_fit_into_the_queue_are_refused_together() {
    let queue = Queue::default();
    let some = |count: usize| (vec![vec![0; 10]; count], vec![[0; 32]; count]);
    let (entries, leaves) = some(AUDIT_QUEUE_ENTRIES_MAX - 1);
    assert_eq!(queue.push_many(entries, &leaves).unwrap().iter().map(|run| run.count).sum::<usize>(), AUDIT_QUEUE_ENTRIES_MAX - 1);
    let (entries, leaves) = some(2);
    assert!(matches!(queue.push_many(entries, &leaves), Err(JournalError::Full)));
    assert_eq!(queue.waiting(), AUDIT_QUEUE_ENTRIES_MAX - 1);
    let (entries, leaves) = some(1);
    assert!(queue.push_many(entries, &leaves).is_ok());
}

#[test]
fn a_paced_writer_gathers_until_its_moment_or_the_end_or_until_there_is_enough() {
    let queue = Queue::default();
    let now = Instant::now();
    let patience = |seconds, enough| Some(Patience { until: now + Duration::from_secs(seconds), enough });
    queue.push(vec![1], [0; 32]).unwrap();
    assert_eq!(queue.take(patience(0, usize::MAX)).map(|load| load.entries.len()), Some(1), "the moment has come");
    let pushed = |entries, enough, then: &dyn Fn()| {
        queue.push(vec![1], [0; 32]).unwrap();
        let taken = std::thread::scope(|scope| {
            let writer = scope.spawn(|| queue.take(patience(3600, enough)));
            for _ in 1..entries {
                queue.push(vec![1], [0; 32]).unwrap();
            }
            then();
            writer.join().unwrap()
        });
        taken.map(|load| load.entries.len())
    };
    assert_eq!(pushed(5, 5, &|| ()), Some(5), "everyone is back");
    assert_eq!(pushed(5, usize::MAX, &|| queue.close()), Some(5));
}

#[test]
fn a_tally_counts_by_hour_from_an_hour_on_and_passes_old_segments_over_unread() {
    let disk = FaultyDisk::new();
    let hours = clock();
    let start = hours.now();
    let (journal, _) = Journal::open(Arc::new(disk.clone()), Path::new("/log"), small(), hours.clone()).unwrap();
    for n in 0..200 {
        *hours.0.lock().unwrap() = start + SignedDuration::from_mins(n * 6);
        block_on(journal.append(counted_entry(hours.now(), n % 4 != 0))).unwrap();
    }
    journal.close();
    let count = |from| tally(&disk, Path::new("/log"), from, &mut |_| ()).unwrap().iter().map(|row| row.count).sum::<u64>();
    assert_eq!(count(start), 150, "three of four count");
    // A segment that should not be read is made unreadable.
    let first = Path::new("/log").join(crate::audit::format::segment_name(0));
    disk.put(&first, &[1; 200]);
    let from = start + SignedDuration::from_hours(15);
    let rows = tally(&disk, Path::new("/log"), from, &mut |_| ()).unwrap();
    assert!(rows.iter().all(|row| row.at().as_second() > from.as_second() - 3600 && row.count <= 8), "no older hour");
    let entries = (0..200i64).filter(|n| n % 4 != 0);
    let expected = entries
        .filter(|n| (start + SignedDuration::from_mins(n * 6)).as_second().div_euclid(3600) >= from.as_second().div_euclid(3600))
        .count();
    assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), expected as u64);
    assert!(matches!(tally(&disk, Path::new("/log"), start, &mut |_| ()), Err(JournalError::Damaged(_))));
}

#[test]
fn a_full_disk_fails_those_who_wait_and_room_brings_the_log_back() {
    let disk = FaultyDisk::new();
    let (journal, _) = open(&disk);
    disk.set_room_bytes(Some(2048 + 300));
    let failed = (0..200).find(|n| block_on(journal.append(entry(Timestamp::UNIX_EPOCH, n + 1))).is_err()).unwrap();
    assert!(!journal.healthy());
    let again = block_on(journal.append(entry(Timestamp::UNIX_EPOCH, failed + 1)));
    assert!(matches!(again, Err(JournalError::NoSpace(_))));
    disk.set_room_bytes(None);
    assert_eq!(block_on(journal.append(entry(Timestamp::UNIX_EPOCH, 1))).unwrap().index(), failed);
    assert!(journal.healthy());
    let report = verify(&disk, Path::new("/log"), &mut |_, _| ControlFlow::Continue(())).unwrap();
    assert_eq!((report.entries, report.state), (failed + 1, LogState::Whole));
}

#[test]
fn an_entry_reported_as_failed_does_not_come_back_with_the_next_start() {
    for bytes in [1, 40, 110, usize::MAX] {
        let disk = FaultyDisk::new();
        let (journal, _) = open(&disk);
        block_on(journal.append(entry(Timestamp::UNIX_EPOCH, 1))).unwrap();
        disk.at_step(disk.steps(), Deed::Tear { bytes, errno: Errno::IO });
        assert!(matches!(block_on(journal.append(entry(Timestamp::UNIX_EPOCH, 2))), Err(JournalError::Write(_))));
        drop(journal);
        let (_, recovered) = open(&disk);
        assert_eq!((recovered.entries, recovered.torn), (1, None), "after {bytes} bytes");
    }
}

#[test]
fn a_failed_fsync_is_final_until_the_log_is_opened_anew() {
    let disk = FaultyDisk::new();
    let (journal, _) = open(&disk);
    block_on(journal.append(entry(Timestamp::UNIX_EPOCH, 1))).unwrap();
    disk.at_step(disk.steps() + 1, Deed::Fail(Errno::IO));
    for _ in 0..3 {
        let before = disk.steps();
        assert!(matches!(block_on(journal.append(entry(Timestamp::UNIX_EPOCH, 2))), Err(JournalError::Poisoned)));
        assert!(!journal.healthy());
        assert!(disk.steps() <= before + 2, "no second fsync");
    }
    drop(journal);
    // The entry is seen by readers, though it is not on the disk: once recovered it must survive a power cut.
    let (journal, recovered) = open(&disk);
    assert_eq!(recovered.entries, 2);
    drop(journal);
    disk.crash(0, Tearing::WholeSectors);
    assert_eq!(open(&disk).1.entries, 2);
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Some waiters of one thread, polled once: their futures, and whether each has been woken.
fn seated(batch: &Arc<Batch>, count: usize) -> Vec<(Sealing, Arc<Flag>)> {
    let seat = |_| {
        let flag = Arc::new(Flag(AtomicBool::new(false)));
        let mut sealing = Sealing::new(Arc::clone(batch));
        assert!(poll(&mut sealing, &flag).is_pending());
        (sealing, flag)
    };
    (0..count).map(seat).collect()
}

fn poll(sealing: &mut Sealing, flag: &Arc<Flag>) -> Poll<Result<u64, JournalError>> {
    pin!(sealing).poll(&mut Context::from_waker(&Waker::from(Arc::clone(flag))))
}

fn woken(waiters: &[(Sealing, Arc<Flag>)]) -> usize {
    waiters.iter().filter(|(_, flag)| flag.0.load(Ordering::SeqCst)).count()
}

#[test]
fn one_waiter_of_a_thread_is_woken_and_wakes_its_crew_when_polled() {
    let batch = Arc::new(Batch::default());
    let mut waiters = seated(&batch, 5);
    batch.complete(Ok(40));
    assert_eq!(woken(&waiters), 1);
    let leader = waiters.iter().position(|(_, flag)| flag.0.load(Ordering::SeqCst)).unwrap();
    let (sealing, flag) = &mut waiters[leader];
    assert!(matches!(poll(sealing, &flag.clone()), Poll::Ready(Ok(40))));
    assert_eq!(woken(&waiters), 5);
}

#[test]
fn a_leader_that_is_dropped_wakes_its_crew_all_the_same() {
    let batch = Arc::new(Batch::default());
    let mut waiters = seated(&batch, 5);
    batch.complete(Ok(40));
    let leader = waiters.iter().position(|(_, flag)| flag.0.load(Ordering::SeqCst)).unwrap();
    drop(waiters.remove(leader));
    assert_eq!(woken(&waiters), 4);
}

#[test]
fn who_gave_up_waiting_is_not_chosen_to_lead() {
    let batch = Arc::new(Batch::default());
    let mut waiters = seated(&batch, 5);
    let gone: Vec<_> = [4, 3, 0].into_iter().map(|place| waiters.remove(place).1).collect();
    batch.complete(Err(JournalError::Poisoned));
    assert!(gone.iter().all(|flag| !flag.0.load(Ordering::SeqCst)));
    assert_eq!(woken(&waiters), 1);
    drop(waiters.into_iter().map(|(sealing, _)| sealing).collect::<Vec<_>>());
}

#[test]
fn a_waiter_that_comes_after_the_outcome_does_not_wait() {
    let batch = Arc::new(Batch::default());
    batch.complete(Ok(1));
    let flag = Arc::new(Flag(AtomicBool::new(false)));
    assert!(matches!(poll(&mut Sealing::new(batch), &flag), Poll::Ready(Ok(1))));
}
