//! The process is killed, or the disk fails, at every step of a publication and of a compaction: what is served is the old set or
//! the new one, whole, and the next run finds nothing in its way.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use gerbang::disk::{Disk, DiskFile, Open, RealDisk};
use gerbang::warehouse::{publish, verify};

use crate::support::*;

/// The real disk up to a step; from there on everything fails, as for a process that is no more. What is synced is only noted: a
/// process that ends takes nothing of it along, and the test of the order in which things become durable needs no more.
#[derive(Clone, Default)]
struct MortalDisk(Arc<Life>);

#[derive(Default)]
struct Life {
    steps: AtomicU64,
    /// The number of the step that fails; `u64::MAX` for none.
    last: AtomicU64,
    /// Whether all steps after it fail too.
    dead: bool,
    /// What was made durable: files, and directories since their last change.
    durable: Mutex<Vec<PathBuf>>,
}

impl MortalDisk {
    fn calm() -> Self {
        Self::dying_at(u64::MAX)
    }

    fn dying_at(step: u64) -> Self {
        Self(Arc::new(Life { last: AtomicU64::new(step), dead: true, ..Life::default() }))
    }

    fn failing_at(step: u64) -> Self {
        Self(Arc::new(Life { last: AtomicU64::new(step), dead: false, ..Life::default() }))
    }

    fn steps(&self) -> u64 {
        self.0.steps.load(Ordering::SeqCst)
    }

    fn step(&self) -> io::Result<()> {
        let step = self.0.steps.fetch_add(1, Ordering::SeqCst);
        let last = self.0.last.load(Ordering::SeqCst);
        if step == last || self.0.dead && step > last { Err(io::Error::from_raw_os_error(5)) } else { Ok(()) }
    }

    fn is_durable(&self, path: &Path) -> bool {
        self.0.durable.lock().unwrap().iter().any(|own| own == path)
    }

    fn changed(&self, path: &Path) {
        self.0.durable.lock().unwrap().retain(|own| own != path);
    }

    fn synced(&self, path: &Path) {
        self.0.durable.lock().unwrap().push(path.to_owned());
    }
}

struct MortalFile {
    disk: MortalDisk,
    path: PathBuf,
    inner: Box<dyn DiskFile>,
}

impl Disk for MortalDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>> {
        if how != Open::Read {
            self.step()?;
            self.changed(path.parent().unwrap());
        }
        Ok(Box::new(MortalFile { disk: self.clone(), path: path.to_owned(), inner: RealDisk.open(path, how)? }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        if to.ends_with("current.json") {
            self.names_only_what_is_durable(from);
        }
        RealDisk.rename(from, to)?;
        let mut durable = self.0.durable.lock().unwrap();
        // A directory takes what is in it along.
        let moved: Vec<PathBuf> = durable.iter().filter_map(|own| Some(to.join(own.strip_prefix(from).ok()?))).collect();
        durable.retain(|own| own != from.parent().unwrap() && own != to.parent().unwrap());
        durable.extend(moved.into_iter().map(|path| path.components().collect()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.remove(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.step()?;
        self.synced(dir);
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(dir)
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.create_dir_all(dir)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        self.changed(to.parent().unwrap());
        RealDisk.link(from, to)
    }

    fn list_dirs(&self, dir: &Path) -> io::Result<Vec<String>> {
        RealDisk.list_dirs(dir)
    }

    fn remove_dir(&self, dir: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.remove_dir(dir)
    }
}

impl MortalDisk {
    /// Before `current.json` names a layer that this disk made: its files, their names and its own name survive a power cut.
    fn names_only_what_is_durable(&self, staged: &Path) {
        let root = staged.parent().unwrap();
        let told: serde_json::Value = serde_json::from_slice(&std::fs::read(staged).unwrap()).unwrap();
        let newest = told["layers"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).max().unwrap();
        let dir = root.join("snapshots").join(newest);
        assert!(self.is_durable(&root.join("snapshots")), "the name of {newest}");
        assert!(self.is_durable(&dir), "the names in {newest}");
        for name in RealDisk.list(&dir).unwrap() {
            assert!(self.is_durable(&dir.join(&name)), "{name}");
        }
        assert!(self.is_durable(staged), "the file itself");
    }
}

impl DiskFile for MortalFile {
    fn size_bytes(&self) -> io::Result<u64> {
        self.inner.size_bytes()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.inner.read_at(buffer, offset)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if let Err(error) = self.disk.step() {
            // Half of it was written when it happened.
            self.inner.write_all_at(&bytes[..bytes.len() / 2], offset)?;
            return Err(error);
        }
        self.disk.changed(&self.path);
        self.inner.write_all_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.sync_all()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.disk.step()?;
        self.disk.synced(&self.path);
        Ok(())
    }

    fn set_size_bytes(&self, bytes: u64) -> io::Result<()> {
        self.disk.step()?;
        self.inner.set_size_bytes(bytes)
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.inner.try_lock()
    }
}

/// What is in place before each attempt, made once: a base, another, and a day of changes over the first.
struct Made {
    work: tempfile::TempDir,
    ids: [String; 3],
}

fn made() -> Made {
    let work = temporary();
    let path = |name: &str| work.path().join(name);
    let base = population(&path("base"), 1).snapshot().to_owned();
    let other = population(&path("other"), 2).snapshot().to_owned();
    let delta = changes(&path("base"), &path("delta"), 4, 23).snapshot().to_owned();
    Made { work, ids: [base, other, delta] }
}

impl Made {
    fn dir(&self, name: &str) -> PathBuf {
        self.work.path().join(name)
    }

    /// A root that serves the base, and the delta where wanted.
    fn root(&self, with_delta: bool) -> tempfile::TempDir {
        let root = temporary();
        publish(&MortalDisk::calm(), root.path(), &self.dir("base"), &mut |_, _| ()).unwrap();
        if with_delta {
            publish(&MortalDisk::calm(), root.path(), &self.dir("delta"), &mut |_, _| ()).unwrap();
        }
        root
    }
}

/// What is served, after every layer of it was checked to the last byte.
fn served(root: &Path) -> String {
    let told: serde_json::Value = serde_json::from_slice(&std::fs::read(root.join("current.json")).unwrap()).unwrap();
    for layer in told["layers"].as_array().unwrap() {
        assert!(verify(&root.join("snapshots").join(layer.as_str().unwrap()), &mut |_, _| ()).is_ok());
    }
    open(root).view().snapshot().id.to_string()
}

/// Nothing is left but the layers that are served.
fn tidy(root: &Path, layers: usize) {
    let (found, files) = names(root);
    assert_eq!((found.len(), files), (layers, vec!["current.json".to_owned()]), "{found:?}");
}

#[test]
fn a_publication_that_ends_at_any_step_leaves_the_old_or_the_new() {
    let made = made();
    for (what, new) in [("other", 1), ("delta", 2)] {
        let calm = MortalDisk::calm();
        publish(&calm, made.root(false).path(), &made.dir(what), &mut |_, _| ()).unwrap();
        assert!(calm.steps() > 15, "{}", calm.steps());
        let (mut old_stayed, mut new_came) = (0, 0);
        for step in 0..calm.steps() {
            for disk in [MortalDisk::dying_at(step), MortalDisk::failing_at(step)] {
                let root = made.root(false);
                let told = publish(&disk, root.path(), &made.dir(what), &mut |_, _| ());
                let now = served(root.path());
                assert!(now == made.ids[0] || now == made.ids[new], "step {step}");
                assert!(told.is_err() || now == made.ids[new], "step {step}: said to be served, and is not");
                if now == made.ids[0] {
                    old_stayed += 1
                } else {
                    new_came += 1
                }
                publish(&MortalDisk::calm(), root.path(), &made.dir(what), &mut |_, _| ()).unwrap();
                assert_eq!(served(root.path()), made.ids[new]);
                // One more, and nothing of the interrupted one is left.
                publish(&MortalDisk::calm(), root.path(), &made.dir("base"), &mut |_, _| ()).unwrap();
                tidy(root.path(), 1);
            }
        }
        assert!(old_stayed > 10 && new_came > 0, "{old_stayed} {new_came}");
    }
}

#[test]
fn the_first_publication_that_ends_at_any_step_leaves_nothing_or_all() {
    let made = made();
    let calm = MortalDisk::calm();
    publish(&calm, temporary().path(), &made.dir("base"), &mut |_, _| ()).unwrap();
    for step in 0..calm.steps() {
        let root = temporary();
        let told = publish(&MortalDisk::dying_at(step), root.path(), &made.dir("base"), &mut |_, _| ());
        assert!(told.is_err() || served(root.path()) == made.ids[0], "step {step}");
        publish(&MortalDisk::calm(), root.path(), &made.dir("base"), &mut |_, _| ()).unwrap();
        assert_eq!(served(root.path()), made.ids[0]);
    }
}

#[test]
fn a_plain_directory_is_taken_over_whole_or_stays_what_it_was() {
    let made = made();
    let plain = || {
        let root = temporary();
        population(root.path(), 1);
        root
    };
    let calm = MortalDisk::calm();
    publish(&calm, plain().path(), &made.dir("delta"), &mut |_, _| ()).unwrap();
    for step in 0..calm.steps() {
        let root = plain();
        let told = publish(&MortalDisk::dying_at(step), root.path(), &made.dir("delta"), &mut |_, _| ());
        let now = open(root.path()).view().snapshot().id.to_string();
        assert!(now == made.ids[0] || now == made.ids[2], "step {step}");
        assert!(told.is_err() || now == made.ids[2], "step {step}");
        publish(&MortalDisk::calm(), root.path(), &made.dir("delta"), &mut |_, _| ()).unwrap();
        assert_eq!(served(root.path()), made.ids[2]);
        tidy(root.path(), 2);
    }
}

#[test]
fn a_compaction_that_ends_at_any_step_leaves_the_old_layers_or_the_new_base() {
    let made = made();
    let calm = MortalDisk::calm();
    let root = made.root(true);
    let compacted = compact_on(Arc::new(calm.clone()), root.path()).unwrap().unwrap().id;
    assert!(calm.steps() > 15, "{}", calm.steps());
    let (mut old_stayed, mut new_came) = (0, 0);
    for step in 0..calm.steps() {
        // The process ends at every step; the disk fails at some, for the many writes of one file are all alike.
        let failing = step.is_multiple_of(7).then(|| MortalDisk::failing_at(step));
        for disk in std::iter::once(MortalDisk::dying_at(step)).chain(failing) {
            let root = made.root(true);
            let told = compact_on(Arc::new(disk), root.path());
            let now = served(root.path());
            assert!(now == made.ids[2] || now == compacted, "step {step}");
            assert!(told.is_err() || now == compacted, "step {step}: said to be done, and is not");
            if now == compacted {
                new_came += 1
            } else {
                old_stayed += 1
            }
            if !step.is_multiple_of(7) {
                continue;
            }
            compact_on(Arc::new(MortalDisk::calm()), root.path()).unwrap();
            assert_eq!(served(root.path()), compacted);
            publish(&MortalDisk::calm(), root.path(), &made.dir("other"), &mut |_, _| ()).unwrap();
            tidy(root.path(), 1);
        }
    }
    assert!(old_stayed > 10 && new_came > 0, "{old_stayed} {new_came}");
}

#[test]
fn a_compaction_that_is_told_to_stop_changes_nothing() {
    use gerbang::warehouse::{Compact, WarehouseError, compact};
    let made = made();
    let root = made.root(true);
    let stop = std::sync::atomic::AtomicBool::new(true);
    let disk: Arc<dyn Disk> = Arc::new(MortalDisk::calm());
    let told = compact(&disk, root.path(), &Compact { rows_per_second: Some(1), stop: &stop }, &mut |_, _| ());
    assert!(matches!(told, Err(WarehouseError::Stopped)));
    assert_eq!(served(root.path()), made.ids[2]);
    tidy(root.path(), 2);
}

#[test]
fn a_delta_published_while_a_compaction_runs_ends_up_over_the_new_base() {
    use gerbang::warehouse::{Compact, compact};
    let made = made();
    let root = made.root(true);
    let late = made.work.path().join("late");
    let told = changes(root.path(), &late, 3, 24);
    let mut expected = everybody(&made.dir("base"));
    expected.extend(everybody(&made.dir("delta")));
    expected.extend(everybody(&late));
    let disk: Arc<dyn Disk> = Arc::new(MortalDisk::calm());
    let stop = std::sync::atomic::AtomicBool::new(false);
    let published = std::cell::Cell::new(false);
    let compacted = compact(&disk, root.path(), &Compact { rows_per_second: None, stop: &stop }, &mut |_, _| {
        if !published.replace(true) {
            publish(&MortalDisk::calm(), root.path(), &late, &mut |_, _| ()).unwrap();
        }
    });
    assert!(published.get());
    assert_eq!(compacted.unwrap().unwrap().deltas, 1);
    assert_eq!(open(root.path()).view().snapshot().id.to_string(), told.snapshot());
    serves(root.path(), &expected);
    tidy(root.path(), 2);
}

#[test]
fn a_base_published_while_a_compaction_runs_is_what_is_served() {
    use gerbang::warehouse::{Compact, compact};
    let made = made();
    let root = made.root(true);
    let disk: Arc<dyn Disk> = Arc::new(MortalDisk::calm());
    let stop = std::sync::atomic::AtomicBool::new(false);
    let compacted = compact(&disk, root.path(), &Compact { rows_per_second: None, stop: &stop }, &mut |_, _| {
        publish(&MortalDisk::calm(), root.path(), &made.dir("other"), &mut |_, _| ()).unwrap();
    });
    assert!(compacted.is_err());
    assert_eq!(served(root.path()), made.ids[1]);
    tidy(root.path(), 1);
}
