//! What the files of a house looked like, by their metadata alone: enough to know that something may have changed.
//!
//! Symbolic links are followed and every look begins at the path, so a link or a folder swapped for another shows, as do files replaced
//! by rename and files written in place.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::config::Config;

/// How deep the folder of agreements is looked at: a lembaga's folder, what lies in it, and two more.
const DEPTH: usize = 4;

/// What is loaded and swapped as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Who may log in.
    Accounts,
    /// The list of honey NIKs.
    Honey,
    /// The server's certificate and key, the authorities of clients and their revocation lists.
    Certificates,
    /// The folder of agreements.
    Agreements,
}

/// One look.
pub(super) struct Seen([u64; Part::ALL.len()]);

impl Part {
    /// In the order of loading.
    pub(super) const ALL: [Self; 4] = [Self::Accounts, Self::Honey, Self::Certificates, Self::Agreements];

    /// The word for it in logs and figures.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Honey => "honey",
            Self::Certificates => "certificates",
            Self::Agreements => "agreements",
        }
    }
}

impl Seen {
    /// Looks at everything that a configuration names. To be called before it is loaded, so that nothing is missed in between.
    pub(super) fn of(config: &Config) -> Self {
        let tls = &config.tls;
        let certificates = [Some(&tls.certificate), Some(&tls.key), Some(&tls.client_ca), tls.client_crls.as_ref()];
        let certificates = certificates.into_iter().flatten().fold(0u64, |sum, path| sum.wrapping_add(mark(path, 0)));
        Self(Part::ALL.map(|part| match part {
            Part::Accounts => mark(&config.accounts, 0),
            Part::Honey => config.honey.as_deref().map_or(0, |path| mark(path, 0)),
            Part::Certificates => certificates,
            Part::Agreements => mark(&config.policies, DEPTH),
        }))
    }

    /// Whether a part looked the same.
    pub(super) fn is_same(&self, other: &Self, part: Part) -> bool {
        let place = part as usize;
        self.0.get(place) == other.0.get(place)
    }
}

/// A number that changes with what lies at a path. The order in which a folder is read does not matter.
fn mark(path: &Path, depth: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    // What can't be looked at is a state like any other.
    let Ok(metadata) = std::fs::metadata(path) else { return hasher.finish() };
    (metadata.dev(), metadata.ino(), metadata.len(), metadata.mode()).hash(&mut hasher);
    (metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()).hash(&mut hasher);
    let mut sum = hasher.finish();
    if metadata.is_dir() && depth > 0 {
        for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
            sum = sum.wrapping_add(mark(&entry.path(), depth - 1));
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{Disk as _, RealDisk, replace};

    #[test]
    fn a_file_replaced_a_link_swapped_and_a_folder_removed_all_show() {
        let kept = tempfile::tempdir().unwrap();
        let root = kept.path().join("policies");
        let write = |path: &Path, text: &str| {
            RealDisk.create_dir_all(path.parent().unwrap()).unwrap();
            replace(&RealDisk, path, text.as_bytes()).unwrap();
        };
        let mut marks = vec![mark(&root, DEPTH)];
        let mut changes = |what: &str| {
            let now = mark(&root, DEPTH);
            assert!(!marks.contains(&now), "{what}");
            assert_eq!(mark(&root, DEPTH), now, "nothing changed");
            marks.push(now);
        };
        write(&kept.path().join("one/a/pks.json"), "1");
        write(&kept.path().join("two/a/pks.json"), "1");
        std::os::unix::fs::symlink(kept.path().join("one"), &root).unwrap();
        changes("the folder is there");
        write(&root.join("a/pks.json"), "2");
        changes("a file was replaced by rename");
        write(&root.join("a/versions/2/pks.json"), "3");
        changes("a file came in a folder below");
        std::os::unix::fs::symlink(kept.path().join("two"), kept.path().join("next")).unwrap();
        rustix::fs::rename(kept.path().join("next"), &root).unwrap();
        changes("the link was swapped");
        std::fs::remove_dir_all(kept.path().join("two/a")).unwrap();
        changes("a folder was removed");
    }
}
