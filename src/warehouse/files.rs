//! The few calls that write files: a temporary name, fsync, then the final name, then fsync of the directory.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::WarehouseError;

/// What every temporary name begins with; nobody reads such files.
const TEMPORARY: &str = ".unfinished-";

/// A file that has no final name yet. What is dropped unfinished stays under its temporary name until the next [`prepare`].
pub(super) struct Staged {
    file: File,
    path: PathBuf,
}

impl Staged {
    /// Creates an empty file in `dir`; `label` makes its name unique there.
    #[expect(clippy::disallowed_methods, reason = "this file is the one place of the room that writes files")]
    pub(super) fn create(dir: &Path, label: &str) -> Result<Self, WarehouseError> {
        let path = dir.join(format!("{TEMPORARY}{label}"));
        let file = File::create(&path).map_err(WarehouseError::io("create", &path))?;
        Ok(Self { file, path })
    }

    /// Appends.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), WarehouseError> {
        self.file.write_all(bytes).map_err(WarehouseError::io("write", &self.path))
    }

    /// Makes what was written durable.
    pub(super) fn sync(&mut self) -> Result<(), WarehouseError> {
        self.file.sync_all().map_err(WarehouseError::io("fsync", &self.path))
    }

    /// Gives a synced file its final name.
    #[expect(clippy::disallowed_methods, reason = "this file is the one place of the room that writes files")]
    pub(super) fn publish(self, name: &str) -> Result<(), WarehouseError> {
        let target = self.path.with_file_name(name);
        fs::rename(&self.path, &target).map_err(WarehouseError::io("rename to", target))
    }
}

/// Makes the directory if it is missing and removes what an interrupted run left under temporary names.
pub(super) fn prepare(dir: &Path) -> Result<(), WarehouseError> {
    fs::create_dir_all(dir).map_err(WarehouseError::io("create", dir))?;
    remove_where(dir, |name| name.starts_with(TEMPORARY))
}

/// Removes the files in a directory whose names are so.
#[expect(clippy::disallowed_methods, reason = "this file is the one place of the room that removes files")]
pub(super) fn remove_where(dir: &Path, superfluous: impl Fn(&str) -> bool) -> Result<(), WarehouseError> {
    for entry in fs::read_dir(dir).map_err(WarehouseError::io("list", dir))? {
        let entry = entry.map_err(WarehouseError::io("list", dir))?;
        if entry.file_name().to_str().is_some_and(&superfluous) {
            fs::remove_file(entry.path()).map_err(WarehouseError::io("remove", entry.path()))?;
        }
    }
    Ok(())
}

/// Makes renames in the directory durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), WarehouseError> {
    File::open(dir).and_then(|handle| handle.sync_all()).map_err(WarehouseError::io("fsync", dir))
}
