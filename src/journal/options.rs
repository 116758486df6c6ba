//! What an operator may set about the log, and what watches it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::kernel::limits::AUDIT_SEGMENT_BYTES_MAX;

/// Called by the writer after each fdatasync of a group, with how long it took: for a histogram. Must not block.
#[derive(Clone)]
pub struct SyncHook(Arc<dyn Fn(Duration) + Send + Sync>);

impl SyncHook {
    /// From what is to be called.
    pub fn new(hook: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hook))
    }

    pub(super) fn call(&self, took: Duration) {
        (self.0)(took);
    }
}

impl fmt::Debug for SyncHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SyncHook")
    }
}

/// Settings of a log.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes of a segment after which the next one is begun; a larger group gets a larger segment.
    pub segment_bytes_max: u64,
    /// Bytes of zeros that are written ahead of the groups at a time.
    pub preallocate_bytes: u64,
    /// How many of the latest segments are checked when the log is opened, at least 1. Checking all is `audit verify`'s task.
    pub segments_checked: usize,
    /// The longest wait of a group for more entries, from the beginning of the last commit. Zero commits as soon as the disk is free.
    /// More makes groups larger where the disk is fast, and so the processor time of a commit is shared by more entries; a group that
    /// is as large as the last ones were goes before, and entries that come after a pause are committed at once all the same.
    pub commit_interval_min: Duration,
    /// What to call after each fdatasync.
    pub sync_hook: Option<SyncHook>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes_max: 64 * 1024 * 1024,
            preallocate_bytes: 4 * 1024 * 1024,
            segments_checked: 2,
            commit_interval_min: Duration::ZERO,
            sync_hook: None,
        }
    }
}

impl Options {
    /// The settings within their bounds.
    pub(super) fn bounded(mut self) -> Self {
        self.segment_bytes_max = self.segment_bytes_max.clamp(SEGMENT_BYTES_MIN, AUDIT_SEGMENT_BYTES_MAX / 2);
        self.preallocate_bytes = self.preallocate_bytes.clamp(SECTOR_BYTES, self.segment_bytes_max);
        self.commit_interval_min = self.commit_interval_min.min(COMMIT_INTERVAL_MAX);
        self.segments_checked = self.segments_checked.max(1);
        self
    }
}

/// More would be felt by who waits for the answer.
const COMMIT_INTERVAL_MAX: Duration = Duration::from_millis(100);
const SEGMENT_BYTES_MIN: u64 = 1024;
const SECTOR_BYTES: u64 = 512;
