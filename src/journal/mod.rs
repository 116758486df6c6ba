//! The durable audit log: an entry goes in, a [`Receipt`] comes out once it is on the disk. No answer leaves without one.
//!
//! Appends queue up behind one lock; one thread takes all that is waiting, writes it as one group into room written ahead and makes it
//! durable with one fdatasync, so that the cost of the disk is shared by everyone who waited (group commit). The layout on disk is
//! [`crate::audit::format`]'s.
//!
//! What goes wrong:
//! - A write that fails (disk full above all) fails the appends that waited for it, and nobody else: the place is cleared and the next
//!   group goes there, so the log goes on by itself once there is room.
//! - An fsync that fails is final. What the disk holds is unknown from then on, a second fsync would only pretend, so every append
//!   fails until the process is restarted and the log has been recovered from what is really there.
//!
//! Opening a log zeroes a torn tail, as [`crate::audit::fsck`] defines it, and nothing else; a log with any other damage is refused
//! with the place, and so is a second opener.

mod batch;
mod error;
mod options;
mod pace;
mod queue;
mod reader;
mod recover;
mod segment;
mod tally;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

pub use error::JournalError;
pub use options::{Options, SyncHook};
pub use reader::{LogState, Report, verify};
pub use recover::Recovered;
pub use tally::{Tally, tally};

use self::batch::Sealing;
use self::queue::Queue;
use crate::audit::{Leaf, TornTail, leaf_hash};
use crate::disk::{Disk, DiskFile, Open};
use crate::kernel::Clock;
use crate::kernel::limits::AUDIT_ENTRY_BYTES_MAX;

/// Beside the segments from the first moment on: held while a process has the log open.
pub const LOCK_FILE: &str = "lock";

/// The witness that an entry is durable. Only the journal makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    index: u64,
    leaf: Leaf,
}

impl Receipt {
    /// The entry's index in the log.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The entry's leaf hash.
    #[must_use]
    pub const fn leaf(&self) -> &Leaf {
        &self.leaf
    }
}

/// The log, open for appending. Closed when dropped, after what waits has been written.
pub struct Journal {
    queue: Arc<Queue>,
    figures: Arc<Figures>,
    writer: Mutex<Option<JoinHandle<()>>>,
    /// Held as long as the log is open.
    lock: Mutex<Option<Box<dyn DiskFile>>>,
}

/// What has been done since the log was opened, for metrics.
#[derive(Debug, Default)]
pub struct Figures {
    entries: AtomicU64,
    bytes: AtomicU64,
    groups: AtomicU64,
    failed_groups: AtomicU64,
    next_index: AtomicU64,
    last_failed: AtomicU64,
}

impl Journal {
    /// Opens the log in `dir`, made where missing, after recovery. Blocks while it reads the latest segments.
    pub fn open(
        disk: Arc<dyn Disk>,
        dir: &Path,
        options: Options,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, Recovered), JournalError> {
        disk.create_dir_all(dir).map_err(|error| JournalError::io("create the directory of", dir, error))?;
        let lock_path = dir.join(LOCK_FILE);
        let lock = disk.open(&lock_path, Open::Create).map_err(|error| JournalError::io("open", &lock_path, error))?;
        if !lock.try_lock().map_err(|error| JournalError::io("lock", &lock_path, error))? {
            return Err(JournalError::Locked { dir: dir.to_owned() });
        }
        let hook = options.sync_hook.clone();
        let (log, recovered) = recover::recover(disk, dir, options, clock)?;
        let queue = Arc::new(Queue::default());
        let figures = Arc::new(Figures::default());
        figures.next_index.store(recovered.entries, Ordering::Relaxed);
        let thread = std::thread::Builder::new().name("journal".to_owned());
        let (writer_queue, writer_figures) = (Arc::clone(&queue), Arc::clone(&figures));
        let writer = thread
            .spawn(move || writer::run(&writer_queue, log, &writer_figures, hook.as_ref()))
            .map_err(|error| JournalError::io("start the writer of", dir, error))?;
        Ok((Self { queue, figures, writer: Mutex::new(Some(writer)), lock: Mutex::new(Some(lock)) }, recovered))
    }

    /// Appends an entry; ready when it is durable. Nothing is queued before the first poll. Dropped after that, the entry may still
    /// be written, for there is no taking it back.
    pub async fn append(&self, entry: Vec<u8>) -> Result<Receipt, JournalError> {
        if entry.is_empty() || entry.len() > AUDIT_ENTRY_BYTES_MAX {
            return Err(JournalError::EntrySize { bytes: entry.len() });
        }
        let leaf = leaf_hash(&entry);
        let (batch, position) = self.queue.push(entry, leaf)?;
        let index = Sealing::new(batch).await? + position;
        Ok(Receipt { index, leaf })
    }

    /// Appends many entries in a row with one look at the queue; ready when the fate of each is known. They come to stand in this order,
    /// though entries of others may stand between two groups. What is refused at the door (size, room) is refused for all of them and
    /// then none is queued; a commit that fails afterwards concerns the entries of its group.
    pub async fn append_many(&self, entries: Vec<Vec<u8>>) -> Result<Vec<Result<Receipt, JournalError>>, JournalError> {
        if let Some(entry) = entries.iter().find(|entry| entry.is_empty() || entry.len() > AUDIT_ENTRY_BYTES_MAX) {
            return Err(JournalError::EntrySize { bytes: entry.len() });
        }
        let leaves: Vec<Leaf> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        let mut receipts = Vec::with_capacity(leaves.len());
        let mut left = leaves.iter().copied();
        for run in self.queue.push_many(entries, &leaves)? {
            let first = Sealing::new(run.batch).await;
            let places = left.by_ref().take(run.count).zip(run.position..);
            receipts.extend(places.map(|(leaf, position)| first.clone().map(|first| Receipt { index: first + position, leaf })));
        }
        Ok(receipts)
    }

    /// Whether appends succeed, by the last that was tried: false while the disk is full, and for good after a failed fsync.
    #[must_use]
    pub fn healthy(&self) -> bool {
        self.queue.is_open() && self.figures.last_failed.load(Ordering::Relaxed) == 0
    }

    /// What has been done since the log was opened.
    #[must_use]
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Entries that wait for the disk.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    /// Writes what waits, then closes the log; appends that come later are refused. Blocks until that is done.
    pub fn close(&self) {
        self.queue.close();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // A writer that panicked has poisoned the queue on its way out: there is nothing left to tell here.
            let _ = writer.join();
        }
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close();
    }
}

impl Figures {
    /// Entries made durable.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries.load(Ordering::Relaxed)
    }

    /// Bytes made durable, with what frames the entries.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Groups made durable: each was one fdatasync.
    #[must_use]
    pub fn groups(&self) -> u64 {
        self.groups.load(Ordering::Relaxed)
    }

    /// Groups that could not be written.
    #[must_use]
    pub fn failed_groups(&self) -> u64 {
        self.failed_groups.load(Ordering::Relaxed)
    }

    /// Entries in the log, all together.
    #[must_use]
    pub fn log_entries(&self) -> u64 {
        self.next_index.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests;
