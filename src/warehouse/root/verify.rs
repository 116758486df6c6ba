//! The check of a whole snapshot: every byte of every file against the manifest, then the files against what this program reads.

use std::fs::{File, metadata};
use std::io::Read;
use std::path::Path;

use aws_lc_rs::digest;

use super::super::error::WarehouseError;
use super::super::manifest::{FileEntry, Lineage, Manifest};
use super::super::snapshot::Snapshot;
use crate::kernel::{Nik, to_hex};

const BUFFER_BYTES: usize = 1 << 20;

/// Reads all of a snapshot and checks it; `progress` is told the bytes read so far and how many there are.
pub fn verify(dir: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Manifest, WarehouseError> {
    let manifest = Manifest::read(dir)?;
    let total = manifest.contents().map(|entry| entry.bytes).sum();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut done = 0;
    for entry in manifest.contents() {
        check_bytes(dir, &entry, &mut buffer, &mut |bytes| {
            done += bytes;
            progress(done, total);
        })?;
    }
    // Opening checks indexes, columns and ranges; the files may be what the manifest says and still not be ours.
    let snapshot = Snapshot::open(dir)?;
    check_niks(&snapshot, &manifest)?;
    Ok(manifest)
}

fn check_bytes(dir: &Path, entry: &FileEntry, buffer: &mut [u8], read: &mut dyn FnMut(u64)) -> Result<(), WarehouseError> {
    let path = dir.join(&entry.name);
    let foreign = |what| WarehouseError::Foreign { file: entry.name.clone(), what };
    let found = metadata(&path).map_err(WarehouseError::io("look at", &path))?;
    if !found.is_file() {
        return Err(foreign("it is no file"));
    }
    if found.len() != entry.bytes {
        return Err(foreign("its length differs"));
    }
    let mut file = File::open(&path).map_err(WarehouseError::io("open", &path))?;
    let mut hash = digest::Context::new(&digest::SHA256);
    loop {
        let bytes = file.read(buffer).map_err(WarehouseError::io("read", &path))?;
        if bytes == 0 {
            break;
        }
        hash.update(buffer.get(..bytes).unwrap_or_default());
        read(bytes as u64);
    }
    if to_hex(hash.finish().as_ref()) != entry.sha256 {
        return Err(foreign("its digest differs"));
    }
    Ok(())
}

/// Every NIK page is sound and the NIKs rise through all files; as many as the manifest says.
fn check_niks(snapshot: &Snapshot, manifest: &Manifest) -> Result<(), WarehouseError> {
    let mut last: Option<Nik> = None;
    let (mut rows, mut rising) = (0u64, true);
    snapshot.each_nik(|nik| {
        rising = last.is_none_or(|last| last <= nik);
        last = Some(nik);
        rows += 1;
        rising
    })?;
    let file = || manifest.files().first().map_or_else(String::new, |file| file.name.clone());
    if !rising {
        return Err(WarehouseError::Foreign { file: file(), what: "its NIKs do not rise" });
    }
    if rows != manifest.rows() || rows != snapshot.rows() {
        return Err(WarehouseError::Foreign { file: file(), what: "it does not hold as many NIKs as it says" });
    }
    if rows == 0 && !matches!(manifest.lineage(), Lineage::DeltaOver(_)) {
        return Err(WarehouseError::Misfit { snapshot: manifest.snapshot().to_owned(), what: "it holds nobody" });
    }
    Ok(())
}
