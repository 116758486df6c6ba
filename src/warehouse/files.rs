//! The few calls that write files, by way of disk: a temporary name, fsync, then the final name, then fsync of the directory.
//!
//! One writer at a time has a directory: a second one is refused by a lock, which dies with its process. What a killed writer left
//! under temporary names is removed by the next.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::WarehouseError;
use crate::disk::{Disk, DiskFile, Open, read_full};

/// What every temporary name begins with; nobody reads such files.
const TEMPORARY: &str = ".unfinished-";
/// The file whose lock the one writer of a directory holds.
const LOCK: &str = ".unfinished-lock";

/// A directory that this process alone writes to, until it is dropped. What has only a temporary name then goes with it.
pub(super) struct Workplace {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    /// Held open for its lock.
    _lock: Box<dyn DiskFile>,
}

/// A file that has no final name yet. What is dropped unfinished stays under its temporary name until the next [`Workplace::enter`].
pub(super) struct Staged {
    disk: Arc<dyn Disk>,
    file: Box<dyn DiskFile>,
    path: PathBuf,
    written: u64,
}

impl Workplace {
    /// Makes the directory if it is missing, locks it, and removes what an interrupted run left under temporary names.
    pub(super) fn enter(disk: Arc<dyn Disk>, dir: &Path) -> Result<Self, WarehouseError> {
        disk.create_dir_all(dir).map_err(WarehouseError::io("create", dir))?;
        let path = dir.join(LOCK);
        let lock = disk.open(&path, Open::Create).map_err(WarehouseError::io("create", &path))?;
        if !lock.try_lock().map_err(WarehouseError::io("lock", &path))? {
            return Err(WarehouseError::Busy(dir.to_owned()));
        }
        let workplace = Self { disk, dir: dir.to_owned(), _lock: lock };
        workplace.remove_where(|name| name.starts_with(TEMPORARY) && name != LOCK)?;
        Ok(workplace)
    }

    /// Creates an empty file; `label` makes its name unique here.
    pub(super) fn stage(&self, label: &str) -> Result<Staged, WarehouseError> {
        Staged::create(&self.disk, &self.dir, label)
    }

    /// The directory.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Removes the files whose names are so.
    pub(super) fn remove_where(&self, superfluous: impl Fn(&str) -> bool) -> Result<(), WarehouseError> {
        for name in self.disk.list(&self.dir).map_err(WarehouseError::io("list", &self.dir))? {
            if superfluous(&name) {
                let path = self.dir.join(name);
                self.disk.remove(&path).map_err(WarehouseError::io("remove", &path))?;
            }
        }
        Ok(())
    }

    /// Makes renames durable.
    pub(super) fn sync(&self) -> Result<(), WarehouseError> {
        self.disk.sync_dir(&self.dir).map_err(WarehouseError::io("fsync", &self.dir))
    }

    /// Gives the directory free, with nothing under a temporary name left in it.
    pub(super) fn leave(self) -> Result<(), WarehouseError> {
        self.remove_where(|name| name.starts_with(TEMPORARY))
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        // What can't be removed now, the next writer removes.
        let _leftovers = self.remove_where(|name| name.starts_with(TEMPORARY));
    }
}

impl Staged {
    fn create(disk: &Arc<dyn Disk>, dir: &Path, label: &str) -> Result<Self, WarehouseError> {
        let path = dir.join(format!("{TEMPORARY}{label}"));
        let file = disk.open(&path, Open::Truncate).map_err(WarehouseError::io("create", &path))?;
        Ok(Self { disk: Arc::clone(disk), file, path, written: 0 })
    }

    /// Appends.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), WarehouseError> {
        self.file.write_all_at(bytes, self.written).map_err(WarehouseError::io("write", &self.path))?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// Reads what was written, to the end of the buffer or of the file.
    pub(super) fn read(&self, buffer: &mut [u8], offset: u64) -> Result<usize, WarehouseError> {
        read_full(&*self.file, buffer, offset).map_err(WarehouseError::io("read", &self.path))
    }

    /// Where it stands for now.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it: it was needed on the way only.
    pub(super) fn discard(self) -> Result<(), WarehouseError> {
        self.disk.remove(&self.path).map_err(WarehouseError::io("remove", &self.path))
    }

    /// Makes what was written durable.
    pub(super) fn sync(&mut self) -> Result<(), WarehouseError> {
        self.file.sync_all().map_err(WarehouseError::io("fsync", &self.path))
    }

    /// Gives a synced file its final name.
    pub(super) fn publish(self, name: &str) -> Result<(), WarehouseError> {
        let target = self.path.with_file_name(name);
        self.disk.rename(&self.path, &target).map_err(WarehouseError::io("rename to", target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::FaultyDisk;

    #[test]
    fn one_writer_at_a_time_and_the_next_one_clears_up_after_a_killed_one() {
        let disk = FaultyDisk::new();
        let dir = Path::new("/d");
        let enter = || Workplace::enter(Arc::new(disk.clone()), dir);
        let first = enter().unwrap();
        first.stage("run").unwrap().write(b"rows").unwrap();
        assert!(matches!(enter(), Err(WarehouseError::Busy(_))));
        disk.restart();
        assert_eq!(disk.list(dir).unwrap(), [".unfinished-lock", ".unfinished-run"]);
        let second = enter().unwrap();
        assert_eq!(disk.list(dir).unwrap(), [".unfinished-lock"]);
        drop(second);
        assert!(disk.list(dir).unwrap().is_empty());
        drop(first);
    }
}
