//! Opening a log: find its end, zero a torn tail, refuse any other damage.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::TornTail;
use super::error::JournalError;
use super::options::Options;
use super::reader::{header_of, read_segment, segments};
use super::segment::{CommitError, Log, begin_segment};
use crate::audit::format::SEGMENT_HEADER_BYTES;
use crate::audit::{Fsck, Progress};
use crate::disk::{Disk, DiskFile, Open, write_zeros};
use crate::kernel::Clock;

/// What was found when the log was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Entries in the log: the index of the next one.
    pub entries: u64,
    /// Chain hash over them.
    pub chain: [u8; 32],
    /// What a crash had left of the last commit, zeroed by now.
    pub torn: Option<TornTail>,
}

pub(super) fn recover(
    disk: Arc<dyn Disk>,
    dir: &Path,
    options: Options,
    clock: Arc<dyn Clock>,
) -> Result<(Log, Recovered), JournalError> {
    let options = options.bounded();
    let names = segments(&*disk, dir)?;
    if names.is_empty() {
        return begin_log(disk, dir, options, clock);
    }
    let first = names.len().saturating_sub(options.segments_checked);
    let mut walk = Fsck::new();
    let mut end = None;
    for (place, name) in names.iter().enumerate().skip(first) {
        let path = dir.join(name);
        if place == first && first > 0 {
            walk = header_of(&*disk, &path)?.map_or_else(Fsck::new, |header| Fsck::from_segment(&header));
        }
        let bytes = read_segment(&*disk, &path)?;
        walk.begin(name, &bytes).map_err(JournalError::damaged)?;
        let last = place + 1 == names.len();
        let progress = walk.walk(&bytes, last, &mut |_| ControlFlow::Continue(())).map_err(JournalError::damaged)?;
        if last {
            end = Some((path, bytes, progress));
        }
    }
    let Some((path, bytes, progress)) = end else { return begin_log(disk, dir, options, clock) };
    let failed = |error| JournalError::io("recover", &path, error);
    let file = disk.open(&path, Open::Write).map_err(failed)?;
    let torn = if let Progress::Torn(torn) = progress { Some(torn) } else { None };
    settle(&*file, &bytes, &walk, torn.as_ref()).map_err(failed)?;
    let recovered = Recovered { entries: walk.next_index, chain: walk.chain, torn };
    let log = Log {
        dir: dir.to_owned(),
        options,
        clock,
        file,
        offset: walk.offset,
        room: bytes.len() as u64,
        dirty: None,
        next_index: walk.next_index,
        chain: walk.chain,
        buffer: Vec::new(),
        disk,
    };
    Ok((log, recovered))
}

/// Zeroes the torn tail and makes the last group durable. That group may have been read from the memory of the operating system
/// alone (killed before its fsync, or after one that failed), and what is clean there would not be written by an fsync: so its bytes
/// are written once more over themselves.
fn settle(file: &dyn DiskFile, bytes: &[u8], walk: &Fsck, torn: Option<&TornTail>) -> std::io::Result<()> {
    if let Some(torn) = torn {
        write_zeros(file, torn.offset, torn.offset + torn.bytes)?;
    }
    let from = walk.last_group.unwrap_or(0);
    let to = walk.offset.max(SEGMENT_HEADER_BYTES as u64);
    let place = usize::try_from(from).ok().zip(usize::try_from(to).ok());
    if let Some(group) = place.and_then(|(from, to)| bytes.get(from..to)) {
        file.write_all_at(group, from)?;
    }
    file.sync_all()
}

/// A log without an entry.
fn begin_log(disk: Arc<dyn Disk>, dir: &Path, options: Options, clock: Arc<dyn Clock>) -> Result<(Log, Recovered), JournalError> {
    let chain = [0; 32];
    let (file, room) = begin_segment(&*disk, dir, &options, &*clock, 0, &chain).map_err(|error| match error {
        CommitError::Write(error) | CommitError::Sync(error) => JournalError::io("begin the log in", dir, error),
    })?;
    let log = Log {
        disk,
        dir: dir.to_owned(),
        options,
        clock,
        file,
        offset: SEGMENT_HEADER_BYTES as u64,
        room,
        dirty: None,
        next_index: 0,
        chain,
        buffer: Vec::new(),
    };
    Ok((log, Recovered { entries: 0, chain, torn: None }))
}
