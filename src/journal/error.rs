//! What can go wrong with the log.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::audit::Damage;

/// Why the log can't be opened, read or appended to. Cheap to clone: all who waited for a group get the same.
#[derive(Clone, Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process, or another part of this one, has the log open.
    #[error("the log in {} is in use by another process", dir.display())]
    Locked {
        /// Its directory.
        dir: PathBuf,
    },
    /// The operating system refused something.
    #[error("cannot {deed} {}", path.display())]
    Io {
        /// What was tried.
        deed: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// What it said.
        source: Arc<io::Error>,
    },
    /// The log does not hold, and that is not a torn tail.
    #[error("the log is damaged")]
    Damaged(#[source] Arc<Damage>),
    /// An entry of no bytes or of too many.
    #[error("an entry of {bytes} bytes")]
    EntrySize {
        /// Its bytes.
        bytes: usize,
    },
    /// Too many entries wait for the disk.
    #[error("too many entries wait for the disk")]
    Full,
    /// No room on the disk: the entry is not in the log; a later append may succeed.
    #[error("no room on the disk")]
    NoSpace(#[source] Arc<io::Error>),
    /// A write failed: the entry is not in the log; a later append may succeed.
    #[error("a write failed")]
    Write(#[source] Arc<io::Error>),
    /// An fsync failed, now or earlier: nothing is appended until the process is restarted.
    #[error("an fsync has failed: nothing can be promised until a restart")]
    Poisoned,
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
}

impl JournalError {
    pub(super) fn io(deed: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { deed, path: path.to_owned(), source: Arc::new(source) }
    }

    pub(super) fn damaged(damage: Damage) -> Self {
        Self::Damaged(Arc::new(damage))
    }

    /// What a failed write means to those who waited.
    pub(super) fn write(source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace(Arc::new(source)),
            _ => Self::Write(Arc::new(source)),
        }
    }
}
