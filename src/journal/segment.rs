//! The end of the log where groups are written: assembling a group, room ahead of it, the next segment.
//!
//! INVARIANT: behind `offset` the file holds zeros or nothing, save for `dirty`, what a failed write may have left; that is cleared
//! and synced at once, or where that fails too, before anything is written there again, so that no crash can mix two groups.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{Context, SHA256};

use super::options::Options;
use crate::audit::Leaf;
use crate::audit::format::{
    ENTRY_LENGTH_BYTES, GROUP_HEADER_BYTES, GROUP_MAGIC, GROUP_MARK, GROUP_TRAILER_BYTES, SEGMENT_HEADER_BYTES, SEGMENT_MAGIC,
    SEGMENT_VERSION, TRAILER_MARK, segment_name,
};
use crate::disk::{Disk, DiskFile, Open, write_zeros};
use crate::kernel::Clock;

/// The end of the log.
pub(super) struct Log {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) dir: PathBuf,
    pub(super) options: Options,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) file: Box<dyn DiskFile>,
    /// Where the next group begins.
    pub(super) offset: u64,
    /// Up to where zeros have been written ahead.
    pub(super) room: u64,
    /// What a failed write may have left.
    pub(super) dirty: Option<Range<u64>>,
    pub(super) next_index: u64,
    pub(super) chain: [u8; 32],
    pub(super) buffer: Vec<u8>,
}

/// A group that is durable.
pub(super) struct Commit {
    /// Index of its first entry.
    pub(super) first: u64,
    /// Bytes written.
    pub(super) bytes: u64,
    /// How long the fdatasync took.
    pub(super) sync_took: Duration,
}

/// A group that is not.
pub(super) enum CommitError {
    /// Something could not be written; the log is as it was.
    Write(io::Error),
    /// A sync failed; nothing is known any more.
    Sync(io::Error),
}

impl Log {
    /// Writes the entries as one group and makes it durable.
    pub(super) fn commit(&mut self, entries: &[Vec<u8>], leaves: &[Leaf]) -> Result<Commit, CommitError> {
        self.clear_dirty()?;
        let chain = next_chain(&self.chain, leaves);
        assemble(&mut self.buffer, self.next_index, entries, &chain);
        let bytes = self.buffer.len() as u64;
        self.make_room(bytes)?;
        if let Err(error) = self.file.write_all_at(&self.buffer, self.offset) {
            self.dirty = Some(self.offset..self.offset + bytes);
            // At once, so that an entry which was reported as failed does not come back with the next start.
            if let Err(CommitError::Sync(error)) = self.clear_dirty() {
                return Err(CommitError::Sync(error));
            }
            return Err(CommitError::Write(error));
        }
        let before = Instant::now();
        self.file.sync_data().map_err(CommitError::Sync)?;
        let sync_took = before.elapsed();
        let first = self.next_index;
        self.offset += bytes;
        self.next_index += entries.len() as u64;
        self.chain = chain;
        self.buffer.shrink_to(BUFFER_BYTES_KEPT);
        Ok(Commit { first, bytes, sync_took })
    }

    fn clear_dirty(&mut self) -> Result<(), CommitError> {
        if let Some(dirty) = self.dirty.clone() {
            write_zeros(&*self.file, dirty.start, dirty.end).map_err(CommitError::Write)?;
            self.file.sync_data().map_err(CommitError::Sync)?;
            self.dirty = None;
        }
        Ok(())
    }

    /// Sees to it that the next `bytes` overwrite zeros, in this segment or the next.
    fn make_room(&mut self, bytes: u64) -> Result<(), CommitError> {
        let header = SEGMENT_HEADER_BYTES as u64;
        if self.offset > header && self.offset + bytes > self.options.segment_bytes_max {
            let begun = begin_segment(&*self.disk, &self.dir, &self.options, &*self.clock, self.next_index, &self.chain)?;
            (self.file, self.room) = begun;
            self.offset = header;
        }
        let end = self.offset + bytes;
        if end > self.room {
            let ahead = (self.room + self.options.preallocate_bytes).min(self.options.segment_bytes_max).max(end);
            write_zeros(&*self.file, self.room, ahead).map_err(CommitError::Write)?;
            self.file.sync_data().map_err(CommitError::Sync)?;
            self.room = ahead;
        }
        Ok(())
    }
}

/// Creates a segment with room ahead, under another name until it is whole: a segment's name never stands for half a header.
/// Gives the file and its length.
pub(super) fn begin_segment(
    disk: &dyn Disk,
    dir: &Path,
    options: &Options,
    clock: &dyn Clock,
    first: u64,
    chain: &[u8; 32],
) -> Result<(Box<dyn DiskFile>, u64), CommitError> {
    let name = segment_name(first);
    let temporary = dir.join(format!("{name}.tmp"));
    let file = disk.open(&temporary, Open::Truncate).map_err(CommitError::Write)?;
    let mut header = Vec::with_capacity(SEGMENT_HEADER_BYTES);
    header.extend_from_slice(&SEGMENT_MAGIC);
    header.extend_from_slice(&SEGMENT_VERSION.to_be_bytes());
    header.extend_from_slice(&[0, 0]);
    header.extend_from_slice(&first.to_be_bytes());
    header.extend_from_slice(&clock.now().as_microsecond().to_be_bytes());
    header.extend_from_slice(chain);
    header.extend_from_slice(&crc32fast::hash(&header).to_be_bytes());
    let room = options.preallocate_bytes.max(header.len() as u64);
    file.write_all_at(&header, 0).map_err(CommitError::Write)?;
    write_zeros(&*file, header.len() as u64, room).map_err(CommitError::Write)?;
    file.sync_all().map_err(CommitError::Sync)?;
    disk.rename(&temporary, &dir.join(name)).map_err(CommitError::Write)?;
    disk.sync_dir(dir).map_err(CommitError::Sync)?;
    Ok((file, room))
}

/// The chain hash after a group.
fn next_chain(chain: &[u8; 32], leaves: &[Leaf]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(chain);
    context.update(leaves.as_flattened());
    context.finish().as_ref().try_into().unwrap_or_default()
}

/// The bytes of a group.
fn assemble(buffer: &mut Vec<u8>, first: u64, entries: &[Vec<u8>], chain: &[u8; 32]) {
    let payload_bytes: usize = entries.iter().map(|entry| ENTRY_LENGTH_BYTES + entry.len()).sum();
    buffer.clear();
    buffer.reserve(GROUP_HEADER_BYTES + payload_bytes + GROUP_TRAILER_BYTES);
    let mut sum = crc32fast::Hasher::new();
    // The payload comes first into the buffer's place for it, for the header holds its checksum.
    buffer.resize(GROUP_HEADER_BYTES, 0);
    for entry in entries {
        // INVARIANT: `append` took no entry of more than AUDIT_ENTRY_BYTES_MAX bytes, which a u16 holds.
        buffer.extend_from_slice(&u16::try_from(entry.len()).unwrap_or_default().to_be_bytes());
        buffer.extend_from_slice(entry);
    }
    sum.update(buffer.get(GROUP_HEADER_BYTES..).unwrap_or_default());
    buffer.extend_from_slice(chain);
    buffer.extend_from_slice(&TRAILER_MARK);
    let mut header = Vec::with_capacity(GROUP_HEADER_BYTES);
    header.extend_from_slice(&GROUP_MAGIC);
    header.extend_from_slice(&first.to_be_bytes());
    header.extend_from_slice(&u32::try_from(entries.len()).unwrap_or_default().to_be_bytes());
    header.extend_from_slice(&u32::try_from(payload_bytes).unwrap_or_default().to_be_bytes());
    header.extend_from_slice(&sum.finalize().to_be_bytes());
    header.extend_from_slice(&crc32fast::hash(&header).to_be_bytes());
    header.extend_from_slice(&GROUP_MARK);
    if let Some(place) = buffer.get_mut(..header.len()) {
        place.copy_from_slice(&header);
    }
}

const BUFFER_BYTES_KEPT: usize = 2 * 1024 * 1024;
