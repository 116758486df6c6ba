//! The disk of the operating system.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use super::{Disk, DiskFile, Open, dir_of};

/// The operating system's files.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(how != Open::Read);
        match how {
            Open::Read | Open::Write => {}
            Open::Create => {
                options.create(true).truncate(false);
            }
            Open::CreateNew => {
                options.create_new(true);
            }
            Open::CreatePrivate => {
                options.create_new(true).mode(0o600);
            }
            Open::Truncate => {
                options.create(true).truncate(true);
            }
        }
        Ok(Box::new(RealFile(options.open(path)?)))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the room that renames files")]
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the room that removes files")]
    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        names_in(dir, std::fs::FileType::is_file)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::hard_link(from, to)
    }

    fn list_dirs(&self, dir: &Path) -> io::Result<Vec<String>> {
        names_in(dir, std::fs::FileType::is_dir)
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        std::fs::remove_dir(dir)
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        if dir.is_dir() {
            return Ok(());
        }
        let above = dir_of(dir);
        if above != dir {
            self.create_dir_all(&above)?;
        }
        match DirBuilder::new().create(dir) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
            Err(error) => Err(error),
            Ok(()) => self.sync_dir(&above),
        }
    }
}

/// The names of a kind of entries in a directory, sorted.
fn names_in(dir: &Path, wanted: fn(&std::fs::FileType) -> bool) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for found in std::fs::read_dir(dir)? {
        let found = found?;
        if wanted(&found.file_type()?) {
            // A name that is not UTF-8 is none of ours.
            names.extend(found.file_name().into_string());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// A file of the operating system.
struct RealFile(File);

impl DiskFile for RealFile {
    fn size_bytes(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        loop {
            match self.0.read_at(buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.0.sync_all()
    }

    fn set_size_bytes(&self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)
    }

    fn try_lock(&self) -> io::Result<bool> {
        match self.0.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{read_all, replace, replace_private, write_zeros};
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_second_opener_does_not_get_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = RealDisk.open(&path, Open::Create).unwrap();
        assert!(first.try_lock().unwrap());
        let second = RealDisk.open(&path, Open::Create).unwrap();
        assert!(!second.try_lock().unwrap());
        drop(first);
        assert!(second.try_lock().unwrap());
    }

    #[test]
    fn replaces_a_file_whole_and_keeps_keys_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/key.pem");
        RealDisk.create_dir_all(path.parent().unwrap()).unwrap();
        replace(&RealDisk, &path, b"old").unwrap();
        replace_private(&RealDisk, &path, b"new").unwrap();
        assert_eq!(read_all(&RealDisk, &path, 3).unwrap(), b"new");
        assert!(read_all(&RealDisk, &path, 2).is_err());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(RealDisk.list(path.parent().unwrap()).unwrap(), ["key.pem"], "no temporary file is left");
    }

    #[test]
    fn zeros_are_written_over_exactly_the_range() {
        let dir = tempfile::tempdir().unwrap();
        let file = RealDisk.open(&dir.path().join("f"), Open::CreateNew).unwrap();
        file.write_all_at(b"abcdef", 0).unwrap();
        write_zeros(&*file, 2, 4).unwrap();
        write_zeros(&*file, 6, 600_000).unwrap();
        let mut bytes = [1; 8];
        file.read_at(&mut bytes, 0).unwrap();
        assert_eq!(&bytes, b"ab\0\0ef\0\0");
        assert_eq!(file.size_bytes().unwrap(), 600_000);
    }
}
