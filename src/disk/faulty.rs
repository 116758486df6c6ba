//! A disk in memory that misbehaves as a script says: for tests of everything that must survive a bad disk.
//!
//! Every operation that changes something is a step, numbered from 0. A step can be made to fail, to tear a write or to cut the power;
//! room can be made scarce. [`FaultyDisk::crash`] is the reboot after a power cut (or the restart after a kill, with everything
//! synced before): names and sectors that were not synced survive only as a seed decides. A failed sync loses what it was to write,
//! though readers go on seeing it, as operating systems do.
//!
//! Directories are durable as soon as they exist; that is all the kindness there is.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
pub use rustix::io::Errno;

use super::names::NameChange;
use super::platter::{Platter, Tearing};
use super::{Disk, DiskFile, Open, dir_of};

/// What happens at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The operation does nothing and fails.
    Fail(Errno),
    /// A write takes this many bytes (at most all) and fails; any other operation just fails.
    Tear {
        /// Bytes written before the failure.
        bytes: usize,
        /// The error.
        errno: Errno,
    },
    /// The operation is begun and the power goes: it and all after it fail, until [`FaultyDisk::crash`].
    PowerCut,
    /// The process is killed: a write has taken this many bytes (at most all), any other operation does nothing; it and all after it
    /// fail, until [`FaultyDisk::restart`].
    Kill {
        /// Bytes written before the end.
        bytes: usize,
    },
}

/// The kinds of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A file was created or emptied.
    Create,
    /// A write.
    Write,
    /// A sync of data or of everything.
    Sync,
    /// A change of size.
    Resize,
    /// A rename.
    Rename,
    /// A removal.
    Remove,
    /// A second name.
    Link,
    /// A sync of a directory.
    SyncDir,
}

/// The disk. Clones are the same disk.
#[derive(Clone, Default)]
pub struct FaultyDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    names: BTreeMap<PathBuf, u64>,
    durable_names: BTreeMap<PathBuf, u64>,
    /// Changes of names that no sync of a directory has made durable, in order.
    pending: Vec<NameChange>,
    dirs: BTreeSet<PathBuf>,
    files: BTreeMap<u64, Platter>,
    locks: BTreeMap<u64, u64>,
    next_number: u64,
    trace: Vec<(Operation, PathBuf)>,
    script: BTreeMap<u64, Deed>,
    room_bytes: Option<usize>,
    dead: bool,
    boots: u64,
}

/// What a step may do once the script has been asked.
#[derive(Clone, Copy)]
enum Verdict {
    Go,
    GoAndDie,
    Tear(usize, Errno),
}

impl FaultyDisk {
    /// An empty disk without faults and with all the room in the world.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what happens at a step; the first is 0.
    pub fn at_step(&self, step: u64, deed: Deed) {
        self.state().script.insert(step, deed);
    }

    /// Steps taken so far: the number of the next one.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.state().trace.len() as u64
    }

    /// What each step was.
    #[must_use]
    pub fn trace(&self) -> Vec<(Operation, PathBuf)> {
        self.state().trace.clone()
    }

    /// Bytes that all files together may take; `None` for no bound.
    pub fn set_room_bytes(&self, room: Option<usize>) {
        self.state().room_bytes = room;
    }

    /// The machine comes back after the power went. Files opened before are of no use any more, locks are gone, the script is empty.
    pub fn crash(&self, seed: u64, tearing: Tearing) {
        let mut state = self.state();
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let kept = dice.next_u32() as usize % (state.pending.len() + 1);
        for change in std::mem::take(&mut state.pending).into_iter().take(kept) {
            change.apply(&mut state.durable_names);
        }
        state.names = state.durable_names.clone();
        for platter in state.files.values_mut() {
            platter.crash(&mut dice, tearing);
        }
        state.locks.clear();
        state.script.clear();
        state.dead = false;
        state.boots += 1;
    }

    /// The process died, at a power cut of the script or now; the machine did not: files stay as they were seen, locks are gone, the
    /// script is empty.
    pub fn restart(&self) {
        let mut state = self.state();
        state.dead = false;
        state.locks.clear();
        state.script.clear();
        state.boots += 1;
    }

    /// Puts a file there behind everyone's back, durably: the hand of a tamperer. Its directory comes with it.
    pub fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let number = state.number();
        let mut platter = Platter::default();
        platter.write(bytes, 0);
        platter.sync();
        state.files.insert(number, platter);
        state.dirs.extend(dir_of(path).ancestors().map(Path::to_owned));
        state.names.insert(path.to_owned(), number);
        state.durable_names.insert(path.to_owned(), number);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk for FaultyDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        state.alive()?;
        let found = state.names.get(path).copied();
        let number = match (found, how) {
            (None, Open::Read | Open::Write) => return Err(Errno::NOENT.into()),
            (Some(_), Open::CreateNew | Open::CreatePrivate) => return Err(Errno::EXIST.into()),
            (Some(number), Open::Truncate) => {
                state.step(Operation::Create, path, |state, _| state.platter(number).map(|platter| platter.resize(0)))?;
                number
            }
            (Some(number), _) => number,
            (None, _) if !state.dirs.contains(&dir_of(path)) => return Err(Errno::NOENT.into()),
            (None, _) => state.step(Operation::Create, path, |state, _| {
                let number = state.number();
                state.files.insert(number, Platter::default());
                state.change(NameChange::Set(path.to_owned(), number));
                Ok(number)
            })?,
        };
        let handle = state.number();
        let boot = state.boots;
        Ok(Box::new(FaultyFile { disk: self.clone(), path: path.to_owned(), number, handle, boot, writable: how != Open::Read }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.state().step(Operation::Rename, from, |state, _| {
            let number = state.names.get(from).copied().ok_or(Errno::NOENT)?;
            state.change(NameChange::Rename(from.to_owned(), to.to_owned(), number));
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.alive()?;
        if !state.names.contains_key(path) {
            return Err(Errno::NOENT.into());
        }
        state.step(Operation::Remove, path, |state, _| {
            state.change(NameChange::Remove(path.to_owned()));
            Ok(())
        })
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.state().step(Operation::SyncDir, dir, |state, verdict| {
            // Where the power goes meanwhile, the dice of the crash decide how far it got.
            if matches!(verdict, Verdict::Go) {
                let (mine, others) = std::mem::take(&mut state.pending).into_iter().partition(|change| change.is_in(dir));
                state.pending = others;
                for change in Vec::<NameChange>::from_iter(mine) {
                    change.apply(&mut state.durable_names);
                }
            }
            Ok(())
        })
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        state.alive()?;
        if !state.dirs.contains(dir) {
            return Err(Errno::NOENT.into());
        }
        let inside = state.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.alive()?;
        state.dirs.extend(dir.ancestors().map(Path::to_owned));
        Ok(())
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.state().step(Operation::Link, from, |state, _| {
            let number = state.names.get(from).copied().ok_or(Errno::NOENT)?;
            if state.names.contains_key(to) {
                return Err(Errno::EXIST.into());
            }
            state.change(NameChange::Set(to.to_owned(), number));
            Ok(())
        })
    }

    fn list_dirs(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        state.alive()?;
        if !state.dirs.contains(dir) {
            return Err(Errno::NOENT.into());
        }
        let inside = state.dirs.iter().filter(|path| path.parent() == Some(dir));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        self.state().step(Operation::Remove, dir, |state, _| {
            let below = |path: &PathBuf| path != dir && path.starts_with(dir);
            if state.names.keys().any(below) || state.dirs.iter().any(below) {
                return Err(Errno::NOTEMPTY.into());
            }
            if state.dirs.remove(dir) { Ok(()) } else { Err(Errno::NOENT.into()) }
        })
    }
}

impl State {
    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    fn alive(&self) -> io::Result<()> {
        if self.dead { Err(power_is_off()) } else { Ok(()) }
    }

    fn platter(&mut self, number: u64) -> io::Result<&mut Platter> {
        self.files.get_mut(&number).ok_or_else(|| Errno::STALE.into())
    }

    fn change(&mut self, change: NameChange) {
        change.clone().apply(&mut self.names);
        self.pending.push(change);
    }

    /// One step: asks the script, then does it or not.
    fn step<T>(
        &mut self,
        operation: Operation,
        path: &Path,
        act: impl FnOnce(&mut Self, Verdict) -> io::Result<T>,
    ) -> io::Result<T> {
        self.alive()?;
        let deed = self.script.remove(&(self.trace.len() as u64));
        self.trace.push((operation, path.to_owned()));
        match deed {
            None => act(self, Verdict::Go),
            Some(Deed::Tear { bytes, errno }) if operation == Operation::Write => act(self, Verdict::Tear(bytes, errno)),
            Some(Deed::Fail(errno) | Deed::Tear { errno, .. }) => Err(errno.into()),
            Some(Deed::Kill { bytes }) => {
                self.dead = true;
                if operation == Operation::Write { act(self, Verdict::Tear(bytes, Errno::INTR)) } else { Err(power_is_off()) }
            }
            Some(Deed::PowerCut) => {
                self.dead = true;
                act(self, Verdict::GoAndDie)?;
                Err(power_is_off())
            }
        }
    }

    /// How many of the bytes find room.
    fn room_for(&self, number: u64, end: usize) -> usize {
        let Some(room) = self.room_bytes else { return end };
        let others: usize = self
            .names
            .values()
            .filter(|other| **other != number)
            .filter_map(|other| self.files.get(other))
            .map(|p| p.seen.len())
            .sum();
        let own = self.files.get(&number).map_or(0, |platter| platter.seen.len());
        end.min(room.saturating_sub(others).max(own))
    }
}

/// An open file of the disk.
struct FaultyFile {
    disk: FaultyDisk,
    path: PathBuf,
    number: u64,
    handle: u64,
    boot: u64,
    writable: bool,
}

impl FaultyFile {
    fn state(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.disk.state();
        state.alive()?;
        if state.boots == self.boot { Ok(state) } else { Err(Errno::STALE.into()) }
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.state()?;
        let outcome = state.step(Operation::Sync, &self.path, |state, verdict| {
            if matches!(verdict, Verdict::Go) {
                state.platter(self.number)?.sync();
            }
            Ok(())
        });
        if outcome.is_err() && !state.dead {
            state.platter(self.number)?.forget();
        }
        outcome
    }
}

impl DiskFile for FaultyFile {
    fn size_bytes(&self) -> io::Result<u64> {
        Ok(self.state()?.platter(self.number)?.seen.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.state()?;
        let seen = state.platter(self.number)?.seen.get(to_place(offset)?..).unwrap_or_default();
        let count = seen.len().min(buffer.len());
        for (into, of) in buffer.iter_mut().zip(seen) {
            *into = *of;
        }
        Ok(count)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if !self.writable {
            return Err(Errno::BADF.into());
        }
        let offset = to_place(offset)?;
        self.state()?.step(Operation::Write, &self.path, |state, verdict| {
            let fits = state.room_for(self.number, offset + bytes.len()).saturating_sub(offset);
            let (wanted, errno) = match verdict {
                Verdict::Tear(torn, errno) => (torn.min(bytes.len()), Some(errno)),
                Verdict::Go | Verdict::GoAndDie => (bytes.len(), None),
            };
            let errno = if fits < wanted { Some(Errno::NOSPC) } else { errno };
            let part = bytes.get(..wanted.min(fits)).unwrap_or_default();
            if !part.is_empty() {
                state.platter(self.number)?.write(part, offset);
            }
            errno.map_or(Ok(()), |errno| Err(errno.into()))
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.sync()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync()
    }

    fn set_size_bytes(&self, bytes: u64) -> io::Result<()> {
        let size = to_place(bytes)?;
        self.state()?.step(Operation::Resize, &self.path, |state, _| {
            state.platter(self.number)?.resize(size);
            Ok(())
        })
    }

    fn try_lock(&self) -> io::Result<bool> {
        let mut state = self.state()?;
        Ok(*state.locks.entry(self.number).or_insert(self.handle) == self.handle)
    }
}

impl Drop for FaultyFile {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if state.boots == self.boot && state.locks.get(&self.number) == Some(&self.handle) {
            state.locks.remove(&self.number);
        }
    }
}

fn to_place(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(io::Error::other)
}

fn power_is_off() -> io::Error {
    io::Error::other("the power is off")
}

#[cfg(test)]
#[path = "faulty_tests.rs"]
mod tests;
