//! `warehouse publish`: a finished snapshot becomes what is served, or a delta its newest layer.
//!
//! The files are linked into the root, or copied where the file system cannot link or somebody else could write to them later, and
//! what lies there then is checked to the last byte: nothing is switched to that was not read whole. Refuses a snapshot that does not fit its manifest, a delta that applies to
//! something else than what is served, and a delta that would make the chain too long. A refusal changes nothing.

use std::fs::{File, Metadata, canonicalize, metadata};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use jiff::civil::Date;

use super::super::error::WarehouseError;
use super::super::manifest::{Lineage, MANIFEST, Manifest, is_data_file};
use super::{CURRENT, Current, Purpose, SNAPSHOTS, Staging, Switch, verify};
use crate::disk::{AtomicFile, Disk, Open};
use crate::kernel::limits::{CHANGED_MAX, DELTAS_MAX};

const BUFFER_BYTES: usize = 256 * 1024;

/// What is served after a publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The id of the newest layer.
    pub id: String,
    /// The date up to which the data go.
    pub as_of: Date,
    /// The number of the switch.
    pub serial: u64,
    /// Deltas over the base.
    pub deltas: usize,
    /// Whether it was served already, and nothing was done.
    pub already: bool,
}

/// Publishes the snapshot in `dir`, which stays where it is. `progress` is told the bytes checked so far and how many there are.
pub fn publish(disk: &dyn Disk, root: &Path, dir: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Published, WarehouseError> {
    let new = Manifest::read(dir)?;
    disk.create_dir_all(root).map_err(WarehouseError::io("create", root))?;
    let is_root = Current::read(root)?.is_some();
    if !is_root && matches!(new.lineage(), Lineage::DeltaOver(_)) && root.join(MANIFEST).exists() {
        // A plain snapshot that gets its first delta becomes a layer itself.
        Manifest::read(root)?.takes(&new)?;
        bring(disk, root, root, &mut |_, _| ())?;
    }
    let published = bring(disk, root, dir, progress)?;
    retire_plain(disk, root)?;
    Ok(published)
}

fn bring(disk: &dyn Disk, root: &Path, dir: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Published, WarehouseError> {
    let staging = Staging::take(disk, root, Purpose::Publish)?;
    let checked = stage(disk, dir, staging.dir()).and_then(|()| verify(staging.dir(), progress));
    let switched = checked.and_then(|manifest| Ok((Switch::take(disk, root)?, manifest))).and_then(|(switch, manifest)| {
        let below = layers_below(root, switch.current.as_ref(), &manifest)?;
        Ok((switch, manifest, below))
    });
    let (switch, manifest, below) = match switched {
        Ok(sound) => sound,
        Err(error) => {
            staging.discard();
            return Err(error);
        }
    };
    let told = |current: &Current, already| Published {
        id: manifest.snapshot().to_owned(),
        as_of: manifest.as_of(),
        serial: current.serial,
        deltas: current.layers.len().saturating_sub(1),
        already,
    };
    match (below, &switch.current) {
        (Below::Already, Some(current)) => {
            let told = told(current, true);
            staging.discard();
            Ok(told)
        }
        (Below::Already, None) => Err(misfit(&manifest, "nothing is served")),
        (Below::Layers(below), _) => Ok(told(&switch.to(staging, manifest.snapshot(), &below, &[])?, false)),
    }
}

/// Links the snapshot's files and its manifest, and makes them durable.
fn stage(disk: &dyn Disk, from: &Path, to: &Path) -> Result<(), WarehouseError> {
    let manifest = Manifest::read(from)?;
    let own = metadata(to).map_err(WarehouseError::io("look at", to))?;
    for name in manifest.file_names().chain([MANIFEST]) {
        // A symbolic link is followed now: what is served must not change with it.
        let source = canonicalize(from.join(name)).map_err(WarehouseError::io("find", from.join(name)))?;
        let found = metadata(&source).map_err(WarehouseError::io("look at", &source))?;
        if !found.is_file() {
            return Err(WarehouseError::Foreign { file: name.to_owned(), what: "it is no file" });
        }
        let target = to.join(name);
        if !is_ours_alone(&found, &own) {
            copy(disk, &source, &target)?;
            continue;
        }
        match disk.link(&source, &target) {
            Ok(()) => {
                // Whoever wrote it need not have made it durable.
                let file = disk.open(&target, Open::Read).map_err(WarehouseError::io("open", &target))?;
                file.sync_all().map_err(WarehouseError::io("fsync", &target))?;
            }
            Err(error) if cannot_link(error.kind()) => copy(disk, &source, &target)?,
            Err(error) => return Err(WarehouseError::io("link", target)(error)),
        }
    }
    disk.sync_dir(to).map_err(WarehouseError::io("fsync", to))
}

/// Whether nobody but the owner of the root can write to a file: what is linked can be changed by its other name after it was checked.
fn is_ours_alone(file: &Metadata, root: &Metadata) -> bool {
    const OTHERS_WRITE: u32 = 0o022;
    file.uid() == root.uid() && file.mode() & OTHERS_WRITE == 0
}

/// Another file system, one that knows no links, or files of another owner.
fn cannot_link(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::CrossesDevices | ErrorKind::PermissionDenied | ErrorKind::TooManyLinks | ErrorKind::Unsupported)
}

fn copy(disk: &dyn Disk, from: &Path, to: &Path) -> Result<(), WarehouseError> {
    let mut source = File::open(from).map_err(WarehouseError::io("open", from))?;
    let mut target = AtomicFile::create(disk, to).map_err(WarehouseError::io("create", to))?;
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let bytes = source.read(&mut buffer).map_err(WarehouseError::io("read", from))?;
        if bytes == 0 {
            break;
        }
        target.write_all(buffer.get(..bytes).unwrap_or_default()).map_err(WarehouseError::io("write", to))?;
    }
    target.commit().map_err(WarehouseError::io("commit", to))
}

/// What a new layer lies on.
enum Below {
    /// These directories; none for a base.
    Layers(Vec<String>),
    /// It is the newest layer already.
    Already,
}

fn layers_below(root: &Path, current: Option<&Current>, new: &Manifest) -> Result<Below, WarehouseError> {
    let Some(current) = current else {
        return match new.lineage() {
            Lineage::DeltaOver(_) => Err(misfit(new, "a delta needs a base, and nothing is served")),
            Lineage::Whole | Lineage::StandsFor(_) => Ok(Below::Layers(Vec::new())),
        };
    };
    let mut served = Vec::with_capacity(current.layers.len());
    for name in &current.layers {
        served.push(Manifest::read(&root.join(SNAPSHOTS).join(name))?);
    }
    let Some((newest, deltas)) = served.last().zip(served.get(1..)) else {
        return Err(misfit(new, "nothing is served"));
    };
    // A delta that was compacted meanwhile is in the base.
    let holds = newest.snapshot() == new.snapshot() || *newest.lineage() == Lineage::StandsFor(new.snapshot().to_owned());
    if holds {
        return Ok(Below::Already);
    }
    if !matches!(new.lineage(), Lineage::DeltaOver(_)) {
        return Ok(Below::Layers(Vec::new()));
    }
    newest.takes(new)?;
    let rows: u64 = deltas.iter().chain([new]).map(Manifest::rows).sum();
    if deltas.len() >= DELTAS_MAX || rows > CHANGED_MAX as u64 {
        return Err(misfit(new, "so many deltas lie over the base that they must be compacted first"));
    }
    Ok(Below::Layers(current.layers.clone()))
}

fn misfit(manifest: &Manifest, what: &'static str) -> WarehouseError {
    WarehouseError::Misfit { snapshot: manifest.snapshot().to_owned(), what }
}

/// Once a root says what is served, a plain snapshot in the same directory is served no longer: it goes, its manifest first.
fn retire_plain(disk: &dyn Disk, root: &Path) -> Result<(), WarehouseError> {
    if !root.join(CURRENT).exists() {
        return Ok(());
    }
    remove_where(disk, root, |name| name == MANIFEST)?;
    remove_where(disk, root, is_data_file)
}

fn remove_where(disk: &dyn Disk, dir: &Path, superfluous: impl Fn(&str) -> bool) -> Result<(), WarehouseError> {
    for name in disk.list(dir).map_err(WarehouseError::io("list", dir))?.into_iter().filter(|name| superfluous(name)) {
        let path = dir.join(name);
        disk.remove(&path).map_err(WarehouseError::io("remove", path))?;
    }
    Ok(())
}
