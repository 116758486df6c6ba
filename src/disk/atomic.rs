//! Whole files, the one way: temporary file beside the target, fsync, rename, fsync of the directory.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Disk, DiskFile, Open, dir_of};

/// Puts `bytes` in the place of a file, durably and at once: a reader, also one after a power cut, sees the old file or the new one.
pub fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_as(disk, path, bytes, Open::CreateNew)
}

/// As [`replace`], readable by the owner alone (mode 0600).
pub fn replace_private(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_as(disk, path, bytes, Open::CreatePrivate)
}

fn replace_as(disk: &dyn Disk, path: &Path, bytes: &[u8], how: Open) -> io::Result<()> {
    let mut file = AtomicFile::open(disk, path, how)?;
    file.write_all(bytes)?;
    file.commit()
}

/// A large file in the making, written in order. It takes the target's name only by [`AtomicFile::commit`]; dropped without it,
/// the target stays as it was and the temporary file is removed. One writer of a target at a time: the temporary name is fixed, so
/// that what a killed process left behind is overwritten by the next.
pub struct AtomicFile<'a> {
    disk: &'a dyn Disk,
    target: PathBuf,
    temporary: PathBuf,
    file: Box<dyn DiskFile>,
    buffer: Vec<u8>,
    written: u64,
    committed: bool,
}

impl<'a> AtomicFile<'a> {
    /// Begins a file that will stand at `path`.
    pub fn create(disk: &'a dyn Disk, path: &Path) -> io::Result<Self> {
        Self::open(disk, path, Open::CreateNew)
    }

    /// As [`AtomicFile::create`], readable by the owner alone (mode 0600).
    pub fn create_private(disk: &'a dyn Disk, path: &Path) -> io::Result<Self> {
        Self::open(disk, path, Open::CreatePrivate)
    }

    fn open(disk: &'a dyn Disk, path: &Path, how: Open) -> io::Result<Self> {
        let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a path without a file name"))?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(".tmp");
        let temporary = dir_of(path).join(hidden);
        // A leftover is removed, not emptied: it might be readable by others.
        match disk.remove(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = disk.open(&temporary, how)?;
        let buffer = Vec::with_capacity(BUFFER_BYTES);
        Ok(Self { disk, target: path.to_owned(), temporary, file, buffer, written: 0, committed: false })
    }

    /// Bytes taken so far.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    /// Makes the file durable under the target's name.
    pub fn commit(mut self) -> io::Result<()> {
        self.flush()?;
        self.file.sync_all()?;
        self.disk.rename(&self.temporary, &self.target)?;
        self.committed = true;
        self.disk.sync_dir(&dir_of(&self.target))
    }
}

impl Write for AtomicFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > BUFFER_BYTES {
            self.flush()?;
        }
        if bytes.len() >= BUFFER_BYTES {
            self.file.write_all_at(bytes, self.written)?;
            self.written += bytes.len() as u64;
        } else {
            self.buffer.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.buffer.is_empty() {
            self.file.write_all_at(&self.buffer, self.written)?;
            self.written += self.buffer.len() as u64;
            self.buffer.clear();
        }
        Ok(())
    }
}

impl Drop for AtomicFile<'_> {
    fn drop(&mut self) {
        if !self.committed {
            // Nothing can be done about a failure here; the next writer removes the leftover.
            let _ = self.disk.remove(&self.temporary);
        }
    }
}

const BUFFER_BYTES: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::super::{Deed, Errno, FaultyDisk, Tearing, read_all};
    use super::*;

    /// Replaces a file on a disk that already holds `old`; tells how many steps that took.
    fn replace_on(disk: &FaultyDisk, new: &[u8]) -> io::Result<()> {
        replace(disk, Path::new("/d/f"), new)
    }

    fn disk_with(old: &[u8]) -> FaultyDisk {
        let disk = FaultyDisk::new();
        disk.create_dir_all(Path::new("/d")).unwrap();
        replace_on(&disk, old).unwrap();
        disk
    }

    #[test]
    fn a_reader_sees_the_old_file_or_the_new_one_whatever_step_fails() {
        let (old, new) = (vec![1u8; 3000], vec![2u8; 5000]);
        let calm = disk_with(&old);
        let before = calm.steps();
        replace_on(&calm, &new).unwrap();
        let steps = calm.steps() - before;
        assert!(steps >= 5);
        for step in 0..steps {
            for deed in
                [Deed::Fail(Errno::NOSPC), Deed::Fail(Errno::IO), Deed::Tear { bytes: 700, errno: Errno::IO }, Deed::PowerCut]
            {
                for seed in 0..20 {
                    let disk = disk_with(&old);
                    disk.at_step(disk.steps() + step, deed);
                    let result = replace_on(&disk, &new);
                    disk.crash(seed, Tearing::WholeSectors);
                    let found = read_all(&disk, Path::new("/d/f"), 10_000).unwrap();
                    assert!(found == old || found == new, "step {step}, {deed:?}, seed {seed}");
                    assert!(
                        result.is_err() || found == new,
                        "step {step}, {deed:?}, seed {seed}: success, but the new file is lost"
                    );
                }
            }
        }
    }

    #[test]
    fn dropped_without_commit_it_leaves_the_target_and_no_temporary_file() {
        let disk = disk_with(b"old");
        let mut file = AtomicFile::create(&disk, Path::new("/d/f")).unwrap();
        file.write_all(&vec![7; BUFFER_BYTES * 2 + 5]).unwrap();
        file.write_all(b"tail").unwrap();
        assert_eq!(file.size_bytes(), BUFFER_BYTES as u64 * 2 + 9);
        drop(file);
        assert_eq!(read_all(&disk, Path::new("/d/f"), 10).unwrap(), b"old");
        assert_eq!(disk.list(Path::new("/d")).unwrap(), ["f"]);
    }
}
