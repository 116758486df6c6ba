//! The names of the faulty disk's files, and how they change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::dir_of;

/// A change of names that a sync of its directory makes durable.
#[derive(Clone)]
pub(super) enum NameChange {
    /// A file got its first name.
    Set(PathBuf, u64),
    /// From, to, and which file.
    Rename(PathBuf, PathBuf, u64),
    /// A name was taken away.
    Remove(PathBuf),
}

impl NameChange {
    /// Does it.
    pub(super) fn apply(self, names: &mut BTreeMap<PathBuf, u64>) {
        match self {
            Self::Set(path, number) => {
                names.insert(path, number);
            }
            Self::Rename(from, to, number) => {
                names.remove(&from);
                names.insert(to, number);
            }
            Self::Remove(path) => {
                names.remove(&path);
            }
        }
    }

    /// Whether it is the sync of this directory that makes it durable.
    pub(super) fn is_in(&self, dir: &Path) -> bool {
        let (Self::Set(path, _) | Self::Rename(_, path, _) | Self::Remove(path)) = self;
        dir_of(path) == dir
    }
}
