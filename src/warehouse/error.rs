//! What can go wrong in this room. No text here ever carries a value of a resident.

use std::path::PathBuf;
use std::sync::Arc;

/// Why a snapshot could not be written, opened or read.
#[derive(Debug, thiserror::Error)]
pub enum WarehouseError {
    /// The operating system refused.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// `manifest.json` is not what this program writes.
    #[error("the manifest {path} is not usable: {what}")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A data file is not the one that the manifest names, or its index is damaged.
    #[error("the data file {file} does not fit its manifest: {what}")]
    Foreign {
        /// The file's name.
        file: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The footer of a data file can't be written or understood.
    #[error("the Parquet metadata of {file} cannot be processed")]
    Parquet {
        /// The file's name.
        file: String,
        /// What the Parquet library said.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// A page does not carry what its checksum and the directory promise: nothing is taken from it.
    #[error("page {page} of column {column} in {file} is damaged")]
    Damaged {
        /// The file's name.
        file: Arc<str>,
        /// The column.
        column: &'static str,
        /// The number of the page within the column of its row group, from 0.
        page: usize,
    },
    /// Another process writes to the directory.
    #[error("another process is writing a snapshot into {0}")]
    Busy(PathBuf),
    /// An input that can't be taken. What a single row lacks is no error but a rejected row.
    #[error("the input {file}{}: {what}", at(*row))]
    Input {
        /// The file.
        file: String,
        /// The row within it, from 1, where one is to blame.
        row: Option<u64>,
        /// What is wrong with it.
        what: String,
    },
    /// What a build had put aside came back from the disk as something else.
    #[error("{0} is damaged: the disk did not give back what was written")]
    Spilled(PathBuf),
    /// More rows were rejected than allowed; the list of them is written.
    #[error("more than {0} rows were rejected; the list of them is written, the snapshot is not")]
    TooManyRejects(u64),
    /// No row of an input can be taken.
    #[error("the input {0} has no row that can be taken; see the list of rejected rows")]
    Nobody(PathBuf),
    /// An input has such large pages that the memory allowed does not suffice.
    #[error("the pages of the input are large: at least {0} MiB of memory are needed")]
    Memory(u64),
    /// A snapshot that is sound cannot take the place that it was to have.
    #[error("the snapshot {snapshot} cannot be served: {what}")]
    Misfit {
        /// Its id.
        snapshot: String,
        /// Why not.
        what: &'static str,
    },
    /// Somebody else is doing the same.
    #[error("another process holds the lock .{what}.lock in {root}: one at a time")]
    Locked {
        /// The warehouse's directory.
        root: PathBuf,
        /// The lock's name.
        what: &'static str,
    },
    /// A snapshot was to be written where published ones are.
    #[error("{0} holds published snapshots: write elsewhere, then publish")]
    Root(PathBuf),
    /// It was told to stop before it was done.
    #[error("stopped before it was done: nothing was changed")]
    Stopped,
    /// A snapshot was asked for that can't be generated.
    #[error("cannot generate: {0}")]
    Options(&'static str),
    /// A number ran over a bound that the format sets.
    #[error("the population does not fit the format: {0}")]
    Bound(&'static str),
    /// The thread that read was ended, as happens when the gateway goes down.
    #[error("the look-up was interrupted")]
    Interrupted,
}

/// The row as part of a message.
fn at(row: Option<u64>) -> String {
    row.map_or_else(String::new, |row| format!(", row {row}"))
}

impl WarehouseError {
    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
