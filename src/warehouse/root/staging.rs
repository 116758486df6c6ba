//! Making a layer, and switching to it. A layer is made in a directory of its own purpose under a lock that lasts as long; the switch
//! itself is short and has a lock of its own, so that a day's delta is published while a compaction runs.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::super::error::WarehouseError;
use super::{Current, SNAPSHOTS, is_layer, layer_name};
use crate::disk::{Disk, DiskFile, Open};

/// A switch takes milliseconds: who waits longer than this waits for something that is broken.
const SWITCH_TRIES: u32 = 300;
const SWITCH_PAUSE: Duration = Duration::from_millis(100);

/// What a layer is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Purpose {
    Publish,
    Compact,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Compact => "compact",
        }
    }
}

/// A layer in the making.
pub(in super::super) struct Staging<'d> {
    disk: &'d dyn Disk,
    dir: PathBuf,
    _lock: Box<dyn DiskFile>,
}

impl<'d> Staging<'d> {
    /// Takes the place for a purpose and empties it of what an interrupted run left. Refuses while another process holds it.
    pub(in super::super) fn take(disk: &'d dyn Disk, root: &Path, purpose: Purpose) -> Result<Self, WarehouseError> {
        let snapshots = root.join(SNAPSHOTS);
        disk.create_dir_all(&snapshots).map_err(WarehouseError::io("create", &snapshots))?;
        let Some(lock) = lock(disk, root, purpose.word())? else {
            return Err(WarehouseError::Locked { root: root.to_owned(), what: purpose.word() });
        };
        let dir = snapshots.join(format!(".{}", purpose.word()));
        remove_layer(disk, &dir)?;
        disk.create_dir_all(&dir).map_err(WarehouseError::io("create", &dir))?;
        Ok(Self { disk, dir, _lock: lock })
    }

    /// Where the layer is made.
    pub(in super::super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Removes what was made. What cannot be removed now is removed by the next of its kind.
    pub(in super::super) fn discard(self) {
        let _left = remove_layer(self.disk, &self.dir);
    }
}

/// The right to change what is served.
pub(in super::super) struct Switch<'d> {
    disk: &'d dyn Disk,
    root: PathBuf,
    /// What is served; `None` where nothing was published yet.
    pub(in super::super) current: Option<Current>,
    _lock: Box<dyn DiskFile>,
}

impl<'d> Switch<'d> {
    /// Waits for another switch to end, for half a minute at most.
    pub(in super::super) fn take(disk: &'d dyn Disk, root: &Path) -> Result<Self, WarehouseError> {
        for _ in 0..SWITCH_TRIES {
            if let Some(lock) = lock(disk, root, "switch")? {
                return Ok(Self { disk, root: root.to_owned(), current: Current::read(root)?, _lock: lock });
            }
            thread::park_timeout(SWITCH_PAUSE);
        }
        Err(WarehouseError::Locked { root: root.to_owned(), what: "switch" })
    }

    /// Makes the staged layer with this id the newest of a set that is served from now on: over `below`, under `above`.
    ///
    /// Every file of it is durable before `current.json` names it. What is served no longer is removed.
    pub(in super::super) fn to(
        self,
        staging: Staging<'_>,
        id: &str,
        below: &[String],
        above: &[String],
    ) -> Result<Current, WarehouseError> {
        let snapshots = self.root.join(SNAPSHOTS);
        let serial = self.current.as_ref().map_or(0, |current| current.serial) + 1;
        let name = layer_name(serial, id);
        // A switch that was interrupted between its two renames may have left the name in use.
        self.clear(&snapshots)?;
        let target = snapshots.join(&name);
        self.disk.rename(&staging.dir, &target).map_err(WarehouseError::io("rename to", &target))?;
        self.disk.sync_dir(&snapshots).map_err(WarehouseError::io("fsync", &snapshots))?;
        let layers = below.iter().cloned().chain([name]).chain(above.iter().cloned()).collect();
        let next = Current::new(serial, layers);
        next.write(self.disk, &self.root)?;
        let switched = Self { current: Some(next.clone()), ..self };
        // What was asked is done; leftovers can wait for the next switch.
        let _left = switched.clear(&snapshots);
        Ok(next)
    }

    /// Removes the directories of layers that are not served.
    fn clear(&self, snapshots: &Path) -> Result<(), WarehouseError> {
        for name in self.disk.list_dirs(snapshots).map_err(WarehouseError::io("list", snapshots))? {
            let served = self.current.as_ref().is_some_and(|current| current.layers.contains(&name));
            if is_layer(&name) && !served {
                remove_layer(self.disk, &snapshots.join(name))?;
            }
        }
        Ok(())
    }
}

/// Takes a lock of the root, if nobody has it. The file stays for ever: removing it would let two holders in.
fn lock(disk: &dyn Disk, root: &Path, name: &str) -> Result<Option<Box<dyn DiskFile>>, WarehouseError> {
    let path = root.join(format!(".{name}.lock"));
    let file = disk.open(&path, Open::Create).map_err(WarehouseError::io("open", &path))?;
    Ok(file.try_lock().map_err(WarehouseError::io("lock", &path))?.then_some(file))
}

/// Removes the directory of a layer with its files, if it is there. The manifest goes first: what is left then is no snapshot.
fn remove_layer(disk: &dyn Disk, dir: &Path) -> Result<(), WarehouseError> {
    let mut names = match disk.list(dir) {
        Ok(names) => names,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(WarehouseError::io("list", dir)(error)),
    };
    names.sort_unstable_by_key(|name| name != super::super::manifest::MANIFEST);
    for name in names {
        let path = dir.join(name);
        disk.remove(&path).map_err(WarehouseError::io("remove", path))?;
    }
    disk.remove_dir(dir).map_err(WarehouseError::io("remove", dir))
}
