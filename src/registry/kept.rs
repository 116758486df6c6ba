//! What was verified before, by folder, so that only what has changed is verified anew, and what breaks takes nothing down.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::files::Digest;
use super::lineage::Lineage;

/// The verified folders of one set.
#[derive(Default)]
pub(super) struct Kept {
    by_folder: HashMap<PathBuf, One>,
}

/// One verified folder.
#[derive(Clone)]
pub(super) struct One {
    /// Of its files, as they were when it verified.
    pub(super) files: Digest,
    /// Of the trust anchors under which it did.
    pub(super) anchors: Digest,
    /// What came of it.
    pub(super) lineage: Lineage,
}

impl Kept {
    /// Whether a folder had verified.
    pub(super) fn knows(&self, folder: &Path) -> bool {
        self.by_folder.contains_key(folder)
    }

    /// What came of a folder, if the same anchors are trusted still. Under others nothing is believed that can't be verified anew.
    pub(super) fn under(&self, anchors: &Digest, folder: &Path) -> Option<&One> {
        self.by_folder.get(folder).filter(|one| one.anchors == *anchors)
    }

    /// What came of a folder, whatever anchors are trusted: what must not be gone back behind.
    pub(super) fn before(&self, folder: &Path) -> Option<&One> {
        self.by_folder.get(folder)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Path, &One)> {
        self.by_folder.iter().map(|(folder, one)| (folder.as_path(), one))
    }

    pub(super) fn keep(&mut self, folder: PathBuf, one: One) {
        self.by_folder.insert(folder, one);
    }
}
