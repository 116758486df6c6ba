//! A log that was tampered with: the check finds it and names the place, and opening the log changes nothing.
//!
//! What the rule of the torn tail says is written here a second time, from its words, and both must agree on every case.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "the helpers of tests may fail as tests do"
)]

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use gerbang::audit::format::{GROUP_HEADER_BYTES, GROUP_MAGIC, GROUP_TRAILER_BYTES, SEGMENT_HEADER_BYTES, segment_name};
use gerbang::audit::{Damage, Question, Verdict, What};
use gerbang::disk::{Disk, FaultyDisk, read_all};
use gerbang::journal::{Journal, JournalError, LogState, Options, Report, verify};
use gerbang::kernel::{Clock, ElemenSet, LembagaId, Reason, RequestId};
use jiff::Timestamp;
use proptest::prelude::*;

const DIR: &str = "/log";

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-11-22T05:00:00Z".parse().unwrap()
    }
}

/// Unlike any other, and longer with the number.
fn entry(number: u64) -> Vec<u8> {
    let lembaga = LembagaId::parse("bank-antasari").unwrap();
    let outcome = Verdict::Refused(Reason::PksMissing);
    let bare = Question::bare(Noon.now(), RequestId::from_bits(u128::from(number)), lembaga, [10, 0, 0, 1].into(), outcome);
    let purpose = "tujuan ".repeat(number as usize * 5 % 20);
    Question { asked: ElemenSet::ALL, purpose: Some(purpose.into()), ..bare }.encode().unwrap()
}

/// The segments of a log by name.
type Files = BTreeMap<String, Vec<u8>>;

/// A log of several segments with several groups each, most of several entries.
fn log() -> Files {
    static LOG: LazyLock<Files> = LazyLock::new(|| {
        let disk = FaultyDisk::new();
        // Paced, so that what is appended together is committed together.
        let commit_interval_min = Duration::from_millis(20);
        let options = Options { segment_bytes_max: 1500, preallocate_bytes: 700, commit_interval_min, ..Options::default() };
        let (journal, _) = Journal::open(Arc::new(disk.clone()), Path::new(DIR), options, Arc::new(Noon)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for round in 0..10u64 {
            let append = |number| journal.append(entry(round * 3 + number));
            let (a, b, c) = runtime.block_on(async { tokio::join!(append(0), append(1), append(2)) });
            assert!(a.is_ok() && b.is_ok() && c.is_ok());
        }
        journal.close();
        files(&disk)
    });
    LOG.clone()
}

fn files(disk: &FaultyDisk) -> Files {
    let names = disk.list(Path::new(DIR)).unwrap().into_iter().filter(|name| name.ends_with(".log"));
    names.map(|name| (name.clone(), read_all(disk, &Path::new(DIR).join(name), 1 << 20).unwrap())).collect()
}

fn disk_of(files: &Files) -> FaultyDisk {
    let disk = FaultyDisk::new();
    for (name, bytes) in files {
        disk.put(&Path::new(DIR).join(name), bytes);
    }
    disk
}

/// A group: its bytes in the segment, the indexes of its entries.
#[derive(Clone, Debug)]
struct Group {
    bytes: Range<usize>,
    entries: Range<u64>,
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The groups of an intact segment.
fn groups(bytes: &[u8]) -> Vec<Group> {
    let mut found = Vec::new();
    let mut at = SEGMENT_HEADER_BYTES;
    while bytes.get(at..at + 4) == Some(&GROUP_MAGIC) {
        let (first, count) = (number(&bytes[at + 4..at + 12]), number(&bytes[at + 12..at + 16]));
        let end = at + GROUP_HEADER_BYTES + number(&bytes[at + 16..at + 20]) as usize + GROUP_TRAILER_BYTES;
        found.push(Group { bytes: at..end, entries: first..first + count });
        at = end;
    }
    found
}

/// Checks the files, shows which leaves were seen; opening them must come to the same end, and change a torn tail alone.
fn check(files: &Files) -> (Report, Vec<[u8; 32]>) {
    let (report, seen) = read(files);
    if !files.is_empty() {
        check_opening(files, &disk_of(files), &report);
    }
    (report, seen)
}

fn read(files: &Files) -> (Report, Vec<[u8; 32]>) {
    let disk = disk_of(files);
    let mut seen = Vec::new();
    let report = verify(&disk, Path::new(DIR), &mut |found, _| {
        assert_eq!(found.index, seen.len() as u64);
        seen.push(*found.leaf);
        ControlFlow::Continue(())
    });
    let report = report.unwrap();
    assert_eq!(report.entries, seen.len() as u64);
    (report, seen)
}

fn check_opening(before: &Files, disk: &FaultyDisk, report: &Report) {
    let options = Options { segments_checked: usize::MAX, ..Options::default() };
    let opened = Journal::open(Arc::new(disk.clone()), Path::new(DIR), options, Arc::new(Noon));
    let mut expected = before.clone();
    match (&report.state, opened) {
        (LogState::Damaged(damage), Err(JournalError::Damaged(refused))) => assert_eq!(*damage, *refused),
        (LogState::Whole, Ok((_, recovered))) => assert_eq!((recovered.entries, recovered.torn), (report.entries, None)),
        (LogState::Torn(torn), Ok((_, recovered))) => {
            assert_eq!((recovered.entries, recovered.torn.as_ref()), (report.entries, Some(torn)));
            expected.get_mut(&torn.file).unwrap()[torn.offset as usize..(torn.offset + torn.bytes) as usize].fill(0);
        }
        (state, opened) => panic!("{state:?}, but opening said {:?}", opened.map(|(_, recovered)| recovered)),
    }
    assert!(files(disk) == expected, "opening changed more than the torn tail");
}

fn damage(files: &Files) -> (Damage, u64) {
    match check(files) {
        (Report { state: LogState::Damaged(damage), entries, .. }, _) => (damage, entries),
        (report, _) => panic!("no damage found: {report:?}"),
    }
}

/// The rule of the torn tail, from its words: is what begins at `at` one, this being the last segment?
fn rule(bytes: &[u8], at: usize) -> bool {
    let header_holds = |at: usize| {
        bytes.get(at..at + 32).is_some_and(|header| {
            header[..4] == GROUP_MAGIC && crc32fast::hash(&header[..24]).to_be_bytes() == header[24..28] && &header[28..] == b"::::"
        })
    };
    let end = if header_holds(at) { at + 68 + number(&bytes[at + 16..at + 20]) as usize } else { at + 32 };
    let beyond = end > bytes.len();
    let last_byte_missing = beyond || bytes[end - 1] == 0;
    let inside = at..end.min(bytes.len());
    let mut sectors: BTreeMap<usize, bool> = BTreeMap::new();
    for place in inside {
        *sectors.entry(place / 512).or_insert(true) &= bytes[place] == 0;
    }
    let after = if header_holds(at) { end } else { at + 1 };
    (last_byte_missing || sectors.values().any(|zero| *zero)) && !(after..bytes.len()).any(header_holds)
}

fn names(files: &Files) -> Vec<String> {
    files.keys().cloned().collect()
}

#[test]
fn the_untouched_log_is_whole() {
    let files = log();
    let (report, seen) = check(&files);
    assert_eq!(report.state, LogState::Whole);
    assert_eq!(report.segments, files.len() as u64);
    assert!(report.segments >= 3);
    assert_eq!(report.next_index, files.values().flat_map(|bytes| groups(bytes)).last().unwrap().entries.end);
    let several =
        files.values().flat_map(|bytes| groups(bytes)).filter(|group| group.entries.end - group.entries.start > 1).count();
    assert!(several > 0 && !seen.is_empty());
}

#[test]
fn a_flip_of_any_byte_is_found_at_its_place() {
    let files = log();
    let (mut damaged, mut torn) = (0, 0);
    for (place, name) in names(&files).into_iter().enumerate() {
        let last = place + 1 == files.len();
        let first: u64 = name[..20].parse().unwrap();
        let groups = groups(&files[&name]);
        let end = groups.last().unwrap().clone();
        for at in 0..files[&name].len() {
            for mask in [0x01, 0x80, 0xff] {
                let mut files = files.clone();
                files.get_mut(&name).unwrap()[at] ^= mask;
                let (start, index) = match groups.iter().find(|group| group.bytes.contains(&at)) {
                    Some(group) => (group.bytes.start, group.entries.start),
                    None if at < SEGMENT_HEADER_BYTES => (0, first),
                    None => (end.bytes.end, end.entries.end),
                };
                let (report, seen) = if mask == 1 { check(&files) } else { read(&files) };
                assert_eq!(seen.len() as u64, index, "{name} byte {at}: what stands before holds, nothing more");
                match report.state {
                    LogState::Torn(tail) => {
                        assert!(last && start >= SEGMENT_HEADER_BYTES && rule(&files[&name], start), "{name} byte {at}: {tail:?}");
                        assert_eq!((&tail.file, tail.offset, tail.index), (&name, start as u64, index));
                        torn += 1;
                    }
                    LogState::Damaged(found) => {
                        assert!(!last || start == 0 || !rule(&files[&name], start), "{name} byte {at}: {found}");
                        assert_eq!((&found.file, found.index), (&name, index), "{found}");
                        let region = found.offset..found.offset + found.bytes;
                        let behind = at >= end.bytes.end + GROUP_HEADER_BYTES && found.offset == end.bytes.end as u64;
                        assert!(region.contains(&(at as u64)) || behind, "byte {at}: {found}");
                        assert!(found.offset as usize >= start, "byte {at}: {found}");
                        damaged += 1;
                    }
                    other => panic!("{name} byte {at}: {other:?}"),
                }
            }
        }
    }
    assert!(damaged > 3000 && torn > 0, "{damaged} {torn}");
}

#[test]
fn a_cut_at_any_length_is_a_torn_tail_in_the_last_segment_and_damage_before() {
    let files = log();
    for (place, name) in names(&files).into_iter().enumerate() {
        let last = place + 1 == files.len();
        let groups = groups(&files[&name]);
        let end = groups.last().unwrap().bytes.end;
        for length in 0..files[&name].len() {
            let mut files = files.clone();
            files.get_mut(&name).unwrap().truncate(length);
            let state = check(&files).0.state;
            let cut = groups.iter().find(|group| group.bytes.start < length && length < group.bytes.end);
            match (state, cut) {
                (LogState::Damaged(found), _) if length < SEGMENT_HEADER_BYTES => {
                    assert_eq!((&found.file, found.what), (&name, What::SegmentCut));
                }
                (LogState::Torn(tail), Some(group)) if last => {
                    assert_eq!((tail.offset, tail.index), (group.bytes.start as u64, group.entries.start));
                }
                (LogState::Damaged(found), Some(group)) if !last => {
                    assert_eq!((&found.file, found.offset, found.what), (&name, group.bytes.start as u64, What::GroupCut));
                }
                (LogState::Damaged(found), None) if !last && length < end => assert_eq!(found.what, What::SegmentIndex),
                (LogState::Whole, None) => assert!(last || length >= end),
                (state, _) => panic!("{name} cut at {length}: {state:?}"),
            }
        }
    }
}

#[test]
fn a_group_dropped_swapped_doubled_or_wiped_is_found() {
    let whole = log();
    let all = names(&whole);
    for (place, name) in all.iter().enumerate() {
        let groups = groups(&whole[name]);
        for (number, group) in groups.iter().enumerate() {
            let at_end = number + 1 == groups.len();
            let with = |bytes: Vec<u8>| {
                let mut files = whole.clone();
                files.insert(name.clone(), bytes);
                files
            };
            let bytes = &whole[name];
            let (before, own, after) = (&bytes[..group.bytes.start], &bytes[group.bytes.clone()], &bytes[group.bytes.end..]);
            let dropped = with([before, after].concat());
            let wiped = with([before, &vec![0; own.len()], after].concat());
            for (files, what) in [(&dropped, What::GroupIndex), (&wiped, What::GroupMagic)] {
                if !at_end {
                    let (found, entries) = damage(files);
                    assert_eq!((&found.file, found.offset, found.what), (name, group.bytes.start as u64, what));
                    assert_eq!(entries, group.entries.start);
                } else if place + 1 < all.len() {
                    let (found, _) = damage(files);
                    assert_eq!((&found.file, found.what), (&all[place + 1], What::SegmentIndex));
                } else {
                    // Cut off cleanly: nothing in the files tells, only a checkpoint will.
                    assert_eq!(check(files).0.next_index, group.entries.start);
                }
            }
            let (found, _) = damage(&with([before, own, own, after].concat()));
            assert_eq!((&found.file, found.offset, found.what), (name, group.bytes.end as u64, What::GroupIndex));
            if let Some(next) = groups.get(number + 1) {
                let rest = &bytes[next.bytes.end..];
                let (found, _) = damage(&with([before, &bytes[next.bytes.clone()], own, rest].concat()));
                assert_eq!((&found.file, found.offset, found.what), (name, group.bytes.start as u64, What::GroupIndex));
            }
        }
    }
}

#[test]
fn a_segment_dropped_swapped_or_doubled_is_found() {
    let whole = log();
    let all = names(&whole);
    for (place, name) in all.iter().enumerate() {
        let mut files = whole.clone();
        files.remove(name);
        match all.get(place + 1) {
            Some(next) => {
                let (found, _) = damage(&files);
                assert_eq!((&found.file, found.what), (next, What::SegmentIndex));
            }
            None => assert_eq!(check(&files).0.next_index, name[..20].parse::<u64>().unwrap()),
        }
        for other in all.iter().filter(|other| *other != name) {
            let mut files = whole.clone();
            files.insert(name.clone(), whole[other].clone());
            let (found, _) = damage(&files);
            assert_eq!((&found.file, found.what), (name, What::SegmentName), "a double under another name");
            files.insert(other.clone(), whole[name].clone());
            let (found, _) = damage(&files);
            assert_eq!((&found.file, found.what), (name.min(other), What::SegmentName), "swapped");
        }
    }
    let mut files = whole.clone();
    files.insert(segment_name(999_999), whole[&all[2]].clone());
    assert_eq!(damage(&files).0.what, What::SegmentName);
}

#[test]
fn entries_altered_or_reordered_under_a_mended_checksum_break_the_chain() {
    let whole = log();
    let mut reordered = 0;
    for (name, bytes) in &whole {
        for group in groups(bytes) {
            let payload = group.bytes.start + GROUP_HEADER_BYTES..group.bytes.end - GROUP_TRAILER_BYTES;
            let mend = |change: &dyn Fn(&mut [u8])| {
                let mut files = whole.clone();
                let bytes = files.get_mut(name).unwrap();
                change(&mut bytes[payload.clone()]);
                let sum = crc32fast::hash(&bytes[payload.clone()]).to_be_bytes();
                bytes[group.bytes.start + 20..group.bytes.start + 24].copy_from_slice(&sum);
                let sum = crc32fast::hash(&bytes[group.bytes.start..group.bytes.start + 24]).to_be_bytes();
                bytes[group.bytes.start + 24..group.bytes.start + 28].copy_from_slice(&sum);
                damage(&files).0
            };
            let found = mend(&|payload| payload[2 + 20] ^= 1);
            assert_eq!((found.what, found.offset), (What::Chain, payload.end as u64));
            let first = number(&bytes[payload.start..payload.start + 2]) as usize + 2;
            if first < payload.len() {
                assert_eq!(mend(&|payload| payload.rotate_left(first)).what, What::Chain);
                reordered += 1;
            }
            assert_eq!(mend(&|payload| payload[1] ^= 1).what, What::Entries, "a length altered");
        }
    }
    assert!(reordered > 0);
}

#[test]
fn garbage_behind_the_end_is_judged_by_the_rule_and_never_taken_for_entries() {
    let whole = log();
    let name = names(&whole).pop().unwrap();
    let end = groups(&whole[&name]).last().unwrap().bytes.end;
    let mut files = whole.clone();
    files.get_mut(&name).unwrap().truncate(end);
    let before = check(&files).0.entries;
    for garbage in [&b"!"[..], b"GRP{", &[b'x'; 31], &[b'x'; 32], &[b'x'; 700], &[0, 0, 7], &[7; 5000]] {
        let mut files = files.clone();
        files.get_mut(&name).unwrap().extend_from_slice(garbage);
        let report = check(&files).0;
        assert_eq!(report.entries, before);
        assert_eq!(matches!(report.state, LogState::Torn(_)), rule(&files[&name], end), "{report:?}");
        assert_ne!(report.state, LogState::Whole);
    }
}

proptest! {
    #[test]
    fn whatever_is_done_to_the_bytes_what_is_shown_is_a_beginning_of_what_was_written(
        deeds in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..6u8, any::<u8>()), 1..4)
    ) {
        let whole = log();
        let truth = check(&whole).1;
        let mut files = whole.clone();
        let all = names(&whole);
        for (file, from, to, deed, byte) in deeds {
            let bytes = files.get_mut(&all[file.index(all.len())]).unwrap();
            if bytes.is_empty() {
                continue;
            }
            let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
            let range = from.min(to)..from.max(to);
            match deed {
                0 => bytes[from] = byte,
                1 => bytes[range].fill(byte),
                2 => bytes.truncate(from),
                3 => { bytes.drain(range); }
                4 => { let copy = bytes[range].to_vec(); bytes.splice(to..to, copy); }
                _ => bytes[range].reverse(),
            }
        }
        let (report, seen) = check(&files);
        prop_assert!(truth.starts_with(&seen));
        prop_assert!(report.state != LogState::Whole || seen == truth || report.entries < truth.len() as u64);
    }

    #[test]
    fn garbage_in_place_of_segments_never_panics(first in prop::collection::vec(any::<u8>(), 0..3000), second in prop::collection::vec(any::<u8>(), 0..200)) {
        let whole = log();
        let header = &whole[&segment_name(0)][..SEGMENT_HEADER_BYTES];
        let files: Files = [(segment_name(0), [header, &first].concat()), (segment_name(7), second)].into();
        let state = check(&files).0.state;
        prop_assert!(matches!(state, LogState::Damaged(_)));
    }
}
