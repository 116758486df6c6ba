//! Reading the log, of this process or another, also while it is being written to.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::error::JournalError;
use crate::audit::format::{SEGMENT_HEADER_BYTES, segment_first};
use crate::audit::fsck::{SegmentHeader, segment_header};
use crate::audit::{Damage, Entry, Found, Fsck, Progress, TornTail};
use crate::disk::{Disk, Open, read_all, read_full};
use crate::kernel::limits::AUDIT_SEGMENT_BYTES_MAX;

/// What a check of a log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Segments that hold, at least in part.
    pub segments: u64,
    /// Entries that hold.
    pub entries: u64,
    /// Index of the next entry.
    pub next_index: u64,
    /// Chain hash over all entries that hold.
    pub chain: [u8; 32],
    /// How it ends.
    pub state: LogState,
}

/// How a check of a log ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogState {
    /// All holds.
    Whole,
    /// The visitor had enough; all that was seen holds.
    Stopped,
    /// All holds but for what a crash left of the last commit, which nobody was answered for.
    Torn(TornTail),
    /// Something does not hold.
    Damaged(Damage),
}

/// Checks the whole log in `dir` from its files alone and shows every entry that holds to the visitor, in order. An entry that holds
/// but can't be read counts as damage. Errors are for what could not be read; what does not hold is in the report.
pub fn verify(
    disk: &dyn Disk,
    dir: &Path,
    visit: &mut dyn FnMut(Found<'_>, &Entry) -> ControlFlow<()>,
) -> Result<Report, JournalError> {
    let mut walk = Fsck::new();
    let mut unreadable = None;
    let segments = segments(disk, dir)?;
    let mut state = LogState::Whole;
    for (place, name) in segments.iter().enumerate() {
        let last = place + 1 == segments.len();
        let mut show = |found: Found<'_>| match found.entry() {
            Ok(entry) => visit(found, &entry),
            Err(fault) => {
                unreadable = Some(Fsck::unreadable(name, &found, fault));
                ControlFlow::Break(())
            }
        };
        match walk_segment(disk, dir, name, last, &mut walk, &mut show)? {
            Ok(Progress::End) => {}
            Ok(Progress::Stopped) => state = unreadable.take().map_or(LogState::Stopped, LogState::Damaged),
            Ok(Progress::Torn(torn)) => state = LogState::Torn(torn),
            Err(damage) => state = LogState::Damaged(damage),
        }
        if state != LogState::Whole {
            break;
        }
    }
    Ok(Report { segments: walk.segments, entries: walk.entries, next_index: walk.next_index, chain: walk.chain, state })
}

/// The names of the log's segments in order; none where there is no log yet.
pub(super) fn segments(disk: &dyn Disk, dir: &Path) -> Result<Vec<String>, JournalError> {
    let names = disk.list(dir).map_err(|error| JournalError::io("list", dir, error))?;
    Ok(names.into_iter().filter(|name| segment_first(name).is_some()).collect())
}

pub(super) fn read_segment(disk: &dyn Disk, path: &Path) -> Result<Vec<u8>, JournalError> {
    read_all(disk, path, AUDIT_SEGMENT_BYTES_MAX).map_err(|error| JournalError::io("read", path, error))
}

/// The header of a segment; none where it does not hold.
pub(super) fn header_of(disk: &dyn Disk, path: &Path) -> Result<Option<SegmentHeader>, JournalError> {
    let failed = |error| JournalError::io("read", path, error);
    let file = disk.open(path, Open::Read).map_err(failed)?;
    let mut header = [0; SEGMENT_HEADER_BYTES];
    let read = read_full(&*file, &mut header, 0).map_err(failed)?;
    Ok(header.get(..read).and_then(segment_header))
}

/// Walks one segment. The last one may be being written to meanwhile: what does not hold there is read again until two readings in a
/// row agree, for a group half seen is whole a moment later.
fn walk_segment(
    disk: &dyn Disk,
    dir: &Path,
    name: &str,
    last: bool,
    walk: &mut Fsck,
    visit: &mut dyn FnMut(Found<'_>) -> ControlFlow<()>,
) -> Result<Result<Progress, Damage>, JournalError> {
    let path: PathBuf = dir.join(name);
    let bytes = read_segment(disk, &path)?;
    if let Err(damage) = walk.begin(name, &bytes) {
        return Ok(Err(damage));
    }
    let mut outcome = walk.walk(&bytes, last, visit);
    drop(bytes);
    for _ in 0..READINGS_MAX {
        if !last || matches!(outcome, Ok(Progress::End | Progress::Stopped)) {
            break;
        }
        let bytes = read_segment(disk, &path)?;
        let again = walk.walk(&bytes, last, visit);
        if again == outcome {
            break;
        }
        outcome = again;
    }
    Ok(outcome)
}

/// Readings of a last segment that looks different each time.
const READINGS_MAX: usize = 64;
