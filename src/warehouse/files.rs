//! The few calls that write files, by way of disk: a temporary name, fsync, then the final name, then fsync of the directory.

use std::path::{Path, PathBuf};

use super::error::WarehouseError;
use crate::disk::{Disk as _, DiskFile, Open, RealDisk};

/// What every temporary name begins with; nobody reads such files.
const TEMPORARY: &str = ".unfinished-";

/// A file that has no final name yet. What is dropped unfinished stays under its temporary name until the next [`prepare`].
pub(super) struct Staged {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    written: u64,
}

impl Staged {
    /// Creates an empty file in `dir`; `label` makes its name unique there.
    pub(super) fn create(dir: &Path, label: &str) -> Result<Self, WarehouseError> {
        let path = dir.join(format!("{TEMPORARY}{label}"));
        let file = RealDisk.open(&path, Open::Truncate).map_err(WarehouseError::io("create", &path))?;
        Ok(Self { file, path, written: 0 })
    }

    /// Appends.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), WarehouseError> {
        self.file.write_all_at(bytes, self.written).map_err(WarehouseError::io("write", &self.path))?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// Makes what was written durable.
    pub(super) fn sync(&mut self) -> Result<(), WarehouseError> {
        self.file.sync_all().map_err(WarehouseError::io("fsync", &self.path))
    }

    /// Gives a synced file its final name.
    pub(super) fn publish(self, name: &str) -> Result<(), WarehouseError> {
        let target = self.path.with_file_name(name);
        RealDisk.rename(&self.path, &target).map_err(WarehouseError::io("rename to", target))
    }
}

/// Makes the directory if it is missing and removes what an interrupted run left under temporary names.
pub(super) fn prepare(dir: &Path) -> Result<(), WarehouseError> {
    RealDisk.create_dir_all(dir).map_err(WarehouseError::io("create", dir))?;
    remove_where(dir, |name| name.starts_with(TEMPORARY))
}

/// Removes the files in a directory whose names are so.
pub(super) fn remove_where(dir: &Path, superfluous: impl Fn(&str) -> bool) -> Result<(), WarehouseError> {
    for name in RealDisk.list(dir).map_err(WarehouseError::io("list", dir))? {
        if superfluous(&name) {
            let path = dir.join(name);
            RealDisk.remove(&path).map_err(WarehouseError::io("remove", &path))?;
        }
    }
    Ok(())
}

/// Makes renames in the directory durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), WarehouseError> {
    RealDisk.sync_dir(dir).map_err(WarehouseError::io("fsync", dir))
}
