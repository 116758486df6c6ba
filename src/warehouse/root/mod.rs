//! The warehouse's directory: a plain snapshot, or many snapshots and a small file that says which are served.
//!
//! ```text
//! current.json                              {"format": .., "serial": 8, "layers": ["000003-2026-11-01-5bd1e995", ..]}
//! snapshots/000003-2026-11-01-5bd1e995/     a base: manifest.json and its files
//! snapshots/000008-2026-11-02-9e3779b9/     a delta over it
//! snapshots/.publish/  snapshots/.compact/  in the making; what a crash left there is removed by the next of its kind
//! .publish.lock  .compact.lock  .switch.lock
//! ```
//!
//! A numbered directory is written once, never changed, and its number never used again. `current.json` is replaced by rename, so a
//! reader sees the old set of layers or the new one. Directories that it does not name are removed right after the switch: who has
//! their files open reads on, and the space is given back when the last reader leaves. The gateway itself only reads here.

mod compact;
mod publish;
mod staging;
mod verify;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::WarehouseError;
use super::manifest::is_id;
use crate::disk::{self, Disk};

pub use compact::{Compact, compact};
pub use publish::{Published, publish};
pub(super) use staging::{Purpose, Staging, Switch};
pub use verify::verify;

/// The file that says what is served.
pub(super) const CURRENT: &str = "current.json";
const SNAPSHOTS: &str = "snapshots";
const FORMAT: &str = "gerbang-warehouse-root-1";
const CURRENT_BYTES_MAX: u64 = 64 * 1024;

/// What `current.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Current {
    format: String,
    /// Counts up with every switch.
    pub(super) serial: u64,
    /// The names of directories, the base first, the newest delta last.
    pub(super) layers: Vec<String>,
}

/// What a directory serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// As in `current.json`; 0 for a plain snapshot.
    pub(super) serial: u64,
    /// The directories of the layers, the base first.
    pub(super) layers: Vec<PathBuf>,
}

impl Current {
    fn new(serial: u64, layers: Vec<String>) -> Self {
        Self { format: FORMAT.to_owned(), serial, layers }
    }

    /// What a root says; `None` where it is no root.
    pub(super) fn read(root: &Path) -> Result<Option<Self>, WarehouseError> {
        let path = root.join(CURRENT);
        let unusable = |what: &str| WarehouseError::Manifest { path: path.clone(), what: what.to_owned() };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(WarehouseError::io("open", &path)(error)),
        };
        let mut bytes = Vec::new();
        file.take(CURRENT_BYTES_MAX).read_to_end(&mut bytes).map_err(WarehouseError::io("read", &path))?;
        let current: Self = serde_json::from_slice(&bytes)
            .map_err(|error| unusable(&format!("not understood at line {} column {}", error.line(), error.column())))?;
        if current.format != FORMAT {
            return Err(unusable("another format"));
        }
        if current.serial == 0 || current.layers.is_empty() || !current.layers.iter().all(|name| is_layer(name)) {
            return Err(unusable("a number or a name that is not possible"));
        }
        Ok(Some(current))
    }

    fn write(&self, disk: &dyn Disk, root: &Path) -> Result<(), WarehouseError> {
        let path = root.join(CURRENT);
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| WarehouseError::Manifest { path: path.clone(), what: error.to_string() })?;
        bytes.push(b'\n');
        disk::replace(disk, &path, &bytes).map_err(WarehouseError::io("replace", path))
    }
}

impl Place {
    /// What a directory serves now.
    pub(super) fn of(root: &Path) -> Result<Self, WarehouseError> {
        Ok(match Current::read(root)? {
            None => Self { serial: 0, layers: vec![root.to_owned()] },
            Some(current) => {
                let dir = root.join(SNAPSHOTS);
                Self { serial: current.serial, layers: current.layers.iter().map(|name| dir.join(name)).collect() }
            }
        })
    }
}

/// Whether a directory says which of its snapshots are served.
pub(super) fn is_root(dir: &Path) -> Result<bool, WarehouseError> {
    Ok(Current::read(dir)?.is_some())
}

/// The name of a layer's directory.
fn layer_name(serial: u64, id: &str) -> String {
    format!("{serial:06}-{id}")
}

/// Whether a name has the form of a layer's directory.
fn is_layer(name: &str) -> bool {
    name.split_once('-')
        .is_some_and(|(serial, id)| serial.len() >= 6 && serial.bytes().all(|byte| byte.is_ascii_digit()) && is_id(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_layers_are_told_from_anything_else() {
        assert!(is_layer(&layer_name(7, "2026-11-22-0123abcd")));
        assert!(is_layer("1234567-2026-11-22-0123abcd"));
        for name in
            ["", ".publish", "000007", "000007-", "7-2026-11-22-0123abcd", "000007-2026-11-22-0123abcd/..", "../../etc-2026"]
        {
            assert!(!is_layer(name), "{name}");
        }
    }
}
