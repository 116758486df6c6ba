//! The only writer of files.
//!
//! [`Disk`] and [`DiskFile`] are what the house needs of a file system, no more. There are two of them: [`RealDisk`] stands on the
//! operating system, [`FaultyDisk`] lives in memory and fails, tears and loses power as a script says, so that every room above can
//! be tested against a disk that misbehaves at each of its steps.
//!
//! Whole files are written one way: a temporary file beside the target, fsync, rename, fsync of the directory ([`replace`],
//! [`AtomicFile`]). A reader sees the old file or the new one, never a part.
//!
//! Refuses to guess: errors of the operating system come back as they are, and nothing here tries a second time.

mod atomic;
mod faulty;
mod names;
mod platter;
mod real;

use std::io;
use std::path::{Path, PathBuf};

pub use atomic::{AtomicFile, replace, replace_private};
pub use faulty::{Deed, Errno, FaultyDisk, Operation};
pub use platter::Tearing;
pub use real::RealDisk;

/// A file system, as far as the house needs one.
pub trait Disk: Send + Sync {
    /// Opens or creates a file.
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>>;
    /// Gives a file or a directory a new name, a file in place of what had that name. Durable only after [`Disk::sync_dir`].
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file's name. Durable only after [`Disk::sync_dir`].
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;
    /// The names of the files in a directory, sorted; directories inside it are left out.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Creates a directory with all above it, durably; one that exists is fine.
    fn create_dir_all(&self, dir: &Path) -> io::Result<()>;
    /// Gives a file a second name on the same file system, which must be free. Durable only after [`Disk::sync_dir`].
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// The names of the directories in a directory, sorted.
    fn list_dirs(&self, dir: &Path) -> io::Result<Vec<String>>;
    /// Removes an empty directory. Durable only after [`Disk::sync_dir`] of the one above.
    fn remove_dir(&self, dir: &Path) -> io::Result<()>;
}

/// An open file. Closed when dropped, and its lock let go with it.
pub trait DiskFile: Send + Sync {
    /// Its length in bytes.
    fn size_bytes(&self) -> io::Result<u64>;
    /// Reads into `buffer` from `offset`; fewer bytes than asked are given only at the end of the file.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes all of `bytes` at `offset`, which makes the file longer where needed. After an error any part may have been written.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Makes the contents durable, and of the metadata what is needed to read them back. After an error nothing is known of what was
    /// written since the last success: trying again proves nothing.
    fn sync_data(&self) -> io::Result<()>;
    /// Makes contents and all metadata durable. The same holds after an error.
    fn sync_all(&self) -> io::Result<()>;
    /// Cuts the file off, or makes it longer with zeros for which no room is reserved yet.
    fn set_size_bytes(&self, bytes: u64) -> io::Result<()>;
    /// Takes the exclusive lock of the file; false where another holds it.
    fn try_lock(&self) -> io::Result<bool>;
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// For reading; it must exist.
    Read,
    /// For reading and writing; it must exist.
    Write,
    /// For reading and writing; created where missing.
    Create,
    /// For reading and writing; it must not exist.
    CreateNew,
    /// As [`Open::CreateNew`], readable by the owner alone (mode 0600): for keys.
    CreatePrivate,
    /// For reading and writing; created where missing, emptied where not.
    Truncate,
}

/// Writes zeros over `from..to`. Room is then reserved and the blocks are written ones, so that overwriting them later changes no
/// metadata and a later fdatasync has none to write.
pub fn write_zeros(file: &dyn DiskFile, from: u64, to: u64) -> io::Result<()> {
    let mut at = from;
    while at < to {
        let wanted = usize::try_from(to - at).unwrap_or(usize::MAX).min(ZEROS.len());
        let Some(zeros) = ZEROS.get(..wanted) else { break };
        file.write_all_at(zeros, at)?;
        at += wanted as u64;
    }
    Ok(())
}

/// The whole file. Refuses one of more than `bytes_max` bytes.
pub fn read_all(disk: &dyn Disk, path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let file = disk.open(path, Open::Read)?;
    let size = file.size_bytes()?;
    if size > bytes_max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("{size} bytes, of which {bytes_max} are allowed")));
    }
    let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
    let read = read_full(&*file, &mut bytes, 0)?;
    bytes.truncate(read);
    Ok(bytes)
}

/// Reads until `buffer` is full or the file ends; tells how many bytes there were.
pub fn read_full(file: &dyn DiskFile, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + done as u64)? {
            0 => break,
            read => done += read,
        }
    }
    Ok(done)
}

/// The directory that holds a path's name.
pub(super) fn dir_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir.to_owned(),
        _ => PathBuf::from("."),
    }
}

static ZEROS: [u8; 256 * 1024] = [0; 256 * 1024];
